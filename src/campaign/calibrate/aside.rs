//! What answers are that lie far from the line of the others, where nobody knows how wide rows are:
//! requests that hang, or wide rows.
//!
//! They differ in what they have to do with rows. A request hangs whatever its rows, so that as
//! many of few rows do as of many. What a wide row takes longer goes with the rows: at few of them
//! it hides behind the overhead, and the widths of rows that are seen do not hang on how many there
//! are. Each of the two is a law that the log can refute; where it refutes neither, the intervals
//! hold both.

use super::line::{Far, Line, NORMAL, Sample, outlying};
use super::log::{Log, Outcome, Request};

/// A share of outliers that is no accident.
pub(super) const OUTLIERS_MANY: f64 = 0.05;
/// Answers far above the line by which they are judged (estimate); more are thinned out, as pairs
/// of them are compared.
const JUDGED_MAX: usize = 1_000;

/// Standard deviations beyond which nothing is chance.
const SURELY: f64 = 3.0;

/// What a log says of the bytes of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    Told,
    Missing,
    /// Those of every answer, whatever its rows, which tells no widths.
    Same,
}

impl Bytes {
    pub(super) fn of(log: &Log, answers: &[&Request]) -> Bytes {
        match answers.iter().all(|answer| answer.bytes == answers[0].bytes) {
            _ if !log.has_bytes => Bytes::Missing,
            true => Bytes::Same,
            false => Bytes::Told,
        }
    }

    /// What would tell widths, if anything can be logged that does.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Bytes::Told | Bytes::Same => "",
            Bytes::Missing => "; log `bytes`",
        }
    }
}

/// What the answers far above the line are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// There are none but of many rows and no farther than wide ones may be, or the log tells bytes
    /// and no width explains them.
    Known,
    /// None lies far above it, but noise does not explain some, and nothing shows that these have
    /// many rows: wide rows, or requests that hang for no longer than rows may take. They are kept.
    Near,
    /// As many of few rows as of many, and of few rows they take as much longer: requests that
    /// hang.
    Hangs,
    /// They have many rows, and what they take longer goes with these: wide rows. They are kept.
    Wide,
    /// Wide rows, but for some that take far more a row than those do; these alone are put aside.
    Farther,
    /// Neither alone.
    Both,
    /// The log does not tell.
    Unclear,
}

impl Cause {
    /// Whether answers far above the line leave its intervals open.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Cause::Wide | Cause::Farther | Cause::Both | Cause::Unclear)
    }

    /// Why what was put aside was, or may not be.
    pub(super) fn because(self, bytes: Bytes) -> String {
        let hint = bytes.hint();
        match self {
            Cause::Known | Cause::Near | Cause::Wide => String::new(),
            Cause::Hangs => {
                "; those of few rows do, too, which wide rows would not do: requests that hang, or of another kind"
                    .to_owned()
            }
            Cause::Both => format!(
                "; neither requests that hang nor far wider rows explain all of them, so the intervals hold the line with them, too{hint}"
            ),
            Cause::Farther | Cause::Unclear => format!(
                "; requests that hang, or far wider rows: the intervals reach up to the line with them, too{hint}"
            ),
        }
    }
}

/// What outliers hold that were put aside.
pub(super) struct Outliers {
    /// Their share of the time of all answers.
    pub(super) held: f64,
    /// By how much the mean answer takes longer with them, as a share.
    pub(super) longer: f64,
    /// Half of the interval of the mean answer, as a share.
    pub(super) open: f64,
    /// What those far above the line are.
    pub(super) cause: Cause,
    pub(super) bytes: Bytes,
}

/// The answers that the line goes without.
pub(super) struct Aside {
    pub(super) out: Vec<bool>,
    /// Those far above the line, put aside or not.
    pub(super) above: Vec<bool>,
    pub(super) cause: Cause,
}

impl Aside {
    /// Those that noise does not explain, of a log that tells bytes.
    pub(super) fn of_known(far: &Far) -> Aside {
        Aside { out: far.by_noise(), above: Vec::new(), cause: Cause::Known }
    }

