//! Tests of the checks on repeated rows, and on requests without a reason or without a wait.

use super::judge::judge;

#[test]
fn a_version_that_comes_twice_by_one_cursor_is_found() {
    // Each response has a version of a1, and then the cursor after it.
    let [one, two] = [200, 300].map(|stamp| format!("0 answered pull 1; 0 applied a1 {stamp}; 0 cursor;"));
    let cut = "0 answered pull 1; 0 applied a1 200;";
    let pushed = "0 answered push 1; 0 applied a1 200;";
    let begins = "0 begins A 0;";
    let listed = "0 lists 1; 0 retries";
    for (history, found) in [
        (format!("{one} {two} {two}"), 1),
        // The phone dropped its cursor, or the server let it expire.
        (format!("{one} 0 resets; {one}"), 0),
        (format!("{one} 0 expires; {one}"), 0),
        (format!("{cut} 0 restarts; {one}"), 0),
        (format!("{one} 0 restarts; {one}"), 1),
        (format!("{begins} {cut} 0 fails A 0 offline; {one}"), 0),
        // The row was removed in between, or came in a push response.
        (format!("{one} 0 answered pull 1; 0 applied a1 250 removed; {one}"), 0),
        (format!("{pushed} {one}"), 0),
        (format!("{pushed} {one} {one}"), 1),
        // No cursor after the row is stored, and the run continues.
        (format!("{begins} {cut} {cut}"), 0),
        (format!("{begins} {cut} 0 ends A 0; 0 begins A 1; {cut}"), 1),
        // Rows that are applied before a run's first response, or while rows are deferred, came
        // with an earlier response.
        (format!("{begins} 0 applied a1 200; {one} 0 ends A 0; 0 begins A 1; 0 applied a1 200"), 0),
        (format!("{one} {listed} 1; 0 applied a1 200"), 0),
        (format!("{one} {listed} 0; 0 applied a1 200"), 1),
    ] {
        let history = format!("it: office a1 done; office a1 busy; {history}");
        judge(&format!("{history} => oracle.delivered_again.rows {found}"));
    }
    let unpromised = "oracle.delivered_again.rows 1 & lacks delivered-again";
    judge(&format!("repeats; office a1 done; office a1 busy; {one} {one} => {unpromised}"));
}

/// Two units with 2 entities each send 6 requests per sync. The start has asked for 1 sync.
#[test]
fn answers_that_nobody_asked_for_are_told_unless_they_are_worth_it() {
    let times = |step: &str, n: usize| format!("{step};").repeat(n);
    for (history, found) in [
        (times("0 answered pull 0", 6), 0),
        (times("0 answered pull 0", 7), 1),
        // Rows in a response justify another request. Rows that the server only scanned do, too.
        (times("0 answered pull 3", 50) + &times("0 answered pull 0", 6), 0),
        (times("looked 5; 0 answered pull 0", 50), 0),
        // A push that settles no edit does not justify another push.
        (times("0 answered push 3", 7), 1),
        // A record may be fetched as often as there are allowed tries.
        ("0 asked;".to_owned() + &times("0 fails fetch", 5), 0),
        ("0 asked;".to_owned() + &times("0 fails fetch", 6), 1),
    ] {
        judge(&format!("doubles; {history} => oracle.request_storm.devices {found}"));
    }
}

#[test]
fn tries_that_do_not_wait_are_told_unless_somebody_asks_for_them() {
    for (first, again, found) in [
        // A retry in the same run, by another run, or of postponed edits.
        ("0 begins A 0", "0 fails pull", 1),
        ("0 begins A 0", "0 fails pull; later 4", 0),
        ("later 0", "0 begins A 0; 0 fails pull; 0 fails A 0 offline", 1),
        ("later 0", "0 begins A 0; 0 fails pull; 0 fails A 0 offline; later 4", 0),
        ("later 0", "0 asked; 0 begins A 0; 0 fails pull; 0 fails A 0 offline", 0),
        ("0 begins A 0", "puts-off 0.7; 0 answered push 1", 1),
        ("0 begins A 0", "puts-off 0.7; 0 answered push 1; later 4", 0),
        // A person may ask for a logout again without a wait.
        ("later 0", &*"0 fails push; later 1;".repeat(5), 1),
        ("later 0", &*format!("0 logs-out; {}", "0 fails push; later 1;".repeat(5)), 0),
    ] {
        let history = format!("doubles; restless; {first}; {}", format!("{again};").repeat(60));
        judge(&format!("{history} => oracle.request_storm.devices {found}"));
    }
}

