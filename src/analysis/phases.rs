//! Divides time into parts: the time until an edit is safe, and the time of syncs.

use crate::metrics::Figure;
use crate::record::CellRecord;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The transfer of responses, without the time at the backend.
    Network,
    /// The queue and the work of the backend. The time of the work is estimated from percentiles.
    Server,
    Failed,
    /// The transfer of attachments, including failed attempts.
    Attachments,
    Wait,
    Decode,
    Apply,
    /// Hooks, locks, and all other time without a metric.
    Other,
}

/// The reason why an edit waits while it is only on its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Network,
    /// A network is available, but the next sync has not started.
    Start,
    /// The last sync failed, and the next one has not started.
    Again,
    /// A sync is running.
    Sync,
    /// Nothing: the edit was lost or given up.
    Nothing,
}

/// The share of each cause in the time that edits wait, in millionths, the largest first.
pub fn waits(cells: &[&CellRecord]) -> Option<Vec<(Wait, u64)>> {
    let sum = |metric: &str| sum(cells, metric);
    let all = sum("engine.edits.unsent");
    let known = [
        (Wait::Network, sum("engine.edits.unsent_offline")),
        (Wait::Sync, sum("engine.edits.unsent_in_sync")),
        (Wait::Again, sum("engine.edits.unsent_after_failure")),
        (Wait::Nothing, sum("engine.edits.unsent_lost")),
    ];
    let start = all.saturating_sub(known.iter().map(|(_, part)| part).sum());
    (all > 0).then(|| shares([known.as_slice(), &[(Wait::Start, start)]].concat(), all))
}

/// The share of each phase in the time of syncs, in millionths, the largest first. `None` if no
/// sync ran.
pub fn phases(cells: &[&CellRecord]) -> Option<Vec<(Phase, u64)>> {
    let sum = |metric: &str| sum(cells, metric);
    let ran = sum("engine.session.time");
    let responses = sum("engine.pull.time") + sum("engine.push.time");
    let work = |cell: &&CellRecord| cell.metrics.get("backend.request.service").map(total);
    let worked = cells.iter().filter_map(work).sum::<f64>() as u64;
    let server = (sum("engine.requests.queued_time") + worked).min(responses);
    let attachments = sum("attachment.run.time");
    let [failed, wait, decode, apply] =
        ["engine.requests.lost_time", "engine.retry.time", "device.coding.busy", "engine.apply.time"]
            .map(sum);
    let known = responses + attachments + failed + wait + decode + apply;
    // Parallel parts can add up to more than the whole.
    let all = ran.max(known);
    if ran == 0 {
        return None;
    }
    let parts = vec![
        (Phase::Network, responses - server),
        (Phase::Server, server),
        (Phase::Attachments, attachments),
        (Phase::Failed, failed),
        (Phase::Wait, wait),
        (Phase::Decode, decode),
        (Phase::Apply, apply),
        (Phase::Other, all - known),
    ];
    Some(shares(parts, all))
}

fn sum(cells: &[&CellRecord], metric: &str) -> u64 {
    let values = cells.iter().filter_map(|cell| cell.stat(metric, "value"));
    values.fold(0, u64::saturating_add)
}

fn shares<T>(mut parts: Vec<(T, u64)>, all: u64) -> Vec<(T, u64)> {
    for (_, part) in &mut parts {
        *part = (u128::from(*part) * 1_000_000 / u128::from(all)) as u64;
    }
    parts.sort_by_key(|(_, part)| std::cmp::Reverse(*part));
    parts
}

/// Estimates the sum of all observations. Straight lines join the percentiles.
fn total(figure: &Figure) -> f64 {
    let Figure::Distribution { count, min, p50, p95, p99, max, .. } = *figure else { return 0.0 };
    let [min, p50, p95, p99, max] = [min, p50, p95, p99, max].map(|n| n as f64);
    let mean = 0.25 * (min + p50) + 0.225 * (p50 + p95) + 0.02 * (p95 + p99) + 0.005 * (p99 + max);
    mean * count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::judge;
    use crate::metrics::Unit;
    use crate::record::fixture;

    #[test]
    fn phases_are_shares_of_the_time_in_which_units_ran() {
        let mut outcome = fixture::outcome();
        let mut put = |name: &str, value| {
            outcome.figures.insert(name.to_owned(), Figure::number(Unit::Ns, value));
        };
        put("engine.session.time", 1_000);
        put("engine.pull.time", 500);
        put("engine.requests.queued_time", 100);
        put("engine.retry.time", 150);
        put("attachment.run.time", 50);
        let cell = judge(&fixture::plan(None, 1), "c", &outcome).cell;
        let found = phases(&[&cell]).unwrap();
        assert_eq!(found[..2], [(Phase::Network, 400_000), (Phase::Other, 300_000)]);
        assert_eq!(found.iter().map(|(_, share)| share).sum::<u64>(), 1_000_000);
        let none = judge(&fixture::plan(None, 1), "c", &fixture::outcome()).cell;
        assert_eq!((phases(&[&none]), waits(&[&none])), (None, None));
    }

    #[test]
    fn time_of_edits_is_shared_among_what_they_wait_for() {
        let mut outcome = fixture::outcome();
        let waited = [
            ("unsent", 1_000),
            ("unsent_offline", 410),
            ("unsent_in_sync", 90),
            ("unsent_after_failure", 100),
            ("unsent_lost", 200),
        ];
        for (name, value) in waited {
            outcome.figures.insert(format!("engine.edits.{name}"), Figure::number(Unit::RowNs, value));
        }
        let cell = judge(&fixture::plan(None, 1), "c", &outcome).cell;
        let found = waits(&[&cell, &cell]).unwrap();
        let expected = [
            (Wait::Network, 410_000),
            (Wait::Nothing, 200_000),
            (Wait::Start, 200_000),
            (Wait::Again, 100_000),
            (Wait::Sync, 90_000),
        ];
        assert_eq!(found, expected);
    }
}
