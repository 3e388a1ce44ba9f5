use super::*;

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
