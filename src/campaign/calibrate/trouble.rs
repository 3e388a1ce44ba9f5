//! How often transfers break, and how long it is until the next one succeeds.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};

use super::log::{Log, Outcome, Request};
use crate::render::calibrate::{Estimate, Outages, Rate};

/// After so many seconds without a success nobody was trying.
const REPAIR_MAX: f64 = 3_600.0;
/// Failures that are too few to tell bursts from chance.
const BURSTS_MIN: f64 = 10.0;
/// Repairs that are too few for an interval.
const REPAIRS_MIN: usize = 3;
/// Share of requests that may begin before the one before has ended: clocks are coarse.
const OVERLAPS_MAX: f64 = 0.01;

/// What the order of the requests says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Order {
    /// Share of the requests that begin before the device's request before has ended.
    pub(super) overlapping: f64,
    /// Share of the requests that begin at the instant of another of the device.
    pub(super) tied: f64,
    /// Pauses of more than an hour between one request and the next of any device, and the longest in seconds.
    pub(super) pauses: (u64, f64),
}

/// The mean rate of a Poisson process of failures that came up `failures` times in `exposed` seconds, in so many `bundles` of equal size.
///
/// Maximum likelihood with successes as censored observations: failures over exposure. The interval is exact for a given exposure: χ²
/// of 2k and 2k + 2 degrees of freedom (Garwood 1936), where a bundle is one event. Without a failure, the bound that holds with 95 %:
/// 3.0 over the exposure.
pub(super) fn rate(failures: u64, bundles: f64, exposed: f64) -> Rate {
    let twice = 2.0 * exposed;
    if failures == 0 {
        return Rate::AtMost(chi_square(2.0, 0.95) / twice);
    }
    let k = failures as f64;
    let each = k / bundles;
    Rate::Known(Estimate {
        value: k / exposed,
        low: each * chi_square(2.0 * bundles, 0.025) / twice,
        high: each * chi_square(2.0 * bundles + 2.0, 0.975) / twice,
    })
}

/// The failures of a log as bundles of equal size: one outage breaks all requests of a device that are under way. Of sizes m it is
/// (Σm)²/Σm² (Kish 1965), which has the variance of their sum. Requests in turn break one by one.
fn bundles(log: &Log) -> f64 {
    // Those of `exposure`.
    let began = |r: &&Request| r.duration > 0.0 || !r.timed || r.outcome == Outcome::TimedOut;
    let failed = || log.requests.iter().filter(|r| r.outcome.breaks()).filter(began);
    let all = failed().count() as f64;
    if all == 0.0 || Order::of(log).in_turn() {
        return all;
    }
    // Of each device when its last bundle broke, and how many it holds.
    let mut last: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    let mut squares = 0.0;
    for request in failed() {
        let (broke, size) = last.entry(request.device).or_insert((f64::NEG_INFINITY, 0.0));
        if request.start < *broke {
            *size += 1.0;
        } else {
            squares += *size * *size;
            (*broke, *size) = (end(request), 1.0);
        }
    }
    squares += last.values().map(|(_, size)| size * size).sum::<f64>();
    all * all / squares
}

/// The mean of exponential times, with its exact interval (χ² of 2n degrees of freedom; Epstein and Sobel 1953).
pub(super) fn mean_time(times: &[f64]) -> Option<Estimate> {
    let n = times.len() as f64;
    let sum: f64 = times.iter().sum();
    (times.len() >= REPAIRS_MIN && sum > 0.0).then(|| Estimate {
        value: sum / n,
        low: 2.0 * sum / chi_square(2.0 * n, 0.975),
        high: 2.0 * sum / chi_square(2.0 * n, 0.025),
    })
}

/// What a variable of χ² stays below with a probability of `share`.
pub(super) fn chi_square(freedom: f64, share: f64) -> f64 {
    ChiSquared::new(freedom).map_or(0.0, |law| law.inverse_cdf(share))
}

/// A failure before this share of the quickest answers is none of a transfer.
const SOONER: f64 = 0.1;
/// A probability below which nothing is chance: three standard deviations.
pub(super) const SURELY: f64 = 0.001_35;
/// The share of the answers that are the quickest: a few may come from a cache.
const QUICKEST: f64 = 0.02;

