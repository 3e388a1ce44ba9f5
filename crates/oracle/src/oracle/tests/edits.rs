//! Tests of the checks on edits that are lost, dropped, committed twice, overwritten or wrongly
//! called conflicts.

use super::judge::judge;

#[test]
fn edits_that_arrive_wait_for_nothing_and_conflicts_that_are_told_are_in_order() {
    judge(
        "
        0 sets a1 mine; office a1 theirs; 0 pushes; 1 sets a2 done; 1 deletes a3; 1 pushes unheard; drain
        => silent & oracle.conflicts.count 1
        ahead; 0 sets a1 mine; office a1 theirs; 0 pushes; 1 sets a2 done; 1 deletes a3; 1 pushes unheard;
        drain
        => silent & oracle.conflicts.count 1
        # An edit behind a decided one knows what that one met.
        ahead; 0 sets a1 mine; 0 sets a1 again; office a1 theirs; drain => silent
        ahead; office s1 name=monday who=other; 0 creates s2 name=monday who=me; 0 pushes;
        0 sets s1 who=again; drain
        => silent
        ",
    );
}

#[test]
fn edits_of_a_converging_stack_give_way_as_told_to_others_alone() {
    judge(
        "
        0 sets a1 mine; office a1 theirs; 0 pushes; drain; 0 forgets
        => lost-edit 1 & oracle.silent_discard.count 1
        converges; 0 sets a1 mine; office a1 theirs; 0 pushes; drain; 0 forgets => silent-discard 1
        # The backend refused it, and nobody says that it gave way.
        converges; 0 sets a1 done; poison 0.0; 0 pushes unheard; 0 drops
        => lost-edit 1 & oracle.silent_discard.count 1
        # The same where somebody else wrote, to whom it is said to give way: that is not why.
        converges; 0 sets a1 mine; office a1 theirs; poison 0.0; 0 pushes unheard;
        0 decides 0.0 a1 update-update remote; 0 drops; drain => lost-edit 1 & oracle.silent_discard.count 1
        # It is said to give way, and there was nobody else.
        converges; 0 sets a1 mine; 0 decides 0.0 a1 update-update remote; 0 drops; 0 pushes; drain
        => lost-edit 1 & oracle.silent_discard.count 1
        # Its commit is heard of before its making.
        0 commits 0.0 a1 mine; 0 sets a1 mine; 0 acks 0.0; 0 drops; 0 pulls; 1 pulls; drain
        => lacks lost-edit & lacks acknowledged-without-commit
        # The same, with earlier edits for which it stands.
        converges; 0 sets a1 older; 0 sets a1 old; 0 squashes 0.1 a1 0.0; 0 squashes 0.2 a1 0.1;
        0 commits 0.2 a1 mine; 0 sets a1 mine; 0 acks 0.2; 0 drops; 0 pulls; 1 pulls; drain => lacks lost-edit
        # It goes with a later delete, and somebody else has deleted the row.
        converges; 0 sets a1 mine; 0 deletes a1; 0 squashes 0.1 a1 0.0; office a1 gone; 0 acked 0.0 a1 9;
        0 acked 0.1 a1 9; 0 drops; drain => lacks acknowledged-without-commit
        # One that stood for another until a later one stood for both answers for its own columns.
        begin: converges; 0 sets a1 doctor=dr-z; 0 sets a1 two; 0 squashes 0.1 a1 0.0; 0 sets a1 three;
        0 squashes 0.2 a1 0.0 0.1; office a1 doctor=dr-b;
        0 decides 0.0 a1 update-update remote; 0 commits 0.2 a1 three doctor=dr-b; 0 acks 0.1 0.2; 0 acks 0.2;
        0 drops; drain => lacks lost-edit & lacks acknowledged-without-commit
        # It may give way to a version that its phone overwrote unread, and not to one that it read.
        begin: converges; 0 sets a1 first; office a1 theirs; 0 commits 0.0 a1 first; 0 acks 0.0;
        0 sets a1 mine; 0 decides 0.1 a1 update-update remote; 0 drops; drain => oracle.lost_edit.count 0
        # Somebody else set the same, and nothing acknowledges an edit.
        converges; mute; 0 sets a1 old; 0 sets a1 mine; 0 squashes 0.1 a1 0.0; office a1 mine; 0 drops;
        0 pulls; drain => lacks lost-edit
        converges; mute; 0 sets a1 mine; office a1 theirs; 0 drops; 0 pulls; drain => oracle.lost_edit.count 1
        begin: converges; office a1 theirs; 0 pulls; 0 sets a1 mine;
        0 decides 0.0 a1 update-update remote; 0 drops; drain => oracle.lost_edit.count 1
        ",
    );
}

