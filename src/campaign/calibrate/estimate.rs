//! Calibrates from a log: computes figures with their intervals, or the reasons why it cannot.
//!
//! All figures are functions of the fitted costs and of the failure rate. The intervals come from a
//! bootstrap (Efron and Tibshirani 1993, §8.6). It draws devices, or blocks of time if there are
//! few devices. A second bootstrap draws groups of responses from all devices. With few units,
//! percentiles are too close together, so they are widened as in Student's distribution.
//!
//! A chunk is the rows of one response.

use super::counted::{Counted, Failures};
use super::fit::{Costs, Fit, Model, Response, Sums};
use super::log::{Log, Outcome, Request};
use crate::base::{Seed, Span};
use crate::render::calibrate::{Calibration, Census, Code, Estimate, Figures, Given};
use crate::render::calibrate::{count, percent, span};
use crate::stats::student;
use crate::theory::chunk::Cost;

const RESPONSES_MIN: usize = 20;
const DEVICES_MIN: u64 = 10;
/// A response has another size if its rows differ from the median by this factor.
const OTHER_SIZE: f64 = 1.2;
const OTHERS_MIN: usize = 10;
const TRIMMED_MAX: f64 = 0.1;
/// A chunk is far outside the log if it is larger than this factor times the largest response.
const BEYOND: f64 = 2.0;
const DRAWS: usize = 400;
/// A chunk is good if its cost per row is at most this share above the best.
const FLAT: f64 = 0.03;
const STEP: f64 = 1.02;
/// The limit of the search for the largest good chunk. Without failures there is no largest one.
const STEPS_MAX: usize = 1_000;
/// The two-sided 95 % quantile of the normal distribution.
const NORMAL: f64 = 1.959_964;

pub(super) fn calibration(source: &str, log: &Log, given: &Given) -> Calibration {
    let counted = Counted::of(log);
    let census = census(log, &counted.failures);
    let mut found = Calibration { source: source.to_owned(), census, ..Calibration::default() };
    let devices = log.devices.unwrap_or(1);
    found.say(devices < DEVICES_MIN, Code::FewDevices, [count(devices as f64)]);
    found.figures = figures(&mut found, log, &counted, given);
    found.say(counted.apart && found.figures.is_some(), Code::Apart, []);
    found.diagnoses.sort_by_key(|diagnosis| (diagnosis.code.rule().effect, diagnosis.code));
    found
}

