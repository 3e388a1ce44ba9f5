//! Marks on rows in the place of edits.

use super::*;

const LINE: EntityId = EntityId(1);

fn marked_ids(store: &Store) -> Vec<(String, EditKind)> {
    let marks = store.read(|tx| marked(tx, &[TASK], 10)).unwrap();
    marks.into_iter().map(|mark| (mark.id, mark.kind)).collect()
}

#[test]
fn a_row_has_one_mark_whatever_becomes_of_it() {
    use EditKind::{Create, Delete, Update};
    let cases: [(bool, &[LocalEdit], Option<EditKind>); 6] = [
        (true, &[update(0, "a", "x"), update(1, "a", "y")], Some(Update)),
        (true, &[update(0, "a", "x"), edit(1, "a", Delete, &[])], Some(Delete)),
        (true, &[edit(0, "a", Delete, &[]), create(1, "a")], Some(Update)),
        (false, &[create(0, "a"), update(1, "a", "x")], Some(Create)),
        (false, &[create(0, "a"), edit(1, "a", Delete, &[])], Some(Delete)),
        (false, &[create(0, "a")], Some(Create)),
    ];
    for (is_there, edits, kind) in cases {
        let store = store();
        if is_there {
            put(&store, "a", 5, 0);
        }
        for (edit, id) in edits.iter().zip(["e0", "e1"]) {
            mark(&store, edit, id, Stamp(100)).unwrap();
        }
        let last = ["e0", "e1"][edits.len() - 1].to_owned();
        assert_eq!(marked_ids(&store), kind.map(|kind| (last, kind)).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_marked_row_goes_as_it_is_with_the_stamp_it_came_with() {
    let store = store();
    put(&store, "a", 5, 0);
    mark(&store, &update(0, "a", "x"), "e0", Stamp(100)).unwrap();
    let sent = store.read(|tx| marked(tx, &[TASK], 10)).unwrap().remove(0);
    let values = sent.values.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
    assert_eq!((values, sent.base, sent.made_on), (texts(&["t", "s", "x"]), Some(Stamp(5)), None));
}

#[test]
fn what_others_refer_to_goes_before_them_and_deletes_go_last() {
    let store = related();
    for (number, key, of) in [(0, "gone", None), (1, "line", Some("order")), (2, "order", None)] {
        let entity = if of.is_some() { LINE } else { TASK };
        let values = of.map(|of| (0, Value::text(of))).into_iter().collect();
        let made = LocalEdit { entity, values, ..edit(number, key, EditKind::Create, &[]) };
        mark(&store, &made, key, Stamp(100)).unwrap();
    }
    mark(&store, &edit(3, "gone", EditKind::Delete, &[]), "gone!", Stamp(100)).unwrap();
    let marks = store.read(|tx| marked(tx, &[TASK, LINE], 10)).unwrap();
    let keys: Vec<&str> = marks.iter().map(|mark| mark.key.as_str()).collect();
    assert_eq!(keys, ["order", "line", "gone"]);
}

/// Orders without columns, and lines that name one.
fn related() -> Store {
    let mut line = entity("line", &["order"], &[0], Delivery::Delta);
    line.columns[0].kind = ColumnKind::Ref(TASK);
    let entities = vec![entity("order", &[], &[], Delivery::Delta), line];
    Store::open(&Database::memory(), Arc::new(Schema { entities, ..Schema::default() }), &options()).unwrap()
}

#[test]
fn marks_up_to_a_date_are_passed_by_and_later_ones_stay() {
    let store = store();
    for (number, key, at) in [(0, "a", 10), (1, "b", 20), (2, "c", 21)] {
        mark(&store, &create(number, key), key, Stamp(at)).unwrap();
    }
    let passed = store.transaction(|tx| pass_by(tx, &[TASK], Stamp(20))).unwrap();
    assert_eq!(passed, [(TASK, Key::new("a")), (TASK, Key::new("b"))]);
    assert_eq!(marked_ids(&store), [("c".to_owned(), EditKind::Create)]);
}

#[test]
fn a_mark_in_conflict_is_not_passed_by() {
    let store = store();
    mark(&store, &create(0, "a"), "a", Stamp(10)).unwrap();
    let parked = |tx: &Tx<'_>| {
        tx.execute("UPDATE outbox SET parked=1", [])?;
        pass_by(tx, &[TASK], Stamp(20))
    };
    assert_eq!(store.transaction(parked).unwrap(), []);
    assert_eq!(store.read(|tx| tx.entries_for(TASK, "a")).unwrap().len(), 1);
}

#[test]
fn a_mark_that_stays_after_a_verdict_is_of_a_row_that_is_there_or_gone() {
    use EditKind::{Create, Delete, Update};
    let cases = [(Create, Create, Update), (Create, Delete, Delete), (Delete, Update, Create)];
    for (sent, now, kept) in cases {
        let store = store();
        mark(&store, &create(0, "a"), "e0", Stamp(1)).unwrap();
        let found = store.transaction(|tx| {
            let old = tx.entries_for(TASK, "a")?.remove(0);
            keep_mark(tx, &Entry { kind: now, ..old }, sent)?;
            tx.entries_for(TASK, "a")
        });
        assert_eq!(found.unwrap()[0].kind, kept, "{sent:?}, {now:?}");
    }
}
