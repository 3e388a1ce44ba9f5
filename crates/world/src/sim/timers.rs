//! The timers. Each has a time and the task that it wakes then.

use std::cell::Cell;
use std::cmp::Reverse;

use rustc_hash::FxHashSet;

use super::ids::TaskId;
use crate::base::Time;

/// Timers in the order of (time, sequence).
///
/// The next few timers are in the front, a sorted list. All others are in a radix heap (Ahuja,
/// Mehlhorn, Orlin and Tarjan 1990). A radix heap reads memory in order, but it accepts no timer
/// before the present.
///
/// The heap compares a timer's time with its origin, digit by digit. The highest digit that differs
/// selects the timer's bucket. So the lowest bucket that is not empty has the next timers. A small
/// bucket is sorted and becomes the front. A large bucket is first distributed to lower buckets.
///
/// A cancelled timer stays until it is due. If half of all timers are cancelled, a sweep removes
/// them.
pub(super) struct Timers {
    /// The time at which timers last fired. Every timer is later.
    present: Time,
    /// All timers before `front_end`, in descending order. The last element is the next timer.
    front: Vec<Entry>,
    front_end: Time,
    /// The start of the bucket that last became the front. No timer in a bucket is earlier.
    origin: Time,
    /// The bucket for a level and a digit has the index `level * DIGITS + digit`.
    buckets: Box<[Vec<Entry>; LEVELS * DIGITS]>,
    /// For each level, one bit per bucket: set if the bucket is not empty.
    occupied: [u16; LEVELS],
    /// One bit per level: set if the level is not empty.
    levels: u16,
    sweep_at: usize,
    cancelled: Cancelled,
    /// All timers before this time were prefetched into the CPU's cache, except newer ones.
    fetched_end: Time,
}

const DIGIT_BITS: u32 = 4;
const DIGITS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = (u64::BITS / DIGIT_BITS) as usize;

/// For up to this many timers, sorting is faster than distributing them to buckets.
const FRONT_MAX: usize = 16;
/// The maximum number of timers that are prefetched together. Their tasks fit into the L2 cache.
const FETCHED_MAX: usize = 256;
/// A front of this size is put back into buckets, because each insertion would move too many
/// timers.
const FRONT_FULL: usize = 64;

/// With fewer cancelled timers than this, a sweep costs more than it saves.
const SWEEP_MIN: usize = 64;

#[derive(Clone, Copy)]
pub(super) struct Entry {
    at: Time,
    sequence: u64,
    pub(super) task: TaskId,
}

/// Result of advancing the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advance {
    /// Timers fired at this time.
    To(Time),
    /// The next timer is later than the deadline.
    TooFar,
    /// There is no timer.
    Idle,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers {
            present: Time::ZERO,
            front: Vec::new(),
            front_end: Time::ZERO,
            origin: Time::ZERO,
            buckets: Box::new([const { Vec::new() }; LEVELS * DIGITS]),
            occupied: [0; LEVELS],
            levels: 0,
            sweep_at: SWEEP_MIN,
            cancelled: Cancelled::new(),
            fetched_end: Time::ZERO,
        }
    }
}

impl Timers {
    /// Adds a timer that wakes `task` at the future time `at`. Returns its sequence number.
    #[inline]
    pub(super) fn add(&mut self, at: Time, task: TaskId) -> u64 {
        assert!(at > self.present, "a timer is set for a time to come");
        let sequence = self.cancelled.next_sequence();
        if at < self.front_end {
            self.put_in_front(at, sequence, task);
        } else {
            self.put(at, sequence, task);
        }
        sequence
    }

    #[inline]
    pub(super) fn cancel(&mut self, sequence: u64) {
        let new = self.cancelled.insert(sequence);
        assert!(new, "a timer is cancelled once");
        if self.cancelled.count >= self.sweep_at {
            self.sweep();
        }
    }

    /// Fires the next timers and calls `wake` with their tasks, unless they are later than
    /// `deadline`. Calls `fetch` with timers that are due soon.
    #[inline]
    pub(super) fn advance(
        &mut self,
        deadline: Time,
        fetch: impl Fn(&[Entry]),
        wake: impl Fn(TaskId),
    ) -> Advance {
        loop {
            let Some(at) = self.front.last().map(|entry| entry.at).filter(|at| *at <= deadline) else {
                if let Some(nothing) = self.prepare(deadline, &fetch) {
                    return nothing;
                }
                continue;
            };
            let mut any = false;
            while let Some(Entry { sequence, task, .. }) = self.front.pop_if(|entry| entry.at == at) {
                if self.cancelled.count == 0 || !self.cancelled.remove(sequence) {
                    wake(task);
                    any = true;
                }
            }
            if any {
                self.present = at;
                return Advance::To(at);
            }
        }
    }

