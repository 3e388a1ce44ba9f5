//! The lines through a log's answers, and whether they tell rows from bytes.
//!
//! Whether they do is judged by the noise and by which answers there are, and not by what their residuals make of the line: those are
//! small where it follows its own errors, and the logs chosen by them would be the ones whose intervals are too narrow.

use super::devices;
use super::estimate::{Aside, OUTLIERS_MANY, Told};
use super::line::{Far, Line, NORMAL, Sample, Widths};
use super::log::Request;
use crate::report::calibrate::{Census, Costs, Split};
use crate::report::human;

/// Fewer answers have no line worth telling.
pub(super) const ANSWERS_MIN: usize = 10;
/// Rows and bytes are told apart if it is known to a quarter how a row's time divides.
const SPLIT_MAX: f64 = 0.25;
/// Of fewer answers those tell rows from bytes by chance of which the noise is understated.
const SPLIT_FREEDOM: f64 = 57.0;

/// The lines through a log's answers.
pub(super) struct Fit {
    /// By rows alone: overhead, and a row with its bytes. Where the log tells rows from bytes it is made of the line by both: tables whose
    /// rows are not equally wide lie on no line by rows.
    pub(super) rows: Line<2>,
    /// By rows and bytes, where they are not in step.
    pub(super) both: Option<Line<3>>,
    split: Option<Split>,
    /// What would take less than no time and is left out, which the others are fitted without.
    pub(super) left_out: Option<LeftOut>,
}

/// A part of the line by rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    Overhead,
    Row,
}

impl Fit {
    /// The lines through `answers`, which are those of a process that breaks transfers at `rate` a second. Those that came through are
    /// the shorter ones: each counts e^{rate × duration}, the inverse of its chance (Horvitz and Thompson 1952).
    pub(super) fn of(
        answers: &[&Request],
        has_bytes: bool,
        rate: f64,
        census: &mut Census,
        told: &mut Told,
    ) -> Option<Fit> {
        if answers.len() < ANSWERS_MIN {
            let n = human::count(answers.len() as u64, "answer");
            told.costs_unknown(format!(
                "overhead and time a row: {n} with a duration, at least {ANSWERS_MIN} are needed"
            ));
            return None;
        }
        // No weight beyond e²: it would be a guess about a few.
        let weight = |request: &Request| libm::exp((rate * request.duration).min(2.0));
        let by_rows: Vec<Sample<2>> =
            answers.iter().map(|r| Sample { x: [1.0, r.rows], y: r.duration, weight: weight(r) }).collect();
        let by_both: Vec<Sample<3>> = answers
            .iter()
            .map(|r| Sample { x: [1.0, r.rows, r.bytes], y: r.duration, weight: weight(r) })
            .collect();
        let Some(far) = Far::of(&by_both).or_else(|| Far::of(&by_rows)) else {
            told.one_size(census, answers);
            return None;
        };
        // Where nobody knows the bytes, answers of wide rows lie far above the line: without them it would be too low.
        let unknown = !has_bytes || answers.iter().all(|answer| answer.bytes == answers[0].bytes);
        let out = if unknown { far.by_noise_and_widths() } else { far.by_noise() };
        // What is not seldom is no accident, as a request that hangs is.
        let seldom = out.iter().filter(|out| **out).count() as f64 <= OUTLIERS_MANY * answers.len() as f64;
        let out = if unknown && !seldom { vec![false; out.len()] } else { out };
        told.of_widths(far.by_noise().iter().zip(&out).filter(|(far, out)| **far && !**out).count());
        let kept: Vec<usize> = (0..answers.len()).filter(|n| !out[*n]).collect();
        let rows: Vec<Sample<2>> = kept.iter().map(|n| by_rows[*n]).collect();
        census.outliers = (answers.len() - kept.len()) as u64;
        census.duration_mean = rows.iter().map(|s| s.y).sum::<f64>() / kept.len().max(1) as f64;
        let Some(line) = Line::through(&rows) else {
            told.one_size(census, answers);
            return None;
        };
        let both: Vec<Sample<3>> = kept.iter().map(|n| by_both[*n]).collect();
        let widths = has_bytes.then(|| widths(&both)).flatten();
        census.bytes_a_row = widths.map(|widths| widths.a_row.0);
        census.bytes_around = widths.and_then(Widths::surely_around);
        // Rows of a request that are wider than others are none of its noise, and no weight brings back what was not lost: see `widths`.
        let even: Vec<Sample<2>> = rows.iter().map(|s| Sample { weight: 1.0, ..*s }).collect();
        let line = Line::through(&even).map_or(line, |even| line.as_open_as(&even));
        let mut fit = Fit { rows: line, both: Line::through(&both), split: None, left_out: None };
        if widths.and_then(|widths| fit.take_apart(&both, widths)).is_none() {
            fit.leave_out(&rows);
        }
        // What was put aside may be of far wider rows: the intervals hold the line with it, too.
        if let Some(all) = Line::through(&by_rows).filter(|_| unknown && kept.len() < answers.len()) {
            fit.rows = fit.rows.as_open_as(&all);
        }
        fit.tell_outliers(answers, &kept, unknown, told, census);
        told.of_fit(&fit, &rows, &both);
        told.of_unlike(devices::unlike(answers, |r| fit.says(r)));
        Some(fit)
    }

