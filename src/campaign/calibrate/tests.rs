//! Calibrations of logs with a known truth. The generator is not the simulator: the link of a
//! device fails and recovers by the clock, and the app requests chunk after chunk.

use super::estimate;
use super::failures::gamma;
use super::log::{Log, Outcome, Request};
use crate::base::{Seed, Span, Stream};
use crate::render::calibrate::{Calibration, Code, Effect, Figure, Given, Reading, Timeouts};
use crate::theory::chunk::Cost;

fn calibration(log: &Log) -> Calibration {
    estimate::calibration("log", log, &Given::default())
}

const RECOVERY: f64 = 6.0;
/// Overhead and time per row of a network, and mean seconds between its failures.
type Network = (f64, f64, f64);

#[derive(Clone, Copy)]
struct World {
    devices: u32,
    responses: usize,
    networks: &'static [Network],
    /// Seconds per byte, and the bytes of a row, the same for all rows of a response.
    byte: f64,
    widths: (f64, f64),
    sizes: &'static [f64],
    /// Log-normal; gamma-distributed if negative.
    noise: f64,
    by_device: f64,
    /// The share of responses that take 5 to 20 times as long.
    hang: f64,
    silent: f64,
    timeout: f64,
    dead: f64,
    idle: f64,
    slow_start: f64,
    /// Failures have no rows in the log.
    bare: bool,
    /// The share of failures that end a sync: the next attempt is in the next sync.
    gives_up: f64,
    /// The app is notified when the link is back, and retries then.
    hears: bool,
}

const CLEAN: World = World {
    devices: 30,
    responses: 40,
    networks: &[(0.25, 4e-4, 30.0)],
    byte: 0.0,
    widths: (100.0, 100.0),
    sizes: &[64.0, 128.0, 256.0, 512.0, 1_024.0, 2_048.0],
    noise: 0.2,
    by_device: 0.1,
    hang: 0.0,
    silent: 0.0,
    timeout: 60.0,
    dead: 0.005,
    idle: 0.0,
    slow_start: 0.0,
    bare: false,
    gives_up: 0.0,
    hears: false,
};
const WIFI_AND_LTE: World =
    World { networks: &[(0.12, 2e-4, 120.0), (0.35, 8e-4, 30.0)], idle: 60.0, responses: 60, ..CLEAN };
const RETRIES: World = World { silent: 0.5, timeout: 10.0, dead: 2.0, idle: 60.0, ..CLEAN };
const FULL_PAGES: &[f64] = &[200.0, 200.0, 200.0, 200.0, 200.0, 200.0, 200.0, 200.0, 30.0, 120.0];
const PAGES: World = World {
    sizes: FULL_PAGES,
    networks: &[(0.34, 1.2e-3, 60.0)],
    byte: 8e-6,
    widths: (50.0, 800.0),
    ..CLEAN
};

fn exponential(mean: f64, stream: &mut Stream) -> f64 {
    -libm::log(1.0 - stream.unit()) * mean
}

impl World {
    fn noise(&self, stream: &mut Stream) -> f64 {
        let shape = 1.0 / (self.noise * self.noise);
        let noise = match self.noise < 0.0 {
            true => gamma(shape, stream) / shape,
            false => stream.log_normal(libm::exp(-self.noise * self.noise / 2.0), self.noise),
        };
        noise * if stream.chance(self.hang) { 5.0 + 15.0 * stream.unit() } else { 1.0 }
    }
    fn log(&self, seed: u64) -> Log {
        self.on(seed, |_| true)
    }
    /// The requests on some of the networks.
    fn on(&self, seed: u64, network: impl Fn(u8) -> bool) -> Log {
        let (mut stream, mut lines) = (Seed(seed).stream("log", 0, 0), Vec::new());
        (0..self.devices).for_each(|device| self.of_device(device, &mut stream, &mut lines));
        lines.sort_by(|a, b| a.0.start.total_cmp(&b.0.start));
        let (requests, networks) = lines.into_iter().filter(|(_, of)| network(*of)).unzip();
        Log {
            requests,
            devices: (self.devices > 1).then_some(u64::from(self.devices)),
            has_bytes: self.byte > 0.0,
            has_outcomes: true,
            labels: vec![("network".to_owned(), networks)],
        }
    }