    /// The earliest time at which a timer can be due. The timer at that time may be cancelled.
    pub(super) fn next(&self) -> Option<Time> {
        if let Some(entry) = self.front.last() {
            return Some(entry.at);
        }
        // A sweep may have emptied a bucket.
        let first = self.buckets.iter().find(|bucket| !bucket.is_empty())?;
        first.iter().map(|entry| entry.at).min()
    }

    pub(super) fn upcoming(&self, count: usize) -> Vec<Time> {
        let all = self.front.iter().chain(self.buckets.iter().flatten());
        let live = all.filter(|entry| !self.cancelled.contains(entry.sequence));
        let mut times: Vec<Time> = live.map(|entry| entry.at).collect();
        times.sort_unstable();
        times.truncate(count);
        times
    }

    #[inline]
    fn put(&mut self, at: Time, sequence: u64, task: TaskId) {
        let highest_bit = u64::BITS - 1 - (at.0 ^ self.origin.0 | 1).leading_zeros();
        let level = highest_bit / DIGIT_BITS;
        let digit = (at.0 >> (level * DIGIT_BITS)) as usize % DIGITS;
        let level = level as usize;
        self.buckets[level * DIGITS + digit].push(Entry { at, sequence, task });
        self.occupied[level] |= 1 << digit;
        self.levels |= 1 << level;
    }

    /// Copies field by field to keep the values in registers. Otherwise a partial write stalls the
    /// next read.
    #[inline]
    fn put_in_front(&mut self, at: Time, sequence: u64, task: TaskId) {
        if self.front.len() >= FRONT_FULL {
            self.give_front_back();
            return self.put(at, sequence, task);
        }
        let entry = Entry { at, sequence, task };
        self.front.push(entry);
        let row = Cell::from_mut(&mut self.front[..]).as_slice_of_cells();
        let mut place = &row[row.len() - 1];
        for pair in row.windows(2).rev() {
            if pair[0].get().at > at {
                break;
            }
            pair[1].set(pair[0].get());
            place = &pair[0];
        }
        place.set(entry);
    }

    #[cold]
    fn give_front_back(&mut self) {
        self.front_end = Time::ZERO;
        let mut front = std::mem::take(&mut self.front);
        front.drain(..).rev().for_each(|Entry { at, sequence, task }| self.put(at, sequence, task));
        self.front = front;
    }

    fn prepare(&mut self, deadline: Time, fetch: &impl Fn(&[Entry])) -> Option<Advance> {
        while let Some(&Entry { at, .. }) = self.front.last() {
            if at <= deadline {
                return None;
            }
            if self.cancelled.count == 0 {
                return Some(Advance::TooFar);
            }
            self.sweep();
        }
        self.fill_front(deadline, fetch)
    }

    /// Fills the front, which must be empty, with the next timers. If there are none to fire,
    /// returns the reason.
    fn fill_front(&mut self, deadline: Time, fetch: &impl Fn(&[Entry])) -> Option<Advance> {
        while self.levels != 0 {
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.occupied[level].trailing_zeros() as usize;
            let bucket = &mut self.buckets[level * DIGITS + digit];
            let Some(next) = bucket.iter().map(|entry| entry.at).min() else {
                self.vacate(level);
                continue;
            };
            if next > deadline {
                if self.cancelled.count == 0 {
                    return Some(Advance::TooFar);
                }
                self.sweep();
                continue;
            }
            let width = 1 << (level as u32 * DIGIT_BITS);
            let end = Time((next.0 | (width - 1)).saturating_add(1));
            if end > self.fetched_end && bucket.len() <= FETCHED_MAX {
                fetch(bucket);
                self.fetched_end = end;
            }
            if level > 0 && bucket.len() > FRONT_MAX {
                self.origin = next;
                self.deal_out(level, digit);
                continue;
            }
            std::mem::swap(&mut self.front, bucket);
            self.front.sort_unstable_by_key(|entry| Reverse((entry.at, entry.sequence)));
            self.origin = next;
            self.front_end = end;
            self.vacate(level);
            return None;
        }
        // Cancelled timers may have moved the origin beyond the present.
        self.origin = self.present;
        self.front_end = Time::ZERO;
        Some(Advance::Idle)
    }

    /// Marks the lowest bucket of the lowest level as empty.
    #[inline]
    fn vacate(&mut self, level: usize) {
        self.occupied[level] &= self.occupied[level] - 1;
        if self.occupied[level] == 0 {
            self.levels &= self.levels - 1;
        }
    }

    fn deal_out(&mut self, level: usize, digit: usize) {
        self.vacate(level);
        let mut bucket = std::mem::take(&mut self.buckets[level * DIGITS + digit]);
        bucket.drain(..).for_each(|Entry { at, sequence, task }| self.put(at, sequence, task));
        // The bucket is still empty, because all of its timers went to lower levels.
        self.buckets[level * DIGITS + digit] = bucket;
    }

