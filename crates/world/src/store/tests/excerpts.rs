use super::*;
use crate::store;

fn held() -> Store {
    let store = store();
    store
        .transaction(|tx| {
            tx.make(store::excerpts::TABLES)?;
            let values = [Value::text("title"), Value::text("open"), Value::text("note")];
            tx.put_values(TASK, "held", Stamp(5), 1, &values)
        })
        .unwrap();
    store
}

fn put(store: &Store, unit: UnitId, key: &str, stamp: i64) {
    let cells = [Cell::Text("done".into())];
    store.transaction(|tx| store::excerpts::put(tx, (unit, TASK), key, Stamp(stamp), &cells)).unwrap();
}

fn shown(store: &Store) -> Vec<(String, i64)> {
    let shown = store.read(|tx| store::excerpts::shown(tx, TASK)).unwrap();
    shown.into_iter().map(|(_, key, stamp, _)| (key.as_str().to_owned(), stamp.0)).collect()
}

#[test]
fn a_part_is_shown_while_it_is_newer_than_what_is_held() {
    let store = held();
    put(&store, UNIT, "held", 5);
    assert_eq!(shown(&store), []);
    put(&store, UNIT, "held", 6);
    put(&store, UNIT, "alone", 2);
    assert_eq!(shown(&store), [("alone".to_owned(), 2), ("held".to_owned(), 6)]);
    assert_eq!(store.read(|tx| tx.row(TASK, "held")).unwrap().unwrap().stamp, Stamp(5), "it is as it was");
    let id = EditId { device: DeviceId(0), number: 1 };
    let values = vec![(1, Value::text("mine"))];
    let edit = LocalEdit { id, entity: TASK, key: Key::new("held"), kind: EditKind::Update, values };
    store.edit(&edit, "d0.e1", Stamp(9)).unwrap();
    assert_eq!(shown(&store), [("alone".to_owned(), 2)]);
}
