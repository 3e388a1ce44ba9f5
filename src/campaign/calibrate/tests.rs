//! Calibrates from logs with known true values. A generator makes the logs without the simulator.
//! In it the link of a device fails and recovers at random times, and the app requests chunk after
//! chunk.

use super::counted::gamma;
use super::estimate;
use super::log::{Log, Outcome, Request};
use crate::base::{Seed, Span, Stream};
use crate::render::calibrate::{Calibration, Code, Effect, Figures, Given};
use crate::theory::chunk::Cost;

fn calibration(log: &Log) -> Calibration {
    estimate::calibration("log", log, &Given::default())
}

const RECOVERY: f64 = 6.0;
/// Three figures of a network: overhead, time per row, and mean seconds between its failures.
type Network = (f64, f64, f64);

#[derive(Clone, Copy)]
struct World {
    devices: u32,
    responses: usize,
    networks: &'static [Network],
    /// Seconds per byte. `widths` are the bytes of a row; all rows of a response have the same
    /// width.
    byte: f64,
    widths: (f64, f64),
    sizes: &'static [f64],
    /// The noise is log-normal. A negative value means gamma-distributed noise.
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
    /// The share of failures that end a sync. The next attempt is then part of the next sync.
    gives_up: f64,
    /// True if the app is notified when the link is back, and retries at once.
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
    /// The requests on the networks for which `network` is true.
    fn on(&self, seed: u64, network: impl Fn(u8) -> bool) -> Log {
        let (mut stream, mut lines) = (Seed(seed).stream("log", 0, 0), Vec::new());
        (0..self.devices).for_each(|device| self.of_device(device, &mut stream, &mut lines));
        lines.sort_by(|a, b| a.0.start.total_cmp(&b.0.start));
        let requests = lines.into_iter().filter(|(_, of)| network(*of)).map(|(request, _)| request);
        Log {
            requests: requests.collect(),
            devices: (self.devices > 1).then_some(u64::from(self.devices)),
            has_outcomes: true,
        }
    }