/// The figures; `None` if a diagnosis says that they cannot be computed.
fn figures(found: &mut Calibration, log: &Log, counted: &Counted, given: &Given) -> Option<Figures> {
    let Counted { responses, failures, .. } = counted;
    let overhead = given.overhead.map(Span::as_secs_f64);
    let seen = responses.len();
    let answered = count(found.census.answered as f64);
    let timed_out = log.requests.iter().filter(|r| r.outcome == Outcome::TimedOut);
    let timeout = timed_out.filter_map(|r| r.duration).fold(f64::INFINITY, f64::min);
    let near = responses.iter().filter(|r| 2.0 * r.took > timeout).count();
    let (median, others) = sizes(responses);
    let sizes = [count(seen as f64), count(median), count((median / 8.0).max(1.0)), count(4.0 * median)];
    let blind = !log.has_outcomes && given.mtbf.is_none();
    if found.say(seen < RESPONSES_MIN, Code::FewResponses, [count(seen as f64), answered.clone()])
        || found.say(100 * near > seen, Code::TimeoutsSlow, [span(timeout)])
        || found.say(overhead.is_none() && others < OTHERS_MIN, Code::OneSize, sizes)
        || found.say(blind, Code::NoOutcomes, [])
    {
        return None;
    }
    let rate = given.mtbf.map(|mtbf| 1.0 / mtbf.as_secs_f64());
    let fitted = |by_byte: bool| {
        let fit = Fit::of(responses, Model { overhead, by_byte }, rate.unwrap_or(failures.rate()))?;
        let draws = Draws::of(&fit, Model { overhead, by_byte }, failures, rate);
        Some((fit, draws))
    };
    // A separate cost per byte is used only if its interval is narrow.
    let wide = fitted(true).filter(|(fit, draws)| {
        let byte = draws.estimate(|draw| draw.costs.byte);
        byte.low > byte.value / 2.0 && fit.costs.row >= 0.0 && fit.costs.overhead > 0.0
    });
    let Some((fit, draws)) = wide.or_else(|| fitted(false)) else {
        found.say(true, Code::FewResponses, [count(0.0), answered]);
        return None;
    };
    let trimmed = fit.trimmed as f64 / seen as f64;
    let request = overhead.map_or_else(|| draws.estimate(|draw| draw.costs.overhead), Estimate::exactly);
    let mean = responses.iter().map(|r| r.took).sum::<f64>() / seen as f64;
    let long = overhead.is_some_and(|overhead| overhead >= mean);
    if found.say(trimmed > TRIMMED_MAX, Code::ManyTrimmed, [percent(trimmed)])
        || found.say(long, Code::OverheadLong, [request.value, mean].map(span))
        || found.say(overhead.is_none() && request.low <= 0.0, Code::OverheadUnknown, [span(request.value)])
    {
        return None;
    }
    found.census.outliers = fit.trimmed as u64;
    found.say(fit.trimmed > 0, Code::Trimmed, [count(fit.trimmed as f64), percent(trimmed)]);
    let none = rate.is_none() && failures.rate() <= 0.0;
    found.say(none, Code::NoFailures, [span(failures.exposed())]);
    let between = match rate {
        Some(rate) => Estimate::exactly(1.0 / rate),
        None if none => failures.least(),
        None => draws.estimate(|draw| 1.0 / draw.rate),
    };
    let row = draws.estimate(|draw| draw.costs.whole);
    found.say(row.low <= 0.0, Code::RowUnknown, [span(row.value)]);
    // A lower bound of the best chunk: the lowest overhead, the highest cost per row, most
    // failures.
    let least = Cost { chunk: request.low, row: row.high, mtbf: between.low }.best();
    let least = (none || row.low <= 0.0).then_some(least);
    let noise = draws.estimate(|draw| draw.costs.noise);
    let costs = Figures { overhead: request, row, noise, between, ..Figures::default() };
    let figures = with_chunk(costs, &draws, found.census.rows_mean_milli as f64 / 1e3, least);
    let reach = found.census.rows_max as f64;
    let beyond = figures.best.value.is_finite() && figures.best.value > BEYOND * reach;
    found.say(beyond, Code::Beyond, [count(reach)]);
    Some(figures)
}

/// The median number of rows of a response, and the number of responses of other sizes.
fn sizes(responses: &[Response]) -> (f64, usize) {
    let mut rows: Vec<f64> = responses.iter().map(|r| r.rows).collect();
    rows.sort_by(f64::total_cmp);
    let median = rows.get(rows.len() / 2).copied().unwrap_or_default();
    let other = |r: &&f64| **r * OTHER_SIZE < median || **r > OTHER_SIZE * median;
    (median, rows.iter().filter(other).count())
}

struct Draw {
    costs: Costs,
    rate: f64,
}

impl Draw {
    fn cost(&self) -> Cost {
        let [chunk, row] = [self.costs.overhead, self.costs.whole].map(|cost| cost.max(1e-9));
        Cost { chunk, row, mtbf: 1.0 / self.rate.max(1e-12) }
    }
}

struct Draws {
    at: Draw,
    /// The first way draws units, and the second draws groups that mix the responses of all units.
    ways: [Resampled; 2],
}

/// The figures of resampled logs.
struct Resampled {
    draws: Vec<Draw>,
    wider: f64,
}

impl Draws {
    /// A known overhead and a known failure `rate` stay fixed in all draws.
    fn of(fit: &Fit, model: Model, failures: &Failures, rate: Option<f64>) -> Draws {
        let mut stream = Seed(failures.exposed().to_bits()).stream("calibrate", 0, 0);
        let mut drawn = |sums: &[Sums]| {
            let resampled = Sums::total(sums.iter().map(|_| stream.pick(sums)));
            let drawn = failures.draw(&mut stream);
            Some(Draw { costs: resampled.costs(model)?, rate: rate.unwrap_or(drawn) })
        };
        let ways = [&fit.sums, &fit.mixed].map(|sums| {
            let sums: Vec<Sums> = sums.iter().filter(|sums| sums.responses() > 0.0).copied().collect();
            let draws = (0..DRAWS).filter_map(|_| drawn(&sums)).collect();
            Resampled { draws, wider: wider(&sums) }
        });
        Draws { at: Draw { costs: fit.costs, rate: rate.unwrap_or(failures.rate()) }, ways }
    }

