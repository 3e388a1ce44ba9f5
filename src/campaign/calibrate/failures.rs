//! How often transfers fail, and how long it takes to recover.
//!
//! Failures over exposure: a response is a time without a failure (maximum likelihood for a Poisson
//! process with censoring). What counts:
//!
//! - only requests that begin right after a response, while the link is known to be up: what
//!   follows a failure or a pause may be a try on a dead link;
//! - of each only what lies beyond a tenth of the quickest responses: what ends before had not
//!   begun;
//! - a timeout is censored: the transfer failed before it at an unknown instant, or would have
//!   taken longer. It counts as a failure with the chance that it was one (the EM algorithm;
//!   Dempster, Laird, Rubin 1977).
//!
//! Links fail in bursts and devices differ: counts of units vary more than Poisson's law says, and
//! intervals are of as many failures as would vary as much (quasi-Poisson; McCullagh and Nelder
//! 1989, §4.5).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::bootstrap::gamma;
use super::fit::{Fit, longer, says};
use super::request::{Log, Outcome, Request};
use crate::base::Stream;
use crate::render::calibrate::{Estimate, Rate};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// What ends before this share of the quickest responses had not begun.
const SOONER: f64 = 0.1;
/// The share of the responses that are the quickest: a few may come from a cache.
const QUICKEST: f64 = 0.02;
/// A request begins right after a response within this share of a usual duration.
const PROMPT: f64 = 1.0;
/// Unless hardly any does.
const PROMPT_MIN: f64 = 0.1;
/// Rounds of the EM algorithm.
const ROUNDS: usize = 60;
/// After so many seconds without a response nobody was trying.
const REPAIR_MAX: f64 = 3_600.0;
const REPAIRS_MIN: usize = 3;

/// How a request stands to the last one of its device that had ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Before {
    /// Seconds since that ended; `None` for the first.
    pub(super) idle: Option<f64>,
    /// Whether that failed or was not sent.
    pub(super) down: bool,
    /// Whether another of the device is under way.
    pub(super) overlaps: bool,
}

/// What precedes each request of a log.
pub(super) fn before(log: &Log) -> Vec<Before> {
    let nanos = |seconds: f64| libm::round(seconds * 1e9) as i64;
    // Starts of whole seconds are up to one too early.
    let whole = log.requests.iter().all(|r| r.start == libm::floor(r.start));
    let early = nanos(if whole { 1.0 } else { 1e-3 });
    #[derive(Clone, Default)]
    struct Device {
        last: Option<(i64, bool)>,
        open: BinaryHeap<Reverse<(i64, bool)>>,
    }
    let mut devices = vec![Device::default(); log.devices.unwrap_or(1).max(1) as usize];
    let of = |r: &Request| {
        let Device { last, open } = &mut devices[r.device as usize];
        let now = nanos(r.start);
        while let Some(Reverse(ended)) = open.peek().filter(|ended| ended.0.0 <= now + early) {
            *last = Some(*ended);
            open.pop();
        }
        let overlaps = !open.is_empty();
        open.push(Reverse((nanos(r.end()), r.fails() || r.outcome == Outcome::NotSent)));
        let idle = last.map(|(end, _)| (now - end).max(0) as f64 / 1e9);
        Before { idle, down: last.is_some_and(|(_, down)| down), overlaps }
    };
    log.requests.iter().map(of).collect()
}

/// Events and the seconds that were exposed to them, by unit.
#[derive(Clone, Debug, Default, PartialEq)]
struct Process {
    events: Vec<f64>,
    exposed: Vec<f64>,
}

impl Process {
    fn of(units: usize) -> Process {
        Process { events: vec![0.0; units], exposed: vec![0.0; units] }
    }

    fn add(&mut self, unit: usize, event: f64, exposed: f64) {
        self.events[unit] += event;
        self.exposed[unit] += exposed;
    }

    fn events(&self) -> f64 {
        self.events.iter().sum()
    }

    fn exposed(&self) -> f64 {
        self.exposed.iter().sum()
    }

    fn rate(&self) -> f64 {
        if self.exposed() > 0.0 { self.events() / self.exposed() } else { 0.0 }
    }

    fn draw(&self, spread: f64, stream: &mut Stream) -> f64 {
        let shape = self.events() / spread;
        match shape > 0.0 {
            true => gamma(shape + 0.5, stream) * spread / self.exposed(),
            false => 0.0,
        }
    }
}

