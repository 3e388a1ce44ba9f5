//! The calibration of a log: what it leaves open, and the figures of each reading of it.
//!
//! All figures are functions of the fitted costs. Their intervals come from a bootstrap of these
//! costs over devices (Efron and Tibshirani 1993, §8.6), or over blocks of time if there are few
//! devices. With few units, percentiles are too narrow: they are widened as in Student's
//! distribution.

use std::collections::BTreeMap;

use super::doubts::{Sizes, clock_step, doubts};
use super::failures::{self, DEVICES_MIN, Failures, Follows, Unknown};
use super::fit::{BYTE, Costs, Fit, Noise, PARTS, Problem, Response, Sums, says};
use super::log::{Log, Outcome, Request};
use crate::base::{Seed, Span, Stream};
use crate::render::calibrate::{Advice, Calibration, Census, Code, Estimate, Figure, Given, Next};
use crate::render::calibrate::{Reading, Timeouts, count, percent, span};
use crate::stats::student;
use crate::theory::chunk::Cost;

const RESPONSES_MIN: usize = 20;
const OTHERS_MIN: usize = 10;
const TRIMMED_MAX: f64 = 0.1;
/// A chunk larger than this times the largest response lies far beyond the log.
const BEYOND: f64 = 2.0;
/// If a larger share of responses outlasts the timeout, the timeout may be a slow response.
const OUTLAST: f64 = 1e-3;
/// Beyond chance, responses do not follow the fitted distribution if Kolmogorov's distance exceeds
/// this. In 200 logs of slow responses with all kinds of noise none exceeded 0.07.
const MISFIT: f64 = 0.1;
/// Kolmogorov's distance of n samples is below this divided by √n with 95 %.
const BY_CHANCE: f64 = 1.358;
/// The share of a response that had arrived at the timeout, if the response was slow.
const HALF: f64 = 0.5;
const DRAWS: usize = 400;
/// A chunk is good if a row costs at most this share more than at the best.
const FLAT: f64 = 0.03;
const STEP: f64 = 1.02;
/// If hardly anything fails, there is no largest good chunk.
const STEPS_MAX: usize = 1_000;
/// The two-sided 95 % quantile of the normal distribution.
const NORMAL: f64 = 1.959_964;
/// Overheads, as a share of a request, and times between failures. They are tried if neither the
/// log nor the user gives them.
const SHARES: [f64; 4] = [0.1, 0.3, 0.6, 0.9];
const BETWEEN: [f64; 3] = [30.0, 300.0, 3_600.0];

pub(super) fn calibration(source: &str, log: &Log, given: &Given) -> Calibration {
    let mut found = Calibration { source: source.to_owned(), census: census(log), ..Calibration::default() };
    let follows = Follows::of(log);
    let devices = log.devices.unwrap_or(1);
    found.say(devices < DEVICES_MIN, Code::FewDevices, [count(devices as f64)]);
    let kinds = Kind::of(log, &follows);
    let ways = match (kinds.contains(&Kind::Open), given.timeouts) {
        (false, _) => vec![None],
        (true, Some(given)) => vec![Some(given)],
        (true, None) => vec![Some(Timeouts::Failures), Some(Timeouts::Slow)],
    };
    for timeouts in ways {
        let opens = timeouts == Some(Timeouts::Slow);
        let is_slow = |kind: &Kind| *kind == Kind::Slow || opens && *kind == Kind::Open;
        let slow: Vec<bool> = kinds.iter().map(is_slow).collect();
        let way = Way::of(log, &follows, timeouts, &slow, given.mtbf);
        read(&mut found, &way, given);
    }
    open(&mut found, log, &kinds);
    found.say(follows.apart && !found.readings.is_empty(), Code::Apart, []);
    found.diagnoses.sort_by_key(|diagnosis| (diagnosis.code.rule().effect, diagnosis.code));
    found
}

/// What a timed-out request may be. `Other`: a failure, or not a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Other,
    Slow,
    Open,
}

