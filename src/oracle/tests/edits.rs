//! Edits that are lost, discarded, doubled or taken for conflicts.

use super::play::{judge, judge_all};

/// Phone 0's edit of a1 wins or loses against the office's.
const CONFLICT: &str = "0 sets a1 mine; office a1 theirs; 0 pushes";

#[test]
fn edits_that_arrive_wait_for_nothing_and_conflicts_that_are_told_are_in_order() {
    for wins in ["", "ahead; "] {
        let others = "1 sets a2 done; 1 deletes a3; 1 pushes unheard; drain";
        judge(&format!("{wins}{CONFLICT}; {others}"), "silent & oracle.conflicts.count 1");
    }
}

#[test]
fn an_edit_that_vanishes_is_lost() {
    let unsent = "lost-edit 1 & oracle.silent_discard.count 0 & ~(update visit a1: status=\"done\") is gone: the backend never saw it";
    judge("0 sets a1 done; 0 drops", unsent);
    // Marked as sent by the answer to an older one.
    judge("0 sets a1 one; 0 pushes unheard; 0 sets a1 two; 0 pushes; 0 drops 0.1; drain", "lost-edit 1");
    let refused = "0 sets a1 done; poison 0.0; 0 pushes unheard; 0 drops";
    judge(refused, "lost-edit 1 & oracle.silent_discard.count 1");
    // A delete whose create arrived.
    let made = "0 creates a9 clinic=a status=a doctor=a; 0 pushes unheard; 0 deletes a9; 0 drops; drain";
    judge(made, "lost-edit 1");
    judge("0 creates a9 clinic=a; 0 deletes a9; 0 drops", "silent");
}

#[test]
fn a_rule_that_tells_nobody_discards_silently() {
    judge(&format!("{CONFLICT}; 0 forgets; drain"), "lost-edit 1 & oracle.silent_discard.count 1");
    judge(&format!("ahead; {CONFLICT}; drain; 0 forgets"), "silent-discard 1");
}

#[test]
fn a_device_that_died_at_work_may_have_seen_what_it_did_not_tell() {
    let end = "0 commits 0.0 a1 mine; 0 acks 0.0; drain";
    for (history, found) in [
        ("office a1 theirs; 0 sets a1 mine", "fires silent-discard"),
        ("0 cut; 0 restarts; office a1 theirs; 0 sets a1 mine", "fires silent-discard"),
        ("office a1 theirs; 0 cut; 0 restarts; 0 sets a1 mine", "silent"),
    ] {
        judge(&format!("{history}; {end}"), found);
    }
}

#[test]
fn an_edit_that_replaces_what_its_device_never_saw_discards_it_silently() {
    // The third one writes the whole row as its device knew it, and so undoes a column that it did
    // not mean to set; the last is in the log, though a power loss ate the word of it.
    for (sets, commits, found) in [
        ("mine", "mine; 0 acks 0.0", "fires silent-discard"),
        ("doctor=mine", "theirs doctor=mine; 0 acks 0.0", "silent"),
        ("doctor=mine", "new doctor=mine; 0 acks 0.0", "fires silent-discard unasked-commit"),
        ("mine", "mine; 0 acks 0.0; 0 logs 0.0 a1 overwrote", "silent"),
    ] {
        judge(&format!("0 sets a1 {sets}; office a1 theirs; 0 commits 0.0 a1 {commits}; drain"), found);
    }
}

#[test]
fn an_edit_behind_a_decided_one_knows_what_that_one_met() {
    judge("ahead; 0 sets a1 mine; 0 sets a1 again; office a1 theirs; drain", "silent");
    let taken = "ahead; office s1 name=monday who=other; 0 creates s2 name=monday who=me; 0 pushes";
    judge(&format!("{taken}; 0 sets s1 who=again; drain"), "silent");
}

#[test]
fn an_edit_that_is_there_twice_is_a_duplicate() {
    let sent = "0 creates a9 clinic=a status=new doctor=null; 0 pushes unheard";
    judge(&format!("{sent}; 0 commits 0.0 a-second like a9; drain"), "duplicate 1");
    let kept = "0 creates a9 new; 0 commits 0.0 a-theirs new; 0 drops; drain; 0 shows a9 0 new";
    judge(kept, "duplicate 1");
}

