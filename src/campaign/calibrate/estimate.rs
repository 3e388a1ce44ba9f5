//! The calibration of a log.

use super::bootstrap::{self, DEVICES_MIN, Drawn, interval, interval_by_both as by_both};
use super::chunk::{self, with_bytes};
use super::diagnose::{self, Bin};
use super::failures::{self, Before, Failures};
use super::fit::{self, Fit, Response, fit};
use super::request::{Log, Outcome, Request};
use crate::base::Seed;
use crate::render::calibrate::{
    Advice, Calibration, Census, Code, Costs, Diagnosis, Effect, Estimate, Outages, Rate, Split,
};

/// Fewer responses tell no costs.
const RESPONSES_MIN: usize = 20;
/// More trimmed responses than this share are no outliers.
const TRIMMED_MAX: f64 = 0.1;
/// Rounds in which a line and a rate settle.
const ROUNDS: usize = 3;
/// A chunk that is so many times the largest response lies far beyond the log.
const BEYOND: f64 = 2.0;
/// Requests that overlap beyond this share are no accident of coarse clocks.
const OVERLAPS_MAX: f64 = 0.01;
/// Fewer sizes tell no curve from a line.
const SIZES_MIN: usize = 4;
/// So many responses as long as that rest on few.
const LONG_MAX: f64 = 0.01;

/// What the log called `source` tells.
pub(super) fn calibration(source: &str, log: &Log) -> Calibration {
    let mut found = Calibration {
        source: source.to_owned(),
        group: None,
        census: census(log),
        costs: None,
        outages: None,
        advice: None,
        diagnoses: Vec::new(),
    };
    let before = failures::before(log);
    let units = bootstrap::units(log);
    let mut responses = responses(log, &units.0);
    of_requests(&mut found, log, &before);
    if responses.is_empty() {
        found.diagnoses.insert(0, Diagnosis::of(Code::FewResponses, [0.0; 2]));
        return found;
    }
    let (mut line, mut counted) = settle(log, &responses, &before, (&units.0, units.1), false);
    let slow_start = line.as_ref().and_then(|line| diagnose::slow_start(&responses, line, &before));
    if let Some(slow_start) = slow_start {
        found.diagnoses.push(slow_start);
        responses.retain(|r| !diagnose::after_pause(&before[r.at]));
        (line, counted) = settle(log, &responses, &before, (&units.0, units.1), false);
    }
    let mut stream = Seed(log.requests.len() as u64).stream("calibrate", 0, 0);
    let rates: Vec<f64> = (0..bootstrap::DRAWS).map(|_| counted.draw(&mut stream)).collect();
    let rate = counted.known(&rates);
    found.outages = (counted.exposed() > 0.0).then(|| Outages {
        failures: counted.failures().round() as u64,
        exposed: counted.exposed(),
        rate,
        repair: matches!(rate, Rate::Known(_)).then(|| failures::repair(log, &before, &counted)).flatten(),
    });
    of_failures(&mut found, &counted, rate);
    if let Some(refused) = refuses(&responses, line.as_ref()) {
        found.diagnoses.push(refused);
    } else if let Some(line) = line {
        let apart = || fit(&responses, true, counted.rate(), units.1).filter(|fit| fit.parts == [true; 3]);
        let split = if log.has_bytes { apart() } else { None };
        of_costs(&mut found, log, &responses, [Some(line), split], (&counted, &rates));
    }
    found.diagnoses.sort_by_key(|diagnosis| (diagnosis.code.rule().effect, diagnosis.code));
    found
}

/// The line and the failures that it and they settle on.
fn settle(
    log: &Log,
    responses: &[Response],
    before: &[Before],
    units: (&[usize], usize),
    with_bytes: bool,
) -> (Option<Fit>, Failures) {
    let mut counted = failures::count(log, before, units, None);
    let mut line = None;
    for _ in 0..ROUNDS {
        let rate = counted.rate();
        line = fit(responses, with_bytes, rate, units.1);
        let Some(fit) = &line else { break };
        counted = failures::count(log, before, units, Some(fit));
    }
    (line, counted)
}

