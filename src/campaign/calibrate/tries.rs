//! Failures one right after another: transfers that broke under way, or tries while the link was
//! still down.
//!
//! Transfers that break at random know nothing of each other, so that only so many follow a
//! failure. What is beyond that are tries, or breaks that come in bursts; of either reading the
//! figures are estimated, and where the log does not refute one the intervals hold both.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use statrs::distribution::{Binomial, DiscreteCDF};

use super::devices::{SURE, by_device};
use super::log::{Log, Outcome, Request};
use super::trouble::{self, Order, SURELY};

/// Below this probability chance is doubted, and below one in n of n failures in a row: of many the
/// doubtful ones would speak up.
const DOUBT: f64 = 0.2;
/// Requests after a failure that break no more often than this many times as often as others break
/// as they do.
const AS_OFTEN: f64 = 2.0;
/// Below this probability it is shown that they do not break even so often.
const SHOWN: f64 = 0.05;
/// Of the standard error of a count: fewer move no interval by much.
const FEW: f64 = 0.5;
/// No rate times duration beyond this: e⁴ breaks a transfer that is answered; more would be a guess
/// about a few.
const RATE_MAX: f64 = 4.0;
/// Of failures in a row that ended before any answer could come, a share that leaves few for
/// another reading.
const MOST: f64 = 0.8;
/// Tries that fail for one cause last no longer than this many times their median.
const TRIES_ALIKE: f64 = 4.0;

/// What failures in a row were taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum InARow {
    /// For what they are called.
    Cuts,
    /// So many may be cuts, or tries: they are as many as transfers that break at random have, and
    /// do not say how long they took; or they say it (`timed`), and are more than is likely, did
    /// not last as transfers that break would, or are too few to show that they are not; or
    /// requests run side by side.
    Unclear { n: u64, timed: bool },
    /// More than those have: `n` in a row, where `chance` would have so many. `sure` if most ended
    /// too soon for transfers.
    Tries { n: u64, chance: f64, sure: bool },
}

/// Of each request whether the last of its device that had ended failed: of those in turn the one
/// before, of those side by side by their ends.
fn after_failures(log: &Log, fails: fn(&Request) -> bool) -> Vec<bool> {
    let in_turn = Order::of(log).in_turn();
    /// What ends next, in nanoseconds, which have an order, and whether it fails.
    type UnderWay = BinaryHeap<Reverse<(i64, bool)>>;
    // Whether the last that ended failed, and what has not.
    let mut devices: BTreeMap<u32, (bool, UnderWay)> = BTreeMap::new();
    let nanos = |seconds: f64| (seconds * 1e9) as i64;
    let mut after = |request: &Request| {
        let (failed, under_way) = devices.entry(request.device).or_default();
        let ended = |end: i64| in_turn || end <= nanos(request.start);
        while let Some(Reverse(last)) = under_way.peek().copied().filter(|Reverse((end, _))| ended(*end)) {
            *failed = last.1;
            under_way.pop();
        }
        under_way.push(Reverse((nanos(trouble::end(request)), fails(request))));
        *failed
    };
    log.requests.iter().map(&mut after).collect()
}

/// The failures that come right after another of their device.
fn in_a_row(log: &Log) -> Vec<usize> {
    let after = after_failures(log, |request| request.outcome.breaks());
    (0..log.requests.len()).filter(|n| after[*n] && log.requests[*n].outcome.breaks()).collect()
}

/// Of transfers that break, the share that follows another one, at most: all that break come from
/// durations d with e^{λd} − 1 tries before the answer, and with the same chunk tried again (1 −
/// e^{−λd}) of those follow another. Without answers it may be all.
fn share_by_chance(log: &Log, rate: f64) -> f64 {
    let (mut all, mut follow) = (0.0, 0.0);
    for duration in trouble::durations(log) {
        let x = (rate * duration).min(RATE_MAX);
        all += libm::expm1(x);
        follow += libm::expm1(x) * -libm::expm1(-x);
    }
    if all > 0.0 { follow / all } else { 1.0 }
}

/// A device as if all its failures were transfers that broke: its log, how many they are, and how
/// many a second.
struct Device {
    log: Log,
    failures: f64,
    rate: f64,
    /// Those that follow no failure, and those right after one.
    first: Exposure,
    after: Exposure,
}

/// Failures that say how long they took, and the seconds of all that do.
#[derive(Default)]
struct Exposure {
    failures: f64,
    exposed: f64,
}

