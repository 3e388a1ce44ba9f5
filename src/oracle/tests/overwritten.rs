//! Columns in which one person's value took the place of another's.

use super::stage::{DOCTOR, STATUS, Stage, VISIT};
use crate::base::{EditId, Key, Value};
use crate::contract::{Author, ConflictKind, Decision, EditKind, Event, LocalEdit, LogEntry, LogKind, Sides};

const METRIC: &str = "oracle.overwritten.columns";

/// A phone sets two columns; the office writes `theirs` into the first of them meanwhile, one after
/// the other, and a rule decides.
fn decided(theirs: &[&str], kind: EditKind, decision: Decision<'_>) -> (Stage, EditId) {
    let mut stage = Stage::new();
    let values = match kind {
        EditKind::Delete => Vec::new(),
        _ => vec![(STATUS, Value::text("mine")), (DOCTOR, Value::text("dr-b"))],
    };
    let edit = stage.edit(0, VISIT, "a1", kind, values);
    let mut remote = stage.stamp();
    for status in theirs {
        remote = stage.office("a1", Some(status));
    }
    let (key, sides) = (Key::new("a1"), Sides { local: remote, remote, edited: None });
    let kind = ConflictKind::UpdateUpdate;
    stage.emit(0, Event::ConflictDecided { edit, entity: VISIT, key: &key, kind, decision, sides });
    (stage, edit)
}

#[test]
fn columns_that_gave_way_are_counted_on_either_side() {
    use EditKind::{Delete, Update};
    for (theirs, kind, decision, expected) in [
        (&["theirs"][..], Update, Decision::Remote, 2),
        (&["theirs"], Update, Decision::Local, 1),
        (&["theirs"], Delete, Decision::Local, 1),
        (&["mine"], Update, Decision::Local, 0),
        (&["theirs"], Update, Decision::Merged { columns: &[DOCTOR] }, 1),
        (&["theirs"], Update, Decision::Merged { columns: &[STATUS, DOCTOR] }, 1),
        (&["theirs"], Update, Decision::Same, 0),
        (&[], Update, Decision::Local, 0),
    ] {
        let (stage, _) = decided(theirs, kind, decision);
        let figure = stage.verdict().figures[METRIC];
        assert_eq!(figure, expected, "{kind:?} against {theirs:?}: {decision:?}");
    }
}

#[test]
fn what_was_changed_and_changed_back_is_not_overwritten() {
    let before = Stage::new().scope(0)[&(VISIT, "a1".to_owned())].1[STATUS].clone();
    let Value::Text(before) = before else { panic!("a text") };
    let (stage, _) = decided(&["theirs", &before], EditKind::Update, Decision::Local);
    assert_eq!(stage.verdict().figures[METRIC], 0);
}

#[test]
fn a_commit_over_what_its_device_had_not_read_overwrites_it() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "mine");
    stage.office("a1", Some("theirs"));
    stage.commit(Author::Device(edit), VISIT, "a1", Some(super::stage::visit("a", "mine")));
    assert_eq!(stage.verdict().figures[METRIC], 1);
}

#[test]
fn a_merge_that_gives_up_a_column_owes_a_line() {
    for told in [true, false] {
        let (mut stage, edit) =
            decided(&["theirs"], EditKind::Update, Decision::Merged { columns: &[DOCTOR] });
        let kept = LocalEdit {
            id: edit,
            entity: VISIT,
            key: Key::new("a1"),
            kind: EditKind::Update,
            values: vec![(DOCTOR, Value::text("dr-b"))],
        };
        let phone = stage.phone(0);
        phone.outbox[0].edit = kept;
        phone.outbox[0].base = None;
        if told {
            let (entity, key, kind) = (VISIT, Key::new("a1"), LogKind::Merged);
            phone.log.push(LogEntry { edit: Some(edit), entity, key, kind, met: None });
        }
        let mut values = super::stage::visit("a", "theirs");
        values[DOCTOR] = Value::text("dr-b");
        let stamp = stage.commit(Author::Device(edit), VISIT, "a1", Some(values));
        let entry = stage.phone(0).outbox[0].clone();
        stage.pull(0);
        stage.acknowledge(0, &entry, stamp);
        stage.drain();
        let found = stage.verdict().figures["oracle.silent_discard.count"];
        assert_eq!(found, u64::from(!told), "{told}");
    }
}
