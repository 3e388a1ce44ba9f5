//! The time that the backend takes on this machine: for a page of deltas from any position, the
//! initial content, and a mutation.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use syncdyno::backend::{Backend, BackendOptions, Loaded, Position, Query, Scope, Upto};
use syncdyno::base::{DeviceId, EditId, EntityId, Key, Seed, Span, Stamp, Time, Value};
use syncdyno::contract::{Attributes, Column, ColumnKind, EditKind, Entity, Mutation, Schema, ScopeRule};

const VISIT: EntityId = EntityId(0);
const START: Stamp = Stamp(1_700_000_000_000_000);
const PAGE: usize = 500;

fn schema() -> Arc<Schema> {
    let column = |name: &str, kind| Column::new(name, kind);
    let visit = Entity {
        scope: vec![ScopeRule::Attribute { column: 0, attribute: 0 }],
        ..Entity::new("visit", vec![column("clinic", ColumnKind::Int), column("status", ColumnKind::Text)])
    };
    Arc::new(Schema { entities: vec![visit], ..Schema::default() })
}

/// Rows of `clinics` clinics. Keys and stamps are in random order.
fn content(rows: u64, clinics: u64) -> Vec<Loaded> {
    let row = |n: u64| {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let stamp = START.minus(Span::secs(60 + mixed % 2_000_000));
        let values = vec![Value::Int((n % clinics) as i64), Value::text("open")].into();
        let key = Key::uuid(u128::from(mixed) << 64 | u128::from(n));
        Loaded { key, values, created: stamp, updated: stamp, deleted: None }
    };
    (0..rows).map(row).collect()
}

fn backend(rows: u64, clinics: u64) -> Backend {
    let mut backend = Backend::new(schema(), BackendOptions::default(), START, Seed(1));
    backend.load(VISIT, content(rows, clinics));
    backend
}

fn pages(c: &mut Criterion) {
    let mut group = c.benchmark_group("page of 500");
    let attributes: Attributes = vec![Value::Int(0)];
    for rows in [10_000, 1_000_000] {
        let mut backend = backend(rows, 1);
        let last = backend.in_scope(VISIT, &attributes).nth(rows as usize - PAGE - 1);
        let last = last.map(|row| Position { stamp: row.stamp, key: Some(row.key.clone()), since: None });
        for (place, after) in [("start", None), ("end", last.as_ref())] {
            group.bench_function(format!("{place} of {rows} rows"), |b| {
                b.iter(|| {
                    let query = Query {
                        entity: VISIT,
                        scope: Scope::Of(&attributes),
                        after,
                        limit: PAGE,
                        upto: Upto::Settled,
                    };
                    let page = backend.changes(Time::ZERO, query, |change| {
                        black_box(change.values);
                        ControlFlow::Continue(())
                    });
                    assert_eq!(page.expect("the cursor is young").delivered, PAGE as u64);
                });
            });
        }
    }
    group.finish();
}

fn loading(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.sample_size(10);
    group.bench_function("400000 rows of 25 clinics", |b| {
        b.iter_batched(
            || (Backend::new(schema(), BackendOptions::default(), START, Seed(1)), content(400_000, 25)),
            |(mut backend, content)| {
                backend.load(VISIT, content);
                backend
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn mutations(c: &mut Criterion) {
    let mut backend = backend(400_000, 25);
    let keys: Vec<Key> = backend.rows(VISIT).map(|row| row.key.clone()).step_by(400).collect();
    let mut number = 0;
    c.bench_function("update of one row among 400000", |b| {
        b.iter(|| {
            let key = &keys[number as usize % keys.len()];
            let base = backend.row(VISIT, key).map(|row| row.stamp);
            number += 1;
            let mutation = Mutation {
                id: format!("d0-{number}"),
                values: vec![(1, Value::text("done"))],
                base,
                made_at: START,
                ..Mutation::new(EditId { device: DeviceId(0), number }, VISIT, key.as_str(), EditKind::Update)
            };
            backend.push(Time::ZERO, &[Value::Int(0)], &[mutation])
        });
    });
}

criterion_group!(benches, pages, loading, mutations);
criterion_main!(benches);
