use super::stage::{NOTE, SLOT, STATUS, Stage, UNIT, VISIT, slot, visit};
use super::{assert_only, assert_silent};
use crate::base::{EntityId, Key, Span, Stamp, Value};
use crate::contract::{Author, EditKind, Event, Node, RequestKind};

fn id(entity: EntityId, key: &str) -> (EntityId, String) {
    (entity, key.to_owned())
}

#[test]
fn a_world_in_which_nothing_happens_is_in_order() {
    assert_silent(&Stage::new().verdict());
}

#[test]
fn rows_of_the_scope_that_a_device_lacks_are_lost() {
    let mut stage = Stage::new();
    stage.office("a4", Some("new"));
    stage.drain();
    for key in ["a2", "a4"] {
        stage.phone(0).rows.remove(&id(VISIT, key));
    }
    let verdict = stage.verdict();
    assert_only(&verdict, "lost", 2);
    assert_eq!(verdict.figures["oracle.divergent.devices"], 1);
    assert!(verdict.violations[0].text.starts_with("d0 lacks visit a2 of"), "{}", verdict.violations[0].text);
}

#[test]
fn rows_that_point_to_one_that_the_device_lacks_are_seen_half() {
    let mut stage = Stage::new();
    for (key, visit) in [("n1", "a2"), ("n2", "a2"), ("n3", "a1"), ("n4", "b1")] {
        stage.phone(0).rows.insert(id(NOTE, key), (Stamp(1), vec![Value::text(visit)]));
    }
    stage.phone(0).rows.remove(&id(VISIT, "a2"));
    let verdict = stage.verdict();
    assert_only(&verdict, "lost", 1);
    assert_eq!(verdict.figures["oracle.half_seen.rows"], 2, "a visit of another clinic is not missed");
}

#[test]
fn a_replaced_version_is_stale_whether_it_is_known_by_content_or_by_date() {
    let mut stage = Stage::new();
    let first = stage.office("a1", Some("busy"));
    stage.drain();
    stage.office("a1", Some("done"));
    stage.office("a2", Some("done"));
    stage.pull(0);
    stage.phone(0).rows.insert(id(VISIT, "a1"), (first, visit("a", "busy")[..3].to_vec()));
    stage.phone(0).rows.insert(id(VISIT, "a2"), (Stamp(100), visit("a", "new")[..3].to_vec()));
    stage.pull(1);
    assert_only(&stage.verdict(), "stale", 2);
}

#[test]
fn a_stale_row_dated_as_the_backends_is_told_by_whose_values_it_shows() {
    let mut stage = Stage::new();
    stage.office("a1", Some("busy"));
    stage.drain();
    let newer = stage.office("a1", Some("done"));
    stage.phone(0).rows.insert(id(VISIT, "a1"), (newer, visit("a", "busy")[..3].to_vec()));
    stage.pull(1);
    let verdict = stage.verdict();
    assert_only(&verdict, "stale", 1);
    let text = &verdict.violations.iter().find(|v| v.check == "stale").unwrap().text;
    assert!(
        text.starts_with("d0 shows visit a1 with the values that the office committed at 00:00:"),
        "{text}"
    );
    // An edit of its own that was dropped and that it still shows.
    let mut stage = Stage::new();
    stage.office("a1", Some("busy"));
    let newer = stage.office("a1", Some("done"));
    stage.drain();
    stage.update(0, "a1", "busy");
    stage.phone(0).outbox.clear();
    stage.phone(0).rows.insert(id(VISIT, "a1"), (newer, visit("a", "busy")[..3].to_vec()));
    let verdict = stage.verdict();
    let text = &verdict.violations.iter().find(|v| v.check == "stale").unwrap().text;
    assert!(text.starts_with("d0 shows visit a1 with its edit d0.e0 of 00:04:"), "{text}");
}

#[test]
fn a_version_that_comes_again_is_repeated_and_no_other_is() {
    let mut stage = Stage::new();
    let pull = |stage: &mut Stage, device| {
        let (kind, unit, took) = (RequestKind::Pull, Some(UNIT), Span(1));
        stage.emit(device, Event::ResponseReceived { request: 99, kind, unit, bytes: 1, rows: 1, took });
        stage.pull(device);
        stage.emit(device, Event::CursorSaved { unit: UNIT, entity: VISIT });
    };
    let first = stage.office("a1", Some("busy"));
    pull(&mut stage, 0);
    stage.applied(0, "a1", first, false);
    let second = stage.office("a1", Some("done"));
    pull(&mut stage, 0);
    pull(&mut stage, 1);
    stage.applied(1, "a2", Stamp(100), false);
    stage.applied(1, "a1", second, false);
    stage.drain();
    let verdict = stage.verdict();
    assert_only(&verdict, "delivered-again", 2);
    assert_eq!(verdict.figures["oracle.repeated.rows"], 2, "what was there at the start is not counted");
}

