use std::sync::Arc;

use super::stage::{STATUS, Stage, VISIT, visit};
use crate::base::{DeviceId, Key, Span, Stamp, Time, UnitId, Value};
use crate::contract::{
    Author, ConflictKind, Decision, EditKind, Event, KillReason, Node, PageEvent, Refusal, Sides,
};
use crate::oracle::{Clock, Filter, Life};

fn lived(filter: Filter) -> Vec<String> {
    let mut stage = Stage::new();
    stage.life =
        Some(Life::new(Arc::clone(&stage.schema), Arc::clone(&stage.units), Clock::default(), filter));
    stage.update(0, "a1", "done");
    stage.update(0, "a2", "not asked for");
    stage.push(0, false);
    stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(2, Event::ProcessKilled { reason: KillReason::PowerLoss });
    stage.push(0, true);
    stage.pull(1);
    stage.life.take().unwrap().story().lines
}

#[test]
fn the_life_of_a_record_is_told_in_order_and_nothing_else_is() {
    let lines = lived(Filter { records: [(VISIT, Key::new("a1"))].into(), ..Filter::default() });
    assert_eq!(
        lines,
        [
            "00:00:01.000 d0 edit d0.e0 update visit a1 status=\"done\", dated 00:00:02.000",
            "00:00:03.000 d0 edit d0.e0 of visit a1 sent in request 1",
            "00:00:04.000 backend visit a1 committed by edit d0.e0 as of 00:00:05.000: clinic=\"a\", status=\"done\", doctor=\"dr-a\"",
            "00:00:06.000 d0 request 1 got no answer: timed out after 1s",
            "00:00:06.000 d0 process killed",
            "00:00:07.000 d0 edit d0.e0 of visit a1 sent in request 2",
            "00:00:07.000 backend edit d0.e0 came again, answered from memory",
            "00:00:08.000 d0 request 2 answered after 1s: 2 rows, 1 byte",
            "00:00:08.000 d0 edit d0.e0 acknowledged as of 00:00:05.000",
            "00:00:09.000 d1 now holds visit a1 as of 00:00:05.000",
        ]
    );
}

#[test]
fn a_commit_that_shows_late_is_told_in_local_time_like_all_else() {
    let mut stage = Stage::new();
    let start = Stamp(1_772_434_800_000_000);
    let clock = Clock { start, utc_offset: 3_600 };
    let filter = Filter { records: [(VISIT, Key::new("a1"))].into(), ..Filter::default() };
    stage.life = Some(Life::new(Arc::clone(&stage.schema), Arc::clone(&stage.units), clock, filter));
    let (key, stamp) = (Key::new("a1"), start.plus(Span::secs(3)));
    let until = Time::ZERO + Span::secs(5);
    stage.tell(Node::Backend, Event::CommitDelayed { entity: VISIT, key: &key, stamp, until });
    let told = stage.life.take().unwrap().story().lines.remove(0);
    assert!(told.ends_with(" visit a1 as of 08:00:03.000 can be seen from 08:00:05.000 on"), "{told}");
}

#[test]
fn a_device_may_be_followed_as_a_whole() {
    let lines = lived(Filter { device: Some(DeviceId(2)), ..Filter::default() });
    assert_eq!(lines, ["00:00:06.000 d2 power lost"]);
}

#[test]
fn the_story_is_bounded_and_says_what_it_left_out() {
    let mut stage = Stage::new();
    let filter = Filter { device: Some(DeviceId(0)), ..Filter::default() };
    stage.life =
        Some(Life::new(Arc::clone(&stage.schema), Arc::clone(&stage.units), Clock::default(), filter));
    (0..Life::LINES + 5).for_each(|_| stage.emit(0, Event::LinkDown));
    let lines = stage.life.take().unwrap().story().lines;
    assert_eq!((lines.len(), lines.last().unwrap().as_str()), (Life::LINES + 1, "and 5 more"));
}

/// The last line of the life of visit `a1` in a story, as `check` found it on `device`.
fn ending(check: &'static str, device: u32, story: impl FnOnce(&mut Stage)) -> String {
    let mut stage = Stage::new();
    let found = Some((check, Some(DeviceId(device))));
    let filter = Filter { records: [(VISIT, Key::new("a1"))].into(), found, ..Filter::default() };
    stage.life =
        Some(Life::new(Arc::clone(&stage.schema), Arc::clone(&stage.units), Clock::default(), filter));
    story(&mut stage);
    let lines = stage.life.take().unwrap().story().lines;
    let last = lines.last().expect("there is an ending");
    last.strip_prefix("in short: ").unwrap_or_else(|| panic!("{last} is no ending")).to_owned()
}

