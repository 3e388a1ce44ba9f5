//! Whose commits are, and whether they come in their turn.

use super::assert_silent;
use super::stage::{CLINIC, DOCTOR, NOTE, SLOT, STATUS, Stage, VISIT, slot, visit};
use crate::base::{DeviceId, EditId, Key, Span, Stamp, Value};
use crate::contract::{
    Author, ConflictKind, Decision, EditError, EditKind, Event, KillReason, LocalEdit, LogEntry, LogKind,
    Node, PhoneEvent, Refusal, Sides,
};

/// What the check says of the stage as it is.
fn found(stage: Stage, check: &str) -> Vec<String> {
    let violations = stage.verdict().violations.into_iter();
    violations.filter(|violation| violation.check == check).map(|violation| violation.text).collect()
}

#[track_caller]
fn assert_unasked(stage: Stage, words: &str) {
    let texts = found(stage, "unasked-commit");
    assert!(texts.len() == 1 && texts[0].contains(words), "{texts:?}");
}

#[track_caller]
fn assert_asked(stage: Stage) {
    assert_eq!(found(stage, "unasked-commit"), Vec::<String>::new());
}

fn delete(stage: &mut Stage, key: &str) -> EditId {
    stage.edit(0, VISIT, key, EditKind::Delete, Vec::new())
}

fn create(stage: &mut Stage, key: &str, status: &str) -> EditId {
    let values = visit("a", status).into_iter().take(3).enumerate().collect();
    stage.edit(0, VISIT, key, EditKind::Create, values)
}

fn status(status: &str) -> Option<Vec<Value>> {
    Some(visit("a", status))
}

#[test]
fn a_delete_that_leaves_its_row_there_is_unasked() {
    let mut stage = Stage::new();
    let edit = delete(&mut stage, "a1");
    stage.commit(Author::Device(edit), VISIT, "a1", status("new"));
    assert_unasked(stage, "asks: a delete leaves its row gone");
}

#[test]
fn an_update_that_takes_its_row_away_is_unasked() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    stage.commit(Author::Device(edit), VISIT, "a1", None);
    assert_unasked(stage, "asks: nobody there deletes the row");
}

#[test]
fn a_commit_to_another_row_is_unasked() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    stage.commit(Author::Device(edit), VISIT, "a2", status("done"));
    assert_unasked(stage, "the update of visit a2 at");
    let mut stage = Stage::new();
    let edit = create(&mut stage, "a-new", "done");
    stage.commit(Author::Device(edit), VISIT, "a-other", status("done"));
    assert_unasked(stage, "it is another row");
}

#[test]
fn a_delete_by_an_edit_that_is_done_is_unasked() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    stage.push(0, true);
    stage.commit(Author::Device(edit), VISIT, "a2", None);
    assert_unasked(stage, "the delete of visit a2 at");
}

#[test]
fn a_commit_by_an_edit_that_nobody_made_is_unasked() {
    let mut stage = Stage::new();
    let edit = EditId { device: DeviceId(0), number: 7 };
    stage.commit(Author::Device(edit), VISIT, "a1", None);
    assert_unasked(stage, "is by edit d0.e7 of d0, and nobody made such an edit");
}

#[test]
fn an_edit_that_is_told_late_or_was_not_seen_saved_is_asked() {
    for error in [None, Some(EditError::StorageFull)] {
        let mut stage = Stage::new();
        let id = EditId { device: DeviceId(0), number: 7 };
        let (key, values) = (Key::new("a1"), vec![(STATUS, Value::text("done"))]);
        let edit = LocalEdit { id, entity: VISIT, key, kind: EditKind::Update, values };
        stage.commit(Author::Device(id), VISIT, "a1", status("done"));
        match &error {
            None => stage.emit(0, Event::EditMissed { edit: &edit, waited: Span(0) }),
            Some(error) => stage.emit(0, Event::EditRefused { edit: &edit, error }),
        }
        assert_asked(stage);
    }
}

