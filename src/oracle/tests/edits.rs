use super::stage::{CLINIC, DOCTOR, SLOT, STATUS, Stage, UNIT, VISIT, slot, visit};
use super::{assert_only, assert_silent};
use crate::base::{DeviceId, EditId, Key, Span, Stamp, Value};
use crate::contract::{
    Author, ConflictKind, Decision, EditKind, Event, KillReason, LogEntry, LogKind, Node, Refusal,
    RequestKind, Sides, SyncError,
};

/// Device 0 and the office change one row; the phone is ahead of its time, so its edit wins, or it
/// loses.
fn conflict(local_wins: bool) -> Stage {
    let mut stage = Stage::new();
    stage.ahead = local_wins;
    stage.update(0, "a1", "mine");
    stage.office("a1", Some("theirs"));
    stage.push(0, true);
    stage
}

/// The backend does not take an update of a visit, which has a newer version.
fn refused(edit: EditId, key: &Key) -> Event<'_> {
    let (kind, conflict) = (EditKind::Update, Some(Refusal::Stale));
    Event::MutationRefused { edit, entity: VISIT, key, kind, conflict, holder: None }
}

#[test]
fn edits_that_arrive_wait_for_nothing_and_conflicts_that_are_told_are_in_order() {
    for local_wins in [true, false] {
        let mut stage = conflict(local_wins);
        stage.update(1, "a2", "done");
        stage.edit(1, VISIT, "a3", EditKind::Delete, Vec::new());
        stage.push(1, false);
        stage.drain();
        let verdict = stage.verdict();
        assert_silent(&verdict);
        assert_eq!(verdict.figures["oracle.conflicts.count"], 1);
    }
}

#[test]
fn an_edit_that_vanishes_before_it_is_sent_is_lost() {
    let mut stage = Stage::new();
    stage.update(0, "a1", "done");
    stage.phone(0).outbox.clear();
    let verdict = stage.verdict();
    assert_only(&verdict, "lost-edit", 1);
    assert_eq!(verdict.figures["oracle.silent_discard.count"], 0, "it never reached the backend");
    let text = &verdict.violations[0].text;
    assert!(text.contains("(update visit a1: status=\"done\") is gone: the backend never saw it"), "{text}");
}

#[test]
fn an_edit_during_a_push_that_the_answer_marks_as_sent_is_lost() {
    let mut stage = Stage::new();
    stage.update(0, "a1", "one");
    stage.push(0, false);
    let second = stage.update(0, "a1", "two");
    stage.push(0, true);
    stage.phone(0).outbox.retain(|e| e.edit.id != second);
    stage.drain();
    assert_only(&stage.verdict(), "lost-edit", 1);
}

#[test]
fn an_edit_that_the_backend_refused_and_that_vanishes_is_lost_and_silently_discarded() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    stage.poison.insert(edit);
    stage.push(0, false);
    stage.phone(0).outbox.clear();
    let verdict = stage.verdict();
    assert_only(&verdict, "lost-edit", 1);
    assert_eq!(verdict.figures["oracle.silent_discard.count"], 1);
}

#[test]
fn a_rule_that_tells_nobody_discards_silently() {
    let mut lost = conflict(false);
    lost.phone(0).log.clear();
    lost.drain();
    let verdict = lost.verdict();
    assert_only(&verdict, "lost-edit", 1);
    assert_eq!(verdict.figures["oracle.silent_discard.count"], 1);

    let mut won = conflict(true);
    won.drain();
    won.phone(0).log.clear();
    assert_only(&won.verdict(), "silent-discard", 1);
}

#[test]
fn a_device_that_died_in_the_midst_of_work_may_have_seen_what_it_did_not_tell() {
    for (died, after_the_office) in [(false, false), (true, false), (true, true)] {
        let mut stage = Stage::new();
        let die = |stage: &mut Stage| {
            stage.emit(0, Event::CutShort);
            stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
            stage.emit(0, Event::ProcessStarted { incarnation: 1 });
        };
        if died && !after_the_office {
            die(&mut stage);
        }
        stage.office("a1", Some("theirs"));
        if died && after_the_office {
            die(&mut stage);
        }
        let edit = stage.update(0, "a1", "mine");
        let found: &[&str] = if after_the_office { &[] } else { &["silent-discard"] };
        assert_overwrites(stage, edit, visit("a", "mine"), found);
    }
}

