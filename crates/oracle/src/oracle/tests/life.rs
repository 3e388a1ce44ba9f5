use super::play::play_on;
use super::stage::{Stage, VISIT};
use crate::base::{DeviceId, Key};
use crate::oracle::Life;
use crate::oracle::Subject;

fn of_record(key: &str) -> Subject {
    Subject { record: (VISIT, Key::new(key)), side: None, found: None }
}

fn lived(subject: Subject, history: &str) -> Vec<String> {
    let mut stage = Stage::new();
    stage.life = Some(Life::new(stage.oracle.setup.labels.clone(), subject));
    play_on(stage, history).life.unwrap().story().lines
}

const LIVED: &str = "0 sets a1 done; 0 sets a2 unasked; 0 pushes unheard; 0 dies; 2 dies power; 0 pushes; \
                     1 pulls; shows-late a1 9 4";

#[test]
fn the_life_of_a_record_is_told_in_order_and_nothing_else_is() {
    insta::assert_snapshot!(lived(of_record("a1"), LIVED).join("\n"));
}

#[test]
fn the_story_is_bounded_and_says_what_it_left_out() {
    let lines = lived(of_record("a1"), &"serves a1 9;".repeat(Life::LINES + 5));
    assert_eq!((lines.len(), lines.last().unwrap().as_str()), (Life::LINES + 1, "and 5 more"));
}

#[test]
fn an_edit_that_came_to_the_backend_under_another_key_is_told_to_its_end_and_the_key_is_named() {
    let history = "0 creates a9 status=new; later 1; 0 sends 0.0 a-other 7; 0 commits 0.0 a-other new; 0 acked 0.0 a-other 9";
    let found = Some(("duplicate", Some(DeviceId(0))));
    insta::assert_snapshot!(lived(Subject { found, ..of_record("a9") }, history).join("\n"));
}

/// For each check on device 0: a history that leads to its finding.
const ENDINGS: &[(&str, &str)] = &[
    ("lost", "office a1 done"),
    ("lost", "office a1 done; later 1; 0 cursor"),
    ("lost", "serves a1 9; later 1; 0 cursor"),
    ("lost", "0 applied a1 9 removed"),
    ("lost", "0 deletes a1"),
    ("stale", "newer: office a1 done; later 1; serves a1 newer"),
    ("undetected-delete", "office a1 gone; later 1; 0 cursor"),
    ("divergent", "gone: office a1 gone; later 1; serves a1 gone removed"),
    ("orphan", "office a1 done; later 1"),
    ("resurrected", "0 applied a1 9 removed; later 1; 0 applied a1 10"),
    // The server sends an old version late, and neither the tombstone nor the newer version.
    ("undetected-delete", "old: office a1 done; office a1 gone; later 1; serves a1 old"),
    ("stale", "old: office a1 begun; office a1 done; later 1; serves a1 old; 0 applied a1 old"),
    ("stale", "old: office a1 begun; new: office a1 done; 0 applied a1 new; later 1; 0 applied a1 old"),
    ("lost", "later 1; 0 cursor"),
    ("lost-edit", "0 sets a1 done"),
    ("stuck", "0 sets a1 done"),
    ("acknowledged-without-commit", "0 sets a1 done; 0 acked 0.0 a1 9"),
    // The response to the first edit clears the row's flag, so the second one is never sent.
    (
        "lost-edit",
        "0 sets a1 done; 0 sends 0.0 a1 7; 0 commits 0.0 a1 done; later 1; 0 sets a1 left; later 1; 0 acked 0.0 a1 9; later 1; 0 applied a1 9",
    ),
    ("resurrected", "0 applied a1 9 removed; later 1; 0 back 0"),
    ("resurrected", "0 applied a1 9 removed; later 1; 0 back 0; later 1; serves a1 11 removed"),
];

#[test]
fn each_check_has_endings_of_its_own() {
    let ending = |&(check, history): &(&'static str, &str)| {
        let found = Some((check, Some(DeviceId(0))));
        let last = lived(Subject { found, ..of_record("a1") }, history).pop().expect("there is an ending");
        format!("{check}: {history}\n  {last}\n")
    };
    insta::assert_snapshot!(ENDINGS.iter().map(ending).collect::<String>());
}