#[test]
fn an_edit_not_seen_saved_is_of_who_was_logged_in() {
    let mut stage = Stage::new();
    let id = EditId { device: DeviceId(0), number: 7 };
    let (key, values) = (Key::new("a1"), vec![(STATUS, Value::text("done"))]);
    let edit = LocalEdit { id, entity: VISIT, key: key.clone(), kind: EditKind::Update, values };
    stage.emit(0, Event::Phone(PhoneEvent::LoggedIn { person: 1 }));
    stage.emit(0, Event::EditMissed { edit: &edit, waited: Span(0) });
    stage.emit(0, Event::EditSent { edit: id, entity: VISIT, key: &key, request: 1 });
    stage.commit(Author::Device(id), VISIT, "a1", status("done"));
    assert_eq!(found(stage, "misfiled"), Vec::<String>::new());
}

#[test]
fn values_of_another_edit_are_unasked() {
    let mut stage = Stage::new();
    stage.update(0, "a2", "other");
    let edit = stage.update(0, "a1", "done");
    stage.commit(Author::Device(edit), VISIT, "a1", status("other"));
    assert_unasked(stage, "it says status=\"other\", which no edit of d0 that waits does");
}

#[test]
fn an_edit_that_changes_nothing_is_unasked() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    stage.commit(Author::Device(edit), VISIT, "a1", status("new"));
    assert_unasked(stage, "it says status=\"new\"");
}

#[test]
fn a_column_that_nobody_set_is_unasked() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    let mut values = visit("a", "done");
    values[DOCTOR] = Value::text("dr-z");
    stage.commit(Author::Device(edit), VISIT, "a1", Some(values));
    assert_unasked(stage, "it says doctor=\"dr-z\"");
}

#[test]
fn edits_of_a_row_that_are_sent_as_one_are_asked() {
    for last in [true, false] {
        let mut stage = Stage::new();
        let first = stage.update(0, "a1", "done");
        let doctor = vec![(DOCTOR, Value::text("dr-z"))];
        let second = stage.edit(0, VISIT, "a1", EditKind::Update, doctor);
        let mut values = visit("a", "done");
        values[DOCTOR] = Value::text("dr-z");
        stage.commit(Author::Device(if last { second } else { first }), VISIT, "a1", Some(values));
        assert_asked(stage);
    }
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    delete(&mut stage, "a1");
    stage.commit(Author::Device(edit), VISIT, "a1", None);
    assert_asked(stage);
}

#[test]
fn a_column_that_somebody_else_set_meanwhile_may_stay() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    stage.office("a1", Some("theirs"));
    stage.commit(Author::Device(edit), VISIT, "a1", status("theirs"));
    assert_asked(stage);
}

#[test]
fn a_create_may_go_to_the_row_that_has_its_natural_key() {
    for (name, onto, has) in
        [("monday", "s1", "monday"), ("tuesday", "s1", "monday"), ("tuesday", "s-other", "tuesday")]
    {
        let mut stage = Stage::new();
        let values = vec![(0, Value::text(name)), (1, Value::text("phone"))];
        let edit = stage.edit(0, SLOT, "s-new", EditKind::Create, values);
        stage.commit(Author::Device(edit), SLOT, onto, Some(slot(has, "phone")));
        if name == has && onto == "s1" {
            assert_asked(stage);
        } else {
            assert_unasked(stage, "it is another row");
        }
    }
}

#[test]
fn a_copy_of_an_edit_in_a_row_of_its_own_is_asked() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    let (key, kind) = (Key::new("a1"), ConflictKind::UpdateUpdate);
    let sides = Sides { local: Stamp(1), remote: Stamp(2), edited: None };
    let (both, entity) = (Key::new("a-both"), VISIT);
    let decision = Decision::Both { key: &both };
    stage.emit(0, Event::ConflictDecided { edit, entity, key: &key, kind, decision, sides });
    stage.commit(Author::Device(edit), VISIT, "a-both", status("done"));
    assert_asked(stage);
}

