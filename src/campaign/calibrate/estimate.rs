//! The calibration of a log, and what speaks against its figures.
//!
//! All figures are functions of costs as they are, and get their intervals from costs as they might
//! be: a bootstrap over devices (Efron and Tibshirani 1993, §8.6), or over blocks of time where
//! there are few devices. Percentiles of few units are too near each other: they are widened as
//! Student's law.

use std::collections::BTreeMap;

use super::failures::{self, DEVICES_MIN, Failures, Follows};
use super::fit::{self, BEND, BYTE, Fit, Line, Response, Sums, fit, says};
use super::log::{Log, Outcome, Request};
use crate::base::{Seed, Span, Stream};
use crate::render::calibrate::{Advice, Calibration, Census, Code, Effect, Estimate, Figure};
use crate::render::calibrate::{count, percent, span};
use crate::stats::student;
use crate::theory::chunk::Cost;

const RESPONSES_MIN: usize = 20;
const OTHERS_MIN: usize = 10;
const TRIMMED_MAX: f64 = 0.1;
const ROUNDS: usize = 3;
/// A bend counts that makes the largest response so much longer.
const BENT: f64 = 0.1;
/// A chunk that is so many times the largest response lies far beyond the log.
const BEYOND: f64 = 2.0;
/// So many responses as long as that rest on few.
const LONG_MAX: f64 = 0.01;
/// A limit that more responses outlast is none of theirs, as one of connecting.
const OUTLAST_MAX: f64 = 0.02;
/// Of the failures, so many without rows leave open which sizes failed.
const BARE: f64 = 0.1;
const DRAWS: usize = 400;
/// A chunk counts as good where a row costs at most so much more than at best.
const FLAT: f64 = 0.03;
const STEP: f64 = 1.02;
/// Where hardly anything fails a good chunk has no end.
const STEPS_MAX: usize = 1_000;
/// The normal law's factor of a standard error for 95 %.
const NORMAL: f64 = 1.959_964;
/// Standard errors: dozens of columns and sizes are looked at.
const SURE: f64 = 4.0;
const MIXED: f64 = 0.15;
/// Of the noise, more of which is a level and no luck.
const LASTING: f64 = 0.5;
const GROUP_MIN: usize = 12;
/// A size that differs from the middle one by so many times is another.
const OTHER_SIZE: f64 = 1.2;
const SIZES: f64 = 4.0;

pub(super) fn calibration(source: &str, log: &Log) -> Calibration {
    let mut found = Calibration { source: source.to_owned(), census: census(log), ..Calibration::default() };
    let follows = Follows::of(log);
    let responses = responses(log, &follows);
    let devices = log.devices.unwrap_or(1);
    found.say(devices < DEVICES_MIN, Code::FewDevices, [count(devices as f64)]);
    if responses.is_empty() {
        found.say(true, Code::FewResponses, [count(0.0)]);
        return found;
    }
    found.say(follows.apart, Code::Apart, []);
    let counted = |most| failures::count(log, &follows, most);
    let mut failures = counted(f64::INFINITY);
    let mut given = (0.0, timeout(log));
    let mut line = None;
    for _ in 0..ROUNDS {
        given.0 = failures.rate();
        line = fit(&responses, [true, true, false, false], given);
        let cut_off = line.as_ref().filter(|fit| fit.censored > 0);
        failures = counted(cut_off.map_or(f64::INFINITY, |fit| fit.reach));
    }
    found.census.failures = failures.events().round() as u64;
    found.census.exposed_ns = Span::from_secs_f64(failures.exposed());
    if !refuses(&mut found, &responses, line.as_ref())
        && let Some(line) = line
    {
        costs(&mut found, log, &responses, (line, given), &failures);
    } else {
        found.figures.insert(Figure::Between, failures.between());
    }
    let recovery = failures::repair(log, follows.typical, &failures);
    found.figures.extend(recovery.map(|recovery| (Figure::Recovery, recovery)));
    found.diagnoses.sort_by_key(|diagnosis| (diagnosis.code.rule().effect, diagnosis.code));
    found
}

fn refuses(found: &mut Calibration, responses: &[Response], line: Option<&Fit>) -> bool {
    let n = responses.len();
    let others = other_sizes(responses);
    let seen = line.map_or(n, |fit| n - fit.censored);
    let trimmed = line.map_or(0.0, |fit| fit.trimmed as f64 / seen.max(1) as f64);
    let before = found.diagnoses.len();
    found.say(seen < RESPONSES_MIN, Code::FewResponses, [count(seen as f64)]);
    let size = [others as f64, responses[n / 2].x[1]].map(count);
    found.say(others < OTHERS_MIN || line.is_none(), Code::OneSize, size);
    found.say(trimmed > TRIMMED_MAX, Code::ManyTrimmed, [percent(trimmed)]);
    // One of them is enough.
    found.diagnoses.truncate(before + 1);
    found.diagnoses.len() > before
}

