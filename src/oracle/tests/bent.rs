//! Values that say something else than was meant.

use super::stage::{HIDDEN, STATUS, Stage, VISIT, visit};
use super::{assert_only, assert_silent};
use crate::base::{Stamp, Value};
use crate::contract::{Author, EditKind};

fn shows(stage: &mut Stage, key: &str, stamp: Stamp, status: Value) {
    let mut values = visit("a", "")[..3].to_vec();
    values[STATUS] = status;
    stage.phone(0).rows.insert((VISIT, key.to_owned()), (stamp, values));
}

/// The phone sets the status of `a1` to this, and the backend has that.
fn commits(stage: &mut Stage, meant: Value, has: Value) {
    let edit = stage.edit(0, VISIT, "a1", EditKind::Update, vec![(STATUS, meant)]);
    let mut values = visit("a", "");
    values[STATUS] = has;
    stage.commit(Author::Device(edit), VISIT, "a1", Some(values));
}

fn found(stage: Stage) -> Vec<(&'static str, String)> {
    stage.verdict().violations.into_iter().map(|v| (v.check, v.text)).collect()
}

#[test]
fn a_value_that_no_version_had_is_bent() {
    let mut stage = Stage::new();
    let stamp = stage.office("a1", Some("2026-03-02"));
    stage.drain();
    shows(&mut stage, "a1", stamp, Value::text("2026-03-01"));
    let verdict = stage.verdict();
    assert_only(&verdict, "bent-value", 1);
    assert_eq!(verdict.figures["oracle.bent.texts"], 1);
    assert_eq!(verdict.figures["oracle.bent.commits"], 0);
    let text = &verdict.violations.iter().find(|v| v.check == "bent-value").unwrap().text;
    assert!(text.starts_with("d0 shows visit a1 of ") && text.contains("status=\"2026-03-01\"; "), "{text}");
    assert!(text.ends_with("says status=\"2026-03-02\" (by column: visit.status 1)"), "{text}");
}

#[test]
fn a_value_that_an_earlier_version_had_is_old_and_not_bent() {
    let mut stage = Stage::new();
    stage.office("a1", Some("busy"));
    stage.drain();
    let stamp = stage.office("a1", Some("done"));
    stage.pull(0);
    shows(&mut stage, "a1", stamp, Value::text("busy"));
    stage.pull(1);
    let found = found(stage);
    assert!(found.iter().all(|(check, _)| *check != "bent-value") && !found.is_empty(), "{found:?}");
}

#[test]
fn a_null_that_did_not_come_is_bent_though_an_earlier_version_said_so() {
    let mut stage = Stage::new();
    stage.office("a1", Some("busy"));
    stage.drain();
    let mut values = visit("a", "");
    values[STATUS] = Value::Null;
    let stamp = stage.commit(Author::Office, VISIT, "a1", Some(values));
    stage.pull(0);
    shows(&mut stage, "a1", stamp, Value::text("busy"));
    stage.pull(1);
    let verdict = stage.verdict();
    assert!(verdict.violations.iter().any(|v| v.check == "bent-value"), "{:?}", verdict.violations);
    assert_eq!(verdict.figures["oracle.bent.nulls"], 1);
}

#[test]
fn a_text_in_another_form_is_the_same() {
    let mut stage = Stage::new();
    let stamp = stage.office("a1", Some("Zo\u{eb}"));
    stage.drain();
    shows(&mut stage, "a1", stamp, Value::text("Zoe\u{308}"));
    assert_silent(&stage.verdict());
}

#[test]
fn what_the_backend_has_in_the_place_of_what_was_saved_is_bent() {
    for (meant, has) in [
        (Value::text("12.50"), Value::text("12.5000001")),
        (Value::text(""), Value::Null),
        (Value::Null, Value::text("")),
    ] {
        let mut stage = Stage::new();
        commits(&mut stage, meant.clone(), has.clone());
        let found = found(stage);
        let bent: Vec<&String> = found.iter().filter(|f| f.0 == "bent-value").map(|f| &f.1).collect();
        assert!(bent.len() == 1 && bent[0].starts_with("edit d0.e0 (update visit a1) says "), "{found:?}");
        assert!(found.iter().all(|f| f.0 != "unasked-commit"), "{found:?}");
    }
}

#[test]
fn a_null_that_left_what_was_there_is_bent() {
    let mut stage = Stage::new();
    stage.office("a1", Some("busy"));
    stage.drain();
    commits(&mut stage, Value::Null, Value::text("busy"));
    let found = found(stage);
    assert!(found.iter().any(|(check, _)| *check == "bent-value"), "{found:?}");
}

#[test]
fn what_another_edit_said_is_unasked_and_not_bent() {
    let mut stage = Stage::new();
    stage.update(0, "a2", "done");
    commits(&mut stage, Value::text("busy"), Value::text("done"));
    let found = found(stage);
    assert!(found.iter().any(|(check, _)| *check == "unasked-commit"), "{found:?}");
    assert!(found.iter().all(|(check, _)| *check != "bent-value"), "{found:?}");
}

#[test]
fn a_column_that_no_edit_sets_is_never_bent_by_one() {
    let mut stage = Stage::new();
    let edit = stage.update(0, "a1", "done");
    let mut values = visit("a", "done");
    values[HIDDEN] = Value::text("from nowhere");
    stage.commit(Author::Device(edit), VISIT, "a1", Some(values));
    let found = found(stage);
    assert!(found.iter().any(|(check, _)| *check == "unasked-commit"), "{found:?}");
    assert!(found.iter().all(|(check, _)| *check != "bent-value"), "{found:?}");
}
