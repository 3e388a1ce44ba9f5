//! Tests of devices with a replaced storage: the model is not sure which versions they have.

use super::judge::judge;

/// Two histories, each with its number of conflicts. Phone 0 sends an edit of a1 again and gets the
/// outcome that the backend remembers. Then the phone reports equal values, or a conflict.
fn hears_again(edit: &str) -> [(String, u64); 2] {
    let heard = format!("0 pushes unheard; 0 sends {edit} a1; replays {edit}; 0 hears; 0 decides {edit} a1");
    [(format!("{heard} equal merged"), 0), (format!("{heard} both remote"), 1)]
}

#[test]
fn an_engine_is_taken_at_its_word_over_what_nobody_is_sure_of() {
    let back = "theirs: office a1 theirs; later 5; mark backup; 0 pulls; later 5; 0 dies; 0 back backup";
    let acked = "0 commits 0.0 a1 mine; theirs: office a1 theirs; 0 applied a1 theirs; 0 acks 0.0; \
                 0 sets a1 again; office a1 mine";
    for (history, unsure, edit) in [
        (format!("{back}; 0 sets a1 mine; office a1 again"), true, "0.0"),
        (format!("{back}; 0 applied a1 theirs; 0 sets a1 mine; office a1 again"), false, "0.0"),
        // A commit of a copy may have replaced the version that the phone reported.
        (format!("0 sets a1 mine; 1 copies 0; 1 sends 0.0 a1; {acked}"), true, "0.1"),
        (format!("0 sets a1 mine; {acked}"), false, "0.1"),
    ] {
        for (heard, says) in hears_again(edit) {
            let count = if unsure { says } else { 1 };
            judge(&format!("columns; {history}; {heard} => oracle.conflicts.count {count}"));
        }
    }
    // After a commit by a copy of the phone, the backend may still remember the refusal.
    for (heard, count) in hears_again("0.0") {
        let heard = heard.replace("0 pushes unheard", "0 pushes unheard; 0 commits 0.0 a1 mine");
        let history = format!("columns; 0 sets a1 mine; office a1 theirs; {heard}");
        judge(&format!("{history} => oracle.conflicts.count {count}"));
    }
    // The phone gave up an edit and its copy did not. So the phone need not have the version of
    // that edit.
    let copied = "columns; 0 sets a1 mine; 1 copies 0; office a1 theirs; 0 pushes; 1 sends 0.0 a1";
    for (heard, says) in hears_again("0.1") {
        let history = format!("{copied}; 0 commits 0.0 a1 mine; 0 sets a1 again; {heard}");
        judge(&format!("{history} => oracle.conflicts.count {} & oracle.conflicts.false 0", 1 + says));
    }
}

#[test]
fn what_a_phone_lost_or_need_not_know_is_not_held_against_it() {
    judge(
        "
        # Who need not know of a commit has the earlier edit to send.
        begin: 0 sets a1 one; 0 sets a1 two; later 5; mark backup; later 5;
        0 commits 0.1 a1 two; 0 acks 0.1; later 5; 0 commits 0.0 a1 one => oracle.reordered.edits 1
        0 commits 0.1 a1 two; 0 acks 0.1; later 5; 0 dies; 0 back backup; 0 commits 0.0 a1 one
        => oracle.reordered.edits 0
        1 copies 0; 1 sends 0.1 a1; 0 commits 0.1 a1 two; 0 commits 0.0 a1 one => oracle.reordered.edits 0
        # A delete conflicts with what its own phone lost.
        begin: columns; later 5; 0 sets a1 mine; 0 pushes; later 5;
        0 dies; 0 back 0; 0 shows a1 first new; 0 deletes a1; 0 pushes => oracle.conflicts.false 0
        0 shows a1 first new; 0 deletes a1; 0 pushes => oracle.conflicts.false 1
        ",
    );
}

#[test]
fn an_edit_finds_what_was_told_with_what_waits_on_its_storage() {
    judge(
        "
        # It is no conflict where the row says what the edit found.
        begin: 0 sets a1 mine; 0 sets a1 again;
        office a1 mine; 0 decides 0.1 a1 update local => oracle.conflicts.false 1
        office a1 theirs; 0 decides 0.1 a1 update local => oracle.conflicts.false 0
        # Who was made on an edit that came to nothing found what that did.
        0 rejected 0.0 a1; office a1 mine; 0 decides 0.1 a1 update local => oracle.conflicts.false 0
        0 rejected 0.0 a1; office a1 theirs; office a1 new; 0 decides 0.1 a1 update local
        => oracle.conflicts.false 1
        # Its person knows what they saw all the same.
        0 rejected 0.0 a1; office a1 mine; 0 commits 0.1 a1 again => oracle.overwritten.columns 0
        0 rejected 0.0 a1; office a1 theirs; 0 commits 0.1 a1 again => oracle.overwritten.columns 1
        # A copy that hears first does not change what is known of it.
        columns; 0 sets a1 mine; later 1; 1 copies 0; office a1 mine; 0 sends 0.0 a1 5; 1 sends 0.0 a1 6;
        refuses 0.0 a1; 1 hears 6; 0 hears 5 => oracle.conflicts.count 0
        # Nobody is sure of what was made on a row that never was.
        begin: columns; 0 sets a1 mine; 0 sets a1 again;
        office a1 theirs; 0 decides 0.0 a1 update local; 0 rejected 0.0 a1; office a1 other; 0 sends 0.1 a1;
        refuses 0.1 a1; 0 hears => oracle.conflicts.count 1
        office a1 gone; 0 decides 0.0 a1 deleted local; 0 rejected 0.0 a1; office a1 other; 0 sends 0.1 a1;
        refuses 0.1 a1; 0 hears => oracle.conflicts.count 0
        # What went to a row of its own is found no more; what waits for a person is.
        begin: 0 sets a1 mine; 0 sets a1 top; office a1 theirs;
        0 decides 0.0 a1 update both a-both; 0 sets a1 again; 0 decides 0.2 a1 update local
        => oracle.conflicts.false 1
        0 decides 0.0 a1 update parked; 0 sets a1 again; 0 decides 0.2 a1 update local
        => oracle.conflicts.false 0
        # A copy finds what waited on the other, and what was made since a backup waits no more.
        begin: later 5; 0 sets a1 mine; later 1; 1 copies 0; 1 sets a1 again;
        office a1 mine; 1 decides 1.0 a1 update local => oracle.conflicts.false 1
        office a1 theirs; office a1 new; 1 decides 1.0 a1 update local => oracle.conflicts.false 0
        begin: later 5; 0 sets a1 mine; later 5; mark now; later 5; 0 dies;
        0 back now; 0 sets a1 again; office a1 mine; 0 decides 0.1 a1 update local => oracle.conflicts.false 1
        0 back 3; 0 sets a1 again; office a1 mine; 0 decides 0.1 a1 update local => oracle.conflicts.false 0
        ",
    );
}
