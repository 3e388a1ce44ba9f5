//! The cost of a phone's work. Each kind of work is compared with a lower bound.
//!
//! - The rows that a phone writes in `benches/system.rs` (500 pulled, 20 edited) are written
//!   directly to its store. They are written with and without the base values of each edit, which
//!   three-way comparison needs.
//! - A push of 500 edits of rows that somebody else has changed, in whole simulations. Conflicts
//!   are found by base values, and by dates only. The other side wins every conflict in both cases.
//!   The time begins before the push.
//! - A year of one phone with 3 syncs and 20 edits per day, in whole simulations. It is compared
//!   with one load of as many rows as the phone writes in that year.
//!
//! The result is the median of the ratios of processor time.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

#[path = "support/stopwatch.rs"]
mod stopwatch;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use criterion::{Criterion, SamplingMode};
use syncdyno::base::{DeviceId, EditId, EntityId, Key, Seed, Span, Stamp, Time, Value};
use syncdyno::contract::{Database, EditKind, LocalEdit};
use syncdyno::metrics::Figure;
use syncdyno::scenario::{Document, Plan, Request};
use syncdyno::store::{Store, StoreError, Tx};
use syncdyno::world::{self, Ending, Outcome, Stacks, Unwatched, Watch};

use stopwatch::Stopwatch;

const PAIRS: usize = 7;
const ROWS: usize = 500;
const EDITS: u32 = 20;
/// The number of databases in one measurement.
const PHONES: u32 = 40;
const TASK: EntityId = EntityId(0);
/// The column that an edit sets.
const STATE: usize = 2;

/// Until this time, the phone of [`PUSH`] is offline while its person edits.
const CELLAR: Span = Span::secs(3_600);

const PUSH: &str = r#"
name = "push"
duration = "65m"

[entity.task]
rows = 4000
deleted_daily = 0
[entity.task.schema]
id = "uuid key"
title = "text 10..40"
state = "text 5..20"
remark = "text 20..100"

[fleet.phones]
devices = 1

[unit.All]
on = ["login", "online"]
pull = ["task"]
push = ["task"]

[engine]
pull = { chunk_rows = 500 }
push = { chunk_rows = 500 }
conflict = { policy = "server-wins" }

[workload]
resumes_per_hour = 0
foreground = "2h"
login.all = { at = "+1m", spread = "1s" }
contention = { share = "100%", within = "30m" }

[action.change]
entity = "task"
kind = "update"
columns = ["state"]
per_device = 1200
on_devices = 0.5

[event.cellar]
at = "+2m"
outage = { for = "1h" }
"#;

fn plan(document: &Document, request: &Request) -> Plan {
    let stacks = Stacks::builtin().described();
    let plans = document.plans(request, &stacks);
    plans.unwrap_or_else(|invalid| panic!("{}", invalid.render(false))).remove(0)
}

fn set(sets: &[&str]) -> Request {
    Request { sets: sets.iter().map(|set| (*set).to_owned()).collect(), ..Request::default() }
}

fn outcome(plan: &Plan) -> Outcome {
    let outcome = world::run(plan, &Stacks::builtin(), &Unwatched).expect("the plan can be run");
    assert_eq!(outcome.ending, Ending::Drained);
    outcome
}

fn figure(outcome: &Outcome, name: &str) -> u64 {
    match &outcome.figures[name] {
        Figure::Value { value, .. } => *value,
        other => panic!("{name} is a value, not {other:?}"),
    }
}

/// Measures a world from `from` to the end of its script. A world reports its progress in slices;
/// the last slice does nothing.
struct Slices {
    from: Time,
    taken: Mutex<Option<(Stopwatch, Duration)>>,
}

impl Watch for Slices {
    fn progress(&self, now: Time, _: Span) {
        match &mut *self.taken.lock().expect("one thread") {
            None if now < self.from => {}
            Some((watch, took)) => *took = watch.read(),
            none => *none = Some((Stopwatch::start(), Duration::ZERO)),
        }
    }
    fn interrupted(&self) -> bool {
        false
    }
}

fn timed(plan: &Plan, from: Span) -> Duration {
    let slices = Slices { from: Time::ZERO + from, taken: Mutex::default() };
    world::run(plan, &Stacks::builtin(), &slices).expect("the plan can be run");
    let taken = slices.taken.into_inner().expect("one thread");
    taken.expect("the script is as long").1
}

/// The plan of the push, with this conflict detection.
fn pushed(detect: &str) -> Plan {
    let document = Document::parse("push.toml", PUSH).expect("the scenario is TOML");
    let plan = plan(&document, &set(&[&format!("engine.conflict.detect={detect:?}")]));
    let met = figure(&outcome(&plan), "engine.conflicts.remote_won");
    assert!(met >= 500, "{met} edits meet a conflict");
    plan
}

