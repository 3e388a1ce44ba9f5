//! Tests of faults that neither the checks at the end nor the checks on single edits find.

use super::judge::judge;
use super::play::play_on;
use super::stage::Stage;
use crate::contract::Capabilities;

#[test]
fn a_value_that_was_refused_is_asked_for_by_nobody() {
    judge(
        "
        begin: poison 0.0; 0 sets a1 bad; 0 pushes; 0 sets a1 doctor=dr-b;
        0 commits 0.1 a1 bad doctor=dr-b; 0 acks 0.1; 0 pulls; 1 pulls
        => oracle.unasked_commit.count 1 & oracle.refused_and_committed.count 1
        0 commits 0.1 a1 doctor=dr-b; 0 acks 0.1; 0 pulls; 1 pulls => silent
        # Its person said so once more.
        0 sets a1 bad; 0 commits 0.1 a1 bad doctor=dr-b; 0 acks 0.1; 0 pulls; 1 pulls
        => oracle.unasked_commit.count 0
        # Nobody was told yet.
        0 sets a1 bad; 0 sets a1 doctor=dr-b; refuses 0.0 a1 create; 0 commits 0.1 a1 bad doctor=dr-b
        => oracle.unasked_commit.count 0
        ",
    );
}

#[test]
fn what_is_told_to_be_refused_is_not_on_the_backend() {
    judge(
        "
        begin: poison 0.0; 0 sets a1 bad; 0 pushes;
        0 commits 0.0 a1 bad; 0 pulls; 1 pulls => refused-and-committed 1
        0 sets a1 bad; 0 commits 0.1 a1 bad; 0 acks 0.1; 0 pulls; 1 pulls => silent
        # The line about it went with a backup.
        0 dies; 0 back 0; 0 starts; 0 commits 0.0 a1 bad; 0 pulls; 1 pulls
        => oracle.refused_and_committed.count 0
        ",
    );
}

#[test]
fn a_line_in_the_log_speaks_of_one_overwrite() {
    judge(
        "
        begin: 0 sets a1 x; office a1 busy; 0 commits 0.0 a1 x; 0 acks 0.0; 0 logs 0.0 a1 overwrote;
        0 pulls; 1 pulls => silent
        0 sets a1 y; office a1 calm; 0 commits 0.1 a1 y; 0 acks 0.1; 0 pulls; 1 pulls => silent-discard 1
        0 sets a1 y; office a1 calm; 0 commits 0.1 a1 y; 0 acks 0.1; 0 logs 0.1 a1 overwrote; 0 pulls; 1 pulls
        => silent
        # It names no edit.
        begin: 0 sets a1 x; office a1 busy; 0 commits 0.0 a1 x; 0 acks 0.0; 0 sets a1 y; office a1 calm;
        0 commits 0.1 a1 y; 0 acks 0.1; 0 pulls; 1 pulls; 0 logs none a1 overwrote;
        later 1 => silent-discard 1
        0 commits 0.1 a1 y; 0 acks 0.1; 0 pulls; 1 pulls; 0 logs none a1 overwrote;
        0 logs none a1 overwrote => silent
        ",
    );
}

#[test]
fn a_row_that_is_in_the_way_has_the_natural_key() {
    judge(
        "
        restless; 0 creates s2 name=monday who=x; refuses 0.0 s2 taken s1 => oracle.not_taken.count 0
        restless; 0 creates s2 name=friday who=x; refuses 0.0 s2 taken s1 => oracle.not_taken.count 1
        restless; office s1 gone; 0 creates s2 name=monday who=x; refuses 0.0 s2 taken s1
        => oracle.not_taken.count 1
        # It is renamed already, by another edit that waits.
        restless; office s2 name=friday who=y; 0 sets s2 name=monday; 0 sets s2 who=x;
        refuses 0.1 s2 taken s1 => oracle.not_taken.count 0
        # A rule merges it with a row that nobody named.
        restless; 0 creates s2 name=friday who=x; 0 decides 0.0 s2 twice remote => oracle.not_taken.count 1
        restless; 0 creates s2 name=monday who=x; refuses 0.0 s2 taken s1; 0 decides 0.0 s2 twice remote
        => oracle.not_taken.count 0
        ",
    );
}

#[test]
fn an_edit_that_is_committed_again_does_harm_where_it_takes_something_back() {
    judge(
        "
        begin: 0 sets a1 x; 0 commits 0.0 a1 x; 0 acks 0.0;
        0 commits 0.0 a1 x; 0 pulls; 1 pulls => duplicate 1
        office a1 busy; 0 commits 0.0 a1 x; 0 pulls; 1 pulls => old-over-new 1
        office a1 x doctor=dr-b; 0 commits 0.0 a1 x doctor=dr-b; 0 pulls
        => oracle.old_over_new.count 0 & oracle.duplicate.rows 1
        # What a backup brought back nobody wrote.
        mark now; backend back now; backup a1 new; 0 commits 0.0 a1 x; 0 pulls; 1 pulls => oracle.old_over_new.count 0
        ",
    );
}

#[test]
fn what_a_phone_shows_between_its_syncs_is_what_it_has() {
    judge(
        "
        begin: office a1 done; 0 pulls; 1 pulls; 0 is-seen;
        0 is-seen => flicker 0
        # It has a row no more, or an older version.
        0 shows a1 gone; 0 is-seen; 0 pulls; 1 pulls => flicker 1
        0 shows a1 first new; 0 is-seen; 0 pulls; 1 pulls => flicker 1
        # One to which nothing ever happened.
        0 shows a2 gone; 0 is-seen; 0 pulls; 1 pulls => flicker 1
        0 shows a2 gone; 0 dies; 0 starts; 0 is-seen; 0 pulls; 1 pulls => silent
        # What the backend has done since may come before it is told.
        office a1 gone; 0 shows a1 gone; 0 is-seen; 0 pulls; 1 pulls => silent
        office a1 gone; 0 pulls; 0 shows a1 first new; 0 is-seen; 0 pulls; 1 pulls => flicker 1
        # An edit waits there.
        0 sets a1 x; 0 shows a1 first new; 0 is-seen; 0 pulls; 1 pulls; drain => silent
        # The phone forgot that somebody deleted the row: an edit is lost, and the row rightly gone.
        0 deletes a1; 0 drops; 0 shows a1 gone; 0 is-seen; 0 pulls; 1 pulls => lost-edit 1
        ",
    );
}

#[test]
fn a_report_says_which_row_and_as_of_when() {
    let long_ago = -999_999_999_999_999_i64;
    judge(&format!(
        "
        office a1 done; 0 pulls; 1 pulls => silent
        office a1 done; 0 applied a1 {long_ago}; 0 pulls; 1 pulls => oracle.empty_report.count 1
        office a1 done; 0 takes scope; 1 pulls => empty-report 1
        # It reads as before.
        office a1 done; 0 pulls; office a1 done hidden=x; 0 pulls; 1 pulls => silent
        "
    ));
}

#[test]
fn no_promise_takes_back_what_every_stack_is_held_to() {
    for (history, check) in [
        ("0 sets a1 done; 0 drops", "lost-edit"),
        ("office a1 theirs; 1 pulls", "divergent"),
        ("0 begins A 0", "stuck"),
        ("0 sets a1 done; 0 commits 0.0 a1 done; 0 commits 0.0 a1 done", "duplicate"),
    ] {
        let stage = Stage::with(|setting| setting.capabilities = Capabilities::NONE);
        let found = play_on(stage, history).verdict(true).violations;
        assert!(found.iter().any(|violation| violation.check == check), "{history}: {found:#?}");
    }
}
