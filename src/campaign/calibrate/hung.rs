//! Failures that all took one and the same time: an app's timeout ended them. A link that broke unseen ends so, and a server that hangs.

use super::clock::Step;
use super::log::{Log, Outcome, Request};
use super::reached::Reached;
use super::spike::{at_least, spikes};
use super::trouble::SURELY;
use crate::report::human;

/// Timeouts of one client end within this share of each other (estimate).
const ALIKE: f64 = 0.05;
/// By a coarse clock, which tells no less: within a share of it durations are alike by its doing.
const ALIKE_BY_STEPS: f64 = 0.02;
/// Those of one timer end within this share (estimate).
pub(super) const JITTER: f64 = 0.001;
/// So many end alike by accident, where no word says that a timeout ended them.
const ACCIDENT: usize = 2;
/// A smaller share of the failures moves their rate by little (estimate).
pub(super) const SHARE_MIN: f64 = 0.03;
/// Within fewer steps of the clock durations are alike by its doing (estimate).
const STEPS_MIN: f64 = 4.0;
/// The share of the answers that may take longer: a few have a timeout of their own.
pub(super) const LONGER_MAX: f64 = 0.02;
/// A log holds so many timeouts at most.
pub(super) const TIMEOUTS_MAX: usize = 4;
/// A timeout beside another ended so many (estimate).
pub(super) const BESIDE_MIN: usize = 6;

/// Failures that ended after one and the same time, or after some such times.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hung {
    /// In the order of their times.
    timeouts: Vec<Timeout>,
    /// Of so many failures that say how long they took.
    of: usize,
}

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
    /// Those of failures, in the order of what they took, of which more lie within a `share` of each other than of any others.
    fn of_most(times: &[f64], share: f64) -> Option<Timeout> {
        let until = |time: f64| times.partition_point(|other| *other < time);
        let alike = |from: usize| until(times[from] * (1.0 + share)) - from;
        let first = (0..times.len()).max_by_key(|from| alike(*from))?;
        // A few just before are there by accident, and answers that take longer than those are none of a longer timeout.
        let most = alike(first);
        let accidents = ACCIDENT.min(most / 10);
        let latest = (first..first + most).rfind(|from| alike(*from) + accidents >= most)?;
        let from = until(times[latest] * (1.0 - JITTER)).max(first);
        let after = times[from];
        Some(Timeout { requests: alike(from), after, until: after * (1.0 + share) })
    }

    fn takes(self, duration: f64) -> bool {
        (self.after..self.until).contains(&duration)
    }

    pub(super) fn has(self, request: &Request) -> bool {
        request.outcome.breaks() && request.timed && self.takes(request.duration)
    }
}

/// How many answers take longer, and their share.
pub(super) fn longer(log: &Log, after: f64) -> (u64, f64) {
    let answers = || log.requests.iter().filter(|r| r.outcome == Outcome::Answered);
    let longer = answers().filter(|answer| answer.duration > after).count();
    (longer as u64, longer as f64 / answers().count() as f64)
}

pub(super) fn failed(request: &Request) -> bool {
    request.outcome.breaks() && request.timed && request.duration > 0.0
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
        // Of those that are left: to the rate of what breaks at random it does not matter how many the others are.
        if timeout.requests < least || (timeout.requests as f64) < SHARE_MIN * others.len() as f64 {
            break;
        }
        others.retain(|time| !timeout.takes(*time));
        timeouts.push(timeout);
    }
    timeouts.sort_by(|a, b| a.after.total_cmp(&b.after));
    timeouts
}

/// Those of a log, if they are more than chance has: transfers that break at random end at any time, and those from half of that time on
/// would be some ten times as many or more; or if they are `spikes`. Where durations are told in steps of `step`, all of the first ones are alike.
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

    /// A log as it is if they ended otherwise: `TimedOut` if the link broke unseen, at some time before the app gave up, and `Refused` if
    /// it did not and the server hung.
    pub(super) fn ended(&self, log: &Log, outcome: Outcome) -> Log {
        let mut log = log.clone();
        log.requests.iter_mut().filter(|request| self.has(request)).for_each(|r| r.outcome = outcome);
        log
    }

    /// What the log does not tell of them. The intervals hold that they are the server's, but where it has no other failure (`alone`).
    /// Where answers come near that time (`reached`), they may be answers that took longer.
    pub(super) fn told(&self, alone: bool, reached: Option<Reached>) -> String {
        let held = if alone {
            "which no interval holds, as no other failure is there"
        } else {
            "the intervals hold both"
        };
        let slow = reached.map_or_else(String::new, |reached| {
            format!(
                "; they may be only slow answers, too, as others take up to {}",
                human::span((reached.longest * 1e9) as u64)
            )
        });
        let requests: usize = self.timeouts.iter().map(|timeout| timeout.requests).sum();
        let after: Vec<String> =
            self.timeouts.iter().map(|timeout| human::span((timeout.after * 1e9) as u64)).collect();
        let timeouts = if after.len() == 1 { "a timeout of the app" } else { "timeouts of the app" };
        format!(
            "whether {} of {} are the link's: they took {} each, as if {timeouts} had ended them, and count as such; where the server \
             left them hanging, transfers break less often than told and the best chunk is larger, {held}; log `refused` for what the server \
             left hanging{slow}",
            human::thousands(requests as u64),
            human::count(self.of as u64, "failure"),
            after.join(" or "),
        )
    }
}