    /// A figure with its 95 % interval. The interval covers the intervals of both ways. One way is
    /// not enough, because a few devices can be similar by chance (Angrist and Pischke 2009,
    /// §8.2.3).
    fn estimate(&self, of: impl Fn(&Draw) -> f64) -> Estimate {
        let value = of(&self.at);
        let ends = self.ways.each_ref().map(|way| way.interval(&of));
        let low = ends.iter().fold(value, |least, [low, _]| least.min(*low));
        let high = ends.iter().fold(value, |most, [_, high]| most.max(*high));
        Estimate { value, low, high }
    }
}

/// The factor from normal quantiles to Student's quantiles. It uses the effective number of equal
/// units (Kish 1965).
fn wider(sums: &[Sums]) -> f64 {
    let squares: f64 = sums.iter().map(|sums| sums.responses() * sums.responses()).sum();
    let all = Sums::total(sums).responses();
    let units = (all * all / squares).max(4.0);
    student(units - 2.0) / NORMAL * libm::sqrt(units / (units - 2.0))
}

impl Resampled {
    /// The percentiles, widened around the median on a log scale.
    fn interval(&self, of: impl Fn(&Draw) -> f64) -> [f64; 2] {
        let mut draws: Vec<f64> = self.draws.iter().map(of).collect();
        if draws.is_empty() {
            return [0.0, f64::INFINITY];
        }
        draws.sort_by(f64::total_cmp);
        let [low, middle, high] =
            [0.025, 0.5, 0.975].map(|share| draws[((draws.len() - 1) as f64 * share).round() as usize]);
        let far = |end: f64| middle * libm::pow(end / middle, self.wider);
        let is_skewed = low > 0.0 && high.is_finite();
        let low = if is_skewed { far(low) } else { 0.0 };
        let high = if is_skewed { far(high) } else { middle + self.wider * (high - middle) };
        [low, high]
    }
}

/// Adds the best chunk, or its lower bound `least`. `rows` is the mean chunk of the log.
fn with_chunk(figures: Figures, draws: &Draws, rows: f64, least: Option<f64>) -> Figures {
    let cost = draws.at.cost();
    let excess = draws.estimate(|draw| {
        let cost = draw.cost();
        (cost.time_a_row(rows) / cost.time_a_row(least.unwrap_or(cost.best())) - 1.0).max(0.0)
    });
    if let Some(least) = least {
        return Figures { best: Estimate::at_least(least), flat: [least, f64::INFINITY], excess, ..figures };
    }
    let edge = |step: f64| {
        let sizes = std::iter::successors(Some(cost.best()), |rows| Some(rows * step));
        sizes.take(STEPS_MAX).take_while(|rows| cost.excess(*rows) <= FLAT).last().unwrap_or(cost.best())
    };
    let best = draws.estimate(|draw| draw.cost().best().max(1.0));
    Figures { best, flat: [edge(1.0 / STEP), edge(STEP)], excess, ..figures }
}

fn census(log: &Log, failures: &Failures) -> Census {
    let count = |outcome| log.requests.iter().filter(|r| r.outcome == outcome).count() as u64;
    let sum = |of: fn(&Request) -> f64| log.answers().map(of).sum::<f64>();
    let answered = count(Outcome::Answered);
    let first = log.requests.first().map_or(0.0, |r| r.start);
    let last = log.requests.iter().map(|r| r.start + r.took()).fold(first, f64::max);
    let (rows, bytes) = (sum(|r| r.rows), sum(|r| r.bytes));
    Census {
        requests: log.requests.len() as u64,
        answered,
        cut: count(Outcome::Cut),
        timed_out: count(Outcome::TimedOut),
        refused: count(Outcome::Refused),
        not_sent: count(Outcome::NotSent),
        outliers: 0,
        devices: log.devices,
        lasted_ns: Span::from_secs_f64(last - first),
        rows_mean_milli: (1e3 * rows / answered.max(1) as f64).round() as u64,
        rows_max: log.answers().map(|r| r.rows).fold(0.0, f64::max) as u64,
        bytes_a_row: (rows > 0.0 && bytes > 0.0).then(|| (bytes / rows).round() as u64),
        duration_mean_ns: Span::from_secs_f64(sum(Request::took) / answered.max(1) as f64),
        failures: failures.events() as u64,
        exposed_ns: Span::from_secs_f64(failures.exposed()),
    }
}
