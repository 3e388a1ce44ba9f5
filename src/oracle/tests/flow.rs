use super::stage::{OTHER_UNIT, Stage, UNIT};
use super::{assert_only, assert_silent};
use crate::base::{Span, UnitId};
use crate::contract::{
    AppEvent, Event, Hook, KillReason, RequestKind, ServerError, SyncError, TransportError, UnitEvent,
};
use crate::oracle::Definition;

impl Stage {
    fn start(&mut self, unit: UnitId, run: u64) {
        self.emit(0, Event::SyncStart { unit, run, waited: Span::ZERO });
    }
    fn complete(&mut self, unit: UnitId, run: u64) {
        self.emit(0, Event::SyncComplete { unit, run, took: Span(1), blocking: false });
    }
    fn restart(&mut self) {
        self.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
        self.emit(0, Event::ProcessStarted { incarnation: 1 });
    }
}

#[test]
fn a_unit_that_runs_twice_at_once_in_one_process_is_found() {
    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    stage.start(UNIT, 1);
    stage.complete(UNIT, 0);
    stage.complete(UNIT, 1);
    assert_only(&stage.verdict(), "two-syncs-of-one-unit", 1);

    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    stage.restart();
    stage.start(UNIT, 1);
    stage.emit(0, Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Interrupted });
    stage.complete(UNIT, 1);
    assert_silent(&stage.verdict());
}

#[test]
fn a_unit_that_is_called_while_it_runs_is_found() {
    let call = |stage: &mut Stage| stage.emit(0, Event::Unit(UnitEvent::Called { unit: UNIT }));
    let back = |stage: &mut Stage| stage.emit(0, Event::Unit(UnitEvent::CameBack { unit: UNIT }));

    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    call(&mut stage);
    stage.complete(UNIT, 0);
    stage.start(UNIT, 1);
    back(&mut stage);
    stage.complete(UNIT, 1);
    assert_only(&stage.verdict(), "two-syncs-of-one-unit", 2);

    let mut stage = Stage::new();
    stage.start(OTHER_UNIT, 0);
    call(&mut stage);
    stage.complete(OTHER_UNIT, 0);
    back(&mut stage);
    stage.start(UNIT, 1);
    stage.complete(UNIT, 1);
    call(&mut stage);
    stage.restart();
    stage.start(UNIT, 2);
    stage.complete(UNIT, 2);
    assert_silent(&stage.verdict());
}

#[test]
fn a_run_that_ends_twice_or_never_started_is_found() {
    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    stage.complete(UNIT, 0);
    stage.complete(UNIT, 0);
    stage.complete(UNIT, 7);
    assert_only(&stage.verdict(), "event-without-end", 2);
}

#[test]
fn a_power_loss_between_a_commit_and_its_event_is_held_against_nobody() {
    let lose_power = |stage: &mut Stage| {
        stage.emit(0, Event::ProcessKilled { reason: KillReason::PowerLoss });
        stage.emit(0, Event::ProcessStarted { incarnation: 1 });
    };
    let interrupted = |run| Event::SyncError { unit: UNIT, run, error: &SyncError::Interrupted };

    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    lose_power(&mut stage);
    assert_silent(&stage.verdict());

    let mut stage = Stage::new();
    lose_power(&mut stage);
    stage.emit(0, interrupted(0));
    assert_silent(&stage.verdict());

    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    stage.complete(UNIT, 0);
    lose_power(&mut stage);
    stage.emit(0, interrupted(0));
    assert_only(&stage.verdict(), "event-without-end", 1);
}

