use std::sync::Arc;

use super::stage::{SLOT, Stage, UNIT, VISIT};
use super::{assert_only, assert_silent};
use crate::base::{Key, Span, Value};
use crate::contract::{
    AppEvent, Attachment, BlobEvent, BlobId, EditKind, Event, KillReason, Part, PhoneEvent, RequestKind,
    SyncError, Trigger,
};
use crate::oracle::Patience;

/// A stage on whose first phone these triggers start the unit.
fn stage(on: &[Trigger]) -> Stage {
    let mut stage = Stage::new();
    let mut units = stage.oracle.units.to_vec();
    units[usize::from(UNIT.0)].on = on.to_vec();
    stage.oracle.units = Arc::from(units);
    stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(0, Event::ProcessStarted { incarnation: 1 });
    stage
}

fn begins(stage: &mut Stage, run: u64) {
    stage.emit(0, Event::SyncStart { unit: UNIT, run, waited: Span::ZERO });
}

fn ends(stage: &mut Stage, run: u64) {
    stage.emit(0, Event::SyncComplete { unit: UNIT, run, took: Span(1), blocking: false });
}

fn fails(stage: &mut Stage, run: u64) {
    let error = &SyncError::Offline("reset".to_owned());
    stage.emit(0, Event::SyncError { unit: UNIT, run, error });
}

/// An edit is saved while a run is under way, `waits` comes after that, and then it is sent.
fn saved_in_a_run(waits: impl FnOnce(&mut Stage)) -> Stage {
    let mut stage = stage(&[Trigger::Save]);
    begins(&mut stage, 0);
    stage.update(0, "a1", "done");
    ends(&mut stage, 0);
    waits(&mut stage);
    stage.drain();
    stage
}

#[test]
fn an_edit_saved_in_a_run_that_none_follows_is_told_by_name() {
    let stage = saved_in_a_run(|stage| stage.later(540));
    let verdict = stage.verdict();
    assert_only(&verdict, "idle-with-work", 1);
    let text = &verdict.violations[0].text;
    assert!(text.contains("edit d0.e0") && text.contains("visit a1") && text.contains("within 1m"), "{text}");
    assert!(verdict.violations[0].record.is_some());
    assert!(verdict.figures["oracle.idle_with_work.ns"] >= Span::secs(540).0);
}

#[test]
fn only_time_in_which_nothing_stood_in_the_way_counts() {
    let waits: [&dyn Fn(&mut Stage); 4] = [
        &|stage| stage.later(55),
        &|stage| {
            stage.emit(0, Event::LinkDown);
            stage.later(5_400);
            stage.emit(0, Event::LinkUp);
        },
        &|stage| {
            stage.emit(0, Event::SyncStart { unit: super::stage::OTHER_UNIT, run: 1, waited: Span::ZERO });
            stage.later(140);
            let unit = super::stage::OTHER_UNIT;
            stage.emit(0, Event::SyncComplete { unit, run: 1, took: Span(1), blocking: false });
        },
        &|stage| {
            stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
            stage.later(5_400);
            stage.emit(0, Event::ProcessStarted { incarnation: 2 });
        },
    ];
    for wait in waits {
        assert_silent(&saved_in_a_run(wait).verdict());
    }
}

#[test]
fn an_edit_that_may_be_settled_though_nobody_said_so_is_no_work() {
    let mut stage = stage(&[Trigger::Save]);
    stage.update(0, "a1", "done");
    stage.push(0, true);
    stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(0, Event::ProcessStarted { incarnation: 2 });
    stage.later(5_400);
    stage.drain();
    assert_silent(&stage.verdict());
}