/// The plan of a phone's year, and the plan of a load of as many rows.
fn year() -> (Plan, Plan) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/device/year.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let document = Document::of_file(&path, &text).unwrap_or_else(|error| panic!("{error}"));
    let variant =
        |name: &str, request| plan(&document, &Request { variants: vec![name.to_owned()], ..request });
    let year = variant("not-kept", Request::default());
    let came = outcome(&year);
    let rows = figure(&came, "engine.apply.rows") + figure(&came, "workload.edits.made");
    let rows = format!("entity.visit.rows={rows}");
    let none = ["tick-off", "add", "drop"].map(|action| format!("action.{action}.per_device=0"));
    let sets: Vec<&str> =
        [rows.as_str(), "duration=10m"].into_iter().chain(none.iter().map(String::as_str)).collect();
    (year, variant("one-day", set(&sets)))
}

/// Measures the writes of [`PHONES`] phones to their stores.
fn told(plan: &Plan, made_on: bool) -> Duration {
    let watch = Stopwatch::start();
    for device in 0..PHONES {
        let store =
            Store::open(&Database::memory(), Arc::clone(&plan.schema), &plan.store).expect("it opens");
        phone(&store, DeviceId(device), made_on).expect("there is room");
    }
    watch.read()
}

fn phone(store: &Store, device: DeviceId, made_on: bool) -> Result<(), StoreError> {
    let mut random = Seed(7).stream("bench.rows", u64::from(device.0), 0);
    let keys: Vec<Key> = (0..ROWS).map(|_| Key::uuid(random.bits128())).collect();
    let values = ["a title of some words", "open", "a remark of about as many words as people write there"];
    let values = values.map(Value::text);
    for chunk in keys.chunks(100) {
        store.transaction(|tx| chunk.iter().try_for_each(|key| put(tx, key, &values)))?;
    }
    for number in 0..EDITS {
        let id = EditId { device, number };
        let (key, kind) = (keys[number as usize].clone(), EditKind::Update);
        let edit = LocalEdit { id, entity: TASK, key, kind, values: vec![(STATE, Value::text("done"))] };
        if made_on {
            store.edit(&edit, &id.to_string(), Stamp(2)).expect("the row is there");
        } else {
            store.transaction(|tx| edited(tx, &edit))?;
        }
    }
    Ok(())
}

fn put(tx: &Tx<'_>, key: &Key, values: &[Value]) -> Result<(), StoreError> {
    tx.put_values(TASK, key.as_str(), Stamp(1), 1, values)
}

/// Writes an edit to its row and to the outbox, without base values.
fn edited(tx: &Tx<'_>, edit: &LocalEdit) -> Result<(), StoreError> {
    let mut row = tx.row(TASK, edit.key.as_str())?.expect("it was put");
    row.values[STATE - 1] = edit.values[0].1.clone();
    tx.put_values(TASK, edit.key.as_str(), row.stamp, row.generation, &row.values)?;
    let (id, base) = (edit.id.to_string(), Some(row.stamp));
    tx.append(edit, &id, (base, None), Stamp(2))
}

/// Runs pairs. Prints the median ratio of their times.
fn compare(what: &str, goal: &str, whole: impl Fn() -> Duration, least: impl Fn() -> Duration) {
    let mut ratios: Vec<(f64, f64)> = Vec::new();
    for n in 0..PAIRS {
        // The second run finds a warmer machine, so the order alternates.
        let (whole, least) = if n % 2 == 0 {
            let whole = whole();
            (whole, least())
        } else {
            let least = least();
            (whole(), least)
        };
        ratios.push((whole.as_secs_f64(), least.as_secs_f64()));
    }
    ratios.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (whole, least) = ratios[PAIRS / 2];
    println!("{what}: {:.2} times as long (goal {goal}), {whole:.3} s against {least:.3} s", whole / least);
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("life");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    let (three_way, dates) = (pushed("three-way"), pushed("dates"));
    for (name, made_on) in [("edits with what they were made on", true), ("edits without", false)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| (0..count).map(|_| told(&dates, made_on)).sum());
        });
    }
    for (name, plan) in [("a push by three-way", &three_way), ("a push by dates", &dates)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| (0..count).map(|_| timed(plan, CELLAR)).sum());
        });
    }
    group.finish();
    criterion.final_summary();
    // Without `--bench`, the program only tests that the bench runs.
    if std::env::args().any(|argument| argument == "--bench") {
        let edits = || told(&dates, true);
        compare("edits that keep what they were made on", "1.11", edits, || told(&dates, false));
        compare(
            "a push of 500 compared three-way, not by dates",
            "2",
            || timed(&three_way, CELLAR),
            || timed(&dates, CELLAR),
        );
        let (year, load) = year();
        compare(
            "a year against as many rows at once",
            "8",
            || timed(&year, Span::ZERO),
            || timed(&load, Span::ZERO),
        );
    }
}
