//! Whether the devices of a log are alike: figures of all are those of each only then.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::log::{Log, Request};
use super::trouble;
use crate::render::calibrate::Outages;

/// Standard deviations that are no chance.
pub(super) const SURE: f64 = 3.0;
/// Failures that are too few to tell one device from another.
const UNEVEN_MIN: u64 = 10;
/// Answers that are too few to tell one device from another.
const UNLIKE_MIN: usize = 8;
/// How often chance may show some device of a log of alike ones as unlike the others.
const UNLIKE_CHANCE: f64 = 0.002;
/// Devices whose answers take a tenth more or less are alike for all practical purposes.
const UNLIKE: f64 = 0.1;

/// Whether failures come to devices as by chance, given how long each was under way: X² of the
/// counts within three standard deviations. If not, which device is the farthest from it, how many
/// of all failures it has and what share of the time.
pub(super) fn uneven(log: &Log, outages: &Outages, typical: f64) -> Option<(u32, u64, f64)> {
    let expected = |own: &Outages| outages.failures as f64 * own.exposed / outages.exposed;
    let off = |own: &Outages| {
        let difference = own.failures as f64 - expected(own);
        difference * difference / expected(own)
    };
    let devices = by_device(log).into_iter();
    let counts: Vec<(u32, Outages)> =
        devices.filter_map(|(device, log)| Some((device, trouble::outages(&log, typical)?))).collect();
    let freedom = counts.len() as f64 - 1.0;
    let (device, worst) = counts.iter().max_by(|(_, a), (_, b)| off(a).total_cmp(&off(b)))?;
    let all: f64 = counts.iter().map(|(_, own)| off(own)).sum();
    // Of counts that are small X² varies by more than the law's 2 a degree of freedom.
    let variance = 2.0 * freedom + counts.iter().map(|(_, own)| 1.0 / expected(own)).sum::<f64>();
    let uneven =
        freedom >= 1.0 && outages.failures >= UNEVEN_MIN && all > freedom + SURE * libm::sqrt(variance);
    uneven.then(|| (*device, worst.failures, worst.exposed / outages.exposed))
}

pub(super) fn by_device(log: &Log) -> BTreeMap<u32, Log> {
    let mut devices: BTreeMap<u32, Log> = BTreeMap::new();
    for request in &log.requests {
        let none = || Log { requests: Vec::new(), ..*log };
        devices.entry(request.device).or_insert_with(none).requests.push(*request);
    }
    devices
}

/// By how much more or less than `expected` the answers of a device take on average, as a share.
pub(super) type Off = (u32, f64);

/// The devices whose answers take the least and the most on average, and those of which it is more
/// than chance, the farthest first; `None` if of no device it is more.
pub(super) fn unlike(
    answers: &[&Request],
    expected: impl Fn(&Request) -> f64,
) -> Option<([Off; 2], Vec<Off>)> {
    let mut devices: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for answer in answers.iter().filter(|answer| expected(answer) > 0.0) {
        devices.entry(answer.device).or_default().push(answer.duration / expected(answer) - 1.0);
    }
    devices.retain(|_, off| off.len() >= UNLIKE_MIN);
    let chance = UNLIKE_CHANCE / (2 * devices.len().max(1)) as f64;
    // The mean, and whether it is more than chance.
    let mean = |off: &Vec<f64>| {
        let n = off.len() as f64;
        let mean = off.iter().sum::<f64>() / n;
        let variance = off.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        let law = StudentsT::new(0.0, 1.0, n - 1.0).expect("there are several");
        let far = law.inverse_cdf(1.0 - chance) * libm::sqrt(variance / n);
        (mean, mean.abs() > UNLIKE && mean.abs() > far)
    };
    let means: Vec<(Off, bool)> = devices
        .iter()
        .map(|(device, off)| {
            let (mean, sure) = mean(off);
            ((*device, mean), sure)
        })
        .collect();
    let all = || means.iter().map(|(off, _)| *off);
    let least = all().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let most = all().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let mut sure: Vec<Off> = means.iter().filter(|(_, sure)| *sure).map(|(off, _)| *off).collect();
    sure.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    (!sure.is_empty() && means.len() > 1).then_some(([least, most], sure))
}