/// Why a log tells no costs.
fn refuses(responses: &[Response], line: Option<&Fit>) -> Option<Diagnosis> {
    let n = responses.len();
    if n < RESPONSES_MIN {
        return Some(Diagnosis::of(Code::FewResponses, [n as f64, 0.0]));
    }
    let others = diagnose::other_sizes(responses);
    let one_size = Diagnosis::of(Code::OneSize, [others as f64, responses[n / 2].rows]);
    let seen = line.map_or(0, |fit| n - fit.censored);
    let limited = responses.iter().any(|r| r.timeout.is_finite());
    let Some(fit) = line.filter(|_| others >= diagnose::OTHERS_MIN && seen >= RESPONSES_MIN) else {
        let slow = limited && others >= diagnose::OTHERS_MIN;
        return Some(if slow { Diagnosis::of(Code::SlowTimeouts, [seen as f64, 0.0]) } else { one_size });
    };
    let share = fit.trimmed as f64 / seen as f64;
    (share > TRIMMED_MAX).then(|| Diagnosis::of(Code::ManyTrimmed, [share, 0.0]))
}

/// Costs and the chunk, by the line with bytes if that tells rows and bytes apart.
fn of_costs(
    found: &mut Calibration,
    log: &Log,
    responses: &[Response],
    [alone, split]: [Option<Fit>; 2],
    (counted, rates): (&Failures, &[f64]),
) {
    let mut stream = Seed(responses.len() as u64).stream("calibrate.costs", 0, 0);
    let mut draw = |fit: &Fit| bootstrap::draw(fit, &mut stream);
    let parts = split.and_then(|fit| {
        let drawn = draw(&fit);
        let part = |i: usize| by_both(fit.line[i], &drawn, |d| d.lines.iter().map(|line| line[i]).collect());
        let split = Split { row: part(1), byte: part(2) };
        (split.row.low > 0.0 && split.byte.low > 0.0).then_some((fit, drawn, split))
    });
    let (fit, drawn, split) = match (parts, alone) {
        (Some((fit, drawn, split)), _) => (fit, drawn, Some(split)),
        (None, Some(fit)) => {
            let drawn = draw(&fit);
            (fit, drawn, None)
        }
        (None, None) => return,
    };
    if log.has_bytes && split.is_none() {
        found
            .diagnoses
            .push(Diagnosis::of(Code::InStep, [found.census.bytes_a_row.unwrap_or_default(), 0.0]));
    }
    let mut all = fit::Sums::default();
    fit.sums.iter().for_each(|sums| all.merge(sums));
    let value = with_bytes(&fit.line, all.width());
    let costs = |drawn: &Drawn| -> Vec<[f64; 2]> {
        drawn.lines.iter().zip(&drawn.widths).map(|(line, width)| with_bytes(line, *width)).collect()
    };
    let of = |i: usize| by_both(value[i], &drawn, |d| costs(d).iter().map(|c| c[i]).collect());
    let step = diagnose::clock_step(responses);
    let (request, row) = (of(0).off_by(step / 2.0), of(1));
    found.census.outliers = fit.trimmed as u64;
    let kept = || responses.iter().zip(&fit.counts).filter(|(_, count)| **count > 0.0).map(|(r, _)| r.took);
    found.census.duration_mean = kept().sum::<f64>() / kept().count().max(1) as f64;
    let noise = by_both(fit.noise, &drawn, |drawn| drawn.noises.clone());
    found.costs = Some(Costs { request, row, split, noise });
    let bins = diagnose::bins(responses, &fit);
    let stays = diagnose::stays(log, responses, &fit);
    of_line(found, log, responses, (&fit, stays), &bins);
    let coarse = step > 0.0 && step >= request.value / 2.0;
    let unknown = [
        (request.low <= 0.0 && !coarse, Code::OverheadUnknown, request.value),
        (row.low <= 0.0, Code::RowUnknown, row.value),
        (coarse, Code::CoarseClock, step),
    ];
    for (stands, code, value) in unknown {
        found.diagnoses.extend(stands.then(|| Diagnosis::of(code, [value, 0.0])));
    }
    if found.diagnoses.iter().any(|diagnosis| diagnosis.code.rule().effect == Effect::Refuse) {
        return;
    }
    let again = diagnose::again(stays, &fit);
    let draws: Vec<chunk::Draw> =
        costs(&drawn[0]).iter().zip(rates).map(|(c, rate)| [c[0], c[1], *rate * again]).collect();
    let value = [value[0], value[1], counted.rate() * again];
    advise(found, &bins, value, &draws, drawn[0].wider);
}

