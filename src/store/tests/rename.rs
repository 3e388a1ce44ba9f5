//! Rows that get another key.

use super::*;
use crate::base::DeviceId;
use crate::contract::{MergeRule, NamedBy, Naming};

const ORDER: EntityId = EntityId(0);
const LINE: EntityId = EntityId(1);

fn shop(by: NamedBy) -> Store {
    shop_with(by, options())
}

fn shop_with(by: NamedBy, options: StoreOptions) -> Store {
    let mut line = entity("line", &["order", "text"], &[0, 1], Delivery::Delta);
    line.columns[0].kind = ColumnKind::Ref(ORDER);
    let naming = Naming { by, merge: MergeRule::First, doubles: false, pool: 3, refill: 1 };
    let schema = Schema {
        entities: vec![entity("order", &["title"], &[0], Delivery::Delta), line],
        naming: vec![naming],
        ..Schema::default()
    };
    Store::open(&Database::memory(), Arc::new(schema), &options).unwrap()
}

fn edit(number: u32, entity: EntityId, key: &str, kind: EditKind, values: &[&str]) -> LocalEdit {
    let values = values.iter().enumerate().map(|(column, text)| (column, Value::text(text)));
    let id = EditId { device: DeviceId(0), number };
    LocalEdit { id, entity, key: Key::new(key), kind, values: values.collect() }
}

#[test]
fn a_new_key_stands_wherever_the_old_one_did() {
    let store = shop(NamedBy::Server);
    let save = |edit: LocalEdit| store.edit(&edit, &edit.id.to_string(), Stamp(1)).unwrap();
    save(edit(0, ORDER, "mine", EditKind::Create, &["bread"]));
    save(edit(1, LINE, "l", EditKind::Create, &["mine", "two loaves"]));
    save(edit(2, ORDER, "mine", EditKind::Update, &["rolls"]));
    save(edit(3, LINE, "l", EditKind::Update, &["mine", "three"]));
    let (from, to) = (Key::new("mine"), Key::new("order-1"));
    store.transaction(|tx| rename(tx, ORDER, &from, &to, Reach::ALL)).unwrap();
    store
        .read(|tx| {
            assert_eq!(tx.row(ORDER, "mine")?, None);
            assert_eq!(tx.row(ORDER, "order-1")?.unwrap().values, [Value::text("rolls")]);
            assert_eq!(tx.row(LINE, "l")?.unwrap().values[0], Value::text("order-1"));
            let lines = tx.entries_for(LINE, "l")?;
            assert!(lines.iter().all(|entry| entry.values[0].1 == Value::text("order-1")));
            assert_eq!(lines[1].made_on.as_ref().unwrap()[0].1, Value::text("order-1"));
            assert_eq!(tx.entries_for(ORDER, "order-1")?.len(), 2);
            Ok(())
        })
        .unwrap();
    // A screen that was opened before still has the old key.
    save(edit(4, ORDER, "mine", EditKind::Update, &["cake"]));
    save(edit(5, LINE, "m", EditKind::Create, &["mine", "one"]));
    let (order, line) =
        store.read(|tx| Ok((tx.row(ORDER, "order-1")?.unwrap(), tx.row(LINE, "m")?.unwrap()))).unwrap();
    assert_eq!(
        (order.values[0].clone(), line.values[0].clone()),
        (Value::text("cake"), Value::text("order-1"))
    );
}

#[test]
fn a_version_that_came_meanwhile_waits_beside() {
    let store = shop(NamedBy::Server);
    let made = edit(0, ORDER, "mine", EditKind::Create, &["bread"]);
    store.edit(&made, "e0", Stamp(1)).unwrap();
    let (from, to) = (Key::new("mine"), Key::new("order-1"));
    let came = [Value::text("cake")];
    let beside = store.transaction(|tx| {
        tx.put_values(ORDER, "order-1", Stamp(9), 0, &came)?;
        rename(tx, ORDER, &from, &to, Reach::ALL)?;
        assert_eq!(tx.row(ORDER, "order-1")?.unwrap().values, [Value::text("bread")]);
        tx.take_shadow(ORDER, "order-1")
    });
    let beside = beside.unwrap().unwrap();
    assert_eq!((beside.stamp, beside.values), (Stamp(9), Some(came.to_vec())));
}