    fn of_device(&self, device: u32, stream: &mut Stream, lines: &mut Vec<(Request, u8)>) {
        let by_device = stream.log_normal(libm::exp(-self.by_device * self.by_device / 2.0), self.by_device);
        let (mut at, mut network) = (stream.unit() * 100.0, 0);
        // When the link fails next, and when it is back.
        let (mut fails, mut back) = (0.0, 0.0);
        for n in 0..self.responses {
            let first = n % 10 == 0;
            if first {
                at += exponential(self.idle, stream);
                network = stream.below(self.networks.len() as u64) as usize;
            }
            let (overhead, row, mtbf) = self.networks[network];
            if first && self.idle > 0.0 {
                let down = stream.chance(RECOVERY / (RECOVERY + mtbf));
                fails = at + if down { 0.0 } else { exponential(mtbf, stream) };
                back = fails + exponential(RECOVERY, stream);
            }
            let rows = *stream.pick(self.sizes);
            let bytes = (rows * (self.widths.0 + (self.widths.1 - self.widths.0) * stream.unit())).round();
            let mean = overhead * by_device + row * rows + self.byte * bytes;
            loop {
                while back <= at {
                    fails = back + exponential(mtbf, stream);
                    back = fails + exponential(RECOVERY, stream);
                }
                let slow = if first { self.slow_start } else { 0.0 };
                let would = (mean + slow) * self.noise(stream);
                let (seen, quiet) = (would.min(self.timeout), stream.chance(self.silent));
                let (took, outcome) = match fails < at + seen {
                    true if !quiet => ((fails - at).max(self.dead), Outcome::Cut),
                    false if would <= self.timeout => (would, Outcome::Answered),
                    _ => (self.timeout, Outcome::TimedOut),
                };
                let (start, duration) = (at, Some(took));
                let failed = outcome != Outcome::Answered;
                let rows = if failed && self.bare { 0.0 } else { rows };
                let bytes = if failed { 0.0 } else { bytes };
                lines.push((Request { start, device, rows, bytes, duration, outcome }, network as u8));
                at += took + 0.05;
                if outcome == Outcome::Answered || would > self.timeout {
                    break;
                }
                let gives_up = self.gives_up > 0.0 && stream.chance(self.gives_up);
                at = match (gives_up, self.hears) {
                    (true, _) => at + exponential(self.idle, stream),
                    (false, true) => f64::max(at, back),
                    (false, false) => at + 0.1 + 0.9 * stream.unit(),
                };
            }
        }
    }

    /// How many calibrations contain each true figure, of how many; and the largest excess cost.
    fn held(&self, logs: u64) -> ([(u64, u64); 5], f64) {
        let (mut held, mut dearer) = ([(0, 0); 5], 0.0_f64);
        let width = (self.widths.0 + self.widths.1) / 2.0;
        for (seed, network) in (0..logs).flat_map(|seed| (0..self.networks.len()).map(move |n| (seed, n))) {
            let (chunk, row, mtbf) = self.networks[network];
            let cost = Cost { chunk, row: row + self.byte * width, mtbf };
            let found = calibration(&self.on(seed, |of| usize::from(of) == network));
            let slow = |reading: &&Reading| reading.timeouts != Some(Timeouts::Failures);
            let reading = found.readings.iter().find(slow);
            if found.census.failures == 0 && reading.is_some_and(|reading| reading.timeouts.is_none()) {
                continue;
            }
            let best = reading.map(|reading| reading.advice.best).filter(|best| best.value.is_finite());
            let get = |figure| reading.and_then(|reading| reading.figures.get(&figure).copied());
            dearer = best.map_or(dearer, |best| dearer.max(cost.excess(best.value)));
            let all = [
                (get(Figure::Overhead), chunk),
                (get(Figure::Row), cost.row),
                (get(Figure::Between), mtbf),
                (get(Figure::Recovery), RECOVERY),
                (best, cost.best()),
            ];
            for ((held, of), (estimate, truth)) in held.iter_mut().zip(all) {
                *held += u64::from(estimate.is_some_and(|estimate| estimate.holds(truth)));
                *of += u64::from(estimate.is_some());
            }
        }
        (held, dearer)
    }
}

