//! A distribution that forgets nothing.

use super::figure::{Figure, Unit};

/// Observations by value, exact, in 16 bytes for each distinct one and amortised O(log n).
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    sorted: Vec<(u64, u64)>,
    fresh: Vec<u64>,
}

/// Fresh values are sorted in as there are so many, and as many as sorted ones.
const HEAP: usize = 1_024;

impl Distribution {
    /// Adds an observation.
    pub fn observe(&mut self, value: u64) {
        self.fresh.push(value);
        if self.fresh.len() >= self.sorted.len().max(HEAP) {
            self.settle();
        }
    }

    /// The figure: count, smallest, greatest, mean and percentiles by nearest rank.
    ///
    /// The p-th percentile of n observations is the one of rank ⌈p·n/100⌉ in ascending order,
    /// counted from 1: always a value that was observed. Of no observations every statistic is 0.
    pub fn figure(&mut self, unit: Unit) -> Figure {
        self.settle();
        let count: u64 = self.sorted.iter().map(|(_, n)| n).sum();
        let sum: u128 = self.sorted.iter().map(|(value, n)| u128::from(*value) * u128::from(*n)).sum();
        let percentile = |p: u64| self.ranked((u128::from(count) * u128::from(p)).div_ceil(100) as u64);
        Figure::Distribution {
            unit,
            count,
            min: self.ranked(1),
            p50: percentile(50),
            p95: percentile(95),
            p99: percentile(99),
            max: self.ranked(count),
            mean: Some((sum / u128::from(count.max(1))) as u64),
        }
    }

    /// The observations: each value that was seen and how often, in ascending order. Only of a
    /// distribution whose figure was taken last of all.
    ///
    /// # Panics
    /// When something was observed since.
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
        // Two sorted runs: that sort merges them.
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
