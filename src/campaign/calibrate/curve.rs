//! Whether answers lie on a line. If not, no line tells what larger ones cost, and least of all if a row costs more in these.
//!
//! Answers that follow a line take no part of its square besides (Ramsey 1969). Where they bend up by a part of it that has a row cost more in
//! the line's chunk than in some size of the log, or where answers of about as many rows show that by themselves, the best is looked for
//! among the sizes that the log has, by what their answers took. Where they only bend down, evenly, larger chunks are cheaper
//! than the line says, and so is its chunk than those of the log; a step that few answers show is not seen.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::advice::FLAT;
use super::fit::Fit;
use super::line::{Line, NORMAL, Sample};
use crate::report::calibrate::{Advice, Census, Estimate, Outages, Rate};

/// How often chance may bend a line, to above or to below.
const CHANCE: f64 = 0.01;
/// How often chance may have one of several sizes so much cheaper than another: few answers tell their own noise badly.
const SELDOM: f64 = 1e-3;
/// Of the time between failures, answers that take this share break often (estimate, of logs on a line).
const BREAKING: f64 = 0.25;
/// Answers of some sizes that are so far off the line bend it.
const BEND: f64 = 0.05;
/// By how much more a row may cost in a chunk than in the best of the log's sizes, and that does not matter.
const SLIGHT: f64 = 0.05;
/// The sizes that are compared are as many as that, of as many answers each: eight, and more where each has a hundred; no part has fewer than
/// five (estimates).
const PARTS: (usize, usize) = (8, 32);
const ANSWERS: (usize, usize) = (5, 100);

/// By how many standard deviations answers have a part of their line's square, and the line with it, by what the line says in `unit`s.
struct Square {
    off: f64,
    line: Line<3>,
    unit: f64,
}

impl Square {
    fn of<const K: usize>(line: &Line<K>, samples: &[Sample<K>]) -> Option<Square> {
        let unit = samples.iter().map(|sample| line.at(&sample.x)).sum::<f64>() / samples.len() as f64;
        let with = |sample: &Sample<K>| {
            let says = line.at(&sample.x) / unit;
            Sample { x: [1.0, says, says * says], y: sample.y, weight: sample.weight }
        };
        let line = Line::through(&samples.iter().map(with).collect::<Vec<_>>())?;
        let square = [0.0, 0.0, 1.0];
        let error = line.error(square);
        (error > 0.0).then(|| Square { off: line.coefficients[2] / error, line, unit })
    }

    /// What answers take of which the line says `seconds`, as a share of that, and its interval.
    fn share(&self, seconds: f64) -> Estimate {
        let says = seconds / self.unit;
        let Estimate { value, low, high } = self.line.estimate([1.0, says, says * says]);
        Estimate { value: value / seconds, low: low / seconds, high: high / seconds }
    }

    /// Whether answers bend up from the line by more than chance.
    fn is_up(&self) -> bool {
        let law = StudentsT::new(0.0, 1.0, self.line.freedom());
        law.is_ok_and(|law| self.off > law.inverse_cdf(1.0 - CHANCE / 2.0))
    }
}

/// By how many standard deviations answers bend up from their line.
pub(super) fn bent<const K: usize>(line: &Line<K>, samples: &[Sample<K>]) -> f64 {
    Square::of(line, samples).map_or(0.0, |square| square.off)
}

/// Answers of about as many rows.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// The least and the most rows.
    rows: (f64, f64),
    /// Mean rows.
    mean: f64,
    /// Mean seconds, and their standard error.
    took: (f64, f64),
    answers: usize,
}

impl Part {
    fn of(samples: &[Sample<2>]) -> Part {
        let all: f64 = samples.iter().map(|sample| sample.weight).sum();
        let mean = |of: &dyn Fn(&Sample<2>) -> f64| {
            samples.iter().map(|sample| sample.weight * of(sample)).sum::<f64>() / all
        };
        let took = mean(&|sample| sample.y);
        let variance = mean(&|sample| (sample.y - took) * (sample.y - took)) / (samples.len() - 1) as f64;
        let rows = |sample: Option<&Sample<2>>| sample.map_or(0.0, |sample| sample.x[1]);
        Part {
            rows: (rows(samples.first()), rows(samples.last())),
            mean: mean(&|sample| sample.x[1]),
            took: (took, libm::sqrt(variance)),
            answers: samples.len(),
        }
    }