/// What answers took, as far as the log says.
pub(super) fn durations(log: &Log) -> Vec<f64> {
    let answered = log.requests.iter().filter(|r| r.outcome == Outcome::Answered && r.duration > 0.0);
    answered.map(|r| r.duration).collect()
}

/// No answer comes sooner, but for those from a cache; of the durations of answers.
pub(super) fn quickest(durations: &mut [f64]) -> Option<f64> {
    durations.sort_by(f64::total_cmp);
    durations.get((durations.len() as f64 * QUICKEST) as usize).copied()
}

/// What ended before this had not begun; of the durations of answers.
fn sooner(durations: &mut [f64]) -> f64 {
    quickest(durations).map_or(0.0, |quick| SOONER * quick)
}

/// Failures that ended far sooner than any answer could come had not begun, if they only say that they failed, or, where requests run side
/// by side and no order tells, if they are more than transfers have that are cut at random: they become requests that were not sent. Gives
/// how many; with fewer answers than `least` nobody knows what an answer takes.
pub(super) fn unsent(log: &mut Log, least: usize) -> u64 {
    let mut durations = durations(log);
    if durations.len() < least {
        return 0;
    }
    let sooner = sooner(&mut durations);
    let mut n = 0;
    let side_by_side = !Order::of(log).in_turn();
    let many = side_by_side && too_soon(log, sooner) < SURELY;
    let ended = |r: &Request| r.outcome == Outcome::Cut && r.timed && r.duration < sooner;
    let at_once = |r: &Request| side_by_side && r.duration == 0.0;
    let instant = |r: &&mut Request| ended(r) && (r.vague || many || at_once(r));
    for request in log.requests.iter_mut().filter(instant) {
        request.outcome = Outcome::NotSent;
        n += 1;
    }
    n
}

/// The probability that of the failures of a log as many or more would end before `sooner` if each instant of a transfer were as
/// dangerous: each does with the share of the time under way that lies before it (binomial).
fn too_soon(log: &Log, sooner: f64) -> f64 {
    let under_way = |r: &&Request| r.timed && r.outcome != Outcome::NotSent;
    let within = |most: f64| log.requests.iter().filter(under_way).map(|r| r.duration.min(most)).sum::<f64>();
    let cuts = || log.requests.iter().filter(|r| r.outcome == Outcome::Cut && r.timed && r.duration > 0.0);
    let soon = cuts().filter(|r| r.duration < sooner).count() as u64;
    let law = Binomial::new((within(sooner) / within(f64::INFINITY)).min(1.0), cuts().count() as u64);
    law.map_or(1.0, |law| if soon > 0 { law.sf(soon - 1) } else { 1.0 })
}

/// No weight beyond e⁴: it would be a guess about a few. With e², as the costs have it, requests that break seem 8 % too short where their
/// links last half as long as the longest.
const WEIGHT_MAX: f64 = 4.0;
/// Rounds in which a rate and what it makes of the log settle: each is nearer by some times.
const ROUNDS: usize = 30;

/// What a request that breaks would have taken, as far as half of it is when it breaks: longer ones break more often, and early.
///
/// Of requests that last d and break at rate λ, (e^{λd} − 1) break for each that is answered, after (e^{λd} − 1 − λd)/λ seconds in all
/// (renewal of tries until one lasts; Horvitz and Thompson 1952 weigh the answers so). λ is that which the failures then have. Beside it
/// the standard error, of a ratio of two sums (Cochran 1977, §2.11).
pub(super) fn typical(log: &Log) -> (f64, f64) {
    let durations = durations(log);
    let sum: f64 = durations.iter().sum();
    let mut typical = sum / durations.len().max(1) as f64;
    let mut error = 0.0;
    for _ in 0..ROUNDS {
        let (1.., exposed @ 0.0..) = exposure(log, typical) else { break };
        let failures = log.requests.iter().filter(|r| r.outcome.breaks()).count() as f64;
        let rate = failures / exposed;
        let of = |d: &f64| {
            let x = (rate * d).min(WEIGHT_MAX);
            (libm::expm1(x), 2.0 * (libm::expm1(x) - x) / rate)
        };
        let (broken, after) = durations.iter().map(of).fold((0.0, 0.0), |sum, (b, a)| (sum.0 + b, sum.1 + a));
        typical = after / broken;
        let off = |(b, a): (f64, f64)| (a - typical * b) * (a - typical * b);
        error = libm::sqrt(durations.iter().map(of).map(off).sum::<f64>()) / broken;
    }
    (typical, error)
}

