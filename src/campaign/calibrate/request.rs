//! The requests of a log.

use std::collections::BTreeSet;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A useful response came.
    Answered,
    /// The connection broke.
    Cut,
    /// No response in time.
    TimedOut,
    /// The server refused it, or the app gave it up: no failure of the link.
    Refused,
    /// It never left.
    NotSent,
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Request {
    /// Seconds since some beginning.
    pub(super) start: f64,
    pub(super) device: u32,
    /// Zero where the log does not tell, as it need not of a failure; so are bytes.
    pub(super) rows: f64,
    pub(super) bytes: f64,
    /// Seconds; `None` if the log does not tell, as it need not of a failure.
    pub(super) duration: Option<f64>,
    pub(super) outcome: Outcome,
    /// Its place among the lines that were read.
    pub(super) line: usize,
}

impl Request {
    pub(super) fn took(&self) -> f64 {
        self.duration.unwrap_or(0.0)
    }

    pub(super) fn answered(&self) -> bool {
        self.outcome == Outcome::Answered
    }
}

/// A column of few values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels {
    pub(super) column: String,
    /// The value of each line.
    pub(super) of: Vec<u8>,
}

/// A log.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Log {
    /// In the order of their starts.
    pub(super) requests: Vec<Request>,
    /// How many devices, if a column tells them apart.
    pub(super) devices: Option<u64>,
    pub(super) has_bytes: bool,
    /// Columns of few values beside those that are read.
    pub(super) labels: Vec<Labels>,
}

/// A request begins right after a response within this share of a usual duration.
const PROMPT: f64 = 1.0;
/// Unless fewer do.
const PROMPT_MIN: f64 = 0.25;
/// What ends before this share of the quickest responses had not begun.
const SOONER: f64 = 0.1;
/// The share of the responses that are the quickest: a few may come from a cache.
const QUICKEST: f64 = 0.02;

/// What precedes requests. Of failures those tell that begin right after a response of their
/// device: before any other the link may be down already. Of costs all tell but the first after a
/// pause, before which a connection is made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Follows {
    /// Of each request that tells of failures the seconds since that response.
    pub(super) since: Vec<Option<f64>>,
    /// Which begin after a pause.
    pub(super) paused: Vec<bool>,
    /// Hardly any begins right after a response, so all count that follow no failure.
    pub(super) apart: bool,
    /// The share of the requests that begin before an earlier one of their device has ended.
    pub(super) overlap: f64,
    /// Seconds that a request that fails would have taken.
    pub(super) typical: f64,
    /// What ends sooner had not begun.
    pub(super) sooner: f64,
}

impl Follows {
    pub(super) fn of(log: &Log) -> Follows {
        let answered = log.requests.iter().filter(|r| r.answered());
        let mut took: Vec<f64> = answered.map(Request::took).collect();
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
        let sum = |of: fn(&f64) -> f64| took.iter().map(of).sum::<f64>();
        let (before, overlaps) = before(log);
        // After a failure or what was not sent nothing counts.
        let up = || before.iter().flatten().filter(|(_, up)| *up);
        let usual = PROMPT * at(0.5);
        let prompt = up().filter(|(idle, _)| *idle <= usual).count() as f64;
        let apart = prompt <= PROMPT_MIN * up().count() as f64;
        let since = |before: &Option<(f64, bool)>| match before {
            None => apart.then_some(0.0),
            Some((_, false)) => None,
            Some(_) if apart => Some(0.0),
            Some((idle, true)) => Some(*idle).filter(|idle| *idle <= usual),
        };
        // A try after a failed one has no connection either, if that had none.
        let mut fresh = vec![true; log.devices.unwrap_or(1).max(1) as usize];
        let paused = |(before, r): (&Option<(f64, bool)>, &Request)| {
            let fresh = &mut fresh[r.device as usize];
            *fresh = before.is_none_or(|(idle, up)| if up { idle > usual } else { *fresh });
            *fresh && !apart
        };
        Follows {
            since: before.iter().map(since).collect(),
            paused: before.iter().zip(&log.requests).map(paused).collect(),
            apart,
            overlap: overlaps / f64::max(before.len() as f64, 1.0),
            // Longer ones fail more often.
            typical: sum(|t| t * t) / sum(|t| *t).max(1e-12),
            sooner: SOONER * at(QUICKEST),
        }
    }
}

/// Of each request the seconds since the last of its device that had ended, and whether that had
/// found the link up; how many overlap.
fn before(log: &Log) -> (Vec<Option<(f64, bool)>>, f64) {
    let nanos = |seconds: f64| libm::round(seconds * 1e9) as i64;
    // Starts of whole seconds are up to one too early.
    let whole = log.requests.iter().all(|r| r.start == libm::floor(r.start));
    let early = nanos(if whole { 1.0 } else { 1e-3 });
    let mut devices = vec![(None, BTreeSet::new()); log.devices.unwrap_or(1).max(1) as usize];
    let mut overlaps = 0.0;
    let of = |r: &Request| {
        let (last, open) = &mut devices[r.device as usize];
        let now = nanos(r.start);
        while let Some(ended) = open.first().copied().filter(|(end, _)| *end <= now + early) {
            *last = Some(ended);
            open.pop_first();
        }
        overlaps += f64::from(u8::from(!open.is_empty()));
        let up = matches!(r.outcome, Outcome::Answered | Outcome::Refused);
        open.insert((now + nanos(r.took()), up));
        last.map(|(end, up)| ((now - end).max(0) as f64 / 1e9, up))
    };
    (log.requests.iter().map(of).collect(), overlaps)
}
