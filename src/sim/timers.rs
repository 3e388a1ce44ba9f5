//! The heap of what is to be woken when.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rustc_hash::FxHashSet;

use super::tasks::TaskId;
use crate::base::Time;

/// Timers in the order of (time, sequence); those at one instant fire in the order in which they were asked for.
///
/// A cancelled timer stays in the heap until it comes up, or until the cancelled are the larger part of it: then all are
/// swept out at once. So a timer costs no allocation, and the heap is never more than about twice what is live.
#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Entry>,
    /// Sequences of the entries still in the heap that nobody waits for. Looked up only, never iterated.
    cancelled: FxHashSet<u64>,
    /// The last sequence given out.
    sequence: u64,
}

/// So few cancelled timers are never worth a sweep.
const SWEEP_MIN: usize = 64;

#[derive(Clone, Copy)]
struct Entry {
    at: Time,
    sequence: u64,
    task: TaskId,
}

impl Timers {
    /// Asks for `task` to be woken at `at`; the answer names the timer.
    pub(super) fn add(&mut self, at: Time, task: TaskId) -> u64 {
        self.sequence += 1;
        self.heap.push(Entry { at, sequence: self.sequence, task });
        self.sequence
    }

    /// Forgets a timer that has not come up yet.
    pub(super) fn cancel(&mut self, sequence: u64) {
        let new = self.cancelled.insert(sequence);
        assert!(new, "a timer is cancelled once");
        if self.cancelled.len() > SWEEP_MIN.max(self.heap.len() / 2) {
            let cancelled = &self.cancelled;
            self.heap.retain(|entry| !cancelled.contains(&entry.sequence));
            self.cancelled.clear();
        }
    }

    /// When the next timer comes up.
    pub(super) fn next(&mut self) -> Option<Time> {
        loop {
            let first = self.heap.peek()?;
            if self.cancelled.is_empty() || !self.cancelled.remove(&first.sequence) {
                return Some(first.at);
            }
            self.heap.pop();
        }
    }

    /// Takes out the next timer if it comes up at `now`.
    pub(super) fn pop_at(&mut self, now: Time) -> Option<TaskId> {
        if self.next()? != now {
            return None;
        }
        self.heap.pop().map(|entry| entry.task)
    }

    /// The times of the next few timers, earliest first.
    pub(super) fn upcoming(&self, count: usize) -> Vec<Time> {
        let live = self.heap.iter().filter(|entry| !self.cancelled.contains(&entry.sequence));
        let mut times: Vec<Time> = live.map(|entry| entry.at).collect();
        times.sort_unstable();
        times.truncate(count);
        times
    }
}

impl Entry {
    fn key(&self) -> u128 {
        u128::from(self.at.0) << 64 | u128::from(self.sequence)
    }
}
impl Ord for Entry {
    /// Reversed: std's heap gives its greatest first.
    fn cmp(&self, other: &Entry) -> Ordering {
        other.key().cmp(&self.key())
    }
}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelled_timers_do_not_pile_up() {
        let mut timers = Timers::default();
        for n in 0..100_000 {
            let sequence = timers.add(Time(1_000_000 + n), TaskId::NONE);
            timers.cancel(sequence);
            assert!(
                timers.heap.len() <= 2 * SWEEP_MIN + 2,
                "{} entries, none of them live",
                timers.heap.len()
            );
        }
        assert_eq!(timers.next(), None);
        assert!(timers.cancelled.is_empty() && timers.heap.is_empty());
    }

    #[test]
    fn a_sweep_keeps_what_is_live_in_order() {
        let mut timers = Timers::default();
        let sequences: Vec<u64> = (0..1_000).map(|n| timers.add(Time(2_000 - n), TaskId::NONE)).collect();
        for sequence in sequences.iter().filter(|&&sequence| sequence % 10 != 0) {
            timers.cancel(*sequence);
        }
        assert!(timers.heap.len() < 300, "swept down to {}", timers.heap.len());
        assert_eq!(timers.upcoming(2), [Time(1_001), Time(1_011)]);
        for n in 0..100 {
            let at = timers.next().unwrap();
            assert_eq!(at, Time(1_001 + 10 * n));
            assert!(timers.pop_at(at).is_some());
        }
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn an_entry_is_three_words() {
        assert_eq!(size_of::<Entry>(), 24);
    }
}
