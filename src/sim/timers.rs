//! What is to be woken when.

use rustc_hash::FxHashSet;

use super::tasks::TaskId;
use crate::base::Time;

/// Timers in the order of (time, sequence): those at one instant come up in the order in which they were asked for.
///
/// A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990): a binary heap's order for less than half its cost at 10 000
/// timers and more, because it moves along memory instead of jumping in it. It asks that no timer is earlier than the
/// present, which is what time is. Times are written in digits; a timer lies in the bucket of the highest digit in
/// which it differs from the present, so the lowest bucket that is not empty holds the next timer. When that comes up, the
/// others of its bucket are dealt out to lower ones. Every bucket keeps the order in which timers came, and a bucket is
/// dealt out only when all lower ones are empty; so timers at one instant stay in order.
///
/// A cancelled timer stays in its bucket until that is reached, or until there are half as many of them as there were live
/// timers at the last sweep: then they are swept out. So a timer costs no allocation, and cancelled ones do not pile up.
pub(super) struct Timers {
    /// When timers last came up; every entry is later.
    present: Time,
    /// The bucket of a level and digit is at `level * DIGITS + digit`.
    buckets: Box<[Vec<Entry>; LEVELS * DIGITS]>,
    /// The buckets of each level that are not empty, as bits.
    occupied: [u16; LEVELS],
    /// The levels that are not empty, as bits.
    levels: u16,
    /// How many cancelled timers make it worth looking for a sweep.
    sweep_at: usize,
    /// Sequences of the entries that nobody waits for. Looked up only, never iterated.
    cancelled: FxHashSet<u64>,
    /// The last sequence given out.
    sequence: u64,
}

const DIGIT_BITS: u32 = 4;
const DIGITS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = (u64::BITS / DIGIT_BITS) as usize;

/// So few cancelled timers are never worth a sweep.
const SWEEP_MIN: usize = 64;

#[derive(Clone, Copy)]
struct Entry {
    at: Time,
    sequence: u64,
    task: TaskId,
}

/// What became of moving the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advance {
    /// At least one timer came up, at this time.
    To(Time),
    /// The next timer is later than the deadline.
    TooFar,
    /// There is no timer.
    Idle,
}

impl Timers {
    pub(super) fn new() -> Timers {
        Timers {
            present: Time::ZERO,
            buckets: Box::new([const { Vec::new() }; LEVELS * DIGITS]),
            occupied: [0; LEVELS],
            levels: 0,
            sweep_at: SWEEP_MIN,
            cancelled: FxHashSet::default(),
            sequence: 0,
        }
    }

    /// Asks for `task` to be woken at `at`, which is to come; the answer names the timer.
    #[inline]
    pub(super) fn add(&mut self, at: Time, task: TaskId) -> u64 {
        assert!(at > self.present, "a timer is set for a time to come");
        self.sequence += 1;
        self.put(Entry { at, sequence: self.sequence, task });
        self.sequence
    }

    /// Forgets a timer that has not come up yet.
    #[inline]
    pub(super) fn cancel(&mut self, sequence: u64) {
        let new = self.cancelled.insert(sequence);
        assert!(new, "a timer is cancelled once");
        if self.cancelled.len() >= self.sweep_at {
            self.sweep();
        }
    }

    /// Wakes all that is due at the next time that anything is due, unless that is later than `deadline`.
    #[inline]
    pub(super) fn advance(&mut self, deadline: Time, mut wake: impl FnMut(TaskId)) -> Advance {
        while self.levels != 0 {
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.occupied[level].trailing_zeros() as usize;
            let bucket = &mut self.buckets[level * DIGITS + digit];
            if !self.cancelled.is_empty() {
                bucket.retain(|entry| !self.cancelled.remove(&entry.sequence));
            }
            let Some(next) = bucket.iter().map(|entry| entry.at).min() else {
                self.vacate(level);
                continue;
            };
            if next > deadline {
                return Advance::TooFar;
            }
            self.present = next;
            if let [only] = bucket[..] {
                bucket.clear();
                wake(only.task);
                self.vacate(level);
            } else {
                self.deal_out(level, digit, wake);
            }
            return Advance::To(next);
        }
        Advance::Idle
    }

    /// The times of the next few timers, earliest first.
    pub(super) fn upcoming(&self, count: usize) -> Vec<Time> {
        let live = self.buckets.iter().flatten().filter(|entry| !self.cancelled.contains(&entry.sequence));
        let mut times: Vec<Time> = live.map(|entry| entry.at).collect();
        times.sort_unstable();
        times.truncate(count);
        times
    }

