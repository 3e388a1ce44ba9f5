//! Edits that go with a later one of their row.

use super::stage::{DOCTOR, STATUS, Stage, VISIT, visit};
use super::{assert_only, assert_silent, fired};
use crate::base::{EditId, Key, Span, Value};
use crate::contract::{Author, EditKind, Event, KillReason, LocalEdit};

/// Of the edits of device 0 only the last leaves.
fn squash(stage: &mut Stage, gone: &[EditId]) {
    stage.phone(0).outbox.retain(|entry| !gone.contains(&entry.edit.id));
}

#[test]
fn an_edit_that_a_later_one_says_again_is_present_when_that_meets_itself() {
    for theirs in ["two", "else"] {
        let mut stage = Stage::new();
        let first = stage.update(0, "a1", "one");
        stage.update(0, "a1", "two");
        squash(&mut stage, &[first]);
        stage.office("a1", Some(theirs));
        stage.push(0, true);
        stage.drain();
        assert_silent(&stage.verdict());
    }
}

#[test]
fn an_edit_of_another_column_is_lost_when_the_later_one_leaves_it_out() {
    let mut stage = Stage::new();
    let doctor = vec![(DOCTOR, Value::text("dr-z"))];
    let first = stage.edit(0, VISIT, "a1", EditKind::Update, doctor);
    stage.update(0, "a1", "two");
    squash(&mut stage, &[first]);
    stage.office("a1", Some("two"));
    stage.push(0, true);
    stage.drain();
    assert_only(&stage.verdict(), "lost-edit", 1);
}

#[test]
fn an_edit_is_present_that_went_with_one_that_nobody_saw_saved() {
    let of = |doctor: &str| (DOCTOR, Value::text(doctor));
    for (again, shows, arrives) in [(None, "dr-z", true), (Some("dr-y"), "dr-y", true), (None, "dr-a", false)]
    {
        let mut stage = Stage::new();
        let first = stage.edit(0, VISIT, "a1", EditKind::Update, vec![of("dr-z")]);
        let id = EditId { number: first.number + 1, ..first };
        let status = (STATUS, Value::text("two"));
        let values = std::iter::once(status).chain(again.map(of)).collect();
        let second = LocalEdit { id, entity: VISIT, key: Key::new("a1"), kind: EditKind::Update, values };
        stage.emit(0, Event::EditMissed { edit: &second, waited: Span::ZERO });
        stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
        stage.emit(0, Event::ProcessStarted { incarnation: 1 });
        squash(&mut stage, &[first]);
        let mut row = visit("a", "two");
        row[DOCTOR] = Value::text(shows);
        stage.commit(Author::Device(id), VISIT, "a1", Some(row));
        stage.drain();
        match arrives {
            true => assert_silent(&stage.verdict()),
            false => assert_only(&stage.verdict(), "lost-edit", 1),
        }
    }
}

#[test]
fn an_edit_is_lost_when_the_one_in_its_place_leaves_it_out() {
    let mut stage = Stage::new();
    let doctor = vec![(DOCTOR, Value::text("dr-z"))];
    let first = stage.edit(0, VISIT, "a1", EditKind::Update, doctor);
    let edit = stage.update(0, "a1", "two");
    let (key, with) = (Key::new("a1"), [first]);
    stage.emit(0, Event::EditsSquashed { edit, entity: VISIT, key: &key, with: &with, stays: false });
    squash(&mut stage, &with);
    stage.push(0, true);
    stage.drain();
    assert_eq!(fired(&stage.verdict()), ["lost-edit", "unasked-commit"]);
}