impl Kind {
    /// Classifies timeouts. If the log has received bytes, a timeout is slow if half of a response
    /// had come. Otherwise it is a failure if its rows are known and such responses are faster.
    fn of(log: &Log, follows: &Follows) -> Vec<Kind> {
        let timed_out = |r: &&Request| r.outcome == Outcome::TimedOut;
        let says_bytes = log.requests.iter().filter(timed_out).any(|r| r.bytes > 0.0);
        let sum = |of: fn(&Request) -> f64| log.answers().map(of).sum::<f64>().max(1e-9);
        let (rows, bytes, all) = (sum(|r| r.rows), sum(|r| r.bytes), sum(|_| 1.0));
        let none = vec![false; log.requests.len()];
        let way = Way::of(log, follows, None, &none, None);
        let line = way.fit(None).or_else(|| way.fit(Some(0.0))).map(|(fit, _)| fit.costs);
        let longest = log.answers().map(Request::took).fold(0.0, f64::max);
        let of = |r: &Request| {
            let usual = bytes / rows * if r.rows > 0.0 { r.rows } else { rows / all };
            let x = [1.0, r.rows, r.rows * bytes / rows];
            let outlasts = |costs: Costs| {
                Noise::of(costs[PARTS]).outlasts(says(&costs, &x).max(1e-9), r.duration.unwrap_or(longest))
            };
            match r.outcome {
                Outcome::TimedOut if says_bytes && r.bytes >= HALF * usual => Kind::Slow,
                Outcome::TimedOut if says_bytes => Kind::Other,
                Outcome::TimedOut if r.rows <= 0.0 => Kind::Open,
                Outcome::TimedOut if line.is_none_or(|line| outlasts(line) > OUTLAST) => Kind::Open,
                _ => Kind::Other,
            }
        };
        log.requests.iter().map(of).collect()
    }
}

/// Says which column of the log would decide what its timeouts are.
fn open(found: &mut Calibration, log: &Log, kinds: &[Kind]) {
    let of = || log.requests.iter().zip(kinds).filter(|(_, kind)| **kind == Kind::Open).map(|(r, _)| r);
    let timeouts = Beside::of(log, of());
    let bare = of().any(|r| r.rows <= 0.0);
    // Rows would decide, as responses of any size end well before the timeout.
    let rows = bare && timeouts.nearly_all < timeouts.shortest / 2.0;
    let column = if rows { "`rows` that they asked for" } else { "`bytes` that had come" };
    let [many, after, nearly_all] = timeouts.texts();
    found.say(of().next().is_some(), Code::TimeoutsOpen, [many, after, nearly_all, column.to_owned()]);
}

/// Requests that timed out, compared with those that were answered.
struct Beside {
    timeouts: usize,
    /// The shortest timeout, and the duration of 99 of 100 responses, in seconds.
    shortest: f64,
    nearly_all: f64,
}

impl Beside {
    fn of<'a>(log: &Log, timeouts: impl Iterator<Item = &'a Request> + Clone) -> Beside {
        let shortest = timeouts.clone().filter_map(|r| r.duration).fold(f64::INFINITY, f64::min);
        let mut took: Vec<f64> = log.answers().map(Request::took).collect();
        took.sort_by(f64::total_cmp);
        let nearly_all = took.get(took.len() * 99 / 100).copied().unwrap_or_default();
        Beside { timeouts: timeouts.count(), shortest, nearly_all }
    }
    fn texts(&self) -> [String; 3] {
        let Beside { timeouts, shortest, nearly_all } = *self;
        let after = if shortest.is_finite() { format!(" after {}", span(shortest)) } else { String::new() };
        [count(timeouts as f64), after, span(nearly_all)]
    }
}

/// An interpretation of timeouts, with the responses and failures that follow from it.
struct Way<'a> {
    log: &'a Log,
    timeouts: Option<Timeouts>,
    /// Per request: it timed out, but its response would have come.
    slow: &'a [bool],
    responses: Vec<Response>,
    failures: Failures,
    recovery: Result<Estimate, Unknown>,
    /// Failures per second, to weight the responses.
    rate: f64,
}

