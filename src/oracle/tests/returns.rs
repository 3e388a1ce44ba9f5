//! Edits of devices and backends that go back to a backup.

use super::stage::{CLINIC, DOCTOR, STATUS, Stage, VISIT, visit};
use super::{assert_only, assert_silent};
use crate::base::{DeviceId, EditId, Key, Span, Stamp, Time, Value};
use crate::contract::{
    Author, ConflictKind, Decision, EditKind, Event, KillReason, LocalEdit, LogEntry, LogKind, Node, Sides,
};
use crate::oracle::{Definition, Verdict};

/// Device 0 goes back to what it was at the start of the stage's present second.
fn goes_back(stage: &mut Stage, to: Time) {
    stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(0, Event::Restored { to, life: 0 });
}

/// The backend commits the edit of a row as it is, and its device hears of it.
fn commit_and_tell(stage: &mut Stage, device: u32, edit: EditId, status: &str) {
    let stamp = stage.commit(Author::Device(edit), VISIT, "a1", Some(visit("a", status)));
    let entry = stage.phone(device).outbox[0].clone();
    stage.acknowledge(device, &entry, stamp);
}

/// Device 0's edit has won a conflict, with the instant before that was decided; the edit waits
/// still.
fn won_over_the_office() -> (Stage, Time) {
    let mut stage = Stage::new();
    stage.ahead = true;
    stage.update(0, "a1", "mine");
    stage.office("a1", Some("theirs"));
    let before = stage.now();
    stage.later(5);
    stage.push(0, true);
    stage.later(5);
    (stage, before)
}

#[test]
fn an_edit_that_went_with_its_device_s_state_is_counted_and_not_lost() {
    let mut stage = Stage::new();
    let backup = stage.now();
    stage.later(5);
    stage.update(0, "a1", "done");
    stage.phone(0).outbox.clear();
    goes_back(&mut stage, backup);
    stage.phone(0).rows = stage.scope(0);
    let verdict = stage.verdict();
    assert_silent(&verdict);
    assert_eq!(verdict.figures["oracle.taken_back.edits"], 1);
}

#[test]
fn what_a_device_decided_after_its_backup_is_in_no_log_of_its_and_no_silent_discard() {
    for (decided_after, silent) in [(true, 0), (false, 1)] {
        let (mut stage, before) = won_over_the_office();
        let to = if decided_after { before } else { stage.now() };
        stage.phone(0).log.clear();
        goes_back(&mut stage, to);
        // A gateway has it, and brings it to the backend.
        stage.push(0, true);
        stage.drain();
        let verdict = stage.verdict();
        assert_eq!(verdict.figures["oracle.silent_discard.count"], silent, "{decided_after}");
    }
}

#[test]
fn an_edit_that_won_in_a_life_that_is_over_brings_its_row_back_openly() {
    for won in [true, false] {
        let mut stage = Stage::new();
        let before = stage.now();
        stage.later(5);
        let edit = stage.update(0, "a1", "mine");
        let remote = stage.office("a1", None);
        let (key, sides) = (Key::new("a1"), Sides { local: remote, remote, edited: None });
        let (kind, decision) = (ConflictKind::UpdateDelete, Decision::Local);
        if won {
            stage.emit(0, Event::ConflictDecided { edit, entity: VISIT, key: &key, kind, decision, sides });
        }
        goes_back(&mut stage, before);
        stage.phone(0).outbox.clear();
        // A gateway has it, and brings it to the backend.
        stage.commit(Author::Device(edit), VISIT, "a1", Some(visit("a", "mine")));
        stage.drain();
        assert_eq!(stage.verdict().figures["oracle.resurrected.rows"], u64::from(!won), "{won}");
    }
}

#[test]
fn an_edit_from_before_the_backup_is_lost_as_ever() {
    let mut stage = Stage::new();
    stage.update(0, "a1", "done");
    stage.later(5);
    let backup = stage.now();
    stage.later(5);
    goes_back(&mut stage, backup);
    stage.phone(0).outbox.clear();
    let verdict = stage.verdict();
    assert_only(&verdict, "lost-edit", 1);
    assert_eq!(verdict.figures["oracle.taken_back.edits"], 0);
}

