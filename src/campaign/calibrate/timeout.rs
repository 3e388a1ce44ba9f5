//! Times after which failures ended, as an app's timeout ends them.

use super::log::Request;

/// Those of one timer end within this share (estimate).
pub(super) const JITTER: f64 = 0.001;
/// So many end alike by accident, where no word says that a timeout ended them.
pub(super) const ACCIDENT: usize = 2;
/// A smaller share of the failures moves their rate by little (estimate).
pub(super) const SHARE_MIN: f64 = 0.03;
/// A log holds so many timeouts at most.
pub(super) const TIMEOUTS_MAX: usize = 4;
/// A timeout beside another ended so many (estimate).
pub(super) const BESIDE_MIN: usize = 6;

/// A time after which failures ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timeout {
    pub(super) requests: usize,
    /// The shortest of them, in seconds.
    pub(super) after: f64,
    /// The others took less than this.
    pub(super) until: f64,
}

impl Timeout {
    /// Those of failures, in the order of what they took, of which more lie within a `share` of
    /// each other than of any others.
    pub(super) fn of_most(times: &[f64], share: f64) -> Option<Timeout> {
        let until = |time: f64| times.partition_point(|other| *other < time);
        let alike = |from: usize| until(times[from] * (1.0 + share)) - from;
        let first = (0..times.len()).max_by_key(|from| alike(*from))?;
        // A few just before are there by accident, and answers that take longer than those are none
        // of a longer timeout.
        let most = alike(first);
        let accidents = ACCIDENT.min(most / 10);
        let latest = (first..first + most).rfind(|from| alike(*from) + accidents >= most)?;
        let from = until(times[latest] * (1.0 - JITTER)).max(first);
        let after = times[from];
        Some(Timeout { requests: alike(from), after, until: after * (1.0 + share) })
    }

    pub(super) fn takes(self, duration: f64) -> bool {
        (self.after..self.until).contains(&duration)
    }

    pub(super) fn has(self, request: &Request) -> bool {
        request.outcome.breaks() && request.timed && self.takes(request.duration)
    }
}

pub(super) fn failed(request: &Request) -> bool {
    request.outcome.breaks() && request.timed && request.duration > 0.0
}
