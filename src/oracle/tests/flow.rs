//! Runs of units: one at a time, in turn, each with its end.

use super::play::{judge, judge_all};

#[test]
fn a_unit_that_runs_twice_at_once_in_one_process_is_found() {
    for (history, found) in [
        ("0 begins A 0; 0 begins A 1; 0 ends A 0; 0 ends A 1", "two-syncs-of-one-unit 1"),
        ("0 begins A 0; 0 restarts; 0 begins A 1; 0 fails A 0 interrupted; 0 ends A 1", "silent"),
        // None of them ends yet.
        ("0 begins A 0; later 10; 0 begins A 1", "oracle.two_syncs_of_one_unit.count 1"),
        // It is called while it runs, and may be while another does or after it has ended.
        (
            "0 begins A 0; 0 calls A; 0 ends A 0; 0 begins A 1; 0 returns A; 0 ends A 1",
            "two-syncs-of-one-unit 2",
        ),
        (
            "0 begins B 0; 0 calls A; 0 ends B 0; 0 returns A; 0 begins A 1; 0 ends A 1; \
             0 calls A; 0 restarts; 0 begins A 2; 0 ends A 2",
            "silent",
        ),
    ] {
        judge(history, found);
    }
}

#[test]
fn a_run_that_ends_twice_or_never_started_is_found() {
    judge("0 begins A 0; 0 ends A 0; 0 ends A 0; 0 ends A 7", "event-without-end 2");
}

#[test]
fn a_power_loss_between_a_commit_and_its_event_is_held_against_nobody() {
    judge("0 begins A 0; 0 restarts power", "silent");
    judge("0 restarts power; 0 fails A 0 interrupted", "silent");
    let ended = "0 begins A 0; 0 ends A 0; 0 restarts power; 0 fails A 0 interrupted";
    judge(ended, "event-without-end 1");
}

#[test]
fn a_run_that_found_no_room_to_begin_may_be_there_after_a_death_that_nobody_can_account_for() {
    let again = "0 restarts; 0 fails A 0 interrupted";
    judge(&format!("0 begins A 0; 0 fails A 0 full; 0 cut; {again}"), "silent");
    judge(&format!("0 begins A 0; 0 fails A 0 full; {again}"), "event-without-end 1");
    judge(&format!("0 begins A 0; 0 fails A 0 interrupted; 0 cut; {again}"), "event-without-end 1");
}

#[test]
fn a_run_that_nobody_heard_of_may_end_when_others_ran_since_and_once() {
    // Run 1 began as the process died, and what the next life wrote of it was lost.
    let skipped = ("0 begins A 0; 0 ends A 0", "0 fails A 1 interrupted");
    let full = ("0 begins A 0; 0 fails A 0 full; 0 begins A 1; 0 fails A 1 full", "0 fails A 0 interrupted");
    let next = "0 restarts; 0 begins A 2; 0 ends A 2";
    for (before, end) in [skipped, full] {
        judge(&format!("{before}; 0 cut; {next}; {end}"), "silent");
        judge(&format!("{before}; 0 cut; {next}; {end}; {end}"), "event-without-end 1");
        judge(&format!("{before}; {next}; {end}"), "event-without-end 1");
    }
}

#[test]
fn a_run_whose_end_the_device_forgot_with_its_power_may_end_again() {
    let two = "0 begins A 0; 0 ends A 0; 0 begins A 1; 0 ends A 1; 0 restarts power; 0 fails A 0 interrupted";
    judge(two, "event-without-end 1");
    judge(&format!("fickle; {two}; 0 begins A 1; 0 ends A 1"), "silent");
    judge("fickle; 0 begins A 0; 0 ends A 0; 0 restarts; 0 fails A 0 interrupted", "event-without-end 1");
}

#[test]
fn a_run_that_a_kill_cut_short_is_ended_by_the_next_life_or_found() {
    judge("0 begins A 0; 0 restarts; 0 fails A 0 interrupted", "silent");
    judge("0 begins A 0; 0 restarts", "event-without-end 1");
    // There was no time to end it.
    judge("restless; 0 begins A 0; 0 restarts", "fires stuck");
}

#[test]
fn a_run_under_way_at_the_end_is_stuck() {
    judge("0 begins A 0", "stuck 1 & ~device 0: Online under way since 00:00:00.000");
}

#[test]
fn units_run_in_the_order_of_the_queue_unless_it_was_emptied() {
    judge("0 queues A; 0 queues B; 0 discards A; 0 begins B 0; 0 ends B 0", "silent");
    judge("0 queues A; 0 queues B; 0 begins B 0; 0 ends B 0", "unit-out-of-order 1");
}

#[test]
fn a_unit_that_starts_itself_for_ever_without_time_passing_is_a_loop() {
    for (between, found) in [
        ("", "sync-loop 1"),
        ("; later 1", "oracle.sync_loop.count 0"),
        ("; 0 resumes", "oracle.sync_loop.count 0"),
    ] {
        let runs: Vec<_> = (0..30).map(|run| format!("0 begins A {run}; 0 ends A {run}{between}")).collect();
        judge(&runs.join(";"), found);
    }
}