    /// Takes rows and bytes apart, if the log tells how a row's time divides; the line by rows is then made of that by both.
    fn take_apart(&mut self, answers: &[Sample<3>], widths: Widths) -> Option<()> {
        let both = self.both?;
        let [row, byte] = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let open = both.open_by_noise(byte) * widths.a_row.0;
        let limit = SPLIT_MAX * self.rows.estimate([0.0, 1.0]).value;
        let many = both.freedom() >= SPLIT_FREEDOM;
        if !(many && open <= limit && self.less_than_nothing().is_none()) {
            return None;
        }
        let wider = both.chosen(limit / open);
        let overhead = both.by_rows(widths).coefficients[0];
        let left_out = (overhead < 0.0).then_some(LeftOut::Overhead);
        let line = if left_out.is_some() { Line::without(answers, 0)? } else { both };
        if line.coefficients[1..].iter().any(|cost| *cost < 0.0) {
            return None;
        }
        let told = |of| line.estimate_chosen(of, wider);
        let split = Some(Split { row: told(row), byte: told(byte) });
        *self = Fit { rows: line.by_rows(widths), both: Some(line), split, left_out };
        Some(())
    }

    /// A line by rows alone that has something take less than no time is drawn without that, or the rest would take more than the answers.
    fn leave_out(&mut self, answers: &[Sample<2>]) {
        let Some(zero) = self.rows.coefficients.iter().position(|cost| *cost < 0.0) else { return };
        if let Some(line) = Line::without(answers, zero) {
            self.rows = line;
            self.left_out = Some([LeftOut::Overhead, LeftOut::Row][zero]);
        }
    }

    /// What an answer of its rows, and of its bytes, takes by the line.
    fn says(&self, answer: &Request) -> f64 {
        match &self.both {
            Some(line) => line.at(&[1.0, answer.rows, answer.bytes]),
            None => self.rows.at(&[1.0, answer.rows]),
        }
    }