struct Draw {
    line: Line,
    noise: f64,
    width: f64,
    rate: f64,
}

impl Draw {
    /// Seconds a row with its bytes.
    fn row(&self) -> f64 {
        self.line[1] + if self.line[BYTE] == 0.0 { 0.0 } else { self.line[BYTE] * self.width }
    }
    fn cost(&self) -> Cost {
        let [chunk, row] = [self.line[0], self.row()].map(|cost| cost.max(1e-9));
        Cost { chunk, row, mtbf: 1.0 / self.rate.max(1e-12) }
    }
}

struct Draws {
    at: Draw,
    all: Vec<Draw>,
    wider: f64,
}

impl Draws {
    fn of(fit: &Fit, failures: &Failures) -> Draws {
        let sums: Vec<Sums> = fit.sums.iter().filter(|sums| sums.responses() > 0.0).copied().collect();
        let draw = |sums: &Sums, rate: f64| {
            let line = sums.line(fit.parts)?;
            Some(Draw { line, noise: sums.noise(), width: sums.width(), rate })
        };
        let all = Sums::total(&sums);
        let squares: f64 = sums.iter().map(|sums| sums.responses() * sums.responses()).sum();
        // Units of equal size that would be as sure (Kish 1965).
        let units = (all.responses() * all.responses() / squares).max(4.0);
        let mut stream = Seed(failures.exposed().to_bits()).stream("calibrate", 0, 0);
        let resample = |stream: &mut Stream| Sums::total(sums.iter().map(|_| stream.pick(&sums)));
        let at = draw(&all, failures.rate()).expect("the fit had a line");
        let drawn = (0..DRAWS).filter_map(|_| draw(&resample(&mut stream), failures.draw(&mut stream)));
        let free = units - 2.0;
        let wider = student(free) / NORMAL * libm::sqrt(units / free);
        Draws { at, all: drawn.collect(), wider }
    }

    /// A figure with its interval of 95 %: percentiles, widened on a log scale about the middle.
    fn estimate(&self, of: impl Fn(&Draw) -> f64) -> Estimate {
        let value = of(&self.at);
        let mut draws: Vec<f64> = self.all.iter().map(of).collect();
        if draws.is_empty() {
            return Estimate { value, low: 0.0, high: f64::INFINITY };
        }
        draws.sort_by(f64::total_cmp);
        let [low, middle, high] =
            [0.025, 0.5, 0.975].map(|share| draws[((draws.len() - 1) as f64 * share).round() as usize]);
        let far = |end: f64| middle * libm::pow(end / middle, self.wider);
        let skewed = low > 0.0 && high.is_finite();
        let low = if skewed { far(low) } else { 0.0 };
        let high = if skewed { far(high) } else { middle + self.wider * (high - middle) };
        Estimate { value, low: low.min(value), high: high.max(value) }
    }
}

fn costs(
    found: &mut Calibration,
    log: &Log,
    responses: &[Response],
    (line, given): (Fit, (f64, f64)),
    failures: &Failures,
) {
    // With another part, if that is sure: twice as far from nothing as its interval reaches.
    let with_part = |part: usize, line: &Fit| {
        let mut parts = line.parts;
        parts[part] = true;
        let wider = fit(responses, parts, given).filter(|fit| fit.parts == parts)?;
        let draws = Draws::of(&wider, failures);
        let size = draws.estimate(|costs| costs.line[part]);
        (size.low > size.value / 2.0).then_some((wider, draws))
    };
    let of_bytes = log.has_bytes.then(|| with_part(BYTE, &line)).flatten();
    let (draws, line) = match of_bytes {
        Some((wider, draws)) => (draws, wider),
        None => (Draws::of(&line, failures), line),
    };
    let step = clock_step(responses);
    let request = draws.estimate(|costs| costs.line[0]);
    let (low, high) = ((request.low - step / 2.0).max(0.0), request.high + step / 2.0);
    let request = Estimate { low, high, ..request };
    let row = draws.estimate(Draw::row);
    let fails = failures.rate() > 0.0;
    let between = if fails { draws.estimate(|costs| 1.0 / costs.rate) } else { failures.between() };
    found.figures.insert(Figure::Overhead, request);
    found.figures.insert(Figure::Row, row);
    if line.parts[BYTE] {
        found.figures.insert(Figure::RowAlone, draws.estimate(|costs| costs.line[1]));
        found.figures.insert(Figure::Byte, draws.estimate(|costs| costs.line[BYTE]));
    }
    found.figures.insert(Figure::Noise, draws.estimate(|costs| costs.noise));
    let failed = || log.requests.iter().filter(|r| r.failed());
    let bare = failed().filter(|r| r.rows <= 0.0).count() as f64;
    let bare = line.censored > 0 && bare > 0.0 && bare >= BARE * failed().count() as f64;
    if !bare {
        found.figures.insert(Figure::Between, between);
    }
    let bent = with_part(BEND, &line);
    let bend = bent.map_or(0.0, |(bent, draws)| draws.at.line[BEND] * bent.reach / draws.at.row());
    found.say(bare, Code::BareFailures, []);
    found.say(bend > BENT, Code::Bent, [count(line.reach), percent(bend)]);
    let unsure = request.low <= 0.0 || step >= request.value / 2.0;
    found.say(unsure, Code::OverheadUnknown, [span(request.value)]);
    found.say(row.low <= 0.0, Code::RowUnknown, [span(row.value)]);
    found.say(!fails, Code::NoFailures, [span(failures.exposed())]);
    doubts(found, log, responses, &line);
    if found.diagnoses.iter().any(|diagnosis| diagnosis.code.rule().effect == Effect::Refuse) {
        return;
    }
    // Without a failure: of the least overhead, the dearest row, and as many as there may be.
    let least = Cost { chunk: request.low, row: row.high, mtbf: between.low }.best();
    let advice = advise(&draws, found.census.rows_mean_milli as f64 / 1e3, (!fails).then_some(least));
    let far = advice.best.value.is_finite() && advice.best.value > BEYOND * line.reach;
    found.say(far, Code::Beyond, [count(line.reach)]);
    found.advice = Some(advice);
}