#[test]
fn a_content_of_no_version_and_no_date_is_divergent_alone() {
    let mut stage = Stage::new();
    let stamp = stage.office("a1", Some("done"));
    stage.drain();
    let later = Stamp(stamp.0 + 1);
    stage.phone(0).rows.insert(id(VISIT, "a1"), (later, visit("a", "nonsense")[..3].to_vec()));
    assert_only(&stage.verdict(), "divergent", 1);
}

#[test]
fn an_equal_content_with_an_old_date_is_in_order() {
    let mut stage = Stage::new();
    let mut hidden = visit("a", "new");
    hidden[3] = Value::text("devices do not see this");
    stage.commit(Author::Office, VISIT, "a1", Some(hidden));
    assert_silent(&stage.verdict());
}

#[test]
fn a_row_shown_twice_is_a_duplicate_also_where_devices_hold_only_what_they_opened() {
    for entity in [VISIT, NOTE] {
        let mut stage = Stage::new();
        stage.phone(1).rows.insert(id(NOTE, "n1"), (Stamp(100), vec![Value::text("a1")]));
        stage.phone(1).doubled.insert(if entity == VISIT { "a1" } else { "n1" }.to_owned());
        assert_only(&stage.verdict(), "duplicate", 1);
    }
}

#[test]
fn two_live_rows_of_one_natural_key_are_one_duplicate_if_one_of_them_is_new() {
    let mut stage = Stage::new();
    stage.commit(Author::Office, SLOT, "s2", Some(slot("monday", "somebody else")));
    stage.drain();
    let verdict = stage.verdict();
    assert_only(&verdict, "duplicate", 1);
    assert_eq!(verdict.violations[0].text, "slot s2 has the natural key of s1");
}

#[test]
fn rows_without_a_natural_key_are_not_one() {
    let mut stage = Stage::new();
    for key in ["s2", "s3"] {
        stage.commit(Author::Office, SLOT, key, Some(vec![Value::Null, Value::text("office")]));
    }
    stage.drain();
    assert_silent(&stage.verdict());
}

#[test]
fn a_deleted_row_that_a_device_still_holds_is_an_undetected_delete() {
    let mut stage = Stage::new();
    stage.office("a1", None);
    stage.pull(1);
    // A tombstone from before the start: no event tells of the row at all.
    stage.phone(1).rows.insert(id(VISIT, "a0"), (Stamp(50), visit("a", "new")[..3].to_vec()));
    assert_only(&stage.verdict(), "undetected-delete", 2);
}

#[test]
fn a_deleted_row_that_a_device_had_removed_and_has_again_is_resurrected() {
    let mut stage = Stage::new();
    stage.office("a1", None);
    stage.pull(0);
    stage.pull(1);
    stage.applied(0, "a1", Stamp(100), false);
    stage.phone(0).rows.insert(id(VISIT, "a1"), (Stamp(100), visit("a", "new")[..3].to_vec()));
    assert_only(&stage.verdict(), "resurrected", 1);
}

#[test]
fn a_row_that_left_the_scope_is_an_orphan_until_it_is_removed() {
    for stays in [true, false] {
        let mut stage = Stage::new();
        stage.commit(Author::Office, VISIT, "a1", Some(visit("b", "new")));
        (1..4).for_each(|device| stage.pull(device));
        if stays {
            assert_only(&stage.verdict(), "orphan", 1);
        } else {
            stage.pull(0);
            assert_silent(&stage.verdict());
        }
    }
}

#[test]
fn a_deleted_row_that_an_update_brings_back_on_the_backend_is_resurrected() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    stage.office("a1", None);
    let values = visit("a", "done");
    let stamp = stage.commit(Author::Device(edit), VISIT, "a1", Some(values));
    let entry = stage.phone(0).outbox[0].clone();
    stage.acknowledge(0, &entry, stamp);
    stage.drain();
    assert_only(&stage.verdict(), "resurrected", 1);
}

#[test]
fn a_deleted_row_that_is_made_again_is_in_order() {
    let mut stage = Stage::new();
    stage.office("a1", None);
    stage.drain();
    stage.office("a1", Some("again"));
    stage.office("a1", None);
    stage.drain();
    let values = visit("a", "again").into_iter().enumerate().take(3).collect();
    stage.edit(0, VISIT, "a1", EditKind::Create, values);
    stage.drain();
    assert_silent(&stage.verdict());
}

#[test]
fn rows_with_edits_that_wait_are_stuck_and_not_different() {
    let mut stage = Stage::new();
    stage.update(0, "a1", "done");
    stage.edit(0, VISIT, "a2", EditKind::Delete, Vec::new());
    let made = stage.fresh_key("a");
    stage.edit(0, VISIT, &made, EditKind::Create, vec![(0, Value::text("a")), (STATUS, Value::text("new"))]);
    let verdict = stage.verdict();
    assert_only(&verdict, "stuck", 1);
    let text = "device 0: 3 changes still wait in its outbox, among them edit d0.e0 of visit/a1, tried once (last error: throttled)";
    assert_eq!(verdict.violations[0].text, text);
    assert_eq!(verdict.violations[0].record, Some((VISIT, Key::new("a1"))));
}

