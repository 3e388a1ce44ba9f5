//! Failures one right after another: transfers that broke under way, or tries while the link was still down.
//!
//! Transfers that break at random know nothing of each other, so that only so many follow a failure. What is beyond that are tries, or
//! breaks that come in bursts; of either reading the figures are estimated, and where the log does not refute one the intervals hold both.

use std::collections::BTreeMap;

use super::log::{Log, Outcome, Request};
use super::trouble::{self, Order};
use crate::report::calibrate::Outages;

/// Standard deviations beyond which so many in a row are no chance.
const SURE: f64 = 3.0;
/// No rate times duration beyond this: e⁴ breaks a transfer that is answered; more would be a guess about a few.
const RATE_MAX: f64 = 4.0;
/// Failures that are too few for what they last to say anything.
const FEW: usize = 5;
/// Of failures in a row that ended before any answer could come, a share that leaves few for another reading.
const MOST: f64 = 0.8;
/// Failures that are too few to tell one device from another.
const UNEVEN_MIN: u64 = 10;

/// What failures in a row were taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum InARow {
    /// For what they are called.
    Cuts,
    /// So many without a duration are as many as transfers that break at random have: cuts they may be, or tries.
    Unclear(u64),
    /// More than those have: `n` in a row, where `chance` would have so many. `sure` if most ended too soon for transfers.
    Tries { n: u64, chance: f64, sure: bool },
}

/// The failures that come right after another of their device.
fn in_a_row(log: &Log) -> Vec<usize> {
    let mut last: BTreeMap<u32, bool> = BTreeMap::new();
    let mut again = |n: &usize| {
        let Request { device, outcome, .. } = log.requests[*n];
        last.insert(device, outcome.breaks()) == Some(true) && outcome.breaks()
    };
    (0..log.requests.len()).filter(|n| again(n)).collect()
}

/// Of transfers that break, the share that follows another one, at most: all that break come from durations d with e^{λd} − 1 tries
/// before the answer, and with the same chunk tried again (1 − e^{−λd}) of those follow another. Without answers it may be all.
fn share_by_chance(log: &Log, rate: f64) -> f64 {
    let (mut all, mut follow) = (0.0, 0.0);
    for duration in trouble::durations(log) {
        let x = (rate * duration).min(RATE_MAX);
        all += libm::expm1(x);
        follow += libm::expm1(x) * -libm::expm1(-x);
    }
    if all > 0.0 { follow / all } else { 1.0 }
}

/// A device as if all its failures were transfers that broke: its log, how many they are, and how many a second.
struct Device {
    log: Log,
    failures: f64,
    rate: f64,
}

fn devices(log: &Log) -> BTreeMap<u32, Device> {
    let typical = trouble::typical(log).0;
    let of = |log: Log| {
        let failures = log.requests.iter().filter(|r| r.outcome.breaks()).count() as f64;
        let rate = trouble::outages(&log, typical).map_or(0.0, |outages| failures / outages.exposed);
        Device { log, failures, rate }
    };
    by_device(log).into_iter().map(|(device, log)| (device, of(log))).collect()
}

/// What the failures in a row of a log are. Where requests of a device run side by side one outage breaks several, and nothing is taken
/// for anything.
pub(super) fn judge(log: &Log) -> InARow {
    let rows = in_a_row(log);
    let n = rows.len() as u64;
    let untimed = rows.iter().filter(|row| !log.requests[**row].timed).count() as u64;
    let devices = devices(log);
    let shares = devices.values().map(|device| (device.failures, share_by_chance(&device.log, device.rate)));
    let (chance, variance) = sum(shares);
    let many = n as f64 > chance + SURE * libm::sqrt(variance.max(1.0));
    let soon = soon(log, &rows, &devices);
    if (many || soon.is_some()) && Order::of(log).in_turn() {
        return InARow::Tries { n, chance, sure: soon.is_some_and(|share| share > MOST) };
    }
    if untimed > 0 { InARow::Unclear(untimed) } else { InARow::Cuts }
}

/// The mean and the variance of how many of `n` there are, each with its chance.
fn sum(chances: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    chances.fold((0.0, 0.0), |(mean, variance), (n, p)| (mean + n * p, variance + n * p * (1.0 - p)))
}

/// The share of these that say that they ended before any answer could come, if it is more than chance has: a transfer of length d that
/// breaks does so before q with (1 − e^{−λq})/(1 − e^{−λd}).
fn soon(log: &Log, rows: &[usize], devices: &BTreeMap<u32, Device>) -> Option<f64> {
    let mut durations = trouble::durations(log);
    let quick = trouble::quickest(&mut durations).filter(|_| rows.len() >= FEW)?;
    let mean = durations.iter().sum::<f64>() / durations.len() as f64;
    let requests = || rows.iter().map(|row| &log.requests[*row]);
    let soon = requests().filter(|r| r.timed && r.duration < quick).count() as f64;
    let by_chance = |r: &Request| {
        let rate = devices[&r.device].rate.max(f64::MIN_POSITIVE);
        (1.0, (libm::expm1(-rate * quick) / libm::expm1(-rate * mean)).min(1.0))
    };
    let (chance, variance) = sum(requests().map(by_chance));
    (soon > chance + SURE * libm::sqrt(variance.max(1.0))).then_some(soon / rows.len() as f64)
}

/// The log as it is if failures in a row were tries: they were not sent.
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
        let fails = request.outcome == Outcome::NotSent || request.outcome.breaks();
        failed.insert(request.device, fails) != Some(true)
    };
    let requests = log.requests.iter().filter(|request| first(request)).copied().collect();
    Log { requests, ..*log }
}

/// Whether failures come to devices as by chance, given how long each was under way: X² of the counts within three standard deviations.
/// If not, how many of all failures and what share of the time the device has that is the farthest from it.
pub(super) fn uneven(log: &Log, outages: &Outages, typical: f64) -> Option<(u64, f64)> {
    let expected = |own: &Outages| outages.failures as f64 * own.exposed / outages.exposed;
    let off = |own: &Outages| {
        let difference = own.failures as f64 - expected(own);
        difference * difference / expected(own)
    };
    let counts: Vec<Outages> =
        by_device(log).values().filter_map(|log| trouble::outages(log, typical)).collect();
    let freedom = counts.len() as f64 - 1.0;
    let worst = counts.iter().max_by(|a, b| off(a).total_cmp(&off(b)))?;
    let all: f64 = counts.iter().map(off).sum();
    // Of counts that are small X² varies by more than the law's 2 a degree of freedom.
    let variance = 2.0 * freedom + counts.iter().map(|own| 1.0 / expected(own)).sum::<f64>();
    let uneven =
        freedom >= 1.0 && outages.failures >= UNEVEN_MIN && all > freedom + SURE * libm::sqrt(variance);
    uneven.then(|| (worst.failures, worst.exposed / outages.exposed))
}

fn by_device(log: &Log) -> BTreeMap<u32, Log> {
    let mut devices: BTreeMap<u32, Log> = BTreeMap::new();
    for request in &log.requests {
        let none = || Log { requests: Vec::new(), ..*log };
        devices.entry(request.device).or_insert_with(none).requests.push(*request);
    }
    devices
}