/// The chunk, of costs `value` as they might be by `draws`.
fn advise(found: &mut Calibration, bins: &[Bin], value: chunk::Draw, draws: &[chunk::Draw], wider: f64) {
    let bent = found.diagnoses.iter().any(|diagnosis| diagnosis.code == Code::Bent);
    let (Some(costs), Some(outages)) = (found.costs, found.outages) else { return };
    let rows = found.census.rows_mean;
    let of = |value, draws| interval(value, draws, wider);
    found.advice = match outages.rate {
        _ if bent => chunk::within_log(bins, value[2], rows),
        Rate::AtMost(rate) => Some(chunk::at_least(costs.request, costs.row, rate)),
        Rate::Known(_) => Some(chunk::advise(value, draws, rows, of)),
    };
    let largest = found.census.rows_max as f64;
    if let Some(Advice::Rows { best: Estimate { value, .. }, .. }) = found.advice
        && value > BEYOND * largest
    {
        found.diagnoses.push(Diagnosis::of(Code::Beyond, [largest, value]));
    }
}

/// What speaks against the line.
fn of_line(
    found: &mut Calibration,
    log: &Log,
    responses: &[Response],
    (fit, stays): (&Fit, f64),
    bins: &[Bin],
) {
    let n = responses.len() as f64;
    let mut say = |stands: bool, code, a, b| {
        found.diagnoses.extend(stands.then(|| Diagnosis::of(code, [a, b])));
    };
    say(fit.trimmed > 0, Code::Trimmed, fit.trimmed as f64, fit.trimmed as f64 / n);
    say(fit.censored > 0, Code::SlowSizes, fit.censored as f64, fit.reach);
    let most = libm::exp(fit::COUNT_MAX) * (1.0 - 1e-9);
    let long = fit.counts.iter().filter(|count| **count >= most).count() as f64 / n;
    say(long > LONG_MAX, Code::LongTransfers, long, 0.0);
    found.diagnoses.extend(diagnose::bent(bins).or_else(|| bends(responses, fit, bins.len())));
    let mixed = diagnose::mixed(responses, fit, &log.labels);
    found.diagnoses.extend(mixed.or_else(|| diagnose::levels(stays, fit)));
}

/// Whether time grows with the square of the rows, beyond chance, by a tenth of the line and more
/// at the largest size. What bytes take is no matter; of few sizes nobody knows.
fn bends(responses: &[Response], line: &Fit, sizes: usize) -> Option<Diagnosis> {
    let without_bytes = |r: &Response| (r.took - line.line[2] * r.bytes).max(1e-3 * r.took);
    let squared: Vec<Response> =
        responses.iter().map(|r| Response { bytes: r.rows * r.rows, took: without_bytes(r), ..*r }).collect();
    let square = fit(&squared, true, 0.0, line.sums.len()).filter(|_| sizes >= SIZES_MIN)?;
    let mut stream = Seed(responses.len() as u64).stream("calibrate.bend", 0, 0);
    let [drawn, _] = bootstrap::draw(&square, &mut stream);
    let n = drawn.lines.len() as f64;
    let of = |line: &fit::Line| line[2];
    let mean = drawn.lines.iter().map(of).sum::<f64>() / n;
    let variance = drawn.lines.iter().map(|line| (of(line) - mean) * (of(line) - mean)).sum::<f64>() / n;
    let sure = square.line[2] > diagnose::SURE_OF_MANY * drawn.wider * libm::sqrt(variance);
    let more = square.line[2] * square.reach / line.line[1].max(1e-12);
    (sure && square.parts[2] && more > diagnose::BENT)
        .then(|| Diagnosis::of(Code::Bent, [square.reach, more]))
}