#[test]
fn a_run_that_found_no_room_to_begin_may_be_there_after_a_death_that_nobody_can_account_for() {
    for (cut_short, error, again) in [
        (true, &SyncError::StorageFull, 0),
        (false, &SyncError::StorageFull, 1),
        (true, &SyncError::Interrupted, 1),
    ] {
        let mut stage = Stage::new();
        stage.start(UNIT, 0);
        stage.emit(0, Event::SyncError { unit: UNIT, run: 0, error });
        if cut_short {
            stage.emit(0, Event::CutShort);
        }
        stage.restart();
        stage.emit(0, Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Interrupted });
        let verdict = stage.verdict();
        if again == 0 {
            assert_silent(&verdict);
        } else {
            assert_only(&verdict, "event-without-end", again);
        }
    }
}

#[test]
fn a_run_that_nobody_heard_of_may_end_when_others_ran_since_and_once() {
    let interrupted = |run| Event::SyncError { unit: UNIT, run, error: &SyncError::Interrupted };
    let full = |run| Event::SyncError { unit: UNIT, run, error: &SyncError::StorageFull };
    for (cut_short, ends, found) in [(true, 1, 0), (true, 2, 1), (false, 1, 1)] {
        // Run 1 began as the process died, and what the next life wrote of it was lost.
        let mut skipped = Stage::new();
        skipped.start(UNIT, 0);
        skipped.complete(UNIT, 0);
        let mut full_twice = Stage::new();
        for run in 0..2 {
            full_twice.start(UNIT, run);
            full_twice.emit(0, full(run));
        }
        for (mut stage, run, next) in [(skipped, 1, 2), (full_twice, 0, 2)] {
            if cut_short {
                stage.emit(0, Event::CutShort);
            }
            stage.restart();
            stage.start(UNIT, next);
            stage.complete(UNIT, next);
            (0..ends).for_each(|_| stage.emit(0, interrupted(run)));
            match found {
                0 => assert_silent(&stage.verdict()),
                found => assert_only(&stage.verdict(), "event-without-end", found),
            }
        }
    }
}

#[test]
fn a_run_whose_end_the_device_forgot_with_its_power_may_end_again() {
    for durable in [true, false] {
        let mut stage = Stage::with(durable, Definition::Values);
        for run in 0..2 {
            stage.start(UNIT, run);
            stage.complete(UNIT, run);
        }
        stage.emit(0, Event::ProcessKilled { reason: KillReason::PowerLoss });
        stage.emit(0, Event::ProcessStarted { incarnation: 1 });
        stage.emit(0, Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Interrupted });
        if durable {
            assert_only(&stage.verdict(), "event-without-end", 1);
            continue;
        }
        stage.start(UNIT, 1);
        stage.complete(UNIT, 1);
        assert_silent(&stage.verdict());
    }
    let mut stage = Stage::with(false, Definition::Values);
    stage.start(UNIT, 0);
    stage.complete(UNIT, 0);
    stage.restart();
    stage.emit(0, Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Interrupted });
    assert_only(&stage.verdict(), "event-without-end", 1);
}

#[test]
fn a_run_that_a_kill_cut_short_is_ended_by_the_next_life_or_found() {
    for told in [true, false] {
        let mut stage = Stage::new();
        stage.start(UNIT, 0);
        stage.restart();
        if told {
            stage.emit(0, Event::SyncError { unit: UNIT, run: 0, error: &SyncError::Interrupted });
            assert_silent(&stage.verdict());
        } else {
            assert_only(&stage.verdict(), "event-without-end", 1);
        }
    }
}

#[test]
fn a_run_that_a_kill_cut_short_is_not_held_against_a_device_that_has_no_time_to_end_it() {
    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    stage.restart();
    let verdict = stage.verdict_without_rest();
    assert!(!verdict.violations.is_empty());
    assert!(verdict.violations.iter().all(|found| found.check == "stuck"), "{:?}", verdict.violations);
}

#[test]
fn a_run_under_way_at_the_end_is_stuck() {
    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    let verdict = stage.verdict();
    assert_only(&verdict, "stuck", 1);
    assert_eq!(verdict.violations[0].text, "device 0: Online under way since 00:00:00.000");
}

