//! A distribution that forgets nothing.

use super::figure::{Figure, Unit};

/// Observations by value, exact: sorted pairs of (value, how often), with the latest ones not yet
/// sorted in.
///
/// Costs 16 bytes for each distinct value and amortised O(log n) for an observation, so 10⁷
/// durations of nanoseconds take 160 MB and 10⁷ sizes of chunks take nothing. Two of them merge
/// without loss.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    sorted: Vec<(u64, u64)>,
    fresh: Vec<u64>,
}

/// Fresh values are sorted in when there are as many of them as sorted ones, but not in smaller
/// heaps than this.
const HEAP: usize = 1_024;

impl Distribution {
    /// Adds an observation.
    pub fn observe(&mut self, value: u64) {
        self.fresh.push(value);
        if self.fresh.len() >= self.sorted.len().max(HEAP) {
            self.settle();
        }
    }

    /// Adds the observations of `other`.
    pub fn merge(&mut self, other: &Distribution) {
        self.settle();
        let mut fresh = other.fresh.clone();
        fresh.sort_unstable();
        let other = merged(&other.sorted, &counted(&fresh));
        self.sorted = merged(&self.sorted, &other);
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

    /// The value of this rank, counted from 1; 0 of nothing. Only of a settled distribution.
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
        self.sorted = merged(&self.sorted, &counted(&self.fresh));
        self.fresh.clear();
    }
}

/// Runs of equal values in a sorted list.
fn counted(sorted: &[u64]) -> Vec<(u64, u64)> {
    sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect()
}

fn merged(a: &[(u64, u64)], b: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut out: Vec<(u64, u64)> = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x.0 > y.0 => b.next(),
            (Some(_), _) => a.next(),
            (None, _) => b.next(),
        };
        let Some((value, times)) = next else { return out };
        match out.last_mut() {
            Some(last) if last.0 == value => last.1 += times,
            _ => out.push((value, times)),
        }
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

    #[test]
    fn merging_is_the_same_as_observing_together() {
        let mut stream = Seed(2).stream("distribution", 0, 0);
        let values: Vec<u64> = (0..5_000).map(|_| stream.below(700)).collect();
        let mut merged = of(&values[..1_700]);
        merged.merge(&of(&values[1_700..]));
        assert_eq!(merged.figure(Unit::Rows), of(&values).figure(Unit::Rows));
    }
}
