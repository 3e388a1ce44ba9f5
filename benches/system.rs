//! The whole system compared with its store alone.
//!
//! Each device has its own 500 rows on the backend. Its app starts, logs in and pulls them in
//! chunks of 100. Later its user edits 20 of them. At the end a sync pushes the edits and pulls
//! them back; each engine that pulls everything newer than its cursor does this. One side is a
//! whole simulation: engine, JSON in both directions, links, gateway, backend, executor, and every
//! listener (metrics, digest and oracle, the judge). The other side is a loop that runs the same
//! transactions with the same rows in the same stores, device by device.
//!
//! The result is the number of written rows per second of processor time. The time of a simulation
//! runs from the first event of its script until no work is left. It excludes making the backend's
//! rows and checking the devices. On both sides it includes opening the databases. Both sides take
//! turns, and the median of the ratios is printed.

#![allow(clippy::print_stdout, reason = "a bench prints what it found")]
#![allow(clippy::disallowed_types, reason = "a bench reads the wall clock")]

#[path = "support/stopwatch.rs"]
mod stopwatch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use syncdyno::base::Cell;
use syncdyno::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, UnitId, Value};
use syncdyno::contract::{Database, EditKind, LocalEdit};
use syncdyno::disk::{self, Disk, Template};
use syncdyno::metrics::Figure;
use syncdyno::scenario::{Document, Plan, Request};
use syncdyno::store::{Journal, Progress, Store, StoreError, Synchronous};
use syncdyno::workload::Dataset;
use syncdyno::world::{self, Ending, Stacks, Watch};

use stopwatch::Stopwatch;

const DEVICES: u32 = 200;
const ROWS: u32 = 500;
const CHUNK: usize = 100;
const EDITS: u32 = 20;
const PAIRS: usize = 7;
/// The rows that one device writes: the pulled rows, its edits, and its edits when it pulls them
/// back.
const WRITTEN: u64 = (ROWS + 2 * EDITS) as u64;

const TASK: EntityId = EntityId(0);
const UNIT: UnitId = UnitId(0);
/// The column that an edit sets.
const STATE: usize = 3;

/// The place of the databases, and the goal for the ratio.
const MEDIA: [(&str, Journal, f64); 3] = [
    ("memory", Journal::Memory, 0.5),
    ("disk, rollback journal", Journal::Truncate, 0.35),
    ("disk, write-ahead log", Journal::Wal, 0.3),
];

fn scenario() -> String {
    format!(
        r#"
name = "system"
duration = "10m"

[entity.task]
rows = {rows}
deleted_daily = 0
scope = {{ person = "device.person" }}
[entity.task.schema]
id = "uuid key"
person = "text"
title = "text 10..40"
state = "one of open|done"
due = "timestamp"
minutes = "int 0..600"
remark = "text 20..100"

[fleet.phones]
devices = {DEVICES}
attributes = {{ person = {DEVICES} }}

[unit.All]
on = ["login"]
pull = ["task"]
push = ["task"]
blocking = true

[engine.pull]
chunk_rows = {CHUNK}
apply_rows = {CHUNK}

[workload]
resumes_per_hour = 0

[action.tick-off]
entity = "task"
kind = "update"
columns = ["state"]
per_device = 0

[event.edits]
at = "+8m"
edits = {{ action = "tick-off", count = {EDITS}, over = "1m" }}
"#,
        rows = DEVICES * ROWS,
    )
}

fn plan(journal: Journal) -> Plan {
    let document = Document::parse("system.toml", &scenario()).expect("the scenario is TOML");
    let engines = Stacks::builtin();
    let plans = document.plans(&Request::default(), &engines.described());
    let mut plan = plans.unwrap_or_else(|invalid| panic!("{}", invalid.render(false))).remove(0);
    plan.store.journal = journal;
    if journal == Journal::Wal {
        plan.store.synchronous = Synchronous::Normal;
    }
    plan
}

/// Measures a world from the first to the last slice of its progress. The last slice does nothing.
#[derive(Default)]
struct Phases(Mutex<Option<(Stopwatch, Duration)>>);

