//! The values of a row without some of its local edits.

use crate::base::{Key, Value};
use crate::contract::{EditKind, Entity};
use crate::store::{Entry, StoreError, Stored, Tx};

/// The values of a row before all its `edits` (oldest first), from the values `shown` with them.
pub(in crate::engine) fn beneath(
    entity: &Entity,
    shown: Option<Vec<Value>>,
    edits: &[Entry],
) -> Option<Vec<Value>> {
    let mut values = shown;
    for Entry { kind, made_on, .. } in edits.iter().rev() {
        match kind {
            EditKind::Create => values = None,
            EditKind::Delete => {
                values = made_on.as_ref().map(|all| all.iter().map(|(_, value)| value.clone()).collect());
            }
            EditKind::Update => {
                if let Some(values) = &mut values {
                    set(entity, values, made_on.iter().flatten());
                }
            }
        }
    }
    values
}

pub(in crate::engine) fn set<'v>(
    entity: &Entity,
    row: &mut [Value],
    values: impl Iterator<Item = &'v (usize, Value)>,
) {
    for (column, value) in values {
        if let Some(slot) = entity.projection.binary_search(column).ok().and_then(|place| row.get_mut(place))
        {
            slot.clone_from(value);
        }
    }
}

/// All columns of the row as of this edit, by position in the backend's columns; without later
/// edits.
pub(in crate::engine) fn as_of(
    tx: &Tx<'_>,
    entity: &Entity,
    entry: &Entry,
    key: &Key,
) -> Stored<Vec<(usize, Value)>> {
    let shown = tx.row(entry.entity, key)?.map(|row| row.values);
    let mut later = tx.entries_for(entry.entity, key)?;
    later.retain(|other| other.seq > entry.seq);
    let values = beneath(entity, shown, &later);
    let values = values.ok_or_else(|| StoreError::Damaged(format!("no row {key} to send")))?;
    Ok(entity.projection.iter().copied().zip(values).collect())
}
