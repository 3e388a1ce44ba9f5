//! Answers as samples for a line.

use super::line::Sample;
use super::log::Request;

/// Fewer answers have no line worth telling.
pub(super) const ANSWERS_MIN: usize = 10;
/// Answers that take fewer steps of a clock tell of no line whether it bends (estimate).
pub(super) const STEPS_MIN: f64 = 5.0;

/// Answers by rows, and by rows and bytes. Of those that may break at `rate` a second the shorter
/// ones came through: each counts e^{rate × duration}, the inverse of its chance (Horvitz and
/// Thompson 1952).
pub(super) fn samples(answers: &[&Request], rate: f64) -> (Vec<Sample<2>>, Vec<Sample<3>>) {
    // No weight beyond e²: it would be a guess about a few.
    let weight = |r: &Request| libm::exp((rate * r.duration).min(2.0));
    let by_rows = |r: &&Request| Sample { x: [1.0, r.rows], y: r.duration, weight: weight(r) };
    let by_both = |r: &&Request| Sample { x: [1.0, r.rows, r.bytes], y: r.duration, weight: weight(r) };
    (answers.iter().map(by_rows).collect(), answers.iter().map(by_both).collect())
}
