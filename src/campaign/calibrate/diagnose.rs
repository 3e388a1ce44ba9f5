//! What speaks against a log's figures: the measures behind the table of diagnostics
//! (`report/calibrate/record.rs`).

use super::failures::Before;
use super::fit::{Fit, Response, says};
use super::request::{Labels, Log};
use crate::render::calibrate::{Code, Diagnosis};

/// Three standard errors and a bit: one in a thousand by chance.
pub(super) const SURE: f64 = 3.3;
/// A dozen columns and more are looked at.
pub(super) const SURE_OF_MANY: f64 = 4.0;
pub(super) const BENT: f64 = 0.1;
const SLOW_START: f64 = 0.05;
const PAUSE: f64 = 30.0;
const MIXED: f64 = 0.15;
/// Of the noise, more of which is a level and no luck.
const LASTING: f64 = 0.5;
const GROUP_MIN: usize = 12;
const BINS: usize = 12;
/// A size that differs from the middle one by so many times is another.
const OTHER_SIZE: f64 = 1.2;
/// So many responses of other sizes are needed.
pub(super) const OTHERS_MIN: usize = 10;

/// How far some responses lie off the line: the mean of duration / line, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Off {
    pub(super) share: f64,
    pub(super) error: f64,
    pub(super) responses: usize,
}

impl Off {
    fn beyond(&self, other: f64, sure: f64) -> bool {
        (self.share - other).abs() > sure * self.error
    }
}

/// Those of the responses for which `of` holds; units are alike in themselves (a ratio of sums over
/// clusters; Cochran 1977, §6.4).
pub(super) fn off(responses: &[Response], fit: &Fit, of: impl Fn(usize) -> bool) -> Option<Off> {
    let kept = || (0..responses.len()).filter(|n| fit.counts[*n] > 0.0 && of(*n));
    let share = |n: usize| {
        let r = &responses[n];
        r.took / says(&fit.line, r.rows, r.bytes).max(1e-12)
    };
    let all: f64 = kept().map(|n| fit.counts[n]).sum();
    let mean = kept().map(|n| fit.counts[n] * share(n)).sum::<f64>() / all;
    let mut units = vec![0.0; fit.sums.len()];
    let mut single = 0.0;
    for n in kept() {
        let off = fit.counts[n] * (share(n) - mean);
        units[responses[n].unit] += off;
        single += off * off;
    }
    let clusters: f64 = units.iter().map(|off| off * off).sum();
    let responses = kept().count();
    // No surer than even noise lets it be.
    let even = mean * fit.noise / libm::sqrt(responses as f64);
    let error = libm::sqrt(clusters.max(single)).max(0.0) / all;
    (responses > 1).then(|| Off { share: mean, error: error.max(even), responses })
}

/// Responses of sizes next to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bin {
    /// The least and the most rows.
    pub(super) rows: (f64, f64),
    pub(super) mean: f64,
    pub(super) took: f64,
    /// Of the time, as a share of it.
    pub(super) error: f64,
    off: Off,
}

/// The sizes of a log, about a dozen; a size that many responses have is one by itself.
pub(super) fn bins(responses: &[Response], fit: &Fit) -> Vec<Bin> {
    let mut order: Vec<usize> = (0..responses.len()).filter(|n| fit.counts[*n] > 0.0).collect();
    order.sort_by(|a, b| responses[*a].rows.total_cmp(&responses[*b].rows));
    let least = (order.len() / BINS).max(GROUP_MIN);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for size in order.chunk_by(|a, b| responses[*a].rows == responses[*b].rows) {
        match groups.last_mut() {
            Some(last) if last.len() < GROUP_MIN || last.len() < least && size.len() < least => {
                last.extend(size);
            }
            _ => groups.push(size.to_vec()),
        }
    }
    let bin = |group: &Vec<usize>| {
        let inside: std::collections::BTreeSet<usize> = group.iter().copied().collect();
        let all: f64 = group.iter().map(|n| fit.counts[*n]).sum();
        let mean = |of: &dyn Fn(&Response) -> f64| {
            group.iter().map(|n| fit.counts[*n] * of(&responses[*n])).sum::<f64>() / all
        };
        let off = off(responses, fit, |n| inside.contains(&n))?;
        let rows = (responses[group[0]].rows, responses[group[group.len() - 1]].rows);
        let (took, rows_mean) = (mean(&|r| r.took), mean(&|r| r.rows));
        Some(Bin { rows, mean: rows_mean, took, error: off.error / off.share, off })
    };
    groups.iter().filter(|group| group.len() >= GROUP_MIN).filter_map(bin).collect()
}

/// The sizes that lie farthest off the line, if that is beyond chance.
pub(super) fn bent(bins: &[Bin]) -> Option<Diagnosis> {
    let far = |bin: &&Bin| (bin.off.share - 1.0).abs() > BENT && bin.off.beyond(1.0, SURE);
    let size = |bin: &Bin| (bin.off.share - 1.0).abs();
    let worst = bins.iter().filter(far).max_by(|a, b| size(a).total_cmp(&size(b)))?;
    Some(Diagnosis::of(Code::Bent, [worst.mean, worst.off.share - 1.0]))
}