/// Failures and the time exposed to them.
///
/// A request that is answered, refused or given up was exposed while it lasted and did not fail. One that was cut failed at its end. One
/// that timed out failed at some unknown instant: half of what such a request takes (`typical`), and not the time that it then waited; so
/// did one of which the log does not say how long it took.
/// One that was cut at once had not begun.
pub(super) fn outages(log: &Log, typical: f64) -> Option<Outages> {
    let (failures, exposed) = exposure(log, typical);
    let outages = |rate| Outages { failures, exposed, rate, repair: None };
    // One outage would have broken all requests side by side: where none came, each second of a device counts once.
    let seen = if failures == 0 { under_way(log).min(exposed) } else { exposed };
    (exposed > 0.0).then(|| outages(rate(failures, bundles(log), seen)))
}

/// How long the devices had answers under way, times that several were counted once.
fn under_way(log: &Log) -> f64 {
    let mut until: BTreeMap<u32, f64> = BTreeMap::new();
    let mut sum = 0.0;
    for request in log.requests.iter().filter(|r| matches!(r.outcome, Outcome::Answered | Outcome::Refused)) {
        let until = until.entry(request.device).or_insert(f64::NEG_INFINITY);
        sum += (end(request) - request.start.max(*until)).max(0.0);
        *until = until.max(end(request));
    }
    sum
}

fn exposure(log: &Log, typical: f64) -> (u64, f64) {
    let (mut failures, mut exposed) = (0, 0.0);
    for request in &log.requests {
        match request.outcome {
            Outcome::Answered | Outcome::Refused => exposed += request.duration,
            Outcome::Cut | Outcome::TimedOut if !request.timed => {
                failures += 1;
                exposed += typical / 2.0;
            }
            Outcome::Cut if request.duration > 0.0 => {
                failures += 1;
                exposed += request.duration;
            }
            Outcome::TimedOut => {
                failures += 1;
                exposed += request.duration.min(typical) / 2.0;
            }
            Outcome::Cut | Outcome::NotSent => {}
        }
    }
    (failures, exposed)
}

/// Between what a repair lasted, in seconds: the link was down when the last try failed before it had begun, and not when the next began
/// that got through. Where no try failed both are the latter: what of it is the app's own pause nobody knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Repair {
    pub(super) least: f64,
    pub(super) most: f64,
    /// How long the app had waited before, for an answer that could not come any more: to the app that is part of the outage. When in that
    /// time the link was back nobody knows.
    pub(super) waited: f64,
}

impl Repair {
    /// The middle, as the app sees it.
    pub(super) fn likely(self) -> f64 {
        self.waited + (self.least + self.most) / 2.0
    }

    /// What is sure: of an outage that nobody tried in, nothing if its end may have passed while the app waited.
    fn surely(self) -> f64 {
        if self.waited > 0.0 && self.least == self.most { 0.0 } else { self.least }
    }
}

/// A failure since which nothing got through.
struct Down {
    since: f64,
    waited: f64,
    /// When a try failed last before it had begun.
    tried: Option<f64>,
    /// Whether the log says how long the request took that failed.
    timed: bool,
}

impl Down {
    fn until(&self, start: f64) -> Repair {
        // Of an end that is a mean some come too late: cut off at nothing, the others would be too many.
        let floor = if self.timed { 0.0 } else { f64::NEG_INFINITY };
        let most = (start - self.since).max(floor);
        let least = self.tried.map_or(most, |tried| (tried - self.since).max(floor).min(most));
        Repair { least, most, waited: self.waited }
    }
}

