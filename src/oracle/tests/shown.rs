//! Rows that go back on a device from one commit of its database to the next.

use super::stage::{DOCTOR, Stage, VISIT, visit};
use super::{assert_only, assert_silent};
use crate::base::{DeviceId, Span, Stamp};
use crate::contract::{Author, EditKind, Event, KillReason, Node};
use crate::oracle::Verdict;

/// What the world began with.
const FIRST: Stamp = Stamp(100);

/// Phone 0 is shown again what it had moved past, for 30 s; all else ends well.
fn after(stage: &mut Stage, key: &str, older: Stamp) {
    stage.applied(0, key, older, false);
    stage.later(30);
}

fn ends(mut stage: Stage) -> Verdict {
    for (entity, key) in [(VISIT, "a1"), (VISIT, "a2")] {
        if let Some((stamp, _)) = stage.backend.rows.get(&(entity, key.to_owned())).cloned() {
            stage.applied(0, key, stamp, false);
        }
    }
    stage.drain();
    stage.verdict()
}

#[test]
fn a_row_that_goes_back_is_told_with_its_time() {
    for to_first in [true, false] {
        let mut stage = Stage::new();
        let older = stage.office("a1", Some("one"));
        stage.pull(0);
        stage.office("a1", Some("two"));
        stage.pull(0);
        after(&mut stage, "a1", if to_first { FIRST } else { older });
        let verdict = ends(stage);
        assert_only(&verdict, "went-back", 1);
        assert!(verdict.figures["oracle.went_back.row_ns"] >= 30_000_000_000, "{verdict:?}");
    }
}

#[test]
fn a_device_that_loses_sight_of_its_own_write_is_told_so() {
    let mut stage = Stage::new();
    stage.update(0, "a1", "mine");
    stage.push(0, true);
    after(&mut stage, "a1", FIRST);
    let verdict = ends(stage);
    assert_only(&verdict, "own-write-vanished", 1);
    assert_eq!(verdict.figures["oracle.went_back.count"], 1);
}

#[test]
fn a_row_that_its_device_deleted_does_not_come_back_as_it_was() {
    let mut stage = Stage::new();
    stage.edit(0, VISIT, "a1", EditKind::Delete, Vec::new());
    stage.push(0, true);
    after(&mut stage, "a1", FIRST);
    stage.pull(0);
    let verdict = stage.verdict();
    let fired: Vec<_> = verdict.violations.iter().map(|violation| violation.check).collect();
    assert!(fired.contains(&"own-write-vanished"), "{fired:?}");
}

#[test]
fn versions_that_read_the_same_are_not_missed() {
    let mut stage = Stage::new();
    let older = stage.office("a1", Some("same"));
    stage.pull(0);
    stage.office("a1", Some("same"));
    stage.pull(0);
    after(&mut stage, "a1", older);
    assert_silent(&ends(stage));
}

#[test]
fn a_backend_that_goes_back_takes_its_devices_with_it() {
    let mut stage = Stage::new();
    stage.later(5);
    let backup = stage.now();
    stage.later(5);
    stage.office("a1", Some("undone"));
    stage.pull(0);
    stage.tell(Node::Backend, Event::Restored { to: backup, life: 0 });
    after(&mut stage, "a1", FIRST);
    stage.commit(Author::Backup, VISIT, "a1", Some(visit("a", "new")));
    let verdict = ends(stage);
    assert_eq!(verdict.figures["oracle.went_back.count"], 0, "{:?}", verdict.violations);
}

#[test]
fn a_device_that_was_put_back_gets_its_rows_again() {
    let mut stage = Stage::new();
    stage.later(5);
    let backup = stage.now();
    let older = stage.office("a1", Some("one"));
    stage.pull(0);
    stage.office("a1", Some("two"));
    stage.pull(0);
    stage.emit(0, Event::ProcessKilled { reason: KillReason::Killed });
    stage.emit(0, Event::Restored { to: backup, life: 0 });
    after(&mut stage, "a1", older);
    let verdict = ends(stage);
    assert_eq!(verdict.figures["oracle.went_back.count"], 0, "{:?}", verdict.violations);
}

#[test]
fn phones_of_one_name_are_not_judged_by_each_others_edits() {
    for copied in [false, true] {
        let mut stage = Stage::new();
        if copied {
            stage.emit(1, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
        }
        stage.update(0, "a1", "mine");
        stage.push(0, true);
        after(&mut stage, "a1", FIRST);
        let verdict = ends(stage);
        let fired = verdict.violations.iter().any(|violation| violation.check == "own-write-vanished");
        assert_eq!(fired, !copied, "{verdict:?}");
    }
}

#[test]
fn a_row_made_here_is_not_swept_away_by_a_load() {
    for known in [false, true] {
        let mut stage = Stage::new();
        let key = stage.fresh_key("a");
        let values = visit("a", "new").into_iter().take(DOCTOR + 1).enumerate().collect();
        stage.edit(0, VISIT, &key, EditKind::Create, values);
        stage.push(0, true);
        if known {
            stage.commit(Author::Office, VISIT, &key, None);
        }
        stage.applied(0, &key, Stamp(0), true);
        stage.later(3);
        stage.pull(0);
        let verdict = stage.verdict();
        assert_eq!(verdict.figures["oracle.own_write_vanished.count"], u64::from(!known), "{known}");
    }
}

#[test]
fn a_removal_without_an_end_says_nothing_of_versions() {
    let mut stage = Stage::new();
    stage.office("a1", Some("never heard of"));
    let now = stage.stamp().plus(Span::secs(1));
    stage.applied(0, "a1", now, true);
    after(&mut stage, "a1", FIRST);
    let verdict = ends(stage);
    assert_eq!(verdict.figures["oracle.went_back.count"], 0, "{:?}", verdict.violations);
}
