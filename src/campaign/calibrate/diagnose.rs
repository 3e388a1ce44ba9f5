//! What speaks against a log's figures: the measures behind the table of diagnostics.

use std::collections::BTreeMap;

use super::fit::{Fit, Response, says};
use super::log::Log;
use crate::render::calibrate::{Code, Diagnosis};

/// Standard errors: dozens of columns and sizes are looked at.
pub(super) const SURE: f64 = 4.0;
const MIXED: f64 = 0.15;
/// Of the noise, more of which is a level and no luck.
const LASTING: f64 = 0.5;
const GROUP_MIN: usize = 12;
/// A size that differs from the middle one by so many times is another.
const OTHER_SIZE: f64 = 1.2;
const SIZES: f64 = 4.0;

/// The mean of duration / line, and its standard error, over clusters (Cochran 1977, §6.4).
fn off(responses: &[Response], fit: &Fit, members: &[usize]) -> (f64, f64) {
    let share = |n: usize| responses[n].took / says(&fit.line, &responses[n].x).max(1e-12);
    let all: f64 = members.iter().map(|n| fit.counts[*n]).sum();
    let mean = members.iter().map(|n| fit.counts[*n] * share(*n)).sum::<f64>() / all;
    let (mut units, mut single) = (BTreeMap::<usize, f64>::new(), 0.0);
    for n in members {
        let off = fit.counts[*n] * (share(*n) - mean);
        *units.entry(responses[*n].unit).or_default() += off;
        single += off * off;
    }
    let clusters: f64 = units.values().map(|off| off * off).sum();
    (mean, libm::sqrt(clusters.max(single)) / all)
}

/// The column whose values differ most in what responses take, beyond chance; sizes are one.
pub(super) fn mixed(log: &Log, responses: &[Response], fit: &Fit) -> Option<Diagnosis> {
    let size = |r: &Response| libm::floor(SIZES * libm::log2(r.x[1].max(1.0))) as u8;
    let sizes = ("rows", responses.iter().map(size).collect::<Vec<_>>());
    let columns =
        log.labels.iter().map(|(column, of)| (column.as_str(), responses.iter().map(|r| of[r.at]).collect()));
    let differ = |(column, values): (&str, Vec<u8>)| {
        let mut groups = BTreeMap::<u8, Vec<usize>>::new();
        for (n, value) in values.iter().enumerate().filter(|(n, _)| fit.counts[*n] > 0.0) {
            groups.entry(*value).or_default().push(n);
        }
        let many = groups.values().filter(|group| group.len() >= GROUP_MIN);
        let offs: Vec<(f64, f64)> = many.map(|group| off(responses, fit, group)).collect();
        let (low, low_error) = *offs.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
        let (high, high_error) = *offs.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        let more = high / low - 1.0;
        let sure = high - low > SURE * low_error.max(high_error);
        (sure && more > MIXED).then(|| (more, column.to_owned()))
    };
    let (more, name) = columns.chain([sizes]).filter_map(differ).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Diagnosis { name, ..Diagnosis::of(Code::Mixed, [more, 0.0]) })
}

/// Levels that last from one request of a device to the next, as of several networks. Their variance is
/// the covariance of responses that follow each other.
pub(super) fn levels(log: &Log, responses: &[Response], fit: &Fit) -> Option<Diagnosis> {
    let mut last = log.of_devices(None::<(f64, f64)>);
    let (mut covariance, mut pairs) = (0.0, 0.0);
    for (r, count) in responses.iter().zip(&fit.counts) {
        let request = &log.requests[r.at];
        let share = r.took / says(&fit.line, &r.x).max(1e-12) - 1.0;
        let last = &mut last[request.device as usize];
        if let Some((_, before)) = last.filter(|(end, _)| *count > 0.0 && request.start - end < r.took) {
            (covariance, pairs) = (covariance + share * before, pairs + 1.0);
        }
        *last = (*count > 0.0).then_some((request.start + r.took, share));
    }
    let variance = covariance / f64::max(pairs, 1.0);
    let lasts = variance > LASTING * fit.noise * fit.noise && variance > MIXED * MIXED;
    lasts.then(|| Diagnosis::of(Code::Levels, [libm::sqrt(variance), 0.0]))
}

pub(super) fn other_sizes(responses: &[Response]) -> usize {
    let mut rows: Vec<f64> = responses.iter().map(|r| r.x[1]).collect();
    rows.sort_by(f64::total_cmp);
    let Some(middle) = rows.get(rows.len() / 2).copied() else { return 0 };
    let other = |r: &&f64| **r * OTHER_SIZE < middle || **r > OTHER_SIZE * middle;
    rows.iter().filter(other).count()
}

/// Seconds of a step of the clock, if nearly all durations are whole steps.
pub(super) fn clock_step(responses: &[Response]) -> f64 {
    const STEPS: [f64; 7] = [1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01];
    let whole = |step: &f64| {
        let on = |r: &&Response| (r.took / step - libm::round(r.took / step)).abs() < 1e-6;
        responses.iter().filter(on).count() * 10 >= responses.len() * 9
    };
    STEPS.into_iter().find(whole).unwrap_or_default()
}