/// What a log says of failures: those that are seen as they happen, and those that a timeout ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failures {
    cuts: Process,
    silent: Process,
    /// How many times Poisson's variance the counts of units have.
    spread: f64,
    /// Of each request the chance that it is a failure that counts.
    pub(super) events: Vec<f64>,
    /// Whether hardly any request began right after a response, so that all count.
    pub(super) idle: bool,
    /// Seconds that a request that fails would have taken.
    pub(super) typical: f64,
}

impl Failures {
    pub(super) fn failures(&self) -> f64 {
        self.cuts.events() + self.silent.events()
    }

    pub(super) fn exposed(&self) -> f64 {
        self.cuts.exposed()
    }

    pub(super) fn rate(&self) -> f64 {
        self.cuts.rate() + self.silent.rate()
    }

    /// A rate as it might be: gamma laws about Jeffreys' prior.
    pub(super) fn draw(&self, stream: &mut Stream) -> f64 {
        self.cuts.draw(self.spread, stream) + self.silent.draw(self.spread, stream)
    }

    /// The rate with its interval from `draws`; without a failure, the bound that holds with 95 %.
    pub(super) fn known(&self, draws: &[f64]) -> Rate {
        let value = self.rate();
        if value <= 0.0 {
            return Rate::AtMost(-libm::log(0.05) / self.exposed());
        }
        let mut draws = draws.to_vec();
        draws.sort_by(f64::total_cmp);
        let at = |share: f64| draws[((draws.len() - 1) as f64 * share).round() as usize];
        Rate::Known(Estimate { value, low: at(0.025).min(value), high: at(0.975).max(value) })
    }
}

/// A request of the log as a trial: how long it was exposed, and whether it failed.
struct Trial {
    unit: usize,
    exposed: f64,
    event: bool,
    /// Of a timeout: what the response would have taken, and its limit.
    silent: Option<(f64, f64)>,
    /// Seconds since the last response.
    since: f64,
}

/// Counts failures and exposure; of a log whose responses follow `fit`, if that is known already.
pub(super) fn count(log: &Log, before: &[Before], units: (&[usize], usize), fit: Option<&Fit>) -> Failures {
    let mut took: Vec<f64> =
        log.requests.iter().filter(|r| r.outcome == Outcome::Answered).map(Request::took).collect();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
    let (sooner, usual) = (SOONER * at(QUICKEST), at(0.5));
    let sum = |of: fn(&f64) -> f64| took.iter().map(of).sum::<f64>();
    // Longer ones fail more often.
    let typical = sum(|t| t * t) / sum(|t| *t).max(1e-12);
    let prompt = |n: usize| before[n].idle.is_some_and(|idle| idle <= PROMPT * usual);
    let first = || (0..log.requests.len()).filter(|n| !before[*n].down);
    let idle = first().filter(|n| prompt(*n)).count() as f64 <= PROMPT_MIN * first().count() as f64;
    let trial = |n: usize| {
        let r = &log.requests[n];
        // The link may have gone down since the last response.
        let since = if idle { 0.0 } else { before[n].idle.unwrap_or_default() };
        let would = || match fit {
            Some(fit) if r.rows > 0.0 => says(&fit.line, r.rows, r.bytes),
            _ => typical,
        };
        let (exposed, silent) = match r.outcome {
            Outcome::Answered | Outcome::Refused => (r.took() - sooner, None),
            Outcome::Cut => (r.duration.map_or(typical / 2.0, |took| took - sooner), None),
            Outcome::TimedOut => {
                let limit = r.duration.unwrap_or(1e9);
                (would().min(limit) / 2.0, Some((would(), limit)))
            }
            Outcome::NotSent => (0.0, None),
        };
        let event = r.outcome == Outcome::Cut;
        (exposed > 0.0).then_some((n, Trial { unit: units.0[n], exposed, event, silent, since }))
    };
    let trials: Vec<(usize, Trial)> = first().filter(|n| idle || prompt(*n)).filter_map(trial).collect();
    let mut cuts = Process::of(units.1);
    for (_, trial) in &trials {
        cuts.add(trial.unit, f64::from(u8::from(trial.event)), trial.exposed);
    }
    let silent = silent(&trials, units.1, fit.map_or(0.0, |fit| fit.noise));
    let spread = spread(&[&cuts, &silent.0]);
    let mut events = vec![0.0; log.requests.len()];
    for ((n, trial), failed) in trials.iter().zip(&silent.1) {
        events[*n] = if trial.event { 1.0 } else { *failed };
    }
    Failures { cuts, silent: silent.0, spread, events, idle, typical }
}

