//! Tests of the checks on runs: one run of a unit at a time, in order, each with its end.

use super::judge::judge;

#[test]
fn a_unit_that_runs_twice_at_once_in_one_process_is_found() {
    judge(
        "
        0 begins A 0; 0 restarts; 0 begins A 1; 0 fails A 0 interrupted; 0 ends A 1 => silent
        # None of them ends yet.
        0 begins A 0; later 10; 0 begins A 1 => oracle.two_syncs_of_one_unit.count 1
        # It is called while it runs, and may be while another does or after it has ended.
        0 begins A 0; 0 calls A; 0 ends A 0; 0 begins A 1; 0 returns A; 0 ends A 1 => two-syncs-of-one-unit 2
        0 begins B 0; 0 calls A; 0 ends B 0; 0 returns A; 0 begins A 1; 0 ends A 1; 0 calls A; 0 restarts;
        0 begins A 2; 0 ends A 2 => silent
        ",
    );
}

#[test]
fn a_run_ends_once_unless_a_death_leaves_open_whether_it_did() {
    judge(
        "
        0 begins A 0; 0 restarts; 0 fails A 0 interrupted => silent
        # There was no time to end it.
        restless; 0 begins A 0; 0 restarts => fires stuck
        # A power loss between a commit and its event is held against nobody.
        0 begins A 0; 0 restarts power => silent
        0 restarts power; 0 fails A 0 interrupted => silent
        0 begins A 0; 0 ends A 0; 0 restarts power; 0 fails A 0 interrupted => event-without-end 1
        # A run that found no room to begin may be there after a death that nobody can account for.
        0 begins A 0; 0 fails A 0 full; 0 cut; 0 restarts; 0 fails A 0 interrupted => silent
        0 begins A 0; 0 fails A 0 full; 0 restarts; 0 fails A 0 interrupted => event-without-end 1
        0 begins A 0; 0 fails A 0 interrupted; 0 cut; 0 restarts; 0 fails A 0 interrupted
        => event-without-end 1
        # Its end the device forgot with its power.
        begin: 0 begins A 0; 0 ends A 0; 0 begins A 1; 0 ends A 1; 0 restarts power; 0 fails A 0 interrupted;
        => event-without-end 1
        begin: fickle; 0 begins A 0; 0 ends A 0;
        0 begins A 1; 0 ends A 1; 0 restarts power; 0 fails A 0 interrupted; 0 begins A 1; 0 ends A 1
        => silent
        0 restarts; 0 fails A 0 interrupted => event-without-end 1
        ",
    );
    // A run without a reported start may end after later runs, but only once. Run 1 started just
    // before the process died, and the next process lost its report.
    let skipped = ("0 begins A 0; 0 ends A 0", "0 fails A 1 interrupted");
    let full = ("0 begins A 0; 0 fails A 0 full; 0 begins A 1; 0 fails A 1 full", "0 fails A 0 interrupted");
    let next = "0 restarts; 0 begins A 2; 0 ends A 2";
    for (before, end) in [skipped, full] {
        judge(&format!("{before}; 0 cut; {next}; {end} => silent"));
        judge(&format!("{before}; 0 cut; {next}; {end}; {end} => event-without-end 1"));
        judge(&format!("{before}; {next}; {end} => event-without-end 1"));
    }
}

#[test]
fn a_run_that_was_left_open_before_a_backup_is_open_in_it() {
    // Another run was left open after the backup, so it is not part of the restored state.
    judge(
        "
        begin: later 5; 0 begins A 0; 0 restarts; later 5; mark now; later 5; 0 begins A 1; 0 dies;
        0 back now; 0 starts => oracle.event_without_end.count 1
        0 back 0; 0 starts => oracle.event_without_end.count 0
        ",
    );
}

#[test]
fn a_unit_that_starts_itself_for_ever_without_time_passing_is_a_loop() {
    for (between, loops) in [("", 1), ("; later 1", 0), ("; 0 resumes", 0)] {
        let runs: Vec<_> = (0..30).map(|run| format!("0 begins A {run}; 0 ends A {run}{between}")).collect();
        judge(&format!("{} => oracle.sync_loop.count {loops}", runs.join(";")));
    }
    // The same for runs that start each other by hooks. `acts_after`: the network comes after this
    // many runs. `waits`: the triggered unit is already in the queue.
    for (acts_after, waits, loops) in [(30, false, 1), (9, false, 0), (30, true, 0)] {
        let run = |run: usize| {
            let (this, next) = if run.is_multiple_of(2) { ("A", "B") } else { ("B", "A") };
            // The hook takes 1 second.
            let ended = format!("0 begins {this} {run}; 0 ends {this} {run}; later 1");
            let (queued, again) =
                if waits { (format!("0 queues {next};"), "coalesces") } else { (String::new(), "queues") };
            let acts = if run % acts_after == acts_after - 1 { "; 0 online" } else { "" };
            format!("{ended}; {queued} 0 triggers {next} after {this} {run}; 0 {again} {next}{acts}")
        };
        let runs: Vec<String> = (0..30).map(run).collect();
        judge(&format!("{} => oracle.sync_loop.count {loops}", runs.join(";")));
    }
}

