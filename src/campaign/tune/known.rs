//! The measurements of a search so far, by setting.
//!
//! A setting has one value per knob (a key that the search varies). The price of a setting is a
//! form of its figure in which lower is better. Its cost is the price divided by the price of the
//! best one. Noise is the random difference between seeds. A cell is one simulation: one variant
//! and one seed. A gate is a limit on a figure.

use std::collections::BTreeMap;

use crate::analysis::sweep::mean_price;
use crate::metrics::NEVER;
use crate::stats::{Drawn, smoothed, student, worse_beyond_noise};

/// With fewer seeds, the noise between seeds is unknown.
pub(super) const SEEDS_MIN: usize = 3;

/// A setting: one value per knob as text, in the order of the knobs.
pub type Setting = Vec<String>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// The price of the setting for each seed; lower is better. `None` if the cell has no figure.
    pub prices: BTreeMap<u64, Option<f64>>,
    pub trouble: Option<String>,
    pub in_doubt: bool,
    /// Settings and seeds that must run first. Only then it is known whether this setting is
    /// excluded.
    pub open: Vec<(Setting, u64)>,
    /// True if the setting failed in another way than by a limit or a gate. More seeds add nothing.
    pub broken: bool,
    /// The largest response or request in a cell without failures, if the knob limits this size.
    pub largest: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known(pub BTreeMap<Setting, Measured>);

impl Measured {
    /// True if the search needs no more runs under these seeds. An excluded setting needs no more
    /// runs.
    pub(super) fn covers(&self, seeds: &[u64]) -> bool {
        self.trouble.is_some() || seeds.iter().all(|seed| self.prices.contains_key(seed))
    }
    /// True if the report needs no more runs of this setting under these seeds.
    pub(super) fn shows(&self, seeds: &[u64]) -> bool {
        self.broken || seeds.iter().all(|seed| self.prices.contains_key(seed))
    }
    fn price(&self, seed: u64) -> Option<f64> {
        self.prices.get(&seed).copied().flatten()
    }
    /// The mean price over these seeds; `None` if a price is missing or the setting is excluded.
    pub(super) fn mean(&self, seeds: &[u64]) -> Option<f64> {
        let prices: Vec<f64> = seeds.iter().map(|seed| self.price(*seed)).collect::<Option<_>>()?;
        (self.trouble.is_none() && !prices.is_empty()).then(|| mean_price(&prices))
    }
    /// The mean price over all seeds with a price, even if the setting is excluded.
    pub(super) fn mean_of_all(&self) -> Option<f64> {
        let prices: Vec<f64> = self.prices.values().copied().flatten().collect();
        (!prices.is_empty()).then(|| mean_price(&prices))
    }
}