const USUAL: usize = 4;
/// The first are usual; each network is judged alone, since the closed form is for one network.
const GRID: [(&str, World); 19] = [
    ("clean", CLEAN),
    ("Wi-Fi and LTE by network", WIFI_AND_LTE),
    ("retries and timeouts", RETRIES),
    ("pages with bytes", PAGES),
    ("12 devices", World { devices: 12, responses: 60, ..CLEAN }),
    ("devices differ", World { by_device: 0.3, ..CLEAN }),
    ("3 % hang", World { hang: 0.03, ..CLEAN }),
    ("skewed noise", World { noise: 0.5, ..CLEAN }),
    ("gamma noise", World { noise: -0.8, ..CLEAN }),
    ("noise of 130 %", World { noise: 1.0, ..CLEAN }),
    ("one device", World { devices: 1, responses: 500, by_device: 0.0, ..CLEAN }),
    ("pages", World { sizes: FULL_PAGES, networks: &[(0.34, 2e-3, 60.0)], ..CLEAN }),
    ("timeouts of slow responses", World { timeout: 1.2, noise: 0.3, ..CLEAN }),
    ("slow start", World { slow_start: 0.3, idle: 200.0, ..CLEAN }),
    ("a failure in two ends a sync", World { gives_up: 0.5, idle: 90.0, ..CLEAN }),
    ("tries as the link is back", World { hears: true, idle: 90.0, ..CLEAN }),
    ("as it is back, and a third ends a sync", World { hears: true, gives_up: 0.3, idle: 90.0, ..CLEAN }),
    ("each failure ends a sync", World { gives_up: 1.0, idle: 90.0, ..CLEAN }),
    ("silent failures", World { silent: 1.0, timeout: 10.0, ..RETRIES }),
];

/// The least number of logs whose 95 % interval has the truth, except in 1 test of 1 000.
fn band(logs: u64) -> u64 {
    use statrs::distribution::{Binomial, DiscreteCDF};
    Binomial::new(0.95, logs).expect("a share").inverse_cdf(0.001)
}

#[test]
fn intervals_hold_the_truth_of_worlds_of_all_kinds() {
    let every = std::env::var_os("SYNCDYNO_EVERY").is_some();
    let (worlds, logs) = if every { (GRID.len(), 100) } else { (USUAL, 24) };
    let (mut table, mut bad, mut all) = (String::new(), Vec::new(), (0, 0));
    for (n, (name, world)) in GRID[..worlds].iter().enumerate() {
        let (held, dearer) = world.held(logs);
        table += &format!("{name}: {held:?}, chunks up to {:.1} % dearer\n", 100.0 * dearer);
        // Realistic logs must contain the truth in nine of ten cases, and give a good chunk.
        let usual = n < USUAL && every;
        let misses = |(held, of): &(u64, u64)| *held < band(*of).max(if usual { of * 9 / 10 } else { 0 });
        if held.iter().any(misses) || dearer > if n < USUAL { 0.03 } else { 0.1 } {
            bad.push(*name);
        }
        all = held.iter().fold(all, |(a, b), (held, of)| (a + held, b + of));
    }
    assert!(bad.is_empty(), "{bad:?}\n{table}");
    // An interval that always contains the truth is too wide.
    assert!(all.0 < all.1, "{table}");
}

/// What a log of one size leaves open besides its overhead.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Nothing,
    Outcomes,
    Failures,
    Slow,
}