impl Watch for Phases {
    fn progress(&self, _: Time, _: Span) {
        let mut phases = self.0.lock().expect("one thread");
        match &mut *phases {
            None => *phases = Some((Stopwatch::start(), Duration::ZERO)),
            Some((watch, took)) => *took = watch.read(),
        }
    }
    fn interrupted(&self) -> bool {
        false
    }
}

fn system(plan: &Plan) -> Duration {
    let phases = Phases::default();
    let outcome = world::run(plan, &Stacks::builtin(), &phases).expect("the plan can be run");
    assert_eq!(outcome.ending, Ending::Drained);
    let figure = |name| match &outcome.figures[name] {
        Figure::Value { value, .. } => *value,
        other => panic!("{name} is a value, not {other:?}"),
    };
    // A row that was edited twice is pulled back once.
    let written = figure("engine.apply.rows") + figure("workload.edits.made");
    let all = u64::from(DEVICES) * WRITTEN;
    assert!((all - all / 100..=all).contains(&written), "{written} rows of {all}");
    let (_, took) = phases.0.into_inner().expect("one thread").expect("a run has slices");
    took
}

/// The same writes for the store alone.
struct Alone {
    plan: Plan,
    /// The rows of each person.
    rows: Vec<Vec<Row>>,
    /// An empty database with all tables.
    template: Option<Template>,
}

struct Row {
    key: Key,
    stamp: Stamp,
    cells: Vec<Cell<'static>>,
}

impl Alone {
    fn new(plan: &Plan) -> Alone {
        let data = plan.seed.derive("world.data", 0);
        let dataset = Dataset::new(
            data,
            plan.schema.clone(),
            &plan.data,
            plan.start,
            plan.utc_offset,
            &plan.attribute_values(),
            &|| false,
        )
        .expect("the rows can be made");
        let entity = plan.schema.entity(TASK);
        let mut by_person: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in dataset.rows(TASK) {
            let person = format!("{:?}", row.values[1]);
            let cells = entity.project(&row.values).iter().map(cell).collect();
            by_person.entry(person).or_default().push(Row { key: row.key, stamp: row.updated, cells });
        }
        let rows: Vec<Vec<Row>> = by_person.into_values().collect();
        assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), (DEVICES * ROWS) as usize);
        let template = (plan.store.journal != Journal::Memory).then(|| {
            let disk = Disk::new(disk::DiskOptions::default());
            Store::create(&database(Some(&disk)), &plan.schema, &plan.store).expect("a fresh disk");
            disk.template()
        });
        Alone { plan: plan.clone(), rows, template }
    }

    fn run(&self) -> Duration {
        let disks: Vec<Option<Disk>> =
            self.rows.iter().map(|_| self.template.as_ref().map(Disk::from_template)).collect();
        let watch = Stopwatch::start();
        // The loop goes device by device, but all databases stay open, like in the simulation.
        let stores: Vec<Store> = disks.iter().map(|disk| self.open(disk.as_ref())).collect();
        let said: Result<(), StoreError> =
            self.rows.iter().zip(&stores).enumerate().try_for_each(|(device, (rows, store))| {
                load(store, rows).and_then(|()| edit_and_sync(store, rows, device))
            });
        said.expect("a disk with power takes rows");
        watch.read()
    }

    fn open(&self, disk: Option<&Disk>) -> Store {
        Store::open(&database(disk), Arc::clone(&self.plan.schema), &self.plan.store).expect("it opens")
    }
}

fn database(disk: Option<&Disk>) -> Database {
    disk.map_or_else(Database::memory, |disk| disk.location("app.db"))
}

fn cell(value: &Value) -> Cell<'static> {
    match value {
        Value::Null => Cell::Null,
        Value::Int(n) => Cell::Int(*n),
        Value::Real(x) => Cell::Real(*x),
        Value::Text(text) => Cell::Text(text.to_string().into()),
        Value::Fat(fat) => Cell::Text(fat.text().into()),
    }
}

/// The first sync: 500 rows in 5 transactions, each with its cursor.
fn load(store: &Store, rows: &[Row]) -> Result<(), StoreError> {
    session(store, || {
        for chunk in rows.chunks(CHUNK) {
            pull(store, chunk)?;
        }
        Ok(())
    })
}

