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
fn a_screen_that_was_opened_before_still_has_the_old_key() {
    let store = shop(NamedBy::Server);
    let save = |edit: LocalEdit| store.edit(&edit, &edit.id.to_string(), Stamp(1)).unwrap();
    save(edit(0, ORDER, "mine", EditKind::Create, &["bread"]));
    let (from, to) = (Key::new("mine"), Key::new("order-1"));
    store.transaction(|tx| rename(tx, ORDER, &from, &to, Reach::ALL)).unwrap();
    save(edit(1, ORDER, "mine", EditKind::Update, &["cake"]));
    save(edit(2, LINE, "m", EditKind::Create, &["mine", "one"]));
    let values = |entity, key| store.read(|tx| tx.row(entity, key)).unwrap().unwrap().values;
    assert_eq!(values(ORDER, "order-1"), texts(&["cake"]));
    assert_eq!(values(LINE, "m"), texts(&["order-1", "one"]));
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
