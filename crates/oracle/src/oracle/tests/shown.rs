//! Tests of rows that go back to an older version between two commits of a device's database.

use super::judge::judge;
use super::stage::{STATUS, Stage, VISIT, visit};
use crate::base::{Stamp, Value, ValueRef};
use crate::contract::{AppliedChange, Author};

#[test]
fn a_row_that_goes_back_is_told_with_its_time_but_where_nobody_misses_it() {
    judge(
        "
        # Phone 0 is shown again what it had moved past, for 30 s; all else ends well.
        begin: one: office a1 one; 0 pulls; office a1 two; 0 pulls;
        0 applied a1 first; later 30; 0 catches-up; drain
        => went-back 1 & oracle.went_back.row_ns over 30000000000
        0 applied a1 one; later 30; 0 catches-up; drain
        => went-back 1 & oracle.went_back.row_ns over 30000000000
        begin:
        one: office a1 same; 0 pulls; office a1 same; 0 pulls; 0 applied a1 one; later 30; 0 catches-up; drain
        => silent
        # A backend that goes back takes its devices with it.
        later 10; office a1 undone; 0 pulls; backend back 5; 0 applied a1 first; later 30; backup a1 new;
        later 30; 0 catches-up; drain => oracle.went_back.count 0
        # A device that was put back gets its rows again.
        later 5; one: office a1 one; 0 pulls; office a1 two; 0 pulls; 0 dies; 0 back 5; 0 applied a1 one;
        later 30; 0 catches-up; drain => oracle.went_back.count 0
        # A removal without an end says nothing of versions.
        office a1 unheard; 0 applied a1 9000000 removed; 0 applied a1 first; later 30; 0 catches-up; drain
        => oracle.went_back.count 0
        ",
    );
}

#[test]
fn a_device_that_loses_sight_of_its_own_write_is_told_so() {
    judge(
        "
        0 deletes a1; 0 pushes; 0 applied a1 first; later 30; 0 pulls => has own-write-vanished
        # Phones of one name are not judged by each other's edits.
        1 copies 0; 0 sets a1 mine; 0 pushes; 0 applied a1 first; later 30; 0 catches-up; drain
        => lacks own-write-vanished
        # A row made here is not swept away by a load.
        begin: 0 creates a9 new; 0 pushes;
        0 applied a9 0 removed; later 3; 0 pulls => oracle.own_write_vanished.count 1
        office a9 gone; 0 applied a9 0 removed; later 3; 0 pulls => oracle.own_write_vanished.count 0
        ",
    );
}

/// How often a row went back, and how often behind the phone's own write. Phone 0 reports that it
/// shows this status, with the stamp of the first, second or third version. The second version is
/// its own.
fn went_back(status: &str, version: usize, says_so: bool) -> [u64; 2] {
    let mut stage = Stage::new();
    let mut stamps = vec![stage.commit(Author::Office, VISIT, "a1", Some(visit("a", "one")))];
    stage.pull(0);
    stage.update(0, "a1", "two");
    stage.push(0, true);
    stamps.push(stage.backend.rows[&(VISIT, "a1".to_owned())].0);
    stage.pull(0);
    stamps.push(stage.commit(Author::Office, VISIT, "a1", Some(visit("a", "three"))));
    let row = stage.schema.entity(VISIT).project(&visit("a", status));
    let values: Vec<ValueRef<'_>> = row.iter().map(crate::oracle::model::assigned_keys::shown).collect();
    let (stamp, removed): (Stamp, bool) = (stamps[version - 1], false);
    let values = says_so.then_some(&values[..]);
    stage.chunk(0, &[AppliedChange { entity: VISIT, key: "a1", stamp, removed, values }]);
    assert_eq!(row[STATUS], Value::text(status));
    stage.later(30);
    stage.drain();
    let figures = stage.verdict(true).figures;
    ["oracle.went_back.count", "oracle.own_write_vanished.count"].map(|name| figures[name])
}

#[test]
fn what_a_row_shows_decides_before_its_stamp() {
    // The stamp comes after the values or before them, or only some of the values are there.
    for (status, version) in [("two", 1), ("three", 1), ("two", 3), ("half", 1), ("half", 3)] {
        assert_eq!(went_back(status, version, true), [0, 0], "{status} as of version {version}");
    }
    for version in 1..=3 {
        assert_eq!(went_back("one", version, true), [1, 1], "as of version {version}");
    }
    assert_eq!(went_back("two", 1, false), [1, 1], "who says no more is judged by the stamp");
}