/// 20 edits, and the sync that sends them and pulls them back.
fn edit_and_sync(store: &Store, rows: &[Row], device: usize) -> Result<(), StoreError> {
    let device = DeviceId(device as u32);
    for number in 0..EDITS {
        let edit = LocalEdit {
            id: EditId { device, number },
            entity: TASK,
            key: rows[number as usize].key.clone(),
            kind: EditKind::Update,
            values: vec![(STATE, Value::text("done"))],
        };
        store.edit(&edit, &edit.id.to_string(), Stamp(1)).expect("the row is there");
    }
    session(store, || {
        settle(store)?;
        pull(store, &rows[..EDITS as usize])
    })
}

fn session(store: &Store, transfer: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
    store.transaction(|tx| tx.begin_run(UNIT))?;
    transfer()?;
    assert!(store.read(|tx| tx.outbox(&[TASK], 50))?.is_empty());
    store.transaction(|tx| {
        tx.set_last_sync_on(UNIT, Stamp(1))?;
        tx.end_run(UNIT)
    })
}

fn pull(store: &Store, rows: &[Row]) -> Result<(), StoreError> {
    store.read(|tx| tx.progress(UNIT, TASK))?;
    store.transaction(|tx| {
        tx.dirty()?;
        tx.progress(UNIT, TASK)?;
        let put = |row: &Row| tx.put(TASK, row.key.as_str(), row.stamp, 1, row.stamp, &row.cells).map(drop);
        rows.iter().try_for_each(put)?;
        let cursor = rows.last().map(|row| format!("{},{}", row.stamp.0, row.key.as_str()));
        tx.save_progress(UNIT, TASK, &Progress { cursor, generation: 1, loading: false })
    })
}

/// Acknowledges the edits in one transaction.
fn settle(store: &Store) -> Result<(), StoreError> {
    let batch = store.read(|tx| tx.outbox(&[TASK], 50))?;
    assert_eq!(batch.len(), EDITS as usize);
    store.transaction(|tx| {
        for entry in &batch {
            let key = entry.key.as_str();
            tx.drop_entry(entry.seq)?;
            tx.restamp(TASK, key, Stamp(2))?;
            tx.rebase(TASK, key, Stamp(2))?;
            assert!(tx.entries_for(TASK, key)?.is_empty() && tx.take_shadow(TASK, key)?.is_none());
        }
        Ok(())
    })
}

fn rate(took: Duration) -> f64 {
    (u64::from(DEVICES) * WRITTEN) as f64 / took.as_secs_f64()
}

/// Runs pairs. Prints their median ratio, and the rates of that pair.
fn compare(medium: &str, journal: Journal, goal: f64) {
    let plan = plan(journal);
    let alone = Alone::new(&plan);
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    for n in 0..PAIRS {
        // The second run finds a warmer machine, so the order alternates.
        pairs.push(if n % 2 == 0 {
            let whole = rate(system(&plan));
            (whole, rate(alone.run()))
        } else {
            let store = rate(alone.run());
            (rate(system(&plan)), store)
        });
    }
    pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (whole, store) = pairs[PAIRS / 2];
    println!(
        "system on {medium}: {:.2} of the store alone (goal {goal}), {:.3} against {:.3} million rows/s",
        whole / store,
        whole / 1e6,
        store / 1e6,
    );
}

/// Measures the whole system for criterion.
fn history(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("system");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(u64::from(DEVICES) * WRITTEN));
    for (medium, journal, _) in MEDIA {
        let plan = plan(journal);
        group.bench_function(BenchmarkId::new("whole", medium), |bencher| {
            bencher.iter_custom(|count| (0..count).map(|_| system(&plan)).sum());
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    history(&mut criterion);
    criterion.final_summary();
    // Without `--bench`, the program only tests that the bench runs.
    if std::env::args().any(|argument| argument == "--bench") {
        MEDIA.iter().for_each(|(medium, journal, goal)| compare(medium, *journal, *goal));
    }
}