/// What the responses and the line through them say against its figures.
fn doubts(found: &mut Calibration, log: &Log, responses: &[Response], line: &Fit) {
    let (n, trimmed) = (responses.len() as f64, line.trimmed as f64);
    let kept = || responses.iter().zip(&line.counts).filter(|(_, count)| **count > 0.0);
    let took: f64 = kept().map(|(r, _)| r.took).sum();
    found.census.outliers = line.trimmed as u64;
    found.census.duration_mean_ns = Span::from_secs_f64(took / f64::max(kept().count() as f64, 1.0));
    let most = libm::exp(fit::COUNT_MAX) * (1.0 - 1e-9);
    let long = kept().filter(|(_, count)| **count >= most).count() as f64 / n;
    found.say(line.trimmed > 0, Code::Trimmed, [count(trimmed), percent(trimmed / n)]);
    found.say(line.censored > 0, Code::SlowSizes, [line.censored as f64, line.reach].map(count));
    found.say(long > LONG_MAX, Code::LongTransfers, [percent(long)]);
    if let Some((more, column)) = mixed(log, responses, line) {
        found.say(true, Code::Mixed, [column, percent(more)]);
    }
    let levels = levels(log, responses, line);
    let last = levels > LASTING * line.noise * line.noise && levels > MIXED * MIXED;
    found.say(last, Code::Levels, [percent(libm::sqrt(levels))]);
}

/// The best chunk, or that it is at `least` so large; `rows` is the log's mean one.
fn advise(draws: &Draws, rows: f64, least: Option<f64>) -> Advice {
    let cost = draws.at.cost();
    let excess = draws.estimate(|costs| costs.cost().excess(rows));
    if let Some(least) = least {
        return Advice { best: Estimate::at_least(least), flat: (least, f64::INFINITY), excess };
    }
    let edge = |step: f64| {
        let sizes = std::iter::successors(Some(cost.best()), |rows| Some(rows * step));
        sizes.take(STEPS_MAX).take_while(|rows| cost.excess(*rows) <= FLAT).last().unwrap_or(cost.best())
    };
    let best = draws.estimate(|costs| costs.cost().best().max(1.0));
    Advice { best, flat: (edge(1.0 / STEP), edge(STEP)), excess }
}

/// The shortest time after which a request timed out, if responses heed it.
fn timeout(log: &Log) -> f64 {
    let timed_out = log.requests.iter().filter(|r| r.outcome == Outcome::TimedOut);
    let shortest = timed_out.filter_map(|r| r.duration).fold(f64::INFINITY, f64::min);
    let beyond = log.answers().filter(|r| r.took() > shortest).count() as f64;
    if beyond > OUTLAST_MAX * log.answers().count() as f64 { f64::INFINITY } else { shortest }
}

fn responses(log: &Log, follows: &Follows) -> Vec<Response> {
    let requests = log.requests.iter().enumerate();
    let counts = |(at, r): &(usize, &Request)| !follows.paused[*at] && r.answered() && r.took() > 0.0;
    let of = |(at, r): (usize, &Request)| Response {
        x: [1.0, r.rows, r.bytes, r.rows * r.rows],
        took: r.took(),
        unit: follows.unit[at],
        at,
    };
    requests.filter(counts).map(of).collect()
}

