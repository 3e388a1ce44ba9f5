//! The effect of a delete on rows that refer to the deleted one.

use super::*;
use crate::contract::{Author, CommitKind, Refusal};

fn both(visits: OnDelete, notes: OnDelete) -> Backend {
    house(&[(APPOINTMENT, PATIENT, visits), (NOTE, APPOINTMENT, notes)], Commits::Rows)
}

fn deleted(backend: &mut Backend) -> Result<Vec<Commit>, Refusal> {
    backend.office().delete(Time(5), PATIENT, &Key::new("p0"))
}

#[test]
fn a_cascade_goes_down_to_the_last_row_that_refers() {
    let commits = deleted(&mut both(OnDelete::Cascade, OnDelete::Cascade)).unwrap();
    let told: Vec<_> = commits.iter().map(|c| (c.key.as_str(), c.kind, c.author)).collect();
    let follows = |key| (key, CommitKind::Delete, Author::Derived);
    assert_eq!(told, [("p0", CommitKind::Delete, Author::Office), follows("v"), follows("n")]);
}

#[test]
fn a_row_may_lose_what_it_refers_to_or_keep_it() {
    let mut backend = both(OnDelete::SetNull, OnDelete::SetNull);
    assert_eq!(deleted(&mut backend).unwrap().len(), 2);
    let visit = backend.row(APPOINTMENT, &Key::new("v")).unwrap();
    assert_eq!((&visit.values[PATIENT_KEY], visit.deleted), (&Value::Null, false));
    assert_eq!(deleted(&mut both(OnDelete::Restrict, OnDelete::Nothing)), Err(Refusal::Exists));
    assert_eq!(deleted(&mut both(OnDelete::Nothing, OnDelete::Restrict)).unwrap().len(), 1);
}

#[test]
fn no_cascade_takes_a_row_that_another_holds() {
    let mut backend = both(OnDelete::Cascade, OnDelete::Restrict);
    assert_eq!(deleted(&mut backend), Err(Refusal::Exists));
    backend.office().delete(Time(6), NOTE, &Key::new("n")).unwrap();
    assert_eq!(deleted(&mut backend).unwrap().len(), 2);
}

#[test]
fn what_the_office_writes_refers_to_a_row_that_is_there() {
    for (on_delete, refused) in [(OnDelete::Cascade, true), (OnDelete::Nothing, false)] {
        let mut backend = house(&[(APPOINTMENT, PATIENT, on_delete)], Commits::Rows);
        deleted(&mut backend).unwrap();
        let key = Key::new("w");
        let gone = Err(Refusal::Gone);
        let made = backend.office().create(Time(6), APPOINTMENT, key.clone(), appointment(0, 2));
        assert_eq!(made == gone, refused);
        let imported = import(&mut backend, Time(7), [(Key::new("x"), appointment(0, 3))]);
        assert_eq!(imported.is_empty(), refused);
        let (to, nobody) = ([(PATIENT_KEY, Value::text("p0"))], [(PATIENT_KEY, Value::Null)]);
        if refused {
            let values = appointment(0, 2).into_iter().enumerate();
            let free =
                values.map(|(column, v)| if column == PATIENT_KEY { Value::Null } else { v }).collect();
            backend.office().create(Time(8), APPOINTMENT, key.clone(), free).unwrap();
        }
        assert!(backend.office().write(Time(9), APPOINTMENT, &key, &nobody).is_ok());
        assert_eq!(backend.office().write(Time(10), APPOINTMENT, &key, &to) == gone, refused);
    }
}
