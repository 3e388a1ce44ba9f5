//! The best setting of a series, and how sure that is.

use super::objective::Objective;
use super::series::{Point, Series};
use crate::base::{Seed, Stream};

/// What was found out about a series. Settings are named by their position on the first axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Finding {
    /// The best.
    pub(in super::super) best: usize,
    /// The first and the last setting that is no worse beyond the noise; `None` if there are too few seeds to tell. Where one between
    /// them is, luck is about: the optimum may lie on either side of it.
    pub(in super::super) noise: Option<(usize, usize)>,
    /// The settings around it that cost at most [`FLAT`] more, first and last.
    pub(in super::super) flat: (usize, usize),
}

impl Finding {
    /// The settings between which the optimum lies: those next to the ones that are as good within the noise, since a curve with one
    /// minimum has risen there. At an end of the `settings` there is none.
    pub(super) fn between(&self, settings: usize) -> Option<[Option<usize>; 2]> {
        let (first, last) = self.noise?;
        Some([first.checked_sub(1), Some(last + 1).filter(|i| *i < settings)])
    }
}

/// A setting within this factor of the best is as good for all practical purposes.
pub(super) const FLAT: f64 = 1.03;
/// Fewer seeds say nothing of the noise between them.
const SEEDS_MIN: usize = 3;
/// Resamples of the paired differences (Efron 1979).
const RESAMPLES: usize = 2_000;
/// Resamples for an interval that is drawn: its ends are seen to a pixel or two.
const RESAMPLES_DRAWN: usize = 400;
/// A setting is worse beyond the noise if it is in more than this share of the resamples: one side of a 95 % interval.
const CONFIDENCE: f64 = 0.975;

/// Finds the best setting of a series; `None` if no setting is a candidate or no figure is better than another.
pub(super) fn find(series: &Series<'_>, objective: &Objective) -> Option<Finding> {
    if !objective.ranks() {
        return None;
    }
    let costs = costs(series)?;
    let candidates = costs.iter().enumerate().filter_map(|(i, cost)| Some((i, (*cost)?)));
    let best = candidates.min_by(|a, b| a.1.total_cmp(&b.1))?.0;
    let flat = around(best, costs.len(), |i| costs[i].is_some_and(|cost| cost <= FLAT));
    let enough = series.points[best].prices.len() >= SEEDS_MIN;
    let noise = enough.then(|| {
        let as_good = |i: usize| {
            costs[i].is_some() && (i == best || !worse(&series.points[i], &series.points[best], i as u64))
        };
        // What did not run, as of a sweep that was cut short, bounds nothing.
        let (first, last) = around(best, costs.len(), |i| series.points[i].is_unknown() || as_good(i));
        let before = (0..first).find(|i| as_good(*i)).unwrap_or(best);
        let beyond = (last..costs.len()).rev().find(|i| as_good(*i)).unwrap_or(best);
        (first.min(before), last.max(beyond))
    });
    Some(Finding { best, noise, flat })
}

/// The settings that are as good as the best, wherever they stand: those within the noise (`None` of too few seeds), and those that cost
/// at most [`FLAT`] as much. Of words only this can be told: they have no order, and nothing lies between two of them.
pub(super) fn alike(series: &Series<'_>, finding: &Finding) -> (Option<Vec<usize>>, Vec<usize>) {
    let costs = costs(series).unwrap_or_default();
    let that = |good: &dyn Fn(usize, f64) -> bool| -> Vec<usize> {
        let known = costs.iter().enumerate().filter_map(|(i, cost)| Some((i, (*cost)?)));
        known.filter(|&(i, cost)| i == finding.best || good(i, cost)).map(|(i, _)| i).collect()
    };
    let best = &series.points[finding.best];
    let noise = finding.noise.map(|_| that(&|i, _| !worse(&series.points[i], best, i as u64)));
    (noise, that(&|_, cost| cost <= FLAT))
}

/// What each setting costs relative to the best, as a factor; `None` for what is no candidate. `None` if nothing is.
pub(super) fn costs(series: &Series<'_>) -> Option<Vec<Option<f64>>> {
    let prices: Vec<Option<f64>> = series.points.iter().map(Point::candidate).collect();
    let best = prices.iter().flatten().copied().min_by(f64::total_cmp)?;
    let cost = |price: f64| match best {
        0.0 if price > 0.0 => f64::INFINITY,
        0.0 => 1.0,
        _ => price / best,
    };
    Some(prices.iter().map(|price| price.map(cost)).collect())
}

/// From `best` to both sides as far as `as_good` holds without a break.
fn around(best: usize, len: usize, as_good: impl Fn(usize) -> bool) -> (usize, usize) {
    let first = (0..best).rev().take_while(|&i| as_good(i)).last().unwrap_or(best);
    let last = (best + 1..len).take_while(|&i| as_good(i)).last().unwrap_or(best);
    (first, last)
}

/// Whether `point` is worse than `best` beyond the noise: the bootstrap distribution of the mean paired difference, over the
/// seeds that both have.
fn worse(point: &Point<'_>, best: &Point<'_>, position: u64) -> bool {
    let pairs = point.prices.iter().filter_map(|(seed, price)| Some((price, best.prices.get(seed)?)));
    let differences: Vec<f64> = pairs.map(|(price, best)| price - best).collect();
    worse_beyond_noise(&differences, position)
}

/// Whether a setting is worse than another, by what it pays more with each seed that both have: in the bootstrap distribution of the
/// mean paired difference. `position` names the stream of the resamples. Of fewer than three seeds nothing is known.
pub fn worse_beyond_noise(differences: &[f64], position: u64) -> bool {
    if differences.len() < SEEDS_MIN {
        return false;
    }
    let mut stream = Seed(0).stream("report.sweep.bootstrap", position, 0);
    let worse = (0..RESAMPLES).filter(|_| resampled_sum(differences, &mut stream) > 0.0).count();
    worse as f64 > CONFIDENCE * RESAMPLES as f64
}

/// Between what the mean price of a setting lies with a confidence of 95 %, by the bootstrap; `None` of too few seeds.
pub(super) fn interval(point: &Point<'_>, position: u64) -> Option<(f64, f64)> {
    let prices: Vec<f64> = point.prices.values().copied().collect();
    if prices.len() < SEEDS_MIN {
        return None;
    }
    let mut stream = Seed(0).stream("report.sweep.interval", position, 0);
    let mut means: Vec<f64> =
        (0..RESAMPLES_DRAWN).map(|_| resampled_sum(&prices, &mut stream) / prices.len() as f64).collect();
    means.sort_by(f64::total_cmp);
    let tail = RESAMPLES_DRAWN / 40;
    Some((means[tail], means[RESAMPLES_DRAWN - 1 - tail]))
}

/// The same of the figure that people read, the smaller end first.
pub(in super::super) fn figure_between(
    point: &Point<'_>,
    objective: &Objective,
    position: u64,
) -> Option<(f64, f64)> {
    let (a, b) = interval(point, position)?;
    let (a, b) = (objective.figure(a), objective.figure(b));
    Some((a.min(b), a.max(b)))
}

fn resampled_sum(values: &[f64], stream: &mut Stream) -> f64 {
    values.iter().map(|_| *stream.pick(values)).sum()
}