/// The failures that only a timeout shows, and the chance of each trial that it was one: a timeout
/// is a failure, or a slow response.
fn silent(trials: &[(usize, Trial)], units: usize, noise: f64) -> (Process, Vec<f64>) {
    let mut failed: Vec<f64> =
        trials.iter().map(|(_, trial)| f64::from(u8::from(trial.silent.is_some()))).collect();
    for round in 0.. {
        let mut process = Process::of(units);
        for ((_, trial), failed) in trials.iter().zip(&failed) {
            let limit = trial.silent.map_or(trial.exposed, |(_, limit)| limit.min(1e6));
            let all = failed * trial.exposed + (1.0 - failed) * limit + trial.since;
            process.add(trial.unit, *failed, all);
        }
        if round == ROUNDS || noise == 0.0 || process.events() == 0.0 {
            return (process, failed);
        }
        let rate = process.rate();
        for ((_, trial), failed) in trials.iter().zip(&mut failed) {
            let Some((would, limit)) = trial.silent else { continue };
            let fails = -libm::expm1(-rate * would.min(limit));
            let slow = (1.0 - fails) * longer(noise, limit / would.max(1e-9));
            *failed = if fails + slow > 0.0 { fails / (fails + slow) } else { 1.0 };
        }
    }
    unreachable!("rounds end")
}

/// How many times Poisson's variance counts have, at least once.
fn spread(processes: &[&Process; 2]) -> f64 {
    let units =
        (0..processes[0].events.len()).filter(|unit| processes.iter().any(|p| p.exposed[*unit] > 0.0));
    let (mut squares, mut n) = (0.0, 0.0);
    for unit in units {
        let off: f64 = processes.iter().map(|p| p.events[unit] - p.rate() * p.exposed[unit]).sum();
        squares += off * off;
        n += 1.0;
    }
    let events: f64 = processes.iter().map(|p| p.events()).sum();
    if events > 0.0 && n > 1.0 { (squares * n / (n - 1.0) / events).max(1.0) } else { 1.0 }
}

/// The mean time from a failure to the start of the device's next request that gets through.
///
/// The link was down when the last try failed, and up when the next one got through: the estimate
/// is the middle, the interval that of exponential times (Epstein and Sobel 1953) from the shorter
/// ones to the longer ones. Of a timeout the link was silent for longer: since half of what the
/// request would have taken.
pub(super) fn repair(log: &Log, before: &[Before], counted: &Failures) -> Option<Estimate> {
    let typical = counted.typical;
    struct Down {
        since: f64,
        waited: f64,
        tried: Option<f64>,
    }
    let mut down: Vec<Option<Down>> = Vec::new();
    down.resize_with(log.devices.unwrap_or(1).max(1) as usize, || None);
    let mut found: Vec<[f64; 3]> = Vec::new();
    for (n, r) in log.requests.iter().enumerate() {
        let open = &mut down[r.device as usize];
        let end = r.duration.map_or(r.start + typical / 2.0, |took| r.start + took);
        match (r.outcome, open.as_mut()) {
            (Outcome::Answered, Some(Down { since, waited, tried })) => {
                let most = (r.start - *since).max(0.0);
                let least = tried.map_or(0.0, |tried| (tried - *since).clamp(0.0, most));
                let middle = if tried.is_some() { (least + most) / 2.0 } else { most };
                found.push([least, *waited + middle, *waited + most]);
                *open = None;
            }
            (Outcome::Cut | Outcome::TimedOut, None) if !before[n].overlaps && counted.events[n] > 0.5 => {
                let timed_out = r.outcome == Outcome::TimedOut;
                let waited = r.duration.filter(|_| timed_out).map_or(0.0, |d| d - typical / 2.0);
                *open = Some(Down { since: end, waited: waited.max(0.0), tried: None });
            }
            (_, None) => {}
            (_, Some(down)) => down.tried = Some(r.start),
        }
    }
    found.retain(|times| times[2] <= REPAIR_MAX);
    let sum = |i: usize| found.iter().map(|times| times[i]).sum::<f64>();
    let twice = 2.0 * found.len() as f64;
    let law = ChiSquared::new(twice).ok().filter(|_| found.len() >= REPAIRS_MIN && sum(1) > 0.0)?;
    // Where no try failed nobody knows how much of it is the app's own pause.
    let least = if sum(0) > 0.0 { sum(0) } else { sum(1) };
    let bound = |sum: f64, share: f64| 2.0 * sum / law.inverse_cdf(share);
    let value = sum(1) / found.len() as f64;
    Some(Estimate { value, low: bound(least, 0.975).min(value), high: bound(sum(2), 0.025).max(value) })
}