#[test]
fn an_edit_that_went_with_the_backend_is_counted_and_may_be_committed_again() {
    // A backup is of the instant as it began.
    for (told, later) in [(true, 1), (true, 0), (false, 1)] {
        let mut stage = Stage::new();
        let values = || vec![(CLINIC, Value::text("a")), (STATUS, Value::text("new")), (DOCTOR, Value::Null)];
        let backup = stage.now();
        stage.later(later);
        let key = stage.fresh_key("a");
        let edit = stage.edit(0, VISIT, &key, EditKind::Create, values());
        stage.push(0, false);
        let row = stage.backend.rows[&(VISIT, key.clone())].1.clone();
        if told {
            stage.tell(Node::Backend, Event::Restored { to: backup, life: 0 });
        }
        stage.commit(Author::Backup, VISIT, &key, None);
        stage.commit(Author::Device(edit), VISIT, &key, Some(row));
        stage.drain();
        let verdict = stage.verdict();
        assert_eq!(verdict.figures["oracle.taken_back.edits"], u64::from(told));
        assert_eq!(verdict.violations.is_empty(), told, "{:?}", verdict.violations);
    }
}

#[test]
fn a_create_that_its_person_did_not_see_saved_may_be_committed_again_after_its_commit_went_with_the_backend()
{
    for missed in [true, false] {
        let mut stage = Stage::new();
        let backup = stage.now();
        stage.later(1);
        let id = EditId { device: DeviceId(0), number: 0 };
        let key = Key::new("a9");
        let values = vec![(CLINIC, Value::text("a")), (STATUS, Value::text("new"))];
        let kind = if missed { EditKind::Create } else { EditKind::Update };
        let edit = LocalEdit { id, entity: VISIT, key, kind, values };
        stage.emit(0, Event::EditMissed { edit: &edit, waited: Span::ZERO });
        stage.commit(Author::Device(id), VISIT, "a9", Some(visit("a", "new")));
        stage.later(1);
        stage.tell(Node::Backend, Event::Restored { to: backup, life: 0 });
        stage.commit(Author::Backup, VISIT, "a9", None);
        stage.commit(Author::Device(id), VISIT, "a9", Some(visit("a", "new")));
        stage.drain();
        match missed {
            true => assert_silent(&stage.verdict()),
            false => assert_only(&stage.verdict(), "resurrected", 1),
        }
    }
}

/// Device 0 makes an edit on the version of the start, the office writes the row, and the backend
/// goes back to each of `backups`, seconds after the start; the commit of the edit is over what the
/// last of them brought back.
fn committed_over_a_backup(backups: &[(u64, &str)]) -> Verdict {
    let mut stage = Stage::new();
    let start = stage.now();
    let edit = stage.update(0, "a1", "mine");
    stage.office("a1", Some("theirs"));
    for (to, status) in backups {
        stage.later(4);
        stage.tell(Node::Backend, Event::Restored { to: start + Span::secs(*to), life: 0 });
        stage.commit(Author::Backup, VISIT, "a1", Some(visit("a", status)));
    }
    commit_and_tell(&mut stage, 0, edit, "mine");
    stage.drain();
    stage.verdict()
}

#[test]
fn a_version_that_went_with_the_backend_was_not_replaced_unseen() {
    assert_silent(&committed_over_a_backup(&[(0, "new")]));
    assert_only(&committed_over_a_backup(&[(3, "theirs")]), "silent-discard", 1);
    assert_only(&committed_over_a_backup(&[(0, "new"), (3, "theirs")]), "silent-discard", 1);
    assert_silent(&committed_over_a_backup(&[(3, "theirs"), (0, "new")]));
}

#[test]
fn a_copy_of_a_device_has_seen_what_that_had_and_nothing_more() {
    for blind in [false, true] {
        let mut stage = Stage::new();
        stage.office("a1", Some("theirs"));
        stage.pull(0);
        if blind {
            stage.office("a1", Some("theirs again"));
        }
        stage.emit(1, Event::ProcessKilled { reason: KillReason::Killed });
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        stage.emit(1, Event::ProcessStarted { incarnation: 1 });
        stage.phones[1].rows = stage.phones[0].rows.clone();
        let edit = stage.update(1, "a1", "mine");
        commit_and_tell(&mut stage, 1, edit, "mine");
        stage.drain();
        let verdict = stage.verdict();
        if blind {
            assert_only(&verdict, "silent-discard", 1);
        } else {
            assert_silent(&verdict);
        }
    }
}

