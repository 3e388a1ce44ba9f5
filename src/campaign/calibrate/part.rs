//! What answers of about as many rows took, size by size: what a log shows of chunks without a
//! line.
//!
//! A window of so many answers slides along the sizes, so that some end wherever costs jump. Noise
//! is taken to be the same share of every duration, so that all sizes together tell it: few answers
//! tell their own badly.

use super::line::Sample;

/// A window has a 16th of the answers that are no full pages, less where each has a hundred, and no
/// fewer than five (estimates).
const PARTS: (usize, usize) = (16, 32);
const ANSWERS: (usize, usize) = (5, 100);
/// A window starts so many times before the next that shares no answer with it.
const STEPS: usize = 4;
/// A window of so many answers or more has no answers of more than so many times the rows of its
/// first (estimates).
const ENOUGH: usize = 12;
const WIDE: f64 = 1.25;
/// Answers with so many times as many rows, or as few, tell what a chunk costs.
const NEAR: f64 = 1.2;
/// How many times as many rows the next size of a log may have, and what lies between is taken for
/// known.
const GAP: f64 = 2.5;
/// A line that says less than this share of the mean duration says nothing.
const FLOOR: f64 = 1e-3;

/// Answers of about as many rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// The least and the most rows.
    pub(super) rows: (f64, f64),
    /// Mean rows.
    pub(super) mean: f64,
    /// Mean seconds, and their standard error.
    pub(super) took: (f64, f64),
    pub(super) answers: usize,
    /// Seconds by which a coarse clock may have all of them too short.
    slack: f64,
}

impl Part {
    /// Seconds a row with what breaks at `rate` a second, and their standard error.
    pub(super) fn a_row(&self, rate: f64) -> (f64, f64) {
        let (took, error) = self.took;
        (a_row(took, self.mean, rate), error * libm::exp(rate * took) / self.mean)
    }

    /// Seconds a row by which it is compared with others: no clock has a brief answer look cheap.
    pub(super) fn a_row_at_most(&self, rate: f64) -> f64 {
        a_row(self.took.0 + self.slack, self.mean, rate)
    }
}

/// Seconds a row of answers of `rows` that take `took`, with what breaks at `rate` a second: the
/// restart law of `theory::chunk`.
pub(super) fn a_row(took: f64, rows: f64, rate: f64) -> f64 {
    let again = if rate > 0.0 { libm::expm1(rate * took) / rate } else { took };
    again / rows
}

/// The sizes of a log.
pub(super) struct Parts {
    /// By mean rows; empty of too few answers to tell one from another.
    pub(super) all: Vec<Part>,
    /// How many answers besides means tell noise.
    pub(super) freedom: f64,
    /// How many answers have fewer rows than those of the last part.
    pub(super) others: usize,
    /// Rows of all answers, ascending.
    rows: Vec<f64>,
    /// The most rows of answers that take less than a step of their clock.
    pub(super) short: Option<f64>,
}

impl Parts {
    /// Those of the samples that have rows, with whether they were put aside, of which a line
    /// `says` what they take. Each is told to half a `step`, all of them off alike, and sizes of
    /// which the line says less than one are no parts.
    pub(super) fn of(samples: &[(Sample<2>, bool)], says: impl Fn(&Sample<2>) -> f64, step: f64) -> Parts {
        let mut samples: Vec<(Sample<2>, bool)> =
            samples.iter().filter(|(sample, _)| sample.x[1] > 0.0).copied().collect();
        samples.sort_by(|(a, _), (b, _)| a.x[1].total_cmp(&b.x[1]));
        let rows = samples.iter().map(|(sample, _)| sample.x[1]).collect();
        let is_short = |(sample, _): &(Sample<2>, bool)| says(sample) < step;
        let short = samples.iter().rfind(|sample| is_short(sample)).map(|(sample, _)| sample.x[1]);
        samples.retain(|sample| !is_short(sample));
        let least = window(&samples);
        let windows = windows(&samples, least);
        let mut all: Vec<Part> = windows.iter().map(|(from, to)| part(&samples[*from..*to], &says)).collect();
        let others = windows.last().map_or(samples.len(), |(from, _)| *from);
        even(&mut all);
        for part in &mut all {
            (part.took.1, part.slack) = (libm::hypot(part.took.1, step / 2.0), step / 2.0);
        }
        all.sort_by(|a, b| a.mean.total_cmp(&b.mean));
        Parts { all, freedom: (others - others / least) as f64, others, rows, short }
    }

    /// The next size above `rows`.
    pub(super) fn above(&self, rows: f64) -> Option<f64> {
        self.rows.get(self.rows.partition_point(|size| *size <= rows)).copied()
    }

