//! Selects the requests of a log from which costs and failures are estimated.
//!
//! Only a request that begins right after a response to the same device counts. Before other
//! requests the link may already be down, or the device must connect first.
//!
//! The failure rate is the number of failures divided by the exposed time. In the exposed time, the
//! log would show a failure. This is the maximum likelihood estimate of a Poisson process. Counts
//! of devices vary more than a Poisson process does, so intervals are widened (quasi-Poisson;
//! McCullagh and Nelder 1989, §4.5).

use super::fit::Response;
use super::log::{Log, Outcome, Request};
use crate::base::Stream;
use crate::render::calibrate::Estimate;

/// With fewer devices, blocks of time replace devices as units, because few devices do not show how
/// much devices differ.
const UNITS_MIN: u64 = 4;
const BLOCKS: usize = 12;
/// If at most 1 of this many requests begins right after a response, the requests are `apart`.
const PROMPT: usize = 4;

pub(super) struct Counted {
    pub(super) responses: Vec<Response>,
    pub(super) failures: Failures,
    /// True if hardly any request begins right after a response. Then all requests count, except
    /// those that follow a failure.
    pub(super) apart: bool,
}

impl Counted {
    pub(super) fn of(log: &Log) -> Counted {
        let mut took: Vec<f64> = log.answers().map(Request::took).collect();
        took.sort_by(f64::total_cmp);
        let usual = took.get(took.len() / 2).copied().unwrap_or_default();
        // Longer requests fail more often, so the mean weights each request by its duration.
        let typical = took.iter().map(|t| t * t).sum::<f64>() / took.iter().sum::<f64>().max(1e-12);
        // For each device, the end of its last request; `None` if that request shows that the link
        // was down.
        let mut ends = vec![None; log.devices.unwrap_or(1).max(1) as usize];
        let since = |r: &Request| {
            let up = matches!(r.outcome, Outcome::Answered | Outcome::Refused);
            let end = up.then_some(r.start + r.took());
            let before: Option<f64> = std::mem::replace(&mut ends[r.device as usize], end);
            before.map(|end| (r.start - end).max(0.0))
        };
        let since: Vec<Option<f64>> = log.requests.iter().map(since).collect();
        let prompt = since.iter().flatten().filter(|idle| **idle <= usual).count();
        let apart = PROMPT * prompt <= since.iter().flatten().count();
        let (units, all) = (log.devices.filter(|devices| *devices >= UNITS_MIN), log.requests.len());
        let none = || vec![0.0; units.map_or(BLOCKS, |devices| devices as usize)];
        let (mut responses, mut failures) = (Vec::new(), Failures { events: none(), exposed: none() });
        for (n, (r, since)) in log.requests.iter().zip(since).enumerate() {
            let Some(idle) = since.filter(|idle| apart || *idle <= usual) else { continue };
            let unit = units.map_or(n * BLOCKS / all, |_| r.device as usize);
            let idle = if apart { 0.0 } else { idle };
            // The link may have failed at any time since the response. A request that timed out
            // does not show when, so the middle of the time is used.
            failures.exposed[unit] += match r.outcome {
                Outcome::Answered | Outcome::Refused => idle + r.took(),
                Outcome::Cut => idle + r.duration.unwrap_or(typical / 2.0),
                Outcome::TimedOut => (idle + typical.min(r.duration.unwrap_or(typical))) / 2.0,
                Outcome::NotSent => continue,
            };
            failures.events[unit] += f64::from(u8::from(r.failed()));
            let response = Response { rows: r.rows, bytes: r.bytes, took: r.took(), unit };
            responses.extend((r.answered() && r.took() > 0.0).then_some(response));
        }
        Counted { responses, failures, apart }
    }
}

/// The number of failures and the exposed seconds, for each unit (a device or a block of time).
pub(super) struct Failures {
    events: Vec<f64>,
    exposed: Vec<f64>,
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
    /// A lower bound for the seconds between failures, if no failure occurred (Poisson, 95 %).
    pub(super) fn least(&self) -> Estimate {
        Estimate::at_least(self.exposed() / -libm::log(0.05))
    }
    /// Draws a failure rate from a gamma distribution with Jeffreys' prior.
    pub(super) fn draw(&self, stream: &mut Stream) -> f64 {
        let units = || self.events.iter().zip(&self.exposed).filter(|(_, exposed)| **exposed > 0.0);
        let (n, events) = (units().count() as f64, self.events());
        if events <= 0.0 {
            return 0.0;
        }
        let off = |(events, exposed): (&f64, &f64)| events - self.rate() * exposed;
        let squares: f64 = units().map(off).map(|off| off * off).sum();
        let spread = (squares * n / (n - 1.0).max(1.0) / events).max(1.0);
        gamma(events / spread + 0.5, stream) * spread / self.exposed()
    }
}

/// Draws a gamma variable of scale 1 (Wilson and Hilferty 1931).
pub(super) fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    let part = 1.0 / (9.0 * shape);
    let root = 1.0 - part + libm::sqrt(part) * stream.normal();
    shape * libm::pow(root.max(1e-3), 3.0)
}
