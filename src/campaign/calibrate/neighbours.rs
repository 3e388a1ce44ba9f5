//! What answers have in common with those before them, so that they are not independent given their sizes: a network that changes slowly,
//! a connection that is opened anew.

use std::collections::BTreeMap;

use super::line::{Line, Sample};
use super::log::{Log, Outcome, Request};
use super::told::{Told, seconds};
use crate::report::calibrate::Estimate;

/// Answers of a device that are too few to tell how it changes.
const DEVICE_MIN: usize = 8;
/// Neighbours that are too few to tell whether they are alike.
const PAIRS_MIN: f64 = 50.0;
/// Standard deviations that are no chance: one log in 740 has more of each kind.
const SURE: f64 = 3.0;
/// Seconds without a request after which apps, routers and servers have closed a connection, and radios sleep, mostly.
const PAUSE: f64 = 30.0;
/// Answers after a pause, or others, that are too few to compare.
const OPENED_MIN: usize = 8;

/// Tells of `answers`, which are some of the log's, in its order: they are `off` the line by these shares, and `samples` are theirs.
/// Of those that are `brief` beside a step of a coarse clock nothing is told but by its doing.
pub(super) fn tell(
    told: &mut Told,
    log: &Log,
    answers: &[&Request],
    off: &[f64],
    samples: &[Sample<2>],
    brief: impl Fn(&Sample<2>) -> bool,
) {
    if let Some(alike) = alike(answers, off) {
        told.note(format!(
            "answers of a device next to each other are alike (correlation {alike:.2}), as under a network that changes slowly: the intervals \
             are too narrow"
        ));
    }
    if let Some(Estimate { value, low, high }) = opened(log, answers, samples, brief) {
        let [value, low, high] = [value, low, high].map(seconds);
        told.note(format!(
            "answers to the first request after a pause of half a minute take {value} longer ({low} … {high}), as where that opens a \
             connection or wakes a radio: overhead, row and whether rows cost more in larger answers are mixed with that; log which \
             these are, and look at one kind with --only COLUMN=VALUE"
        ));
    }
}

/// The correlation of answers with the next one of their device, `off` the line by these shares, if that is more than chance.
fn alike(answers: &[&Request], off: &[f64]) -> Option<f64> {
    let mut devices: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (answer, off) in answers.iter().zip(off) {
        devices.entry(answer.device).or_default().push(*off);
    }
    let (mut next, mut all, mut pairs) = (0.0, 0.0, 0.0);
    for off in devices.values().filter(|off| off.len() >= DEVICE_MIN) {
        // That a device differs from others is none of its neighbours' doing.
        let mean = off.iter().sum::<f64>() / off.len() as f64;
        next += off.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>();
        all += off.iter().map(|off| (off - mean) * (off - mean)).sum::<f64>();
        pairs += (off.len() - 1) as f64;
    }
    let correlation = if all > 0.0 { next / all } else { 0.0 };
    (pairs >= PAIRS_MIN && correlation > SURE / libm::sqrt(pairs)).then_some(correlation)
}

/// The seconds by which answers to the first request of a device after a pause take longer than others of as many rows, if that is more than
/// chance.
fn opened(
    log: &Log,
    answers: &[&Request],
    samples: &[Sample<2>],
    brief: impl Fn(&Sample<2>) -> bool,
) -> Option<Estimate> {
    let opens = opens(log, answers);
    let with = |(sample, opens): (&Sample<2>, &bool)| {
        let [one, rows] = sample.x;
        Sample { x: [one, rows, f64::from(u8::from(*opens))], y: sample.y, weight: sample.weight }
    };
    let long = samples.iter().zip(&opens).filter(|(sample, _)| !brief(sample));
    let samples: Vec<Sample<3>> = long.map(with).collect();
    let n = samples.iter().filter(|sample| sample.x[2] > 0.0).count();
    if n.min(samples.len() - n) < OPENED_MIN {
        return None;
    }
    let line = Line::through(&samples)?;
    let of = [0.0, 0.0, 1.0];
    let error = line.error(of);
    (error > 0.0 && line.coefficients[2] > SURE * error).then(|| line.estimate(of))
}

/// Whether each of the answers is to a request before which its device sent none for a while.
fn opens(log: &Log, answers: &[&Request]) -> Vec<bool> {
    let mut ended: BTreeMap<u32, f64> = BTreeMap::new();
    let mut answers = answers.iter().peekable();
    let mut opens = Vec::new();
    for request in log.requests.iter().filter(|request| request.outcome != Outcome::NotSent) {
        let last = ended.get(&request.device).copied();
        if answers.next_if(|answer| std::ptr::eq(**answer, request)).is_some() {
            opens.push(last.is_some_and(|last| request.start - last > PAUSE));
        }
        let end = request.start + request.duration;
        ended.insert(request.device, last.map_or(end, |last| last.max(end)));
    }
    opens
}