/// How much longer responses after a pause take, if that is beyond chance.
pub(super) fn slow_start(responses: &[Response], fit: &Fit, before: &[Before]) -> Option<Diagnosis> {
    let paused = |n: usize| after_pause(&before[responses[n].at]);
    let (after, others) = (off(responses, fit, paused)?, off(responses, fit, |n| !paused(n))?);
    let more = after.share / others.share - 1.0;
    let enough = after.responses.min(others.responses) >= GROUP_MIN;
    let sure = after.share - others.share > SURE * libm::hypot(after.error, others.error);
    (enough && sure && more > SLOW_START)
        .then(|| Diagnosis::of(Code::SlowStart, [more, after.responses as f64]))
}

pub(super) fn after_pause(before: &Before) -> bool {
    before.idle.is_some_and(|idle| idle >= PAUSE)
}

/// The column whose values differ most in what responses take, beyond chance.
pub(super) fn mixed(responses: &[Response], fit: &Fit, labels: &[Labels]) -> Option<Diagnosis> {
    let of_column = |labels: &Labels| {
        let offs: Vec<Off> = (0..labels.values.len())
            .filter_map(|value| off(responses, fit, |n| labels.of[responses[n].at] as usize == value))
            .filter(|off| off.responses >= GROUP_MIN)
            .collect();
        let low = offs.iter().min_by(|a, b| a.share.total_cmp(&b.share))?;
        let high = offs.iter().max_by(|a, b| a.share.total_cmp(&b.share))?;
        let more = high.share / low.share - 1.0;
        let sure = high.beyond(low.share, SURE_OF_MANY) && low.beyond(high.share, SURE_OF_MANY);
        (sure && more > MIXED).then(|| (more, labels.column.clone()))
    };
    let (more, name) = labels.iter().filter_map(of_column).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Diagnosis { name, ..Diagnosis::of(Code::Mixed, [more, 0.0]) })
}

/// The part of the noise's variance that stays from one request of a device to the next: the
/// covariance of responses that follow each other.
pub(super) fn stays(log: &Log, responses: &[Response], fit: &Fit) -> f64 {
    let mut last: Vec<Option<(f64, f64)>> = vec![None; log.devices.unwrap_or(1).max(1) as usize];
    let (mut covariance, mut pairs) = (0.0, 0.0);
    for (r, count) in responses.iter().zip(&fit.counts) {
        let request = &log.requests[r.at];
        let share = r.took / says(&fit.line, r.rows, r.bytes).max(1e-12) - 1.0;
        let last = &mut last[request.device as usize];
        if let Some((_, before)) = last.filter(|(end, _)| *count > 0.0 && request.start - end < r.took) {
            (covariance, pairs) = (covariance + share * before, pairs + 1.0);
        }
        *last = (*count > 0.0).then_some((request.end(), share));
    }
    (covariance / f64::max(pairs, 1.0)).clamp(0.0, fit.noise * fit.noise)
}

/// Levels that last: what several networks look like where no column tells them apart.
pub(super) fn levels(stays: f64, fit: &Fit) -> Option<Diagnosis> {
    let level = libm::sqrt(stays);
    let lasts = stays > LASTING * fit.noise * fit.noise && level > MIXED;
    lasts.then(|| Diagnosis::of(Code::Mixed, [level, 0.0]))
}

/// How many times as often transfers fail, by the closed form, whose tries take equally long.
///
/// Of noise that stays for the next try the longer transfers fail more often: E\[T\] is that of a
/// rate of λ(1 + cv²), to second order; of noise that is drawn again each time, of λ(1 − cv²). It is
/// no less than once.
pub(super) fn again(stays: f64, fit: &Fit) -> f64 {
    (1.0 + 2.0 * stays - fit.noise * fit.noise).clamp(1.0, 3.0)
}

/// How many responses have another size than most.
pub(super) fn other_sizes(responses: &[Response]) -> usize {
    let mut rows: Vec<f64> = responses.iter().map(|r| r.rows).collect();
    rows.sort_by(f64::total_cmp);
    let Some(middle) = rows.get(rows.len() / 2).copied() else { return 0 };
    let other = |r: &&f64| **r * OTHER_SIZE < middle || **r > OTHER_SIZE * middle;
    rows.iter().filter(other).count()
}

/// Seconds of a step of the clock, if nearly all durations are whole steps.
pub(super) fn clock_step(responses: &[Response]) -> f64 {
    const STEPS: [f64; 9] = [1.0, 0.5, 0.25, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005];
    let whole = |step: f64| {
        let on = |r: &&Response| (r.took / step - libm::round(r.took / step)).abs() < 1e-6;
        responses.iter().filter(on).count() * 10 >= responses.len() * 9
    };
    STEPS.into_iter().find(|step| whole(*step)).unwrap_or_default()
}
