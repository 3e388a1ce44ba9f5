//! Whether the devices of a log are alike: figures of all are those of each only then.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::log::{Log, Request};
use super::tries::SURE;
use super::trouble;
use crate::report::calibrate::Outages;

/// Failures that are too few to tell one device from another.
const UNEVEN_MIN: u64 = 10;
/// Answers that are too few to tell one device from another.
const UNLIKE_MIN: usize = 8;
/// How often chance may show some device of a log of alike ones as unlike the others.
const UNLIKE_CHANCE: f64 = 0.002;
/// Devices whose answers take a tenth more or less are alike for all practical purposes.
const UNLIKE: f64 = 0.1;

/// Whether failures come to devices as by chance, given how long each was under way: X² of the counts within three standard deviations.
/// If not, how many of all failures and what share of the time the device has that is the farthest from it.
pub(super) fn uneven(log: &Log, outages: &Outages, typical: f64) -> Option<(u64, f64)> {
    let expected = |own: &Outages| outages.failures as f64 * own.exposed / outages.exposed;
    let off = |own: &Outages| {
        let difference = own.failures as f64 - expected(own);
        difference * difference / expected(own)
    };
    let counts: Vec<Outages> =
        by_device(log).values().filter_map(|log| trouble::outages(log, typical)).collect();
    let freedom = counts.len() as f64 - 1.0;
    let worst = counts.iter().max_by(|a, b| off(a).total_cmp(&off(b)))?;
    let all: f64 = counts.iter().map(off).sum();
    // Of counts that are small X² varies by more than the law's 2 a degree of freedom.
    let variance = 2.0 * freedom + counts.iter().map(|own| 1.0 / expected(own)).sum::<f64>();
    let uneven =
        freedom >= 1.0 && outages.failures >= UNEVEN_MIN && all > freedom + SURE * libm::sqrt(variance);
    uneven.then(|| (worst.failures, worst.exposed / outages.exposed))
}

pub(super) fn by_device(log: &Log) -> BTreeMap<u32, Log> {
    let mut devices: BTreeMap<u32, Log> = BTreeMap::new();
    for request in &log.requests {
        let none = || Log { requests: Vec::new(), ..*log };
        devices.entry(request.device).or_insert_with(none).requests.push(*request);
    }
    devices
}

/// How much less and more than `expected` the answers of single devices take on average, as shares, the least and the most of the devices, if
/// that is more than chance.
pub(super) fn unlike(answers: &[&Request], expected: impl Fn(&Request) -> f64) -> Option<(f64, f64)> {
    let mut devices: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for answer in answers.iter().filter(|answer| expected(answer) > 0.0) {
        devices.entry(answer.device).or_default().push(answer.duration / expected(answer) - 1.0);
    }
    devices.retain(|_, off| off.len() >= UNLIKE_MIN);
    let chance = UNLIKE_CHANCE / (2 * devices.len().max(1)) as f64;
    let mut sure = false;
    let mean = |off: &Vec<f64>| {
        let n = off.len() as f64;
        let mean = off.iter().sum::<f64>() / n;
        let variance = off.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        let law = StudentsT::new(0.0, 1.0, n - 1.0).expect("there are several");
        let far = law.inverse_cdf(1.0 - chance) * libm::sqrt(variance / n);
        sure |= mean.abs() > UNLIKE && mean.abs() > far;
        mean
    };
    let means: Vec<f64> = devices.values().map(mean).collect();
    let least = means.iter().copied().fold(f64::INFINITY, f64::min);
    let most = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (sure && means.len() > 1).then_some((least, most))
}
