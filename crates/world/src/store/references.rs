//! References between rows: queries on the device's rows, and the time of SQLite's checks.

use super::error::Stored;
use super::layout::held;
use super::session::{Store, Tx};
use crate::base::{Cell, EntityId, Key, Stamp};
use crate::contract::ColumnKind;

/// Whether the device has this row.
pub(crate) fn is_here(tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<bool> {
    let (table, _) = tx.store().names(entity);
    tx.finds(&format!("SELECT 1 FROM {table} WHERE key=?1"), [key])
}

/// The rows to which these cells refer. Leaves out entities that the device does not store.
pub(crate) fn parents_of(tx: &Tx<'_>, entity: EntityId, cells: &[Cell<'_>]) -> Vec<(EntityId, Key)> {
    let schema = tx.schema();
    let columns = schema.entity(entity).projected().zip(cells);
    let parent = |(column, cell): (&crate::contract::Column, &Cell<'_>)| match (&column.kind, cell) {
        (ColumnKind::Ref(target), Cell::Text(key)) => Some((*target, Key::new(key))),
        _ => None,
    };
    let held = |(target, _): &(EntityId, Key)| schema.entity(*target).delivery.is_on_devices();
    columns.filter_map(parent).filter(held).collect()
}

/// The first other row on the device that refers to this row.
pub(crate) fn first_referring(tx: &Tx<'_>, entity: EntityId, key: &str) -> Stored<Option<(EntityId, Key)>> {
    for (of, column) in references_to(tx.store(), entity) {
        let (table, columns) = tx.store().names(of);
        let another = if of == entity { "AND key<>?1 " } else { "" };
        let sql = format!("SELECT key FROM {table} WHERE {}=?1 {another}LIMIT 1", columns[column]);
        if let Some(key) = tx.first(&sql, [key], |row| Ok(Key(row.get(0)?)))? {
            return Ok(Some((of, key)));
        }
    }
    Ok(None)
}

/// Rows that the end of this full load would remove although other rows refer to them, with their
/// stamps.
pub(crate) fn swept_parents(tx: &Tx<'_>, entity: EntityId, generation: u32) -> Stored<Vec<(Key, Stamp)>> {
    let (table, _) = tx.store().names(entity);
    let mut found = Vec::new();
    let sql = format!(
        "SELECT key,stamp FROM {table} AS r WHERE generation<?1 AND NOT EXISTS\
         (SELECT 1 FROM outbox WHERE entity=?2 AND key=r.key)ORDER BY key"
    );
    let swept = tx.query(&sql, (generation, entity.0), |row| Ok((Key(row.get(0)?), Stamp(row.get(1)?))))?;
    for (key, stamp) in swept {
        if first_referring(tx, entity, key.as_str())?.is_some() {
            found.push((key, stamp));
        }
    }
    Ok(found)
}

/// The number of rows on the device that refer to a missing row.
pub(crate) fn dangling(tx: &Tx<'_>) -> Stored<u64> {
    let store = tx.store();
    let mut rows = 0;
    for target in held(store.schema()) {
        let (parent, _) = store.names(target);
        for (of, column) in references_to(store, target) {
            let (table, columns) = store.names(of);
            let name = &columns[column];
            let sql = format!(
                "SELECT count(*) FROM {table} AS c WHERE {name} IS NOT NULL AND NOT EXISTS\
                 (SELECT 1 FROM {parent} AS p WHERE p.key=c.{name})"
            );
            rows += tx.value::<i64>(&sql, [])?.unsigned_abs();
        }
    }
    Ok(rows)
}

/// The device's columns that refer to rows of an entity. Each is given by its entity and its
/// position in the device's columns.
pub(super) fn references_to(store: &Store, target: EntityId) -> Vec<(EntityId, usize)> {
    let schema = store.schema();
    let mut found = Vec::new();
    for id in held(schema) {
        for (place, column) in schema.entity(id).projected().enumerate() {
            if column.kind == ColumnKind::Ref(target) {
                found.push((id, place));
            }
        }
    }
    found
}

/// Moves SQLite's check of foreign keys to the end of the transaction.
pub(crate) fn defer_foreign_keys(tx: &Tx<'_>) -> Stored<()> {
    tx.query("PRAGMA defer_foreign_keys=ON", [], |_| Ok(())).map(drop)
}