#[test]
fn an_edit_that_replaces_what_its_device_never_saw_discards_it_silently() {
    // The third one writes the whole row as its device knew it, and so undoes a column that it did
    // not mean to set.
    for (column, status, found) in [
        (STATUS, "mine", &["silent-discard"][..]),
        (DOCTOR, "theirs", &[]),
        (DOCTOR, "new", &["silent-discard", "unasked-commit"]),
    ] {
        let mut stage = Stage::new();
        let edit = stage.edit(0, VISIT, "a1", EditKind::Update, vec![(column, Value::text("mine"))]);
        stage.office("a1", Some("theirs"));
        let mut values = visit("a", status);
        values[column] = Value::text("mine");
        assert_overwrites(stage, edit, values, found);
    }
}

/// Commits and acknowledges the only edit of device 0, of row a1, by which that is `found`.
fn assert_overwrites(mut stage: Stage, edit: EditId, values: Vec<Value>, found: &[&str]) {
    let stamp = stage.commit(Author::Device(edit), VISIT, "a1", Some(values));
    let entry = stage.phone(0).outbox[0].clone();
    stage.acknowledge(0, &entry, stamp);
    stage.drain();
    assert_eq!(super::fired(&stage.verdict()), found);
}

#[test]
fn an_overwriting_that_is_in_the_log_is_not_silent_though_a_power_loss_ate_the_word_of_it() {
    let mut stage = Stage::new();
    let edit = stage.edit(0, VISIT, "a1", EditKind::Update, vec![(STATUS, Value::text("mine"))]);
    stage.office("a1", Some("theirs"));
    let stamp = stage.commit(Author::Device(edit), VISIT, "a1", Some(visit("a", "mine")));
    let entry = stage.phone(0).outbox[0].clone();
    stage.acknowledge(0, &entry, stamp);
    let (entity, key, kind) = (VISIT, Key::new("a1"), LogKind::Overwrote);
    stage.phone(0).log.push(LogEntry { edit: Some(edit), entity, key, kind, met: None });
    stage.drain();
    assert_silent(&stage.verdict());
}

#[test]
fn an_edit_behind_a_decided_one_knows_what_that_one_met() {
    let mut stage = Stage::new();
    stage.ahead = true;
    stage.update(0, "a1", "mine");
    stage.update(0, "a1", "mine again");
    stage.office("a1", Some("theirs"));
    stage.drain();
    assert_silent(&stage.verdict());
}

#[test]
fn an_edit_committed_twice_is_a_duplicate() {
    let mut stage = Stage::new();
    let values = || vec![(CLINIC, Value::text("a")), (STATUS, Value::text("new")), (DOCTOR, Value::Null)];
    let key = stage.fresh_key("a");
    let edit = stage.edit(0, VISIT, &key, EditKind::Create, values());
    stage.push(0, false);
    let row = stage.backend.rows[&(VISIT, key)].1.clone();
    stage.commit(Author::Device(edit), VISIT, "a-second-time", Some(row));
    stage.drain();
    assert_only(&stage.verdict(), "duplicate", 1);
}

#[test]
fn an_edit_that_is_acknowledged_and_never_committed_is_found() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    let entry = stage.phone(0).outbox[0].clone();
    stage.acknowledge(0, &entry, Stamp(200));
    stage.pull(0);
    let verdict = stage.verdict();
    assert_eq!(super::fired(&verdict), ["lost-edit", "acknowledged-without-commit"], "{edit}");
}

#[test]
fn edits_of_one_row_may_be_sent_as_one() {
    let mut stage = Stage::new();
    stage.edit(0, VISIT, "a1", EditKind::Update, vec![(DOCTOR, Value::text("dr-b"))]);
    stage.update(0, "a1", "one");
    let last = stage.update(0, "a1", "two");
    let mut values = visit("a", "two");
    values[DOCTOR] = Value::text("dr-b");
    stage.commit(Author::Device(last), VISIT, "a1", Some(values));
    stage.phone(0).outbox.clear();
    stage.drain();
    assert_silent(&stage.verdict());
}