    /// Seconds a row with what breaks at `rate` a second, and their standard error.
    fn a_row(&self, rate: f64) -> (f64, f64) {
        let (took, error) = self.took;
        (a_row(took, self.mean, rate), error * libm::exp(rate * took) / self.mean)
    }
}

/// Seconds a row of answers of `rows` that take `took`, with what breaks at `rate` a second: the restart law of `theory::chunk`.
fn a_row(took: f64, rows: f64, rate: f64) -> f64 {
    let again = if rate > 0.0 { libm::expm1(rate * took) / rate } else { took };
    again / rows
}

/// What speaks against a line.
pub(super) struct Curve {
    square: Square,
    /// By size; empty of too few answers to tell one from another.
    parts: Vec<Part>,
}

impl Curve {
    /// `None` if answers do not tell the line from its square; `rows` are the same answers by rows.
    pub(super) fn of<const K: usize>(
        line: &Line<K>,
        samples: &[Sample<K>],
        rows: &[Sample<2>],
    ) -> Option<Curve> {
        Some(Curve { square: Square::of(line, samples)?, parts: parts(rows) })
    }

    /// Whether larger answers take more than the line says, beyond chance.
    pub(super) fn is_up(&self) -> bool {
        self.square.is_up()
    }

    /// How many times what the line says an answer may take at most of which it says `seconds`.
    pub(super) fn at_most(&self, seconds: f64) -> f64 {
        self.square.share(seconds).high
    }

    /// `advice` if the curve does not matter there, and the best of the log's sizes if it does.
    pub(super) fn within_log(
        &self,
        advice: Option<Advice>,
        fit: &Fit,
        outages: &Outages,
        census: &Census,
    ) -> Option<Advice> {
        let rates = match outages.rate {
            Rate::Known(Estimate { value, low, high }) => [value, low, high],
            Rate::AtMost(rate) => [0.0, 0.0, rate],
        };
        if self.parts.is_empty() || !self.is_dear(advice, fit, rates[0], census) {
            return advice;
        }
        let (best, _) = self.best(rates[0]);
        let costs = |part: &Part| part.a_row(rates[0]);
        let least = costs(best).0;
        let any = rates.into_iter().flat_map(|rate| self.best(rate).1);
        let (low, high) = span(any)?;
        let flat = span(self.parts.iter().filter(|part| costs(part).0 <= (1.0 + FLAT) * least))?;
        let own = self.between(census.rows_mean);
        let more = costs(&own).0 / least - 1.0;
        let open = NORMAL * apart(costs(&own), costs(best)) / least;
        let excess = Estimate { value: more, low: (more - open).max(0.0), high: more + open };
        Some(Advice::Rows { best: Estimate { value: best.mean, low, high }, flat, excess, within_log: true })
    }

    /// Whether a row takes more in the chunk of `advice` than in the best size of the log, enough to matter: by the square if answers bend up,
    /// or by what answers of about as many rows took. Where the line meets its curve again it says nothing of the way there.
    fn is_dear(&self, advice: Option<Advice>, fit: &Fit, rate: f64, census: &Census) -> bool {
        let chunk = match advice {
            Some(Advice::Rows { best, .. }) => best.value,
            Some(Advice::AtLeast(rows)) => rows,
            None => census.rows_max as f64,
        };
        let (best, own) = (self.best(rate).0, self.nearest(chunk));
        let dear = (1.0 + SLIGHT) * best.a_row(rate).0;
        let says = fit.rows.at(&[1.0, chunk]);
        self.square.is_up() && a_row(says * self.square.share(says).value, chunk, rate) > dear
            || own.a_row(rate).0 > dear && self.is_surely_dearer(own, best, rate)
    }

    /// By more than chance has the best of as many parts as there are. Where answers take about as long as transfers last, those that came
    /// through are too few of the long ones for that.
    fn is_surely_dearer(&self, own: &Part, best: &Part, rate: f64) -> bool {
        if self.parts.iter().any(|part| part.took.0 * rate > BREAKING) {
            return false;
        }
        let freedom = own.answers.min(best.answers) as f64 - 1.0;
        let level = 1.0 - SELDOM / 2.0 / self.parts.len() as f64;
        let sure = StudentsT::new(0.0, 1.0, freedom).map(|law| law.inverse_cdf(level));
        let [own, best] = [own, best].map(|part| part.a_row(rate));
        sure.is_ok_and(|sure| own.0 - best.0 > sure * apart(own, best))
    }

