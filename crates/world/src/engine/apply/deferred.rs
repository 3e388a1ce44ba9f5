//! Deferred rows: rows that arrived before a row that they refer to, and deletions of rows to which
//! others still refer. They wait on a durable list until the missing row arrives, or until the
//! other rows are deleted.

use std::collections::BTreeMap;

use crate::base::{Cell, EntityId, Key};
use crate::contract::{ColumnKind, RowWait, Schema};
use crate::engine::options::MissingParent;
use crate::protocol::WireRow;
use crate::store::{self, DeferredRow, Stored, Tx};

impl MissingParent {
    pub(crate) fn holds(self, tx: &Tx<'_>, entity: EntityId, row: WireRow<'_>) -> Stored<bool> {
        let waits = self == MissingParent::Wait;
        match row.values {
            Some(cells) if waits => lacks_any(tx, (entity, row.key), cells),
            None if waits || tx.checks_references() => {
                Ok(store::first_referring(tx, entity, row.key)?.is_some())
            }
            _ => Ok(false),
        }
    }
}

/// Whether a row with these cells refers to a row that the device does not have.
pub(crate) fn lacks_any(tx: &Tx<'_>, (entity, key): (EntityId, &str), cells: &[Cell<'_>]) -> Stored<bool> {
    for (target, parent) in store::parents_of(tx, entity, cells) {
        let is_itself = target == entity && *parent == *key;
        if !is_itself && !store::is_here(tx, target, &parent)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The first deferred row that waits for another row, and that other row.
pub(crate) fn first_wait(tx: &Tx<'_>) -> Stored<Option<RowWait>> {
    if tx.count_deferred()? == 0 {
        return Ok(None);
    }
    for entity in tx.schema().ids() {
        for late in tx.late(entity)? {
            let (other, ends) = match &late.values {
                Some(cells) => (missing(tx, entity, cells)?.into_iter().next(), false),
                None => (store::first_referring(tx, entity, late.key.as_str())?, true),
            };
            if let Some(other) = other {
                return Ok(Some(RowWait { row: (entity, late.key), other, ends }));
            }
        }
    }
    Ok(None)
}

/// Whether rows may refer to each other in a circle, or to rows of their own entity.
pub(crate) fn has_circle(schema: &Schema) -> bool {
    let mut left: Vec<EntityId> = schema.ids().collect();
    loop {
        let refers = |of: &EntityId| {
            let columns = &schema.entity(*of).columns;
            columns.iter().any(|column| matches!(column.kind, ColumnKind::Ref(to) if left.contains(&to)))
        };
        let within: Vec<EntityId> = left.iter().copied().filter(refers).collect();
        if within.len() == left.len() {
            return !left.is_empty();
        }
        left = within;
    }
}

/// Records the first missing row that a deferred row refers to, if any. The deferred row is not
/// retried before that row arrives.
pub(crate) fn note_lack(tx: &Tx<'_>, entity: EntityId, late: &DeferredRow) -> Stored<()> {
    // A deletion has no missing row. It waits until the rows that refer to its row are deleted.
    let missing = missing(tx, entity, late.values.as_deref().unwrap_or_default())?;
    missing.first().map_or(Ok(()), |(of, key)| tx.set_lacks((entity, &late.key), (*of, key)))
}

/// Marks deferred rows for a retry if the device now has their missing row.
pub(crate) fn wake_all(tx: &Tx<'_>) -> Stored<()> {
    for (entity, key) in tx.lacked()? {
        if store::is_here(tx, entity, key.as_str())? {
            tx.unblock_deferred(entity, &key)?;
        }
    }
    Ok(())
}

fn missing(tx: &Tx<'_>, entity: EntityId, cells: &[Cell<'_>]) -> Stored<Vec<(EntityId, Key)>> {
    let mut missing = Vec::new();
    for (target, key) in store::parents_of(tx, entity, cells) {
        if !store::is_here(tx, target, key.as_str())? {
            missing.push((target, key));
        }
    }
    Ok(missing)
}

/// The deferred rows that refer only to each other and to rows that are stored.
pub(crate) fn whole_groups<'l>(
    tx: &Tx<'_>,
    late: &'l [(EntityId, DeferredRow)],
) -> Stored<Vec<&'l (EntityId, DeferredRow)>> {
    let mut left = BTreeMap::new();
    for row in late {
        // A deletion waits until rows that refer to its row are deleted, not for missing rows.
        if let Some(cells) = &row.1.values {
            left.insert((row.0, row.1.key.clone()), (row, missing(tx, row.0, cells)?));
        }
    }
    loop {
        let lacks = |missing: &[(EntityId, Key)]| missing.iter().any(|other| !left.contains_key(other));
        let out: Vec<(EntityId, Key)> =
            left.iter().filter(|(_, (_, missing))| lacks(missing)).map(|(row, _)| row.clone()).collect();
        if out.is_empty() {
            return Ok(left.into_values().map(|(row, _)| row).collect());
        }
        left.retain(|row, _| out.binary_search(row).is_err());
    }
}
