//! How often transfers fail, and how long it takes to recover: failures over exposure (maximum
//! likelihood for a Poisson process with censoring). Counts of units vary more than Poisson's law
//! says: intervals are of as many failures as would vary as much (quasi-Poisson; McCullagh and
//! Nelder 1989, §4.5).

use super::log::{Log, Outcome, Request};
use crate::base::Stream;
use crate::render::calibrate::Estimate;
use statrs::distribution::{ChiSquared, ContinuousCDF};

const REPAIR_MAX: f64 = 3_600.0;
const REPAIRS_MIN: usize = 3;
pub(super) const DEVICES_MIN: u64 = 10;
/// Fewer devices say nothing of how devices differ; blocks of time stand for them.
const UNITS_MIN: u64 = 4;
const BLOCKS: usize = 12;
/// Unless so few requests begin within a usual duration of a response.
const PROMPT_MIN: f64 = 0.25;
/// What ends before this share of the quickest responses had not begun.
const SOONER: f64 = 0.1;
/// The share of the responses that are the quickest: a few may come from a cache.
const QUICKEST: f64 = 0.02;

/// What precedes requests. Of failures those tell that begin right after a response of their
/// device: before any other the link may be down already. Of costs all but the first after a pause.
pub(super) struct Follows {
    /// Of each request that tells of failures the seconds since that response.
    pub(super) since: Vec<Option<f64>>,
    pub(super) paused: Vec<bool>,
    /// Hardly any begins right after a response, so all count that follow no failure.
    pub(super) apart: bool,
    /// Seconds that a request that fails would have taken.
    pub(super) typical: f64,
    pub(super) sooner: f64,
    /// Of each request what is resampled as a whole: its device or, of few, a block of time.
    pub(super) unit: Vec<usize>,
    pub(super) units: usize,
}

impl Follows {
    pub(super) fn of(log: &Log) -> Follows {
        let mut took: Vec<f64> = log.answers().map(Request::took).collect();
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
        let sum = |of: fn(&f64) -> f64| took.iter().map(of).sum::<f64>();
        // Seconds since the request before of the same device, and whether that found the link up.
        let mut last = log.of_devices(None);
        let before = log.requests.iter().map(|r| {
            let up = matches!(r.outcome, Outcome::Answered | Outcome::Refused);
            let last = last[r.device as usize].replace((r.start + r.took(), up));
            last.map(|(end, up)| ((r.start - end).max(0.0), up))
        });
        let before: Vec<Option<(f64, bool)>> = before.collect();
        // After a failure or what was not sent nothing counts.
        let up = || before.iter().flatten().filter(|(_, up)| *up);
        let usual = at(0.5);
        let prompt = up().filter(|(idle, _)| *idle <= usual).count() as f64;
        let apart = prompt <= PROMPT_MIN * up().count() as f64;
        let since = |before: &Option<(f64, bool)>| match before {
            Some((_, false)) => None,
            _ if apart => Some(0.0),
            before => before.map(|(idle, _)| idle).filter(|idle| *idle <= usual),
        };
        // A try after a failed one has no connection either, if that had none.
        let mut fresh = log.of_devices(true);
        let paused = |(before, r): (&Option<(f64, bool)>, &Request)| {
            let fresh = &mut fresh[r.device as usize];
            *fresh = before.is_none_or(|(idle, up)| if up { idle > usual } else { *fresh });
            *fresh && !apart
        };
        let all = log.requests.len();
        let (unit, units) = match log.devices.filter(|devices| *devices >= UNITS_MIN) {
            Some(devices) => (log.requests.iter().map(|r| r.device as usize).collect(), devices as usize),
            None => ((0..all).map(|n| n * BLOCKS / all).collect(), BLOCKS),
        };
        Follows {
            unit,
            units,
            since: before.iter().map(since).collect(),
            paused: before.iter().zip(&log.requests).map(paused).collect(),
            apart,
            // Longer ones fail more often.
            typical: sum(|t| t * t) / sum(|t| *t).max(1e-12),
            sooner: SOONER * at(QUICKEST),
        }
    }
}

pub(super) struct Failures {
    events: Vec<f64>,
    exposed: Vec<f64>,
    failed: Vec<bool>,
}

impl Failures {
    pub(super) fn events(&self) -> f64 {
        self.events.iter().sum()
    }
    pub(super) fn exposed(&self) -> f64 {
        self.exposed.iter().sum()
    }
    pub(super) fn rate(&self) -> f64 {
        if self.exposed() > 0.0 { self.events() / self.exposed() } else { 0.0 }
    }
    /// Seconds of exposure between failures; of none seen the bound that holds with 95 %.
    pub(super) fn between(&self) -> Estimate {
        let spread = self.spread();
        match ChiSquared::new(2.0 * self.events() / spread + 1.0) {
            Ok(law) if self.rate() > 0.0 => {
                let at = |share: f64| 2.0 * self.exposed() / (spread * law.inverse_cdf(share));
                Estimate { value: 1.0 / self.rate(), low: at(0.975), high: at(0.025) }
            }
            _ => Estimate::at_least(self.exposed() / -libm::log(0.05)),
        }
    }