#[test]
fn an_edit_that_vanishes_is_lost_and_so_is_one_that_a_rule_drops_in_silence() {
    judge(
        "
        # Marked as sent by the answer to an older one.
        0 sets a1 one; 0 pushes unheard; 0 sets a1 two; 0 pushes; 0 drops 0.1; drain => lost-edit 1
        0 sets a1 done; poison 0.0; 0 pushes unheard; 0 drops => lost-edit 1 & oracle.silent_discard.count 1
        # A delete whose create arrived.
        0 creates a9 clinic=a status=a doctor=a; 0 pushes unheard; 0 deletes a9; 0 drops; drain => lost-edit 1
        0 creates a9 clinic=a; 0 deletes a9; 0 drops => silent
        ahead; 0 sets a1 mine; office a1 theirs; 0 pushes; drain; 0 forgets => silent-discard 1
        # Of the edits of a row only the last leaves: present when that meets itself, lost where that has
        # not what they say.
        0 sets a1 one; 0 sets a1 two; 0 drops 0.0; office a1 two; 0 pushes; drain => silent
        0 sets a1 one; 0 sets a1 two; 0 drops 0.0; office a1 else; 0 pushes; drain => silent
        begin: 0 sets a1 doctor=dr-z; 0 sets a1 two;
        0 drops 0.0; office a1 two; 0 pushes; drain => lost-edit 1
        0 squashes 0.1 a1 0.0; 0 drops 0.0; 0 pushes; drain => fires lost-edit unasked-commit
        # It went with one that nobody saw saved.
        begin: 0 sets a1 doctor=dr-z; 0 misses 0.1 a1 update status=two; 0 restarts; 0 drops 0.0;
        0 commits 0.1 a1 two doctor=dr-z; drain => silent
        0 commits 0.1 a1 two doctor=dr-a; drain => lost-edit 1
        begin: 0 sets a1 doctor=dr-z; 0 misses 0.1 a1 update status=two doctor=dr-y; 0 restarts; 0 drops 0.0;
        0 commits 0.1 a1 two doctor=dr-y; drain => silent
        ",
    );
}

#[test]
fn what_people_could_read_before_an_upgrade_emptied_the_log_was_told() {
    // In the last 4 histories the log says too little or is missing, or no upgrade of phone 0
    // emptied it.
    for (history, found) in [
        ("ahead; 0 sets a1 mine; office a1 theirs; 0 pushes; drain; 0 dies; 0 upgraded; 0 forgets", "silent"),
        ("0 sets a1 mine; office a1 theirs; 0 pushes; 0 dies; 0 upgraded; 0 forgets", "silent"),
        ("0 sets a1 mine; poison 0.0; 0 pushes; 0 dies; 0 upgraded; 0 forgets", "silent"),
        (
            "ahead; 0 sets a1 mine; office a1 theirs; 0 pushes; 0 dies; 0 upgraded; 0 drops; 0 forgets",
            "lost-edit 1 & oracle.silent_discard.count 1",
        ),
        (
            "0 sets a1 mine; poison 0.0; 0 pushes unheard; 0 dies; 0 upgraded; 0 drops; 0 forgets",
            "lost-edit 1 & oracle.silent_discard.count 1",
        ),
        (
            "ahead; 0 dies; 0 upgraded; 0 sets a1 mine; office a1 theirs; 0 pushes; drain; 0 forgets",
            "silent-discard 1",
        ),
        (
            "ahead; 0 sets a1 mine; office a1 theirs; 0 pushes; drain; 1 dies; 1 upgraded; 0 forgets",
            "silent-discard 1",
        ),
    ] {
        judge(&format!("empties; {history}; 0 starts; drain => {found}"));
    }
}

#[test]
fn an_edit_that_replaces_what_its_device_never_saw_discards_it_silently() {
    // The third commit writes the whole row as its device knew it, and so reverts a column that the
    // edit did not set. The last edit is in the log, although a power loss removed its report.
    for (sets, commits, found) in [
        ("mine", "mine; 0 acks 0.0", "fires silent-discard"),
        ("doctor=mine", "theirs doctor=mine; 0 acks 0.0", "silent"),
        ("doctor=mine", "new doctor=mine; 0 acks 0.0", "fires silent-discard unasked-commit"),
        ("mine", "mine; 0 acks 0.0; 0 logs 0.0 a1 overwrote", "silent"),
    ] {
        judge(&format!("0 sets a1 {sets}; office a1 theirs; 0 commits 0.0 a1 {commits}; drain => {found}"));
    }
    for (history, found) in [
        ("office a1 theirs; 0 sets a1 mine", "fires silent-discard"),
        ("0 cut; 0 restarts; office a1 theirs; 0 sets a1 mine", "fires silent-discard"),
        ("office a1 theirs; 0 cut; 0 restarts; 0 sets a1 mine", "silent"),
    ] {
        judge(&format!("{history}; 0 commits 0.0 a1 mine; 0 acks 0.0; drain => {found}"));
    }
}