    /// Those of `samples` that neither noise nor widths explain; `seen` seconds are the longest
    /// that an answer may take in this log.
    pub(super) fn of_unknown(far: &Far, samples: &[Sample<2>], seen: f64) -> Aside {
        let far_off = far.by_noise_and_widths();
        let above: Vec<bool> = far_off.iter().enumerate().map(|(n, off)| *off && far.is_above(n)).collect();
        let others: Vec<Sample<2>> =
            samples.iter().zip(&far_off).filter_map(|(sample, off)| (!off).then_some(*sample)).collect();
        let high: Vec<usize> = (0..above.len()).filter(|n| above[*n]).collect();
        let noise = far.by_noise();
        let noisy: Vec<usize> = (0..noise.len()).filter(|n| noise[*n] && far.is_above(*n)).collect();
        let line = Line::through(&others);
        let mut cause = match &line {
            _ if noisy.is_empty() => Cause::Known,
            _ if high.is_empty() && many_rows(samples, &noisy) > NORMAL => Cause::Known,
            _ if high.is_empty() => Cause::Near,
            None => Cause::Unclear,
            Some(line) => cause(line, samples, &high, [far.beyond(), seen]),
        };
        let mut aside = above.clone();
        if let (Cause::Wide, Some(line)) = (cause, line) {
            aside.fill(false);
            let a_row =
                |n: usize| libm::log((samples[n].y - line.coefficients[0].max(0.0)) / samples[n].x[1]);
            let farther = outlying(&high.iter().map(|n| a_row(*n)).collect::<Vec<_>>());
            high.iter().zip(farther).for_each(|(n, farther)| aside[*n] = farther);
        }
        if cause == Cause::Wide && aside.contains(&true) {
            cause = Cause::Farther;
        }
        // Requests that hang for as long whatever their rows are not so far from the line where
        // these are many.
        if cause == Cause::Hangs && many_rows(samples, &noisy) <= NORMAL {
            noisy.iter().for_each(|n| aside[*n] = true);
        }
        // What is not seldom is no accident.
        let low = far_off.iter().zip(&above).filter(|(off, above)| **off && !**above).count();
        let seldom = low as f64 <= OUTLIERS_MANY * samples.len() as f64;
        let out = (0..samples.len()).map(|n| aside[n] || far_off[n] && !above[n] && seldom).collect();
        Aside { out, above, cause }
    }
}

/// Seconds beyond which answers are missing from a log: the shortest timeout, and the time between
/// failures.
pub(super) fn seen(log: &Log, rate: f64) -> f64 {
    let timeouts = log.requests.iter().filter(|r| r.outcome == Outcome::TimedOut && r.timed);
    timeouts.map(|request: &Request| request.duration).fold(1.0 / rate, f64::min)
}

fn cause(line: &Line<2>, samples: &[Sample<2>], above: &[usize], within: [f64; 2]) -> Cause {
    let off = many_rows(samples, above);
    match rows_do_not(line, samples, above, within) {
        // Some of them hang: that others do not takes more than one log in forty.
        true if off > SURELY => Cause::Both,
        true => Cause::Hangs,
        false if off > NORMAL => Cause::Wide,
        false => Cause::Unclear,
    }
}

/// Whether the samples `above` have more rows than others, beyond chance.
pub(super) fn go_with_rows(samples: &[Sample<2>], above: &[usize]) -> bool {
    !above.is_empty() && many_rows(samples, above) > SURELY
}

/// By how many standard deviations more of the samples `above` have many rows than have of any as
/// many (Mann and Whitney 1947).
pub(super) fn many_rows(samples: &[Sample<2>], above: &[usize]) -> f64 {
    let mut rows: Vec<f64> = samples.iter().map(|sample| sample.x[1]).collect();
    rows.sort_by(f64::total_cmp);
    let all = rows.len() as f64;
    // Twice the mean rank from 0 of equal values.
    let twice =
        |value: f64| rows.partition_point(|row| *row < value) + rows.partition_point(|row| *row <= value) - 1;
    let from_mean = |value: f64| twice(value) as f64 / 2.0 - (all - 1.0) / 2.0;
    let spread = rows.iter().map(|row| from_mean(*row) * from_mean(*row)).sum::<f64>() / all;
    let n = above.len() as f64;
    let off: f64 = above.iter().map(|i| from_mean(samples[*i].x[1])).sum();
    // Of n drawn from all without putting back.
    let deviation = libm::sqrt(n * spread * (all - n) / (all - 1.0).max(1.0));
    if deviation > 0.0 { off / deviation } else { 0.0 }
}

/// Whether rows of the answers `above` would be the wider the fewer they are, beyond chance. What
/// an answer has to take to lie above the line hides narrow rows where they are few, and what it
/// may take at most wide ones where they are many, so that two answers compare only if each would
/// have been seen with the other's rows (Efron and Petrosian 1992).
fn rows_do_not(line: &Line<2>, samples: &[Sample<2>], above: &[usize], [least, most]: [f64; 2]) -> bool {
    let [overhead, row] = line.coefficients.map(|cost| cost.max(0.0));
    let says = |rows: f64| overhead + row * rows;
    let every = above.len().div_ceil(JUDGED_MAX);
    // Rows, and what one takes.
    let wide: Vec<[f64; 2]> = above
        .iter()
        .step_by(every)
        .map(|i| samples[*i])
        .map(|sample| [sample.x[1], (sample.y - overhead) / sample.x[1].max(f64::MIN_POSITIVE)])
        .collect();
    let least = above.iter().map(|i| samples[*i].y / says(samples[*i].x[1])).fold(least, f64::min);
    let (mut sum, mut variance) = (0.0, 0.0);
    for [rows, took] in &wide {
        let compares = |[more_rows, more]: &&[f64; 2]| {
            more > took
                && overhead + took * more_rows >= least * says(*more_rows)
                && overhead + more * rows <= most
        };
        let (mut n, mut rank) = (0.0, 0.0);
        for [of_wider, _] in wide.iter().filter(compares) {
            n += 1.0;
            rank += if of_wider < rows {
                1.0
            } else if of_wider > rows {
                -1.0
            } else {
                0.0
            };
        }
        // A rank among n others is as likely as another.
        sum += rank;
        variance += n * (n + 2.0) / 3.0;
    }
    sum > NORMAL * libm::sqrt(variance)
}
