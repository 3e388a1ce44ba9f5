//! Tests of rows on devices that are lost, stale, duplicated or back after a delete, and for how
//! long.

use super::judge::{judge, verdict};
use super::stage::VISIT;
use crate::base::Key;

#[test]
fn each_check_on_rows_fires_on_what_it_is_named_after() {
    judge(
        "
        => silent
        # Seen half are rows that point to one it lacks; another clinic's is not missed.
        0 shows n1 1 visit=a2; 0 shows n2 1 visit=a2; 0 shows n3 1 visit=a1; 0 shows n4 1 visit=b1;
        0 shows a2 gone
        => lost 1 & oracle.half_seen.rows 2
        # A replaced version is stale whether it is known by content or by date.
        busy: office a1 busy; drain; office a1 done; office a2 done; 0 pulls; 0 shows a1 busy busy;
        0 shows a2 first new; 1 pulls => stale 2
        # What was there at the start is not counted as repeated.
        one: office a1 busy; 0 pulls answered; 0 applied a1 one; two: office a1 done; 0 pulls answered;
        1 pulls answered; 1 applied a2 first; 1 applied a1 two; drain
        => delivered-again 2 & oracle.repeated.rows 2
        office a1 done; drain; 0 shows a1 9999999999 nonsense => divergent 1
        office a1 new hidden=unseen => silent
        1 shows n1 first visit=a1; 1 doubles a1 => duplicate 1
        1 shows n1 first visit=a1; 1 doubles n1 => duplicate 1
        office s2 name=null who=office; office s3 name=null who=office; drain => silent
        office a1 gone; drain; office a1 again; office a1 gone; drain; 0 creates a1 again; drain => silent
        office a1 clinic=b; 1 pulls; 2 pulls; 3 pulls; 0 pulls => silent
        # A row that came on open reads as a version that there was.
        begin: one: office n1 visit=a1; two: office n1 visit=a2; office n2 visit=a1; office n2 gone; drain;
        0 shows n1 two visit=a2 => silent
        0 shows n1 one visit=a1; 0 shows n2 one visit=a1 => silent
        0 shows n1 one visit=a3 => divergent 1
        0 shows n1 two visit=a1 => divergent 1
        0 shows n2 one visit=a2 => divergent 1
        0 shows n3 one visit=a1 => divergent 1
        ",
    );
}

#[test]
fn rows_with_edits_that_wait_are_stuck_and_not_different() {
    let history = "0 sets a1 done; 0 deletes a2; 0 creates a9 clinic=a status=new";
    judge(&format!("{history} => stuck 1"));
    assert_eq!(verdict(history).violations[0].record, Some((VISIT, Key::new("a1"))));
}

/// Row-seconds of lost rows and of stale rows.
fn behind(history: &str) -> (u64, u64) {
    let figures = verdict(history).figures;
    let secs = |name: &str| figures[name] / 1_000_000_000;
    (secs("oracle.lost.row_ns"), secs("oracle.stale.row_ns"))
}

#[test]
fn time_behind_runs_from_when_a_commit_can_be_seen_to_the_change_on_each_device() {
    for (history, lost, stale) in [
        // On the 2 phones, the new row is missing for 11 and 12 s, and the old row is stale for 10
        // and 11 s.
        ("office a9 new; office a1 done; later 9; 0 pulls; 1 pulls; later 500", 11 + 12, 10 + 11),
        // One phone pulled after 1 s, the other never.
        ("office a9 new; 0 pulls; later 8", 1 + 9, 0),
        // The row was missing at the start already.
        ("0 shows a1 gone; later 30", 30, 0),
        // Row b1 moves to the clinic of phones 0 and 1, which do not get it. Phones 2 and 3 keep it
        // stale for 51 s.
        (
            "office b1 done; later 50; office b1 clinic=a status=done; later 5; 0 pulls; 1 pulls; 2 pulls; 3 pulls",
            6 + 7,
            51 + 51,
        ),
        // Only the other phone of the clinic was behind.
        ("0 sets a1 done; 0 pushes; later 10; 1 pulls; later 100; 0 pulls", 0, 12),
    ] {
        assert_eq!(behind(history), (lost, stale), "{history}");
    }
    // Two phones are in the clinic.
    let late = |shows: &str| behind(&format!("drain; late: office a-late new; {shows} later 10; drain")).0;
    assert_eq!(late("") - late("shows-late a-late late 4;"), 2 * 4);
}

#[test]
fn checks_that_had_nothing_to_look_at_are_named() {
    let quiet = verdict("");
    let of_edits = ["lost-edit", "silent-discard", "misfiled", "acknowledged-without-commit"];
    for check in of_edits.into_iter().chain(["sync-loop", "event-without-end"]) {
        assert!(quiet.untried.contains(&check), "{check} of {:?}", quiet.untried);
    }
    assert!(!quiet.untried.contains(&"lost"), "rows are held");
    let untried = verdict("0 sets a1 busy; drain").untried;
    assert!(of_edits.iter().all(|check| !untried.contains(check)), "{untried:?}");
    let mut empty = super::stage::Stage::new();
    empty.backend.rows.clear();
    empty.phones.iter_mut().for_each(|phone| phone.rows.clear());
    let untried = empty.verdict(true).untried;
    assert!(["lost", "stale", "divergent"].iter().all(|check| untried.contains(check)), "{untried:?}");
}

#[test]
fn a_family_is_split_while_what_waited_with_it_is_missing() {
    let copied = "0 sets a1 mine; 1 copies 0; 0 sets n1 visit=a1; later 3";
    for (made, sent, split) in [
        ("0 sets a1 mine; 0 sets n1 visit=a1; later 3", "0 sends 0.0 a1 1;", "3000000000"),
        // When the phone put the request together, the edit did not exist yet.
        ("0 sets a1 mine; later 3; 0 sets n1 visit=a1", "0 sends 0.0 a1 1;", "0"),
        // An edit that is made after the copy (`copied`) does not wait together with the edits of
        // the copy.
        ("0 sets a1 mine; 0 sets n1 visit=a1; 1 copies 0; later 3", "1 sends 0.0 a1 1;", "3000000000"),
        (copied, "0 sends 0.0 a1 1;", "3000000000"),
        (copied, "1 sends 0.0 a1 1;", "0"),
        (copied, "0 sends 0.0 a1 1; 1 sends 0.0 a1 1;", "0"),
        (copied, "1 sends 0.0 a1 1; 0 sends 0.0 a1 1;", "0"),
    ] {
        let commits = "0 commits 0.0 a1 mine; later 2; 0 commits 0.1 n1 visit=a1";
        let families = u8::from(split != "0");
        let figures = format!("oracle.split.families {families} & oracle.split.family_ns {split}");
        judge(&format!("restless; office n1 visit=a1; {made}; {sent} {commits} => {figures}"));
    }
}