#[test]
fn a_row_made_and_deleted_before_anybody_knew_may_be_forgotten() {
    let mut stage = Stage::new();
    let key = stage.fresh_key("a");
    stage.edit(0, VISIT, &key, EditKind::Create, vec![(CLINIC, Value::text("a"))]);
    stage.edit(0, VISIT, &key, EditKind::Delete, Vec::new());
    stage.phone(0).outbox.clear();
    assert_silent(&stage.verdict());
}

#[test]
fn a_delete_forgotten_after_its_create_arrived_is_lost() {
    let mut stage = Stage::new();
    let key = stage.fresh_key("a");
    let values = [CLINIC, STATUS, DOCTOR].map(|column| (column, Value::text("a"))).to_vec();
    stage.edit(0, VISIT, &key, EditKind::Create, values);
    stage.push(0, false);
    stage.edit(0, VISIT, &key, EditKind::Delete, Vec::new());
    stage.phone(0).outbox.clear();
    stage.drain();
    assert_only(&stage.verdict(), "lost-edit", 1);
}

#[test]
fn a_create_on_a_taken_name_is_one_conflict_under_any_policy_unless_both_made_the_same() {
    for (local_wins, by, conflicts) in [(true, "office", 1), (false, "office", 1), (false, "phone", 0)] {
        let mut stage = Stage::new();
        stage.ahead = local_wins;
        let values = slot("friday", "phone").into_iter().enumerate().collect();
        stage.edit(0, SLOT, "s7", EditKind::Create, values);
        stage.commit(Author::Office, SLOT, "s8", Some(slot("friday", by)));
        stage.drain();
        let verdict = stage.verdict();
        assert_silent(&verdict);
        assert_eq!(verdict.figures["oracle.conflicts.count"], conflicts, "{local_wins} {by}");
    }
}

#[test]
fn a_create_that_arrived_under_another_key_and_stays_on_its_phone_is_a_duplicate() {
    let mut stage = Stage::new();
    let values = visit("a", "new").into_iter().take(3).enumerate().collect();
    let edit = stage.edit(0, VISIT, "a-mine", EditKind::Create, values);
    stage.commit(Author::Device(edit), VISIT, "a-theirs", Some(visit("a", "new")));
    stage.phone(0).outbox.clear();
    stage.drain();
    stage.phone(0).rows.insert((VISIT, "a-mine".to_owned()), (Stamp(0), visit("a", "new")[..3].to_vec()));
    assert_only(&stage.verdict(), "duplicate", 1);
}

#[test]
fn only_refusals_that_a_device_heard_of_are_conflicts_and_each_edit_has_one() {
    let mut stage = Stage::new();
    stage.update(0, "a1", "mine");
    stage.office("a1", Some("theirs"));
    stage.push(0, false);
    stage.push(0, false);
    stage.office("a1", Some("mine"));
    stage.push(0, true);
    stage.update(1, "a2", "mine");
    stage.office("a2", Some("theirs"));
    stage.push(1, false);
    stage.push(1, true);
    stage.drain();
    let counted: usize = stage.phones.iter().map(|p| p.conflicts.len()).sum();
    let verdict = stage.verdict();
    assert_silent(&verdict);
    assert_eq!((verdict.figures["oracle.conflicts.count"], counted), (1, 1));
}

#[test]
fn a_refusal_is_heard_of_when_an_answer_gives_it_and_not_where_it_says_that_the_edit_waits() {
    for (by_then, conflicts) in [("theirs", 1), ("mine", 0)] {
        let mut stage = Stage::new();
        let (edit, key) = (stage.update(0, "a1", "mine"), Key::new("a1"));
        stage.office("a1", Some("theirs"));
        let refused = refused(edit, &key);
        let decided = Event::UploadDecided { edit, waited: Span::secs(9) };
        // The backend judges before the answer is there, which says that the edit waits; another
        // time it puts off what it judged before.
        for (request, events) in [
            (90, [(Node::Gateway, Event::UploadQueued { edit }), (Node::Backend, refused)]),
            (91, [(Node::Gateway, Event::UploadWaits { edit }), (Node::Gateway, decided)]),
            (92, [(Node::Backend, refused), (Node::Backend, Event::MutationPutOff { edit })]),
        ] {
            stage.emit(0, Event::EditSent { edit, entity: VISIT, key: &key, request });
            events.into_iter().for_each(|(node, event)| stage.tell(node, event));
            let (kind, took) = (RequestKind::Push, Span::secs(1));
            let heard = Event::ResponseReceived { request, kind, unit: Some(UNIT), bytes: 1, rows: 1, took };
            stage.emit(0, heard);
        }
        stage.office("a1", Some(by_then));
        stage.push(0, true);
        stage.drain();
        let (counted, verdict) = (stage.phone(0).conflicts.len() as u64, stage.verdict());
        assert_silent(&verdict);
        assert_eq!((verdict.figures["oracle.conflicts.count"], counted), (conflicts, conflicts), "{by_then}");
    }
}