    fn of_device(&self, device: u32, stream: &mut Stream, lines: &mut Vec<(Request, u8)>) {
        let by_device = stream.log_normal(libm::exp(-self.by_device * self.by_device / 2.0), self.by_device);
        let (mut at, mut network) = (stream.unit() * 100.0, 0);
        // The time of the next failure of the link, and the time of its recovery.
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

    /// For each figure, the number of calibrations whose interval contains the true value. Then the
    /// number of calibrations, and the largest excess cost. A log without figures contains no true
    /// value.
    fn held(&self, logs: u64) -> ([u64; 4], u64, f64) {
        let (mut held, mut of, mut dearer) = ([0; 4], 0, 0.0_f64);
        let width = (self.widths.0 + self.widths.1) / 2.0;
        for (seed, network) in (0..logs).flat_map(|seed| (0..self.networks.len()).map(move |n| (seed, n))) {
            let (chunk, row, mtbf) = self.networks[network];
            let cost = Cost { chunk, row: row + self.byte * width, mtbf };
            let found = calibration(&self.on(seed, |of| usize::from(of) == network));
            if found.census.failures == 0 {
                continue;
            }
            of += 1;
            let Some(Figures { overhead, row, between, best, .. }) = found.figures else { continue };
            dearer = if best.value.is_finite() { dearer.max(cost.excess(best.value)) } else { dearer };
            let all = [(overhead, chunk), (row, cost.row), (between, mtbf), (best, cost.best())];
            for (held, (estimate, truth)) in held.iter_mut().zip(all) {
                *held += u64::from(estimate.holds(truth));
            }
        }
        (held, of, dearer)
    }
}

const USUAL: usize = 4;
/// The first ones are usual. Each network is judged separately, because the closed form describes
/// one network.
const GRID: [(&str, World); 18] = [
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
    ("slow start", World { slow_start: 0.3, idle: 200.0, ..CLEAN }),
    ("a failure in two ends a sync", World { gives_up: 0.5, idle: 90.0, ..CLEAN }),
    ("tries as the link is back", World { hears: true, idle: 90.0, ..CLEAN }),
    ("as it is back, and a third ends a sync", World { hears: true, gives_up: 0.3, idle: 90.0, ..CLEAN }),
    ("each failure ends a sync", World { gives_up: 1.0, idle: 90.0, ..CLEAN }),
    ("silent failures", World { silent: 1.0, timeout: 10.0, ..RETRIES }),
];

/// The least number of logs whose 95 % interval must contain the true value. By chance, 1 test of 1
/// 000 fails.
fn band(logs: u64) -> u64 {
    use statrs::distribution::{Binomial, DiscreteCDF};
    Binomial::new(0.95, logs).expect("a share").inverse_cdf(0.001)
}

#[test]
fn intervals_hold_the_truth_of_worlds_of_all_kinds() {
    let every = std::env::var_os("SYNCDYNO_EVERY").is_some();
    let (worlds, logs) = if every { (GRID.len(), 100) } else { (USUAL, 24) };
    let (mut table, mut bad, mut all, mut missed) = (String::new(), Vec::new(), 0, 0);
    for (n, (name, world)) in GRID[..worlds].iter().enumerate() {
        let (held, of, dearer) = world.held(logs);
        table += &format!("{name}: {held:?} of {of}, chunks up to {:.1} % dearer\n", 100.0 * dearer);
        // For realistic logs, 9 of 10 intervals must contain the true value, and the chunk must be
        // good.
        let usual = n < USUAL && every;
        let least = band(of).max(if usual { of * 9 / 10 } else { 0 });
        if held.iter().any(|held| *held < least) || dearer > if n < USUAL { 0.03 } else { 0.1 } {
            bad.push(*name);
        }
        (all, missed) = (all + of, missed + held.iter().map(|held| of - held).sum::<u64>());
    }
    assert!(bad.is_empty(), "{bad:?}\n{table}");
    // If every interval contains the true value, the intervals are too wide.
    assert!(all > 0 && missed > 0, "{table}");
}

/// The facts that a log with one response size cannot give, besides the overhead.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Nothing,
    Outcomes,
    /// The time at which the link failed, for requests that timed out.
    Failures,
}

