//! Combines all seeds of a setting. This is needed for gates (limits on figures) that only some
//! seeds miss. It is also needed for percentiles that are [`NEVER`] under one seed.

use std::collections::BTreeMap;

use crate::metrics::{Figure, NEVER};
use crate::record::{CellRecord, GateRecord};

/// True if the seeds together meet a gate. A percentile is taken over all observations, and other
/// figures by their mean. A gate on `max`, `min` or a metric of the oracle must hold in each seed.
pub(super) fn met_together(runs: &[(&CellRecord, &GateRecord)]) -> bool {
    let Some((_, gate)) = runs.first() else { return true };
    let values: Option<Vec<u64>> = runs.iter().map(|(_, gate)| gate.value).collect();
    let Some(values) = values else { return false };
    let each = gate.metric.starts_with("oracle.") || ["max", "min"].contains(&gate.stat.as_str());
    match (percentile(&gate.stat), gate.max, gate.min) {
        _ if each => runs.iter().all(|(_, gate)| gate.pass),
        (Some(percent), Some(max), None) => {
            let figures = || runs.iter().filter_map(|(cell, gate)| cell.metrics.get(gate.figure().as_str()));
            let all: f64 = figures().map(|figure| figure.observed() as f64).sum();
            let beyond: f64 = figures().map(|figure| beyond(figure, max)).sum();
            beyond * 100.0 <= all * (100 - percent) as f64
        }
        _ => {
            let mean = values.iter().map(|value| *value as f64).sum::<f64>() / values.len() as f64;
            gate.max.is_none_or(|max| mean <= max as f64) && gate.min.is_none_or(|min| mean >= min as f64)
        }
    }
}

/// A percentile over the observations of several cells, estimated from histograms or percentiles.
/// `None` if it is [`NEVER`] or if `stat` is not a percentile.
pub(super) fn pooled(stat: &str, metric: &str, cells: &[&CellRecord]) -> Option<u64> {
    let percent = percentile(stat)?;
    let figures: Vec<&Figure> = cells.iter().filter_map(|cell| cell.metrics.get(metric)).collect();
    let all: f64 = figures.iter().map(|figure| figure.observed() as f64).sum();
    let spread: Vec<_> = cells.iter().filter_map(|cell| cell.spread.get(metric)).flatten().collect();
    if !spread.is_empty() {
        return ranked(&spread, all * percent as f64 / 100.0);
    }
    let most = all * (100 - percent) as f64 / 100.0;
    let is_kept = |bound: u64| figures.iter().map(|figure| beyond(figure, bound)).sum::<f64>() <= most;
    let ends = ["min", "p50", "p95", "p99", "max"];
    let ends = figures.iter().flat_map(|figure| ends.map(|stat| figure.stat(stat)));
    let (mut low, mut high) = (0, ends.flatten().filter(|value| *value < NEVER).max()?);
    if !is_kept(high) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if is_kept(middle) { high = middle } else { low = middle + 1 }
    }
    Some(high)
}

/// The value at `rank` in a histogram of (upper bound, count). It interpolates within a class.
fn ranked(spread: &[&(u64, u64)], rank: f64) -> Option<u64> {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    spread.iter().for_each(|(end, count)| *counts.entry(*end).or_default() += count);
    let (mut from, mut sum) = (0, 0.0);
    for (end, count) in counts.into_iter().filter(|(end, _)| *end < NEVER) {
        let count = count as f64;
        if count > 0.0 && sum + count >= rank {
            return Some(from + ((end - from) as f64 * (rank - sum) / count) as u64);
        }
        (from, sum) = (end, sum + count);
    }
    None
}

fn percentile(stat: &str) -> Option<u64> {
    stat.strip_prefix('p')?.parse().ok()
}

/// Estimates the number of observations above a bound. It interpolates logarithmically between the
/// known percentiles. Waits that never ended exceed any bound.
fn beyond(figure: &Figure, bound: u64) -> f64 {
    let of = figure.observed() as f64;
    let never = figure.censored().map_or(0.0, |censored| censored.never as f64);
    let known = [("min", 1.0), ("p50", 0.5), ("p95", 0.05), ("p99", 0.01), ("max", 0.0)];
    let mut from = (0.0, 1.0);
    for (stat, share) in known {
        let Some(value) = figure.stat(stat) else { return 0.0 };
        if value > bound {
            let (low, above) = from;
            let log = |value: f64| libm::log(value.max(1.0));
            let part = (log(bound as f64) - log(low)) / (log(value as f64) - log(low));
            let part = if value == NEVER { 1.0 } else { part };
            return (of * (above + (share - above) * part)).max(never);
        }
        from = (value as f64, share);
    }
    never
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Distribution, Unit};
    use crate::record::fixture;

    const S: u64 = 1_000_000_000;

    #[test]
    fn what_lies_beyond_a_bound_is_known_between_percentiles() {
        let waits = fixture::spread(Unit::Ns, 1_000, [S, 2 * S, 4 * S, 8 * S, 16 * S]);
        for (bound, count) in [(16, 0.0), (8, 10.0), (4, 50.0), (3, 236.8), (2, 500.0), (0, 1_000.0)] {
            assert!(
                (beyond(&waits, bound * S) - count).abs() < 0.1,
                "{bound}: {}",
                beyond(&waits, bound * S)
            );
        }
        let mut open = Distribution::default();
        (0..90).for_each(|_| open.observe(S));
        (0..10).for_each(|_| open.observe_never(S));
        assert_eq!(beyond(&open.figure(Unit::Ns), 2 * S), 10.0);
    }

    #[test]
    fn a_percentile_of_seeds_together_ends_where_enough_of_all_came() {
        const SAFE: &str = "engine.write_acknowledged.duration";
        let mut open = Distribution::default();
        (0..90).for_each(|_| open.observe(S));
        (0..10).for_each(|_| open.observe_never(60 * S));
        let open = open.figure(Unit::Ns);
        assert_eq!(open.stat("p95"), Some(NEVER));
        let waits = || fixture::spread(Unit::Ns, 300, [S, S, 2 * S, 4 * S, 4 * S]);
        let cell = |figure: Figure, spread: &[(u64, u64)]| {
            let mut cell = CellRecord::default();
            cell.metrics.insert(SAFE.into(), figure);
            cell.spread.extend((!spread.is_empty()).then(|| (SAFE.to_owned(), spread.to_vec())));
            cell
        };
        let [open_spread, spread] = [vec![(S, 90), (NEVER, 10)], vec![(S, 285), (2 * S, 10), (5 * S, 5)]];
        for (open_spread, spread) in [(&[][..], &[][..]), (&open_spread[..], &spread[..])] {
            let one = cell(open.clone(), open_spread);
            let other = cell(waits(), spread);
            let together = pooled("p95", SAFE, &[&one, &other, &other]).expect("1.4 of 100 never came");
            assert!((S..4 * S).contains(&together), "{together}");
            assert_eq!(pooled("p99", SAFE, &[&one, &other, &other]), None, "more than 1 of 100");
            assert_eq!(pooled("p95", SAFE, &[&one]), None);
            assert_eq!(pooled("mean", SAFE, &[&one, &other]), None);
        }
    }
}