#[test]
fn units_run_in_the_order_of_the_queue_unless_it_was_emptied() {
    judge(
        "
        0 queues A; 0 queues B; 0 discards A; 0 begins B 0; 0 ends B 0 => silent
        # Who is asked for again keeps its place: taken, and about to start, when that comes, and once more
        # with the other dropped for it.
        0 queues A; later 1; 0 queues A; 0 begins A 0 1; later 1; 0 queues B; 0 discards B; 0 coalesces A;
        0 ends A 0;
        0 begins A 1 1; 0 ends A 1; later 1; 0 queues B; 0 begins B 2; 0 ends B 2 => silent
        # Taken and asked for again in one instant, it has two turns.
        0 queues A; 0 queues B; 0 queues A; later 1; 0 begins A 0 1; 0 ends A 0; 0 begins B 1 1; 0 ends B 1;
        0 begins A 2 1; 0 ends A 2 => silent
        # Taken at once;
        # its start is told two seconds later, its second turn was asked for before the other's,
        # and a third comes meanwhile.
        0 queues A; later 1; 0 queues A; 0 queues B; later 1; 0 begins A 0 2; 0 ends A 0; later 1;
        0 queues A; later 1;
        0 begins A 1 3; 0 ends A 1; 0 begins B 2 3; 0 ends B 2; 0 begins A 3 1; 0 ends A 3 => silent
        # Asked for during the run, which fails: put back to the head it waits once, if that is told.
        begin: 0 queues A; 0 begins A 0; later 1; 0 queues A; 0 queues B; later 1; 0 fails A 0 cancelled;
        0 coalesces A; later 1; 0 begins A 1 3; 0 ends A 1; 0 begins B 2 2; 0 ends B 2
        => oracle.unit_out_of_order.count 0
        0 coalesces A; 0 sets a1 done; later 1; 0 begins A 1 3; 0 ends A 1; 0 begins B 2 2; 0 ends B 2
        => oracle.unit_out_of_order.count 0
        later 1; 0 begins A 1 3; 0 ends A 1; 0 begins B 2 2; 0 ends B 2 => oracle.unit_out_of_order.count 1
        ",
    );
}

#[test]
fn a_run_that_never_ends_in_a_living_process_is_found() {
    judge(
        "
        # A run of one request that fails and of which nothing is told, for more than 30 s + 2 min.
        begin: 0 begins A 0; 0 asks; later 30; 0 unanswered;
        later 900 => oracle.event_without_end.count 1
        later 60; 0 begins A 1; 0 ends A 1; later 840 => fires stuck event-without-end
        # It was heard of, or waits as long as the server told it to.
        later 149 => oracle.event_without_end.count 0
        0 throttled 3600; 0 waits 3600; later 3740 => oracle.event_without_end.count 0
        # A wait beyond the ceiling is no sign of life.
        begin:
        0 begins A 0; 0 waits 3600; later 3000; 0 ends A 0 => event-without-end 1
        # One of a suspended app is not silent until that goes on.
        begin: 0 begins A 0; 0 suspends; later 7200; 0 down; 0 continues 7200;
        later 60; 0 up; 0 ends A 0 => silent
        later 7200; 0 up; 0 ends A 0 => event-without-end 1
        ",
    );
}

#[test]
fn a_cursor_is_moved_by_its_own_unit_and_no_other() {
    let (shared, moved) = ("all/v=1 all/s=1", "all/v=2 all/s=1");
    for (ran, before, after, dates, found) in [
        ("A", shared, moved, [1, 1], 0),
        // The unit that ran brings only some columns, or the cursor is of another entity.
        ("B", shared, moved, [1, 1], 1),
        ("A", shared, "all/v=1 all/s=2", [1, 1], 1),
        ("B", "", "B/v=1", [1, 1], 0),
        ("A", "", "B/v=1", [1, 1], 1),
        // In order: the cursor is gone; another unit's date moved; the unit's own date moved.
        ("B", "A/v=1", "", [1, 1], 1),
        ("B", shared, shared, [1, 2], 1),
        ("A", shared, shared, [1, 2], 0),
    ] {
        let [before, after] =
            [(before, dates[0]), (after, dates[1])].map(|(at, date)| format!("0 cursors {at} A={date}"));
        let died = format!("0 begins {ran} 1; 0 dies; {after}; 0 fails {ran} 1 interrupted; {after}");
        judge(&format!("splash; restless; {before}; {died} => oracle.stranger.cursors {found}"));
    }
}