#[test]
fn what_failed_is_tried_again_within_its_wait() {
    for (failures, waits, found) in
        [(1, 55, 0), (1, 65, 1), (3, 62, 0), (3, 70, 1), (30, 115, 0), (30, 125, 1)]
    {
        let mut stage = stage(&[]);
        for run in 0..failures {
            begins(&mut stage, run);
            fails(&mut stage, run);
            stage.later(1);
        }
        stage.later(waits);
        begins(&mut stage, failures);
        ends(&mut stage, failures);
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn tries_of_an_attachment_count_as_those_of_a_request() {
    for (tries, found) in [(0, 1), (4, 0)] {
        let mut stage = stage(&[]);
        begins(&mut stage, 0);
        for _ in 0..tries {
            let (key, took) = (Key::new("a1"), Span(1));
            let blob = BlobId::of(VISIT, &key, Part::Whole);
            stage.emit(0, Event::Blob(BlobEvent::Ended { blob, took, in_run: true, served: false }));
        }
        fails(&mut stage, 0);
        stage.later(65);
        begins(&mut stage, 1);
        ends(&mut stage, 1);
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn a_good_run_ends_the_row_of_failures() {
    let mut stage = stage(&[]);
    for run in 0..9 {
        begins(&mut stage, run);
        if run == 7 { ends(&mut stage, run) } else { fails(&mut stage, run) }
    }
    stage.later(65);
    begins(&mut stage, 9);
    ends(&mut stage, 9);
    assert_only(&stage.verdict(), "idle-with-work", 1);
}

#[test]
fn a_trigger_is_answered_by_a_run_and_a_held_back_one_a_little_later() {
    let all = [(AppEvent::Login, Trigger::Login, 65), (AppEvent::Online, Trigger::Online, 125)];
    for (event, trigger, late) in all {
        for (waits, found) in [(late - 10, 0), (late, 1)] {
            let mut stage = stage(&[trigger]);
            stage.emit(0, Event::App(event));
            stage.later(waits);
            begins(&mut stage, 0);
            ends(&mut stage, 0);
            assert_only(&stage.verdict(), "idle-with-work", found);
        }
    }
}

#[test]
fn a_period_counts_while_somebody_looks_at_the_app() {
    for (looks, found) in [(true, 1), (false, 0)] {
        let mut stage = stage(&[Trigger::Every(Span::secs(600))]);
        stage.emit(0, Event::App(AppEvent::Resume));
        if !looks {
            stage.emit(0, Event::App(AppEvent::Pause));
        }
        stage.later(725);
        begins(&mut stage, 0);
        ends(&mut stage, 0);
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn rows_on_the_list_are_tried_again_by_the_next_run() {
    for (tries, found) in [(true, 0), (false, 1)] {
        let mut stage = stage(&[]);
        begins(&mut stage, 0);
        stage.emit(0, Event::RowsFailed { skipped: 0, listed: 2 });
        ends(&mut stage, 0);
        stage.later(1);
        begins(&mut stage, 1);
        if tries {
            stage.emit(0, Event::RowsRetried { left: 2 });
        }
        ends(&mut stage, 1);
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn a_unit_that_another_discards_is_due_again_a_period_later() {
    for (waits, found) in [(715, 0), (725, 1)] {
        let mut stage = stage(&[Trigger::Every(Span::secs(600))]);
        stage.emit(0, Event::App(AppEvent::Resume));
        stage.later(500);
        stage.emit(0, Event::UnitQueued { unit: UNIT, depth: 1 });
        stage.emit(0, Event::UnitDiscarded { unit: UNIT });
        stage.later(waits);
        begins(&mut stage, 0);
        ends(&mut stage, 0);
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn an_edit_behind_an_older_one_that_others_push_is_not_left() {
    for (behind, found) in [(true, 0), (false, 1)] {
        let mut stage = stage(&[]);
        let mut units = stage.oracle.units.to_vec();
        units[usize::from(UNIT.0)].push = vec![VISIT];
        stage.oracle.units = Arc::from(units);
        if behind {
            stage.edit(0, SLOT, "s1", EditKind::Update, vec![(1, Value::text("ward"))]);
        }
        stage.update(0, "a1", "done");
        stage.later(1);
        begins(&mut stage, 0);
        ends(&mut stage, 0);
        stage.later(600);
        stage.drain();
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn a_device_that_awaits_an_answer_outside_of_its_runs_is_not_idle() {
    for (waits, found) in [(205, 0), (215, 1)] {
        let mut stage = stage(&[]);
        let (kind, unit) = (RequestKind::Push, Some(UNIT));
        stage.emit(0, Event::RequestSent { request: 99, kind, unit, bytes: 9, rows: 0, attempt: 0 });
        stage.emit(0, Event::UnitQueued { unit: UNIT, depth: 1 });
        stage.later(waits);
        begins(&mut stage, 0);
        ends(&mut stage, 0);
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn answers_that_put_edits_off_are_tries_as_well() {
    for (waits, found) in [(75, 0), (77, 1)] {
        let mut stage = stage(&[]);
        begins(&mut stage, 0);
        let error = &SyncError::Throttled("2 changes are put off by the server".to_owned());
        stage.emit(0, Event::SyncError { unit: UNIT, run: 0, error });
        stage.later(waits);
        begins(&mut stage, 1);
        ends(&mut stage, 1);
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn who_logs_out_has_time_to_send_first_and_no_more() {
    for (refused, waits, found) in [(false, 620, 0), (false, 640, 1), (true, 70, 1)] {
        let mut stage = stage(&[]);
        stage.emit(0, Event::Phone(PhoneEvent::LogoutAsked));
        stage.emit(0, Event::UnitQueued { unit: UNIT, depth: 1 });
        if refused {
            stage.emit(0, Event::Phone(PhoneEvent::LogoutRefused { edits: 1 }));
        }
        stage.later(waits);
        begins(&mut stage, 0);
        ends(&mut stage, 0);
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}

#[test]
fn a_row_that_waits_for_its_photo_is_not_left() {
    for (holds, found) in [(true, 0), (false, 1)] {
        let mut stage = stage(&[]);
        let Patience::Computed(waits) = &mut stage.oracle.owing.patience else { unreachable!() };
        waits.holds_rows = holds;
        let schema = Arc::make_mut(&mut stage.oracle.schema);
        schema.attachments.push((VISIT, Attachment { least: 1, most: 2, thumbnail: None }));
        stage.update(0, "a1", "done");
        stage.later(1);
        begins(&mut stage, 0);
        ends(&mut stage, 0);
        stage.later(600);
        stage.drain();
        assert_only(&stage.verdict(), "idle-with-work", found);
    }
}