/// The time from the end of a failure to the start of the device's next request that gets through: one that is answered, or is cut when
/// it was well under way, and so begins a repair of its own. What times out or is not sent may have met the same failure, and so may what
/// is refused meanwhile: what refuses it gives no answer.
/// Of a failure without a duration the request took half of what such a request takes (`typical`), and was under way: it counts as a
/// failure of its own in their rate. What the app gave up after a time of its own broke before, in the middle of what such a request
/// takes.
pub(super) fn repairs(log: &Log, typical: f64) -> Vec<Repair> {
    let end = |request: &Request| if request.timed { end(request) } else { request.start + typical / 2.0 };
    let sooner = sooner(&mut durations(log));
    let mut broken: BTreeMap<u32, Down> = BTreeMap::new();
    let mut repairs = Vec::new();
    for request in &log.requests {
        let under_way = !request.timed || request.duration > sooner;
        let gave_up = request.outcome == Outcome::TimedOut;
        let waited = if gave_up && request.timed { (request.duration - typical / 2.0).max(0.0) } else { 0.0 };
        let down = Down { since: end(request), waited, tried: None, timed: request.timed };
        match request.outcome {
            Outcome::Cut if under_way => {
                repairs.extend(broken.insert(request.device, down).map(|down| down.until(request.start)));
            }
            Outcome::TimedOut => {
                broken.entry(request.device).or_insert(down);
            }
            Outcome::Answered => {
                repairs.extend(broken.remove(&request.device).map(|down| down.until(request.start)));
            }
            Outcome::Cut => broken.entry(request.device).or_insert(down).tried = Some(request.start),
            Outcome::NotSent | Outcome::Refused => {
                if let Some(down) = broken.get_mut(&request.device) {
                    down.tried = Some(request.start);
                }
            }
        }
    }
    repairs.retain(|repair| repair.most <= REPAIR_MAX);
    repairs
}

/// The mean repair, with an interval from what they lasted at least to what they lasted at most. A share of `untimed` failures ended at
/// any time of a request that takes `typical`, with its standard error: that much more is open than with exponential times alone.
pub(super) fn repair(repairs: &[Repair], untimed: f64, (typical, error): (f64, f64)) -> Option<Estimate> {
    let mean = |of: fn(&Repair) -> f64| mean_time(&repairs.iter().map(of).collect::<Vec<_>>());
    let (likely, most) = (mean(|repair| repair.likely())?, mean(|repair| repair.waited + repair.most)?);
    let low = mean(|repair| repair.surely()).map_or(0.0, |least| least.low);
    let shared = untimed * error / 2.0;
    let off = untimed * typical * typical / 12.0 + repairs.len() as f64 * shared * shared;
    let wider = libm::sqrt(1.0 + off / (likely.value * likely.value));
    Some(Estimate {
        low: (likely.value - (likely.value - low) * wider).max(0.0),
        high: likely.value + (most.high - likely.value) * wider,
        ..likely
    })
}

/// Requests that are equal to another in all that the log tells, if they are more than a clock that is coarse would bring. Those of devices
/// that begin at one instant stand between each other.
pub(super) fn copies(log: &Log) -> Option<u64> {
    let answered = |request: &&Request| request.duration > 0.0 && request.rows > 0.0;
    let mut requests: Vec<&Request> = log.requests.iter().filter(answered).collect();
    let fields = |r: &Request| [r.start, r.rows, r.bytes, r.duration];
    requests.sort_by(|a, b| {
        let pairs = fields(a).into_iter().zip(fields(b));
        let order = |order: Ordering, (a, b): (f64, f64)| order.then(a.total_cmp(&b));
        pairs.fold(a.device.cmp(&b.device), order).then((a.outcome as u8).cmp(&(b.outcome as u8)))
    });
    let copies = requests.windows(2).filter(|pair| pair[0] == pair[1]).count();
    (copies as f64 > OVERLAPS_MAX * log.requests.len() as f64).then_some(copies as u64)
}

/// How many times as far apart, squared, failures lie as those of a Poisson process, whose times between them vary by as much as their
/// mean; `None` if that may be chance (the variance of n such times is known to √(8/n) of itself).
pub(super) fn bursts(log: &Log) -> Option<f64> {
    let (mut between, mut exposed) = (Vec::new(), 0.0);
    for request in log.requests.iter().filter(|r| r.outcome != Outcome::NotSent && r.timed) {
        exposed += request.duration;
        if matches!(request.outcome, Outcome::Cut | Outcome::TimedOut) && request.duration > 0.0 {
            between.push(std::mem::take(&mut exposed));
        }
    }
    let n = between.len() as f64;
    let mean = between.iter().sum::<f64>() / n;
    let variance = between.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    let times = variance / (mean * mean);
    (n >= BURSTS_MIN && times > 1.0 + 3.0 * libm::sqrt(8.0 / n)).then_some(times)
}