#[test]
fn units_run_in_the_order_of_the_queue_unless_it_was_emptied() {
    for discarded in [false, true] {
        let mut stage = Stage::new();
        for unit in [UNIT, OTHER_UNIT] {
            stage.emit(0, Event::UnitQueued { unit, depth: 1 });
        }
        if discarded {
            stage.emit(0, Event::UnitDiscarded { unit: UNIT });
        }
        stage.start(OTHER_UNIT, 0);
        stage.complete(OTHER_UNIT, 0);
        if discarded {
            assert_silent(&stage.verdict());
        } else {
            assert_only(&stage.verdict(), "unit-out-of-order", 1);
        }
    }
}

#[test]
fn a_unit_that_starts_itself_for_ever_without_time_passing_is_a_loop() {
    for (pause, person, loops) in [(false, false, 1), (true, false, 0), (false, true, 0)] {
        let mut stage = Stage::new();
        for run in 0..30 {
            stage.start(UNIT, run);
            stage.complete(UNIT, run);
            if pause {
                stage.later(1);
            }
            if person {
                stage.emit(0, Event::App(AppEvent::Resume));
            }
        }
        let verdict = stage.verdict();
        assert_eq!(verdict.figures["oracle.sync_loop.count"], loops, "pause {pause}, person {person}");
        if loops == 1 {
            assert_only(&verdict, "sync-loop", 1);
        }
    }
}

#[test]
fn runs_that_hooks_let_follow_each_other_are_a_loop() {
    // After how many runs the network comes, and whether the unit that is triggered waits already.
    for (acts_after, waits, loops) in [(30, false, 1), (9, false, 0), (30, true, 0)] {
        let mut stage = Stage::new();
        let unit = |run: u64| [UNIT, OTHER_UNIT][run as usize % 2];
        for run in 0..30 {
            let (this, next) = (unit(run), unit(run + 1));
            stage.start(this, run);
            stage.complete(this, run);
            // The hook takes its time.
            stage.later(1);
            if waits {
                stage.emit(0, Event::UnitQueued { unit: next, depth: 1 });
            }
            let hook = Hook::SyncComplete;
            stage.emit(0, Event::HookTriggered { hook, run: Some((this, run)), unit: next });
            let told = match waits {
                true => Event::UnitCoalesced { unit: next },
                false => Event::UnitQueued { unit: next, depth: 1 },
            };
            stage.emit(0, told);
            if run % acts_after == acts_after - 1 {
                stage.emit(0, Event::App(AppEvent::Online));
            }
        }
        let verdict = stage.verdict();
        assert_eq!(verdict.figures["oracle.sync_loop.count"], loops, "{acts_after}, {waits}");
    }
}

#[test]
fn a_unit_that_is_asked_for_again_and_drops_another_keeps_its_place() {
    let mut stage = Stage::new();
    let queued = |unit| Event::UnitQueued { unit, depth: 1 };
    // Taken, and about to start, when it is asked for again, and once more with the other dropped
    // for it.
    stage.emit(0, queued(UNIT));
    stage.later(1);
    stage.emit(0, queued(UNIT));
    stage.emit(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::secs(1) });
    stage.later(1);
    stage.emit(0, queued(OTHER_UNIT));
    stage.emit(0, Event::UnitDiscarded { unit: OTHER_UNIT });
    stage.emit(0, Event::UnitCoalesced { unit: UNIT });
    stage.complete(UNIT, 0);
    stage.emit(0, Event::SyncStart { unit: UNIT, run: 1, waited: Span::secs(1) });
    stage.complete(UNIT, 1);
    stage.later(1);
    stage.emit(0, queued(OTHER_UNIT));
    stage.emit(0, Event::SyncStart { unit: OTHER_UNIT, run: 2, waited: Span::ZERO });
    stage.complete(OTHER_UNIT, 2);
    assert_silent(&stage.verdict());
}

