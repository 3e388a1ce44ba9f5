//! Durations in steps, as of a clock of whole seconds: what lies within a step is lost.
//!
//! Whether such a clock rounds or cuts off the log does not tell: each duration may be off by half
//! a step where it rounds, in whatever way moves a line most, and all of them by half a step more
//! where it does not. Intervals hold that.

use super::line::{Line, Sample};
use super::log::{Log, Outcome, Request};

/// A step of a smaller share of the mean answer moves costs by little, and is not told (estimate).
const COARSE: f64 = 0.02;
/// Of a step that is as long as this share of the mean answer an eighth of the cuts is told as of
/// no duration (estimate).
const CUT_WITHIN: f64 = 0.25;
/// In nanoseconds: steps that clocks have, besides decimal ones: 64 and 60 a second.
const TICKS: [u64; 2] = [15_625_000, 16_666_667];
/// Of fewer answers those are multiples of a step by chance that are not all.
const ANSWERS_MIN: usize = 20;
/// A smaller share of the answers in steps moves costs by little (estimate).
const SHARE_MIN: f64 = 0.1;
/// Standard deviations that are no chance.
const BEYOND: f64 = 5.0;

/// The step of the clock by which durations were taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// In seconds.
    pub(super) lasts: f64,
    /// Whether it is long beside answers.
    pub(super) is_coarse: bool,
    /// Whether all answers are multiples of it, and not most or many.
    pub(super) has_all: bool,
}

impl Step {
    /// The longest that all answers of a log are multiples of, or more of them than chance has, as
    /// of a log that was joined from two.
    pub(super) fn of(log: &Log) -> Option<Step> {
        let answers: Vec<u64> = answered(log).map(|r| (r.duration * 1e9).round() as u64).collect();
        let unit = answers.iter().copied().fold(0, greatest_divisor);
        let unlike = answers.iter().any(|ns| *ns != answers[0]);
        // Where all take one and the same time the clock's step need not be that.
        let step = if unlike {
            of_many(&answers, unit).unwrap_or(unit)
        } else {
            decimal().filter(|step| unit > 0 && unit.is_multiple_of(*step)).max()?
        };
        let mean = answers.iter().map(|&ns| ns as f64).sum::<f64>() / answers.len() as f64;
        let is_coarse = step as f64 >= COARSE * mean;
        Some(Step { lasts: step as f64 / 1e9, is_coarse, has_all: !unlike || step == unit })
    }

    /// Answers within the first step took some time: half of what the half of it is that is rounded
    /// to nothing. So did transfers that were cut there, where the step is so long that these are
    /// many, and all lines are of that clock: beside a finer one a cut of no duration may be a try
    /// that found the link still down.
    pub(super) fn fill(self, log: &mut Log) {
        let (n, took) = answered(log).fold((0, 0.0), |(n, took), r| (n + 1, took + r.duration));
        let cuts_too = self.has_all && self.lasts >= CUT_WITHIN * took / f64::from(n);
        let instant = |r: &&mut Request| {
            let took_some = r.outcome == Outcome::Answered || cuts_too && r.outcome == Outcome::Cut;
            took_some && r.timed && r.duration == 0.0
        };
        log.requests.iter_mut().filter(instant).for_each(|r| r.duration = self.lasts / 4.0);
    }

    /// The log as it is if the clock cuts off, and if it rounds up: what it tells as cut after one
    /// step may then have taken nothing, where not all lines are of that clock (`fill`).
    pub(super) fn otherwise(self, log: &Log) -> [Log; 2] {
        [0.5, -0.5].map(|steps| {
            let mut log = log.clone();
            for request in log.requests.iter_mut().filter(|r| r.timed && r.duration > 0.0) {
                let is_first = (request.duration - self.lasts).abs() < 1e-6 * self.lasts;
                let is_try = steps < 0.0 && !self.has_all && is_first && request.outcome == Outcome::Cut;
                let moved = (request.duration + steps * self.lasts).max(self.lasts / 4.0);
                request.duration = if is_try { 0.0 } else { moved };
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

/// In nanoseconds: steps from a microsecond on.
fn decimal() -> impl Iterator<Item = u64> {
    (3..12).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)))
}

/// The longest step, longer than the `unit` that all are multiples of, that as many answers are
/// multiples of beyond chance as of any. What a clock ticks by need be no multiple of the unit: it
/// is rounded to that.
fn of_many(answers: &[u64], unit: u64) -> Option<u64> {
    // No time is a multiple of any.
    let answers: Vec<u64> = answers.iter().copied().filter(|ns| *ns > 0).collect();
    let n = answers.len() as f64;
    let share = |step: u64| {
        let off = if step.is_multiple_of(unit) { 0 } else { unit };
        let is = |ns: &&u64| (*ns % step).min(step - *ns % step) <= off;
        // So much of a step counts, of which answers are multiples of the unit.
        let chance = (unit + 2 * off) as f64 / step as f64;
        let multiples = answers.iter().filter(is).count() as f64 / n;
        let luck = BEYOND * libm::sqrt(chance * (1.0 - chance) / n);
        let share = (multiples - chance) / (1.0 - chance);
        (step, Some(share).filter(|share| multiples - chance > luck && *share >= SHARE_MIN))
    };
    let known =
        decimal().filter(|step| step.is_multiple_of(unit)).chain(TICKS).filter(|step| *step > 4 * unit);
    let shares: Vec<(u64, f64)> = known.map(share).filter_map(|(step, share)| Some((step, share?))).collect();
    let most = shares.iter().map(|(_, share)| *share).reduce(f64::max)?;
    let longest = shares.iter().filter(|(_, share)| *share >= 0.9 * most).map(|(step, _)| *step).max();
    longest.filter(|_| answers.len() >= ANSWERS_MIN)
}

fn greatest_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}