fn served(stage: &mut Stage, stamp: Stamp, removed: bool) {
    let event = Event::RowServed { device: DeviceId(0), entity: VISIT, key: "a1", stamp, removed };
    stage.tell(Node::Gateway, event);
}

fn cursor(stage: &mut Stage) {
    stage.emit(0, Event::CursorSaved { unit: UnitId(0), entity: VISIT });
}

#[test]
fn a_lost_record_is_told_with_where_it_vanished() {
    let never = ending("lost", 0, |stage| {
        stage.office("a1", Some("done"));
    });
    assert_eq!(never, "it never left for d0, which did not come so far as to ask for it");
    let skipped = ending("lost", 0, |stage| {
        stage.office("a1", Some("done"));
        stage.later(1);
        cursor(stage);
    });
    assert_eq!(skipped, "it never left for d0; d0 moved on without it, last at 00:00:02.000");
    let dropped = ending("lost", 0, |stage| {
        served(stage, Stamp(9), false);
        stage.later(1);
        cursor(stage);
    });
    assert_eq!(
        dropped,
        "it left for d0 at 00:00:00.000 and was not taken in; d0 moved on without it, last at 00:00:01.000"
    );
    let removed = ending("lost", 0, |stage| stage.applied(0, "a1", Stamp(9), true));
    assert!(
        removed.starts_with("d0 removed it at") && removed.ends_with("the backend still has it"),
        "{removed}"
    );
}

#[test]
fn each_check_on_rows_has_an_ending_of_its_own() {
    let office = |stage: &mut Stage| {
        stage.office("a1", Some("done"));
        stage.later(1);
    };
    let stale = ending("stale", 0, |stage| {
        let newer = stage.office("a1", Some("done"));
        stage.later(1);
        served(stage, newer, false);
    });
    assert!(stale.starts_with("the newer version left for d0"), "{stale}");
    let undetected = ending("undetected-delete", 0, |stage| {
        stage.office("a1", None);
        stage.later(1);
        cursor(stage);
    });
    assert!(
        undetected.starts_with("the tombstone never left for d0; d0 moved on without it"),
        "{undetected}"
    );
    let kept = ending("divergent", 0, |stage| {
        let gone = stage.office("a1", None);
        stage.later(1);
        served(stage, gone, true);
    });
    assert!(kept.starts_with("the tombstone left for d0"), "{kept}");
    let own = ending("lost", 0, |stage| {
        stage.edit(0, VISIT, "a1", EditKind::Delete, Vec::new());
    });
    assert!(own.starts_with("edit d0.e") && own.ends_with("on d0, and never was committed"), "{own}");
    let orphan = ending("orphan", 0, office);
    assert!(
        orphan.starts_with("it left the scope of d0 at") && orphan.ends_with("nothing told d0 to remove it")
    );
    let back = ending("resurrected", 0, |stage| {
        stage.applied(0, "a1", Stamp(9), true);
        stage.later(1);
        stage.applied(0, "a1", Stamp(10), false);
    });
    assert!(back.starts_with("d0 removed it at") && back.contains("and stored it again at"), "{back}");
}

#[test]
fn an_old_version_that_leaves_late_is_neither_the_tombstone_nor_the_newer_version() {
    let deleted = ending("undetected-delete", 0, |stage| {
        let old = stage.office("a1", Some("done"));
        stage.office("a1", None);
        stage.later(1);
        served(stage, old, false);
    });
    assert!(deleted.starts_with("the tombstone never left for d0"), "{deleted}");
    let replaced = ending("stale", 0, |stage| {
        let old = stage.office("a1", Some("begun"));
        stage.office("a1", Some("done"));
        stage.later(1);
        served(stage, old, false);
        stage.applied(0, "a1", old, false);
    });
    assert!(replaced.starts_with("the newer version never left for d0"), "{replaced}");
    let over = ending("stale", 0, |stage| {
        let old = stage.office("a1", Some("begun"));
        let new = stage.office("a1", Some("done"));
        stage.applied(0, "a1", new, false);
        stage.later(1);
        stage.applied(0, "a1", old, false);
    });
    assert!(
        over.contains("stored the newer version at") && over.contains("another version over it"),
        "{over}"
    );
}