#[test]
fn an_edit_on_top_of_one_that_came_with_a_copy_replaces_nothing_unseen() {
    for blind in [false, true] {
        let mut stage = Stage::new();
        let copied = (!blind).then(|| stage.update(0, "a1", "theirs"));
        stage.later(1);
        stage.emit(1, Event::ProcessKilled { reason: KillReason::Killed });
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        stage.emit(1, Event::ProcessStarted { incarnation: 1 });
        stage.later(1);
        let theirs = copied.unwrap_or_else(|| stage.update(0, "a1", "theirs"));
        let mine = stage.update(1, "a1", "mine");
        for (device, edit, status) in [(0, theirs, "theirs"), (1, mine, "mine")] {
            commit_and_tell(&mut stage, device, edit, status);
        }
        stage.drain();
        let verdict = stage.verdict();
        if blind {
            assert_only(&verdict, "silent-discard", 1);
        } else {
            assert_silent(&verdict);
        }
    }
}

/// A phone saves an edit as its storage is copied; the copy's person edits on top of it, and the
/// copy brings both. Its person then sees it saved, or not.
fn copied_while_saving(is_told: bool, is_seen: bool) -> Verdict {
    let mut stage = Stage::new();
    let id = EditId { device: DeviceId(0), number: 0 };
    let values = vec![(STATUS, Value::text("theirs"))];
    let saving = LocalEdit { id, entity: VISIT, key: Key::new("a1"), kind: EditKind::Update, values };
    let unseen = if is_told { std::slice::from_ref(&saving) } else { &[] };
    stage.emit(1, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen });
    stage.emit(1, Event::ProcessStarted { incarnation: 1 });
    let mine = stage.update(1, "a1", "mine");
    stage.commit(Author::Device(id), VISIT, "a1", Some(visit("a", "theirs")));
    commit_and_tell(&mut stage, 1, mine, "mine");
    stage.later(1);
    stage.emit(
        0,
        match is_seen {
            true => Event::EditMade { edit: &saving, made_at: Stamp(0) },
            false => Event::EditMissed { edit: &saving, waited: Span::ZERO },
        },
    );
    stage.drain();
    stage.verdict()
}

#[test]
fn an_edit_that_was_being_saved_is_in_a_copy_whether_its_person_sees_that_or_not() {
    assert_silent(&copied_while_saving(true, true));
    assert_silent(&copied_while_saving(true, false));
    // Without the word nobody knows that the copy has it.
    let unknown = copied_while_saving(false, true);
    assert!(
        unknown.violations.iter().any(|found| found.check == "silent-discard"),
        "{:?}",
        unknown.violations
    );
}

#[test]
fn an_edit_that_its_person_did_not_see_saved_may_come_with_a_later_copy() {
    for before in [true, false] {
        let mut stage = Stage::new();
        let id = EditId { device: DeviceId(0), number: 0 };
        let values = vec![(STATUS, Value::text("theirs"))];
        let missed = LocalEdit { id, entity: VISIT, key: Key::new("a1"), kind: EditKind::Update, values };
        let miss = |stage: &mut Stage, now: bool| {
            if now {
                stage.emit(0, Event::EditMissed { edit: &missed, waited: Span::ZERO });
                stage.later(1);
            }
        };
        miss(&mut stage, before);
        stage.emit(1, Event::ProcessKilled { reason: KillReason::Killed });
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        stage.emit(1, Event::ProcessStarted { incarnation: 1 });
        stage.later(1);
        miss(&mut stage, !before);
        let mine = stage.update(1, "a1", "mine");
        stage.commit(Author::Device(id), VISIT, "a1", Some(visit("a", "theirs")));
        commit_and_tell(&mut stage, 1, mine, "mine");
        stage.drain();
        match before {
            true => assert_silent(&stage.verdict()),
            false => assert_only(&stage.verdict(), "silent-discard", 1),
        }
    }
}

/// Phone 0 has the office's version of a row or not, goes back to before that and, seconds later,
/// to a newer backup of its first life; its person then edits the row, perhaps after the office did
/// so once more.
fn edited_after_two_returns(newer: bool, again: bool) -> Verdict {
    let mut stage = Stage::new();
    let oldest = stage.now();
    stage.later(5);
    stage.office("a1", Some("theirs"));
    stage.pull(0);
    stage.later(5);
    let newest = stage.now();
    stage.later(5);
    goes_back(&mut stage, oldest);
    if newer {
        goes_back(&mut stage, newest);
    }
    if again {
        stage.office("a1", Some("theirs again"));
    }
    commits_own(&mut stage, 0);
    stage.verdict()
}

