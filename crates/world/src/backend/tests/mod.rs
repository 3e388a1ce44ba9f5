//! A small clinic, and devices that read from it.

mod backup;
mod cascade;
mod chance;
mod content;
mod families;
mod mutations;
mod readers;
mod stretch;
mod unseen;
mod writes;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::*;
use crate::base::at_ms;
use crate::base::{DeviceId, EditId, EntityId, Key, Seed, Span, Stamp, Time, Undone, Value};
use crate::contract::{
    Column, ColumnKind, Delivery, EditKind, Entity, Guard, Mutation, OnDelete, Outcome, Reference, Schema,
    ScopeRule, ServerError,
};

const PATIENT: EntityId = EntityId(0);
const APPOINTMENT: EntityId = EntityId(1);
const DAY: EntityId = EntityId(2);
const NOTE: EntityId = EntityId(3);

// The columns of an appointment. Devices do not hold the last one.
const CLINIC: usize = 0;
const AT: usize = 1;
const STATUS: usize = 2;
const PATIENT_KEY: usize = 3;
const PATIENT_NAME: usize = 4;
const LEDGER: usize = 5;

/// Devices hold appointments with a time before this.
const WINDOW: i64 = 1_000_000;
const START: Stamp = Stamp(1_700_000_000_000_000);

fn entity(name: &str, columns: &[(&str, ColumnKind)], delivery: Delivery) -> Entity {
    Entity {
        delivery,
        ..Entity::new(name, columns.iter().map(|(n, kind)| Column::new(n, kind.clone())).collect())
    }
}

fn schema() -> Arc<Schema> {
    use ColumnKind::{Int, Ref, Text, Timestamp};
    let patient = entity("patient", &[("name", Text), ("phone", Text)], Delivery::BackendOnly);
    let columns = [
        ("clinic", Text),
        ("at", Timestamp),
        ("status", Text),
        ("patient", Ref(PATIENT)),
        ("patient_name", Text),
        ("ledger", Text),
    ];
    let appointment = Entity {
        projection: vec![AT, STATUS, PATIENT_KEY, PATIENT_NAME],
        scope: vec![
            ScopeRule::Attribute { column: CLINIC, attribute: 1 },
            ScopeRule::Window { column: AT, from: Stamp(0), until: Stamp(WINDOW) },
        ],
        ..entity("appointment", &columns, Delivery::Delta)
    };
    let day = entity("day", &[("clinic", Text), ("day", Timestamp), ("free", Int)], Delivery::Delta);
    let note =
        entity("note", &[("appointment", Ref(APPOINTMENT)), ("text", Text)], Delivery::OnOpen { by: 0 });
    Arc::new(Schema { entities: vec![patient, appointment, day, note], ..Schema::default() })
}

fn options() -> BackendOptions {
    BackendOptions {
        effects: vec![
            Effect::Fold {
                from: PATIENT,
                to: APPOINTMENT,
                via: PATIENT_KEY,
                columns: vec![(0, PATIENT_NAME)],
            },
            Effect::Count {
                of: APPOINTMENT,
                to: DAY,
                on: vec![(CLINIC, 0), (AT, 1)],
                by_day: Some(1),
                day_offset: Span::ZERO,
                counter: 2,
                step: -1,
            },
        ],
        ..BackendOptions::default()
    }
}

fn clinic(n: u8) -> Value {
    Value::text(["north", "south", "east"][usize::from(n) % 3])
}

/// The attributes of a device of this clinic. The first one has no meaning.
fn attributes(n: u8) -> Vec<Value> {
    vec![Value::Int(7), clinic(n)]
}

fn appointment(clinic_of: u8, at: i64) -> Vec<Value> {
    let patient = Value::text("p0");
    vec![
        clinic(clinic_of),
        Value::Int(at),
        Value::text("new"),
        patient,
        Value::text("Ada"),
        Value::text("paid"),
    ]
}

fn loaded(key: &str, values: Vec<Value>, updated: Stamp) -> Loaded {
    Loaded::as_of(key, values, updated)
}

fn backend(options: BackendOptions) -> Backend {
    let mut backend = Backend::new(schema(), options, START, Seed(1));
    let old = START.minus(Span::secs(3_600));
    backend.load(PATIENT, [loaded("p0", vec![Value::text("Ada"), Value::Null], old)]);
    let day = |n| loaded(&format!("day{n}"), vec![clinic(n), Value::Int(5), Value::Int(100)], old);
    backend.load(DAY, (0..3).map(day));
    backend
}

