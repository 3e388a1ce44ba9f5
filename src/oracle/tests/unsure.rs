//! What nobody can know of a storage that was put in, from outside it.

use super::play::judge;

/// What is said as phone 0 sends an edit of a1 again and is answered from the backend's memory:
/// that it stands beside what it met, and that it met a conflict.
fn hears_again(edit: &str) -> [(String, u64); 2] {
    let heard = format!("0 pushes unheard; 0 sends {edit} a1; replays {edit}; 0 hears; 0 decides {edit} a1");
    [(format!("{heard} equal merged"), 0), (format!("{heard} both remote"), 1)]
}

/// Where `unsure`, an engine is taken at its word; else it counts.
fn conflicts(history: &str, unsure: bool, edit: &str) {
    for (heard, says) in hears_again(edit) {
        let count = if unsure { says } else { 1 };
        judge(&format!("columns; {history}; {heard}"), &format!("oracle.conflicts.count {count}"));
    }
}

#[test]
fn an_engine_is_taken_at_its_word_over_what_a_backup_had() {
    let back = "theirs: office a1 theirs; later 5; mark backup; 0 pulls; later 5; 0 dies; 0 back backup";
    conflicts(&format!("{back}; 0 sets a1 mine; office a1 again"), true, "0.0");
    conflicts(&format!("{back}; 0 applied a1 theirs; 0 sets a1 mine; office a1 again"), false, "0.0");
}

#[test]
fn an_answer_from_memory_after_a_commit_may_be_the_refusal() {
    // A copy of the phone has it committed.
    for (heard, count) in hears_again("0.0") {
        let heard = heard.replace("0 pushes unheard", "0 pushes unheard; 0 commits 0.0 a1 mine");
        let history = format!("columns; 0 sets a1 mine; office a1 theirs; {heard}");
        judge(&history, &format!("oracle.conflicts.count {count}"));
    }
}

#[test]
fn who_need_not_know_of_a_commit_has_the_earlier_edit_to_send() {
    let two = "0 sets a1 one; 0 sets a1 two; later 5; mark backup; later 5";
    for (second, reordered) in [
        ("0 commits 0.1 a1 two; 0 acks 0.1; later 5", 1),
        ("0 commits 0.1 a1 two; 0 acks 0.1; later 5; 0 dies; 0 back backup", 0),
        ("1 copies 0; 1 sends 0.1 a1; 0 commits 0.1 a1 two", 0),
    ] {
        let figure = format!("oracle.reordered.edits {reordered}");
        judge(&format!("{two}; {second}; 0 commits 0.0 a1 one"), &figure);
    }
}

#[test]
fn an_older_commit_by_a_copy_may_lie_over_what_was_told() {
    for (copy, unsure) in [("1 copies 0; 1 sends 0.0 a1;", true), ("", false)] {
        let committed = format!("0 sets a1 mine; {copy} 0 commits 0.0 a1 mine; theirs: office a1 theirs");
        let acked = format!("{committed}; 0 applied a1 theirs; 0 acks 0.0; 0 sets a1 again; office a1 mine");
        conflicts(&acked, unsure, "0.1");
    }
}

#[test]
fn a_phone_need_not_hold_what_it_gave_up_and_a_copy_did_not() {
    let copied = "columns; 0 sets a1 mine; 1 copies 0; office a1 theirs; 0 pushes; 1 sends 0.0 a1";
    for (heard, says) in hears_again("0.1") {
        let history = format!("{copied}; 0 commits 0.0 a1 mine; 0 sets a1 again; {heard}");
        judge(&history, &format!("oracle.conflicts.count {} & oracle.conflicts.false 0", 1 + says));
    }
}

#[test]
fn a_delete_conflicts_with_what_its_own_phone_lost() {
    for (lost, falsely) in [("0 dies; 0 back 0;", 0), ("", 1)] {
        let edited =
            format!("columns; later 5; 0 sets a1 mine; 0 pushes; later 5; {lost} 0 shows a1 first new");
        let figure = format!("oracle.conflicts.false {falsely}");
        judge(&format!("{edited}; 0 deletes a1; 0 pushes"), &figure);
    }
}
