//! Values that say something else than was meant.

use super::play::judge;

#[test]
fn a_value_that_no_version_had_is_bent() {
    let history = "it: office a1 2026-03-02; drain; 0 shows a1 it 2026-03-01";
    judge(history, "bent-value 1 & oracle.bent.texts 1 & oracle.bent.commits 0");
    judge(history, "~d0 shows visit a1 of  & ~status=\"2026-03-01\"; ");
    judge(history, "~says status=\"2026-03-02\" (by column: visit.status 1)");
}

#[test]
fn what_an_earlier_version_said_is_old_and_not_bent_but_where_a_null_did_not_come() {
    let busy = "office a1 busy; drain";
    let shows = "0 pulls; 0 shows a1 it busy; 1 pulls";
    judge(&format!("{busy}; it: office a1 done; {shows}"), "has stale & lacks bent-value");
    judge(&format!("{busy}; it: office a1 null; {shows}"), "has bent-value & oracle.bent.nulls 1");
}

#[test]
fn a_text_in_another_form_is_the_same() {
    judge("it: office a1 Zo\u{eb}; drain; 0 shows a1 it Zoe\u{308}", "silent");
}

#[test]
fn what_the_backend_has_in_the_place_of_what_was_saved_is_bent() {
    for (meant, has) in [("12.50", "12.5000001"), ("status=", "null"), ("null", "status=")] {
        let found = "oracle.bent_value.count 1 & ~edit d0.e0 (update visit a1) says  & lacks unasked-commit";
        judge(&format!("0 sets a1 {meant}; 0 commits 0.0 a1 {has}"), found);
    }
    // A null that left what was there.
    judge("office a1 busy; drain; 0 sets a1 null; 0 commits 0.0 a1 busy", "has bent-value");
}

#[test]
fn what_its_edit_does_not_say_is_unasked_and_not_bent() {
    for history in [
        "0 sets a2 done; 0 sets a1 busy; 0 commits 0.1 a1 done",
        "0 sets a1 done; 0 commits 0.0 a1 done hidden=from-nowhere",
    ] {
        judge(history, "has unasked-commit & lacks bent-value");
    }
}