impl Way<'_> {
    fn of<'a>(
        log: &'a Log,
        follows: &Follows,
        timeouts: Option<Timeouts>,
        slow: &'a [bool],
        mtbf: Option<Span>,
    ) -> Way<'a> {
        let failures = failures::count(log, follows, slow);
        let longest = log.answers().map(Request::took).fold(0.0, f64::max);
        let sum = |of: fn(&Request) -> f64| log.answers().map(of).sum::<f64>();
        let width = sum(|r| r.bytes) / sum(|r| r.rows).max(1.0);
        let bytes = |r: &Request| if r.answered() { r.bytes } else { width * r.rows };
        let requests = log.requests.iter().enumerate();
        let counts = |(at, r): &(usize, &Request)| {
            !follows.paused[*at] && (r.answered() && r.took() > 0.0 || slow[*at])
        };
        let of = |(at, r): (usize, &Request)| Response {
            x: (r.answered() || r.rows > 0.0).then_some([1.0, r.rows, bytes(r)]),
            took: r.duration.unwrap_or(longest).max(1e-9),
            timed_out: slow[at],
            unit: follows.unit[at],
            at,
        };
        let responses = requests.filter(counts).map(of).collect();
        let rate = mtbf.map_or(failures.rate(), |mtbf| 1.0 / mtbf.as_secs_f64());
        let outages = failures::outages(log, follows.typical, &failures, slow);
        let recovery = failures::recovery(&outages, rate, follows.typical);
        Way { log, timeouts, slow, responses, failures, recovery, rate }
    }

    /// The costs with this `overhead`, or with the one that the sizes give.
    fn fit(&self, overhead: Option<f64>) -> Option<(Fit, Draws)> {
        let with = |byte: bool| {
            let parts = [true, true, byte];
            Problem { responses: &self.responses, parts, overhead, rate: self.rate }.fit()
        };
        let drawn = |fit: Fit| {
            let draws = Draws::of(&fit, &self.failures);
            (fit, draws)
        };
        // A cost per byte is used only if it is certain: its interval is less than half of it.
        let wider = self.log.has_bytes.then(|| with(true)).flatten().filter(|fit| fit.parts == [true; PARTS]);
        let wider = wider.map(drawn).filter(|(_, draws)| {
            let size = draws.estimate(|costs| costs.costs[BYTE]);
            size.low > size.value / 2.0
        });
        wider.or_else(|| with(false).map(drawn))
    }

    fn limit(&self) -> Option<f64> {
        let timed_out = self.responses.iter().filter(|r| r.timed_out);
        timed_out.map(|r| r.took).min_by(f64::total_cmp)
    }
}

