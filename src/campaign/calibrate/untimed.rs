//! Failures of which the log does not say how long they took, one right after another: transfers that broke under way, or tries while the
//! link was still down.

use std::collections::BTreeMap;

use super::log::{Log, Outcome, Request};
use super::trouble;

/// Standard deviations beyond which so many in a row are no chance.
const SURE: f64 = 3.0;
/// No rate times duration beyond this: e⁴ breaks a transfer that is answered; more would be a guess about a few.
const RATE_MAX: f64 = 4.0;

/// What failures in a row were taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum InARow {
    /// There are none.
    None,
    /// As many as transfers that break at random have: cuts they may be, or tries. So many.
    Unclear(u64),
    /// More than those have: `n` in a row, where `chance` would have so many.
    Tries { n: u64, chance: f64 },
}

/// Where the failures without a duration stand that come right after another of their device.
fn in_a_row(log: &Log) -> Vec<usize> {
    let mut last: BTreeMap<u32, bool> = BTreeMap::new();
    let mut again = |n: &usize| {
        let request = &log.requests[*n];
        let untimed = request.outcome.breaks() && !request.timed;
        last.insert(request.device, untimed) == Some(true) && untimed
    };
    (0..log.requests.len()).filter(|n| again(n)).collect()
}

/// Of transfers that break, the share that follows another one, at most: all that break come from durations d with e^{λd} − 1 tries
/// before the answer, and with the same chunk tried again (1 − e^{−λd}) of those follow another.
fn share_by_chance(log: &Log, rate: f64) -> f64 {
    let answers = log.requests.iter().filter(|r| r.outcome == Outcome::Answered && r.duration > 0.0);
    let (mut all, mut follow) = (0.0, 0.0);
    for answer in answers {
        let x = (rate * answer.duration).min(RATE_MAX);
        all += libm::expm1(x);
        follow += libm::expm1(x) * -libm::expm1(-x);
    }
    if all > 0.0 { follow / all } else { 0.0 }
}

/// Takes failures in a row for requests that were not sent where they are more than breaks at random explain: these do not know of each
/// other. Where requests of a device run side by side one outage breaks several, and nothing is taken for anything.
pub(super) fn judge(log: &mut Log) -> InARow {
    let rows = in_a_row(log);
    let n = rows.len() as u64;
    let (typical, _) = trouble::typical(log);
    let Some(outages) = trouble::outages(log, typical).filter(|_| n > 0) else { return InARow::None };
    let untimed = log.requests.iter().filter(|r| r.outcome.breaks() && !r.timed).count() as f64;
    let share = share_by_chance(log, outages.failures as f64 / outages.exposed);
    let chance = untimed * share;
    let sure = n as f64 > chance + SURE * libm::sqrt((chance * (1.0 - share)).max(1.0));
    if !sure || !trouble::Order::of(log).in_turn() {
        return InARow::Unclear(n);
    }
    for row in rows {
        log.requests[row].outcome = Outcome::NotSent;
    }
    InARow::Tries { n, chance }
}

/// The log as it is if failures in a row were tries.
pub(super) fn as_tries(log: &Log) -> Log {
    let mut other = log.clone();
    for row in in_a_row(log) {
        other.requests[row].outcome = Outcome::NotSent;
    }
    other
}

/// What tells how often transfers break where nobody knows which failures after a failure were transfers: the requests of a log that
/// follow none. With them go the answers after failures, or there would be too many.
pub(super) fn first_tries(log: &Log) -> Log {
    let mut failed: BTreeMap<u32, bool> = BTreeMap::new();
    let mut first = |request: &Request| {
        let unknown = request.outcome == Outcome::NotSent || request.outcome.breaks() && !request.timed;
        failed.insert(request.device, unknown) != Some(true)
    };
    let requests = log.requests.iter().filter(|request| first(request)).copied().collect();
    Log { requests, ..log.clone() }
}
