use proptest::prelude::*;

use super::*;

#[test]
fn of_each_row_only_the_oldest_edit_leaves() {
    let store = store();
    for key in ["a", "b"] {
        put(&store, key, 5, 0);
    }
    for (number, key) in [(0, "b"), (1, "a"), (2, "b"), (3, "c"), (4, "a")] {
        let edit = if key == "c" { create(number, key) } else { update(number, key, "x") };
        store.edit(&edit, &format!("id{number}"), Stamp(100)).unwrap();
    }
    assert_eq!(sendable(&store, 10), ["id0", "id1", "id3"]);
    assert_eq!(sendable(&store, 2), ["id0", "id1"]);
    assert!(store.read(|tx| tx.outbox(&[GROUP], 10)).unwrap().is_empty());
    let first = store.read(|tx| tx.outbox(&[GROUP, TASK], 1)).unwrap().remove(0);
    store.transaction(|tx| tx.drop_entry(first.seq)).unwrap();
    assert_eq!(sendable(&store, 10), ["id1", "id2", "id3"]);
    let of_a = store.read(|tx| tx.entries_for(TASK, "a")).unwrap();
    assert_eq!(of_a.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["id1", "id4"]);
}

#[test]
fn an_edit_changes_its_row_and_waits_on_the_version_it_was_made_on() {
    let store = store();
    put(&store, "k", 5, 3);
    store.edit(&update(0, "k", "new"), "id0", Stamp(1)).unwrap();
    let expected = StoredRow { stamp: Stamp(5), generation: 3, values: texts(&["t", "s", "new"]) };
    assert_eq!(row(&store, "k"), Some(expected));
    store.edit(&edit(1, "k", EditKind::Delete, &[]), "id1", Stamp(2)).unwrap();
    assert_eq!(row(&store, "k"), None);
    store.edit(&create(2, "k"), "id2", Stamp(3)).unwrap();
    store.edit(&update(3, "k", "newer"), "id3", Stamp(4)).unwrap();
    let bases: Vec<_> = store.read(|tx| tx.entries_for(TASK, "k")).unwrap().iter().map(|e| e.base).collect();
    assert_eq!(bases, [Some(Stamp(5)), Some(Stamp(5)), None, None]);
    store.transaction(|tx| tx.rebase(TASK, "k", Stamp(8))).unwrap();
    assert!(store.read(|tx| tx.entries_for(TASK, "k")).unwrap().iter().all(|e| e.base == Some(Stamp(8))));
}

#[test]
fn an_edit_keeps_the_values_that_it_was_made_on() {
    let store = store();
    put(&store, "k", 5, 0);
    store.edit(&update(0, "k", "first"), "id0", Stamp(1)).unwrap();
    store.edit(&update(1, "k", "second"), "id1", Stamp(2)).unwrap();
    store.edit(&edit(2, "k", EditKind::Delete, &[]), "id2", Stamp(3)).unwrap();
    store.edit(&create(3, "k"), "id3", Stamp(4)).unwrap();
    // An acknowledgement gives later edits a stamp and leaves their base values unchanged.
    store.transaction(|tx| tx.rebase(TASK, "k", Stamp(8))).unwrap();
    let entries = store.read(|tx| tx.entries_for(TASK, "k")).unwrap();
    let made_on: Vec<_> = entries.into_iter().map(|entry| entry.made_on).collect();
    let note = |text| Some(vec![(3, Value::text(text))]);
    let whole = vec![(0, Value::text("t")), (1, Value::text("s")), (3, Value::text("second"))];
    assert_eq!(made_on, [note("n"), note("first"), Some(whole), None]);
}

#[test]
fn an_edit_that_makes_no_sense_changes_nothing() {
    let store = store();
    put(&store, "k", 5, 0);
    assert_eq!(store.edit(&create(0, "k"), "id", Stamp(1)), Err(EditError::Exists));
    assert_eq!(store.edit(&update(1, "x", "n"), "id", Stamp(1)), Err(EditError::NoSuchRow));
    assert_eq!(store.edit(&edit(2, "x", EditKind::Delete, &[]), "id", Stamp(1)), Err(EditError::NoSuchRow));
    assert_eq!(store.read(|tx| tx.pending()).unwrap(), []);
    assert_eq!(all(&store, TASK).len(), 1);
}

