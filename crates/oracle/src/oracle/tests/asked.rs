//! Tests of the checks on who wanted a commit, and on the order of commits.

use super::judge::judge;

#[test]
fn a_commit_is_unasked_that_no_edit_asks_for() {
    judge(
        "
        0 creates a-new done; 0 commits 0.0 a-other done => oracle.unasked_commit.count 1
        # By an edit that is done.
        0 sets a1 done; 0 pushes; 0 commits 0.0 a2 gone => oracle.unasked_commit.count 1
        0 sets a1 done; 0 commits 0.0 a1 new => oracle.unasked_commit.count 1
        0 sets a1 done; 0 commits 0.0 a1 done doctor=dr-z => oracle.unasked_commit.count 1
        # Nobody else wrote there, so nothing of it gave way.
        converges; 0 sets a1 done; 0 commits 0.0 a1 new => oracle.unasked_commit.count 1
        converges; 0 sets a1 one; 0 sets a1 two; 0 pushes; 0 sets a1 three; 0 commits 0.2 a1 two
        => oracle.unasked_commit.count 1
        # A create goes to the row that has its natural key, and to no other.
        begin: 0 creates s9 name=tuesday who=me;
        0 commits 0.0 s1 name=monday who=me => oracle.unasked_commit.count 1
        0 commits 0.0 s8 name=tuesday who=me => oracle.unasked_commit.count 1
        ",
    );
}

#[test]
fn a_commit_that_an_edit_asks_for_is_asked() {
    judge(
        "
        # It is told late, or was not seen saved.
        0 commits 0.7 a1 done; 0 misses 0.7 a1 update status=done => lacks unasked-commit
        0 commits 0.7 a1 done; 0 refused 0.7 a1 update status=done => lacks unasked-commit
        # Edits of a row are sent as one.
        0 sets a1 done; 0 sets a1 doctor=dr-z; 0 commits 0.0 a1 done doctor=dr-z => lacks unasked-commit
        0 sets a1 done; 0 sets a1 doctor=dr-z; 0 commits 0.1 a1 done doctor=dr-z => lacks unasked-commit
        0 sets a1 done; 0 deletes a1; 0 commits 0.0 a1 gone => lacks unasked-commit
        # What somebody else set meanwhile stays; where copies converge, all of its row.
        converges; 0 sets a1 done; office a1 doctor=dr-z; 0 commits 0.0 a1 new doctor=dr-z
        => lacks unasked-commit
        converges; 0 sets a1 one; 0 sets a1 two; 0 commits 0.1 a1 two; 0 commits 0.0 a1 two
        => lacks unasked-commit
        0 sets a1 done; office a1 theirs; 0 commits 0.0 a1 theirs => lacks unasked-commit
        # Two people set one value, and an edit of this value gives way to the one it did not see.
        0 sets a1 done; 0 commits 0.0 a1 done; 0 acks 0.0; 1 sets a1 done; 1 commits 1.0 a1 done;
        0 sets a1 busy; 0 commits 0.1 a1 done => lacks unasked-commit
        converges; 0 sets a1 done; 0 commits 0.0 a1 done; 0 acks 0.0; 1 sets a1 done; 1 commits 1.0 a1 done;
        0 pulls; 0 sets a1 busy; 0 commits 0.1 a1 done => lacks unasked-commit
        0 sets a1 done; 0 commits 0.0 a1 done; 0 acks 0.0; 0 sets a1 busy; 0 commits 0.1 a1 done
        => oracle.unasked_commit.count 1
        0 creates s9 name=monday who=me; 0 commits 0.0 s1 name=monday who=me => lacks unasked-commit
        # A copy in a row of its own, and what says the same again goes with it.
        0 sets a1 done; 0 decides 0.0 a1 update both a-both; 0 commits 0.0 a-both done => lacks unasked-commit
        0 sets a1 done; 0 sets a1 open; 0 sets a1 done; 0 commits 0.0 a1 done;
        0 decides 0.1 a1 update both a-both; 0 commits 0.1 a-both open; 0 commits 0.2 a-both done
        => lacks unasked-commit
        0 sets a1 clinic=b; 0 pushes; 0 deletes a2; drain => silent
        # What a phone's own commit went over had not come to it, nor by the word of that commit.
        converges; office a1 doctor=dr-z; 0 sets a1 done; 0 commits 0.0 a1 done doctor=dr-z; 0 acks 0.0;
        0 sets a1 busy doctor=mine; 0 commits 0.1 a1 busy doctor=dr-z => lacks unasked-commit
        converges; office a1 doctor=dr-z; 0 sets a1 done; 0 commits 0.0 a1 done doctor=dr-z; 0 acks 0.0;
        0 pulls; 0 sets a1 busy doctor=mine; 0 commits 0.1 a1 busy doctor=dr-z
        => oracle.unasked_commit.count 1
        # It went out in the place of one that was refused by itself.
        0 sets a1 done; 0 sets a1 doctor=dr-z; 0 squashes 0.1 a1 0.0; refuses 0.0 a1 for-good;
        0 commits 0.1 a1 new doctor=dr-z => lacks unasked-commit
        # What is split off untold was split off before a kill, and once.
        begin: 0 sets a1 done; refuses 0.0 a1;
        0 dies; 0 sends 0.0 a-both 1; 0 commits 0.0 a-both done => lacks unasked-commit
        0 sends 0.0 a-both 1; 0 commits 0.0 a-both done => oracle.unasked_commit.count 1
        0 dies; 0 sends 0.0 a-both 1; 0 commits 0.0 a-both done; 0 sends 0.0 a-more 1;
        0 commits 0.0 a-more done => oracle.unasked_commit.count 1
        ",
    );
}

