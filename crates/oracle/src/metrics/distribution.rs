//! An exact distribution: it keeps every observation.

use super::{Figure, NEVER, Unit};

/// All observations. Takes 16 bytes per distinct value, and amortised O(log n) time per insert.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    sorted: Vec<(u64, u64)>,
    fresh: Vec<u64>,
    /// The longest of the waits that never ended, as far as it is known.
    waited: u64,
}

/// A wait: its length, or the known part of the length if it never ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    Ended(u64),
    Never(u64),
}

impl From<u64> for Wait {
    fn from(value: u64) -> Wait {
        Wait::Ended(value)
    }
}

/// At least this many new values are merged into the sorted values at a time.
const HEAP: usize = 1_024;

impl Distribution {
    /// Adds an observation.
    pub fn observe(&mut self, value: u64) {
        self.fresh.push(value);
        if self.fresh.len() >= self.sorted.len().max(HEAP) {
            self.settle();
        }
    }

    pub(super) fn add(&mut self, wait: Wait) {
        match wait {
            Wait::Ended(value) => self.observe(value),
            Wait::Never(waited) => self.observe_never(waited),
        }
    }

    /// Adds a wait that never ended. It counts as longer than all others. `waited` is the known
    /// part.
    pub fn observe_never(&mut self, waited: u64) {
        self.waited = self.waited.max(waited);
        self.observe(NEVER);
    }

    /// Computes the figure: count, minimum, maximum, mean, and percentiles by nearest rank.
    ///
    /// The p-th percentile of n observations is the one with rank ⌈p·n/100⌉ in ascending order,
    /// counted from 1. So it is always an observed value, or [`NEVER`]. Without observations, each
    /// statistic is 0.
    pub fn figure(&mut self, unit: Unit) -> Figure {
        self.settle();
        let ended = self.sorted.iter().take_while(|(value, _)| *value != NEVER);
        let (mut count, mut sum, mut longest) = (0, 0, 0);
        for (value, n) in ended {
            count += n;
            sum += u128::from(*value) * u128::from(*n);
            longest = *value;
        }
        let never = self.sorted.last().filter(|(value, _)| *value == NEVER).map_or(0, |(_, n)| *n);
        let of = count + never;
        let percentile = |p: u64| self.ranked((u128::from(of) * u128::from(p)).div_ceil(100) as u64);
        let mean = (sum / u128::from(count.max(1))) as u64;
        Figure::Distribution {
            unit,
            count,
            min: self.ranked(1),
            p50: percentile(50),
            p95: percentile(95),
            p99: percentile(99),
            max: self.ranked(of),
            mean: Some(if never > 0 { NEVER } else { mean }),
            never,
            waited: if never > 0 { self.waited.max(longest) } else { 0 },
        }
    }

    /// The observations in ascending order: each value with its count. [`NEVER`] stands for waits
    /// that never ended. Call [`figure`](Distribution::figure) first.
    ///
    /// # Panics
    /// If a value was added after the last call of `figure`.
    pub fn counted(&self) -> &[(u64, u64)] {
        assert!(self.fresh.is_empty(), "the figure is taken after the last observation");
        &self.sorted
    }

    fn ranked(&self, rank: u64) -> u64 {
        let mut passed = 0;
        for (value, times) in &self.sorted {
            passed += times;
            if passed >= rank {
                return *value;
            }
        }
        0
    }

    fn settle(&mut self) {
        self.fresh.sort_unstable();
        let runs = self.fresh.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64));
        self.sorted.extend(runs);
        self.fresh.clear();
        // This sort merges two sorted runs in linear time.
        self.sorted.sort_by_key(|(value, _)| *value);
        self.sorted.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn of(values: &[u64]) -> Distribution {
        let mut d = Distribution::default();
        values.iter().for_each(|&v| d.observe(v));
        d
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let hundred: Vec<u64> = (1..=100).rev().collect();
        let figure = of(&hundred).figure(Unit::Ns);
        for (stat, value) in [("count", 100), ("min", 1), ("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)]
        {
            assert_eq!(figure.stat(stat), Some(value), "{stat}");
        }
        let three = of(&[30, 10, 20]).figure(Unit::Ns);
        for (stat, value) in [("min", 10), ("p50", 20), ("p95", 30), ("max", 30), ("mean", 20)] {
            assert_eq!(three.stat(stat), Some(value), "{stat}");
        }
        assert_eq!(of(&[]).figure(Unit::Ns).stat("p95"), None);
    }

    #[test]
    fn what_never_came_counts_as_longer_than_all() {
        let mut waits = of(&[10, 20, 30]);
        waits.observe_never(5);
        let figure = waits.figure(Unit::Ns);
        for (stat, value) in [("count", 3), ("never", 1), ("min", 10), ("p50", 20), ("p95", NEVER)] {
            assert_eq!(figure.stat(stat), Some(value), "{stat}");
        }
        assert_eq!([figure.stat("max"), figure.stat("mean")], [Some(NEVER); 2]);
        assert_eq!(figure.censored().unwrap().waited, 30, "the longest of all, ended or not");
        assert_eq!(waits.counted().last(), Some(&(NEVER, 1)));
        let mut none = Distribution::default();
        none.observe_never(7);
        let figure = none.figure(Unit::Ns);
        assert_eq!([figure.stat("count"), figure.stat("min")], [Some(0), Some(NEVER)]);
        assert_eq!(figure.censored().unwrap().waited, 7);
    }

    #[test]
    fn every_value_is_kept_exactly_however_many_there_are() {
        let mut stream = Seed(1).stream("distribution", 0, 0);
        let mut values: Vec<u64> = (0..50_000).map(|_| stream.below(1 << 40)).collect();
        let figure = of(&values).figure(Unit::Ns);
        values.sort_unstable();
        for (stat, rank) in [("p50", 25_000), ("p95", 47_500), ("p99", 49_500), ("max", 50_000)] {
            assert_eq!(figure.stat(stat), Some(values[rank - 1]), "{stat}");
        }
    }
}