    /// Two sizes far apart with none between them, if `rows` lies there or next to one of them.
    pub(super) fn gap(&self, rows: f64) -> Option<(f64, f64)> {
        let is_near = |(fewer, more): &(f64, f64)| rows * NEAR >= *fewer && rows <= NEAR * more;
        let gaps =
            self.rows.windows(2).map(|pair| (pair[0], pair[1])).filter(|(fewer, more)| *more > GAP * fewer);
        gaps.filter(is_near).max_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)))
    }

    pub(super) fn nearest(&self, rows: f64) -> &Part {
        // Far beyond all of them no difference is left.
        let rows = self.all.last().map_or(rows, |part| rows.min(part.mean));
        let far = |part: &&Part| (part.mean - rows).abs();
        self.all.iter().min_by(|a, b| far(a).total_cmp(&far(b))).expect("there is one")
    }

    /// A part of `rows` on average, on the way from the last of fewer to the first of more.
    pub(super) fn between(&self, rows: f64) -> Part {
        let i = self.all.partition_point(|part| part.mean < rows);
        let [Some(fewer), Some(more)] = [i.checked_sub(1), Some(i)].map(|i| self.all.get(i?)) else {
            return *self.nearest(rows);
        };
        let way = (rows - fewer.mean) / (more.mean - fewer.mean);
        let on = |a: f64, b: f64| a + way * (b - a);
        let error = libm::hypot((1.0 - way) * fewer.took.1, way * more.took.1);
        Part { mean: rows, took: (on(fewer.took.0, more.took.0), error), ..*more }
    }
}

/// How many answers a window has: of those of sizes that are no page, which most have or many, with
/// a window to itself.
fn window(samples: &[(Sample<2>, bool)]) -> usize {
    let of = |answers: usize| (answers / (answers / ANSWERS.1).clamp(PARTS.0, PARTS.1)).max(ANSWERS.0);
    let sizes: Vec<usize> =
        samples.chunk_by(|(a, _), (b, _)| a.x[1] == b.x[1]).map(<[(Sample<2>, bool)]>::len).collect();
    let Some((_, tails)) = sizes.split_last() else { return ANSWERS.0 };
    let many = of(tails.iter().sum());
    of(tails.iter().filter(|answers| **answers < many).sum())
}

/// Where windows of `least` answers begin and end in samples by size. Those of one size lie in one
/// window, which they have to themselves if they are as many.
fn windows(samples: &[(Sample<2>, bool)], least: usize) -> Vec<(usize, usize)> {
    let rows = |i: usize| samples[i].0.x[1];
    let end = |i: usize| i + samples[i..].partition_point(|(sample, _)| sample.x[1] <= rows(i));
    let (mut windows, mut from) = (Vec::new(), 0);
    while from < samples.len() {
        let (mut to, mut is_one) = (end(from), true);
        let is_wide = |to: usize| to - from >= ENOUGH && rows(to) > WIDE * rows(from);
        while to - from < least && to < samples.len() && end(to) - to < least && !is_wide(to) {
            (to, is_one) = (end(to), false);
        }
        if to - from >= least.min(ENOUGH) {
            windows.push((from, to));
        }
        let step = if is_one { to - from } else { (to - from).min(least) / STEPS };
        let last = (from + step.max(1) - 1).min(samples.len() - 1);
        // It does not step over the beginning of a size.
        let begin = samples.partition_point(|(sample, _)| sample.x[1] < rows(last));
        from = if begin > from { begin } else { end(last) };
    }
    windows
}

fn part(samples: &[(Sample<2>, bool)], says: impl Fn(&Sample<2>) -> f64) -> Part {
    // Where most answers of a size lie far from the line, that is what the size costs.
    let most = 2 * samples.iter().filter(|(_, aside)| *aside).count() > samples.len();
    let samples: Vec<Sample<2>> =
        samples.iter().filter(|(_, aside)| most || !aside).map(|(sample, _)| *sample).collect();
    let all: f64 = samples.iter().map(|sample| sample.weight).sum();
    let mean = |of: &dyn Fn(&Sample<2>) -> f64| {
        samples.iter().map(|sample| sample.weight * of(sample)).sum::<f64>() / all
    };
    let took = mean(&|sample| sample.y);
    // What the line says of more rows is no noise.
    let share = |sample: &Sample<2>| sample.y / says(sample).max(FLOOR * took);
    let shares = mean(&share);
    let variance = mean(&|sample| (share(sample) / shares - 1.0) * (share(sample) / shares - 1.0));
    let n = samples.len();
    Part {
        rows: (samples[0].x[1], samples[n - 1].x[1]),
        mean: mean(&|sample| sample.x[1]),
        took: (took, took * libm::sqrt(variance / (n - 1) as f64)),
        answers: n,
        slack: 0.0,
    }
}

/// Has none of `parts` surer of its mean than the noise of all but the last, which may be of full
/// pages, lets it be.
fn even(parts: &mut [Part]) {
    let Some((_, others)) = parts.split_last() else { return };
    let noise = |part: &Part| part.answers as f64 * (part.took.1 / part.took.0) * (part.took.1 / part.took.0);
    let mean = others.iter().map(noise).sum::<f64>() / others.len().max(1) as f64;
    for part in parts {
        let (took, error) = part.took;
        part.took.1 = error.max(took * libm::sqrt(mean / part.answers as f64));
    }
}