    /// Tells what the answers that were not kept hold of the time, and how much longer answers take with them, as a share of what the line
    /// says: of those that were put aside by chance more are large or small. Those whose bytes are `unknown` may be none.
    fn tell_outliers(
        &self,
        answers: &[&Request],
        kept: &[usize],
        unknown: bool,
        told: &mut Told,
        census: &Census,
    ) {
        let n = kept.len() as f64;
        let sum = |of: &dyn Fn(&Request) -> f64| kept.iter().map(|n| of(answers[*n])).sum::<f64>();
        let all: f64 = answers.iter().map(|answer| answer.duration).sum();
        let took = sum(&|answer| answer.duration);
        let by_line: f64 = answers.iter().map(|answer| self.says(answer)).sum();
        let longer = all / by_line * sum(&|answer| self.says(answer)) / took - 1.0;
        let (rows, bytes) = (sum(&|answer| answer.rows) / n, sum(&|answer| answer.bytes) / n);
        let mean = match &self.both {
            Some(line) => line.estimate([1.0, rows, bytes]),
            None => self.rows.estimate([1.0, rows]),
        };
        let open = (mean.high - mean.low) / 2.0 / mean.value;
        told.of_outliers(Aside { held: 1.0 - took / all, longer, open, unknown }, census);
    }

    /// What a line through rows and bytes would have take less than no time.
    pub(super) fn less_than_nothing(&self) -> Option<&'static str> {
        match self.both?.coefficients {
            [_, row, _] if row < 0.0 => Some("row"),
            [_, _, byte] if byte < 0.0 => Some("byte"),
            _ => None,
        }
    }

    pub(super) fn costs(&self) -> Costs {
        let split = self.split;
        // What rows that are not equally wide do to a line by rows alone is no noise; what rows do that take no time is.
        let both = self.both.filter(|_| self.left_out != Some(LeftOut::Row));
        let noise = both.map_or(self.rows.noise, |both| both.noise);
        Costs { request: self.rows.estimate([1.0, 0.0]), row: self.rows.estimate([0.0, 1.0]), split, noise }
    }
}

/// Bytes of an answer around its rows, and of a row. An app that tries a chunk until its answer comes has an answer of each, however long:
/// none counts more than another. One that asks for another chunk after a failure lacks the long ones, which are wide: where their weights
/// give other widths the intervals hold these, too.
fn widths(answers: &[Sample<3>]) -> Option<Widths> {
    let each = widths_by(answers, |_| 1.0)?;
    let weighted = widths_by(answers, |sample| sample.weight)?;
    let open = |(value, variance): (f64, f64), (other, of_other): (f64, f64)| {
        let error = libm::sqrt(variance.max(of_other)) + (value - other).abs() / NORMAL;
        (value, error * error)
    };
    Some(Widths { around: open(each.around, weighted.around), a_row: open(each.a_row, weighted.a_row) })
}

/// The same with these weights, by a line through both; no answer has fewer bytes than are around its rows.
fn widths_by(answers: &[Sample<3>], weight: impl Fn(&Sample<3>) -> f64) -> Option<Widths> {
    let bytes: Vec<Sample<2>> = answers
        .iter()
        .map(|sample| Sample { x: [1.0, sample.x[1]], y: sample.x[2], weight: weight(sample) })
        .collect();
    let least = bytes.iter().map(|sample| sample.y).fold(f64::MAX, f64::min);
    let line = Line::through(&bytes)?;
    let around = line.coefficients[0].clamp(0.0, least.max(0.0));
    let sum = |of: &dyn Fn(&Sample<2>) -> f64| bytes.iter().map(of).sum::<f64>();
    let rows = sum(&|s| s.weight * s.x[1]);
    let a_row = sum(&|s| s.weight * (s.y - around)) / rows;
    // Of a ratio of two sums (Cochran 1977, §2.11); each answer as if it had been left out, as it draws the ratio to itself.
    let off = |s: &Sample<2>| {
        let share = s.weight * s.x[1] / rows;
        s.weight * (s.y - around - a_row * s.x[1]) / rows / (1.0 - share).max(0.5)
    };
    // What lies around the rows is not theirs: as far as it is unknown, so are they.
    let apart = sum(&|s| s.weight) / rows;
    let variance = sum(&|s| off(s) * off(s)) + line.covariance[0][0] * apart * apart;
    let widths = Widths { around: (around, line.covariance[0][0]), a_row: (a_row, variance) };
    (a_row.is_finite() && a_row > 0.0).then_some(widths)
}
