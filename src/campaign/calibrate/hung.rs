//! Failures that all took one and the same time: an app's timeout ended them. A link that broke
//! unseen ends so, and a server that hangs.

use super::log::{Log, Outcome, Request};
use super::spike::{at_least, spikes};
use super::step::Step;
use super::timeout::{ACCIDENT, BESIDE_MIN, SHARE_MIN, TIMEOUTS_MAX, Timeout, failed};
use super::trouble::SURELY;

/// Timeouts of one client end within this share of each other (estimate).
const ALIKE: f64 = 0.05;
/// By a coarse clock, which tells no less: within a share of it durations are alike by its doing.
const ALIKE_BY_STEPS: f64 = 0.02;
/// Within fewer steps of the clock durations are alike by its doing (estimate).
const STEPS_MIN: f64 = 4.0;
/// The share of the answers that may take longer: a few have a timeout of their own.
pub(super) const LONGER_MAX: f64 = 0.02;
/// Failures that ended after one and the same time, or after some such times.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hung {
    /// In the order of their times.
    pub(super) timeouts: Vec<Timeout>,
    /// Of so many failures that say how long they took.
    pub(super) of: usize,
}

/// How many answers take longer, and their share.
pub(super) fn longer(log: &Log, after: f64) -> (u64, f64) {
    let answers = || log.requests.iter().filter(|r| r.outcome == Outcome::Answered);
    let longer = answers().filter(|answer| answer.duration > after).count();
    (longer as u64, longer as f64 / answers().count() as f64)
}

/// Failures of which a word says that the app gave up.
fn given_up(log: &Log) -> impl Iterator<Item = &Request> {
    log.requests.iter().filter(|r| failed(r) && r.outcome == Outcome::TimedOut)
}

/// Whether a word says it of one of them: one may then be enough.
fn by_word(log: &Log, timeout: Timeout) -> bool {
    given_up(log).any(|r| r.duration == timeout.after)
}

/// Those of which many failures are alike within a `share`, the shortest first.
fn alike(log: &Log, share: f64) -> Vec<Timeout> {
    let mut others: Vec<f64> = log.requests.iter().filter(|r| failed(r)).map(|r| r.duration).collect();
    others.sort_by(f64::total_cmp);
    let mut timeouts: Vec<Timeout> = Vec::new();
    while let Some(timeout) = Timeout::of_most(&others, share).filter(|_| timeouts.len() < TIMEOUTS_MAX) {
        let least = if timeouts.is_empty() || by_word(log, timeout) { 1 } else { BESIDE_MIN };
        // Of those that are left: to the rate of what breaks at random it does not matter how many
        // the others are.
        if timeout.requests < least || (timeout.requests as f64) < SHARE_MIN * others.len() as f64 {
            break;
        }
        others.retain(|time| !timeout.takes(*time));
        timeouts.push(timeout);
    }
    timeouts.sort_by(|a, b| a.after.total_cmp(&b.after));
    timeouts
}

/// Those of a log, if they are more than chance has: transfers that break at random end at any
/// time, and those from half of that time on would be some ten times as many or more; or if they
/// are `spikes`. Where durations are told in steps of `step`, all of the first ones are alike.
pub(super) fn hung(log: &Log, step: Option<Step>) -> Option<Hung> {
    let of = log.requests.iter().filter(|r| failed(r)).count();
    let mut timeouts: Vec<Timeout> = Vec::new();
    for timeout in alike(log, if step.is_some() { ALIKE_BY_STEPS } else { ALIKE }) {
        let by_word = by_word(log, timeout);
        let earlier = |r: &&Request| {
            // What goes by another word than most of these ended otherwise.
            let counts = !by_word || timeout.requests <= ACCIDENT || r.outcome == Outcome::TimedOut;
            let is_one = timeouts.iter().any(|shorter| shorter.has(r));
            counts && !is_one && (timeout.after / 2.0..timeout.after).contains(&r.duration)
        };
        let before = log.requests.iter().filter(|r| failed(r)).filter(earlier).count();
        let by_accident = if by_word { 0 } else { ACCIDENT };
        // Of those before each of few steps has many.
        let no_chance = |step: Step| {
            let each = before as f64 * 2.0 * step.lasts / timeout.after;
            by_word || at_least(timeout.requests, each) < SURELY / of as f64
        };
        let apart = step.is_none_or(|step| timeout.after >= STEPS_MIN * step.lasts && no_chance(step));
        // Of some answers, not of all: as good as one of several.
        let enough = longer(log, timeout.after).1 <= LONGER_MAX || timeout.requests >= BESIDE_MIN;
        if timeout.requests > by_accident.max(before) && apart && enough {
            timeouts.push(timeout);
        }
    }
    if step.is_none() {
        timeouts.extend(spikes(log, &timeouts));
    }
    timeouts.truncate(TIMEOUTS_MAX);
    timeouts.sort_by(|a, b| a.after.total_cmp(&b.after));
    (!timeouts.is_empty()).then_some(Hung { timeouts, of })
}

impl Hung {
    pub(super) fn timeouts(&self) -> &[Timeout] {
        &self.timeouts
    }

    pub(super) fn has(&self, request: &Request) -> bool {
        self.timeouts.iter().any(|timeout| timeout.has(request))
    }

    /// A log as it is if they ended otherwise: `TimedOut` if the link broke unseen, at some time
    /// before the app gave up, and `Refused` if it did not and the server hung.
    pub(super) fn ended(&self, log: &Log, outcome: Outcome) -> Log {
        let mut log = log.clone();
        log.requests.iter_mut().filter(|request| self.has(request)).for_each(|r| r.outcome = outcome);
        log
    }
}