/// A world of one size, with random costs, noise and devices.
fn of_one_size(left: Left, seed: u64) -> World {
    let mut stream = Seed(seed).stream("world", 0, 0);
    let rows = *stream.pick(&[20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0]);
    let request = 0.15 * libm::pow(20.0, stream.unit());
    let overhead = request * (0.1 + 0.8 * stream.unit());
    let mtbf = request * 15.0 * libm::pow(6.0, stream.unit());
    let network = (overhead, (request - overhead) / rows, mtbf);
    let noise = *stream.pick(&[0.1, 0.2, 0.3, 0.5, -0.3]);
    let beyond = 1.0 + f64::abs(noise) * (0.9 + stream.unit());
    let (silent, timeout) = match left {
        Left::Nothing | Left::Outcomes => (0.0, 60.0),
        Left::Failures => (*stream.pick(&[0.5, 1.0]), *stream.pick(&[10.0, 30.0])),
        Left::Slow => (0.0, request * beyond),
    };
    let (devices, responses) = *stream.pick(&[(1, 600), (5, 120), (12, 60), (30, 40)]);
    let by_device = if devices > 1 { 0.15 * stream.unit() } else { 0.0 };
    let idle = *stream.pick(&[0.0, 60.0]);
    let (sizes, networks): (&[f64], &[Network]) = (vec![rows].leak(), vec![network].leak());
    World {
        devices,
        responses,
        networks,
        sizes,
        noise,
        silent,
        timeout,
        by_device,
        idle,
        bare: true,
        ..CLEAN
    }
}

/// The correct reading of a world's log, as text with random columns and units, and its truth.
fn right(left: Left, seed: u64) -> (Reading, [f64; 4]) {
    let world = of_one_size(left, seed);
    let (overhead, row, mtbf) = world.networks[0];
    let blind = (left == Left::Outcomes).then_some(Span::from_secs_f64(mtbf));
    let given = Given { overhead: Some(Span::from_secs_f64(overhead)), mtbf: blind, ..Given::default() };
    let text = text(&world.log(seed), left != Left::Outcomes, &mut Seed(seed).stream("text", 0, 0));
    let found = super::calibrate("log", text.as_bytes(), &[], None, &given).expect(&text).remove(0);
    if seed < 3 {
        let open =
            super::calibrate("log", text.as_bytes(), &[], None, &Given::default()).expect(&text).remove(0);
        let next = open.next.expect("one size does not say the overhead").rows;
        assert!(next[0] * 2 <= next[1] && open.readings.iter().all(|of| of.overhead.is_some()), "{open:?}");
    }
    let wanted = |reading: &&Reading| match left {
        Left::Nothing => true,
        Left::Outcomes => reading.mtbf.is_some(),
        Left::Failures => reading.timeouts == Some(Timeouts::Failures),
        Left::Slow => reading.timeouts == Some(Timeouts::Slow),
    };
    let reading = found.readings.iter().find(wanted).unwrap_or_else(|| panic!("{left:?} {seed}: {found:?}"));
    // A given value is rounded to nanoseconds.
    let mtbf = reading.mtbf.unwrap_or(mtbf);
    let best = Cost { chunk: overhead, row, mtbf }.best();
    (reading.clone(), [overhead + row * world.sizes[0], row, mtbf, best])
}

/// A log as a program writes it: CSV or JSON lines, columns in any order, various units.
fn text(log: &Log, outcomes: bool, stream: &mut Stream) -> String {
    let (unit, seconds) = *stream.pick(&[("duration_ms", 1e-3), ("duration_s", 1.0), ("duration_us", 1e-6)]);
    let (starts, json) = (*stream.pick(&[1.0, 1e3, 1e6]), stream.chance(0.5));
    let mut names = vec!["start", "device", "rows", unit, "app"];
    names.extend(outcomes.then_some("outcome"));
    (1..names.len()).rev().for_each(|n| names.swap(n, stream.below(n as u64 + 1) as usize));
    let word = |r: &Request| match r.outcome {
        Outcome::Answered => "200",
        Outcome::TimedOut => "timeout",
        _ => "reset",
    };
    let value = |r: &Request, name: &str| match name {
        "start" => format!("{:.0}", (1.8e9 + r.start) * starts),
        "device" => format!("d{}", r.device),
        "rows" if r.rows > 0.0 => r.rows.to_string(),
        "rows" => String::new(),
        "outcome" => word(r).to_owned(),
        "app" => "x".to_owned(),
        _ => format!("{:.6}", r.took() / seconds),
    };
    let line = |r: &Request| {
        let values = names.iter().map(|name| (*name, value(r, name)));
        if json {
            let object: serde_json::Map<_, _> =
                values.map(|(name, value)| (name.to_owned(), value.into())).collect();
            return serde_json::to_string(&object).unwrap();
        }
        values.map(|(_, value)| value).collect::<Vec<_>>().join(",")
    };
    let seen = log.requests.iter().filter(|r| outcomes || r.answered()).map(line);
    let header = (!json).then(|| names.join(","));
    header.into_iter().chain(seen).collect::<Vec<_>>().join("\n")
}

