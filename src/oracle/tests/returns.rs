//! Edits of devices and backends that go back to a backup.

use super::play::{judge, judge_all};

/// Phone 0's edit has won a conflict after the mark `before`; the edit waits still.
const WON: &str =
    "ahead; 0 sets a1 mine; office a1 theirs; mark before; later 5; 0 pushes; later 5; mark after";
/// Phone 0 and its copy commit an edit each, the copy's on top of the other.
const BOTH: &str =
    "1 sets a1 mine; 0 commits 0.0 a1 theirs; 0 acks 0.0; 1 commits 1.0 a1 mine; 1 acks 1.0; drain";

#[test]
fn an_edit_that_went_with_its_device_s_state_is_counted_and_not_lost() {
    let edited = "later 5; 0 sets a1 done; 0 drops; 0 dies; 0 back 0; 0 takes scope";
    judge(edited, "silent & oracle.taken_back.edits 1");
    let before = "0 sets a1 done; later 10; 0 dies; 0 back 6; 0 drops";
    judge(before, "lost-edit 1 & oracle.taken_back.edits 0");
}

#[test]
fn what_a_device_decided_after_its_backup_is_in_no_log_of_its_and_no_silent_discard() {
    // A gateway has it, and brings it to the backend.
    for (to, silent) in [("before", 0), ("after", 1)] {
        let history = format!("{WON}; 0 forgets; 0 dies; 0 back {to}; 0 pushes; drain");
        judge(&history, &format!("oracle.silent_discard.count {silent}"));
    }
    for (forgets, silent) in [("", 0), ("0 forgets;", 1)] {
        let again =
            format!("{WON}; later 5; {forgets} 0 dies; 0 back before; 0 dies; 0 back after; 0 pushes; drain");
        judge(&again, &format!("oracle.silent_discard.count {silent}"));
    }
}

#[test]
fn an_edit_that_won_in_a_life_that_is_over_brings_its_row_back_openly() {
    for (won, found) in [("0 decides 0.0 a1 deleted local;", 0), ("", 1)] {
        let edited = format!("later 5; 0 sets a1 mine; office a1 gone; {won}");
        let history = format!("{edited} 0 dies; 0 back 0; 0 drops; 0 commits 0.0 a1 mine; drain");
        judge(&history, &format!("oracle.resurrected.rows {found}"));
    }
}

#[test]
fn an_edit_that_went_with_the_backend_is_counted_and_may_be_committed_again() {
    // A backup is of the instant as it began.
    for (later, back, found) in [
        (1, "backend back 0;", "silent & oracle.taken_back.edits 1"),
        (0, "backend back 0;", "silent & oracle.taken_back.edits 1"),
        (1, "", "has resurrected & oracle.taken_back.edits 0"),
    ] {
        let made = "0 creates a9 clinic=a status=new doctor=null; 0 pushes unheard";
        let history =
            format!("later {later}; {made}; {back} backup a9 gone; 0 commits 0.0 a9 like a9; drain");
        judge(&history, found);
    }
}

#[test]
fn a_create_that_its_person_did_not_see_saved_may_be_committed_again_after_its_commit_went_with_the_backend()
{
    for (kind, found) in [("create", "silent"), ("update", "resurrected 1")] {
        let missed =
            format!("later 1; 0 misses 0.0 a9 {kind} clinic=a status=new; 0 commits 0.0 a9 new; later 1");
        judge(&format!("{missed}; backend back 0; backup a9 gone; 0 commits 0.0 a9 new; drain"), found);
    }
}

#[test]
fn a_version_that_went_with_the_backend_was_not_replaced_unseen() {
    let (start, office) =
        ("later 4; backend back 0; backup a1 new", "later 4; backend back 3; backup a1 theirs");
    for (backups, found) in [
        (start.to_owned(), "silent"),
        (office.to_owned(), "silent-discard 1"),
        (format!("{start}; {office}"), "silent-discard 1"),
        (format!("{office}; {start}"), "silent"),
    ] {
        let edited = "0 sets a1 mine; office a1 theirs";
        judge(&format!("{edited}; {backups}; 0 commits 0.0 a1 mine; 0 acks 0.0; drain"), found);
    }
}

#[test]
fn a_copy_of_a_device_has_seen_what_that_had_and_nothing_more() {
    let copy = "1 becomes 0; 1 takes 0; 1 overwrites a1 mine; drain";
    judge(&format!("office a1 theirs; 0 pulls; {copy}"), "silent");
    judge(&format!("office a1 theirs; 0 pulls; office a1 again; {copy}"), "silent-discard 1");
    judge(&format!("0 sets a1 theirs; later 1; 1 becomes 0; later 1; {BOTH}"), "silent");
    judge(&format!("later 1; 1 becomes 0; later 1; 0 sets a1 theirs; {BOTH}"), "silent-discard 1");
}

#[test]
fn an_edit_that_was_being_saved_is_in_a_copy_whether_its_person_sees_that_or_not() {
    // Without the word nobody knows that the copy has it.
    for (copied, then, found) in [
        ("1 copies 0 saving 0.0 a1 update theirs", "makes", "silent"),
        ("1 copies 0 saving 0.0 a1 update theirs", "misses", "silent"),
        ("1 copies 0", "makes", "has silent-discard"),
    ] {
        let history = format!(
            "1 dies; {copied}; 1 starts; 1 sets a1 mine; 0 commits 0.0 a1 theirs; 1 commits 1.0 a1 mine; \
             1 acks 1.0; later 1; 0 {then} 0.0 a1 update theirs; drain"
        );
        judge(&history, found);
    }
}

