//! What has been measured so far.

use std::collections::BTreeMap;

use super::search::SEEDS_MIN;
use crate::report::sweep::worse_beyond_noise;

/// A value for each knob, in their order, as they are written.
pub type Setting = Vec<String>;

/// What is known of one setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// What it pays by seed, the less the better; `None` if the cell has no such figure.
    pub prices: BTreeMap<u64, Option<f64>>,
    /// Why it is no candidate.
    pub trouble: Option<String>,
    /// Of each knob that bounds the size of something, the largest that came up in a cell that ended well.
    pub largest: Vec<Option<u64>>,
}

/// All settings of one place that have been measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known(pub BTreeMap<Setting, Measured>);

impl Measured {
    /// Whether nothing more need be run of it under these seeds: what is out is out.
    pub(super) fn covers(&self, seeds: &[u64]) -> bool {
        self.trouble.is_some() || seeds.iter().all(|seed| self.prices.contains_key(seed))
    }
    fn price(&self, seed: u64) -> Option<f64> {
        self.prices.get(&seed).copied().flatten()
    }
    /// What it pays in the mean over these seeds; `None` if one is missing or it is out.
    pub(super) fn mean(&self, seeds: &[u64]) -> Option<f64> {
        if self.trouble.is_some() {
            return None;
        }
        let prices: Option<Vec<f64>> = seeds.iter().map(|seed| self.price(*seed)).collect();
        prices.filter(|prices| !prices.is_empty()).map(|p| p.iter().sum::<f64>() / p.len() as f64)
    }
    /// What it pays in the mean over all seeds that it has, whether or not it is out.
    pub(super) fn mean_of_all(&self) -> Option<f64> {
        let prices: Vec<f64> = self.prices.values().copied().flatten().collect();
        (!prices.is_empty()).then(|| prices.iter().sum::<f64>() / prices.len() as f64)
    }
}

impl Known {
    /// Takes all that `others` know of these settings.
    pub(super) fn take(&mut self, others: &Known, settings: impl IntoIterator<Item = Setting>) {
        for setting in settings {
            let measured = others.get(&setting).expect("only what is known is taken").clone();
            self.0.insert(setting, measured);
        }
    }
    /// The value of a knob from which on a larger one changes nothing, because nothing came up that is as large: the largest that did
    /// under a larger bound. `None` if each bound was reached. `number` gives the number of a value.
    pub(super) fn reach(&self, knob: usize, number: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        let unreached = self.0.iter().filter_map(|(setting, measured)| {
            let largest = measured.largest.get(knob).copied().flatten()? as f64;
            (largest >= 1.0 && largest < number(&setting[knob])?).then_some(largest)
        });
        unreached.max_by(f64::total_cmp)
    }
    pub(super) fn get(&self, setting: &Setting) -> Option<&Measured> {
        self.0.get(setting)
    }
    /// Prices of two settings under the seeds that both have.
    fn pairs(&self, one: &Setting, other: &Setting) -> Vec<(f64, f64)> {
        let (Some(one), Some(other)) = (self.get(one), self.get(other)) else { return Vec::new() };
        one.prices.keys().filter_map(|seed| Some((one.price(*seed)?, other.price(*seed)?))).collect()
    }
    /// What a setting costs relative to the best, under the seeds that both have; `None` if there are none, or the best costs nothing.
    pub(super) fn cost(&self, setting: &Setting, best: &Setting) -> Option<f64> {
        let pairs = self.pairs(setting, best);
        let sum = |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).sum::<f64>();
        let (here, there) = (sum(|pair| pair.0), sum(|pair| pair.1));
        if here == there && !pairs.is_empty() {
            Some(1.0)
        } else {
            Some(here / there).filter(|cost| cost.is_finite())
        }
    }
    /// Whether a setting costs so many times what the best costs under each of at least so many seeds; so does what is out.
    pub(super) fn costs(&self, setting: &Setting, best: &Setting, times: f64, seeds: usize) -> bool {
        let out = self.get(setting).is_some_and(|measured| measured.trouble.is_some());
        let pairs = self.pairs(setting, best);
        out || pairs.len() >= seeds && pairs.iter().all(|(here, there)| *here > there * times)
    }
    /// Whether seeds enough to know their noise do not tell a setting from the best.
    pub(super) fn hides(&self, setting: &Setting, best: &Setting) -> bool {
        self.pairs(setting, best).len() >= SEEDS_MIN && !self.worse(setting, best)
    }
    /// Whether a setting is worse than the best beyond the noise between seeds; so is what is out.
    pub(super) fn worse(&self, setting: &Setting, best: &Setting) -> bool {
        let out = self.get(setting).is_none_or(|measured| measured.trouble.is_some());
        let differences: Vec<f64> =
            self.pairs(setting, best).iter().map(|(here, there)| here - there).collect();
        out || worse_beyond_noise(&differences, 0)
    }
}