#[test]
fn a_conflict_that_a_process_hears_of_as_it_dies_counts_when_it_is_decided() {
    for settled in [false, true] {
        let mut stage = Stage::new();
        let edit = stage.update(0, "a1", "mine");
        stage.office("a1", Some("theirs"));
        stage.push(0, false);
        stage.emit(0, Event::EditSent { edit, entity: VISIT, key: &Key::new("a1"), request: 99 });
        let (kind, took) = (RequestKind::Push, Span::secs(1));
        stage.emit(
            0,
            Event::ResponseReceived { request: 99, kind, unit: Some(UNIT), bytes: 1, rows: 1, took },
        );
        stage.emit(0, Event::CutShort);
        if settled {
            // It is in the database; no event tells of it.
            let phone = stage.phone(0);
            phone.outbox.clear();
            let key = Key::new("a1");
            phone.log.push(LogEntry {
                edit: Some(edit),
                entity: VISIT,
                key,
                kind: LogKind::Superseded,
                met: None,
            });
        } else {
            stage.push(0, true);
        }
        stage.drain();
        let counted = stage.phone(0).conflicts.len() as u64;
        let verdict = stage.verdict();
        assert_silent(&verdict);
        assert_eq!(
            (verdict.figures["oracle.conflicts.count"], counted),
            (u64::from(!settled), u64::from(!settled))
        );
    }
}

#[test]
fn a_conflict_that_a_device_has_no_room_or_no_time_to_settle_counts_when_it_is_decided() {
    let (kind, took, unit) = (RequestKind::Push, Span::secs(1), UNIT);
    let died = Event::ProcessKilled { reason: KillReason::Killed };
    let ends = [Event::StorageFull, Event::SyncError { unit, run: 1, error: &SyncError::StorageFull }, died];
    for (end, decided) in ends.iter().flat_map(|end| [(end, false), (end, true)]) {
        let mut stage = Stage::new();
        let edit = stage.update(0, "a1", "mine");
        stage.office("a1", Some("theirs"));
        stage.push(0, false);
        stage.emit(0, Event::EditSent { edit, entity: VISIT, key: &Key::new("a1"), request: 99 });
        let unit = Some(unit);
        stage.emit(0, Event::ResponseReceived { request: 99, kind, unit, bytes: 1, rows: 1, took });
        stage.emit(0, *end);
        if decided {
            stage.push(0, true);
            stage.drain();
        }
        let counted = stage.phone(0).conflicts.len() as u64;
        let verdict = stage.verdict();
        assert_eq!(
            (verdict.figures["oracle.conflicts.count"], counted),
            (u64::from(decided), u64::from(decided))
        );
    }
}

