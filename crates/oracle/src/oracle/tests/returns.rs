//! Tests with devices and backends that go back to a backup.

use super::judge::judge;

#[test]
fn an_edit_that_went_with_its_device_s_state_is_counted_and_not_lost() {
    judge(
        "
        later 5; 0 sets a1 done; 0 drops; 0 dies; 0 back 0; 0 takes scope
        => silent & oracle.taken_back.edits 1
        0 sets a1 done; later 10; 0 dies; 0 back 6; 0 drops => lost-edit 1 & oracle.taken_back.edits 0
        # One that came back is lost as ever.
        begin: later 5; 0 sets a1 mine; later 10;
        1 copies 0; later 5; 0 dies; 0 back 0; 0 copies 1; 0 drops => lost-edit 1 & oracle.taken_back.edits 0
        0 dies; 0 back 0; 0 dies; 0 back 11; 0 drops => lost-edit 1 & oracle.taken_back.edits 0
        begin:
        0 sets a1 done; 0 dies power; 0 drops; 0 starts => lost-edit 1
        ",
    );
}

#[test]
fn what_a_device_decided_after_its_backup_is_in_no_log_of_its_and_no_silent_discard() {
    judge(
        "
        # Its edit has won a conflict; it waits still, or a gateway has it and brings it to the backend.
        begin: ahead; 0 sets a1 mine; office a1 theirs; mark before; later 5; 0 pushes; later 5; mark after;
        0 forgets; 0 dies; 0 back before; 0 pushes; drain => oracle.silent_discard.count 0
        0 forgets; 0 dies; 0 back after; 0 pushes; drain => oracle.silent_discard.count 1
        later 5; 0 dies; 0 back before; 0 dies; 0 back after; 0 pushes; drain => oracle.silent_discard.count 0
        later 5; 0 forgets; 0 dies; 0 back before; 0 dies; 0 back after; 0 pushes; drain
        => oracle.silent_discard.count 1
        # It won in a life that is over, and brings its row back openly.
        begin: later 5; 0 sets a1 mine; office a1 gone;
        0 decides 0.0 a1 deleted local; 0 dies; 0 back 0; 0 drops; 0 commits 0.0 a1 mine; drain
        => oracle.resurrected.rows 0
        0 dies; 0 back 0; 0 drops; 0 commits 0.0 a1 mine; drain => oracle.resurrected.rows 1
        # What was overwritten before a backup is in its log: decided by a rule, or committed blindly.
        begin: ahead; later 5; office a1 theirs; 0 overwrites a1 mine; drain; 0 forgets; later 5; mark now;
        also: later 5;
        0 dies; 0 back now => oracle.silent_discard.count 1
        0 dies; 0 back 0 => oracle.silent_discard.count 0
        begin: ahead; later 5; office a1 theirs; 0 sets a1 mine; 0 pushes; drain; drain; 0 forgets;
        also: later 5; mark now;
        also: later 5;
        0 dies; 0 back now => oracle.silent_discard.count 1
        0 dies; 0 back 0 => oracle.silent_discard.count 0
        ",
    );
}

#[test]
fn an_edit_that_went_with_the_backend_may_be_committed_again() {
    judge(
        "
        # A backup is of the instant as it began. What comes again is not lost.
        begin: 0 creates a9 clinic=a status=new doctor=null; 0 pushes unheard;
        backend back 0; backup a9 gone; 0 commits 0.0 a9 like a9; drain => silent & oracle.taken_back.edits 0
        begin: later 1; 0 creates a9 clinic=a status=new doctor=null; 0 pushes;
        backend back 0; backup a9 gone; drain => oracle.taken_back.edits 1
        begin: later 1; 0 creates a9 clinic=a status=new doctor=null; 0 pushes unheard;
        backend back 0; backup a9 gone; 0 commits 0.0 a9 like a9; drain => silent & oracle.taken_back.edits 0
        backup a9 gone; 0 commits 0.0 a9 like a9; drain => has resurrected & oracle.taken_back.edits 0
        # A create that its person did not see saved, and no update.
        begin: later 1; 0 misses 0.0 a9 create clinic=a status=new; 0 commits 0.0 a9 new; later 1;
        backend back 0; backup a9 gone; 0 commits 0.0 a9 new; drain => silent
        begin: later 1; 0 misses 0.0 a9 update clinic=a status=new; 0 commits 0.0 a9 new; later 1;
        backend back 0; backup a9 gone; 0 commits 0.0 a9 new; drain => resurrected 1
        ",
    );
    // The restore undid the version, so the edit did not replace it.
    let (start, office) =
        ("later 4; backend back 0; backup a1 new", "later 4; backend back 3; backup a1 theirs");
    for (backups, found) in [
        (start.to_owned(), "silent"),
        (office.to_owned(), "silent-discard 1"),
        (format!("{start}; {office}"), "silent-discard 1"),
        (format!("{office}; {start}"), "silent"),
    ] {
        let edited = "0 sets a1 mine; office a1 theirs";
        judge(&format!("{edited}; {backups}; 0 commits 0.0 a1 mine; 0 acks 0.0; drain => {found}"));
    }
}