impl Known {
    /// The reach: the largest size that occurred under a larger bound. Bounds above it change
    /// nothing. `None` if some response reached every bound.
    pub(super) fn reach(&self, number: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        let unreached = self.0.iter().filter_map(|(setting, measured)| {
            let largest = measured.largest? as f64;
            (largest >= 1.0 && largest < number(&setting[0])?).then_some(largest)
        });
        unreached.max_by(f64::total_cmp)
    }
    pub(super) fn get(&self, setting: &Setting) -> Option<&Measured> {
        self.0.get(setting)
    }
    pub(super) fn is_out(&self, setting: &Setting) -> bool {
        self.get(setting).is_none_or(|measured| measured.trouble.is_some())
    }
    /// True if only a limit or a gate excludes the setting. Then its cost is still meaningful.
    pub(super) fn misses_a_limit(&self, setting: &Setting) -> bool {
        self.get(setting).is_some_and(|measured| measured.trouble.is_some() && !measured.broken)
    }
    fn pairs(&self, one: &Setting, other: &Setting) -> Vec<(f64, f64)> {
        let (Some(one), Some(other)) = (self.get(one), self.get(other)) else { return Vec::new() };
        one.prices.keys().filter_map(|seed| Some((one.price(*seed)?, other.price(*seed)?))).collect()
    }
    /// The price of a setting divided by the price of the best, over the seeds that both have.
    pub(super) fn cost(&self, setting: &Setting, best: &Setting) -> Option<f64> {
        let pairs = self.pairs(setting, best);
        let sum = |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).sum::<f64>();
        let (here, there) = (sum(|pair| pair.0), sum(|pair| pair.1));
        let is_same = here == there && !pairs.is_empty();
        if is_same { Some(1.0) } else { Some(here / there).filter(|cost| cost.is_finite()) }
    }
    /// The 95 % uncertainty of [`cost`](Known::cost) over other seeds: the error of a ratio of sums
    /// (Cochran 1977, §2.11). `None` with too few seeds.
    pub(super) fn noise(&self, setting: &Setting, best: &Setting) -> Option<f64> {
        let pairs = self.pairs(setting, best);
        let n = pairs.len() as f64;
        let cost = self.cost(setting, best).filter(|_| pairs.len() >= SEEDS_MIN)?;
        let squares: f64 =
            pairs.iter().map(|(here, there)| (here - cost * there) * (here - cost * there)).sum();
        let of_best: f64 = pairs.iter().map(|(_, there)| there).sum();
        let noise = student(n - 1.0) * libm::sqrt(squares * n / (n - 1.0)) / of_best;
        Some(noise).filter(|noise| noise.is_finite())
    }
    /// The log cost of each setting on a line (the values of one knob), smoothed over neighbours.
    /// `octave` gives the position of a setting. `None` if the noise or a cost is unknown.
    pub(super) fn smoothed(
        &self,
        line: &[Setting],
        octave: impl Fn(&Setting) -> Option<f64>,
    ) -> Option<Vec<(Setting, f64)>> {
        let costs = |of: &Measured| of.prices.values().all(|price| price.is_some_and(is_cost));
        let known = |at: &Setting| self.get(at).filter(|of| !of.broken && !of.prices.is_empty() && costs(of));
        let of: Vec<(&Setting, &Measured)> = line.iter().filter_map(|at| Some((at, known(at)?))).collect();
        let most = of.iter().map(|(_, measured)| measured.prices.len()).max()?;
        let whole = of.iter().map(|(_, measured)| *measured).filter(|measured| measured.prices.len() == most);
        let whole: Vec<&Measured> = whole.collect();
        // The effect of one seed on the prices of all settings.
        let level = |seed: &u64| {
            let prices = whole.iter().filter_map(|measured| measured.price(*seed));
            prices.sum::<f64>() / whole.len() as f64
        };
        let (mut costs, mut squares, mut freedom) = (Vec::new(), 0.0, 0_usize);
        for (at, measured) in of {
            let pairs: Vec<(f64, f64)> =
                measured.prices.iter().filter_map(|(seed, price)| Some(((*price)?, level(seed)))).collect();
            let levels: f64 = pairs.iter().map(|(_, level)| level).sum();
            let cost = pairs.iter().map(|(price, _)| price).sum::<f64>() / levels;
            let seeds = pairs.len() as f64;
            let off = |(price, level): &(f64, f64)| (price / cost - level) * seeds / levels;
            squares += pairs.iter().map(|pair| off(pair) * off(pair)).sum::<f64>();
            freedom += pairs.len() - 1;
            costs.push((at, libm::log(cost), seeds));
        }
        let luck = squares / freedom as f64;
        let drawn = |(at, cost, seeds): &(&Setting, f64, f64)| {
            Some(Drawn { octave: octave(at)?, value: *cost, luck: luck / seeds })
        };
        let drawn: Vec<Drawn> = costs.iter().filter_map(drawn).collect();
        let is_known = drawn.len() == costs.len() && drawn.iter().all(|point| point.luck.is_finite());
        let all = costs.iter().map(|(at, ..)| (*at).clone());
        is_known.then(|| all.zip(smoothed(&drawn)).collect())
    }
    /// True if a setting is excluded or costs too much. It costs too much if it exceeds `times` the
    /// best under each seed, and there are at least `seeds` seeds.
    pub(super) fn costs(&self, setting: &Setting, best: &Setting, times: f64, seeds: usize) -> bool {
        let out = self.get(setting).is_some_and(|measured| measured.trouble.is_some());
        let pairs = self.pairs(setting, best);
        out || pairs.len() >= seeds && pairs.iter().all(|(here, there)| *here > there * times)
    }
    /// True if a setting differs from the best only within the noise. False with too few seeds.
    pub(super) fn hides(&self, setting: &Setting, best: &Setting) -> bool {
        self.pairs(setting, best).len() >= SEEDS_MIN && !self.worse(setting, best)
    }
    /// True if a setting is excluded, or is worse than the best beyond the noise.
    pub(super) fn worse(&self, setting: &Setting, best: &Setting) -> bool {
        self.is_out(setting) || self.dearer(setting, best)
    }
    /// Like [`worse`](Known::worse), but only the cost decides.
    pub(super) fn dearer(&self, setting: &Setting, best: &Setting) -> bool {
        worse_beyond_noise(&self.pairs(setting, best), 0)
    }
}

/// True if a price is finite and positive, so that its ratio to other prices is meaningful.
fn is_cost(price: f64) -> bool {
    price > 0.0 && price < NEVER as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    #[test]
    fn a_cost_is_as_sure_as_it_is_told_to_be() {
        let setting = |name: &str| vec![name.to_owned()];
        let (here, best) = (setting("here"), setting("best"));
        let mut held = 0;
        for luck in 0..1_000 {
            let mut stream = Seed(luck).stream("known.noise", 0, 0);
            let mut known = Known::default();
            for seed in 0..8 {
                let shared = 1.0 + stream.unit() / 3.0;
                for (name, cost) in [(&here, 1.02), (&best, 1.0)] {
                    let own = 1.0 + 0.05 * stream.normal();
                    known.0.entry(name.clone()).or_default().prices.insert(seed, Some(cost * shared * own));
                }
            }
            let (cost, noise) = (known.cost(&here, &best).unwrap(), known.noise(&here, &best).unwrap());
            assert!((0.01..0.15).contains(&noise), "luck {luck}: {noise}");
            held += u32::from((cost - 1.02).abs() <= noise);
        }
        assert!((930..970).contains(&held), "{held} of 1000");
        let mut two = Known::default();
        for name in [&here, &best] {
            two.0.entry(name.clone()).or_default().prices = [(1, Some(1.0)), (2, Some(1.5))].into();
        }
        assert_eq!(two.noise(&here, &best), None, "two seeds know nothing of their noise");
    }
}
