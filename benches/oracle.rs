//! The cost of the oracle (the judge): the same cells (simulations) with and without it, in turn.
//!
//! The oracle follows every event and reads every device at the end. The result is the median of
//! the ratios of processor time for whole cells, from the plan to the outcome. Without the oracle,
//! devices are still read once, because the digest covers their content.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

#[path = "support/stopwatch.rs"]
mod stopwatch;

use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, SamplingMode};
use syncdyno::scenario::{Document, Plan, Request};
use syncdyno::setup::Setup;
use syncdyno::world::{self, Ending, Outcome, Stacks, Unrunnable, Unwatched, Watch};

use stopwatch::Stopwatch;

type Run = fn(&Setup, &Stacks, &dyn Watch) -> Result<Outcome, Unrunnable>;

/// The worlds. Each has its number of seeds per measurement, its number of pairs, and its goal.
const WORLDS: [(&str, u64, usize, f64); 4] = [
    ("chaos.toml", 100, 9, 1.5),
    ("chaos-days.toml", 40, 9, 1.5),
    ("hospital-hour.toml", 4, 9, 1.25),
    ("hospital-day.toml", 1, 3, 1.25),
];

fn plans(name: &str, seeds: u64) -> Vec<Plan> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let document = Document::of_file(&path, &text).unwrap_or_else(|error| panic!("{error}"));
    let stacks = Stacks::builtin().described();
    let request = Request { seeds: (1..=seeds).collect(), ..Request::default() };
    document.plans(&request, &stacks).unwrap_or_else(|invalid| panic!("{invalid}"))
}

fn timed(plans: &[Plan], run: Run) -> Duration {
    let (stacks, watch) = (Stacks::builtin(), Stopwatch::start());
    for plan in plans {
        let outcome = run(plan, &stacks, &Unwatched).expect("the plan can be run");
        assert_eq!(outcome.ending, Ending::Drained);
    }
    watch.read()
}

fn compare(name: &str, seeds: u64, pairs: usize, goal: f64) {
    let plans = plans(name, seeds);
    let mut ratios: Vec<(f64, f64)> = Vec::new();
    for n in 0..pairs {
        // The second run finds a warmer machine, so the order alternates.
        let (with, without) = if n % 2 == 0 {
            let with = timed(&plans, world::run);
            (with, timed(&plans, world::run_unjudged))
        } else {
            let without = timed(&plans, world::run_unjudged);
            (timed(&plans, world::run), without)
        };
        ratios.push((with.as_secs_f64(), without.as_secs_f64()));
    }
    ratios.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (with, without) = ratios[pairs / 2];
    println!(
        "{name}, {seeds} seeds: {:.2} times as long with the oracle (goal {goal}), {with:.2} s against {without:.2} s",
        with / without,
    );
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("oracle");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    let plans = plans("chaos.toml", 1);
    for (name, run) in [("with", world::run as Run), ("without", world::run_unjudged as Run)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| (0..count).map(|_| timed(&plans, run)).sum());
        });
    }
    group.finish();
    criterion.final_summary();
    // Without `--bench`, the program only tests that the bench runs.
    if std::env::args().any(|argument| argument == "--bench") {
        WORLDS.iter().for_each(|(name, seeds, pairs, goal)| compare(name, *seeds, *pairs, *goal));
    }
}
