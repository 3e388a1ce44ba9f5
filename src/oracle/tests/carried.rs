//! Edits that go with a later one of their row: of the edits of phone 0 only the last leaves.

use super::play::judge;

#[test]
fn an_edit_that_a_later_one_says_again_is_present_when_that_meets_itself() {
    for theirs in ["two", "else"] {
        let history =
            format!("0 sets a1 one; 0 sets a1 two; 0 drops 0.0; office a1 {theirs}; 0 pushes; drain");
        judge(&history, "silent");
    }
}

#[test]
fn an_edit_is_lost_when_the_later_one_leaves_it_out() {
    let two = "0 sets a1 doctor=dr-z; 0 sets a1 two";
    judge(&format!("{two}; 0 drops 0.0; office a1 two; 0 pushes; drain"), "lost-edit 1");
    let squashed = format!("{two}; 0 squashes 0.1 0.0 a1; 0 drops 0.0; 0 pushes; drain");
    judge(&squashed, "fires lost-edit unasked-commit");
}

#[test]
fn an_edit_is_present_that_went_with_one_that_nobody_saw_saved() {
    for (again, shows, found) in
        [("", "dr-z", "silent"), ("doctor=dr-y", "dr-y", "silent"), ("", "dr-a", "lost-edit 1")]
    {
        let missed = format!("0 sets a1 doctor=dr-z; 0 misses 0.1 a1 update status=two {again}; 0 restarts");
        judge(&format!("{missed}; 0 drops 0.0; 0 commits 0.1 a1 two doctor={shows}; drain"), found);
    }
}
