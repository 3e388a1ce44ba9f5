//! Finds the best setting of a series, and the certainty of this finding.
//!
//! Noise is the random difference between seeds. The price of a setting is a form of its figure in
//! which lower is better. The cost of a setting is its price divided by the price of the best
//! setting.

use super::objective::Objective;
use super::point::Point;
use crate::stats::{SEEDS_MIN, interval_of_mean, worse_beyond_noise};

/// The finding for a series of settings. The numbers are indices of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub best: usize,
    /// The first and the last setting that are as good as the best within the noise; `None` with
    /// too few seeds.
    pub noise: Option<(usize, usize)>,
    /// The flat region: the range of settings around the best with a cost of at most `FLAT`.
    pub flat: (usize, usize),
    /// All settings that are as good as the best within the noise; `None` with too few seeds.
    pub as_good: Option<Vec<usize>>,
    /// All settings with a cost of at most `FLAT`.
    pub near: Vec<usize>,
}

impl Finding {
    /// The settings just outside the noise range. If the curve has one minimum, the optimum lies
    /// between them. `None` stands for the end of the list of `settings`.
    pub fn between(&self, settings: usize) -> Option<[Option<usize>; 2]> {
        let (first, last) = self.noise?;
        Some([first.checked_sub(1), Some(last + 1).filter(|i| *i < settings)])
    }
}