/// A generator with one response size, and with random costs, noise and devices.
fn of_one_size(left: Left, seed: u64) -> World {
    let mut stream = Seed(seed).stream("world", 0, 0);
    let rows = *stream.pick(&[20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0]);
    let request = 0.15 * libm::pow(20.0, stream.unit());
    let overhead = request * (0.1 + 0.8 * stream.unit());
    let mtbf = request * 15.0 * libm::pow(6.0, stream.unit());
    let network = (overhead, (request - overhead) / rows, mtbf);
    let noise = *stream.pick(&[0.1, 0.2, 0.3, 0.5, -0.3]);
    let (silent, timeout) = match left {
        Left::Nothing | Left::Outcomes => (0.0, 60.0),
        Left::Failures => (*stream.pick(&[0.5, 1.0]), *stream.pick(&[10.0, 30.0])),
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

fn has(found: &Calibration, code: Code) -> bool {
    found.diagnoses.iter().any(|diagnosis| diagnosis.code == code)
}

/// The calibration of such a log if the overhead is given, and the true values: time per row, time
/// between failures, best chunk. The log is a text with random columns and units.
fn of_text(left: Left, seed: u64) -> (Calibration, [f64; 3]) {
    let world = of_one_size(left, seed);
    let (overhead, row, mtbf) = world.networks[0];
    let blind = (left == Left::Outcomes).then_some(Span::from_secs_f64(mtbf));
    let given = Given { overhead: Some(Span::from_secs_f64(overhead)), mtbf: blind };
    let text = text(&world.log(seed), left != Left::Outcomes, &mut Seed(seed).stream("text", 0, 0));
    let fit =
        |given: &Given| super::calibrate("log", text.as_bytes(), &[], None, given).expect(&text).remove(0);
    let open = fit(&Given { overhead: None, ..given });
    assert!(open.figures.is_none() && (has(&open, Code::OneSize) || has(&open, Code::TimeoutsSlow)));
    // A given value is rounded to nanoseconds.
    let mtbf = blind.map_or(mtbf, Span::as_secs_f64);
    (fit(&given), [row, mtbf, Cost { chunk: overhead, row, mtbf }.best()])
}

/// A log as a program writes it: CSV or JSON lines, with random column order and units.
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
fn a_log_of_one_size_with_its_overhead_holds_the_truth() {
    let logs = if std::env::var_os("SYNCDYNO_EVERY").is_some() { 200 } else { 20 };
    let (mut table, mut bad) = (String::new(), false);
    for left in [Left::Nothing, Left::Outcomes, Left::Failures] {
        let (mut held, mut of) = ([0; 3], 0);
        for seed in 0..logs {
            let (found, truth) = of_text(left, seed);
            let Some(Figures { row, between, best, .. }) = found.figures else {
                assert!(left == Left::Failures && has(&found, Code::TimeoutsSlow), "{found:?}");
                continue;
            };
            of += 1;
            for ((held, found), truth) in held.iter_mut().zip([row, between, best]).zip(truth) {
                *held += u64::from(found.holds(truth));
            }
        }
        table += &format!("{left:?}: {held:?} of {of} of {logs}\n");
        bad |= held.iter().any(|held| *held < band(of)) || of < logs * 3 / 4;
    }
    assert!(!bad, "{table}");
}

#[test]
fn the_two_sizes_that_a_log_is_said_to_lack_decide_it() {
    for seed in 0..4 {
        let world = World { timeout: 60.0, ..of_one_size(Left::Nothing, seed) };
        let found = calibration(&world.log(seed));
        let says = found.diagnoses.iter().find(|of| of.code == Code::OneSize).map(|of| of.says.clone());
        let [small, large] = [(world.sizes[0] / 8.0).max(1.0), 4.0 * world.sizes[0]].map(f64::round);
        let human = crate::render::calibrate::count;
        let sizes = format!("{} and {} rows", human(small), human(large));
        assert!(says.is_some_and(|says| says.contains(&sizes)), "{found:?}");
        let found = calibration(&World { sizes: vec![small, large].leak(), ..world }.log(seed));
        assert!(found.figures.is_some(), "{found:?}");
    }
}

/// Each diagnosis occurs for a log that needs it, and does not occur for the clean log.
#[test]
fn each_diagnosis_stands_where_its_threshold_says() {
    const NEVER: &[Network] = &[(0.25, 4e-4, 1e9)];
    let clean = calibration(&CLEAN.log(1));
    let few = World { devices: 1, responses: 500, by_device: 0.0, ..CLEAN };
    let no_overhead = World { networks: &[(1e-4, 2e-3, 60.0)], ..few };
    fn times(r: &mut Request, factor: f64) {
        r.duration = r.duration.map(|took| factor * took);
    }
    type Edit = fn(f64, &mut Request);
    let logs: [(Code, World, Edit); 13] = [
        (Code::FewResponses, World { responses: 15, ..few }, |_, _| {}),
        (Code::TimeoutsSlow, World { timeout: 1.2, noise: 0.3, ..CLEAN }, |_, _| {}),
        (Code::OneSize, World { sizes: &[200.0], ..few }, |_, _| {}),
        (Code::NoOutcomes, few, |_, r| r.outcome = Outcome::Answered),
        // 1 of 7 requests takes 100 times as long, or a hundredth of the time.
        (Code::ManyTrimmed, World { networks: NEVER, ..few }, |n, r| match n {
            n if n % 13.0 == 0.0 => times(r, 100.0),
            n if n % 15.0 == 0.0 => times(r, 0.01),
            _ => {}
        }),
        (Code::OverheadLong, few, |_, _| {}),
        (Code::OverheadUnknown, no_overhead, |_, _| {}),
        (Code::NoFailures, World { networks: NEVER, ..few }, |_, _| {}),
        (Code::RowUnknown, World { networks: &[(0.3, 1e-9, 60.0)], ..few }, |_, _| {}),
        (Code::Beyond, World { sizes: &[10.0, 20.0, 40.0], ..CLEAN }, |_, _| {}),
        (Code::Trimmed, World { hang: 0.03, ..CLEAN }, |_, _| {}),
        (Code::Apart, few, |n, r| r.start = n * 60.0),
        (Code::FewDevices, World { devices: 4, ..CLEAN }, |_, _| {}),
    ];
    for (code, world, edit) in &logs {
        let mut log = world.log(1);
        (0..).zip(&mut log.requests).for_each(|(n, r)| edit(f64::from(n), r));
        log.has_outcomes = *code != Code::NoOutcomes;
        let long = (*code == Code::OverheadLong).then_some(Span::secs(60));
        let found = estimate::calibration("log", &log, &Given { overhead: long, mtbf: None });
        assert!(has(&found, *code), "{code:?}: {:?}", found.diagnoses);
        assert!(found.diagnoses.iter().all(|one| !one.says.contains("{}")), "{:?}", found.diagnoses);
        assert!(*code == Code::Beyond || !has(&clean, *code), "{code:?}");
        let refuses = code.rule().effect == Effect::Refuse;
        assert_eq!(refuses, found.figures.is_none(), "{code:?}: {:?}", found.figures);
    }
    assert!(Code::ALL.iter().all(|code| logs.iter().any(|(of, ..)| of == code)));
}

#[test]
fn a_log_without_failures_gets_a_bound_and_failures_alone_nothing() {
    let found = calibration(&World { networks: &[(0.25, 4e-4, 1e9)], ..CLEAN }.log(1));
    let Figures { overhead, row, between, best, excess, .. } = found.figures.expect("sizes differ");
    assert!((found.census.exposed_ns.as_secs_f64() / between.low - 2.996).abs() < 0.001, "{between:?}");
    let least = Cost { chunk: overhead.low, row: row.high, mtbf: between.low };
    assert_eq!((best.value, best.low), (f64::INFINITY, least.best()));
    // The excess cost is relative to the lower bound, not to an infinite chunk.
    let here = Cost { chunk: overhead.value, row: row.value, mtbf: 1e12 };
    let more = here.time_a_row(found.census.rows_mean_milli as f64 / 1e3) / here.time_a_row(best.low) - 1.0;
    assert!((excess.value - more.max(0.0)).abs() < 1e-6, "{more} {excess:?}");
    let mut log = CLEAN.log(1);
    log.requests.iter_mut().for_each(|r| r.outcome = Outcome::Cut);
    let found = calibration(&log);
    assert!(found.figures.is_none(), "{found:?}");
}

#[test]
fn a_request_that_does_not_follow_a_response_counts_for_nothing() {
    let world = World { networks: &[(0.25, 4e-4, 1e9)], ..CLEAN };
    let (mut log, exposed) = (world.log(1), calibration(&world.log(1)).census.exposed_ns);
    // Each device fails right after its last response, and so do its retries.
    let last: std::collections::BTreeMap<u32, f64> =
        log.requests.iter().map(|r| (r.device, r.start + r.took() + 0.1)).collect();
    let tries = last.into_iter().flat_map(|(device, start)| {
        (0..5).map(move |n| Request {
            start: start + f64::from(n),
            device,
            rows: 0.0,
            bytes: 0.0,
            duration: Some(0.5),
            outcome: Outcome::Cut,
        })
    });
    log.requests.extend(tries);
    let census = calibration(&log).census;
    assert_eq!((census.failures, census.cut), (30, 150));
    assert!(census.exposed_ns > exposed && census.exposed_ns.as_secs_f64() < exposed.as_secs_f64() + 30.0);
}