impl Exposure {
    fn of(log: &Log, requests: impl Iterator<Item = Request>, typical: f64) -> Exposure {
        let log = Log { requests: requests.filter(|request| request.timed).collect(), ..*log };
        trouble::outages(&log, typical).map_or_else(Exposure::default, |outages| Exposure {
            failures: outages.failures as f64,
            exposed: outages.exposed,
        })
    }
}

fn devices(log: &Log) -> BTreeMap<u32, Device> {
    let typical = trouble::typical(log).0;
    let of = |log: Log| {
        let failures = log.requests.iter().filter(|r| r.outcome.breaks()).count() as f64;
        let rate = trouble::outages(&log, typical).map_or(0.0, |outages| failures / outages.exposed);
        let first = Exposure::of(&log, first_tries(&log).requests.into_iter(), typical);
        let pairs = log.requests.windows(2).filter(|pair| pair[0].outcome.breaks());
        let after = Exposure::of(&log, pairs.map(|pair| pair[1]), typical);
        Device { log, failures, rate, first, after }
    };
    by_device(log).into_iter().map(|(device, log)| (device, of(log))).collect()
}

/// What the failures in a row of a log are. Where requests of a device run side by side one outage
/// breaks several, and nobody can tell.
pub(super) fn judge(log: &Log) -> InARow {
    let rows = in_a_row(log);
    let n = rows.len() as u64;
    let untimed = rows.iter().filter(|row| !log.requests[**row].timed).count() as u64;
    if n == 0 {
        return InARow::Cuts;
    }
    if !Order::of(log).in_turn() {
        return InARow::Unclear { n, timed: untimed == 0 };
    }
    let devices = devices(log);
    let shares = devices.values().map(|device| (device.failures, share_by_chance(&device.log, device.rate)));
    let (chance, variance) = sum(shares);
    let many = n as f64 > chance + SURE * libm::sqrt(variance.max(1.0));
    let often = often(&devices);
    let (soon, late) = soon_and_late(&devices);
    if many || often.probability < SURELY || soon < SURELY {
        let chance = if often.probability < SURELY { often.chance.min(chance) } else { chance };
        let sure = soon < SURELY && share_soon(log, &rows) > MOST;
        return InARow::Tries { n: tries(log, rows).len() as u64, chance, sure };
    }
    // How late is no proof: that a link is gone may take long to be seen.
    let odd = often.probability.min(soon).min(late) < DOUBT.min(1.0 / n as f64);
    match untimed {
        0 if odd || often.as_rarely >= SHOWN => InARow::Unclear { n, timed: true },
        0 => InARow::Cuts,
        _ => InARow::Unclear { n: untimed, timed: false },
    }
}

/// The mean and the variance of how many of `n` there are, each with its chance.
fn sum(chances: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    chances.fold((0.0, 0.0), |(mean, variance), (n, p)| (mean + n * p, variance + n * p * (1.0 - p)))
}

/// How often requests break that follow a failure.
struct Often {
    /// Failures in a row as the first tries break.
    chance: f64,
    /// Of so many or more if those that follow a failure break as all others do.
    probability: f64,
    /// Of so few or fewer if they break `AS_OFTEN` times as often, where there are enough to
    /// matter: of few requests nobody knows.
    as_rarely: f64,
}

/// If requests that follow a failure break as often, a second under way, as those that do not, each
/// failure is one of theirs with their share of the time (Przyborowski and Wilenski 1940). Where
/// shares differ from device to device the tail of their mean is no smaller (Hoeffding 1956).
/// Failures without a duration have no part in it.
fn often(devices: &BTreeMap<u32, Device>) -> Often {
    let told = || devices.values().filter(|device| device.first.exposed > 0.0 && device.after.exposed > 0.0);
    let follow = told().map(|device| device.after.failures).sum::<f64>();
    let all = follow + told().map(|device| device.first.failures).sum::<f64>();
    // How many follow, and by what law, if those that follow a failure break so many times as
    // often.
    let times = |times: f64| {
        let share = |Device { first, after, .. }: &Device| {
            let exposed = times * after.exposed;
            (first.failures + after.failures) * exposed / (first.exposed + exposed)
        };
        let mean = told().map(share).sum::<f64>();
        (mean, Binomial::new(mean / all.max(1.0), all as u64).ok())
    };
    let (mean, law) = times(1.0);
    let more = law.filter(|_| follow > mean).map_or(1.0, |law| law.sf(follow as u64 - 1));
    let many = follow > 0.0 && follow >= FEW * libm::sqrt(all);
    let fewer = times(AS_OFTEN).1.filter(|_| many).map_or(0.0, |law| law.cdf(follow as u64));
    Often {
        chance: told()
            .map(|Device { first, after, .. }| first.failures * after.exposed / first.exposed)
            .sum(),
        probability: more,
        as_rarely: fewer,
    }
}