    #[inline]
    fn put(&mut self, entry: Entry) {
        let highest_bit = u64::BITS - 1 - (entry.at.0 ^ self.present.0 | 1).leading_zeros();
        let level = highest_bit / DIGIT_BITS;
        let digit = (entry.at.0 >> (level * DIGIT_BITS)) as usize % DIGITS;
        let level = level as usize;
        self.buckets[level * DIGITS + digit].push(entry);
        self.occupied[level] |= 1 << digit;
        self.levels |= 1 << level;
    }

    /// Notes that the lowest bucket of the level, which is the lowest, is empty.
    #[inline]
    fn vacate(&mut self, level: usize) {
        self.occupied[level] &= self.occupied[level] - 1;
        if self.occupied[level] == 0 {
            self.levels &= self.levels - 1;
        }
    }

    /// Wakes what is due in the lowest bucket and moves the rest of it to lower ones.
    fn deal_out(&mut self, level: usize, digit: usize, mut wake: impl FnMut(TaskId)) {
        self.vacate(level);
        let mut bucket = std::mem::take(&mut self.buckets[level * DIGITS + digit]);
        for entry in bucket.drain(..) {
            if entry.at == self.present {
                wake(entry.task);
            } else {
                self.put(entry);
            }
        }
        // The room is used again. Nothing was put here meanwhile: what differs from the present in this digit is elsewhere.
        self.buckets[level * DIGITS + digit] = bucket;
    }

    fn entries(&self) -> usize {
        self.buckets.iter().map(Vec::len).sum()
    }

    /// Takes the cancelled out; buckets that become empty are found so when they are reached.
    fn sweep(&mut self) {
        for bucket in self.buckets.iter_mut() {
            bucket.retain(|entry| !self.cancelled.contains(&entry.sequence));
        }
        self.cancelled.clear();
        self.sweep_at = SWEEP_MIN.max(self.entries() / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets all timers up to the deadline come up, and gives their times.
    fn run(timers: &mut Timers, deadline: Time) -> Vec<Time> {
        let mut times = Vec::new();
        loop {
            let mut count = 0;
            match timers.advance(deadline, |_| count += 1) {
                Advance::To(now) => times.extend(std::iter::repeat_n(now, count)),
                Advance::TooFar | Advance::Idle => return times,
            }
        }
    }

    #[test]
    fn cancelled_timers_do_not_pile_up() {
        let mut timers = Timers::new();
        for n in 0..100_000 {
            let sequence = timers.add(Time(1_000_000 + n), TaskId::NONE);
            timers.cancel(sequence);
            assert!(timers.entries() < SWEEP_MIN, "{} entries, none of them live", timers.entries());
        }
        assert_eq!(timers.advance(Time::FAR, |_| unreachable!()), Advance::Idle);
        assert!(timers.cancelled.is_empty() && timers.entries() == 0);
    }

    #[test]
    fn a_sweep_keeps_what_is_live() {
        let mut timers = Timers::new();
        let sequences: Vec<u64> = (0..1_000).map(|n| timers.add(Time(2_000 - n), TaskId::NONE)).collect();
        for sequence in sequences.iter().filter(|&&sequence| sequence % 10 != 0) {
            timers.cancel(*sequence);
        }
        assert!(timers.entries() < 300, "swept down to {}", timers.entries());
        assert_eq!(timers.upcoming(2), [Time(1_001), Time(1_011)]);
        let expected: Vec<Time> = (0..100).map(|n| Time(1_001 + 10 * n)).collect();
        assert_eq!(run(&mut timers, Time::FAR), expected);
    }

    #[test]
    fn a_timer_after_the_deadline_stays_and_an_earlier_one_may_still_be_set() {
        let mut timers = Timers::new();
        timers.add(Time(1 << 40), TaskId::NONE);
        timers.add(Time((1 << 40) + 1), TaskId::NONE);
        assert_eq!(timers.advance(Time(1_000), |_| unreachable!()), Advance::TooFar);
        timers.add(Time(1_001), TaskId::NONE);
        assert_eq!(run(&mut timers, Time::FAR), [Time(1_001), Time(1 << 40), Time((1 << 40) + 1)]);
    }

    #[test]
    fn an_entry_is_three_words() {
        assert_eq!(size_of::<Entry>(), 24);
    }
}