/// A setting with at most this cost is as good as the best in practice.
pub(crate) const FLAT: f64 = 1.03;
/// A setting needs no more seeds if its cost exceeds this factor under each of the first seeds.
pub const FAR: f64 = 1.15;
/// Finds the best setting; `None` if all are excluded or the objective has no better direction.
pub(super) fn find(points: &[Point<'_>], objective: &Objective) -> Option<Finding> {
    if !objective.ranks() {
        return None;
    }
    let costs = costs(points)?;
    let known = || costs.iter().enumerate().filter_map(|(i, cost)| Some((i, (*cost)?)));
    let best = known().min_by(|a, b| a.1.total_cmp(&b.1))?.0;
    let near = near(points, best);
    let flat = around(best, costs.len(), |i| near.contains(&i));
    let enough = points[best].prices.len() >= SEEDS_MIN;
    let as_good = enough.then(|| -> Vec<usize> {
        let good =
            |i: &usize| *i == best || !worse_beyond_noise(&pairs(&points[*i], &points[best]), *i as u64);
        known().map(|(i, _)| i).filter(good).collect()
    });
    let noise = as_good.as_ref().map(|good| {
        // If the sweep was stopped early, a setting that did not run is not a bound.
        let open = |i: usize| points[i].is_unknown() || good.contains(&i);
        let (first, last) = around(best, costs.len(), open);
        (first.min(good[0]), last.max(good[good.len() - 1]))
    });
    Some(Finding { best, noise, flat, as_good, near })
}

pub(crate) fn near(points: &[Point<'_>], best: usize) -> Vec<usize> {
    let costs = costs(points).unwrap_or_default();
    let is_near = |i: &usize| *i == best || costs[*i].is_some_and(|cost| cost <= FLAT);
    (0..costs.len()).filter(is_near).collect()
}

/// The cost of each setting as a factor of the best; `None` for an excluded setting.
pub fn costs(points: &[Point<'_>]) -> Option<Vec<Option<f64>>> {
    let prices: Vec<Option<f64>> = points.iter().map(Point::candidate).collect();
    let best = prices.iter().flatten().copied().min_by(f64::total_cmp)?;
    let cost = |price: f64| match best {
        0.0 if price > 0.0 => f64::INFINITY,
        0.0 => 1.0,
        _ => price / best,
    };
    Some(prices.iter().map(|price| price.map(cost)).collect())
}

fn around(best: usize, len: usize, as_good: impl Fn(usize) -> bool) -> (usize, usize) {
    let first = (0..best).rev().take_while(|&i| as_good(i)).last().unwrap_or(best);
    let last = (best + 1..len).take_while(|&i| as_good(i)).last().unwrap_or(best);
    (first, last)
}

/// True if chance can explain why `point` costs more than `best`. With too few seeds, it is true
/// unless each seed costs more than the factor [`FAR`]. False if `best` has too few seeds.
pub(crate) fn may_be_luck(point: &Point<'_>, best: &Point<'_>, position: u64) -> bool {
    let pairs = pairs(point, best);
    let far = !pairs.is_empty() && pairs.iter().all(|(here, there)| *here > there * FAR);
    best.prices.len() >= SEEDS_MIN
        && if pairs.len() < SEEDS_MIN { !far } else { !worse_beyond_noise(&pairs, position) }
}

pub(super) fn pairs(one: &Point<'_>, other: &Point<'_>) -> Vec<(f64, f64)> {
    one.prices.iter().filter_map(|(seed, price)| Some((*price, *other.prices.get(seed)?))).collect()
}

/// The 95 % interval of the mean figure, the smaller end first; `None` with too few seeds.
pub fn figure_between(point: &Point<'_>, objective: &Objective, position: u64) -> Option<(f64, f64)> {
    let prices: Vec<f64> = point.prices.values().copied().collect();
    let (a, b) = interval_of_mean(&prices, position)?;
    let (a, b) = (objective.figure(a), objective.figure(b));
    Some((a.min(b).max(0.0), a.max(b).min(objective.most())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Distribution, NEVER, Unit};
    use crate::record::{CellRecord, Verdict};

    fn point(prices: &[f64]) -> Point<'static> {
        let named = ["1", "2", "3", "4", "5", "6", "7", "8"].into_iter().zip(prices.iter().copied());
        Point { prices: named.collect(), ..Point::default() }
    }
    #[test]
    fn what_costs_far_more_under_each_of_too_few_seeds_is_no_luck() {
        let luck = |here: &[f64], best: &[f64]| may_be_luck(&point(here), &point(best), 0);
        assert!(!luck(&[1.2, 1.3], &[1.0; 8]));
        assert!(luck(&[1.1, 1.3], &[1.0; 8]));
        assert!(luck(&[1.1, 1.3, 0.9], &[1.0; 8]) && !luck(&[1.1, 1.15, 1.2], &[1.0; 8]));
        assert!(luck(&[], &[1.0; 8]) && !luck(&[1.1, 1.3], &[1.0; 2]), "nothing is known of luck");
    }
    #[test]
    fn a_setting_of_which_a_wait_never_ended_ranks_last() {
        const S: u64 = 1_000_000_000;
        let objective: Objective = "engine.write_acknowledged.duration:p95".parse().unwrap();
        let cells = [[9 * S, 9 * S, 9 * S], [S, S, NEVER], [S, NEVER, NEVER]].map(|waits| {
            let cell = |(seed, wait): (u64, u64)| {
                let mut cell = CellRecord { verdict: Verdict::Pass, ..CellRecord::default() };
                cell.seed = seed.to_string();
                let mut observed = Distribution::default();
                if wait == NEVER {
                    observed.observe_never(2 * S)
                } else {
                    observed.observe(wait)
                }
                cell.metrics.insert(objective.metric.clone().into(), observed.figure(Unit::Ns));
                cell
            };
            [1, 2, 3].into_iter().zip(waits).map(cell).collect::<Vec<_>>()
        });
        let points = ["slow", "lossy", "lossier"].into_iter().zip(&cells);
        let points: Vec<Point<'_>> =
            points.map(|(name, cells)| Point::new(name, cells.iter().collect(), &objective)).collect();
        assert_eq!(find(&points, &objective).unwrap().best, 0);
        assert!(points[0].price() < points[1].price() && points[1].price() < points[2].price());
        let figures: Vec<Option<u64>> = points.iter().map(|point| point.figure(&objective)).collect();
        assert_eq!(figures, [Some(9 * S), Some(NEVER), Some(NEVER)]);
        let censored = points[1].censored(&objective).unwrap();
        assert_eq!((censored.never, censored.of, censored.waited), (1, 3, 2 * S));
    }
    #[test]
    fn no_interval_of_a_share_reaches_beyond_the_whole() {
        let share: Objective = "engine.syncs.good_share".parse().unwrap();
        let prices = [1e6, 1e6, 2e5].map(|of_whole| 2e6 - of_whole);
        let (low, high) = figure_between(&point(&prices), &share, 0).unwrap();
        assert!((0.0..2e5).contains(&low) && high == 1e6, "{low} {high}");
    }
}
