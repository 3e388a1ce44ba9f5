use super::*;

#[test]
fn names_that_sql_knows_or_that_differ_in_case_alone_are_names_like_others() {
    let store = store();
    let values = texts(&["1", "2", "3", "4", "5", "6", "7"]);
    store
        .transaction(|tx| {
            tx.put_values(GROUP, "k", Stamp(1), 0, &values)?;
            tx.put_values(EntityId(4), "only a key", Stamp(2), 0, &[])
        })
        .unwrap();
    assert_eq!(all(&store, GROUP), [("k".to_owned(), Stamp(1), values)]);
    assert_eq!(all(&store, EntityId(3)).len(), 0);
    assert_eq!(all(&store, EntityId(4)).len(), 1);
}

#[test]
#[should_panic(expected = "only entities that devices hold are stored")]
fn an_entity_of_the_backend_alone_has_no_table() {
    _ = all(&store(), EntityId(1));
}

#[test]
fn a_pulled_version_that_is_older_than_the_held_one_stays_out() {
    let store = store();
    let cells: Vec<Cell<'_>> = ["x", "y", "z"].map(|text| Cell::Text(text.into())).to_vec();
    let put = |stamp, over| {
        let put = |tx: &Tx<'_>| tx.put(TASK, "k", Stamp(stamp), 1, Stamp(over), &cells);
        (store.transaction(put).unwrap(), row(&store, "k").unwrap().stamp.0)
    };
    assert_eq!(put(5, 0), (true, 5), "there was none");
    assert_eq!(put(4, 0), (false, 5));
    assert_eq!(put(5, 0), (true, 5));
    assert_eq!(put(4, 4), (false, 5), "it is later than what gives way");
    assert_eq!(put(4, 5), (true, 4));
    let remove = |stamp| store.transaction(|tx| tx.remove_by(TASK, "k", Stamp(stamp))).unwrap();
    assert_eq!([remove(3), remove(4), remove(5)], [false, true, false], "then there is none");
}

#[test]
fn a_row_with_too_few_or_too_many_values_is_refused() {
    let store = store();
    for cells in [&[Cell::Null, Cell::Null][..], &[Cell::Null, Cell::Null, Cell::Null, Cell::Null]] {
        let result = store.transaction(|tx| tx.put(TASK, "k", Stamp(1), 0, Stamp(0), cells));
        assert!(matches!(result, Err(StoreError::Damaged(_))), "{result:?}");
    }
    assert_eq!(all(&store, TASK).len(), 0);
}

#[test]
fn an_error_in_the_middle_undoes_the_transaction() {
    let store = store();
    put(&store, "kept", 1, 0);
    let failed: Result<(), _> = store.transaction(|tx| {
        tx.put_values(TASK, "new", Stamp(2), 0, &texts(&["1", "2", "3"]))?;
        tx.remove(TASK, "kept")?;
        tx.save_progress(UNIT, TASK, &Progress { cursor: Some("c".into()), ..Progress::default() })?;
        Err(StoreError::Failed("here".into()))
    });
    assert_eq!(failed, Err(StoreError::Failed("here".into())));
    assert_eq!(all(&store, TASK).len(), 1);
    assert_eq!(row(&store, "new"), None);
    assert_eq!(store.read(|tx| tx.progress(UNIT, TASK)).unwrap(), Progress::default());
    put(&store, "after", 3, 0);
}

#[test]
#[should_panic(expected = "what only reads does not write")]
fn a_read_does_not_write() {
    _ = store().read(|tx| tx.put_values(TASK, "k", Stamp(1), 0, &texts(&["1", "2", "3"])));
}

#[test]
#[should_panic(expected = "a transaction holds no other")]
fn a_transaction_in_a_transaction_is_a_bug() {
    let store = store();
    _ = store.transaction(|_| store.transaction(|_| Ok(())));
}

#[test]
fn a_sweep_keeps_new_rows_and_dirty_ones() {
    let store = store();
    for (key, generation) in [("z", 1), ("old", 1), ("new", 2), ("edited", 1)] {
        put(&store, key, 5, generation);
    }
    store.edit(&update(0, "edited", "x"), "id", Stamp(1)).unwrap();
    // An edit of another entity's row with the same key does not protect this row.
    let other = LocalEdit { entity: EntityId(4), values: vec![], ..create(1, "old") };
    store.edit(&other, "id2", Stamp(1)).unwrap();
    let swept = store.transaction(|tx| tx.sweep(TASK, 2)).unwrap();
    assert_eq!(swept, [Key::new("old"), Key::new("z")]);
    let left: Vec<String> = all(&store, TASK).into_iter().map(|(key, ..)| key).collect();
    assert_eq!(left, ["edited", "new"]);
}

#[test]
fn work_is_counted_once() {
    let store = store();
    store.work();
    put(&store, "k", 1, 0);
    store.read(|tx| tx.row(TASK, "k")).unwrap();
    store.transaction(|_| Ok(())).unwrap();
    let both = store.work().steps;
    assert_eq!(store.work(), Work::default());
    store.read(|tx| tx.row(TASK, "k")).unwrap();
    let read = store.work().steps;
    put(&store, "k2", 1, 0);
    let written = store.work().steps;
    assert!(read > 5 && written > read, "{read} steps to read a row, {written} to write one");
    assert!(both.abs_diff(read + written) < 10, "{both} steps for both");
    put(&store, "k3", 1, 0);
    assert_eq!(store.work().steps, written, "the same again is as much again");
}
