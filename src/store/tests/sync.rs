//! Sync properties and the log.

use super::*;

#[test]
fn progress_is_kept_for_each_unit_and_entity() {
    let store = store();
    let saved = Progress { cursor: Some("1,k".into()), generation: 2, loading: true };
    store.transaction(|tx| tx.save_progress(UNIT, TASK, &saved)).unwrap();
    let read = |unit, entity| store.read(|tx| tx.progress(unit, entity)).unwrap();
    assert_eq!(read(UNIT, TASK), saved);
    assert_eq!(read(UNIT, GROUP), Progress::default());
    assert_eq!(read(UnitId(1), TASK), Progress::default());
    let later = Progress { cursor: None, generation: 3, loading: false };
    store.transaction(|tx| tx.save_progress(UNIT, TASK, &later)).unwrap();
    assert_eq!(read(UNIT, TASK), later);
}

#[test]
fn runs_are_counted_over_all_units_and_marked_until_they_end() {
    let store = store();
    let begin = |unit| store.transaction(|tx| tx.begin_run(UnitId(unit))).unwrap();
    assert_eq!([begin(1), begin(0), begin(1)], [1, 2, 3]);
    assert_eq!(store.read(|tx| tx.running()).unwrap(), [(UnitId(0), 2), (UnitId(1), 3)]);
    store.transaction(|tx| tx.end_run(UnitId(0))).unwrap();
    assert_eq!(store.read(|tx| tx.running()).unwrap(), [(UnitId(1), 3)]);
    let last = |unit| store.read(|tx| tx.last_sync_on(UnitId(unit))).unwrap();
    assert_eq!((last(0), last(5)), (None, None));
    for at in [Stamp(8), Stamp(9)] {
        store.transaction(|tx| tx.set_last_sync_on(UnitId(1), at)).unwrap();
    }
    store.transaction(|tx| tx.set_last_sync_on(UnitId(5), Stamp(7))).unwrap();
    assert_eq!((last(1), last(5)), (Some(Stamp(9)), Some(Stamp(7))));
    assert_eq!(store.read(|tx| tx.running()).unwrap(), [(UnitId(1), 3)]);
    assert_eq!(begin(5), 4);
}

#[test]
fn the_log_gives_its_lines_in_order() {
    let store = store();
    let line = |edit: Option<u32>, kind, met| LogEntry {
        edit: edit.map(|number| EditId { device: DeviceId(7), number }),
        entity: TASK,
        key: Key::new("k"),
        kind,
        met,
    };
    let lines = [
        line(Some(3), LogKind::Superseded, Some(Stamp(4))),
        line(None, LogKind::Overwrote, Some(Stamp(-1))),
        line(Some(0), LogKind::Rejected, None),
    ];
    store.transaction(|tx| lines.iter().try_for_each(|line| tx.log(line))).unwrap();
    assert_eq!(store.read(|tx| tx.log_entries()).unwrap(), lines);
}
