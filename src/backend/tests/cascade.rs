//! What a delete does to rows that refer to the deleted one.

use super::*;
use crate::contract::{Author, CommitKind, OnDelete, Reference, Refusal};

/// Patients, appointments of theirs and notes to those, with this rule for both references.
fn house(on_delete: OnDelete) -> Backend {
    let refers = |of: EntityId, column: usize, to: EntityId| Reference { of, column, to, on_delete };
    let references = vec![refers(APPOINTMENT, PATIENT_KEY, PATIENT), refers(NOTE, 0, APPOINTMENT)];
    let schema = Schema { references, ..(*schema()).clone() };
    let mut backend = Backend::new(Arc::new(schema), BackendOptions::default(), START, Seed(1));
    let row = |key: &str, values: Vec<Value>| loaded(key, values, START.minus(Span::secs(9)));
    backend.load(PATIENT, [row("p0", vec![Value::text("Ann"), Value::Null])]);
    backend.load(APPOINTMENT, [row("v", appointment(0, 1))]);
    backend.load(NOTE, [row("n", vec![Value::text("v"), Value::text("well")])]);
    backend
}

fn deleted(backend: &mut Backend) -> Result<Vec<Commit>, Refusal> {
    backend.office().delete(Time(5), PATIENT, &Key::new("p0"))
}

#[test]
fn a_cascade_goes_down_to_the_last_row_that_refers() {
    let commits = deleted(&mut house(OnDelete::Cascade)).unwrap();
    let told: Vec<_> = commits.iter().map(|c| (c.key.as_str(), c.kind, c.author)).collect();
    let follows = |key| (key, CommitKind::Delete, Author::Derived);
    assert_eq!(told, [("p0", CommitKind::Delete, Author::Office), follows("v"), follows("n")]);
}

#[test]
fn a_row_may_lose_what_it_refers_to_or_keep_it() {
    let mut backend = house(OnDelete::SetNull);
    assert_eq!(deleted(&mut backend).unwrap().len(), 2);
    let visit = backend.row(APPOINTMENT, &Key::new("v")).unwrap();
    assert_eq!((&visit.values[PATIENT_KEY], visit.deleted), (&Value::Null, false));
    assert_eq!(deleted(&mut house(OnDelete::Restrict)), Err(Refusal::Exists));
    assert_eq!(deleted(&mut house(OnDelete::Nothing)).unwrap().len(), 1);
}
