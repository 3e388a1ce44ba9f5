//! Tests of the check on runs that a phone must start: for each way to start a unit, and for its
//! entities to push.

use super::judge::judge;

#[test]
fn an_edit_saved_in_a_run_is_owed_another_in_the_time_in_which_nothing_stands_in_the_way() {
    judge(
        "
        begin: on save; 0 dies; 0 starts; 0 begins A 0; 0 sets a1 done; 0 ends A 0;
        later 540; drain => idle-with-work 1 & oracle.idle_with_work.ns over 540000000000
        later 55; drain => silent
        0 down; later 5400; 0 up; drain => silent
        0 begins B 1; later 140; 0 ends B 1; drain => silent
        0 dies; later 5400; 0 starts; drain => silent
        # It may be settled though nobody said so.
        begin: on save; 0 dies; 0 starts;
        0 sets a1 done; 0 pushes; 0 dies; 0 starts; later 5400; drain => silent
        # A run left it, unless it is behind an older one that others push, or waits for its photo.
        begin: on nothing; only visits; 0 dies; 0 starts;
        0 sets s1 ward; 0 sets a1 done; later 1; 0 begins A 0; 0 ends A 0; later 600; drain
        => idle-with-work 0
        0 sets a1 done; later 1; 0 begins A 0; 0 ends A 0; later 600; drain => idle-with-work 1
        begin: on nothing; photos; 0 dies; 0 starts;
        holds-rows; 0 sets a1 done; later 1; 0 begins A 0; 0 ends A 0; later 600; drain => idle-with-work 0
        0 sets a1 done; later 1; 0 begins A 0; 0 ends A 0; later 600; drain => idle-with-work 1
        ",
    );
}

#[test]
fn what_failed_is_tried_again_within_its_wait() {
    let failures = |runs: std::ops::Range<u64>| -> String {
        runs.map(|run| format!("0 begins A {run}; 0 fails A {run} offline; later 1; ")).collect()
    };
    for (failed, waits, found) in [(1, 55, 0), (1, 65, 1), (3, 62, 0), (3, 70, 1), (8, 115, 0), (8, 125, 1)] {
        let ends = format!("0 begins A {failed}; 0 ends A {failed}");
        judge(&format!("on nothing; {}later {waits}; {ends} => idle-with-work {found}", failures(0..failed)));
    }
    // A run that ends well resets the number of consecutive failures.
    let [before, after] = [failures(0..7), failures(8..9)];
    let good = format!("{before}0 begins A 7; 0 ends A 7; {after}later 64; 0 begins A 9; 0 ends A 9");
    judge(&format!("on nothing; {good} => idle-with-work 1"));
    // A retry of an attachment counts like a retry of a request.
    for (tries, found) in [(0, 1), (4, 0)] {
        let tries = "0 photo-fails; ".repeat(tries);
        let run = format!("0 begins A 0; {tries}0 fails A 0 offline; later 65; 0 begins A 1; 0 ends A 1");
        judge(&format!("on nothing; {run} => idle-with-work {found}"));
    }
}

#[test]
fn what_a_trigger_asks_for_or_waits_is_gone_on_with_in_time() {
    judge(
        "
        on login; 0 login; later 55; 0 begins A 0; 0 ends A 0 => idle-with-work 0
        on login; 0 login; later 65; 0 begins A 0; 0 ends A 0 => idle-with-work 1
        # One that is held back a little later.
        on online; 0 online; later 115; 0 begins A 0; 0 ends A 0 => idle-with-work 0
        on online; 0 online; later 125; 0 begins A 0; 0 ends A 0 => idle-with-work 1
        # A unit is due each period that somebody looks at the app, and a period after it was discarded.
        begin: on 600; 0 resumes;
        later 725; 0 begins A 0; 0 ends A 0 => idle-with-work 1
        0 pauses; later 725; 0 begins A 0; 0 ends A 0 => idle-with-work 0
        later 500; 0 queues A; 0 discards A; later 715; 0 begins A 0; 0 ends A 0 => idle-with-work 0
        later 500; 0 queues A; 0 discards A; later 725; 0 begins A 0; 0 ends A 0 => idle-with-work 1
        # Rows on the list are tried again by the next run.
        begin: on nothing; 0 begins A 0; 0 lists 2; 0 ends A 0; later 1; 0 begins A 1;
        0 ends A 1 => idle-with-work 1
        0 retries 2; 0 ends A 1 => idle-with-work 0
        # Who awaits an answer outside of its runs is not idle.
        begin: on nothing; 0 asks; 0 queues A;
        later 205; 0 begins A 0; 0 ends A 0 => idle-with-work 0
        later 215; 0 begins A 0; 0 ends A 0 => idle-with-work 1
        # Answers that put edits off are tries as well.
        begin: on nothing; 0 begins A 0; 0 fails A 0 put-off;
        later 75; 0 begins A 1; 0 ends A 1 => idle-with-work 0
        later 77; 0 begins A 1; 0 ends A 1 => idle-with-work 1
        # Who logs out has time to send first, and no more.
        begin: on nothing; 0 logs-out; 0 queues A;
        later 620; 0 begins A 0; 0 ends A 0 => idle-with-work 0
        later 640; 0 begins A 0; 0 ends A 0 => idle-with-work 1
        0 stays; later 70; 0 begins A 0; 0 ends A 0 => idle-with-work 1
        ",
    );
}

#[test]
fn a_queue_on_disk_owes_the_next_process_what_waited_long_enough() {
    let ends = "later 70; 0 begins A 1; 0 ends A 1";
    let cut = "0 queues A; 0 begins A 0; later 99; 0 dies; 0 starts";
    for (history, found) in [
        // One violation for the process that died, and one for the next.
        ("0 queues A; later 62; 0 dies; 0 starts", 2),
        ("0 queues A; later 50; 0 dies; 0 starts", 0),
        ("0 queues A; later 62; 0 dies power; 0 starts", 1),
        ("0 queues A; later 62; 0 dies; 0 logged-in 1; 0 starts", 1),
        ("0 queues A; 0 begins A 0; 0 ends A 0; later 99; 0 dies; 0 starts", 0),
        // After a cut, the run may have ended; its end is not reported yet.
        (cut, 0),
        (&*format!("{cut}; 0 fails A 0 interrupted"), 1),
    ] {
        let history = format!("on nothing; keeps-queue; 0 dies; 0 starts; {history}; {ends}");
        judge(&format!("{history} => oracle.idle_with_work.count {found}"));
    }
}