impl Order {
    pub(super) fn of(log: &Log) -> Order {
        let mut last: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        let (mut overlapping, mut tied) = (0_u32, 0_u32);
        let mut pauses = (0, 0.0);
        let mut ended = f64::MAX;
        for request in &log.requests {
            if let Some((started, until)) = last.get(&request.device) {
                tied += u32::from(request.start == *started);
                overlapping += u32::from(request.start + log.step.max(1e-3) < *until);
            }
            if request.start - ended > REPAIR_MAX {
                pauses = (pauses.0 + 1, f64::max(pauses.1, request.start - ended));
            }
            ended = if ended == f64::MAX { end(request) } else { ended.max(end(request)) };
            last.insert(request.device, (request.start, end(request)));
        }
        let all = log.requests.len() as f64;
        Order { overlapping: f64::from(overlapping) / all, tied: f64::from(tied) / all, pauses }
    }

    /// Whether one request of a device follows the other, as far as a coarse clock shows it: within a step of it nothing overlaps.
    pub(super) fn in_turn(self) -> bool {
        self.overlapping <= OVERLAPS_MAX
    }
}

pub(super) fn end(request: &Request) -> f64 {
    request.start + request.duration
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(requests: &[(f64, u32, f64, Outcome)]) -> Log {
        let request = |(start, device, duration, outcome): &(f64, u32, f64, Outcome)| Request {
            start: *start,
            device: *device,
            rows: 1.0,
            bytes: 1.0,
            duration: *duration,
            timed: true,
            outcome: *outcome,
            vague: false,
        };
        let requests = requests.iter().map(request).collect();
        Log { requests, devices: None, has_bytes: true, shuffled: false, step: 0.0 }
    }

    #[test]
    fn the_interval_of_a_rate_is_the_exact_one() {
        // Garwood's bounds for ten events: 4.795 and 18.39; for none, a one-sided 95 %: 2.996.
        let Rate::Known(ten) = rate(10, 10.0, 2.0) else { panic!("there were failures") };
        assert!((ten.value - 5.0).abs() < 1e-12, "{ten:?}");
        assert!((ten.low - 4.795 / 2.0).abs() < 1e-3 && (ten.high - 18.390 / 2.0).abs() < 1e-3, "{ten:?}");
        let Rate::AtMost(none) = rate(0, 0.0, 100.0) else { panic!("there was no failure") };
        assert!((none - 0.02996).abs() < 1e-5, "{none}");
        let Rate::Known(bundled) = rate(30, 10.0, 2.0) else { panic!("there were failures") };
        assert!((bundled.value - 15.0).abs() < 1e-12 && (bundled.low - 3.0 * ten.low).abs() < 1e-12);
    }

    #[test]
    fn what_one_outage_breaks_at_once_is_one_event() {
        let cut = |start, device| (start, device, 10.0 - start, Outcome::Cut);
        // Three side by side at 10 s, one of another device, and three that break alone.
        let alone = [20.0, 30.0, 40.0].map(|start| (start, 0, 1.0, Outcome::Cut));
        let side_by_side = [cut(8.0, 0), cut(8.5, 0), cut(9.0, 0), cut(9.5, 1)];
        let all: Vec<_> = side_by_side.into_iter().chain(alone).collect();
        assert_eq!(bundles(&log(&all)), 49.0 / 13.0, "of sizes 3, 1, 1, 1, 1");
        assert_eq!(bundles(&log(&alone)), 3.0, "in turn each is its own");
        let timeouts = [20.0, 30.0, 40.0].map(|start| (start, 0, 0.0, Outcome::TimedOut));
        assert_eq!(bundles(&log(&timeouts)), 3.0, "they fail whatever their durations");
    }

    #[test]
    fn exposure_is_time_under_way_and_a_timeout_counts_half_a_transfer() {
        let log = log(&[
            (0.0, 0, 2.0, Outcome::Answered),
            (3.0, 0, 1.0, Outcome::Cut),
            (5.0, 0, 30.0, Outcome::TimedOut),
            (50.0, 0, 0.5, Outcome::Refused),
            (51.0, 0, 0.0, Outcome::Cut),
            (52.0, 0, 9.0, Outcome::NotSent),
        ]);
        let outages = outages(&log, 1.6).unwrap();
        assert_eq!((outages.failures, outages.exposed), (2, 2.0 + 1.0 + 0.8 + 0.5));
    }

    #[test]
    fn a_failure_without_a_duration_counts_half_a_transfer() {
        let mut log = log(&[(0.0, 0, 2.0, Outcome::Answered), (3.0, 0, 0.0, Outcome::Cut)]);
        log.requests[1].timed = false;
        let outages = outages(&log, 2.0).unwrap();
        assert_eq!((outages.failures, outages.exposed), (1, 3.0));
    }

    #[test]
    fn a_repair_lasts_until_a_request_of_the_same_device_gets_through() {
        let log = log(&[
            (0.0, 0, 1.0, Outcome::Cut),
            (2.0, 1, 1.0, Outcome::Answered),
            (4.0, 0, 0.01, Outcome::Cut),
            (5.5, 0, 0.0, Outcome::NotSent),
            (6.0, 0, 1.0, Outcome::TimedOut),
            (9.0, 0, 1.0, Outcome::Answered),
            (10.0, 1, 5.0, Outcome::TimedOut),
            (20_000.0, 1, 1.0, Outcome::Answered),
        ]);
        // A try failed at 5.5 s.
        let known = Repair { least: 4.5, most: 8.0, waited: 0.0 };
        assert_eq!(repairs(&log, 1.0), [known], "and a pause of hours is none");
        assert_eq!(known.likely(), 6.25);
        let order = Order::of(&log);
        assert!(order.in_turn(), "{order:?}");
        assert_eq!(order.pauses, (1, 20_000.0 - 15.0));
    }

    #[test]
    fn a_request_that_is_cut_under_way_ends_a_repair_and_begins_one() {
        let log = log(&[
            (0.0, 0, 1.0, Outcome::Answered),
            (1.0, 0, 1.0, Outcome::Cut),
            (4.0, 0, 2.0, Outcome::Cut),
            (9.0, 0, 1.0, Outcome::Answered),
        ]);
        assert_eq!(repairs(&log, 1.0), [2.0, 3.0].map(|most| Repair { least: most, most, waited: 0.0 }));
    }

    #[test]
    fn requests_that_break_are_the_longer_ones() {
        let answers =
            (0..100).map(|n| (f64::from(n) * 10.0, 0, if n % 2 == 0 { 1.0 } else { 3.0 }, Outcome::Answered));
        let mut log = log(&answers.chain([(2_000.0, 0, 0.0, Outcome::Cut)]).collect::<Vec<_>>());
        log.requests[100].timed = false;
        // Of one that lasts three times as long three times as many break: (1 + 9)/(1 + 3).
        let (typical, error) = typical(&log);
        assert!((typical - 2.5).abs() < 0.05 && (0.0..0.2).contains(&error), "{typical} ± {error}");
    }

    #[test]
    fn failures_in_bursts_are_told_from_those_at_random() {
        let failing = |fails: fn(u32) -> bool| {
            let outcome = |n| if fails(n) { Outcome::Cut } else { Outcome::Answered };
            log(&(0..600).map(|n| (f64::from(n) * 10.0, 0, 1.0, outcome(n))).collect::<Vec<_>>())
        };
        assert_eq!(bursts(&failing(|n| n % 20 == 3)), None);
        let told = bursts(&failing(|n| n % 150 < 20 && n % 2 == 0)).expect("bursts of ten");
        assert!(told > 4.0, "{told}");
        assert_eq!(bursts(&failing(|n| n < 9)), None, "too few to tell");
    }

    #[test]
    fn requests_side_by_side_are_seen() {
        let requests: Vec<_> =
            (0..100).map(|n| (f64::from(n), 0, if n < 5 { 1.5 } else { 0.5 }, Outcome::Answered)).collect();
        assert!(!Order::of(&log(&requests)).in_turn());
        let tied: Vec<_> = (0..10).map(|n| (f64::from(n / 2), 0, 0.0, Outcome::Answered)).collect();
        assert_eq!(Order::of(&log(&tied)).tied, 0.5);
    }
}