#[test]
fn an_edit_is_there_once_and_as_its_device_counts_it() {
    judge(
        "
        0 creates a9 new; 0 commits 0.0 a-theirs new; 0 drops; drain; 0 shows a9 0 new => duplicate 1
        # Edits of one row may be sent as one.
        0 sets a1 doctor=dr-b; 0 sets a1 one; 0 sets a1 two; 0 commits 0.2 a1 two doctor=dr-b; 0 drops; drain
        => silent
        # An engine's word that both sides say the same is checked.
        0 sets a1 mine; office a1 theirs; refuses 0.0 a1; 0 decides 0.0 a1 equal same; 0 drops; drain
        => lost-edit 1 & oracle.silent_discard.count 1
        # No other row does an update that says what it wants.
        other: office s2 name=tuesday who=office; 0 sets s1 name=tuesday; 0 sends 0.0 s1;
        refuses 0.0 s1 taken s2;
        0 hears; 0 decides 0.0 s1 equal same; 0 acked 0.0 s1 other; 0 drops; drain
        => fires lost-edit silent-discard acknowledged-without-commit & oracle.conflicts.count 1
        ",
    );
}

#[test]
fn a_create_on_a_taken_name_is_one_conflict_under_any_policy_unless_both_made_the_same() {
    judge(
        "
        ahead; 0 creates s7 name=friday who=phone; office s8 name=friday who=office; drain
        => silent & oracle.conflicts.count 1
        0 creates s7 name=friday who=phone; office s8 name=friday who=office; drain
        => silent & oracle.conflicts.count 1
        0 creates s7 name=friday who=phone; office s8 name=friday who=phone; drain
        => silent & oracle.conflicts.count 0
        # By a row from before the start.
        0 creates s2 name=monday who=office; drain => silent & oracle.conflicts.count 0
        0 creates s2 name=monday who=me; drain => silent & oracle.conflicts.count 1
        ",
    );
}

#[test]
fn only_refusals_that_a_device_heard_of_are_conflicts_and_each_edit_has_one() {
    judge(
        "
        0 sets a1 mine; office a1 theirs; 0 pushes unheard; 0 pushes unheard; office a1 mine; 0 pushes;
        1 sets a2 mine; office a2 theirs; 1 pushes unheard; 1 pushes; drain
        => silent & oracle.conflicts.count 1 & counted 1
        # The backend judges before the answer is there, which says that the edit waits; another time it
        # puts off what it judged before.
        begin: 0 sets a1 mine; office a1 theirs;
        also: 0 sends 0.0 a1 90; gateway queues 0.0; refuses 0.0 a1; 0 hears 90;
        also: 0 sends 0.0 a1 91; gateway waits 0.0; gateway decides 0.0; 0 hears 91;
        also: 0 sends 0.0 a1 92; refuses 0.0 a1; puts-off 0.0; 0 hears 92;
        office a1 theirs; 0 pushes; drain => silent & oracle.conflicts.count 1 & counted 1
        office a1 mine; 0 pushes; drain => silent & oracle.conflicts.count 0 & counted 0
        ",
    );
}