fn of_failures(found: &mut Calibration, counted: &Failures, rate: Rate) {
    if matches!(rate, Rate::AtMost(_)) && counted.exposed() > 0.0 {
        found.diagnoses.push(Diagnosis::of(Code::NoFailures, [counted.exposed(), 0.0]));
    }
    if counted.idle {
        found.diagnoses.push(Diagnosis::of(Code::Apart, [0.0; 2]));
    }
}

fn of_requests(found: &mut Calibration, log: &Log, before: &[Before]) {
    let overlaps = before.iter().filter(|before| before.overlaps).count() as f64;
    let share = overlaps / before.len().max(1) as f64;
    let census = found.census;
    let mut say =
        |stands: bool, code, a| found.diagnoses.extend(stands.then(|| Diagnosis::of(code, [a, 0.0])));
    say(log.devices.is_none() && share > OVERLAPS_MAX, Code::NoDevices, share);
    let devices = log.devices.unwrap_or_default();
    say((2..DEVICES_MIN).contains(&devices), Code::FewDevices, devices as f64);
    say(census.refused > 0, Code::Refused, census.refused as f64);
}

/// The responses that the fit looks at, each with the timeout of its device.
fn responses(log: &Log, units: &[usize]) -> Vec<Response> {
    let devices = log.devices.unwrap_or(1).max(1) as usize;
    let mut timeouts = vec![f64::INFINITY; devices];
    // A device that shows none may have that of the others.
    let mut shortest = f64::INFINITY;
    for r in log.requests.iter().filter(|r| r.outcome == Outcome::TimedOut) {
        let timeout = &mut timeouts[r.device as usize];
        *timeout = r.duration.unwrap_or(f64::INFINITY).min(*timeout);
        shortest = shortest.min(*timeout);
    }
    timeouts.iter_mut().filter(|own| own.is_infinite()).for_each(|own| *own = shortest);
    let answered = |r: &&Request| r.outcome == Outcome::Answered;
    // A limit that responses outlast is none of theirs, as one of connecting.
    let mut longer = vec![(0, 0); devices];
    for r in log.requests.iter().filter(answered) {
        let (all, beyond) = &mut longer[r.device as usize];
        *all += 1;
        *beyond += usize::from(r.took() > timeouts[r.device as usize]);
    }
    for (timeout, (all, beyond)) in timeouts.iter_mut().zip(longer) {
        if beyond * 50 > all {
            *timeout = f64::INFINITY;
        }
    }
    let of = |(at, r): (usize, &Request)| Response {
        rows: r.rows,
        bytes: r.bytes,
        took: r.took(),
        unit: units[at],
        timeout: timeouts[r.device as usize],
        at,
    };
    let tells = |(_, r): &(usize, &Request)| r.outcome == Outcome::Answered && r.took() > 0.0;
    log.requests.iter().enumerate().filter(tells).map(of).collect()
}

fn census(log: &Log) -> Census {
    let count = |outcome| log.requests.iter().filter(|r| r.outcome == outcome).count() as u64;
    let answers = || log.requests.iter().filter(|r| r.outcome == Outcome::Answered);
    let sum = |of: fn(&Request) -> f64| answers().map(of).sum::<f64>();
    let answered = count(Outcome::Answered);
    let first = log.requests.first().map_or(0.0, |r| r.start);
    let last = log.requests.iter().map(Request::end).fold(first, f64::max);
    let (rows, bytes) = (sum(|r| r.rows), sum(|r| r.bytes));
    Census {
        requests: log.requests.len() as u64,
        answered,
        cut: count(Outcome::Cut),
        timed_out: count(Outcome::TimedOut),
        refused: count(Outcome::Refused),
        not_sent: count(Outcome::NotSent),
        devices: log.devices,
        lasted: last - first,
        rows_mean: rows / answered.max(1) as f64,
        rows_max: answers().map(|r| r.rows).fold(0.0, f64::max) as u64,
        bytes_a_row: (log.has_bytes && rows > 0.0 && bytes > 0.0).then(|| bytes / rows),
        duration_mean: sum(Request::took) / answered.max(1) as f64,
        ..Census::default()
    }
}