#[test]
fn a_status_is_shown_while_it_holds_and_not_longer() {
    judge(
        "
        begin: restless; 0 shows-as idle 0;
        0 sets a1 x; later 300; 0 shows-as idle 1; later 300 => oracle.wrong_status.count 1
        # What is wrong for a moment is not counted, and for less than the bound is none.
        0 sets a1 x; moment; 0 shows-as idle 1; later 500 => oracle.status.wrong 0
        0 sets a1 x; later 119; 0 shows-as idle 1
        => oracle.wrong_status.count 0 & oracle.status.wrong 119000000000
        0 shows-as offline; 0 down; later 200; 0 up => oracle.wrong_status.count 0
        0 shows-as idle 0; 0 down; later 200 => oracle.wrong_status.count 1
        0 shows-as offline; later 200 => oracle.wrong_status.count 1
        0 shows-as idle 0; later 200 => oracle.wrong_status.count 0
        0 shows-as conflict; 0 opens 0.7 a1; later 200 => oracle.wrong_status.count 0
        0 opens 0.7 a1; later 200 => oracle.wrong_status.count 1
        0 shows-as conflict; later 200 => oracle.wrong_status.count 1
        # A run that failed is shown until one ends well.
        0 begins A 1; 0 fails A 1 offline; 0 shows-as failed; later 200 => oracle.wrong_status.count 0
        0 begins A 1; 0 fails A 1 offline; 0 shows-as idle 0; later 200 => oracle.wrong_status.count 1
        0 begins A 1; 0 ends A 1; 0 shows-as failed; later 200 => oracle.wrong_status.count 1
        # An edit that was sent before a death may wait or not.
        begin: restless; 0 shows-as idle 0; 0 sets a1 x; 0 shows-as idle 1; 0 sends 0.0 a1; 0 dies;
        also: later 1000; 0 starts;
        0 shows-as idle 0; later 200; 0 drops => oracle.wrong_status.count 0
        0 shows-as idle 1; later 200 => oracle.wrong_status.count 0
        0 shows-as idle 2; later 200; 0 shows-as idle 1 => oracle.wrong_status.count 1
        # Five tries of 30 s, waits of 15 s in all, and two minutes for the disk.
        begin: restless; 0 shows-as idle 0; 0 begins A 1; 0 shows-as syncing
        0 0; later 280; 0 fails A 1 offline; 0 shows-as failed => oracle.wrong_status.count 0
        0 0; later 290; 0 fails A 1 offline; 0 shows-as failed => oracle.wrong_status.count 1
        0 0; 0 throttled 600; later 700 => oracle.wrong_status.count 0
        # Progress goes on, ends at a hundred, and begins again with another run.
        50 5; 0 shows-as syncing 60 9 => oracle.wrong_status.count 0
        50 5; 0 shows-as syncing 40 9 => oracle.wrong_status.count 1
        50 5; 0 shows-as syncing 60 4 => oracle.wrong_status.count 1
        50 5; 0 shows-as syncing 101 9 => oracle.wrong_status.count 1
        50 5; 0 ends A 1; 0 begins A 2; 0 shows-as syncing 0 0 => oracle.wrong_status.count 0
        # It stands while rows come.
        0 0; 0 applied a1 150; later 50; 0 applied a1 150; later 50; 0 applied a1 150; later 50
        => oracle.wrong_status.count 1
        0 0; 0 applied a1 150; 0 shows-as syncing 0 1; later 50; 0 applied a1 150; 0 shows-as syncing 0 2;
        later 50;
        0 applied a1 150; 0 shows-as syncing 0 3; later 50 => oracle.wrong_status.count 0
        ",
    );
    // If the app shows another state only for a moment, the error continues.
    let flash = |run: u32| {
        let synced = format!("0 begins A {run}; 0 shows-as syncing 0 0; later 1; 0 ends A {run}");
        format!("0 shows-as failed; later 60; {synced}; ")
    };
    let flashes: String = (0..10).map(flash).collect();
    judge(&format!(
        "restless; 0 shows-as idle 0; {flashes} 0 shows-as idle 0 => oracle.wrong_status.count 1"
    ));
}
