//! Durations in steps, as of a clock of whole seconds: what lies within a step is lost.
//!
//! Whether such a clock rounds or cuts off the log does not tell: each duration may be off by half a step where it rounds, in whatever way
//! moves a line most, and all of them by half a step more where it does not. Intervals hold that.

use super::line::{Line, Sample};
use super::log::{Log, Outcome, Request};

/// A step of a smaller share of the mean answer moves costs by less than chance does (estimate).
const COARSE: f64 = 0.02;

/// What of durations a log does not tell.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    /// Its step, if that is long.
    pub(super) step: Option<Step>,
    /// Seconds after which the app gave up, if answers come near that.
    pub(super) cut_off: Option<f64>,
}

/// The step of the clock by which durations were taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// In seconds.
    pub(super) lasts: f64,
}

impl Step {
    /// The longest that all answers of a log are multiples of, if it is long beside these.
    pub(super) fn of(log: &Log) -> Option<Step> {
        let answers: Vec<u64> = answered(log).map(|r| (r.duration * 1e9).round() as u64).collect();
        let mean = answers.iter().map(|&ns| ns as f64).sum::<f64>() / answers.len() as f64;
        let step = answers.iter().copied().fold(0, greatest_divisor) as f64;
        // Answers that all take one and the same time say nothing of the clock.
        let unlike = answers.iter().any(|ns| *ns != answers[0]);
        (unlike && step >= COARSE * mean).then_some(Step { lasts: step / 1e9 })
    }

    /// Answers within the first step took some time: half of what the half of it is that is rounded to nothing.
    pub(super) fn fill(self, log: &mut Log) {
        let instant = |r: &&mut Request| r.outcome == Outcome::Answered && r.duration == 0.0;
        log.requests.iter_mut().filter(instant).for_each(|r| r.duration = self.lasts / 4.0);
    }

    /// The log as it is if the clock cuts off, and if it rounds up.
    pub(super) fn otherwise(self, log: &Log) -> [Log; 2] {
        [0.5, -0.5].map(|steps| {
            let mut log = log.clone();
            for request in log.requests.iter_mut().filter(|r| r.timed && r.duration > 0.0) {
                request.duration = (request.duration + steps * self.lasts).max(self.lasts / 4.0);
            }
            log
        })
    }

    /// By how much each coefficient of a line through `samples` may be off.
    pub(super) fn moves<const K: usize>(self, samples: &[Sample<K>], line: &Line<K>) -> [f64; K] {
        let mut moves = line.moved_most(samples, self.lasts / 2.0);
        // What all are off alike is the overhead's.
        moves[0] += self.lasts / 2.0;
        moves
    }
}

fn answered(log: &Log) -> impl Iterator<Item = &Request> {
    log.requests.iter().filter(|r| r.outcome == Outcome::Answered)
}

fn greatest_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}
