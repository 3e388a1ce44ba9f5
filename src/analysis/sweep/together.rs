//! Gates that some runs of a setting miss, judged by all of its runs together.

use crate::metrics::{Figure, NEVER};
use crate::record::{CellRecord, GateRecord};

/// Whether runs meet a gate together: a percentile by all observations, another figure by its mean.
/// The greatest and the least are those of all runs, and what the oracle finds in one run is found.
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

fn percentile(stat: &str) -> Option<u64> {
    stat.strip_prefix('p')?.parse().ok()
}

/// About how many observations lie above a bound: exactly at a percentile that is known, and by the
/// logarithm between two of them. Those that never ended lie above any.
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
}