#[test]
fn a_unit_that_is_taken_and_asked_for_again_in_one_instant_has_two_turns() {
    let mut stage = Stage::new();
    for unit in [UNIT, OTHER_UNIT, UNIT] {
        stage.emit(0, Event::UnitQueued { unit, depth: 1 });
    }
    stage.later(1);
    for (run, unit) in [UNIT, OTHER_UNIT, UNIT].into_iter().enumerate() {
        stage.emit(0, Event::SyncStart { unit, run: run as u64, waited: Span::secs(1) });
        stage.complete(unit, run as u64);
    }
    assert_silent(&stage.verdict());
}

#[test]
fn a_unit_that_is_asked_for_again_between_its_turn_and_its_start_waits_a_second_time() {
    let mut stage = Stage::new();
    let queued = |unit| Event::UnitQueued { unit, depth: 1 };
    // Taken at once; its start is told two seconds later.
    stage.emit(0, queued(UNIT));
    stage.later(1);
    stage.emit(0, queued(UNIT));
    stage.emit(0, queued(OTHER_UNIT));
    stage.later(1);
    stage.emit(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::secs(2) });
    stage.complete(UNIT, 0);
    // Its second turn, asked for before the other's; a third comes meanwhile.
    stage.later(1);
    stage.emit(0, queued(UNIT));
    stage.later(1);
    stage.emit(0, Event::SyncStart { unit: UNIT, run: 1, waited: Span::secs(3) });
    stage.complete(UNIT, 1);
    stage.emit(0, Event::SyncStart { unit: OTHER_UNIT, run: 2, waited: Span::secs(3) });
    stage.complete(OTHER_UNIT, 2);
    stage.emit(0, Event::SyncStart { unit: UNIT, run: 3, waited: Span::secs(1) });
    stage.complete(UNIT, 3);
    assert_silent(&stage.verdict());
}

#[test]
fn a_run_that_was_left_open_before_a_backup_is_open_in_it() {
    // Another run was left open since, and is no part of what the device is then.
    for (before, found) in [(true, 1), (false, 0)] {
        let mut stage = Stage::new();
        let early = stage.now();
        stage.later(5);
        stage.start(UNIT, 0);
        stage.restart();
        stage.later(5);
        let to = if before { stage.now() } else { early };
        stage.later(5);
        stage.start(UNIT, 1);
        stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
        stage.emit(0, Event::Restored { to, life: 0 });
        stage.emit(0, Event::ProcessStarted { incarnation: 2 });
        let verdict = stage.verdict();
        assert_eq!(verdict.figures["oracle.event_without_end.count"], found, "{:?}", verdict.violations);
    }
}

/// A run of one request that fails and of which nothing is told.
fn fails_without_a_word(stage: &mut Stage) {
    stage.start(UNIT, 0);
    let kind = RequestKind::Pull;
    stage.emit(0, Event::RequestSent { request: 0, kind, unit: Some(UNIT), bytes: 9, rows: 0, attempt: 0 });
    stage.later(30);
    let error = TransportError::Timeout;
    stage.emit(0, Event::RequestFailed { request: 0, kind, error, took: Span::secs(30), wasted: 9 });
}

#[test]
fn a_run_that_never_ends_in_a_living_process_is_found() {
    for later_runs in [false, true] {
        let mut stage = Stage::new();
        fails_without_a_word(&mut stage);
        stage.later(60);
        if later_runs {
            stage.start(UNIT, 1);
            stage.complete(UNIT, 1);
        }
        // More than 30 s + 2 min after its last request.
        stage.later(840);
        let verdict = stage.verdict();
        let found: Vec<&str> = verdict.violations.iter().map(|v| v.check).filter(|c| *c != "stuck").collect();
        assert_eq!(found, ["event-without-end"], "{:?}", verdict.violations);
        let text = &verdict.violations.last().unwrap().text;
        assert!(text.contains("30s + 2m = 2m30s"), "{text}");
    }
}