    fn entries(&self) -> usize {
        self.front.len() + self.buckets.iter().map(Vec::len).sum::<usize>()
    }

    /// Removes cancelled timers. A bucket that becomes empty is detected later, when it is next
    /// read.
    #[cold]
    fn sweep(&mut self) {
        for some in self.buckets.iter_mut().chain([&mut self.front]) {
            some.retain(|entry| !self.cancelled.remove(entry.sequence));
        }
        self.sweep_at = SWEEP_MIN.max(self.entries() / 2);
    }
}

/// Sequence numbers of cancelled timers. The last [`RECENT`] timers have one bit each, because most
/// timers are timeouts that are cancelled soon.
struct Cancelled {
    recent: Box<[u64]>,
    old: FxHashSet<u64>,
    count: usize,
    newest: u64,
}

/// This many bits fit into the L2 cache. Tests use few bits, so that timers leave them soon.
const RECENT: u64 = if cfg!(test) { 64 } else { 1 << 20 };

impl Cancelled {
    fn new() -> Cancelled {
        let recent = vec![0; (RECENT / 64) as usize].into();
        Cancelled { recent, old: FxHashSet::default(), count: 0, newest: 0 }
    }

    #[inline]
    fn place(sequence: u64) -> (usize, u64) {
        ((sequence % RECENT / 64) as usize, 1 << (sequence % 64))
    }

    #[inline]
    fn next_sequence(&mut self) -> u64 {
        self.newest += 1;
        let (word, bit) = Cancelled::place(self.newest);
        if self.recent[word] & bit != 0 {
            self.age(word, bit);
        }
        self.newest
    }

    /// Reuses the bit of an old timer. The old timer moves to the set `old`.
    #[cold]
    fn age(&mut self, word: usize, bit: u64) {
        self.recent[word] &= !bit;
        self.old.insert(self.newest - RECENT);
    }

    #[inline]
    fn insert(&mut self, sequence: u64) -> bool {
        let is_new = self.becomes(sequence, true);
        self.count += usize::from(is_new);
        is_new
    }
    #[inline]
    fn remove(&mut self, sequence: u64) -> bool {
        let is_there = self.becomes(sequence, false);
        self.count -= usize::from(is_there);
        is_there
    }

    /// Sets whether a timer is cancelled. Returns true if this changed.
    #[inline]
    fn becomes(&mut self, sequence: u64, cancelled: bool) -> bool {
        if self.newest - sequence >= RECENT {
            return if cancelled { self.old.insert(sequence) } else { self.old.remove(&sequence) };
        }
        let (word, bit) = Cancelled::place(sequence);
        let was = self.recent[word];
        self.recent[word] = if cancelled { was | bit } else { was & !bit };
        was != self.recent[word]
    }

    fn contains(&self, sequence: u64) -> bool {
        let (word, bit) = Cancelled::place(sequence);
        if self.newest - sequence < RECENT {
            self.recent[word] & bit != 0
        } else {
            self.old.contains(&sequence)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fires all timers and returns their times.
    fn run(timers: &mut Timers) -> Vec<Time> {
        let mut times = Vec::new();
        loop {
            let woken = Cell::new(0);
            match timers.advance(Time::FAR, |_| {}, |_| woken.set(woken.get() + 1)) {
                Advance::To(now) => times.extend(std::iter::repeat_n(now, woken.get())),
                Advance::TooFar | Advance::Idle => return times,
            }
        }
    }

    #[test]
    fn cancelled_timers_do_not_pile_up() {
        let mut timers = Timers::default();
        for n in 0..100_000 {
            let sequence = timers.add(Time(1_000_000 + n), TaskId::NONE);
            timers.cancel(sequence);
            assert!(timers.entries() < SWEEP_MIN, "{} entries, none of them live", timers.entries());
        }
        assert_eq!(timers.advance(Time::FAR, |_| {}, |_| {}), Advance::Idle);
        assert!(timers.cancelled.count == 0 && timers.entries() == 0);
    }

    #[test]
    fn a_sweep_keeps_what_is_live() {
        let mut timers = Timers::default();
        let sequences: Vec<u64> = (0..1_000).map(|n| timers.add(Time(2_000 - n), TaskId::NONE)).collect();
        for sequence in sequences.iter().filter(|&&sequence| sequence % 10 != 0) {
            timers.cancel(*sequence);
        }
        assert!(timers.entries() < 300, "swept down to {}", timers.entries());
        assert_eq!(timers.upcoming(2), [Time(1_001), Time(1_011)]);
        let expected: Vec<Time> = (0..100).map(|n| Time(1_001 + 10 * n)).collect();
        assert_eq!(run(&mut timers), expected);
    }
}
