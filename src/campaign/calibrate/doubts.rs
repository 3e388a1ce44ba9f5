//! Checks of a log: does it mix kinds of requests, and does it have enough sizes?

use std::collections::BTreeMap;

use super::fit::{Fit, PARTS, Response, says};
use super::log::Log;
use crate::base::Span;
use crate::render::calibrate::{Calibration, Code, count, percent};

/// In standard errors. It is high, because dozens of columns and sizes are tested.
const SURE: f64 = 4.0;
const MIXED: f64 = 0.15;
/// The share of the noise from which on it counts as lasting levels, not as chance.
const LASTING: f64 = 0.5;
const GROUP_MIN: usize = 12;
/// A response is of another size if it differs from the median by this factor.
const OTHER_SIZE: f64 = 1.2;
const SIZES: f64 = 4.0;

/// A response in the fit, and its duration as a share of the fitted one.
struct Share<'a> {
    of: &'a Response,
    rows: f64,
    share: f64,
    count: f64,
}

/// Adds diagnoses from the deviations of responses; `sized` if the fit uses their sizes.
pub(super) fn doubts<'a>(
    found: &mut Calibration,
    log: &Log,
    responses: &'a [Response],
    fit: &Fit,
    sized: bool,
) {
    let counted = responses.iter().zip(&fit.counts).filter(|(r, count)| !r.timed_out && **count > 0.0);
    let share = |(of, count): (&'a Response, &f64)| {
        let x = of.x?;
        Some(Share { of, rows: x[1], share: of.took / says(&fit.costs, &x).max(1e-12), count: *count })
    };
    let kept: Vec<Share<'a>> = counted.filter_map(share).collect();
    let took: f64 = kept.iter().map(|kept| kept.of.took).sum();
    found.census.outliers = fit.trimmed as u64;
    found.census.duration_mean_ns = Span::from_secs_f64(took / f64::max(kept.len() as f64, 1.0));
    let (trimmed, all) = (fit.trimmed as f64, (kept.len() + fit.trimmed).max(1) as f64);
    found.say(fit.trimmed > 0, Code::Trimmed, [count(trimmed), percent(trimmed / all)]);
    if let Some((more, column)) = mixed(log, &kept, sized) {
        found.say(true, Code::Mixed, [column, percent(more)]);
    }
    let (levels, noise) = (levels(log, &kept), fit.costs[PARTS]);
    let last = levels > LASTING * noise * noise && levels > MIXED * MIXED;
    found.say(last, Code::Levels, [percent(libm::sqrt(levels))]);
}

/// The mean of duration / line, and its standard error, over clusters (Cochran 1977, §6.4).
fn off(members: &[&Share<'_>]) -> (f64, f64) {
    let all: f64 = members.iter().map(|one| one.count).sum();
    let mean = members.iter().map(|one| one.count * one.share).sum::<f64>() / all;
    let (mut units, mut single) = (BTreeMap::<usize, f64>::new(), 0.0);
    for one in members {
        let off = one.count * (one.share - mean);
        *units.entry(one.of.unit).or_default() += off;
        single += off * off;
    }
    let clusters: f64 = units.values().map(|off| off * off).sum();
    (mean, libm::sqrt(clusters.max(single)) / all)
}

/// The column whose values differ most in duration, beyond chance; size classes count as a column.
fn mixed(log: &Log, kept: &[Share<'_>], sized: bool) -> Option<(f64, String)> {
    let size = |one: &Share<'_>| libm::floor(SIZES * libm::log2(one.rows.max(1.0))) as u8;
    let sizes = sized.then(|| ("small and large responses".to_owned(), kept.iter().map(size).collect()));
    let of_column = |of: &[u8]| -> Vec<u8> { kept.iter().map(|one| of[one.of.at]).collect() };
    let columns = log.labels.iter().map(|(column, of)| (format!("responses by `{column}`"), of_column(of)));
    let differ = |(column, values): (String, Vec<u8>)| {
        let mut groups = BTreeMap::<u8, Vec<&Share<'_>>>::new();
        for (one, value) in kept.iter().zip(&values) {
            groups.entry(*value).or_default().push(one);
        }
        let many = groups.values().filter(|group| group.len() >= GROUP_MIN);
        let offs: Vec<(f64, f64)> = many.map(|group| off(group)).collect();
        let (low, low_error) = *offs.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
        let (high, high_error) = *offs.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        let more = high / low - 1.0;
        let sure = high - low > SURE * low_error.max(high_error);
        (sure && more > MIXED).then_some((more, column))
    };
    columns.chain(sizes).filter_map(differ).max_by(|a, b| a.0.total_cmp(&b.0))
}

/// The variance of levels that persist from one request of a device to the next, as with several
/// networks: the covariance of successive responses.
fn levels(log: &Log, kept: &[Share<'_>]) -> f64 {
    let mut last = log.of_devices(None::<(f64, f64)>);
    let (mut covariance, mut pairs) = (0.0, 0.0);
    for one in kept {
        let (request, off) = (&log.requests[one.of.at], one.share - 1.0);
        let last = &mut last[request.device as usize];
        if let Some((_, before)) = last.filter(|(end, _)| request.start - end < one.of.took) {
            (covariance, pairs) = (covariance + off * before, pairs + 1.0);
        }
        *last = Some((request.start + one.of.took, off));
    }
    covariance / f64::max(pairs, 1.0)
}

/// The rows of the median response, and the number of responses of other sizes.
pub(super) struct Sizes {
    pub(super) middle: f64,
    pub(super) others: usize,
}

impl Sizes {
    pub(super) fn of(responses: &[Response]) -> Sizes {
        let known = responses.iter().filter(|r| !r.timed_out).filter_map(|r| r.x);
        let mut rows: Vec<f64> = known.map(|x| x[1]).collect();
        rows.sort_by(f64::total_cmp);
        let middle = rows.get(rows.len() / 2).copied().unwrap_or_default();
        let other = |r: &&f64| **r * OTHER_SIZE < middle || **r > OTHER_SIZE * middle;
        Sizes { middle, others: rows.iter().filter(other).count() }
    }
}

/// The clock resolution in seconds, if nearly all durations are multiples of it.
pub(super) fn clock_step(responses: &[Response]) -> f64 {
    const STEPS: [f64; 7] = [1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01];
    let whole = |step: &f64| {
        let on = |r: &&Response| (r.took / step - libm::round(r.took / step)).abs() < 1e-6;
        responses.iter().filter(on).count() * 10 >= responses.len() * 9
    };
    STEPS.into_iter().find(whole).unwrap_or_default()
}
