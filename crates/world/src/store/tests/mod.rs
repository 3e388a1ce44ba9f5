//! Helpers of these tests.

mod blobs;
mod edits;
mod excerpts;
mod extra;
mod files;
mod late;
mod lists;
mod marks;
mod rename;
mod sync;
mod tables;
mod upgrade;

use std::sync::Arc;

use super::*;
use crate::base::Cell;
use crate::base::{DeviceId, EditId, EntityId, Key, Seed, Stamp, UnitId, Value};
use crate::contract::{
    Carried, Column, ColumnKind, Database, Delivery, EditError, EditKind, Entity, LocalEdit, Provision,
    Schema, SyncUnit, Work,
};
use crate::disk::{self, Disk, PowerLoss};

const TASK: EntityId = EntityId(0);
const GROUP: EntityId = EntityId(2);
const UNIT: UnitId = UnitId(0);

fn entity(name: &str, columns: &[&str], projection: &[usize], delivery: Delivery) -> Entity {
    let columns = columns.iter().map(|name| Column::new(name, ColumnKind::Text)).collect();
    Entity { projection: projection.to_vec(), delivery, ..Entity::new(name, columns) }
}

/// A schema with 5 entities. `task` is plain; devices have its columns 0, 1 and 3. `ledger` is only
/// on the backend. The names of the others are difficult in SQL: 2 of them differ only in case, and
/// one has a quotation mark.
fn schema() -> Arc<Schema> {
    let odd = &["select", "SELECT", "a \"b\" ' ; --", "key", "stamp", "", "é\0"];
    Arc::new(Schema {
        entities: vec![
            entity("task", &["title", "state", "secret", "note"], &[0, 1, 3], Delivery::Delta),
            entity("ledger", &["x"], &[], Delivery::BackendOnly),
            entity("group", odd, &[0, 1, 2, 3, 4, 5, 6], Delivery::OnOpen { by: 0 }),
            entity("Group", odd, &[0, 1, 2, 3, 4, 5, 6], Delivery::Delta),
            entity("sqlite_\"outbox", &[], &[], Delivery::Delta),
        ],
        ..Schema::default()
    })
}

fn options() -> StoreOptions {
    StoreOptions { journal: Journal::Memory, ..StoreOptions::default() }
}

fn store() -> Store {
    Store::open(&Database::memory(), schema(), &options()).unwrap()
}

fn file(dir: &tempfile::TempDir) -> Database {
    Database::at(dir.path().join("app.db").to_str().unwrap())
}

fn edit(number: u32, key: &str, kind: EditKind, values: &[(usize, &str)]) -> LocalEdit {
    LocalEdit {
        id: EditId { device: DeviceId(7), number },
        entity: TASK,
        key: Key::new(key),
        kind,
        values: values.iter().map(|(column, text)| (*column, Value::text(text))).collect(),
    }
}

fn create(number: u32, key: &str) -> LocalEdit {
    edit(number, key, EditKind::Create, &[(0, "t"), (1, "s"), (3, "n")])
}

fn update(number: u32, key: &str, note: &str) -> LocalEdit {
    edit(number, key, EditKind::Update, &[(3, note)])
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| Value::text(text)).collect()
}

fn put(store: &Store, key: &str, stamp: i64, generation: u32) {
    store
        .transaction(|tx| tx.put_values(TASK, key, Stamp(stamp), generation, &texts(&["t", "s", "n"])))
        .unwrap();
}

fn row(store: &Store, key: &str) -> Option<StoredRow> {
    store.read(|tx| tx.row(TASK, key)).unwrap()
}

fn sendable(store: &Store, limit: usize) -> Vec<String> {
    let entries = store.read(|tx| tx.outbox(&[TASK], limit)).unwrap();
    entries.into_iter().map(|entry| entry.id).collect()
}

fn all(store: &Store, entity: EntityId) -> Vec<(String, Stamp, Vec<Value>)> {
    let mut rows = Vec::new();
    store
        .rows(entity, &mut |key, stamp, values| {
            rows.push((key.to_owned(), stamp, values.iter().map(|v| v.to_value()).collect()));
        })
        .unwrap();
    rows
}