/// A backend with a patient, her appointment "v" and its note "n". `refers` has the references.
fn house(refers: &[(EntityId, EntityId, OnDelete)], commits: Commits) -> Backend {
    let mut schema = (*schema()).clone();
    let column = |of| if of == NOTE { 0 } else { PATIENT_KEY };
    let reference = |&(of, to, on_delete): &_| Reference { of, column: column(of), to, on_delete };
    let references = refers.iter().map(reference);
    schema.references = references.collect();
    schema.entities[usize::from(NOTE.0)].delivery = Delivery::Delta;
    let options = BackendOptions { commits, ..BackendOptions::default() };
    let mut backend = Backend::new(Arc::new(schema), options, START, Seed(1));
    let row = |key: &str, values: Vec<Value>| loaded(key, values, START.minus(Span::secs(9)));
    backend.load(PATIENT, [row("p0", vec![Value::text("Ann"), Value::Null])]);
    backend.load(APPOINTMENT, [row("v", appointment(0, 1))]);
    backend.load(NOTE, [row("n", vec![Value::text("v"), Value::text("well")])]);
    backend
}

fn import(
    backend: &mut Backend,
    now: Time,
    rows: impl IntoIterator<Item = (Key, Vec<Value>)>,
) -> Vec<Commit> {
    let (mut office, mut import) = (backend.office(), Importing::new(APPOINTMENT));
    office.take_in(&mut import, rows);
    let mut committing = office.begin_import(now, import);
    office.go_on(&mut committing, usize::MAX)
}

fn mutation(
    number: u32,
    entity: EntityId,
    key: &str,
    kind: EditKind,
    values: Vec<(usize, Value)>,
) -> Mutation {
    Mutation {
        id: format!("m{number}"),
        values,
        made_at: START,
        ..Mutation::new(EditId { device: DeviceId(0), number }, entity, key, kind)
    }
}

fn query<'q>(attributes: &'q [Value], after: Option<&'q Position>, limit: usize) -> Query<'q> {
    Query { entity: APPOINTMENT, scope: Scope::Of(attributes), after, limit, upto: Upto::Settled }
}

struct Reader {
    entity: EntityId,
    attributes: Vec<Value>,
    upto: Upto,
    position: Option<Position>,
    rows: BTreeMap<Key, (Stamp, Vec<Value>)>,
    resets: u32,
}

impl Reader {
    fn new(entity: EntityId, clinic: u8) -> Reader {
        let (position, rows) = (None, BTreeMap::new());
        Reader { entity, attributes: attributes(clinic), upto: Upto::Settled, position, rows, resets: 0 }
    }

    fn pull(&mut self, backend: &mut Backend, now: Time, limit: usize) -> bool {
        let (entity, upto, after) = (self.entity, self.upto, self.position.as_ref());
        let query = Query { entity, scope: Scope::Of(&self.attributes), after, limit, upto };
        let rows = &mut self.rows;
        let mut count = 0;
        let page = backend.changes(now, query, |change| {
            count += 1;
            match change.values {
                Some(values) => drop(rows.insert(change.key.clone(), (change.stamp, values.to_vec()))),
                None => drop(rows.remove(change.key)),
            }
            ControlFlow::Continue(())
        });
        match page {
            Ok(page) => {
                assert!(count <= limit && page.delivered == count as u64);
                assert!(
                    backend.database.options.filter_precision > Span::micros(1)
                        || page.scanned == page.delivered
                );
                self.position = Some(page.next);
                page.more
            }
            Err(error) => {
                assert_eq!(error, ServerError::CursorExpired(self.entity));
                self.position = None;
                self.rows.clear();
                self.resets += 1;
                true
            }
        }
    }

    fn pull_all(&mut self, backend: &mut Backend, now: Time, limit: usize) {
        let mut pages = 0;
        while self.pull(backend, now, limit) {
            pages += 1;
            assert!(pages < 10_000, "pulling comes to an end");
        }
    }

    /// The rows that the reader should hold, computed without partitions.
    fn wanted(&self, backend: &Backend) -> BTreeMap<Key, (Stamp, Vec<Value>)> {
        let schema = backend.schema().entity(self.entity);
        let rows =
            backend.rows(self.entity).filter(|r| !r.deleted && schema.in_scope(&r.values, &self.attributes));
        rows.map(|r| (r.key.clone(), (r.stamp, r.values.to_vec()))).collect()
    }
}
