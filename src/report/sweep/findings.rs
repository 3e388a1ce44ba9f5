//! The best setting of a series, and how sure that is.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::objective::Objective;
use super::series::{Point, Series};
use crate::base::{Seed, Stream};

/// What was found out about a series. Settings are named by their position on the first axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Finding {
    /// The best.
    pub(in super::super) best: usize,
    /// The first and the last setting that is no worse beyond the noise; `None` if there are too
    /// few seeds to tell. Where one between them is, luck is about: the optimum may lie on either
    /// side of it.
    pub(in super::super) noise: Option<(usize, usize)>,
    /// The settings around it that cost at most [`FLAT`] more, first and last.
    pub(in super::super) flat: (usize, usize),
}

impl Finding {
    /// The settings between which the optimum lies: those next to the ones that are as good within
    /// the noise, since a curve with one minimum has risen there. At an end of the `settings` there
    /// is none.
    pub(super) fn between(&self, settings: usize) -> Option<[Option<usize>; 2]> {
        let (first, last) = self.noise?;
        Some([first.checked_sub(1), Some(last + 1).filter(|i| *i < settings)])
    }
}

/// A setting within this factor of the best is as good for all practical purposes.
pub(super) const FLAT: f64 = 1.03;
/// What costs so much more under each of the first seeds needs no more of them beside the best.
pub const FAR: f64 = 1.15;
/// Fewer seeds say nothing of the noise between them.
const SEEDS_MIN: usize = 3;
/// What differs by less than a hundredth of a percent, as by a digit more in a request or by how a
/// rate is rounded, does not differ.
const NOTHING: f64 = 1e-4;
/// Resamples of the paired differences (Efron 1979).
const RESAMPLES: usize = 2_000;
/// Resamples for an interval that is drawn: its ends are seen to a pixel or two.
const RESAMPLES_DRAWN: usize = 400;
/// A setting is worse beyond the noise if it is in more than this share of the resamples: one side
/// of a 95 % interval.
const CONFIDENCE: f64 = 0.975;

/// Finds the best setting of a series; `None` if no setting is a candidate or no figure is better
/// than another.
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

/// The settings that are as good as the best, wherever they stand: those within the noise (`None`
/// of too few seeds), and those that cost at most [`FLAT`] as much. Of words only this can be told:
/// they have no order, and nothing lies between two of them.
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

/// What each setting costs relative to the best, as a factor; `None` for what is no candidate.
/// `None` if nothing is.
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

/// Whether `point` is worse than `best` beyond the noise, over the seeds that both have.
fn worse(point: &Point<'_>, best: &Point<'_>, position: u64) -> bool {
    worse_beyond_noise(&pairs(point, best), position)
}

/// Whether `point` may be dearer than `best` by luck: it is not worse beyond the noise, or, where
/// it was run under too few of the seeds to tell, not [`FAR`] dearer under each. Where the best has
/// too few, nothing is known of luck.
pub(super) fn may_be_luck(point: &Point<'_>, best: &Point<'_>, position: u64) -> bool {
    let pairs = pairs(point, best);
    let far = !pairs.is_empty() && pairs.iter().all(|(here, there)| *here > there * FAR);
    best.prices.len() >= SEEDS_MIN
        && if pairs.len() < SEEDS_MIN { !far } else { !worse_beyond_noise(&pairs, position) }
}

/// What two settings pay with each seed that both have.
fn pairs(one: &Point<'_>, other: &Point<'_>) -> Vec<(f64, f64)> {
    one.prices.iter().filter_map(|(seed, price)| Some((*price, *other.prices.get(seed)?))).collect()
}

/// Whether a setting is worse than another, by what both pay with each seed that both have: the
/// ratios lie beyond one by Student's law of their logarithms (where something is zero, the
/// differences beyond zero), and the mean difference beyond zero in its bootstrap distribution. Of
/// few seeds the bootstrap alone is too sure of itself (Hesterberg 2015, "What teachers should know
/// about the bootstrap", §4.2); of many it minds the skewed ones. `position` names the stream of
/// the resamples. Of fewer than three seeds nothing is known.
pub fn worse_beyond_noise(pairs: &[(f64, f64)], position: u64) -> bool {
    let has_ratios = pairs.iter().all(|&(here, there)| here > 0.0 && there > 0.0);
    let ratio = |&(here, there): &(f64, f64)| libm::log(here / there);
    let differences: Vec<f64> = pairs.iter().map(|(here, there)| here - there).collect();
    let known = match has_ratios {
        true => mean_and_noise(&pairs.iter().map(ratio).collect::<Vec<_>>()),
        false => mean_and_noise(&differences),
    };
    if !known.is_some_and(|(mean, noise)| mean > noise && (!has_ratios || mean > NOTHING)) {
        return false;
    }
    let mut stream = Seed(0).stream("report.sweep.bootstrap", position, 0);
    let worse = (0..RESAMPLES).filter(|_| resampled_sum(&differences, &mut stream) > 0.0).count();
    worse as f64 > CONFIDENCE * RESAMPLES as f64
}

/// A mean, and how far it may be off with a confidence of 95 % by Student's law; `None` of too few
/// seeds.
fn mean_and_noise(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let law = StudentsT::new(0.0, 1.0, n - 1.0).ok().filter(|_| values.len() >= SEEDS_MIN)?;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    Some((mean, law.inverse_cdf(CONFIDENCE) * libm::sqrt(squares / (n - 1.0) / n)))
}