/// A run that has heard how the backend refused its edit of a1, and has settled that without a word
/// yet.
fn settling(theirs: &str) -> Stage {
    let mut stage = Stage::new();
    stage.emit(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
    let edit = stage.update(0, "a1", "mine");
    stage.office("a1", Some(theirs));
    let (key, request, unit) = (Key::new("a1"), 99, Some(UNIT));
    stage.emit(0, Event::EditSent { edit, entity: VISIT, key: &key, request });
    stage.tell(Node::Backend, refused(edit, &key));
    let (kind, took) = (RequestKind::Push, Span::secs(1));
    stage.emit(0, Event::ResponseReceived { request, kind, unit, bytes: 1, rows: 1, took });
    stage
}

#[test]
fn what_a_run_under_way_at_the_end_was_about_to_tell_is_held_against_nobody() {
    let ended = Event::SyncComplete { unit: UNIT, run: 0, took: Span::secs(1), blocking: false };
    for (ends, lost) in [(false, 0), (true, 1)] {
        let mut stage = settling("mine");
        stage.phone(0).outbox.clear();
        if ends {
            stage.emit(0, ended);
        }
        assert_eq!(stage.verdict_without_rest().figures["oracle.lost_edit.count"], lost, "ends: {ends}");
        let mut stage = settling("theirs");
        if ends {
            stage.emit(0, ended);
        }
        assert_eq!(stage.verdict_without_rest().figures["oracle.conflicts.count"], lost, "ends: {ends}");
    }
}

#[test]
fn a_process_that_dies_after_its_run_takes_no_conflict_back() {
    let died = Event::ProcessKilled { reason: KillReason::Killed };
    let ended = Event::SyncComplete { unit: UNIT, run: 0, took: Span::secs(1), blocking: false };
    for (events, conflicts) in [(vec![died], 0), (vec![ended, died], 1)] {
        let mut stage = settling("theirs");
        events.into_iter().for_each(|event| stage.emit(0, event));
        assert_eq!(stage.verdict_without_rest().figures["oracle.conflicts.count"], conflicts);
    }
}

#[test]
fn an_edit_that_met_its_own_values_as_its_process_died_is_not_lost_and_any_other_is() {
    for (theirs, heard, died, lost) in [
        ("mine", true, true, false),
        ("theirs", true, true, true),
        ("mine", false, true, true),
        ("mine", true, false, true),
    ] {
        let mut stage = Stage::new();
        let edit = stage.update(0, "a1", "mine");
        stage.office("a1", Some(theirs));
        let (key, request) = (Key::new("a1"), 99);
        stage.emit(0, Event::EditSent { edit, entity: VISIT, key: &key, request });
        stage.tell(Node::Backend, refused(edit, &key));
        if heard {
            let (kind, took) = (RequestKind::Push, Span::secs(1));
            let unit = Some(UNIT);
            stage.emit(0, Event::ResponseReceived { request, kind, unit, bytes: 1, rows: 1, took });
        }
        if died {
            stage.emit(0, Event::CutShort);
            stage.emit(0, Event::ProcessKilled { reason: KillReason::PowerLoss });
            stage.emit(0, Event::ProcessStarted { incarnation: 1 });
        }
        // It is in the database; no event tells of it.
        stage.phone(0).outbox.clear();
        stage.drain();
        let found = stage.verdict().figures["oracle.lost_edit.count"];
        assert_eq!(found, u64::from(lost), "{theirs}, heard: {heard}, died: {died}");
    }
}

#[test]
fn an_engines_word_that_both_sides_say_the_same_is_checked() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "mine");
    stage.office("a1", Some("theirs"));
    let key = Key::new("a1");
    stage.tell(Node::Backend, refused(edit, &key));
    let (kind, decision) = (ConflictKind::Equal, Decision::Same);
    let sides = Sides { local: Stamp(1), remote: stage.stamp(), edited: None };
    stage.emit(0, Event::ConflictDecided { edit, entity: VISIT, key: &key, kind, decision, sides });
    stage.phone(0).outbox.clear();
    stage.drain();
    let verdict = stage.verdict();
    assert_only(&verdict, "lost-edit", 1);
    assert_eq!(verdict.figures["oracle.silent_discard.count"], 1);
}

