//! Whose commits are, and whether they come in their turn.

use super::play::{judge, judge_all};

#[test]
fn a_commit_that_no_edit_asks_for_is_unasked() {
    for (history, words) in [
        ("0 deletes a1; 0 commits 0.0 a1 new", "asks: a delete leaves its row gone"),
        ("0 sets a1 done; 0 commits 0.0 a1 gone", "asks: nobody there deletes the row"),
        ("0 sets a1 done; 0 commits 0.0 a2 done", "the update of visit a2 at"),
        ("0 creates a-new done; 0 commits 0.0 a-other done", "it is another row"),
        // By an edit that is done, and by one that nobody made.
        ("0 sets a1 done; 0 pushes; 0 commits 0.0 a2 gone", "the delete of visit a2 at"),
        ("0 commits 0.7 a1 gone", "is by edit d0.e7 of d0, and nobody made such an edit"),
        (
            "0 sets a2 other; 0 sets a1 done; 0 commits 0.1 a1 other",
            "it says status=\"other\", which no edit of d0 that waits does",
        ),
        ("0 sets a1 done; 0 commits 0.0 a1 new", "it says status=\"new\""),
        ("0 sets a1 done; 0 commits 0.0 a1 done doctor=dr-z", "it says doctor=\"dr-z\""),
        // A create goes to the row that has its natural key, and to no other.
        ("0 creates s9 name=tuesday who=me; 0 commits 0.0 s1 name=monday who=me", "it is another row"),
        ("0 creates s9 name=tuesday who=me; 0 commits 0.0 s8 name=tuesday who=me", "it is another row"),
    ] {
        judge(history, &format!("oracle.unasked_commit.count 1 & ~{words}"));
    }
}

#[test]
fn a_commit_that_an_edit_asks_for_is_asked() {
    for history in [
        // It is told late, or was not seen saved.
        "0 commits 0.7 a1 done; 0 misses 0.7 a1 update status=done",
        "0 commits 0.7 a1 done; 0 refused 0.7 a1 update status=done",
        // Edits of a row are sent as one.
        "0 sets a1 done; 0 sets a1 doctor=dr-z; 0 commits 0.0 a1 done doctor=dr-z",
        "0 sets a1 done; 0 sets a1 doctor=dr-z; 0 commits 0.1 a1 done doctor=dr-z",
        "0 sets a1 done; 0 deletes a1; 0 commits 0.0 a1 gone",
        // What somebody else set meanwhile stays.
        "0 sets a1 done; office a1 theirs; 0 commits 0.0 a1 theirs",
        "0 creates s9 name=monday who=me; 0 commits 0.0 s1 name=monday who=me",
        // A copy in a row of its own, and what says the same again goes with it.
        "0 sets a1 done; 0 decides 0.0 a1 update both a-both; 0 commits 0.0 a-both done",
        "0 sets a1 done; 0 sets a1 open; 0 sets a1 done; 0 commits 0.0 a1 done; 0 decides 0.1 a1 update both a-both; \
         0 commits 0.1 a-both open; 0 commits 0.2 a-both done",
    ] {
        judge(history, "lacks unasked-commit");
    }
    judge("0 sets a1 clinic=b; 0 pushes; 0 deletes a2; drain", "silent");
}

#[test]
fn what_is_split_off_untold_was_split_off_before_a_kill_and_once() {
    let both = "0 sends 0.0 a-both 1; 0 commits 0.0 a-both done";
    judge_all(
        "0 sets a1 done; refuses 0.0 a1",
        &[
            (&format!("0 dies; {both}"), "lacks unasked-commit"),
            (both, "oracle.unasked_commit.count 1 & ~it is another row"),
            (
                &format!("0 dies; {both}; 0 sends 0.0 a-more 1; 0 commits 0.0 a-more done"),
                "oracle.unasked_commit.count 1 & ~it is another row",
            ),
        ],
    );
}

#[test]
fn edits_that_come_out_of_their_turn_are_reordered() {
    for (history, reordered, told) in [
        (
            "0 sets a1 one; 0 sets a1 two; 0 sets a1 three; 0 sets a1 four; 0 sets a1 five; 0 commits 0.4 a1 five; \
             0 commits 0.3 a1 four; 0 commits 0.2 a1 three; 0 commits 0.1 a1 two; 0 commits 0.0 a1 one",
            4,
            "~after edit d0.e4 of 00:00:05.000 (update visit a1: status=\"five\"), which was made later: now",
        ),
        (
            "0 deletes a1; 0 sets a1 done; 0 commits 0.1 a1 done; 0 commits 0.0 a1 gone",
            1,
            "~which was made later: the row is gone now",
        ),
        // Other columns have no order.
        (
            "0 sets a1 done; 0 sets a1 doctor=dr-z; 0 commits 0.1 a1 new doctor=dr-z; 0 commits 0.0 a1 done doctor=dr-z",
            0,
            "lacks reordered",
        ),
        // What a commit happens to say did not come with it.
        ("0 sets a1 open; 0 sets a1 done; 0 sets a1 open; drain", 0, "silent"),
    ] {
        judge(history, &format!("oracle.reordered.edits {reordered} & {told}"));
    }
    // It comes last by a rule, as the log says.
    let last = "0 sets a1 one; 0 sets a1 two; refuses 0.0 a1; 0 commits 0.1 a1 two; 0 commits 0.0 a1 one";
    judge(last, "oracle.reordered.edits 1");
    judge(&format!("{last}; 0 logs 0.0 a1 overwrote"), "oracle.reordered.edits 0");
}

#[test]
fn a_row_comes_after_those_that_it_refers_to_and_goes_before_them() {
    judge_all(
        "0 creates a-new new; 0 creates n-new visit=a-new",
        &[
            (
                "refuses 0.1 n-new create",
                "oracle.reordered.edits 1 & ~was refused for good & ~(create visit a-new",
            ),
            (
                "0 commits 0.1 n-new visit=a-new",
                "oracle.reordered.edits 1 & ~was committed & ~(create visit a-new",
            ),
            ("0 commits 0.0 a-new new; 0 pushes", "lacks reordered"),
        ],
    );
    judge_all(
        "office n1 visit=a1; 0 deletes n1; 0 deletes a1",
        &[
            ("0 commits 0.0 n1 gone; 0 commits 0.1 a1 gone", "lacks reordered"),
            ("0 commits 0.1 a1 gone; 0 commits 0.0 n1 gone", "oracle.reordered.edits 1"),
        ],
    );
}

#[test]
fn an_edit_is_misfiled_that_goes_up_as_anothers() {
    let missed = "0 logged-in 1; 0 misses 0.0 a1 update status=done";
    for (made, sends, found) in [
        (missed, "0 sends 0.0 a1 1", "lacks misfiled"),
        ("0 sets a1 done; 0 logged-in 1", "0 sends 0.0 a1 1", "has misfiled"),
        ("0 sets a1 done; 0 logged-in 1", "0 logged-in 0; 0 sends 0.0 a1 1", "lacks misfiled"),
    ] {
        judge(&format!("{made}; {sends}; 0 commits 0.0 a1 done"), found);
    }
}
