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
            store.save(|tx| mark(tx, edit, id, Stamp(100))).unwrap();
        }
        let last = ["e0", "e1"][edits.len() - 1].to_owned();
        assert_eq!(marked_ids(&store), kind.map(|kind| (last, kind)).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn what_others_refer_to_goes_before_them_and_deletes_go_last() {
    let store = related();
    for (number, key, of) in [(0, "gone", None), (1, "line", Some("order")), (2, "order", None)] {
        let entity = if of.is_some() { LINE } else { TASK };
        let values = of.map(|of| (0, Value::text(of))).into_iter().collect();
        let made = LocalEdit { entity, values, ..edit(number, key, EditKind::Create, &[]) };
        store.save(|tx| mark(tx, &made, key, Stamp(100))).unwrap();
    }
    let delete = edit(3, "gone", EditKind::Delete, &[]);
    store.save(|tx| mark(tx, &delete, "gone!", Stamp(100))).unwrap();
    let marks = store.read(|tx| marked(tx, &[TASK, LINE], 10)).unwrap();
    let keys: Vec<&str> = marks.iter().map(|mark| mark.key.as_str()).collect();
    assert_eq!(keys, ["order", "line", "gone"]);
}

fn related() -> Store {
    let mut line = entity("line", &["order"], &[0], Delivery::Delta);
    line.columns[0].kind = ColumnKind::Ref(TASK);
    let entities = vec![entity("order", &[], &[], Delivery::Delta), line];
    Store::of(entities)
}