#[test]
fn readings_of_one_size_hold_the_truth_of_the_right_one() {
    let logs = if std::env::var_os("SYNCDYNO_EVERY").is_some() { 200 } else { 20 };
    let (mut table, mut bad) = (String::new(), false);
    for left in [Left::Nothing, Left::Outcomes, Left::Failures, Left::Slow] {
        let mut held = [0; 4];
        for seed in 0..logs {
            let (reading, truth) = right(left, seed);
            let get = |figure| reading.figures.get(&figure).copied();
            let best = Some(reading.advice.best);
            let all = [get(Figure::Request), get(Figure::Row), get(Figure::Between), best];
            for ((held, found), truth) in held.iter_mut().zip(all).zip(truth) {
                *held += u64::from(found.is_some_and(|found| found.holds(truth)));
            }
        }
        table += &format!("{left:?}: {held:?} of {logs}\n");
        bad |= held.iter().any(|held| *held < band(logs));
    }
    assert!(!bad, "{table}");
}

#[test]
fn what_a_log_is_said_to_lack_decides_it() {
    let open = |found: &Calibration| found.diagnoses.iter().any(|of| of.code == Code::TimeoutsOpen);
    let ways = |found: &Calibration| -> Vec<_> { found.readings.iter().map(|of| of.timeouts).collect() };
    for seed in 0..4 {
        let silent = World { networks: &[(0.25, 4e-4, 30.0)], ..of_one_size(Left::Failures, seed) };
        let found = calibration(&silent.log(seed));
        assert!(open(&found) && found.diagnoses.iter().any(|of| of.says.contains("`rows`")), "{found:?}");
        let found = calibration(&World { bare: false, ..silent }.log(seed));
        assert!(!open(&found) && ways(&found).iter().all(Option::is_none), "{found:?}");
        // Slow responses stay open, even with rows, until the log has the received bytes.
        let slow = World { byte: 1e-9, bare: false, ..of_one_size(Left::Slow, seed) };
        let mut log = slow.log(seed);
        let found = calibration(&log);
        assert!(open(&found) && found.diagnoses.iter().any(|of| of.says.contains("`bytes`")), "{found:?}");
        let slow = |r: &&mut Request| r.outcome == Outcome::TimedOut;
        log.requests.iter_mut().filter(slow).for_each(|r| r.bytes = 80.0 * r.rows);
        let decided = calibration(&log);
        assert!(!open(&decided) && ways(&decided).iter().all(Option::is_none), "{decided:?}");
        let of = |found: &Calibration| found.readings.last().map(|of| of.figures[&Figure::Request]);
        assert_eq!(of(&decided), of(&found), "it is the reading of slow responses");
        let trip = Given { rtt: Some(Span::millis(9)), ..Given::default() };
        let least = estimate::calibration("log", &log, &trip).readings[0].overhead;
        assert_eq!(least, Some(0.009), "the overhead is no less than a round trip");
        // And the two sizes determine the overhead.
        let next = found.next.expect("one size").rows.map(|rows| rows as f64);
        let sizes = World { sizes: next.to_vec().leak(), timeout: 60.0, ..of_one_size(Left::Nothing, seed) };
        let found = calibration(&sizes.log(seed));
        let is_certain = |of: &Reading| (of.overhead, of.mtbf, of.timeouts) == (None, None, None);
        assert!(found.only().is_some_and(is_certain), "{found:?}");
    }
}