/// At most the probabilities that transfers that break do so as soon, and as late, as the failures
/// in a row did that say how long they took: each has its place in the law of its device's, and
/// places lie evenly from 0 to 1, off by so much (Massart 1990).
fn soon_and_late(devices: &BTreeMap<u32, Device>) -> (f64, f64) {
    let (mut early, mut late): (Vec<f64>, Vec<f64>) = devices.values().flat_map(places).unzip();
    early.sort_by(f64::total_cmp);
    // As early as they are late.
    late.iter_mut().for_each(|place| *place = 1.0 - *place);
    late.sort_by(f64::total_cmp);
    let probability = |places: &[f64]| {
        let n = places.len() as f64;
        let off =
            places.iter().enumerate().map(|(at, place)| (at + 1) as f64 / n - place).fold(0.0, f64::max);
        libm::exp(-2.0 * n * off * off)
    };
    (probability(&early), probability(&late))
}

/// The share of a device's transfers that break that do so before each of its failures in a row, by
/// what its answers took; and of those alone that would take as long as the longest answer, as a
/// chunk may that is tried again.
///
/// Of transfers of length d, e^{λd} − 1 break for each that is answered, of these (1 − e^{−λt})/(1
/// − e^{−λd}) before t: e^{λd}(1 − e^{−λt}).
fn places(device: &Device) -> Vec<(f64, f64)> {
    let mut durations = trouble::durations(&device.log);
    durations.sort_by(f64::total_cmp);
    let power = |d: &f64| (device.rate * d).min(RATE_MAX);
    let all: f64 = durations.iter().map(|d| libm::expm1(power(d))).sum();
    let Some(longest) = durations.last().filter(|_| all > 0.0) else { return Vec::new() };
    let failures = in_a_row(&device.log).into_iter().map(|row| device.log.requests[row]);
    // What was cut at once had not begun, and counts in no rate.
    let mut times: Vec<f64> = failures.filter(|r| r.timed && r.duration > 0.0).map(|r| r.duration).collect();
    times.sort_by(f64::total_cmp);
    let (mut ended, mut longer) = (0.0, durations.iter().map(|d| libm::exp(power(d))).sum::<f64>());
    let mut shorter = durations.iter().peekable();
    let place = |time: f64| {
        while let Some(d) = shorter.next_if(|d| **d <= time) {
            ended += libm::expm1(power(d));
            longer -= libm::exp(power(d));
        }
        let broken = -libm::expm1(-device.rate * time);
        let of_longest = broken / -libm::expm1(-device.rate * longest);
        (((ended + longer * broken) / all).clamp(0.0, 1.0), of_longest.min(1.0))
    };
    times.into_iter().map(place).collect()
}

/// The share of these that say that they ended before any answer could come.
fn share_soon(log: &Log, rows: &[usize]) -> f64 {
    let quick = trouble::quickest(&mut trouble::durations(log)).unwrap_or(0.0);
    let soon = |row: &&usize| log.requests[**row].timed && log.requests[**row].duration < quick;
    rows.iter().filter(soon).count() as f64 / rows.len() as f64
}

/// The log as it is if failures in a row were tries: they were not sent.
pub(super) fn as_tries(mut log: Log) -> Log {
    for row in tries(&log, in_a_row(&log)) {
        log.requests[row].outcome = Outcome::NotSent;
    }
    log
}

/// Of failures in a `row` those that may be tries: all, or, where most ended before any answer
/// could come, those that lasted no longer than such tries do. The others were transfers.
fn tries(log: &Log, row: Vec<usize>) -> Vec<usize> {
    if share_soon(log, &row) <= MOST {
        return row;
    }
    let timed = row.iter().map(|n| log.requests[*n]).filter(|request| request.timed);
    let mut times: Vec<f64> = timed.map(|request| request.duration).collect();
    times.sort_by(f64::total_cmp);
    let longest = TRIES_ALIKE * times[times.len() / 2];
    row.into_iter().filter(|n| !log.requests[*n].timed || log.requests[*n].duration <= longest).collect()
}

/// What tells how often transfers break where nobody knows which failures after a failure were
/// transfers: the requests of a log that follow none. With them go the answers after failures, or
/// there would be too many.
pub(super) fn first_tries(log: &Log) -> Log {
    let after = after_failures(log, |r| r.outcome == Outcome::NotSent || r.outcome.breaks());
    let requests = log.requests.iter().zip(after).filter(|(_, after)| !after).map(|(request, _)| *request);
    Log { requests: requests.collect(), ..*log }
}