#[test]
fn what_says_the_same_again_goes_with_a_row_of_its_own() {
    let mut stage = Stage::new();
    let first = stage.update(0, "a1", "done");
    let second = stage.update(0, "a1", "open");
    let third = stage.update(0, "a1", "done");
    stage.commit(Author::Device(first), VISIT, "a1", status("done"));
    let (key, kind) = (Key::new("a1"), ConflictKind::UpdateUpdate);
    let sides = Sides { local: Stamp(1), remote: Stamp(2), edited: None };
    let (both, entity) = (Key::new("a-both"), VISIT);
    let decision = Decision::Both { key: &both };
    stage.emit(0, Event::ConflictDecided { edit: second, entity, key: &key, kind, decision, sides });
    stage.commit(Author::Device(second), VISIT, "a-both", status("open"));
    stage.commit(Author::Device(third), VISIT, "a-both", status("done"));
    assert_asked(stage);
}

/// A device sends an edit under another key after the backend has refused it; `died` says whether
/// its process ended in between, and `again` whether it goes out under a third key then.
fn sent_under_another_key(died: bool, again: bool) -> Stage {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    let (a1, kind, conflict) = (Key::new("a1"), EditKind::Update, Some(Refusal::Stale));
    let refused = Event::MutationRefused { edit, entity: VISIT, key: &a1, kind, conflict, holder: None };
    stage.tell(Node::Backend, refused);
    if died {
        stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    }
    for key in ["a-both", "a-more"].into_iter().take(1 + usize::from(again)) {
        let key = &Key::new(key);
        stage.emit(0, Event::EditSent { edit, entity: VISIT, key, request: 1 });
        stage.commit(Author::Device(edit), VISIT, key.as_str(), status("done"));
    }
    stage
}

#[test]
fn what_was_split_off_before_a_kill_is_asked() {
    assert_asked(sent_under_another_key(true, false));
}

#[test]
fn who_lives_on_has_to_tell_what_is_split_off() {
    assert_unasked(sent_under_another_key(false, false), "it is another row");
}

#[test]
fn a_kill_splits_nothing_off_twice() {
    assert_unasked(sent_under_another_key(true, true), "it is another row");
}

#[test]
fn edits_of_a_row_in_reverse_are_reordered() {
    let mut stage = Stage::new();
    let edits = ["one", "two", "three", "four", "five"].map(|n| (stage.update(0, "a1", n), n));
    for (edit, says) in edits.into_iter().rev() {
        stage.commit(Author::Device(edit), VISIT, "a1", status(says));
    }
    let texts = found(stage, "reordered");
    assert_eq!(texts.len(), 4, "{texts:?}");
    let words =
        "after edit d0.e4 of 00:00:05.000 (update visit a1: status=\"five\"), which was made later: now";
    assert!(texts[0].contains(words), "{}", texts[0]);
}

#[test]
fn edits_of_other_columns_have_no_order() {
    let mut stage = Stage::new();
    let first = stage.update(0, "a1", "done");
    let doctor = vec![(DOCTOR, Value::text("dr-z"))];
    let second = stage.edit(0, VISIT, "a1", EditKind::Update, doctor);
    let mut values = visit("a", "new");
    values[DOCTOR] = Value::text("dr-z");
    stage.commit(Author::Device(second), VISIT, "a1", Some(values.clone()));
    values[STATUS] = Value::text("done");
    stage.commit(Author::Device(first), VISIT, "a1", Some(values));
    assert_eq!(found(stage, "reordered"), Vec::<String>::new());
}

#[test]
fn what_a_commit_happens_to_say_did_not_come_with_it() {
    let mut stage = Stage::new();
    for says in ["open", "done", "open"] {
        stage.update(0, "a1", says);
    }
    stage.drain();
    assert_silent(&stage.verdict());
}