fn census(log: &Log) -> Census {
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
        devices: log.devices,
        lasted_ns: Span::from_secs_f64(last - first),
        rows_mean_milli: (1e3 * rows / answered.max(1) as f64).round() as u64,
        rows_max: log.answers().map(|r| r.rows).fold(0.0, f64::max) as u64,
        bytes_a_row: (log.has_bytes && rows > 0.0 && bytes > 0.0).then(|| (bytes / rows).round() as u64),
        duration_mean_ns: Span::from_secs_f64(sum(Request::took) / answered.max(1) as f64),
        ..Census::default()
    }
}

/// The mean of duration / line, and its standard error, over clusters (Cochran 1977, §6.4).
fn off(responses: &[Response], fit: &Fit, members: &[usize]) -> (f64, f64) {
    let share = |n: usize| responses[n].took / says(&fit.line, &responses[n].x).max(1e-12);
    let all: f64 = members.iter().map(|n| fit.counts[*n]).sum();
    let mean = members.iter().map(|n| fit.counts[*n] * share(*n)).sum::<f64>() / all;
    let (mut units, mut single) = (BTreeMap::<usize, f64>::new(), 0.0);
    for n in members {
        let off = fit.counts[*n] * (share(*n) - mean);
        *units.entry(responses[*n].unit).or_default() += off;
        single += off * off;
    }
    let clusters: f64 = units.values().map(|off| off * off).sum();
    (mean, libm::sqrt(clusters.max(single)) / all)
}

/// The column whose values differ most in what responses take, beyond chance; sizes are one.
fn mixed(log: &Log, responses: &[Response], fit: &Fit) -> Option<(f64, String)> {
    let size = |r: &Response| libm::floor(SIZES * libm::log2(r.x[1].max(1.0))) as u8;
    let sizes = ("small and large responses".to_owned(), responses.iter().map(size).collect());
    let of_column = |of: &[u8]| -> Vec<u8> { responses.iter().map(|r| of[r.at]).collect() };
    let columns = log.labels.iter().map(|(column, of)| (format!("responses by `{column}`"), of_column(of)));
    let differ = |(column, values): (String, Vec<u8>)| {
        let mut groups = BTreeMap::<u8, Vec<usize>>::new();
        for (n, value) in values.iter().enumerate().filter(|(n, _)| fit.counts[*n] > 0.0) {
            groups.entry(*value).or_default().push(n);
        }
        let many = groups.values().filter(|group| group.len() >= GROUP_MIN);
        let offs: Vec<(f64, f64)> = many.map(|group| off(responses, fit, group)).collect();
        let (low, low_error) = *offs.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
        let (high, high_error) = *offs.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        let more = high / low - 1.0;
        let sure = high - low > SURE * low_error.max(high_error);
        (sure && more > MIXED).then_some((more, column))
    };
    columns.chain([sizes]).filter_map(differ).max_by(|a, b| a.0.total_cmp(&b.0))
}

/// The variance of levels that last from one request of a device to the next, as of several
/// networks: the covariance of responses that follow each other.
fn levels(log: &Log, responses: &[Response], fit: &Fit) -> f64 {
    let mut last = log.of_devices(None::<(f64, f64)>);
    let (mut covariance, mut pairs) = (0.0, 0.0);
    for (r, count) in responses.iter().zip(&fit.counts) {
        let request = &log.requests[r.at];
        let share = r.took / says(&fit.line, &r.x).max(1e-12) - 1.0;
        let last = &mut last[request.device as usize];
        if let Some((_, before)) = last.filter(|(end, _)| *count > 0.0 && request.start - end < r.took) {
            (covariance, pairs) = (covariance + share * before, pairs + 1.0);
        }
        *last = (*count > 0.0).then_some((request.start + r.took, share));
    }
    covariance / f64::max(pairs, 1.0)
}

fn other_sizes(responses: &[Response]) -> usize {
    let mut rows: Vec<f64> = responses.iter().map(|r| r.x[1]).collect();
    rows.sort_by(f64::total_cmp);
    let middle = rows[rows.len() / 2];
    let other = |r: &&f64| **r * OTHER_SIZE < middle || **r > OTHER_SIZE * middle;
    rows.iter().filter(other).count()
}

/// Seconds of a step of the clock, if nearly all durations are whole steps.
fn clock_step(responses: &[Response]) -> f64 {
    const STEPS: [f64; 7] = [1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01];
    let whole = |step: &f64| {
        let on = |r: &&Response| (r.took / step - libm::round(r.took / step)).abs() < 1e-6;
        responses.iter().filter(on).count() * 10 >= responses.len() * 9
    };
    STEPS.into_iter().find(whole).unwrap_or_default()
}
