//! The time that capture (finding changed rows) takes on this machine. Measures a page by stamp and
//! key at the start and at the end of a table, and the hash of a row.
//!
//! `cargo bench --bench capture` prints two more figures after criterion's. The first is the ratio
//! of a page at the end of the table to a page at its start, measured in turn. The second is the
//! number of rows hashed per second. Both use the processor time of this thread, which is reliable
//! on a shared machine.

#![expect(clippy::disallowed_types, reason = "a bench measures host time")]
#![expect(clippy::print_stdout, reason = "a bench prints")]

#[path = "support/stopwatch.rs"]
mod stopwatch;

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stopwatch::Stopwatch;
use syncdyno::backend::{Backend, BackendOptions, Loaded, Position, Query, Scope, Upto};
use syncdyno::base::{EntityId, Key, Seed, Span, Stamp, Time, Value};
use syncdyno::contract::{Column, ColumnKind, Entity, Schema};
use syncdyno::gateway::Canonical;

const VISIT: EntityId = EntityId(0);
const START: Stamp = Stamp(1_700_000_000_000_000);
const ROWS: u64 = 1_000_000;
const PAGE: usize = 500;
/// The number of pages between two readings of the stopwatch, which advances only every few
/// milliseconds.
const PAGES: u32 = 2_000;
const ROUNDS: usize = 15;
const COLUMNS: [usize; 6] = [0, 1, 2, 3, 4, 5];

fn entity() -> Entity {
    use ColumnKind::{Bool, Int, Text, Timestamp};
    let columns = [
        ("title", Text),
        ("state", Text),
        ("at", Timestamp),
        ("due", Timestamp),
        ("done", Bool),
        ("nr", Int),
    ];
    Entity {
        projection: COLUMNS.to_vec(),
        ..Entity::new("visit", columns.map(|(name, kind)| Column::new(name, kind)).to_vec())
    }
}

/// The values of a row. It has 120 bytes in its canonical form.
fn values(n: u64) -> Vec<Value> {
    vec![
        Value::text(&format!("call the ward for bed {n:07} before they hand over at noon, please")),
        Value::text("planned"),
        Value::Int(START.0 + n as i64),
        Value::Int(START.0),
        Value::Int(1),
        Value::Int(n as i64),
    ]
}

/// A backend whose keys and stamps are in random order.
fn backend() -> Backend {
    let mut backend = Backend::new(
        Arc::new(Schema { entities: vec![entity()], ..Schema::default() }),
        BackendOptions::default(),
        START,
        Seed(1),
    );
    let row = |n: u64| {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let stamp = START.minus(Span::secs(60 + mixed % 2_000_000));
        let key = Key::uuid(u128::from(mixed) << 64 | u128::from(n));
        Loaded { key, values: values(n).into(), created: stamp, updated: stamp, deleted: None }
    };
    backend.load(VISIT, (0..ROWS).map(row));
    backend
}

/// The position before the last full page.
fn last(backend: &Backend) -> Position {
    let row = backend.in_scope(VISIT, &[]).nth(ROWS as usize - PAGE - 1);
    let row = row.expect("there are more rows than a page has");
    Position { stamp: row.stamp, key: Some(row.key.clone()), since: None }
}

fn page(backend: &mut Backend, after: Option<&Position>) {
    let query = Query { entity: VISIT, scope: Scope::Of(&[]), after, limit: PAGE, upto: Upto::Settled };
    let page = backend.changes(Time::ZERO, query, |change| {
        black_box(change.values);
        ControlFlow::Continue(())
    });
    assert_eq!(page.expect("the cursor is young").delivered, PAGE as u64);
}

fn pages(criterion: &mut Criterion) {
    let mut backend = backend();
    let end = last(&backend);
    let mut group = criterion.benchmark_group(format!("page of {PAGE} of {ROWS} rows"));
    for (place, after) in [("start", None), ("end", Some(&end))] {
        group.bench_function(place, |bencher| bencher.iter(|| page(&mut backend, after)));
    }
    group.finish();
    let mut seconds = [const { Vec::new() }; 2];
    for round in 0..ROUNDS {
        // The second measurement finds a warm cache, so the order alternates.
        for place in [round % 2, 1 - round % 2] {
            let after = [None, Some(&end)][place];
            let watch = Stopwatch::start();
            (0..PAGES).for_each(|_| page(&mut backend, after));
            seconds[place].push(watch.read().as_secs_f64() / f64::from(PAGES));
        }
    }
    let [start, end] = seconds.map(median);
    println!("\npage of {PAGE} of {ROWS} rows by (stamp, key)");
    println!("{:>12} {:>12} {:>7}", "start µs", "end µs", "ratio");
    println!("{:>12.1} {:>12.1} {:>7.3}\n", start * 1e6, end * 1e6, end / start);
}

fn hashing(criterion: &mut Criterion) {
    let entity = entity();
    let rows: Vec<Vec<Value>> = (0..100_000).map(values).collect();
    let mut canonical = Canonical::default();
    let mut hash_all = || rows.iter().fold(0, |all, row| all ^ canonical.hash(&entity, &COLUMNS, row));
    let mut group = criterion.benchmark_group("canonical hash");
    group.throughput(Throughput::Elements(rows.len() as u64));
    group.bench_function("rows of 120 bytes", |bencher| bencher.iter(&mut hash_all));
    group.finish();
    let passes = 20;
    let rates = (0..ROUNDS).map(|_| {
        let watch = Stopwatch::start();
        (0..passes).for_each(|_| _ = black_box(hash_all()));
        (passes * rows.len()) as f64 / watch.read().as_secs_f64()
    });
    let rate = median(rates.collect());
    assert_eq!(canonical.bytes(), 120);
    println!("\ncanonical hash of rows of 120 bytes: {:.2} million rows a second\n", rate / 1e6);
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

criterion_group!(benches, pages, hashing);
criterion_main!(benches);
