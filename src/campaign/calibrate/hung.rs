//! Failures that all took one and the same time: an app's timeout ended them. A link that broke unseen ends so, and a server that hangs.

use super::clock::Step;
use super::log::{Log, Outcome, Request};
use super::trouble::Reached;
use crate::report::human;

/// Timeouts of one client end within this share of each other (estimate).
const ALIKE: f64 = 0.02;
/// Those of one timer end within this share (estimate).
const JITTER: f64 = 0.001;
/// So many end alike by accident, where no word says that a timeout ended them.
const ACCIDENT: usize = 2;
/// A smaller share of the failures moves their rate by little (estimate).
const SHARE_MIN: f64 = 0.03;
/// Within fewer steps of the clock durations are alike by its doing (estimate).
const STEPS_MIN: f64 = 4.0;
/// The share of the answers that may take longer: a few have a timeout of their own.
const LONGER_MAX: f64 = 0.02;

/// Failures that ended after one and the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hung {
    pub(super) requests: usize,
    /// Of so many failures that say how long they took.
    pub(super) of: usize,
    /// The shortest, in seconds.
    pub(super) after: f64,
}

/// Those of a log, if they are more than chance has and hardly any answer takes longer. Transfers that break at random end at any time: those
/// from half of that time on would be some 25 times as many. Where durations are told in steps of `step`, all of the first ones are alike.
pub(super) fn hung(log: &Log, step: Option<Step>) -> Option<Hung> {
    let failed = |r: &&Request| r.outcome.breaks() && r.timed && r.duration > 0.0;
    let mut times: Vec<f64> = log.requests.iter().filter(failed).map(|r| r.duration).collect();
    times.sort_by(f64::total_cmp);
    let until = |time: f64| times.partition_point(|other| *other < time);
    let alike = |from: usize| until(times[from] * (1.0 + ALIKE)) - from;
    let first = (0..times.len()).max_by_key(|from| alike(*from))?;
    // A few just before are there by accident, and answers that take longer than those are none of a longer timeout.
    let accidents = ACCIDENT.min(alike(first) / 10);
    let latest = (first..first + alike(first)).rfind(|from| alike(*from) + accidents >= alike(first))?;
    let from = until(times[latest] * (1.0 - JITTER)).max(first);
    let (requests, after) = (alike(from), times[from]);
    let before = from - until(after / 2.0);
    let answers = || log.requests.iter().filter(|r| r.outcome == Outcome::Answered);
    let longer = answers().filter(|answer| answer.duration > after).count();
    let seldom = longer as f64 <= LONGER_MAX * answers().count() as f64;
    // Where a word says that the app gave up, one may be enough.
    let by_word =
        log.requests.iter().any(|r| failed(&r) && r.outcome == Outcome::TimedOut && r.duration == after);
    let by_accident = if by_word { 0 } else { ACCIDENT };
    let many = requests > by_accident.max(before) && requests as f64 >= SHARE_MIN * times.len() as f64;
    let apart = step.is_none_or(|step| after >= STEPS_MIN * step.lasts);
    (many && seldom && apart).then_some(Hung { requests, of: times.len(), after })
}

impl Hung {
    pub(super) fn has(&self, request: &Request) -> bool {
        let alike = self.after..self.after * (1.0 + ALIKE);
        request.outcome.breaks() && request.timed && alike.contains(&request.duration)
    }

    /// The log as it is if they ended otherwise: `TimedOut` if the link broke unseen, at some time before the app gave up, and `Refused` if
    /// it did not and the server hung.
    pub(super) fn ended(&self, mut log: Log, outcome: Outcome) -> Log {
        for request in log.requests.iter_mut().filter(|request| self.has(request)) {
            request.outcome = outcome;
        }
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
        format!(
            "whether {} of {} are the link's: they took {} each, as if a timeout of the app had ended them, and count as such; where the server \
             left them hanging, transfers break less often than told and the best chunk is larger, {held}; log `refused` for what the server \
             left hanging{slow}",
            human::thousands(self.requests as u64),
            human::count(self.of as u64, "failure"),
            human::span((self.after * 1e9) as u64),
        )
    }
}
