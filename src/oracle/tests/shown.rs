//! Rows that go back on a device from one commit of its database to the next: phone 0 is shown
//! again what it had moved past, for 30 s; all else ends well.

use super::play::{judge, judge_all, verdict};

const ENDS: &str = "later 30; 0 catches-up; drain";
const TWO: &str = "one: office a1 one; 0 pulls; office a1 two; 0 pulls";

#[test]
fn a_row_that_goes_back_is_told_with_its_time() {
    for older in ["first", "one"] {
        let history = format!("{TWO}; 0 applied a1 {older}; {ENDS}");
        judge(&history, "went-back 1");
        assert!(verdict(&history).figures["oracle.went_back.row_ns"] >= 30_000_000_000);
    }
}

#[test]
fn a_device_that_loses_sight_of_its_own_write_is_told_so() {
    let again = format!("0 applied a1 first; {ENDS}");
    judge_all(
        "later 0",
        &[
            (
                &format!("0 sets a1 mine; 0 pushes; {again}"),
                "own-write-vanished 1 & oracle.went_back.count 1",
            ),
            ("0 deletes a1; 0 pushes; 0 applied a1 first; later 30; 0 pulls", "has own-write-vanished"),
            // Phones of one name are not judged by each other's edits.
            (&format!("1 copies 0; 0 sets a1 mine; 0 pushes; {again}"), "lacks own-write-vanished"),
        ],
    );
}

#[test]
fn what_nobody_misses_does_not_go_back() {
    let same = format!("one: office a1 same; 0 pulls; office a1 same; 0 pulls; 0 applied a1 one; {ENDS}");
    judge(&same, "silent");
    for history in [
        // A backend that goes back takes its devices with it.
        "later 10; office a1 undone; 0 pulls; backend back 5; 0 applied a1 first; later 30; backup a1 new",
        // A device that was put back gets its rows again.
        "later 5; one: office a1 one; 0 pulls; office a1 two; 0 pulls; 0 dies; 0 back 5; 0 applied a1 one",
        // A removal without an end says nothing of versions.
        "office a1 unheard; 0 applied a1 9000000 removed; 0 applied a1 first",
    ] {
        judge(&format!("{history}; {ENDS}"), "oracle.went_back.count 0");
    }
}

#[test]
fn a_row_made_here_is_not_swept_away_by_a_load() {
    for (known, found) in [("", 1), ("office a9 gone;", 0)] {
        let made = format!("0 creates a9 new; 0 pushes; {known} 0 applied a9 0 removed; later 3; 0 pulls");
        judge(&made, &format!("oracle.own_write_vanished.count {found}"));
    }
}
