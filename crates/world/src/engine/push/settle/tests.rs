use super::*;
use crate::base::{DeviceId, EditId, Value};
use crate::contract::{Column, ColumnKind, LocalEdit};
use crate::store::Store;

/// A task with 3 columns. Devices have columns 0 and 2.
fn entity() -> Entity {
    let column = |name: &str| Column::new(name, ColumnKind::Text);
    Entity {
        projection: vec![0, 2],
        unique: vec![0],
        ..Entity::new("task", ["due", "hidden", "title"].map(column).to_vec())
    }
}

const TASK: EntityId = EntityId(0);

fn texts(texts: [&str; 2]) -> Vec<Value> {
    texts.map(Value::text).to_vec()
}

/// Makes edits of row k. Each edit sets a column or deletes the row. Before them, row k has the
/// values "one" and "a" at stamp 5.
fn edited(edits: &[(EditKind, usize, &str)]) -> Store {
    let store = Store::of(vec![entity()]);
    store.transaction(|tx| tx.put_values(TASK, "k", Stamp(5), 0, &texts(["one", "a"]))).unwrap();
    for (number, &(kind, column, text)) in (0..).zip(edits) {
        let values = if kind == EditKind::Delete { vec![] } else { vec![(column, Value::text(text))] };
        let id = EditId { device: DeviceId(0), number };
        let edit = LocalEdit { id, entity: TASK, key: Key::new("k"), kind, values };
        store.edit(&edit, &number.to_string(), Stamp(7)).unwrap();
    }
    store
}

#[test]
fn beneath_its_edits_a_row_is_what_it_was_before_them() {
    use EditKind::{Delete, Update};
    for edits in [
        &[(Update, 0, "two"), (Update, 2, "b"), (Update, 0, "three")][..],
        &[(Update, 0, "two"), (Delete, 0, "")],
    ] {
        let (shown, entries) = edited(edits)
            .read(|tx| Ok((tx.row(TASK, "k")?.map(|row| row.values), tx.entries_for(TASK, "k")?)))
            .unwrap();
        assert_eq!(beneath(&entity(), shown, &entries), Some(texts(["one", "a"])), "{edits:?}");
        let made = Entry { kind: EditKind::Create, ..entries[0].clone() };
        assert_eq!(beneath(&entity(), Some(texts(["one", "a"])), &[made]), None);
    }
}

#[test]
fn edits_behind_one_that_is_gone_are_made_on_what_it_was_made_on() {
    use EditKind::{Delete, Update};
    let store = edited(&[(Update, 0, "two"), (Update, 0, "three"), (Update, 2, "b"), (Delete, 0, "")]);
    let version = Row { key: Key::new("k"), stamp: Stamp(5), values: Some(texts(["one", "a"])) };
    let made_on = |other_stamp: Option<i64>| {
        store
            .transaction(|tx| {
                let stamp = other_stamp.map_or(version.stamp, Stamp);
                overlay(tx, &entity(), TASK, &Row { stamp, ..version.clone() })?;
                tx.entries_for(TASK, "k")
            })
            .unwrap()
            .into_iter()
            .map(|entry| entry.made_on.unwrap())
            .collect::<Vec<_>>()
    };
    let first = store.read(|tx| tx.entries_for(TASK, "k")).unwrap().remove(0);
    store.transaction(|tx| tx.drop_entry(first.seq)).unwrap();
    let of = |column: usize, text| (column, Value::text(text));
    assert_eq!(made_on(Some(9))[0], [of(0, "two")], "of another version they know nothing");
    let expected = [vec![of(0, "one")], vec![of(2, "a")], vec![of(0, "three"), of(2, "b")]];
    assert_eq!(made_on(None), expected);
    assert_eq!(store.read(|tx| tx.row(TASK, "k")).unwrap(), None, "the last one deletes it");
}

#[test]
fn a_row_out_of_sight_can_come_back_in_the_version_that_took_it_there() {
    let row = Row { key: Key::new("a"), stamp: Stamp(5), values: None };
    assert_eq!([Refusal::Gone, Refusal::Stale].map(|why| end_of(&row, why)), [Stamp(5), Stamp(4)]);
}

#[test]
fn a_version_that_was_settled_is_no_news_unless_its_row_went_out_of_reach_or_nobody_heard_of_it() {
    let shadow = |stamp: i64, values| Row { key: Key::new("a"), stamp: Stamp(stamp), values };
    let there = || Some(Vec::new());
    for (values, hears, news) in [
        (there(), true, [false, false, true]),
        (None, true, [false, true, true]),
        (there(), false, [false, true, true]),
    ] {
        let is_news = |stamp| is_news(&shadow(stamp, values.clone()), Stamp(5), hears);
        assert_eq!([4, 5, 6].map(is_news), news, "{values:?} {hears}");
    }
}