#[test]
fn a_run_that_goes_on_is_no_run_without_end() {
    // It was heard of, or waits as long as the server told it to.
    let heard: [&dyn Fn(&mut Stage); 2] = [
        &|stage| {
            stage.later(149);
        },
        &|stage| {
            let (request, wait, kind) = (1, Span::secs(3_600), RequestKind::Pull);
            let error = &ServerError::Throttled(wait);
            stage.emit(0, Event::RequestRefused { request, kind, error, took: Span::ZERO });
            stage.emit(0, Event::RetryScheduled { attempt: 0, wait, in_run: true });
            stage.later(3_740);
        },
    ];
    for hear in heard {
        let mut stage = Stage::new();
        fails_without_a_word(&mut stage);
        hear(&mut stage);
        let verdict = stage.verdict();
        assert_eq!(verdict.figures["oracle.event_without_end.count"], 0, "{:?}", verdict.violations);
    }
}

#[test]
fn a_run_that_goes_on_after_a_long_silence_is_found_all_the_same() {
    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    stage.later(160);
    stage.complete(UNIT, 0);
    assert_only(&stage.verdict(), "event-without-end", 1);
}

#[test]
fn a_wait_beyond_the_ceiling_is_no_sign_of_life() {
    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    stage.emit(0, Event::RetryScheduled { attempt: 0, wait: Span::secs(3_600), in_run: true });
    stage.later(3_000);
    stage.complete(UNIT, 0);
    assert_only(&stage.verdict(), "event-without-end", 1);
}

#[test]
fn two_runs_of_a_unit_of_which_none_ends_yet_are_two_at_once() {
    let mut stage = Stage::new();
    stage.start(UNIT, 0);
    stage.later(10);
    stage.start(UNIT, 1);
    let verdict = stage.verdict();
    assert_eq!(verdict.figures["oracle.two_syncs_of_one_unit.count"], 1, "{:?}", verdict.violations);
}

#[test]
fn a_run_of_a_suspended_app_is_not_silent_until_it_goes_on() {
    let suspended = |after: u64| {
        let mut stage = Stage::new();
        stage.start(UNIT, 0);
        stage.emit(0, Event::Suspended);
        stage.later(7_200);
        stage.emit(0, Event::LinkDown);
        stage.emit(0, Event::Continued { after: Span::secs(7_200) });
        stage.later(after);
        stage.emit(0, Event::LinkUp);
        stage.complete(UNIT, 0);
        stage.verdict()
    };
    assert_silent(&suspended(60));
    assert_only(&suspended(7_200), "event-without-end", 1);
}

#[test]
fn a_unit_put_back_to_the_head_waits_once_if_that_is_told() {
    for (told, edits, out_of_order) in [(true, false, 0), (true, true, 0), (false, false, 1)] {
        let mut stage = Stage::new();
        let queued = |unit| Event::UnitQueued { unit, depth: 1 };
        stage.emit(0, queued(UNIT));
        stage.emit(0, Event::SyncStart { unit: UNIT, run: 0, waited: Span::ZERO });
        stage.later(1);
        // Asked for during the run, which fails.
        stage.emit(0, queued(UNIT));
        stage.emit(0, queued(OTHER_UNIT));
        stage.later(1);
        let error = SyncError::Cancelled;
        stage.emit(0, Event::SyncError { unit: UNIT, run: 0, error: &error });
        if told {
            stage.emit(0, Event::UnitCoalesced { unit: UNIT });
        }
        stage.later(1);
        if edits {
            stage.update(0, "a1", "done");
        }
        stage.emit(0, Event::SyncStart { unit: UNIT, run: 1, waited: Span::secs(3) });
        stage.complete(UNIT, 1);
        stage.emit(0, Event::SyncStart { unit: OTHER_UNIT, run: 2, waited: Span::secs(2) });
        stage.complete(OTHER_UNIT, 2);
        let count = stage.verdict().figures["oracle.unit_out_of_order.count"];
        assert_eq!(count, out_of_order, "told {told}, edits {edits}");
    }
}
