//! How wide the rows of a log are that tells bytes, and ratios of sums.

use super::line::{Line, NORMAL, Sample, skewed};

/// A transfer that takes less than this share of the time between failures mostly comes through
/// (estimate).
const SURVIVING: f64 = 1.0;
/// Fewer answers tell no mean width (estimate).
const FEW_MIN: usize = 20;

/// Bytes of an answer, around its rows and of a row, each with the variance of what is known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Widths {
    pub(super) around: (f64, f64),
    pub(super) a_row: (f64, f64),
    /// By how much more than that says a row may have.
    pub(super) upward: f64,
}

impl Widths {
    /// The bytes around the rows, if it is more than chance that there are any.
    pub(super) fn surely_around(self) -> Option<f64> {
        let (bytes, variance) = self.around;
        (bytes > NORMAL * libm::sqrt(variance) && bytes >= 1.0).then_some(bytes)
    }
}

/// Bytes of an answer around its rows, and of a row. An app that tries a chunk until its answer
/// comes has an answer of each, however long: none counts more than another. One that asks for
/// another chunk after a failure lacks the long ones, which are wide: where their weights give
/// other widths, or answers of so few rows that no width breaks them, the intervals hold these,
/// too. Where sizes differ much the rows are those of a few requests, which seldom are wide ones
/// where these are seldom: upper ends hold what all requests alike have, too.
pub(super) fn widths(answers: &[Sample<3>], rate: f64) -> Option<Widths> {
    let each = widths_by(answers, |_| 1.0)?;
    let weighted = widths_by(answers, |sample| sample.weight)?;
    let open = |(value, variance): (f64, f64), (other, of_other): (f64, f64)| {
        let error = libm::sqrt(variance.max(of_other)) + (value - other).abs() / NORMAL;
        (value, error * error)
    };
    let a_row = open(each.a_row, weighted.a_row);
    let end = |(value, variance): (f64, f64), upward: f64| value + NORMAL * libm::sqrt(variance) + upward;
    let others = [widths_of_few(answers, each.around.0, rate), widths_of_requests(answers)];
    let highest = others.iter().flatten().map(|other| end(other.a_row, other.upward)).fold(0.0, f64::max);
    let upward = (highest.max(end(each.a_row, each.upward)) - end(a_row, 0.0)).max(0.0);
    Some(Widths { around: open(each.around, weighted.around), a_row, upward })
}

/// The same by answers of so few rows that the widest of the log would mostly come through, each
/// request as much as another. `None` if those of all would come through, or of too few.
fn widths_of_few(answers: &[Sample<3>], around: f64, rate: f64) -> Option<Widths> {
    let line = Line::through(answers)?;
    let with_rows = || answers.iter().filter(|sample| sample.x[1] > 0.0);
    let widest = with_rows().map(|sample| (sample.x[2] - around) / sample.x[1]).fold(0.0, f64::max);
    let longest = |rows: f64| line.at(&[1.0, rows, around + widest * rows]);
    let few: Vec<Sample<3>> =
        with_rows().filter(|sample| rate * longest(sample.x[1]) < SURVIVING).copied().collect();
    if few.len() < FEW_MIN || few.len() == answers.len() {
        return None;
    }
    widths_of_requests(&few)
}

/// The same, each request as much as another: what rows have if that has nothing to do with how
/// many there are.
fn widths_of_requests(answers: &[Sample<3>]) -> Option<Widths> {
    let with_rows: Vec<Sample<3>> = answers.iter().filter(|sample| sample.x[1] > 0.0).copied().collect();
    widths_by(&with_rows, |sample| sample.weight / sample.x[1])
}

/// The same with these weights, by a line through both; no answer has fewer bytes than are around
/// its rows.
fn widths_by(answers: &[Sample<3>], weight: impl Fn(&Sample<3>) -> f64) -> Option<Widths> {
    let bytes: Vec<Sample<2>> = answers
        .iter()
        .map(|sample| Sample { x: [1.0, sample.x[1]], y: sample.x[2], weight: weight(sample) })
        .collect();
    let least = bytes.iter().map(|sample| sample.y).fold(f64::MAX, f64::min);
    let line = Line::through(&bytes)?;
    let around = line.coefficients[0].clamp(0.0, least.max(0.0));
    // It lies between these two, and no deviation is larger than the way to the farther of them;
    // the line alone may know far less.
    let way = around.max(least - around);
    let of_around = line.covariance[0][0].min(way * way);
    let Ratio { value: a_row, variance, third } =
        Ratio::of(&bytes, |sample| [sample.x[1], sample.y - around]);
    // What lies around the rows is not theirs: as far as it is unknown, so are they.
    let sum = |of: fn(&Sample<2>) -> f64| bytes.iter().map(of).sum::<f64>();
    let apart = sum(|s| s.weight) / sum(|s| s.weight * s.x[1]);
    let variance = variance + of_around * apart * apart;
    let widths =
        Widths { around: (around, of_around), a_row: (a_row, variance), upward: skewed(third, variance) };
    (a_row.is_finite() && a_row > 0.0).then_some(widths)
}

/// A ratio of two sums over samples, with the variance and the third moment of what is known of it.
pub(super) struct Ratio {
    value: f64,
    variance: f64,
    third: f64,
}

impl Ratio {
    /// Of the second to the first of each sample (Cochran 1977, §2.11); each as if it had been left
    /// out, as it draws the ratio to itself.
    pub(super) fn of(samples: &[Sample<2>], each: impl Fn(&Sample<2>) -> [f64; 2]) -> Ratio {
        let sum = |i: usize| samples.iter().map(|s| s.weight * each(s)[i]).sum::<f64>();
        let all = sum(0);
        let value = sum(1) / all;
        let (mut variance, mut third) = (0.0, 0.0);
        for sample in samples {
            let [x, y] = each(sample);
            let share = sample.weight * x / all;
            let off = sample.weight * (y - value * x) / all / (1.0 - share).max(0.5);
            variance += off * off;
            third += off * off * off;
        }
        Ratio { value, variance, third }
    }

    /// The upper end of its interval.
    pub(super) fn high(&self) -> f64 {
        self.value + NORMAL * libm::sqrt(self.variance) + skewed(self.third, self.variance)
    }
}