#[test]
fn an_edit_that_is_acknowledged_and_never_committed_is_found() {
    judge("0 sets a1 done; 0 acks 0.0 200; 0 pulls", "fires lost-edit acknowledged-without-commit");
}

#[test]
fn edits_of_one_row_may_be_sent_as_one() {
    let edits = "0 sets a1 doctor=dr-b; 0 sets a1 one; 0 sets a1 two";
    judge(&format!("{edits}; 0 commits 0.2 a1 two doctor=dr-b; 0 drops; drain"), "silent");
}

#[test]
fn a_create_on_a_taken_name_is_one_conflict_under_any_policy_unless_both_made_the_same() {
    for (wins, by, conflicts) in [("ahead; ", "office", 1), ("", "office", 1), ("", "phone", 0)] {
        let history =
            format!("{wins}0 creates s7 name=friday who=phone; office s8 name=friday who={by}; drain");
        judge(&history, &format!("silent & oracle.conflicts.count {conflicts}"));
    }
    // By a row from before the start.
    for (who, conflicts) in [("office", 0), ("me", 1)] {
        let history = format!("0 creates s2 name=monday who={who}; drain");
        judge(&history, &format!("silent & oracle.conflicts.count {conflicts}"));
    }
}

#[test]
fn only_refusals_that_a_device_heard_of_are_conflicts_and_each_edit_has_one() {
    let same =
        "0 sets a1 mine; office a1 theirs; 0 pushes unheard; 0 pushes unheard; office a1 mine; 0 pushes";
    let one = "1 sets a2 mine; office a2 theirs; 1 pushes unheard; 1 pushes";
    judge(&format!("{same}; {one}; drain"), "silent & oracle.conflicts.count 1 & counted 1");
}

#[test]
fn a_refusal_is_heard_of_when_an_answer_gives_it_and_not_where_it_says_that_the_edit_waits() {
    for (by_then, conflicts) in [("theirs", 1), ("mine", 0)] {
        // The backend judges before the answer is there, which says that the edit waits; another
        // time it puts off what it judged before.
        let history = format!(
            "0 sets a1 mine; office a1 theirs; \
             0 sends 0.0 a1 90; gateway queues 0.0; refuses 0.0 a1; 0 hears 90; \
             0 sends 0.0 a1 91; gateway waits 0.0; gateway decides 0.0; 0 hears 91; \
             0 sends 0.0 a1 92; refuses 0.0 a1; puts-off 0.0; 0 hears 92; \
             office a1 {by_then}; 0 pushes; drain"
        );
        judge(&history, &format!("silent & oracle.conflicts.count {conflicts} & counted {conflicts}"));
    }
}

/// Phone 0 has just heard that the backend refuses its edit.
const HEARD: &str = "0 sets a1 mine; office a1 theirs; 0 pushes unheard; 0 sends 0.0 a1; 0 hears";

#[test]
fn a_conflict_that_a_device_cannot_settle_counts_when_it_is_decided() {
    // Where it is settled, that is in the database; no event tells of it.
    let dies = format!("{HEARD}; 0 cut");
    judge_all(
        &dies,
        &[
            ("0 drops; 0 logs 0.0 a1 superseded; drain", "silent & oracle.conflicts.count 0 & counted 0"),
            ("0 pushes; drain", "silent & oracle.conflicts.count 1 & counted 1"),
        ],
    );
    for end in ["0 full", "0 fails A 1 full", "0 dies"] {
        judge(&format!("{HEARD}; {end}"), "oracle.conflicts.count 0 & counted 0");
        judge(&format!("{HEARD}; {end}; 0 pushes; drain"), "oracle.conflicts.count 1 & counted 1");
    }
}