/// Adds a reading for each overhead and time between failures that is left open.
fn read(found: &mut Calibration, way: &Way<'_>, given: &Given) {
    let seen = way.responses.iter().filter(|r| !r.timed_out).count();
    found.say(seen < RESPONSES_MIN, Code::FewResponses, [count(seen as f64)]);
    let overhead = given.overhead.map(Span::as_secs_f64);
    let sizes = Sizes::of(&way.responses);
    let sized = sizes.others >= OTHERS_MIN;
    let free = sized.then(|| way.fit(None)).flatten();
    let differs =
        free.as_ref().zip(overhead).map(|((_, draws), given)| (draws.estimate(Draw::overhead), given));
    let differs = differs.filter(|(says, given)| !says.holds(*given)).map(|(says, _)| span(says.value));
    found.say(differs.is_some(), Code::OverheadDiffers, [differs.unwrap_or_default()]);
    let free = free.filter(|_| overhead.is_none());
    let told = free.is_some();
    let base = free.or_else(|| way.fit(overhead.or(Some(0.0)))).filter(|_| seen >= RESPONSES_MIN);
    let Some(base) = base else {
        // Enough responses, but none with rows.
        found.say(true, Code::FewResponses, [count(0.0)]);
        return;
    };
    let (fit, draws) = &base;
    let apart = way.limit().map_or(0.0, |limit| fit.misfit(&way.responses, limit));
    if apart > MISFIT + BY_CHANCE / libm::sqrt(seen as f64) {
        let slow = way.log.requests.iter().zip(way.slow).filter(|(_, slow)| **slow).map(|(r, _)| r);
        let [many, after, nearly_all] = Beside::of(way.log, slow).texts();
        found.say(true, Code::SlowUnfit, [many, after, nearly_all, percent(fit.costs[PARTS])]);
        return;
    }
    let trimmed = fit.trimmed as f64 / seen as f64;
    found.say(trimmed > TRIMMED_MAX, Code::ManyTrimmed, [percent(trimmed)]);
    let request = draws.estimate(|draw| draw.request(sizes.middle));
    let long = overhead.filter(|overhead| *overhead >= request.value);
    found.say(long.is_some(), Code::OverheadLong, [overhead.unwrap_or_default(), request.value].map(span));
    if trimmed > TRIMMED_MAX || long.is_some() {
        return;
    }
    if found.readings.is_empty() {
        found.census.rows_median = sizes.middle as u64;
        found.census.failures = way.failures.events().round() as u64;
        found.census.exposed_ns = Span::from_secs_f64(way.failures.exposed());
        doubts(found, way.log, &way.responses, fit, told);
    }
    let step = clock_step(&way.responses);
    let of_request = draws.estimate(Draw::overhead);
    let sure = told && of_request.low > step / 2.0 && of_request.value > 2.0 * step;
    found.say(told && !sure, Code::OverheadUnknown, [span(of_request.value)]);
    let others = [count(sizes.others as f64), count(sizes.middle)];
    found.say(!told && overhead.is_none(), Code::OneSize, others);
    if !sure && overhead.is_none() && found.next.is_none() {
        found.next = Some(next(sizes.middle, fit.costs[PARTS], request.value, way));
    }
    add(found, way, given, &Known { base: &base, request, step, sure });
}

/// Results that do not depend on the overhead: the costs by size (or with overhead 0), a request of
/// median size, the clock's resolution, and whether the sizes determine the overhead.
struct Known<'a> {
    base: &'a (Fit, Draws),
    request: Estimate,
    step: f64,
    sure: bool,
}

fn add(found: &mut Calibration, way: &Way<'_>, given: &Given, known: &Known<'_>) {
    let &Known { base, request, step, sure } = known;
    let blind = !way.log.has_outcomes && given.mtbf.is_none();
    found.say(blind, Code::NoOutcomes, []);
    // The table says it for slow responses; this diagnosis is for all readings.
    let of_all = way.timeouts != Some(Timeouts::Slow);
    let none = of_all && way.failures.rate() <= 0.0 && given.mtbf.is_none() && !blind;
    found.say(none, Code::NoFailures, [span(way.failures.exposed())]);
    let given_overhead = given.overhead.map(Span::as_secs_f64);
    let supposed = given_overhead.is_none() && !sure;
    let rtt = given.rtt.map(Span::as_secs_f64).filter(|rtt| *rtt < request.value);
    let shares = SHARES.map(|share| two_digits(share * request.value)).into_iter();
    let shares = shares.filter(|share| *share > rtt.unwrap_or_default());
    let overheads: Vec<Option<f64>> = match supposed {
        true => rtt.into_iter().chain(shares).map(Some).collect(),
        false => vec![given_overhead],
    };
    let betweens = match given.mtbf {
        None if blind => BETWEEN.map(Some).to_vec(),
        mtbf => vec![mtbf.map(Span::as_secs_f64)],
    };
    // Then the line fits no response.
    let mixed = found.diagnoses.iter().any(|diagnosis| diagnosis.code == Code::Mixed);
    for overhead in overheads {
        let other = overhead.filter(|_| supposed).and_then(|overhead| way.fit(Some(overhead)));
        let (fit, draws) = other.as_ref().unwrap_or(base);
        for mtbf in &betweens {
            let mut reading = reading(found, way, (fit, draws), overhead, *mtbf);
            reading.figures.extend((!sure && !mixed).then_some((Figure::Request, request)));
            if let Some(known) = reading.figures.get_mut(&Figure::Overhead).filter(|_| overhead.is_none()) {
                (known.low, known.high) = ((known.low - step / 2.0).max(0.0), known.high + step / 2.0);
            }
            let row = reading.figures[&Figure::Row];
            found.say(of_all && !supposed && row.low <= 0.0, Code::RowUnknown, [span(row.value)]);
            found.readings.push(reading);
        }
    }
}