#[test]
fn nobody_lacks_what_cannot_be_seen_yet() {
    let behind = |delay| {
        let mut stage = Stage::new();
        stage.drain();
        let stamp = stage.office("a-late", Some("new"));
        if delay > 0 {
            let (key, until) = (Key::new("a-late"), stage.now() + Span::secs(delay));
            stage.tell(Node::Backend, Event::CommitDelayed { entity: VISIT, key: &key, stamp, until });
        }
        stage.later(10);
        stage.drain();
        over_time(stage).0
    };
    // Two phones are in the clinic.
    let (at_once, later) = (behind(0), behind(4));
    assert_eq!(at_once - later, 2 * 4);
}

const SECOND: u64 = 1_000_000_000;

fn over_time(stage: Stage) -> (u64, u64) {
    let verdict = stage.verdict();
    (verdict.figures["oracle.lost.row_ns"] / SECOND, verdict.figures["oracle.stale.row_ns"] / SECOND)
}

#[test]
fn time_behind_runs_from_the_commit_to_the_change_on_each_device() {
    let mut stage = Stage::new();
    stage.office("a9", Some("new"));
    stage.office("a1", Some("done"));
    stage.later(9);
    // The new row is missing for 11 s and the old one stale for 10 s, on both phones of the clinic.
    stage.pull(0);
    stage.pull(1);
    stage.later(500);
    assert_eq!(over_time(stage), (11 + 12, 10 + 11));
}

#[test]
fn what_is_still_wrong_at_the_end_counts_to_the_end() {
    let mut stage = Stage::new();
    stage.office("a9", Some("new"));
    stage.pull(0);
    stage.later(8);
    assert_eq!(over_time(stage), (1 + 9, 0), "one phone pulled after 1 s, the other never did");
    let mut stage = Stage::new();
    stage.phone(0).rows.remove(&id(VISIT, "a1"));
    stage.later(30);
    assert_eq!(over_time(stage), (30, 0), "missing since before the start");
}

#[test]
fn a_version_that_was_never_in_the_scope_keeps_nobody_waiting() {
    let mut stage = Stage::new();
    stage.office("b1", Some("done"));
    stage.later(50);
    stage.commit(Author::Office, VISIT, "b1", Some(visit("a", "done")));
    stage.later(5);
    // Phone 0 lacks b1 only since it came into its clinic; phones 2 and 3 held it stale for 51 s.
    (0..4).for_each(|device| stage.pull(device));
    assert_eq!(over_time(stage), (6 + 7, 51 + 51));
}

#[test]
fn a_phones_own_edit_keeps_it_waiting_for_nothing() {
    let mut stage = Stage::new();
    stage.update(0, "a1", "done");
    stage.push(0, true);
    stage.later(10);
    stage.pull(1);
    stage.later(100);
    stage.pull(0);
    assert_eq!(over_time(stage), (0, 12), "only the other phone of the clinic was behind");
}

#[test]
fn a_row_that_came_on_open_reads_as_a_version_that_there_was() {
    let holds = |held: &[(&str, u64, &str)]| {
        let mut stage = Stage::new();
        let note = |visit: &str| Some(vec![Value::text(visit)]);
        let first = stage.commit(Author::Office, NOTE, "n1", note("a1"));
        let second = stage.commit(Author::Office, NOTE, "n1", note("a2"));
        stage.commit(Author::Office, NOTE, "n2", note("a1"));
        stage.commit(Author::Office, NOTE, "n2", None);
        stage.drain();
        stage.phone(0).rows.retain(|(entity, _), _| *entity != NOTE);
        for (key, version, visit) in held {
            let stamp = if *version == 1 { first } else { second };
            stage.phone(0).rows.insert(id(NOTE, key), (stamp, vec![Value::text(visit)]));
        }
        stage.verdict()
    };
    assert_silent(&holds(&[("n1", 2, "a2")]));
    assert_silent(&holds(&[("n1", 1, "a1"), ("n2", 1, "a1")]));
    for wrong in [("n1", 1, "a3"), ("n1", 2, "a1"), ("n2", 1, "a2"), ("n3", 1, "a1")] {
        assert_only(&holds(&[wrong]), "divergent", 1);
    }
}

#[test]
fn checks_that_had_nothing_to_look_at_are_named() {
    let quiet = Stage::new().verdict();
    let of_edits = ["lost-edit", "silent-discard", "misfiled", "acknowledged-without-commit"];
    for check in of_edits.into_iter().chain(["sync-loop", "event-without-end"]) {
        assert!(quiet.untried.contains(&check), "{check} of {:?}", quiet.untried);
    }
    assert!(!quiet.untried.contains(&"lost"), "rows are held");
    let mut edited = Stage::new();
    edited.update(0, "a1", "busy");
    edited.drain();
    let untried = edited.verdict().untried;
    assert!(of_edits.iter().all(|check| !untried.contains(check)), "{untried:?}");
    let mut empty = Stage::new();
    empty.backend.rows.clear();
    empty.phones.iter_mut().for_each(|phone| phone.rows.clear());
    let untried = empty.verdict().untried;
    assert!(["lost", "stale", "divergent"].iter().all(|check| untried.contains(check)), "{untried:?}");
}