/// Each code is given for a log that calls for it, and not for the clean one.
#[test]
fn each_diagnosis_stands_where_its_threshold_says() {
    const NEVER: &[Network] = &[(0.25, 4e-4, 1e9)];
    let has = |found: &Calibration, code| found.diagnoses.iter().any(|diagnosis| diagnosis.code == code);
    let clean = calibration(&CLEAN.log(1));
    let few = World { devices: 1, responses: 500, by_device: 0.0, ..CLEAN };
    let slow = World { timeout: 1.2, noise: 0.3, ..CLEAN };
    fn times(r: &mut Request, factor: f64) {
        r.duration = r.duration.map(|took| factor * took);
    }
    type Edit = fn(f64, &mut Request);
    let given = |code| {
        let overhead = |ms| Given { overhead: Some(Span::millis(ms)), ..Given::default() };
        match code {
            Code::OverheadLong => overhead(60_000),
            Code::OverheadDiffers => overhead(500),
            Code::SlowUnfit => Given { timeouts: Some(Timeouts::Slow), ..Given::default() },
            _ => Given::default(),
        }
    };
    let logs: [(Code, World, Edit); 21] = [
        (Code::FewResponses, World { responses: 15, ..few }, |_, _| {}),
        (Code::OneSize, World { sizes: &[200.0], ..few }, |_, _| {}),
        // One in seven takes a hundred times as long, or a hundredth.
        (Code::ManyTrimmed, World { networks: NEVER, ..few }, |n, r| match n {
            n if n % 13.0 == 0.0 => times(r, 100.0),
            n if n % 15.0 == 0.0 => times(r, 0.01),
            _ => {}
        }),
        (Code::OverheadLong, few, |_, _| {}),
        (Code::OverheadDiffers, few, |_, _| {}),
        (Code::TimeoutsOpen, slow, |_, _| {}),
        (Code::SlowUnfit, World { silent: 1.0, timeout: 10.0, bare: true, ..few }, |_, _| {}),
        (Code::RecoveryUnknown, World { networks: NEVER, ..few }, |n, r| {
            if n == 50.0 || n == 90.0 {
                r.outcome = Outcome::Cut;
            }
        }),
        (Code::NoOutcomes, few, |_, r| r.outcome = Outcome::Answered),
        (Code::NoFailures, World { networks: NEVER, ..few }, |_, _| {}),
        (Code::OverheadUnknown, World { networks: &[(1e-4, 2e-3, 60.0)], ..few }, |_, _| {}),
        (Code::RowUnknown, World { networks: &[(0.3, 1e-9, 60.0)], ..few }, |_, _| {}),
        (Code::OverheadUnknown, few, |_, r| r.duration = r.duration.map(|s| libm::ceil(2.0 * s) / 2.0)),
        (Code::Mixed, CLEAN, |_, r| times(r, 1.0 + r.rows / 2e3)),
        (Code::Beyond, World { sizes: &[10.0, 20.0, 40.0], ..CLEAN }, |_, _| {}),
        (Code::Trimmed, World { hang: 0.03, ..CLEAN }, |_, _| {}),
        (Code::Apart, few, |n, r| r.start = n * 60.0),
        (Code::FewDevices, World { devices: 4, ..CLEAN }, |_, _| {}),
        (Code::Mixed, WIFI_AND_LTE, |_, _| {}),
        // A step: neither a line nor a parabola.
        (Code::Mixed, CLEAN, |_, r| times(r, if r.rows > 400.0 { 3.0 } else { 1.0 })),
        (Code::Levels, WIFI_AND_LTE, |_, _| {}),
    ];
    for (code, world, edit) in &logs {
        let mut log = world.log(1);
        (0..).zip(&mut log.requests).for_each(|(n, r)| edit(f64::from(n), r));
        log.labels.retain(|_| *code != Code::Levels);
        log.has_outcomes = *code != Code::NoOutcomes;
        let found = estimate::calibration("log", &log, &given(*code));
        assert!(has(&found, *code), "{code:?}: {:?}", found.diagnoses);
        assert!(found.diagnoses.iter().all(|one| !one.says.contains("{}")), "{:?}", found.diagnoses);
        assert!(*code == Code::Beyond || !has(&clean, *code), "{code:?}");
        let refuses = code.rule().effect == Effect::Refuse;
        assert_eq!(refuses, found.readings.is_empty(), "{code:?}: {:?}", found.readings);
    }
    assert!(Code::ALL.iter().all(|code| logs.iter().any(|(of, ..)| of == code)));
}