    /// A part of `rows` on average, on the way from the last of fewer to the first of more.
    fn between(&self, rows: f64) -> Part {
        let i = self.parts.partition_point(|part| part.mean < rows);
        let [Some(fewer), Some(more)] = [i.checked_sub(1), Some(i)].map(|i| self.parts.get(i?)) else {
            return *self.nearest(rows);
        };
        let way = (rows - fewer.mean) / (more.mean - fewer.mean);
        let on = |a: f64, b: f64| a + way * (b - a);
        let error = libm::hypot((1.0 - way) * fewer.took.1, way * more.took.1);
        Part { mean: rows, took: (on(fewer.took.0, more.took.0), error), ..*more }
    }

    fn nearest(&self, rows: f64) -> &Part {
        let far = |part: &&Part| (part.mean - rows).abs();
        self.parts.iter().min_by(|a, b| far(a).total_cmp(&far(b))).expect("there is one")
    }

    /// The size of which a row takes least, and those that chance may have put behind it.
    fn best(&self, rate: f64) -> (&Part, Vec<&Part>) {
        let costs = |part: &Part| part.a_row(rate);
        let least = |a: &&Part, b: &&Part| costs(a).0.total_cmp(&costs(b).0);
        let best = self.parts.iter().min_by(least).expect("there is one");
        let near = |part: &&Part| costs(part).0 - costs(best).0 <= NORMAL * apart(costs(part), costs(best));
        (best, self.parts.iter().filter(near).collect())
    }
}

/// The standard error of a difference.
fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    libm::hypot(a.1, b.1)
}

/// The least and the most rows of `parts`.
fn span<'a>(parts: impl Iterator<Item = &'a Part>) -> Option<(f64, f64)> {
    parts.map(|part| part.rows).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The answers that have rows, by size; those of one size are in one part.
fn parts(samples: &[Sample<2>]) -> Vec<Part> {
    let mut samples: Vec<Sample<2>> = samples.iter().filter(|sample| sample.x[1] > 0.0).copied().collect();
    samples.sort_by(|a, b| a.x[1].total_cmp(&b.x[1]));
    // Full pages are one size, however many they are.
    let page = samples.last().map_or(0.0, |sample| sample.x[1]);
    let tails = samples.partition_point(|sample| sample.x[1] < page);
    let parts = (tails / ANSWERS.1).clamp(PARTS.0, PARTS.1);
    let least = (tails / parts).max(ANSWERS.0);
    let (mut parts, mut rest) = (Vec::new(), &samples[..]);
    while rest.len() >= least {
        let largest = rest[least - 1].x[1];
        let mut end = rest.partition_point(|sample| sample.x[1] <= largest);
        if rest.len() - end < least {
            end = rest.len();
        }
        parts.push(Part::of(&rest[..end]));
        rest = &rest[end..];
    }
    parts
}

/// The least and the most rows of some answers, and by how much longer they take than the line says, as a share.
pub(super) type Bend = (f64, f64, f64);

/// The sizes of which answers are farthest off the line, if that is more than chance.
pub(super) fn bend(rows: &[Sample<2>], off: &[f64]) -> Option<Bend> {
    const QUARTERS: usize = 4;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| rows[*a].x[1].total_cmp(&rows[*b].x[1]));
    let part = |part: &[usize]| {
        // Weighted as the line is: of those that break the longer ones are missing.
        let all: f64 = part.iter().map(|i| rows[*i].weight).sum();
        let mean_of =
            |of: &dyn Fn(usize) -> f64| part.iter().map(|i| rows[*i].weight * of(*i)).sum::<f64>() / all;
        let mean = mean_of(&|i| off[i]);
        let variance = mean_of(&|i| (off[i] - mean) * (off[i] - mean));
        let sure = part.len() >= 8
            && mean.abs() > BEND
            && mean.abs() > 4.0 * libm::sqrt(variance / part.len() as f64);
        let edge = |at: Option<&usize>| at.map_or(0.0, |i| rows[*i].x[1]);
        sure.then(|| (edge(part.first()), edge(part.last()), mean))
    };
    let parts = order.chunks(rows.len().div_ceil(QUARTERS)).filter_map(part);
    parts.max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()))
}
