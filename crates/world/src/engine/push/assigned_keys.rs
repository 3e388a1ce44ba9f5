//! Keys that the backend assigns to rows. The backend may change a row's key after the device
//! created the row. For example, it uses the key of the same row at the backend. Or the device
//! takes keys for new rows from a pool that the backend filled.

use crate::base::{EntityId, Key, Stamp, Value};
use crate::contract::{EditKind, LogKind, MergeRule, NamedBy, Naming, Refusal, Row};
use crate::engine::conflict::{Conflict, Resolution, says_the_same};
use crate::store::{self, Entry, Reach, Stored, Tx, keys_left};

/// Reads an edit again from the outbox, because it may have changed. `None` if it has left the
/// outbox.
pub(crate) fn as_it_waits(tx: &Tx<'_>, entry: &Entry) -> Stored<Option<Entry>> {
    let waiting = tx.entries_for(entry.entity, &entry.key)?;
    Ok(waiting.into_iter().find(|other| other.seq == entry.seq))
}

/// Gives a created row the key that the backend chose, and returns the edit with that key. Stores
/// the backend's version in the row's shadow, unless the shadow has a newer version.
pub(crate) fn rename(tx: &Tx<'_>, entry: &Entry, row: &Row, reach: Reach) -> Stored<Entry> {
    store::rename(tx, entry.entity, &entry.key, &row.key, reach)?;
    if reach.newer {
        let beside = tx.take_shadow(entry.entity, &row.key)?;
        let newer = beside.filter(|beside| beside.stamp > row.stamp);
        tx.keep_shadow(entry.entity, newer.as_ref().unwrap_or(row))?;
    }
    let renamed = Entry { key: row.key.clone(), ..entry.clone() };
    Ok(as_it_waits(tx, &renamed)?.unwrap_or(renamed))
}

pub(crate) fn keys_wanted(tx: &Tx<'_>, entity: EntityId, naming: Naming) -> Stored<u32> {
    if naming.by != NamedBy::Pool {
        return Ok(0);
    }
    let left = keys_left(tx, entity)?;
    Ok(if left < naming.refill { naming.pool - left } else { 0 })
}

/// The backend's row with the same natural key (the unique business columns). `None` unless natural
/// keys identify this entity's rows.
pub(crate) fn same_row<'c>(naming: Naming, conflict: &Conflict<'c>) -> Option<&'c Row> {
    let decides = naming.by == NamedBy::NaturalKey
        && conflict.why == Refusal::Taken
        && conflict.entry.kind == EditKind::Create
        && !conflict.wants_taken_key();
    conflict.current.filter(|row| decides && row.values.is_some())
}

pub(crate) fn merged(rule: MergeRule, conflict: Conflict<'_>) -> Resolution {
    if says_the_same(conflict) {
        return Resolution::Same;
    }
    let current = conflict.current.and_then(|row| row.values.as_deref()).unwrap_or_default();
    match rule {
        MergeRule::First => Resolution::Remote,
        MergeRule::Last => Resolution::Local { onto: conflict.entry.key.clone() },
        MergeRule::Fill => {
            let empty = |column: &usize| {
                let place = conflict.entity.projection.binary_search(column);
                place.is_ok_and(|at| current.get(at) == Some(&Value::Null))
            };
            let set = conflict.entry.values.iter().filter(|(_, value)| *value != Value::Null);
            let columns: Vec<usize> = set.map(|(column, _)| *column).filter(empty).collect();
            if columns.is_empty() {
                return Resolution::Remote;
            }
            Resolution::Merged { columns, line: Some(LogKind::Merged) }
        }
    }
}

/// Changes an edit into the create of row `key` with these values. Later edits of its row move to
/// the new row.
pub(crate) fn split_off(tx: &Tx<'_>, entry: &Entry, key: &Key, values: &[(usize, Value)]) -> Stored<()> {
    let shown = tx.row(entry.entity, &entry.key)?;
    for later in tx.entries_for(entry.entity, &entry.key)? {
        tx.carry_over(later.seq, key)?;
    }
    tx.rewrite(entry.seq, &format!("{}+", entry.id), key, (EditKind::Create, values), None)?;
    let Some(row) = shown else { return Ok(()) };
    tx.put_values(entry.entity, key, Stamp(0), tx.generation(entry.entity)?, &row.values)
}
