//! A sweep on two threads compared with one thread.
//!
//! A campaign runs the cells (simulations) of a small grid with one job and with two jobs, in turn.
//! The bench prints two ratios. The ratio of the wall times is the speed that a user sees; it is
//! only valid on a machine with two idle processors. The ratio of the processor times per cell
//! shows how much two jobs slow each other down (locks, caches, memory). It is valid under any
//! load. At 1.0, two idle processors do twice the work of one.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

#[path = "support/stopwatch.rs"]
mod stopwatch;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use syncdyno::base::{EntityId, Key, Span, Time};
use syncdyno::campaign::{self, CampaignOptions, InProcess, Listener, Runner, Signals};
use syncdyno::contract::StackDescription;
use syncdyno::oracle::{Story, Subject};
use syncdyno::record::CellRecord;
use syncdyno::scenario::{Document, Plan, Request};
use syncdyno::workload::Placed;
use syncdyno::world::{Ear, Outcome, RequestLog, Stacks, Traced, Unrunnable, Watch};

use stopwatch::Stopwatch;

const SCENARIO: &str = r#"
name = "sweep"
duration = "30m"

[entity.task]
rows = 4_000
[entity.task.schema]
id = "uuid key"
title = "text 10..60"
remark = "text 40..200"
state = "one of open|done"

[fleet.phones]
devices = 4

[action.tick-off]
entity = "task"
kind = "update"
columns = ["state"]
per_device = 20
"#;

const PAIRS: usize = 7;
const GOAL: f64 = 1.8;

fn plans() -> Vec<Plan> {
    let document = Document::parse("sweep.toml", SCENARIO).expect("the scenario is TOML");
    let stacks = Stacks::builtin().described();
    let sizes = ["50", "100", "200", "400"].map(str::to_owned).to_vec();
    let request = Request {
        axes: vec![("engine.pull.chunk_rows".to_owned(), sizes)],
        seeds: (1..=4).collect(),
        ..Request::default()
    };
    document.plans(&request, &stacks).unwrap_or_else(|invalid| panic!("{}", invalid.render(false)))
}

/// Counts the processor time of cells on all threads.
struct Counting {
    bench: InProcess,
    on_processor: AtomicU64,
}

impl Runner for Counting {
    fn stacks(&self) -> Vec<StackDescription> {
        self.bench.stacks()
    }
    fn run(&self, plan: &Plan, watch: &dyn Watch) -> Result<Outcome, Unrunnable> {
        let stopwatch = Stopwatch::start();
        let outcome = self.bench.run(plan, watch);
        self.on_processor.fetch_add(stopwatch.read().as_nanos() as u64, Ordering::Relaxed);
        outcome
    }
    fn lives(&self, plan: &Plan, subjects: &[Subject], watch: &dyn Watch) -> Result<Vec<Story>, Unrunnable> {
        self.bench.lives(plan, subjects, watch)
    }
    fn requests(&self, plan: &Plan, most: usize, watch: &dyn Watch) -> Result<RequestLog, Unrunnable> {
        self.bench.requests(plan, most, watch)
    }
    fn trace(&self, plan: &Plan, watch: &dyn Watch) -> Result<Traced, Unrunnable> {
        self.bench.trace(plan, watch)
    }
    fn heard(
        &self,
        plan: &Plan,
        ear: Rc<RefCell<dyn Ear>>,
        watch: &dyn Watch,
    ) -> Result<Outcome, Unrunnable> {
        self.bench.heard(plan, ear, watch)
    }
    fn keys(&self, plan: &Plan, entity: EntityId) -> Result<Vec<Key>, Unrunnable> {
        self.bench.keys(plan, entity)
    }
    fn placed(&self, plan: &Plan) -> Result<Placed, Unrunnable> {
        self.bench.placed(plan)
    }
}

struct Silent;

impl Listener for Silent {
    fn started(&self, _: usize) {}
    fn progressed(&self, _: usize, _: Time, _: Span) {}
    fn ended(&self, _: usize, _: &CellRecord) {}
}

/// Returns the wall time and the processor time.
fn swept(plans: &[Plan], jobs: usize) -> (Duration, f64) {
    let runner = Counting { bench: InProcess(Stacks::builtin()), on_processor: AtomicU64::new(0) };
    let options = CampaignOptions { jobs, ..CampaignOptions::default() };
    let started = Instant::now();
    let ran = campaign::run(plans, None, &runner, &options, &Signals::default(), &Silent, None);
    let wall = started.elapsed();
    assert_eq!(ran.judged.len(), plans.len(), "every cell came to its end");
    (wall, runner.on_processor.load(Ordering::Relaxed) as f64)
}

fn main() {
    let plans = plans();
    // Without `--bench`, the program only tests that the bench runs.
    if !std::env::args().any(|argument| argument == "--bench") {
        swept(&plans[..2], 2);
        return;
    }
    let mut faster = Vec::new();
    let mut dearer = Vec::new();
    for pair in 0..PAIRS {
        // The second run finds a warmer machine, so the order alternates.
        let jobs = if pair % 2 == 0 { [1, 2] } else { [2, 1] };
        let ran = jobs.map(|jobs| swept(&plans, jobs));
        let (one, two) = if pair % 2 == 0 { (ran[0], ran[1]) } else { (ran[1], ran[0]) };
        faster.push(one.0.as_secs_f64() / two.0.as_secs_f64());
        dearer.push(two.1 / one.1);
    }
    faster.sort_by(f64::total_cmp);
    dearer.sort_by(f64::total_cmp);
    println!(
        "sweep of {} cells, two jobs against one: {:.2} × as fast (goal {GOAL}), {:.2} × the processor time a cell",
        plans.len(),
        faster[PAIRS / 2],
        dearer[PAIRS / 2]
    );
}