#[test]
fn an_edit_whose_entry_fails_leaves_its_row_alone() {
    let store = store();
    put(&store, "k", 5, 0);
    store.edit(&update(0, "k", "first"), "same id", Stamp(1)).unwrap();
    for edit in [update(1, "k", "second"), edit(2, "k", EditKind::Delete, &[]), create(3, "new")] {
        let result = store.edit(&edit, "same id", Stamp(1));
        assert!(matches!(result, Err(EditError::Storage(_))), "{result:?}");
    }
    assert_eq!(row(&store, "k").unwrap().values, texts(&["t", "s", "first"]));
    assert_eq!(row(&store, "new"), None);
    assert_eq!(store.read(|tx| tx.pending()).unwrap().len(), 1);
}

#[test]
fn a_row_that_others_refer_to_goes_before_and_after_them() {
    let (order, line) = (EntityId(0), EntityId(1));
    let mut lines = entity("line", &["order", "text"], &[0, 1], Delivery::Delta);
    lines.columns[0].kind = ColumnKind::Ref(order);
    let store = Store::of(vec![entity("order", &["title"], &[0], Delivery::Delta), lines]);
    let edit = |number: u32, entity, key: &str, kind, values: &[(usize, &str)]| {
        let id = EditId { device: DeviceId(0), number };
        let values = values.iter().map(|&(column, text)| (column, Value::text(text))).collect();
        let edit = LocalEdit { id, entity, key: Key::new(key), kind, values };
        store.edit(&edit, &number.to_string(), Stamp(7)).unwrap();
    };
    let goes = |entities: &[EntityId]| -> Vec<u32> {
        let batch = store.read(|tx| tx.outbox(entities, 9)).unwrap();
        batch.iter().map(|entry| entry.edit.number).collect()
    };
    let done = |number: u32| {
        let seq = store.read(|tx| tx.outbox(&[order, line], 9)).unwrap();
        let seq = seq.iter().find(|entry| entry.edit.number == number).unwrap().seq;
        store.transaction(|tx| tx.drop_entry(seq)).unwrap();
    };
    edit(0, order, "o", EditKind::Create, &[(0, "an order")]);
    edit(1, line, "l", EditKind::Create, &[(0, "o"), (1, "one")]);
    assert_eq!(goes(&[order, line]), [0, 1]);
    assert_eq!(goes(&[line]), [] as [u32; 0], "what it refers to is to go with others");
    done(0);
    assert_eq!(goes(&[line]), [1]);
    edit(2, line, "l", EditKind::Update, &[(1, "two")]);
    edit(3, line, "l", EditKind::Delete, &[]);
    edit(4, order, "o", EditKind::Delete, &[]);
    edit(5, line, "later", EditKind::Create, &[(0, "o"), (1, "one")]);
    for number in [1, 2, 3] {
        assert_eq!(goes(&[order, line]), [number, 5], "the order goes after its line");
        done(number);
    }
    assert_eq!(goes(&[order, line]), [4, 5]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_edits_values_come_out_of_the_outbox_to_the_bit(
        text in ".*", int in any::<i64>(), real in any::<f64>().prop_filter("JSON", |x| x.is_finite())
    ) {
        let store = store();
        put(&store, "k", 5, 0);
        let values = vec![(0, Value::text(&text)), (1, Value::Int(int)), (3, Value::Real(real))];
        store.edit(&LocalEdit { values: values.clone(), ..update(0, "k", "") }, "id", Stamp(1)).unwrap();
        let entry = store.read(|tx| tx.outbox(&[TASK], 1)).unwrap().remove(0);
        prop_assert_eq!(format!("{:?}", entry.values), format!("{:?}", values));
        let row = row(&store, "k").unwrap();
        let stored: Vec<_> = values.into_iter().map(|(_, value)| value).collect();
        prop_assert_eq!(format!("{:?}", row.values), format!("{:?}", stored));
    }
}