fn reading(
    found: &mut Calibration,
    way: &Way<'_>,
    (fit, draws): (&Fit, &Draws),
    overhead: Option<f64>,
    mtbf: Option<f64>,
) -> Reading {
    let draws = &draws.failing(mtbf);
    let row = draws.estimate(Draw::row);
    let request = overhead.map_or_else(|| draws.estimate(Draw::overhead), Estimate::exactly);
    let fails = way.failures.rate() > 0.0;
    let between = match mtbf {
        Some(mtbf) => Estimate::exactly(mtbf),
        None if fails => draws.estimate(|draw| 1.0 / draw.rate),
        None => way.failures.between(),
    };
    let mut figures = BTreeMap::from([
        (Figure::Overhead, request),
        (Figure::Row, row),
        (Figure::Noise, draws.estimate(|draw| draw.costs[PARTS])),
        (Figure::Between, between),
    ]);
    if fit.parts[BYTE] {
        figures.insert(Figure::RowAlone, draws.estimate(|draw| draw.costs[1]));
        figures.insert(Figure::Byte, draws.estimate(|draw| draw.costs[BYTE]));
    }
    match way.recovery {
        Ok(recovery) => _ = figures.insert(Figure::Recovery, recovery),
        Err(why) => found.say(fails, Code::RecoveryUnknown, [why.text()]),
    }
    // Without a failure: a lower bound, from least overhead, dearest row, most failures.
    let endless = row.low <= 0.0 || (!fails && mtbf.is_none());
    let least = Cost { chunk: request.low, row: row.high, mtbf: between.low }.best();
    let advice = advise(draws, found.census.rows_mean_milli as f64 / 1e3, endless.then_some(least));
    let reach = found.census.rows_max as f64;
    let far = advice.best.value.is_finite() && advice.best.value > BEYOND * reach;
    found.say(far && overhead.is_none() && way.timeouts.is_none(), Code::Beyond, [count(reach)]);
    // If rows may take no time, there is no upper bound.
    let open =
        |most: Estimate| Estimate { high: if row.low > 0.0 { most.high } else { f64::INFINITY }, ..most };
    let in_time = way.limit().map(|limit| open(draws.estimate(|draw| draw.in_time(limit))));
    Reading { overhead, mtbf, timeouts: way.timeouts, figures, advice, in_time }
}

/// Two sizes that separate the overhead from the time per row. They are as far apart as the timeout
/// and failures allow, with enough requests to find the overhead to a tenth of a request.
fn next(rows: f64, noise: f64, took: f64, way: &Way<'_>) -> Next {
    let timed_out = way.log.requests.iter().filter(|r| r.outcome == Outcome::TimedOut);
    let limit = timed_out.filter_map(|r| r.duration).fold(f64::INFINITY, f64::min);
    let between = if way.failures.rate() > 0.0 { 1.0 / way.failures.rate() } else { f64::INFINITY };
    let room = f64::min(limit / 2.0, between) / took;
    let large = (rows * room.clamp(1.0, 4.0)).max(8.0);
    let small = (rows / 8.0).max(1.0);
    let [small, large] = [small, large].map(two_digits).map(libm::round);
    let share = NORMAL * noise / 0.1;
    let apart = (large * large + small * small) / ((large - small) * (large - small));
    let requests = (libm::ceil(share * share * apart / 10.0) * 10.0).clamp(50.0, 10_000.0);
    Next { rows: [small as u64, large as u64], requests: requests as u64 }
}

