//! The requests of a log, and which of them tell of what.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    Cut,
    TimedOut,
    /// The server refused it, or the app gave it up: no failure of the link.
    Refused,
    NotSent,
}

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
}

impl Request {
    pub(super) fn took(&self) -> f64 {
        self.duration.unwrap_or(0.0)
    }
    pub(super) fn answered(&self) -> bool {
        self.outcome == Outcome::Answered
    }
    pub(super) fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Cut | Outcome::TimedOut)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Log {
    /// In the order of their starts.
    pub(super) requests: Vec<Request>,
    /// How many devices, if a column tells them apart.
    pub(super) devices: Option<u64>,
    pub(super) has_bytes: bool,
    /// Columns of few values beside those that are read, with the value of each request.
    pub(super) labels: Vec<(String, Vec<u8>)>,
}

impl Log {
    pub(super) fn of_devices<T: Clone>(&self, each: T) -> Vec<T> {
        vec![each; self.devices.unwrap_or(1).max(1) as usize]
    }
}

/// Unless so few requests begin within a usual duration of a response.
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
            None => apart.then_some(0.0),
            Some((_, false)) => None,
            Some(_) if apart => Some(0.0),
            Some((idle, true)) => Some(*idle).filter(|idle| *idle <= usual),
        };
        // A try after a failed one has no connection either, if that had none.
        let mut fresh = log.of_devices(true);
        let paused = |(before, r): (&Option<(f64, bool)>, &Request)| {
            let fresh = &mut fresh[r.device as usize];
            *fresh = before.is_none_or(|(idle, up)| if up { idle > usual } else { *fresh });
            *fresh && !apart
        };
        Follows {
            since: before.iter().map(since).collect(),
            paused: before.iter().zip(&log.requests).map(paused).collect(),
            apart,
            // Longer ones fail more often.
            typical: sum(|t| t * t) / sum(|t| *t).max(1e-12),
            sooner: SOONER * at(QUICKEST),
        }
    }
}
