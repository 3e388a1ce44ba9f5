//! Columns in which one person's value took the place of another's.

use super::play::judge;

#[test]
fn columns_that_gave_way_are_counted_on_either_side() {
    let (sets, theirs) = ("0 sets a1 mine doctor=dr-b", "office a1 theirs");
    for (edit, office, how, columns) in [
        (sets, theirs, "remote", 2),
        (sets, theirs, "local", 1),
        ("0 deletes a1", theirs, "local", 1),
        (sets, "office a1 mine", "local", 0),
        (sets, theirs, "merged-doctor", 1),
        (sets, theirs, "merged-both", 1),
        (sets, theirs, "same", 0),
        (sets, "later 1", "local", 0),
        // Changed, and changed back.
        (sets, "office a1 theirs; office a1 new", "local", 0),
    ] {
        let history = format!("{edit}; {office}; 0 decides 0.0 a1 update {how}");
        judge(&history, &format!("oracle.overwritten.columns {columns}"));
    }
    // By a commit over what its device had not read.
    let blindly = "0 sets a1 mine; office a1 theirs; 0 commits 0.0 a1 mine";
    judge(blindly, "oracle.overwritten.columns 1");
}

#[test]
fn a_merge_that_gives_up_a_column_owes_a_line() {
    for (told, silent) in [("0 logs 0.0 a1 merged;", 0), ("", 1)] {
        let merged = "0 sets a1 mine doctor=dr-b; office a1 theirs; 0 decides 0.0 a1 update merged-doctor";
        let kept = format!("{merged}; 0 keeps 0.0 doctor=dr-b; {told} 0 commits 0.0 a1 theirs doctor=dr-b");
        let figure = format!("oracle.silent_discard.count {silent}");
        judge(&format!("{kept}; 0 pulls; 0 acks 0.0; drain"), &figure);
    }
}