#[test]
fn a_delete_after_a_later_update_is_reordered() {
    let mut stage = Stage::new();
    let gone = delete(&mut stage, "a1");
    let kept = stage.update(0, "a1", "done");
    stage.commit(Author::Device(kept), VISIT, "a1", status("done"));
    stage.commit(Author::Device(gone), VISIT, "a1", None);
    let texts = found(stage, "reordered");
    assert!(texts.len() == 1 && texts[0].ends_with("which was made later: the row is gone now"), "{texts:?}");
}

#[test]
fn an_edit_that_comes_last_by_a_rule_is_in_order_where_the_log_says_so() {
    for told in [true, false] {
        let mut stage = Stage::new();
        let (first, second) = (stage.update(0, "a1", "one"), stage.update(0, "a1", "two"));
        let (entity, key, conflict) = (VISIT, Key::new("a1"), Some(Refusal::Stale));
        let kind = EditKind::Update;
        stage.tell(
            Node::Backend,
            Event::MutationRefused { edit: first, entity, key: &key, kind, conflict, holder: None },
        );
        stage.commit(Author::Device(second), VISIT, "a1", status("two"));
        stage.commit(Author::Device(first), VISIT, "a1", status("one"));
        if told {
            let line = LogEntry { edit: Some(first), entity, key, kind: LogKind::Overwrote, met: None };
            stage.phone(0).log.push(line);
        }
        assert_eq!(found(stage, "reordered").len(), usize::from(!told));
    }
}

/// A phone makes a visit and a note that refers to it.
fn parent_and_child(stage: &mut Stage) -> (EditId, EditId) {
    let parent = create(stage, "a-new", "new");
    let child = stage.edit(0, NOTE, "n-new", EditKind::Create, vec![(0, Value::text("a-new"))]);
    (parent, child)
}

#[test]
fn a_row_before_the_one_that_it_refers_to_is_reordered() {
    for refused in [true, false] {
        let mut stage = Stage::new();
        let (_, child) = parent_and_child(&mut stage);
        let (entity, key, kind) = (NOTE, Key::new("n-new"), EditKind::Create);
        let edit = child;
        if refused {
            let conflict = None;
            stage.tell(
                Node::Backend,
                Event::MutationRefused { edit, entity, key: &key, kind, conflict, holder: None },
            );
        } else {
            stage.commit(Author::Device(child), NOTE, "n-new", Some(vec![Value::text("a-new")]));
        }
        let texts = found(stage, "reordered");
        let how = if refused { "was refused for good" } else { "was committed" };
        assert!(texts.len() == 1 && texts[0].contains(how), "{texts:?}");
        assert!(texts[0].contains("(create visit a-new"), "{texts:?}");
    }
    let mut stage = Stage::new();
    let (parent, _) = parent_and_child(&mut stage);
    stage.commit(Author::Device(parent), VISIT, "a-new", status("new"));
    stage.push(0, true);
    assert_eq!(found(stage, "reordered"), Vec::<String>::new());
}

#[test]
fn a_row_that_goes_before_those_that_refer_to_it_is_reordered() {
    for in_order in [true, false] {
        let mut stage = Stage::new();
        stage.commit(Author::Office, NOTE, "n1", Some(vec![Value::text("a1")]));
        let child = stage.edit(0, NOTE, "n1", EditKind::Delete, Vec::new());
        let parent = delete(&mut stage, "a1");
        let (note, visit) = ((child, NOTE, "n1"), (parent, VISIT, "a1"));
        for (edit, entity, key) in if in_order { [note, visit] } else { [visit, note] } {
            stage.commit(Author::Device(edit), entity, key, None);
        }
        let texts = found(stage, "reordered");
        assert_eq!(texts.len(), usize::from(!in_order), "{texts:?}");
    }
}

#[test]
fn a_row_that_its_person_moves_and_deletes_is_asked() {
    let mut stage = Stage::new();
    stage.edit(0, VISIT, "a1", EditKind::Update, vec![(CLINIC, Value::text("b"))]);
    stage.push(0, true);
    delete(&mut stage, "a2");
    stage.drain();
    assert_silent(&stage.verdict());
}