#[test]
fn a_conflict_that_a_device_cannot_settle_counts_when_it_is_decided() {
    judge(
        "
        # It has just heard that the backend refuses its edit. Where that is settled is in the database;
        # no event tells of it.
        begin: 0 sets a1 mine; office a1 theirs; 0 pushes unheard; 0 sends 0.0 a1; 0 hears;
        0 cut; 0 drops; 0 logs 0.0 a1 superseded; drain => silent & oracle.conflicts.count 0 & counted 0
        0 cut; 0 pushes; drain => silent & oracle.conflicts.count 1 & counted 1
        0 full => oracle.conflicts.count 0 & counted 0
        0 full; 0 pushes; drain => oracle.conflicts.count 1 & counted 1
        0 fails A 1 full => oracle.conflicts.count 0 & counted 0
        0 fails A 1 full; 0 pushes; drain => oracle.conflicts.count 1 & counted 1
        0 dies => oracle.conflicts.count 0 & counted 0
        0 dies; 0 pushes; drain => oracle.conflicts.count 1 & counted 1
        # What a run under way at the end was about to tell is held against nobody.
        begin: restless; 0 begins A 0; 0 sets a1 mine; office a1 mine; 0 sends 0.0 a1; refuses 0.0 a1;
        also: 0 hears;
        0 drops => oracle.lost_edit.count 0
        0 drops; 0 ends A 0 => oracle.lost_edit.count 1
        # A process that dies after its run takes no conflict back.
        begin: restless; 0 begins A 0; 0 sets a1 mine; office a1 theirs; 0 sends 0.0 a1; refuses 0.0 a1;
        also: 0 hears;
        => oracle.conflicts.count 0
        0 ends A 0 => oracle.conflicts.count 1
        0 dies => oracle.conflicts.count 0
        0 ends A 0; 0 dies => oracle.conflicts.count 1
        # An edit that met its own values as its process died is not lost, and any other is.
        begin: 0 sets a1 mine; office a1 mine; 0 sends 0.0 a1; refuses 0.0 a1;
        0 hears; 0 cut; 0 restarts power; 0 drops; drain => oracle.lost_edit.count 0
        0 cut; 0 restarts power; 0 drops; drain => oracle.lost_edit.count 1
        0 hears; 0 drops; drain => oracle.lost_edit.count 1
        begin: 0 sets a1 mine; office a1 theirs; 0 sends 0.0 a1; refuses 0.0 a1;
        0 hears; 0 cut; 0 restarts power; 0 drops; drain => oracle.lost_edit.count 1
        ",
    );
}

#[test]
fn columns_that_gave_way_are_counted_on_either_side() {
    judge(
        "
        begin: 0 sets a1 mine doctor=dr-b; office a1 theirs; 0 decides 0.0 a1 update
        remote => oracle.overwritten.columns 2
        local => oracle.overwritten.columns 1
        merged-doctor => oracle.overwritten.columns 1
        merged-both => oracle.overwritten.columns 1
        same => oracle.overwritten.columns 0
        begin:
        0 deletes a1; office a1 theirs; 0 decides 0.0 a1 update local => oracle.overwritten.columns 1
        # The same, nothing, or changed and changed back.
        begin: 0 sets a1 mine doctor=dr-b;
        office a1 mine; 0 decides 0.0 a1 update local => oracle.overwritten.columns 0
        later 1; 0 decides 0.0 a1 update local => oracle.overwritten.columns 0
        office a1 theirs; office a1 new; 0 decides 0.0 a1 update local => oracle.overwritten.columns 0
        begin:
        # By a commit over what its device had not read.
        0 sets a1 mine; office a1 theirs; 0 commits 0.0 a1 mine => oracle.overwritten.columns 1
        # A merge that gives up a column owes a line.
        begin: 0 sets a1 mine doctor=dr-b; office a1 theirs; 0 decides 0.0 a1 update merged-doctor;
        also: 0 keeps 0.0 doctor=dr-b;
        0 logs 0.0 a1 merged; 0 commits 0.0 a1 theirs doctor=dr-b; 0 pulls; 0 acks 0.0; drain
        => oracle.silent_discard.count 0
        0 commits 0.0 a1 theirs doctor=dr-b; 0 pulls; 0 acks 0.0; drain => oracle.silent_discard.count 1
        ",
    );
}

#[test]
fn what_is_attached_comes_to_the_server_once_and_whole_and_of_nothing_it_stays() {
    judge(
        "
        begin: photos; 0 creates a9 new; 0 commits 0.0 a9 new;
        => oracle.broken_attachment.count 1
        0 stored a9 => oracle.broken_attachment.count 0
        0 torn a9 => oracle.broken_attachment.count 1
        0 stored a9; 0 stored a9 => oracle.broken_attachment.count 1
        # A device holds it, or a backup destroyed it.
        0 holds a9 => oracle.broken_attachment.count 0
        0 dies; 0 back 0 => oracle.broken_attachment.count 0
        # For a row that came to nothing, or did not.
        begin: photos; 0 creates a9 new;
        0 rejected 0.0 a9; 0 attaches a9; 0 torn a9 => oracle.broken_attachment.count 1
        0 attaches a9; 0 rejected 0.0 a9; 0 attaches a9; 0 torn a9 => oracle.broken_attachment.count 0
        0 attaches a9; 0 torn a9 => oracle.broken_attachment.count 0
        ",
    );
}
