//! Parts of rows, beside those that are held in full.

use super::*;

const OTHER: UnitId = UnitId(1);

/// A store that holds a row in full as of stamp 5.
fn held() -> Store {
    let store = store();
    store
        .transaction(|tx| {
            Excerpts::of(tx).make()?;
            let values = [Value::text("title"), Value::text("open"), Value::text("note")];
            tx.put_values(TASK, "held", Stamp(5), 1, &values)
        })
        .unwrap();
    store
}

fn put(store: &Store, unit: UnitId, key: &str, stamp: i64) {
    let cells = [Cell::Text("done".into())];
    store.transaction(|tx| Excerpts::of(tx).put((unit, TASK), key, Stamp(stamp), &cells)).unwrap();
}

fn shown(store: &Store) -> Vec<(String, i64)> {
    let shown = store.read(|tx| Excerpts::of(tx).shown(TASK)).unwrap();
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
}

#[test]
fn nothing_is_shown_in_part_of_a_row_with_edits() {
    let store = held();
    put(&store, UNIT, "held", 6);
    let id = EditId { device: DeviceId(0), number: 1 };
    let values = vec![(1, Value::text("mine"))];
    let edit = LocalEdit { id, entity: TASK, key: Key::new("held"), kind: EditKind::Update, values };
    store.edit(&edit, "d0.e1", Stamp(9)).unwrap();
    assert_eq!(shown(&store), []);
}

#[test]
fn what_came_in_full_passes_parts_up_to_its_version() {
    let store = held();
    for (key, stamp) in [("held", 5), ("alone", 2), ("kept", 3)] {
        put(&store, UNIT, key, stamp);
        put(&store, OTHER, key, stamp + 1);
    }
    let kept = |store: &Store| store.read(|tx| tx.query_parts()).unwrap();
    store.transaction(|tx| Excerpts::of(tx).pass_by(TASK, None)).unwrap();
    assert_eq!(kept(&store), 5, "one of six is as old as what is held");
    store.transaction(|tx| Excerpts::of(tx).pass_by(TASK, Some(&["kept"]))).unwrap();
    assert_eq!(kept(&store), 3, "a load brought no row `alone`, and said nothing of `kept`");
}

#[test]
fn a_load_takes_away_what_its_own_unit_brought_before() {
    let store = held();
    for unit in [UNIT, OTHER] {
        put(&store, unit, "old", 2);
        put(&store, unit, "withheld", 2);
    }
    store.transaction(|tx| Excerpts::of(tx).begin_load(UNIT, TASK)).unwrap();
    put(&store, UNIT, "new", 3);
    store.transaction(|tx| Excerpts::of(tx).end_load((UNIT, TASK), ["withheld"].into_iter())).unwrap();
    let of = |unit: UnitId| {
        let shown = store.read(|tx| Excerpts::of(tx).shown(TASK)).unwrap().into_iter();
        let own = shown.filter(|(of, ..)| *of == unit).map(|(_, key, ..)| key.as_str().to_owned());
        own.collect::<Vec<_>>()
    };
    assert_eq!(of(UNIT), ["new", "withheld"]);
    assert_eq!(of(OTHER), ["old", "withheld"]);
}

impl Tx<'_> {
    fn query_parts(&self) -> Result<i64, StoreError> {
        Ok(self.query("SELECT count(*)FROM excerpt", [], |row| Ok(row.get::<_, i64>(0)?))?[0])
    }
}
