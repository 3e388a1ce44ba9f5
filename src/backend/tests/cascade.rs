//! What a delete does to rows that refer to the deleted one.

use super::*;
use crate::contract::{Author, CommitKind, Refusal};

const BOTH: [(EntityId, EntityId); 2] = [(APPOINTMENT, PATIENT), (NOTE, APPOINTMENT)];

fn deleted(backend: &mut Backend) -> Result<Vec<Commit>, Refusal> {
    backend.office().delete(Time(5), PATIENT, &Key::new("p0"))
}

#[test]
fn a_cascade_goes_down_to_the_last_row_that_refers() {
    let commits = deleted(&mut house(&BOTH, OnDelete::Cascade, Commits::Rows)).unwrap();
    let told: Vec<_> = commits.iter().map(|c| (c.key.as_str(), c.kind, c.author)).collect();
    let follows = |key| (key, CommitKind::Delete, Author::Derived);
    assert_eq!(told, [("p0", CommitKind::Delete, Author::Office), follows("v"), follows("n")]);
}

#[test]
fn a_row_may_lose_what_it_refers_to_or_keep_it() {
    let mut backend = house(&BOTH, OnDelete::SetNull, Commits::Rows);
    assert_eq!(deleted(&mut backend).unwrap().len(), 2);
    let visit = backend.row(APPOINTMENT, &Key::new("v")).unwrap();
    assert_eq!((&visit.values[PATIENT_KEY], visit.deleted), (&Value::Null, false));
    assert_eq!(deleted(&mut house(&BOTH, OnDelete::Restrict, Commits::Rows)), Err(Refusal::Exists));
    assert_eq!(deleted(&mut house(&BOTH, OnDelete::Nothing, Commits::Rows)).unwrap().len(), 1);
}
