//! What nobody can know of a storage that was put in, from outside it.

use super::stage::{STATUS, Stage, UNIT, VISIT, visit};
use crate::base::{DeviceId, EditId, Key, Span, Stamp, Time};
use crate::contract::{
    Author, ConflictKind, Decision, EditKind, Event, KillReason, Node, RequestKind, Sides,
};
use crate::oracle::Definition;

/// A phone where a conflict is what both sides changed.
fn by_columns() -> Stage {
    Stage::with(true, Definition::Columns)
}

/// Phone 0 sends the edit of a1 again, is answered from the backend's memory, and decides.
fn hears_again(stage: &mut Stage, edit: EditId, (kind, decision): (ConflictKind, Decision<'_>)) {
    let (key, entity, request) = (&Key::new("a1"), VISIT, 99);
    stage.emit(0, Event::EditSent { edit, entity, key, request });
    stage.tell(Node::Backend, Event::MutationReplayed { edit });
    let (pushes, unit, took) = (RequestKind::Push, Some(UNIT), Span::secs(1));
    stage.emit(0, Event::ResponseReceived { request, kind: pushes, unit, bytes: 1, rows: 1, took });
    let sides = Sides { local: stage.stamp(), remote: stage.stamp(), edited: None };
    stage.emit(0, Event::ConflictDecided { edit, entity, key, kind, decision, sides });
}

/// That it stands beside what it met, and that it met a conflict.
const SAYS: [(ConflictKind, Decision<'_>); 2] = [
    (ConflictKind::Equal, Decision::Merged { columns: &[STATUS] }),
    (ConflictKind::UpdateUpdate, Decision::Remote),
];

fn conflicts(stage: Stage) -> u64 {
    stage.verdict().figures["oracle.conflicts.count"]
}

fn goes_back(stage: &mut Stage, to: Time) {
    stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(0, Event::Restored { to, life: 0 });
}

#[test]
fn an_engine_is_taken_at_its_word_over_what_a_backup_had() {
    for (told, says, counts) in [(false, 0, 0), (false, 1, 1), (true, 0, 1), (true, 1, 1)] {
        let mut stage = by_columns();
        let stamp = stage.office("a1", Some("theirs"));
        stage.later(5);
        let backup = stage.now();
        stage.pull(0);
        stage.later(5);
        goes_back(&mut stage, backup);
        if told {
            stage.applied(0, "a1", stamp, false);
        }
        let edit = stage.update(0, "a1", "mine");
        stage.office("a1", Some("again"));
        stage.push(0, false);
        hears_again(&mut stage, edit, SAYS[says]);
        assert_eq!(conflicts(stage), counts, "{told} {says}");
    }
}

#[test]
fn an_answer_from_memory_after_a_commit_may_be_the_refusal() {
    for (says, counts) in [(0, 0), (1, 1)] {
        let mut stage = by_columns();
        let edit = stage.update(0, "a1", "mine");
        stage.office("a1", Some("theirs"));
        stage.push(0, false);
        // A copy of the phone has it committed.
        stage.commit(Author::Device(edit), VISIT, "a1", Some(visit("a", "mine")));
        hears_again(&mut stage, edit, SAYS[says]);
        assert_eq!(conflicts(stage), counts, "{says}");
    }
}

/// Phone 0 has two edits of a row, of which the later is committed first: it hears of that and
/// `forgets` it, or a copy of it has sent that one.
fn later_first(by_copy: bool, forgets: bool) -> u64 {
    let mut stage = Stage::new();
    let (first, second) = (stage.update(0, "a1", "one"), stage.update(0, "a1", "two"));
    stage.later(5);
    let backup = stage.now();
    stage.later(5);
    if by_copy {
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        let key = &Key::new("a1");
        stage.emit(1, Event::EditSent { edit: second, entity: VISIT, key, request: 99 });
    }
    let stamp = stage.commit(Author::Device(second), VISIT, "a1", Some(visit("a", "two")));
    if !by_copy {
        let entry = stage.phone(0).outbox[1].clone();
        stage.acknowledge(0, &entry, stamp);
        stage.later(5);
    }
    if forgets {
        goes_back(&mut stage, backup);
    }
    stage.commit(Author::Device(first), VISIT, "a1", Some(visit("a", "one")));
    stage.verdict().figures["oracle.reordered.edits"]
}

#[test]
fn who_need_not_know_of_a_commit_has_the_earlier_edit_to_send() {
    assert_eq!([(false, false), (false, true), (true, false)].map(|(by, f)| later_first(by, f)), [1, 0, 0]);
}

/// Phone 1 is a copy of phone 0, and has the edit committed that says this.
fn commits_as_copy(stage: &mut Stage, edit: EditId, says: &str) -> Stamp {
    let key = &Key::new("a1");
    stage.emit(1, Event::EditSent { edit, entity: VISIT, key, request: 99 });
    stage.commit(Author::Device(edit), VISIT, "a1", Some(visit("a", says)))
}

#[test]
fn an_older_commit_by_a_copy_may_lie_over_what_was_told() {
    for (by_copy, says, counts) in [(true, 0, 0), (true, 1, 1), (false, 0, 1), (false, 1, 1)] {
        let mut stage = by_columns();
        let edit = stage.update(0, "a1", "mine");
        let stamp = if by_copy {
            stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
            commits_as_copy(&mut stage, edit, "mine")
        } else {
            stage.commit(Author::Device(edit), VISIT, "a1", Some(visit("a", "mine")))
        };
        let later = stage.office("a1", Some("theirs"));
        stage.applied(0, "a1", later, false);
        let entry = stage.phone(0).outbox[0].clone();
        stage.acknowledge(0, &entry, stamp);
        let on_top = stage.update(0, "a1", "again");
        stage.office("a1", Some("mine"));
        stage.push(0, false);
        hears_again(&mut stage, on_top, SAYS[says]);
        assert_eq!(conflicts(stage), counts, "{by_copy} {says}");
    }
}

#[test]
fn a_phone_need_not_hold_what_it_gave_up_and_a_copy_did_not() {
    for says in [0, 1] {
        let mut stage = by_columns();
        let edit = stage.update(0, "a1", "mine");
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        stage.office("a1", Some("theirs"));
        stage.push(0, true);
        commits_as_copy(&mut stage, edit, "mine");
        let after = stage.update(0, "a1", "again");
        stage.push(0, false);
        hears_again(&mut stage, after, SAYS[says]);
        let figures = stage.verdict().figures;
        let counted = ["oracle.conflicts.count", "oracle.conflicts.false"].map(|name| figures[name]);
        assert_eq!(counted, [1 + says as u64, 0]);
    }
}

#[test]
fn a_delete_conflicts_with_what_its_own_phone_lost() {
    for (lost, falsely) in [(true, 0), (false, 1)] {
        let mut stage = by_columns();
        let (backup, rows) = (stage.now(), stage.phone(0).rows.clone());
        stage.later(5);
        stage.update(0, "a1", "mine");
        stage.push(0, true);
        stage.later(5);
        if lost {
            goes_back(&mut stage, backup);
        }
        stage.phone(0).rows = rows;
        stage.edit(0, VISIT, "a1", EditKind::Delete, Vec::new());
        stage.push(0, true);
        assert_eq!(stage.verdict().figures["oracle.conflicts.false"], falsely, "{lost}");
    }
}