#[test]
fn what_a_device_held_untold_it_holds_again_after_it_was_a_copy_of_one_that_died_before() {
    for died in [true, false] {
        let mut stage = Stage::new();
        stage.emit(0, Event::CutShort);
        stage.later(5);
        stage.office("a1", Some("theirs"));
        stage.later(1);
        if died {
            stage.emit(1, Event::CutShort);
        }
        stage.emit(1, Event::ProcessKilled { reason: KillReason::Killed });
        stage.later(5);
        let to = stage.now();
        stage.later(5);
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        stage.later(5);
        stage.emit(1, Event::Restored { to, life: 0 });
        stage.emit(1, Event::ProcessStarted { incarnation: 1 });
        commits_own(&mut stage, 1);
        match died {
            true => assert_silent(&stage.verdict()),
            false => assert_only(&stage.verdict(), "silent-discard", 1),
        }
    }
}

/// Phone 0's person edits a row; it goes back to before that, by a backup or as a copy of a copy of
/// it, and then has the edit again, and drops it.
fn dropped_after_it_came_back(by_copy: bool) -> Verdict {
    let mut stage = Stage::new();
    let oldest = stage.now();
    stage.later(5);
    stage.update(0, "a1", "mine");
    stage.later(5);
    let newest = stage.now();
    stage.later(5);
    if by_copy {
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        stage.later(5);
        goes_back(&mut stage, oldest);
        stage.emit(0, Event::BecameCopy { of: DeviceId(1), then: None, unseen: &[] });
    } else {
        goes_back(&mut stage, oldest);
        goes_back(&mut stage, newest);
    }
    stage.phone(0).outbox.clear();
    stage.verdict()
}

#[test]
fn an_edit_that_came_back_is_lost_as_ever() {
    for by_copy in [false, true] {
        let verdict = dropped_after_it_came_back(by_copy);
        assert_only(&verdict, "lost-edit", 1);
        assert_eq!(verdict.figures["oracle.taken_back.edits"], 0);
    }
}

#[test]
fn what_was_overwritten_before_a_backup_is_in_its_log() {
    // Decided by a rule, or committed blindly, before the backup or after it.
    for blind in [false, true] {
        for (before, silent) in [(true, 1), (false, 0)] {
            let mut stage = Stage::new();
            stage.ahead = true;
            let early = stage.now();
            stage.later(5);
            stage.office("a1", Some("theirs"));
            if blind {
                commits_own(&mut stage, 0);
            } else {
                stage.update(0, "a1", "mine");
                stage.push(0, true);
                stage.drain();
            }
            stage.phone(0).log.clear();
            stage.later(5);
            let to = if before { stage.now() } else { early };
            stage.later(5);
            goes_back(&mut stage, to);
            let verdict = stage.verdict();
            assert_eq!(verdict.figures["oracle.silent_discard.count"], silent, "{blind} {before}");
        }
    }
}

#[test]
fn a_line_about_an_edit_that_was_copied_may_be_in_the_copy_s_log() {
    for is_copy in [true, false] {
        let mut stage = Stage::new();
        stage.office("a1", Some("theirs"));
        let edit = stage.update(0, "a1", "mine");
        stage.later(1);
        if is_copy {
            stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        }
        commit_and_tell(&mut stage, 0, edit, "mine");
        stage.drain();
        stage.phone(1).log.push(LogEntry {
            edit: Some(edit),
            entity: VISIT,
            key: Key::new("a1"),
            kind: LogKind::Overwrote,
            met: None,
        });
        match is_copy {
            true => assert_silent(&stage.verdict()),
            false => assert_only(&stage.verdict(), "silent-discard", 1),
        }
    }
}

/// `device` edits a row and commits that as it knows it, whatever is there.
fn commits_own(stage: &mut Stage, device: u32) {
    let edit = stage.update(device, "a1", "mine");
    commit_and_tell(stage, device, edit, "mine");
    stage.drain();
}

#[test]
fn a_device_that_is_put_back_to_a_newer_backup_has_seen_what_that_had_and_nothing_more() {
    assert_silent(&edited_after_two_returns(true, false));
    assert_only(&edited_after_two_returns(false, false), "silent-discard", 1);
    assert_only(&edited_after_two_returns(true, true), "silent-discard", 1);
}

#[test]
fn a_device_that_is_put_back_to_before_it_was_a_copy_has_seen_what_it_had_then() {
    for back in [true, false] {
        let mut stage = Stage::new();
        stage.office("a1", Some("theirs"));
        stage.pull(1);
        stage.later(5);
        let before = stage.now();
        stage.later(5);
        stage.emit(1, Event::ProcessKilled { reason: KillReason::Killed });
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        if back {
            stage.emit(1, Event::Restored { to: before, life: 0 });
        }
        stage.emit(1, Event::ProcessStarted { incarnation: 1 });
        commits_own(&mut stage, 1);
        let verdict = stage.verdict();
        match back {
            true => assert_silent(&verdict),
            false => assert_only(&verdict, "silent-discard", 1),
        }
    }
}