/// Rounds to two digits.
fn two_digits(x: f64) -> f64 {
    let unit = libm::pow(10.0, libm::floor(libm::log10(x.max(1e-12))) - 1.0);
    libm::round(x / unit) * unit
}

#[derive(Clone, Copy)]
struct Draw {
    costs: Costs,
    width: f64,
    rate: f64,
}

impl Draw {
    /// Seconds per row, including its bytes.
    fn row(&self) -> f64 {
        self.costs[1] + if self.costs[BYTE] == 0.0 { 0.0 } else { self.costs[BYTE] * self.width }
    }
    fn overhead(&self) -> f64 {
        self.costs[0]
    }
    fn request(&self, rows: f64) -> f64 {
        self.costs[0] + self.row() * rows
    }
    fn cost(&self) -> Cost {
        let [chunk, row] = [self.costs[0], self.row()].map(|cost| cost.max(1e-9));
        Cost { chunk, row, mtbf: 1.0 / self.rate.max(1e-12) }
    }
    /// The most rows for which 99 of 100 responses take at most `limit`.
    fn in_time(&self, limit: f64) -> f64 {
        let mean = limit / Noise::of(self.costs[PARTS]).nearly_all();
        ((mean - self.costs[0]) / self.row().max(1e-12)).max(0.0)
    }
}

#[derive(Clone)]
struct Draws {
    at: Draw,
    all: Vec<Draw>,
    wider: f64,
}

impl Draws {
    fn of(fit: &Fit, failures: &Failures) -> Draws {
        let sums: Vec<Sums> = fit.sums.iter().filter(|sums| sums.responses() > 0.0).copied().collect();
        let all = Sums::total(&sums);
        let draw = |costs: Costs, sums: &Sums, rate: f64| Draw { costs, width: sums.width(), rate };
        let squares: f64 = sums.iter().map(|sums| sums.responses() * sums.responses()).sum();
        // The effective number of equal units (Kish 1965).
        let units = (all.responses() * all.responses() / squares).max(4.0);
        let mut stream = Seed(failures.exposed().to_bits()).stream("calibrate", 0, 0);
        let resample = |stream: &mut Stream| Sums::total(sums.iter().map(|_| stream.pick(&sums)));
        let at = draw(fit.costs, &all, failures.rate());
        let drawn = (0..DRAWS).filter_map(|_| {
            let sums = resample(&mut stream);
            let rate = failures.draw(&mut stream);
            Some(draw(fit.drawn(&sums)?, &sums, rate))
        });
        let free = units - 2.0;
        let wider = student(free) / NORMAL * libm::sqrt(units / free);
        Draws { at, all: drawn.collect(), wider }
    }

    /// These draws with a transfer failing every `mtbf` seconds, if that is given.
    fn failing(&self, mtbf: Option<f64>) -> Draws {
        let mut draws = self.clone();
        if let Some(mtbf) = mtbf {
            draws.all.iter_mut().chain([&mut draws.at]).for_each(|draw| draw.rate = 1.0 / mtbf);
        }
        draws
    }

    /// A figure with its 95 % interval: percentiles, widened on a log scale about the median.
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

/// The best chunk, or its lower bound `least`; `rows` is the mean chunk of the log.
fn advise(draws: &Draws, rows: f64, least: Option<f64>) -> Advice {
    let cost = draws.at.cost();
    let excess = draws.estimate(|draw| {
        let cost = draw.cost();
        (cost.time_a_row(rows) / cost.time_a_row(least.unwrap_or(cost.best())) - 1.0).max(0.0)
    });
    if let Some(least) = least {
        return Advice { best: Estimate::at_least(least), flat: (least, f64::INFINITY), excess };
    }
    let edge = |step: f64| {
        let sizes = std::iter::successors(Some(cost.best()), |rows| Some(rows * step));
        sizes.take(STEPS_MAX).take_while(|rows| cost.excess(*rows) <= FLAT).last().unwrap_or(cost.best())
    };
    let best = draws.estimate(|draw| draw.cost().best().max(1.0));
    Advice { best, flat: (edge(1.0 / STEP), edge(STEP)), excess }
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