#[test]
fn edits_that_come_out_of_their_turn_are_reordered() {
    judge(
        "
        0 sets a1 one; 0 sets a1 two; 0 sets a1 three; 0 sets a1 four; 0 sets a1 five; 0 commits 0.4 a1 five;
        0 commits 0.3 a1 four; 0 commits 0.2 a1 three; 0 commits 0.1 a1 two; 0 commits 0.0 a1 one
        => oracle.reordered.edits 4
        # Other columns have no order.
        0 sets a1 done; 0 sets a1 doctor=dr-z; 0 commits 0.1 a1 new doctor=dr-z;
        0 commits 0.0 a1 done doctor=dr-z
        => oracle.reordered.edits 0
        # What a commit happens to say did not come with it.
        0 sets a1 open; 0 sets a1 done; 0 sets a1 open; drain => silent
        # It comes last by a rule, as the log says.
        begin: 0 sets a1 one; 0 sets a1 two; refuses 0.0 a1; 0 commits 0.1 a1 two; 0 commits 0.0 a1 one;
        => oracle.reordered.edits 1
        0 logs 0.0 a1 overwrote => oracle.reordered.edits 0
        # A row comes after those that it refers to, and goes before them.
        begin:
        0 creates a-new new; 0 creates n-new visit=a-new; 0 commits 0.0 a-new new; 0 pushes => lacks reordered
        office n1 visit=a1; 0 deletes n1; 0 deletes a1; 0 commits 0.0 n1 gone; 0 commits 0.1 a1 gone
        => lacks reordered
        # What another goes out in the place of is refused with that.
        begin:
        0 creates a-new new; 0 creates n-new visit=a-new; 0 sets a-new done; 0 squashes 0.2 a-new 0.0;
        refuses 0.2 a-new create; refuses 0.1 n-new create => lacks reordered
        ",
    );
}

#[test]
fn an_edit_is_misfiled_that_goes_up_as_anothers_or_ends_in_a_row_of_others() {
    judge(
        "
        0 logged-in 1; 0 misses 0.0 a1 update status=done; 0 sends 0.0 a1 1; 0 commits 0.0 a1 done
        => lacks misfiled
        0 sets a1 done; 0 logged-in 1; 0 logged-in 0; 0 sends 0.0 a1 1; 0 commits 0.0 a1 done => lacks misfiled
        # The row went to others, or its person moves it as well, by this edit or by another one.
        begin: restless;
        office a1 clinic=b; 0 sets a1 clinic=b; 0 commits 0.0 a1 clinic=b doctor=dr-b
        => oracle.misfiled.edits 0
        0 sets a1 clinic=b; 0 commits 0.0 a1 clinic=b; 0 sets a1 doctor=dr-b;
        0 commits 0.1 a1 clinic=b doctor=dr-b => oracle.misfiled.edits 0
        # It is taken back, which is right where the edit says so.
        0 sets a1 done clinic=a; office a1 clinic=b; 0 commits 0.0 a1 done => oracle.misfiled.edits 0
        # It is filed by who sends it.
        0 creates a9 status=new doctor=null; 0 commits 0.0 a9 clinic=a => oracle.misfiled.edits 0
        0 creates a9 status=new doctor=null; 0 commits 0.0 a9 clinic=b => oracle.misfiled.edits 1
        ",
    );
}

#[test]
fn a_value_that_nobody_meant_is_bent_and_one_that_somebody_said_is_not() {
    judge(
        "
        it: office a1 2026-03-02; drain; 0 shows a1 it 2026-03-01
        => bent-value 1 & oracle.bent.texts 1 & oracle.bent.commits 0
        # What an earlier version said is old, but where a null did not come.
        office a1 busy; drain; it: office a1 done; 0 pulls; 0 shows a1 it busy; 1 pulls
        => has stale & lacks bent-value
        office a1 busy; drain; it: office a1 null; 0 pulls; 0 shows a1 it busy; 1 pulls
        => has bent-value & oracle.bent.nulls 1
        # A text in another form is the same.
        it: office a1 Zo\u{eb}; drain; 0 shows a1 it Zoe\u{308} => silent
        # What the backend has in the place of what was saved; a null that left what was there.
        0 sets a1 status=; 0 commits 0.0 a1 null => oracle.bent_value.count 1 & lacks unasked-commit
        0 sets a1 null; 0 commits 0.0 a1 status= => oracle.bent_value.count 1 & lacks unasked-commit
        office a1 busy; drain; 0 sets a1 null; 0 commits 0.0 a1 busy => has bent-value
        # What its edit does not say is unasked.
        0 sets a2 done; 0 sets a1 busy; 0 commits 0.1 a1 done => has unasked-commit & lacks bent-value
        0 sets a1 done; 0 commits 0.0 a1 done hidden=from-nowhere => has unasked-commit & lacks bent-value
        ",
    );
}
