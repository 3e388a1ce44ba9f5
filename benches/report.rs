//! The cost of a report compared with its simulation.
//!
//! 1 000 cells (simulations) of a few milliseconds each run on one thread. Then their record is
//! assembled, and report.html is rendered. The bench prints the ratio of the two processor times,
//! which has a goal, and the bytes of the page. A larger world makes the report's share smaller.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

#[path = "support/stopwatch.rs"]
mod stopwatch;

use syncdyno::analysis;
use syncdyno::analysis::sweep::Objective;
use syncdyno::base::{Span, Time};
use syncdyno::campaign::{self, CampaignOptions, InProcess, Listener, Signals};
use syncdyno::record::{AxisRecord, CellRecord, SweepRecord};
use syncdyno::render::html;
use syncdyno::scenario::{Document, Plan, Request};
use syncdyno::world::Stacks;

use stopwatch::Stopwatch;

const SCENARIO: &str = include_str!("../tests/browser/small.toml");
/// The maximum share of the simulation's time, and the maximum size of the page.
const GOAL: f64 = 0.1;
const BYTES_MAX: usize = 5_000_000;
/// The number of pages rendered in one measurement. A process's clock may tick only every 4 ms.
const RENDERED: u32 = 100;

fn axes() -> Vec<(String, Vec<String>)> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    vec![
        ("engine.pull.chunk_rows".to_owned(), texts(&["5", "10", "20", "40", "80"])),
        ("link.slow.rtt".to_owned(), texts(&["40ms", "400ms"])),
    ]
}

fn plans(seeds: u64) -> Vec<Plan> {
    let document = Document::parse("small.toml", SCENARIO).expect("the scenario is TOML");
    let stacks = Stacks::builtin().described();
    let request = Request { axes: axes(), seeds: (1..=seeds).collect(), ..Request::default() };
    document.plans(&request, &stacks).unwrap_or_else(|invalid| panic!("{}", invalid.render(false)))
}

struct Silent;

impl Listener for Silent {
    fn started(&self, _: usize) {}
    fn progressed(&self, _: usize, _: Time, _: Span) {}
    fn ended(&self, _: usize, _: &CellRecord) {}
}

fn main() {
    // Without `--bench`, the program only tests that the bench runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let plans = plans(if measured { 100 } else { 1 });
    let runner = InProcess(Stacks::builtin());
    let stopwatch = Stopwatch::start();
    let ran =
        campaign::run(&plans, None, &runner, &CampaignOptions::default(), &Signals::default(), &Silent, None);
    let simulated = stopwatch.read().as_secs_f64();
    let mut record = analysis::assemble("reports/bench", &plans, ran.judged, &[]);
    let axes = axes().into_iter().map(|(key, values)| AxisRecord { key, values }).collect();
    record.sweep = Some(SweepRecord {
        objective: Objective::of_axis("engine.pull.chunk_rows").name(),
        axes,
        against: None,
    });
    let rounds = if measured { RENDERED } else { 1 };
    let stopwatch = Stopwatch::start();
    let mut bytes = 0;
    for _ in 0..rounds {
        bytes = html::page(&record).len();
    }
    let rendered = stopwatch.read().as_secs_f64() / f64::from(rounds);
    assert!(bytes < BYTES_MAX, "{bytes} bytes");
    if measured {
        println!(
            "report.html of {} cells: {:.1} ms, {:.4} of their simulation ({:.1} s; goal {GOAL}); {bytes} bytes",
            record.cells.len(),
            rendered * 1e3,
            rendered / simulated,
            simulated,
        );
    }
}
