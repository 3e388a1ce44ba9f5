//! Answers of few rows that are of another kind than the others, as those of another endpoint are.
//!
//! Where the others lie on a line, and these far off it, a line through all is that of neither:
//! costs are then those of the others.

use super::curve::bent;
use super::line::{Far, Line, Sample, outlying};
use super::log::Request;
use super::samples::{ANSWERS_MIN, samples};

/// Rows are few that are less than this share of the mean answer with rows (estimate).
const FEW: f64 = 0.1;
/// Answers are of another kind that take so much more or less than the line of the others says, as
/// a share, beyond so many standard deviations.
const UNLIKE: (f64, f64) = (0.1, 3.0);
/// Standard deviations by which the others may bend the way to the few and yet lie on a line: where
/// chance goes beyond in one log of twenty, so that what bends by nature seldom passes.
const BENT: f64 = 1.645;

/// Answers of few rows that are of another kind than the others.
pub(super) struct Few {
    pub(super) n: usize,
    /// The most rows of any.
    pub(super) most: f64,
    /// What they take on average, and what the line of the others says, in seconds.
    pub(super) took: [f64; 2],
    /// Mean rows of the others.
    pub(super) rows_mean: f64,
}

impl Few {
    /// Takes such answers out of `answers`, those that broke at `rate` a second; `None`, and
    /// nothing taken, where there are none.
    pub(super) fn apart(answers: &mut Vec<&Request>, has_bytes: bool, rate: f64) -> Option<Few> {
        let (sum, n) =
            answers.iter().fold((0.0, 0u32), |(sum, n), r| (sum + r.rows, n + u32::from(r.rows > 0.0)));
        let limit = FEW * sum / f64::from(n.max(1));
        let (few, others): (Vec<&Request>, Vec<&Request>) = answers.iter().partition(|r| r.rows < limit);
        if few.len().min(others.len()) < ANSWERS_MIN {
            return None;
        }
        let (of_few, of_others) = (samples(&few, rate), samples(&others, rate));
        let took = if has_bytes && Line::through(&of_others.1).is_some() {
            off(&of_few.1, &of_others.1)
        } else {
            off(&of_few.0, &of_others.0)
        }?;
        let most = few.iter().map(|r| r.rows).fold(0.0, f64::max);
        let rows_mean = others.iter().map(|r| r.rows).sum::<f64>() / others.len() as f64;
        *answers = others;
        Some(Few { n: few.len(), most, took, rows_mean })
    }
}

/// What `few` take on average, and what the line of the others says, if that is more than chance
/// and the others lie on it.
fn off<const K: usize>(few: &[Sample<K>], others: &[Sample<K>]) -> Option<[f64; 2]> {
    let noise = Far::of(others)?.by_noise();
    let others: Vec<Sample<K>> =
        others.iter().zip(noise).filter_map(|(sample, far)| (!far).then_some(*sample)).collect();
    let line = Line::through(&others)?;
    let hung = outlying(&few.iter().map(|sample| libm::log(sample.y)).collect::<Vec<_>>());
    let few: Vec<&Sample<K>> =
        few.iter().zip(hung).filter_map(|(sample, hung)| (!hung).then_some(sample)).collect();
    let mean =
        |of: &dyn Fn(&Sample<K>) -> f64| few.iter().map(|sample| of(sample)).sum::<f64>() / few.len() as f64;
    let at: [f64; K] = std::array::from_fn(|i| mean(&|sample| sample.x[i]));
    let (took, says) = (mean(&|sample| sample.y), line.at(&at));
    let variance = mean(&|sample| (sample.y - took) * (sample.y - took));
    let by = took - says;
    let error = libm::hypot(line.error(at), libm::sqrt(variance / few.len() as f64));
    let is_far = by.abs() > UNLIKE.0 * took && by.abs() > UNLIKE.1 * error;
    let on_line = bent(&line, &others) * by.signum() < BENT;
    (is_far && on_line).then_some([took, says.max(0.0)])
}