#[test]
fn nothing_is_said_of_what_a_device_held_from_the_start() {
    for check in ["lost", "stale", "undetected-delete"] {
        let since = ending(check, 0, |stage| {
            stage.later(1);
            cursor(stage);
        });
        assert!(
            since
                .ends_with("never left for d0 since the start; d0 moved on without it, last at 00:00:01.000"),
            "{since}"
        );
        let sent = ending(check, 0, |stage| {
            stage.office("a1", (check != "undetected-delete").then_some("done"));
            let stamp = stage.stamp();
            served(stage, stamp, check == "undetected-delete");
            stage.later(1);
            cursor(stage);
        });
        assert!(sent.contains("was not taken in") && !sent.contains("held"), "{sent}");
    }
}

#[test]
fn a_device_is_not_said_to_have_a_cursor_past_a_row_for_it_may_be_served_by_flags() {
    let told = ending("lost", 0, |stage| {
        stage.office("a1", Some("done"));
        stage.later(1);
        cursor(stage);
    });
    assert!(!told.contains("cursor") && told.contains("moved on without it"), "{told}");
}

#[test]
fn an_edit_that_came_to_the_backend_under_another_key_is_told_to_its_end_and_the_key_is_named() {
    let told = |found| {
        let mut stage = Stage::new();
        let filter = Filter { records: [(VISIT, Key::new("a9"))].into(), found, ..Filter::default() };
        stage.life =
            Some(Life::new(Arc::clone(&stage.schema), Arc::clone(&stage.units), Clock::default(), filter));
        let edit = stage.edit(0, VISIT, "a9", EditKind::Create, vec![(STATUS, Value::text("new"))]);
        stage.later(1);
        let other = Key::new("other");
        stage.emit(0, Event::EditSent { edit, entity: VISIT, key: &other, request: 7 });
        stage.commit(Author::Device(edit), VISIT, "other", Some(visit("a", "new")));
        stage.emit(0, Event::EditAcknowledged { edit, entity: VISIT, key: &other, stamp: Stamp(9) });
        stage.life.take().unwrap().story().lines
    };
    let lines = told(None);
    for part in [
        "edit d0.e0 create visit a9",
        "edit d0.e0 of visit other sent in request 7",
        "visit other committed by edit d0.e0",
        "edit d0.e0 acknowledged",
    ] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part} is not in {lines:#?}");
    }
    let ending = told(Some(("duplicate", Some(DeviceId(0))))).pop().unwrap();
    assert!(
        ending.starts_with("in short: the backend has it under another key too (other, committed at 00:00:"),
        "{ending}"
    );
}

#[test]
fn each_check_on_edits_has_an_ending_of_its_own() {
    let made = ending("lost-edit", 0, |stage| {
        stage.update(0, "a1", "done");
    });
    assert!(made.ends_with("and never sent, and waits no more"), "{made}");
    let waits = ending("stuck", 0, |stage| {
        stage.update(0, "a1", "done");
    });
    assert!(waits.ends_with("and still waits"), "{waits}");
    let believed = ending("acknowledged-without-commit", 0, |stage| {
        let edit = stage.update(0, "a1", "done");
        let (entity, key) = (VISIT, Key::new("a1"));
        stage.emit(0, Event::EditAcknowledged { edit, entity, key: &key, stamp: Stamp(9) });
    });
    assert!(believed.ends_with("but no commit of it exists"), "{believed}");
}

#[test]
fn an_edit_that_fell_off_the_page_is_told_as_that() {
    let told = |check, found_again: bool| {
        ending(check, 0, |stage| {
            let edit = stage.update(0, "a1", "done");
            let (entity, key) = (VISIT, &Key::new("a1"));
            let conflict = Some(Refusal::Stale);
            let kind = EditKind::Update;
            let refused = Event::MutationRefused { edit, entity, key, kind, conflict, holder: None };
            stage.tell(Node::Backend, refused);
            let (kind, decision) = (ConflictKind::UpdateUpdate, Decision::Parked);
            let sides = Sides { local: Stamp(1), remote: stage.stamp(), edited: None };
            stage.emit(0, Event::ConflictDecided { edit, entity, key, kind, decision, sides });
            stage.later(1);
            stage.emit(0, Event::ProcessStarted { incarnation: 1 });
            if found_again {
                stage.emit(0, Event::Page(PageEvent::Open { edit, entity, key }));
            }
            stage.office("a1", Some("later"));
            served(stage, Stamp(9), false);
            stage.later(1);
            cursor(stage);
        })
    };
    for check in ["lost-edit", "silent-discard", "stale", "divergent"] {
        let forgotten = told(check, false);
        for part in ["a person was to decide about edit d0.e0", "started again at 00:00:02.000", "gone"] {
            assert!(forgotten.contains(part), "{check}: {forgotten}");
        }
        assert!(!told(check, true).contains("a person"), "{check}");
    }
}