#[test]
fn runs_that_hooks_let_follow_each_other_are_a_loop() {
    // After how many runs the network comes, and whether the unit that is triggered waits already.
    for (acts_after, waits, loops) in [(30, false, 1), (9, false, 0), (30, true, 0)] {
        let run = |run: usize| {
            let (this, next) = if run.is_multiple_of(2) { ("A", "B") } else { ("B", "A") };
            // The hook takes its time.
            let ended = format!("0 begins {this} {run}; 0 ends {this} {run}; later 1");
            let (queued, again) = if waits { ("queues", "coalesces") } else { ("", "queues") };
            let queued = if queued.is_empty() { String::new() } else { format!("0 {queued} {next};") };
            let acts = if run % acts_after == acts_after - 1 { "; 0 online" } else { "" };
            format!("{ended}; {queued} 0 triggers {next} after {this} {run}; 0 {again} {next}{acts}")
        };
        let runs: Vec<String> = (0..30).map(run).collect();
        judge(&runs.join(";"), &format!("oracle.sync_loop.count {loops}"));
    }
}

#[test]
fn a_unit_that_is_asked_for_again_keeps_its_place() {
    // Taken, and about to start, when it is asked for again, and once more with the other dropped
    // for it.
    let dropped = "0 queues A; later 1; 0 queues A; 0 begins A 0 1; later 1; 0 queues B; 0 discards B; \
                   0 coalesces A; 0 ends A 0; 0 begins A 1 1; 0 ends A 1; later 1; 0 queues B; 0 begins B 2; 0 ends B 2";
    judge(dropped, "silent");
    // Taken and asked for again in one instant, it has two turns.
    let turns = "0 queues A; 0 queues B; 0 queues A; later 1; 0 begins A 0 1; 0 ends A 0; \
                 0 begins B 1 1; 0 ends B 1; 0 begins A 2 1; 0 ends A 2";
    judge(turns, "silent");
    // Taken at once; its start is told two seconds later, its second turn was asked for before the
    // other's, and a third comes meanwhile.
    let second = "0 queues A; later 1; 0 queues A; 0 queues B; later 1; 0 begins A 0 2; 0 ends A 0; later 1; \
                  0 queues A; later 1; 0 begins A 1 3; 0 ends A 1; 0 begins B 2 3; 0 ends B 2; 0 begins A 3 1; 0 ends A 3";
    judge(second, "silent");
}

#[test]
fn a_unit_put_back_to_the_head_waits_once_if_that_is_told() {
    let edited = "0 coalesces A; 0 sets a1 done;";
    for (told, found) in [("0 coalesces A;", 0), (edited, 0), ("", 1)] {
        // Asked for during the run, which fails.
        let failed =
            "0 queues A; 0 begins A 0; later 1; 0 queues A; 0 queues B; later 1; 0 fails A 0 cancelled";
        let history =
            format!("{failed}; {told} later 1; 0 begins A 1 3; 0 ends A 1; 0 begins B 2 2; 0 ends B 2");
        judge(&history, &format!("oracle.unit_out_of_order.count {found}"));
    }
}

#[test]
fn a_run_that_was_left_open_before_a_backup_is_open_in_it() {
    // Another run was left open since, and is no part of what the device is then.
    for (to, found) in [("now", 1), ("0", 0)] {
        let open = "later 5; 0 begins A 0; 0 restarts; later 5; mark now; later 5; 0 begins A 1";
        let history = format!("{open}; 0 dies; 0 back {to}; 0 starts");
        judge(&history, &format!("oracle.event_without_end.count {found}"));
    }
}

#[test]
fn a_run_that_never_ends_in_a_living_process_is_found() {
    // A run of one request that fails and of which nothing is told.
    let fails = "0 begins A 0; 0 asks; later 30; 0 unanswered";
    judge_all(
        fails,
        &[
            // More than 30 s + 2 min after its last request.
            ("later 900", "oracle.event_without_end.count 1 & ~= 2m30s"),
            ("later 60; 0 begins A 1; 0 ends A 1; later 840", "fires stuck event-without-end & ~= 2m30s"),
            // It was heard of, or waits as long as the server told it to.
            ("later 149", "oracle.event_without_end.count 0"),
            ("0 throttled 3600; 0 waits 3600; later 3740", "oracle.event_without_end.count 0"),
        ],
    );
    // It goes on after a long silence all the same; a wait beyond the ceiling is no sign of life.
    judge("0 begins A 0; later 160; 0 ends A 0", "event-without-end 1");
    judge("0 begins A 0; 0 waits 3600; later 3000; 0 ends A 0", "event-without-end 1");
}

#[test]
fn a_run_of_a_suspended_app_is_not_silent_until_it_goes_on() {
    let suspended = "0 begins A 0; 0 suspends; later 7200; 0 down; 0 continues 7200";
    judge(&format!("{suspended}; later 60; 0 up; 0 ends A 0"), "silent");
    judge(&format!("{suspended}; later 7200; 0 up; 0 ends A 0"), "event-without-end 1");
}