/// Between what the mean price of a setting lies with a confidence of 95 %, by Student's law or by
/// the bootstrap, whichever is wider; `None` of too few seeds.
pub(super) fn interval(point: &Point<'_>, position: u64) -> Option<(f64, f64)> {
    let prices: Vec<f64> = point.prices.values().copied().collect();
    let (mean, noise) = mean_and_noise(&prices)?;
    let mut stream = Seed(0).stream("report.sweep.interval", position, 0);
    let mut means: Vec<f64> =
        (0..RESAMPLES_DRAWN).map(|_| resampled_sum(&prices, &mut stream) / prices.len() as f64).collect();
    means.sort_by(f64::total_cmp);
    let tail = RESAMPLES_DRAWN / 40;
    // A price is of something that takes time: downwards as a share, which does not reach nothing.
    let low = if mean > 0.0 { mean * libm::exp(-noise / mean) } else { mean };
    Some((means[tail].min(low), means[RESAMPLES_DRAWN - 1 - tail].max(mean + noise)))
}

/// The same of the figure that people read, the smaller end first.
pub(in super::super) fn figure_between(
    point: &Point<'_>,
    objective: &Objective,
    position: u64,
) -> Option<(f64, f64)> {
    let (a, b) = interval(point, position)?;
    let (a, b) = (objective.figure(a), objective.figure(b));
    Some((a.min(b).max(0.0), a.max(b).min(objective.most())))
}

fn resampled_sum(values: &[f64], stream: &mut Stream) -> f64 {
    values.iter().map(|_| *stream.pick(values)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 2 000 settings are called worse that cost this many times as much, where each of
    /// so many seeds makes all settings dearer alike, by up to a third, and each by luck of its
    /// own.
    fn called_worse(seeds: usize, times: f64, luck: impl Fn(&mut Stream) -> f64) -> usize {
        let tried = |n: &u64| {
            let mut stream = Seed(*n).stream("findings.luck", seeds as u64, 0);
            let mut pair = || {
                let shared = 1.0 + stream.unit() / 3.0;
                [times, 1.0].map(|times| times * shared * luck(&mut stream)).into()
            };
            let pairs: Vec<(f64, f64)> = (0..seeds).map(|_| pair()).collect();
            worse_beyond_noise(&pairs, *n)
        };
        (0..2_000).filter(tried).count()
    }

    #[test]
    fn one_in_forty_settings_that_are_no_worse_is_called_worse_however_few_the_seeds() {
        for seeds in [3, 5, 8, 20] {
            // 50, and three standard errors of that.
            let even = called_worse(seeds, 1.0, |stream| 1.0 + 0.1 * stream.normal());
            let skewed = called_worse(seeds, 1.0, |stream| libm::exp(0.7 * stream.normal()));
            assert!((20..=71).contains(&even), "{seeds} seeds: {even} of 2000");
            assert!((10..=71).contains(&skewed), "{seeds} seeds: {skewed} of 2000");
        }
    }

    #[test]
    fn what_costs_more_by_several_times_its_luck_is_called_worse() {
        let worse = called_worse(8, 1.3, |stream| 1.0 + 0.05 * stream.normal());
        assert_eq!(worse, 2_000);
        assert!(worse_beyond_noise(&[(2.0, 1.0); 3], 0));
        assert!(worse_beyond_noise(&[(2.0, 0.0); 3], 0), "nothing is a cost, too");
        assert!(!worse_beyond_noise(&[(2.0, 1.0); 2], 0), "two seeds");
        assert!(!worse_beyond_noise(&[(1.0, 1.0); 8], 0));
        assert!(!worse_beyond_noise(&[(1.000_03, 1.0); 8], 0), "a digit more in a request");
        assert!(!worse_beyond_noise(&[(0.0, 0.0); 8], 0));
    }

    /// A setting of these prices, a seed each.
    fn point(prices: &[f64]) -> Point<'static> {
        let named = ["1", "2", "3", "4", "5", "6", "7", "8"].into_iter().zip(prices.iter().copied());
        Point { value: String::new(), cells: Vec::new(), prices: named.collect(), trouble: None }
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
    fn the_interval_of_a_setting_holds_its_mean_as_often_as_it_says() {
        for seeds in [3, 5, 8] {
            let held = |luck: &u64| {
                let mut stream = Seed(*luck).stream("findings.interval", seeds, 0);
                let prices: Vec<f64> = (0..seeds).map(|_| 1.0 + 0.1 * stream.normal()).collect();
                let (low, high) = interval(&point(&prices), 0).unwrap();
                (low..=high).contains(&1.0)
            };
            let held = (0..1_000).filter(held).count();
            assert!((930..=975).contains(&held), "{seeds} seeds: {held} of 1000");
        }
        assert_eq!(interval(&point(&[1.0, 2.0]), 0), None, "two seeds");
    }

    #[test]
    fn no_interval_of_a_share_reaches_beyond_the_whole() {
        let share: Objective = "engine.syncs.good_share".parse().unwrap();
        let prices = [1e6, 1e6, 2e5].map(|of_whole| 2e6 - of_whole);
        let (low, high) = figure_between(&point(&prices), &share, 0).unwrap();
        assert!((0.0..2e5).contains(&low) && high == 1e6, "{low} {high}");
    }
}
