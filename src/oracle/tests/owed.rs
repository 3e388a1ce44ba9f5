use std::sync::Arc;

use super::play::play_on;
use super::stage::{Stage, UNIT, VISIT};
use super::{assert_only, assert_silent};
use crate::base::Span;
use crate::contract::{Attachment, Event, KillReason, SyncUnit, Trigger};
use crate::oracle::Patience;

/// A stage whose first phone has this of its unit.
fn stage_with(change: impl FnOnce(&mut SyncUnit)) -> Stage {
    let mut stage = Stage::new();
    let mut units = stage.oracle.units.to_vec();
    change(&mut units[usize::from(UNIT.0)]);
    stage.oracle.units = Arc::from(units);
    stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(0, Event::ProcessStarted { incarnation: 1 });
    stage
}

/// A stage on whose first phone these triggers start the unit.
fn stage(on: &[Trigger]) -> Stage {
    stage_with(|unit| unit.on = on.to_vec())
}

/// How often a phone was idle with work, in a history with a good run at its end.
#[track_caller]
fn judge(on: &[Trigger], history: &str, found: u64) {
    let run = history.matches("begins A").count();
    let stage = play_on(stage(on), &format!("{history}; 0 begins A {run}; 0 ends A {run}"));
    assert_only(&stage.verdict(), "idle-with-work", found);
}

/// An edit is saved while a run is under way, `waits` comes after that, and then it is sent.
fn saved_in_a_run(waits: &str) -> Stage {
    let history = format!("0 begins A 0; 0 sets a1 done; 0 ends A 0; {waits}; drain");
    play_on(stage(&[Trigger::Save]), &history)
}

#[test]
fn an_edit_saved_in_a_run_that_none_follows_is_told_by_name() {
    let verdict = saved_in_a_run("later 540").verdict();
    assert_only(&verdict, "idle-with-work", 1);
    let text = &verdict.violations[0].text;
    assert!(text.contains("edit d0.e0") && text.contains("visit a1"), "{text}");
    assert!(verdict.violations[0].record.is_some());
    assert!(verdict.figures["oracle.idle_with_work.ns"] >= Span::secs(540).0);
}

#[test]
fn only_time_in_which_nothing_stood_in_the_way_counts() {
    for waits in [
        "later 55",
        "0 down; later 5400; 0 up",
        "0 begins B 1; later 140; 0 ends B 1",
        "0 dies; later 5400; 0 starts",
    ] {
        assert_silent(&saved_in_a_run(waits).verdict());
    }
}

#[test]
fn an_edit_that_may_be_settled_though_nobody_said_so_is_no_work() {
    let history = "0 sets a1 done; 0 pushes; 0 dies; 0 starts; later 5400; drain";
    assert_silent(&play_on(stage(&[Trigger::Save]), history).verdict());
}

/// So many runs that fail one after the other.
fn failures(runs: std::ops::Range<u64>) -> String {
    runs.map(|run| format!("0 begins A {run}; 0 fails A {run} offline; later 1; ")).collect()
}

#[test]
fn what_failed_is_tried_again_within_its_wait() {
    for (failed, waits, found) in [(1, 55, 0), (1, 65, 1), (3, 62, 0), (3, 70, 1), (30, 115, 0), (30, 125, 1)]
    {
        judge(&[], &format!("{}later {waits}", failures(0..failed)), found);
    }
}

#[test]
fn tries_of_an_attachment_count_as_those_of_a_request() {
    for (tries, found) in [(0, 1), (4, 0)] {
        let tries = "0 photo-fails; ".repeat(tries);
        judge(&[], &format!("0 begins A 0; {tries}0 fails A 0 offline; later 65"), found);
    }
}

#[test]
fn a_good_run_ends_the_row_of_failures() {
    let [before, after] = [failures(0..7), failures(8..9)];
    judge(&[], &format!("{before}0 begins A 7; 0 ends A 7; {after}later 64"), 1);
}

#[test]
fn a_trigger_is_answered_by_a_run_and_a_held_back_one_a_little_later() {
    for (event, trigger, late) in [("login", Trigger::Login, 65), ("online", Trigger::Online, 125)] {
        for (waits, found) in [(late - 10, 0), (late, 1)] {
            judge(&[trigger], &format!("0 {event}; later {waits}"), found);
        }
    }
}

#[test]
fn a_unit_is_due_each_period_that_somebody_looks_at_the_app() {
    for (history, found) in [
        ("0 resumes; later 725", 1),
        ("0 resumes; 0 pauses; later 725", 0),
        // One that another discards is due again a period later.
        ("0 resumes; later 500; 0 queues A; 0 discards A; later 715", 0),
        ("0 resumes; later 500; 0 queues A; 0 discards A; later 725", 1),
    ] {
        judge(&[Trigger::Every(Span::secs(600))], history, found);
    }
}

#[test]
fn what_waits_is_gone_on_with_in_time() {
    for (history, found) in [
        // Rows on the list are tried again by the next run.
        ("0 begins A 0; 0 lists 2; 0 ends A 0; later 1", 1),
        // Who awaits an answer outside of its runs is not idle.
        ("0 asks; 0 queues A; later 205", 0),
        ("0 asks; 0 queues A; later 215", 1),
        // Answers that put edits off are tries as well.
        ("0 begins A 0; 0 fails A 0 put-off; later 75", 0),
        ("0 begins A 0; 0 fails A 0 put-off; later 77", 1),
        // Who logs out has time to send first, and no more.
        ("0 logs-out; 0 queues A; later 620", 0),
        ("0 logs-out; 0 queues A; later 640", 1),
        ("0 logs-out; 0 queues A; 0 stays; later 70", 1),
    ] {
        judge(&[], history, found);
    }
    let tried = "0 begins A 0; 0 lists 2; 0 ends A 0; later 1; 0 begins A 1; 0 retries 2; 0 ends A 1";
    assert_only(&play_on(stage(&[]), tried).verdict(), "idle-with-work", 0);
}

const LEFT: &str = "0 sets a1 done; later 1; 0 begins A 0; 0 ends A 0; later 600; drain";

#[test]
fn an_edit_behind_an_older_one_that_others_push_is_not_left() {
    for (older, found) in [("0 sets s1 ward; ", 0), ("", 1)] {
        let stage = stage_with(|unit| (unit.on, unit.push) = (Vec::new(), vec![VISIT]));
        let verdict = play_on(stage, &format!("{older}{LEFT}")).verdict();
        assert_only(&verdict, "idle-with-work", found);
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
        assert_only(&play_on(stage, LEFT).verdict(), "idle-with-work", found);
    }
}