#[test]
fn a_copy_that_is_put_back_to_an_older_state_of_it_still_has_what_came_with_it() {
    for copied in [true, false] {
        let mut stage = Stage::new();
        let before = stage.now();
        stage.later(5);
        let theirs = stage.update(0, "a1", "theirs");
        stage.later(5);
        stage.emit(1, Event::ProcessKilled { reason: KillReason::Killed });
        stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        stage.later(5);
        let since = stage.now();
        stage.later(5);
        stage.emit(1, Event::Restored { to: before, life: 0 });
        if copied {
            stage.emit(1, Event::Restored { to: since, life: 1 });
        }
        stage.emit(1, Event::ProcessStarted { incarnation: 1 });
        let mine = stage.update(1, "a1", "mine");
        for (device, edit, status) in [(0, theirs, "theirs"), (1, mine, "mine")] {
            commit_and_tell(&mut stage, device, edit, status);
        }
        stage.drain();
        let verdict = stage.verdict();
        match copied {
            true => assert_silent(&verdict),
            false => assert_only(&verdict, "silent-discard", 1),
        }
    }
}

#[test]
fn a_decision_is_in_the_log_again_with_the_backup_that_has_it() {
    for (kept, silent) in [(true, 0), (false, 1)] {
        let (mut stage, before) = won_over_the_office();
        let after = stage.now();
        stage.later(5);
        let log = std::mem::take(&mut stage.phone(0).log);
        goes_back(&mut stage, before);
        goes_back(&mut stage, after);
        if kept {
            stage.phone(0).log = log;
        }
        stage.push(0, true);
        stage.drain();
        let verdict = stage.verdict();
        assert_eq!(verdict.figures["oracle.silent_discard.count"], silent, "{kept}");
    }
}

#[test]
fn an_edit_that_went_with_the_power_is_lost_and_says_so() {
    for durable in [true, false] {
        let mut stage = Stage::with(durable, Definition::Values);
        stage.update(0, "a1", "done");
        stage.emit(0, Event::ProcessKilled { reason: KillReason::PowerLoss });
        stage.phone(0).outbox.clear();
        stage.emit(0, Event::ProcessStarted { incarnation: 1 });
        let verdict = stage.verdict();
        assert_only(&verdict, "lost-edit", 1);
        let text = &verdict.violations.iter().find(|v| v.check == "lost-edit").unwrap().text;
        assert_eq!(text.contains("lost its power"), !durable, "{text}");
    }
}

#[test]
fn a_line_that_went_with_the_power_is_named_as_such() {
    let mut stage = Stage::with(false, Definition::Values);
    stage.ahead = true;
    stage.update(0, "a1", "mine");
    stage.office("a1", Some("theirs"));
    stage.push(0, true);
    stage.drain();
    stage.emit(0, Event::ProcessKilled { reason: KillReason::PowerLoss });
    stage.emit(0, Event::ProcessStarted { incarnation: 1 });
    stage.phone(0).log.clear();
    let verdict = stage.verdict();
    assert_only(&verdict, "silent-discard", 1);
    assert!(verdict.violations[0].text.contains("lost its power"), "{}", verdict.violations[0].text);
}

/// Phone 0, which is put back to after the office's version of a row and perhaps pulled that by
/// then, edits the row over one that says what the first did, or something that nobody said yet.
fn edited_over(says: &str, pulled_again: bool) -> Verdict {
    let mut stage = Stage::new();
    stage.office("a1", Some("theirs"));
    stage.later(5);
    let backup = stage.now();
    stage.later(5);
    stage.pull(0);
    stage.later(5);
    goes_back(&mut stage, backup);
    if pulled_again {
        let stamp = stage.backend.rows[&(VISIT, "a1".to_owned())].0;
        stage.applied(0, "a1", stamp, false);
    }
    let edit = stage.update(0, "a1", "mine");
    stage.office("a1", Some(says));
    commit_and_tell(&mut stage, 0, edit, "mine");
    stage.drain();
    stage.verdict()
}

#[test]
fn what_a_backup_has_of_a_row_is_unsure_until_it_is_told() {
    assert_silent(&edited_over("new", false));
    assert_only(&edited_over("new", true), "silent-discard", 1);
    assert_only(&edited_over("again", false), "silent-discard", 1);
}