#[test]
fn an_edit_that_its_person_did_not_see_saved_may_come_with_a_later_copy() {
    let miss = "0 misses 0.0 a1 update theirs; later 1;";
    let commit = "1 sets a1 mine; 0 commits 0.0 a1 theirs; 1 commits 1.0 a1 mine; 1 acks 1.0; drain";
    judge(&format!("{miss} 1 becomes 0; later 1; {commit}"), "silent");
    judge(&format!("1 becomes 0; later 1; {miss} {commit}"), "silent-discard 1");
}

#[test]
fn what_a_device_held_untold_it_holds_again_after_it_was_a_copy_of_one_that_died_before() {
    for (died, found) in [("1 cut;", "silent"), ("", "silent-discard 1")] {
        let held =
            format!("0 cut; later 5; office a1 theirs; later 1; {died} 1 dies; later 5; mark to; later 5");
        let history =
            format!("{held}; 1 copies 0; later 5; 1 back to; 1 starts; 1 overwrites a1 mine; drain");
        judge(&history, found);
    }
}

#[test]
fn an_edit_that_came_back_is_lost_as_ever() {
    for came_back in
        ["1 copies 0; later 5; 0 dies; 0 back 0; 0 copies 1", "0 dies; 0 back 0; 0 dies; 0 back 11"]
    {
        let history = format!("later 5; 0 sets a1 mine; later 10; {came_back}; 0 drops");
        judge(&history, "lost-edit 1 & oracle.taken_back.edits 0");
    }
}

#[test]
fn what_was_overwritten_before_a_backup_is_in_its_log() {
    // Decided by a rule, or committed blindly, before the backup or after it.
    for decided in ["0 overwrites a1 mine", "0 sets a1 mine; 0 pushes; drain"] {
        for (to, silent) in [("now", 1), ("0", 0)] {
            let history =
                format!("ahead; later 5; office a1 theirs; {decided}; drain; 0 forgets; later 5; mark now");
            let figure = format!("oracle.silent_discard.count {silent}");
            judge(&format!("{history}; later 5; 0 dies; 0 back {to}"), &figure);
        }
    }
}

#[test]
fn a_line_about_an_edit_that_was_copied_may_be_in_the_copy_s_log() {
    for (copied, found) in [("1 copies 0;", "silent"), ("", "silent-discard 1")] {
        let edited = format!("office a1 theirs; 0 sets a1 mine; later 1; {copied} 0 commits 0.0 a1 mine");
        judge(&format!("{edited}; 0 acks 0.0; drain; 1 logs 0.0 a1 overwrote"), found);
    }
}

#[test]
fn a_device_that_is_put_back_has_seen_what_it_had_then_and_nothing_more() {
    // To before the office's version, and perhaps to a newer backup of its first life again.
    let oldest = "later 5; office a1 theirs; 0 pulls; later 10; 0 dies; 0 back 0;";
    for (then, found) in [
        ("0 dies; 0 back 12;", "silent"),
        ("", "silent-discard 1"),
        ("0 dies; 0 back 12; office a1 again;", "silent-discard 1"),
    ] {
        judge(&format!("{oldest} {then} 0 overwrites a1 mine; drain"), found);
    }
    for (back, found) in [("1 back before;", "silent"), ("", "silent-discard 1")] {
        let was_copy = "office a1 theirs; 1 pulls; later 5; mark before; later 5; 1 dies; 1 copies 0";
        judge(&format!("{was_copy}; {back} 1 starts; 1 overwrites a1 mine; drain"), found);
    }
    for (back, found) in [("1 back since 1;", "silent"), ("", "silent-discard 1")] {
        let copy =
            "later 5; 0 sets a1 theirs; later 5; 1 dies; 1 copies 0; later 5; mark since; later 5; 1 back 0";
        judge(&format!("{copy}; {back} 1 starts; {BOTH}"), found);
    }
}

#[test]
fn what_went_with_the_power_says_so() {
    let lost = "0 sets a1 done; 0 dies power; 0 drops; 0 starts";
    judge(lost, "lost-edit 1 & !lost its power");
    judge(&format!("fickle; {lost}"), "lost-edit 1 & ~lost its power");
    let line =
        "fickle; ahead; 0 sets a1 mine; office a1 theirs; 0 pushes; drain; 0 restarts power; 0 forgets";
    judge(line, "silent-discard 1 & ~lost its power");
}

#[test]
fn what_a_backup_has_of_a_row_is_unsure_until_it_is_told() {
    // It edits over a version that says what the first did, or what nobody said yet.
    judge_all(
        "theirs: office a1 theirs; later 5; mark backup; later 5; 0 pulls; later 5; 0 dies; 0 back backup",
        &[
            ("0 sets a1 mine; office a1 new; 0 commits 0.0 a1 mine; 0 acks 0.0; drain", "silent"),
            (
                "0 applied a1 theirs; 0 sets a1 mine; office a1 new; 0 commits 0.0 a1 mine; 0 acks 0.0; drain",
                "silent-discard 1",
            ),
            ("0 sets a1 mine; office a1 again; 0 commits 0.0 a1 mine; 0 acks 0.0; drain", "silent-discard 1"),
        ],
    );
}