#[test]
fn an_update_is_not_done_by_another_row_that_says_what_it_wants() {
    let mut stage = Stage::new();
    let s2 = Some(slot("tuesday", "office"));
    let stamp = stage.commit(Author::Office, SLOT, "s2", s2);
    let edit = stage.edit(0, SLOT, "s1", EditKind::Update, vec![(0, Value::text("tuesday"))]);
    let (key, holder, request) = (Key::new("s1"), Some(&Key::new("s2")), 99);
    let (kind, conflict) = (EditKind::Update, Some(Refusal::Taken));
    stage.emit(0, Event::EditSent { edit, entity: SLOT, key: &key, request });
    stage.tell(
        Node::Backend,
        Event::MutationRefused { edit, entity: SLOT, key: &key, kind, conflict, holder },
    );
    let (kind, took) = (RequestKind::Push, Span::secs(1));
    stage.emit(0, Event::ResponseReceived { request, kind, unit: Some(UNIT), bytes: 1, rows: 1, took });
    let (kind, decision) = (ConflictKind::Equal, Decision::Same);
    let sides = Sides { local: Stamp(1), remote: stamp, edited: None };
    stage.emit(0, Event::ConflictDecided { edit, entity: SLOT, key: &key, kind, decision, sides });
    stage.emit(0, Event::EditAcknowledged { edit, entity: SLOT, key: &key, stamp });
    stage.phone(0).outbox.clear();
    stage.drain();
    let verdict = stage.verdict();
    assert_eq!(super::fired(&verdict), ["lost-edit", "silent-discard", "acknowledged-without-commit"]);
    assert_eq!(verdict.figures["oracle.conflicts.count"], 1);
}

#[test]
fn an_edit_behind_a_create_that_went_onto_its_row_knows_what_that_one_met() {
    let mut stage = Stage::new();
    stage.ahead = true;
    stage.commit(Author::Office, SLOT, "s1", Some(slot("monday", "somebody")));
    let values = slot("monday", "me").into_iter().enumerate().collect();
    stage.edit(0, SLOT, "s2", EditKind::Create, values);
    stage.push(0, true);
    stage.edit(0, SLOT, "s1", EditKind::Update, vec![(1, Value::text("me again"))]);
    stage.drain();
    assert_silent(&stage.verdict());
}

#[test]
fn a_create_may_be_done_by_a_row_from_before_the_start() {
    for (who, conflicts) in [("office", 0), ("me", 1)] {
        let mut stage = Stage::new();
        let values = slot("monday", who).into_iter().enumerate().collect();
        stage.edit(0, SLOT, "s2", EditKind::Create, values);
        stage.drain();
        let verdict = stage.verdict();
        assert_silent(&verdict);
        assert_eq!(verdict.figures["oracle.conflicts.count"], conflicts);
    }
}

#[test]
fn an_edit_in_a_row_that_others_got_meanwhile_is_misfiled() {
    let note = || vec![(DOCTOR, Value::text("dr-b"))];
    for (mover, columns, misfiled) in [
        (Author::Office, note(), true),
        // The person moves the row as well, by this edit or by another one.
        (Author::Office, vec![(CLINIC, Value::text("b"))], false),
        (Author::Device(EditId { device: DeviceId(0), number: 0 }), note(), false),
    ] {
        let mut stage = Stage::new();
        let moved = || Some(visit("b", "new"));
        if let Author::Device(_) = mover {
            stage.edit(0, VISIT, "a1", EditKind::Update, vec![(CLINIC, Value::text("b"))]);
        }
        stage.commit(mover, VISIT, "a1", moved());
        let edit = stage.edit(0, VISIT, "a1", EditKind::Update, columns);
        let mut values = moved().unwrap();
        values[DOCTOR] = Value::text("dr-b");
        stage.commit(Author::Device(edit), VISIT, "a1", Some(values));
        let verdict = stage.verdict_without_rest();
        assert_eq!(verdict.figures["oracle.misfiled.edits"], u64::from(misfiled), "{mover:?}");
        let told = verdict.violations.iter().find(|v| v.check == "misfiled").map(|v| v.text.as_str());
        let words = "in visit a1, whose clinic is \"b\"; d0 has rows of \"a\" alone";
        assert_eq!(told.is_some_and(|text| text.ends_with(words)), misfiled, "{told:?}");
    }
}

#[test]
fn a_row_that_is_filed_by_who_sends_it_is_misfiled() {
    for (clinic, misfiled) in [("a", 0), ("b", 1)] {
        let mut stage = Stage::new();
        let values = vec![(STATUS, Value::text("new")), (DOCTOR, Value::Null)];
        let edit = stage.edit(0, VISIT, "a-mine", EditKind::Create, values);
        stage.commit(Author::Device(edit), VISIT, "a-mine", Some(visit(clinic, "new")));
        let found = stage.verdict_without_rest().figures["oracle.misfiled.edits"];
        assert_eq!(found, misfiled, "{clinic}");
    }
}