#[test]
fn a_log_without_failures_gets_a_bound_and_failures_alone_nothing() {
    let found = calibration(&World { networks: &[(0.25, 4e-4, 1e9)], ..CLEAN }.log(1));
    let reading = found.only().expect("sizes differ");
    let [request, row, between] =
        [Figure::Overhead, Figure::Row, Figure::Between].map(|f| reading.figures[&f]);
    assert!((found.census.exposed_ns.as_secs_f64() / between.low - 2.996).abs() < 0.001, "{between:?}");
    let least = Cost { chunk: request.low, row: row.high, mtbf: between.low };
    let best = reading.advice.best;
    assert_eq!((best.value, best.low), (f64::INFINITY, least.best()));
    // The excess cost is relative to that bound, not to an endless chunk.
    let here = Cost { chunk: request.value, row: row.value, mtbf: 1e12 };
    let more = here.time_a_row(found.census.rows_mean_milli as f64 / 1e3) / here.time_a_row(best.low) - 1.0;
    assert!((reading.advice.excess.value - more.max(0.0)).abs() < 1e-6, "{more} {:?}", reading.advice);
    let mut log = CLEAN.log(1);
    log.requests.iter_mut().for_each(|r| r.outcome = Outcome::Cut);
    let found = calibration(&log);
    assert!(found.readings.is_empty(), "{found:?}");
}

/// An app that pauses as usual after some failures, with a link that recovers in seconds.
#[test]
fn a_pause_between_syncs_is_not_taken_for_a_recovery() {
    for (hears, gives_up) in [(true, 0.2), (true, 0.4), (false, 0.1)] {
        let world = World { hears, gives_up, idle: 300.0, ..CLEAN };
        let held = (0..24).filter(|seed| {
            let found = calibration(&world.log(*seed)).get(Figure::Recovery);
            found.is_some_and(|found| found.holds(RECOVERY) && found.low < 2.0 * RECOVERY)
        });
        let held = held.count() as u64;
        assert!(held >= band(24), "{hears} {gives_up}: {held}");
    }
}

#[test]
fn timeouts_that_no_noise_of_the_responses_gives_are_not_read_as_slow() {
    for seed in 0..6 {
        let world = World { networks: &[(0.25, 4e-4, 30.0)], ..of_one_size(Left::Failures, seed) };
        let log = world.log(seed);
        let ways = |timeouts| {
            let found = estimate::calibration("log", &log, &Given { timeouts, ..Given::default() });
            found.readings.iter().map(|of| of.timeouts).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(ways(None).into_iter().collect::<Vec<_>>(), [Some(Timeouts::Failures)], "{seed}");
        assert!(ways(Some(Timeouts::Slow)).is_empty(), "{seed}");
    }
}

#[test]
fn rows_in_time_have_no_upper_bound_where_a_row_may_take_no_time() {
    let mut open = 0;
    for seed in 0..12 {
        let world = of_one_size(Left::Slow, seed);
        let (overhead, row, _) = world.networks[0];
        let nearly_all = Some(Span::from_secs_f64((overhead + row * world.sizes[0]) * 0.98));
        let given = Given { overhead: nearly_all, timeouts: Some(Timeouts::Slow), ..Given::default() };
        for reading in estimate::calibration("log", &world.log(seed), &given).readings {
            let most = reading.in_time.expect("timeouts are slow");
            assert_eq!(reading.figures[&Figure::Row].low <= 0.0, most.high.is_infinite(), "{seed}: {most:?}");
            open += u64::from(most.high.is_infinite());
        }
    }
    assert!(open > 0, "no row may take no time");
}

#[test]
fn a_request_of_no_kind_gets_no_figure() {
    // Large responses come from another place.
    let world = World { sizes: &[100.0, 400.0], networks: &[(0.2, 2e-3, 60.0)], ..CLEAN };
    let mut log = world.log(1);
    let large = log.requests.iter_mut().filter(|r| r.rows > 200.0);
    large.for_each(|r| r.duration = r.duration.map(|took| 2.0 * took));
    let found = calibration(&log);
    assert!(found.diagnoses.iter().any(|of| of.code == Code::Mixed), "{found:?}");
    assert!(!found.readings.is_empty() && found.get(Figure::Request).is_none(), "{found:?}");
}