    /// A rate as it might be: a gamma law about Jeffreys' prior.
    pub(super) fn draw(&self, stream: &mut Stream) -> f64 {
        let spread = self.spread();
        let shape = self.events() / spread;
        if shape > 0.0 { gamma(shape + 0.5, stream) * spread / self.exposed() } else { 0.0 }
    }
    /// How many times Poisson's variance counts have, at least once.
    fn spread(&self) -> f64 {
        let units = || self.events.iter().zip(&self.exposed).filter(|(_, exposed)| **exposed > 0.0);
        let off = |(events, exposed): (&f64, &f64)| events - self.rate() * exposed;
        let squares: f64 = units().map(off).map(|off| off * off).sum();
        let n = units().count() as f64;
        if self.events() > 0.0 && n > 1.0 { (squares * n / (n - 1.0) / self.events()).max(1.0) } else { 1.0 }
    }
}

/// Counts failures and exposure; requests that timed out and are `slow` did not fail.
pub(super) fn count(log: &Log, follows: &Follows, slow: &[bool]) -> Failures {
    let none = || vec![0.0; follows.units];
    let mut found = Failures { events: none(), exposed: none(), failed: vec![false; log.requests.len()] };
    let (mut idle, mut silent) = (none(), 0.0);
    for (n, r) in log.requests.iter().enumerate() {
        let Some(since) = follows.since[n] else { continue };
        let exposed = match r.outcome {
            Outcome::Answered | Outcome::Refused => r.took() - follows.sooner,
            Outcome::Cut => r.duration.map_or(follows.typical / 2.0, |took| took - follows.sooner),
            Outcome::TimedOut if slow[n] => r.duration.unwrap_or(follows.typical) - follows.sooner,
            Outcome::TimedOut => follows.typical.min(r.duration.unwrap_or(f64::INFINITY)) / 2.0,
            Outcome::NotSent => continue,
        };
        if exposed > 0.0 {
            let unit = follows.unit[n];
            found.failed[n] = r.failed() && !slow[n];
            let failed = f64::from(u8::from(found.failed[n]));
            found.events[unit] += failed;
            found.exposed[unit] += exposed;
            idle[unit] += since;
            silent += if r.outcome == Outcome::TimedOut { failed } else { 0.0 };
        }
    }
    // Of a link that fails in silence nobody knows whether it did so before.
    let silent = silent / found.events().max(1.0);
    found.exposed.iter_mut().zip(idle).for_each(|(exposed, idle)| *exposed += silent * idle);
    found
}

/// A gamma variable of scale 1 (Wilson and Hilferty 1931).
pub(super) fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    let part = 1.0 / (9.0 * shape);
    let root = 1.0 - part + libm::sqrt(part) * stream.normal();
    shape * libm::pow(root.max(1e-3), 3.0)
}

/// The mean time from a failure to the device's next request that gets through: the middle between
/// the last try that failed and that one, with the interval of exponential times (Epstein and Sobel
/// 1953). Before a timeout the link was silent since half of what the request would have taken.
pub(super) fn repair(log: &Log, typical: f64, counted: &Failures) -> Option<Estimate> {
    // Of each device when it was found down, for how long it had been then, and the last try since.
    let mut down = log.of_devices(None::<(f64, f64, Option<f64>)>);
    let mut found: Vec<[f64; 3]> = Vec::new();
    for (r, failed) in log.requests.iter().zip(&counted.failed) {
        let open = &mut down[r.device as usize];
        match open {
            Some((since, waited, tried)) if r.answered() && r.start >= *since => {
                let most = r.start - *since;
                let least = tried.map_or(0.0, |tried| (tried - *since).clamp(0.0, most));
                let middle = if tried.is_some() { (least + most) / 2.0 } else { most };
                found.push([least, *waited + middle, *waited + most]);
                *open = None;
            }
            Some((_, _, tried)) => *tried = Some(r.start),
            None if *failed => {
                let end = r.start + r.duration.unwrap_or(typical / 2.0);
                let silent = r.duration.filter(|_| r.outcome == Outcome::TimedOut);
                *open = Some((end, silent.map_or(0.0, |took| (took - typical / 2.0).max(0.0)), None));
            }
            None => {}
        }
    }
    found.retain(|times| times[2] <= REPAIR_MAX);
    let [least, middle, most] = [0, 1, 2].map(|i| found.iter().map(|times| times[i]).sum::<f64>());
    let law = ChiSquared::new(2.0 * found.len() as f64).ok();
    let law = law.filter(|_| found.len() >= REPAIRS_MIN && middle > 0.0)?;
    // Where no try failed nobody knows how much of it is the app's own pause.
    let least = if least > 0.0 { least } else { middle };
    let bound = |sum: f64, share: f64| 2.0 * sum / law.inverse_cdf(share);
    let value = middle / found.len() as f64;
    Some(Estimate { value, low: bound(least, 0.975).min(value), high: bound(most, 0.025).max(value) })
}