#[test]
fn a_pool_gives_each_key_once_and_then_none() {
    let store = shop(NamedBy::Pool);
    store
        .transaction(|tx| [(7, 2), (20, 1)].iter().try_for_each(|&(f, n)| add_keys(tx, ORDER, f, n)))
        .unwrap();
    let make = |number: u32| {
        let made = edit(number, ORDER, &format!("o{number}"), EditKind::Create, &["bread"]);
        let key = |tx: &Tx<'_>| take_key(tx, ORDER);
        edit_pooled(&store, &made, &made.id.to_string(), Stamp(1), key)
    };
    let keys: Vec<String> = (0..3).map(|number| make(number).unwrap().as_str().to_owned()).collect();
    assert_eq!(keys, ["order-7", "order-8", "order-20"]);
    assert_eq!(store.read(|tx| keys_left(tx, ORDER)).unwrap(), 0);
    assert_eq!(make(3), Err(EditError::NoKey));
}

#[test]
fn a_pool_passes_over_keys_that_rows_have() {
    let store = shop(NamedBy::Pool);
    let taken = store.transaction(|tx| {
        add_keys(tx, ORDER, 7, 3)?;
        for key in ["order-7", "order-8"] {
            tx.put_values(ORDER, key, Stamp(9), 0, &[Value::text("bread")])?;
        }
        Ok((take_key(tx, ORDER)?, take_key(tx, ORDER)?))
    });
    assert_eq!(taken.unwrap(), (Some(Key::new("order-9")), None));
}

#[test]
fn a_copy_with_a_name_of_its_own_finds_no_keys() {
    let store = shop(NamedBy::Pool);
    let taken = |device: u32| {
        store.belongs_to(DeviceId(device));
        let key = store.transaction(|tx| take_key(tx, ORDER)).unwrap();
        (key.map(|key| key.as_str().to_owned()), store.read(|tx| keys_left(tx, ORDER)).unwrap())
    };
    store.belongs_to(DeviceId(1));
    store.transaction(|tx| add_keys(tx, ORDER, 7, 9)).unwrap();
    assert_eq!(taken(1), (Some("order-7".to_owned()), 8));
    assert_eq!(taken(2), (None, 0));
    assert_eq!(store.transaction(|tx| take_any_key(tx, ORDER)).unwrap(), Some(Key::new("order-8")));
    store.transaction(|tx| add_keys(tx, ORDER, 30, 2)).unwrap();
    assert_eq!(taken(2), (Some("order-30".to_owned()), 1));
    // What was another's is gone, not put by.
    assert_eq!(taken(1), (None, 0));
}

#[test]
fn what_refers_to_nothing_is_not_committed_with_foreign_keys() {
    for foreign_keys in [ForeignKeys::Immediate, ForeignKeys::Deferred] {
        let store = shop_with(NamedBy::Server, StoreOptions { foreign_keys, ..options() });
        let line = |order: &str| {
            let values = [Value::text(order), Value::text("two loaves")];
            store.transaction(|tx| tx.put_values(LINE, "l", Stamp(1), 0, &values))
        };
        assert_eq!(line("nobody"), Err(StoreError::Dangling));
        store.transaction(|tx| tx.put_values(ORDER, "o", Stamp(1), 0, &[Value::text("bread")])).unwrap();
        assert_eq!(line("o"), Ok(()));
        assert_eq!(store.transaction(|tx| tx.remove(ORDER, "o")), Err(StoreError::Dangling));
        let (from, to) = (Key::new("o"), Key::new("order-1"));
        store.transaction(|tx| rename(tx, ORDER, &from, &to, Reach::ALL)).unwrap();
        assert_eq!(store.read(dangling).unwrap(), 0);
    }
    assert_eq!(shop(NamedBy::Server).read(dangling).unwrap(), 0);
}