#[test]
fn a_copy_of_a_device_has_seen_what_that_had_and_nothing_more() {
    // Phone 0 and its copy each commit an edit. The edit of the copy is made on top of the other.
    let both =
        "1 sets a1 mine; 0 commits 0.0 a1 theirs; 0 acks 0.0; 1 commits 1.0 a1 mine; 1 acks 1.0; drain";
    let copy = "1 becomes 0; 1 takes 0; 1 overwrites a1 mine; drain";
    let was_copied =
        "later 5; 0 sets a1 theirs; later 5; 1 dies; 1 copies 0; later 5; mark since; later 5; 1 back 0";
    // No person saw the edit saved.
    let miss = "0 misses 0.0 a1 update theirs; later 1";
    let commit = "1 sets a1 mine; 0 commits 0.0 a1 theirs; 1 commits 1.0 a1 mine; 1 acks 1.0";
    let saving = |then: &str| format!("1 starts; {commit}; later 1; 0 {then} 0.0 a1 update theirs; drain");
    for (history, found) in [
        (format!("office a1 theirs; 0 pulls; {copy}"), "silent"),
        (format!("office a1 theirs; 0 pulls; office a1 again; {copy}"), "silent-discard 1"),
        (format!("0 sets a1 theirs; later 1; 1 becomes 0; later 1; {both}"), "silent"),
        (format!("later 1; 1 becomes 0; later 1; 0 sets a1 theirs; {both}"), "silent-discard 1"),
        (format!("{was_copied}; 1 back since 1; 1 starts; {both}"), "silent"),
        (format!("{was_copied}; 1 starts; {both}"), "silent-discard 1"),
        (format!("{miss}; 1 becomes 0; later 1; {commit}; drain"), "silent"),
        (format!("1 becomes 0; later 1; {miss}; {commit}; drain"), "silent-discard 1"),
        // An edit that is being saved is part of a copy, whether or not its person sees it saved.
        // Otherwise it is lost unseen.
        (format!("1 dies; 1 copies 0 saving 0.0 a1 update theirs; {}", saving("makes")), "silent"),
        (format!("1 dies; 1 copies 0 saving 0.0 a1 update theirs; {}", saving("misses")), "silent"),
        (format!("1 dies; 1 copies 0; {}", saving("makes")), "has silent-discard"),
    ] {
        judge(&format!("{history} => {found}"));
    }
    judge(
        "
        # What a device held untold it holds again after it was a copy of one that died before.
        begin: 0 cut; later 5; office a1 theirs; later 1;
        1 cut; 1 dies; later 5; mark to; later 5; 1 copies 0; later 5; 1 back to; 1 starts;
        1 overwrites a1 mine; drain
        => silent
        1 dies; later 5; mark to; later 5; 1 copies 0; later 5; 1 back to; 1 starts; 1 overwrites a1 mine;
        drain
        => silent-discard 1
        # A line about an edit that was copied may be in the copy's log.
        begin: office a1 theirs; 0 sets a1 mine; later 1;
        1 copies 0; 0 commits 0.0 a1 mine; 0 acks 0.0; drain; 1 logs 0.0 a1 overwrote => silent
        0 commits 0.0 a1 mine; 0 acks 0.0; drain; 1 logs 0.0 a1 overwrote => silent-discard 1
        ",
    );
}

#[test]
fn a_device_that_is_put_back_has_seen_what_it_had_then_and_nothing_more() {
    judge(
        "
        # To before the office's version, and perhaps to a newer backup of its first life again.
        begin: later 5; office a1 theirs; 0 pulls; later 10; 0 dies; 0 back 0;
        0 dies; 0 back 12; 0 overwrites a1 mine; drain => silent
        0 overwrites a1 mine; drain => silent-discard 1
        0 dies; 0 back 12; office a1 again; 0 overwrites a1 mine; drain => silent-discard 1
        begin: office a1 theirs; 1 pulls; later 5; mark before; later 5; 1 dies; 1 copies 0;
        1 back before; 1 starts; 1 overwrites a1 mine; drain => silent
        1 starts; 1 overwrites a1 mine; drain => silent-discard 1
        # What a backup has of a row is unsure until it is told: an edit over a version that says what the
        # first did, or what nobody said yet.
        begin: theirs: office a1 theirs; later 5; mark backup; later 5; 0 pulls; later 5; 0 dies;
        also: 0 back backup;
        0 sets a1 mine; office a1 new; 0 commits 0.0 a1 mine; 0 acks 0.0; drain => silent
        0 applied a1 theirs; 0 sets a1 mine; office a1 new; 0 commits 0.0 a1 mine; 0 acks 0.0; drain
        => silent-discard 1
        0 sets a1 mine; office a1 again; 0 commits 0.0 a1 mine; 0 acks 0.0; drain => silent-discard 1
        ",
    );
}