#[test]
fn what_a_run_under_way_at_the_end_was_about_to_tell_is_held_against_nobody() {
    let settling = |theirs: &str| {
        let edited = format!("restless; 0 begins A 0; 0 sets a1 mine; office a1 {theirs}");
        format!("{edited}; 0 sends 0.0 a1; refuses 0.0 a1; 0 hears")
    };
    judge_all(
        &settling("mine"),
        &[("0 drops", "oracle.lost_edit.count 0"), ("0 drops; 0 ends A 0", "oracle.lost_edit.count 1")],
    );
    // A process that dies after its run takes no conflict back.
    judge_all(
        &settling("theirs"),
        &[
            ("restless", "oracle.conflicts.count 0"),
            ("0 ends A 0", "oracle.conflicts.count 1"),
            ("0 dies", "oracle.conflicts.count 0"),
            ("0 ends A 0; 0 dies", "oracle.conflicts.count 1"),
        ],
    );
}

#[test]
fn an_edit_that_met_its_own_values_as_its_process_died_is_not_lost_and_any_other_is() {
    for (theirs, heard, died, lost) in [
        ("mine", "0 hears;", "0 cut; 0 restarts power;", 0),
        ("theirs", "0 hears;", "0 cut; 0 restarts power;", 1),
        ("mine", "", "0 cut; 0 restarts power;", 1),
        ("mine", "0 hears;", "", 1),
    ] {
        let sent = format!("0 sets a1 mine; office a1 {theirs}; 0 sends 0.0 a1; refuses 0.0 a1");
        let history = format!("{sent}; {heard} {died} 0 drops; drain");
        judge(&history, &format!("oracle.lost_edit.count {lost}"));
    }
}

#[test]
fn an_engines_word_that_both_sides_say_the_same_is_checked() {
    let says = "refuses 0.0 a1; 0 decides 0.0 a1 equal same; 0 drops; drain";
    let found = "lost-edit 1 & oracle.silent_discard.count 1";
    judge(&format!("0 sets a1 mine; office a1 theirs; {says}"), found);
    // No other row does an update that says what it wants.
    let history = "other: office s2 name=tuesday who=office; 0 sets s1 name=tuesday; 0 sends 0.0 s1; \
                   refuses 0.0 s1 taken s2; 0 hears; 0 decides 0.0 s1 equal same; 0 acked 0.0 s1 other; 0 drops; drain";
    let found = "fires lost-edit silent-discard acknowledged-without-commit & oracle.conflicts.count 1";
    judge(history, found);
}

#[test]
fn an_edit_in_a_row_of_others_is_misfiled() {
    let (is, was) = ("~whose clinic is \"b\"; d0 has rows of \"a\" alone", "~whose clinic was \"b\"");
    for (history, misfiled, told) in [
        // The row went to others, or its person moves it as well, by this edit or by another one.
        ("office a1 clinic=b; 0 sets a1 doctor=dr-b; 0 commits 0.0 a1 clinic=b doctor=dr-b", 1, is),
        (
            "office a1 clinic=b; 0 sets a1 clinic=b; 0 commits 0.0 a1 clinic=b doctor=dr-b",
            0,
            "lacks misfiled",
        ),
        (
            "0 sets a1 clinic=b; 0 commits 0.0 a1 clinic=b; 0 sets a1 doctor=dr-b; 0 commits 0.1 a1 clinic=b doctor=dr-b",
            0,
            "lacks misfiled",
        ),
        // It is taken back, which is right where the edit says so.
        ("0 sets a1 done; office a1 clinic=b; 0 commits 0.0 a1 done", 1, was),
        ("0 sets a1 done clinic=a; office a1 clinic=b; 0 commits 0.0 a1 done", 0, "lacks misfiled"),
        // It is filed by who sends it.
        ("0 creates a9 status=new doctor=null; 0 commits 0.0 a9 clinic=a", 0, "lacks misfiled"),
        ("0 creates a9 status=new doctor=null; 0 commits 0.0 a9 clinic=b", 1, "has misfiled"),
    ] {
        judge(&format!("restless; {history}"), &format!("oracle.misfiled.edits {misfiled} & {told}"));
    }
}
