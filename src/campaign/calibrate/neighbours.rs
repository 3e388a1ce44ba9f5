//! What answers have in common with those before them, so that they are not independent given their sizes: a network that changes slowly,
//! a connection that is opened again.

use std::collections::BTreeMap;

use super::line::{Line, Sample};
use super::log::{Log, Outcome, Request};
use super::samples::{ANSWERS_MIN, STEPS_MIN, samples};
use super::step::Step;
use super::told::{Told, seconds};
use crate::metrics::human;
use crate::render::calibrate::Estimate;

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

/// Tells whether answers are alike that are next to each other; they are `off` the line by these shares.
pub(super) fn tell(told: &mut Told, answers: &[&Request], off: &[f64]) {
    if let Some(alike) = alike(answers, off) {
        told.note(format!(
            "answers of a device next to each other are alike (correlation {alike:.2}), as under a network that changes slowly: the intervals \
             are too narrow"
        ));
    }
}

/// The answers whose costs tell those of chunks, which follow one another: all of the log's `answers`, in its order, but the first after a
/// pause of their devices where these take longer beyond chance and the others tell a line. They broke at `rate` a second; by a
/// `coarse` clock brief ones tell nothing of that but its doing.
pub(super) fn in_a_row<'a>(
    answers: Vec<&'a Request>,
    log: &Log,
    rate: f64,
    coarse: Option<Step>,
    told: &mut Told,
) -> Vec<&'a Request> {
    let opens = opens(log, &answers);
    let (by_rows, _) = samples(&answers, rate);
    let step = coarse.map_or(0.0, |step| step.lasts);
    let Some(Estimate { value, low, high }) = opened(&opens, &by_rows, step) else { return answers };
    let [value, low, high] = [value, low, high].map(seconds);
    let what = format!(
        "answers to the first request after a pause of half a minute take {value} longer ({low} … {high}), as where that opens a connection \
         or wakes a radio"
    );
    let others: Vec<&Request> = answers
        .iter()
        .zip(&opens)
        .filter(|(_, opens)| **opens == Some(false))
        .map(|(answer, _)| *answer)
        .collect();
    if others.len() < ANSWERS_MIN || Line::through(&samples(&others, rate).0).is_none() {
        told.note(what + ": overhead, row and chunk hold their share of that");
        return answers;
    }
    let n = human::thousands(others.len() as u64);
    told.note(format!("{what}: costs and chunk are those of the {n} others"));
    others
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

/// The seconds by which answers take longer that open a connection than others of as many rows, if that is more than chance.
fn opened(opens: &[Option<bool>], samples: &[Sample<2>], step: f64) -> Option<Estimate> {
    let with = |(sample, opens): (&Sample<2>, &Option<bool>)| {
        let ([one, rows], opens) = (sample.x, (*opens)?);
        Some(Sample { x: [one, rows, f64::from(u8::from(opens))], y: sample.y, weight: sample.weight })
    };
    let rough = Line::through(samples)?;
    let long = samples.iter().zip(opens).filter(|(sample, _)| rough.at(&sample.x) >= STEPS_MIN * step);
    let samples: Vec<Sample<3>> = long.filter_map(with).collect();
    let n = samples.iter().filter(|sample| sample.x[2] > 0.0).count();
    if n.min(samples.len() - n) < OPENED_MIN {
        return None;
    }
    let line = Line::through(&samples)?;
    let of = [0.0, 0.0, 1.0];
    let error = line.error(of);
    (error > 0.0 && line.coefficients[2] > SURE * error).then(|| line.estimate(of))
}

/// Whether each of the answers is to a request before which its device sent none for a while; of the first of a device nobody knows.
fn opens(log: &Log, answers: &[&Request]) -> Vec<Option<bool>> {
    let mut ended: BTreeMap<u32, f64> = BTreeMap::new();
    let mut answers = answers.iter().peekable();
    let mut opens = Vec::new();
    for request in log.requests.iter().filter(|request| request.outcome != Outcome::NotSent) {
        let last = ended.get(&request.device).copied();
        if answers.next_if(|answer| std::ptr::eq(**answer, request)).is_some() {
            opens.push(last.map(|last| request.start - last > PAUSE));
        }
        let end = request.start + request.duration;
        ended.insert(request.device, last.map_or(end, |last| last.max(end)));
    }
    opens
}
