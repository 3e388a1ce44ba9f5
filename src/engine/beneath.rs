//! What a row is without some of its local edits.

use crate::base::{Key, Value};
use crate::contract::{EditKind, Entity};
use crate::store::{Entry, StoreError, Tx};

/// What a row was before all its `edits`, in the order in which they were made, by what it is
/// `shown` as with them.
pub(super) fn beneath(entity: &Entity, shown: Option<Vec<Value>>, edits: &[Entry]) -> Option<Vec<Value>> {
    let mut values = shown;
    for Entry { kind, made_on, .. } in edits.iter().rev() {
        match kind {
            EditKind::Create => values = None,
            EditKind::Delete => {
                values = made_on.as_ref().map(|all| all.iter().map(|(_, value)| value.clone()).collect());
            }
            EditKind::Update => {
                for (column, value) in made_on.iter().flatten() {
                    let place = entity.projection.binary_search(column).ok();
                    if let Some(slot) = values.as_mut().zip(place).and_then(|(v, at)| v.get_mut(at)) {
                        *slot = value.clone();
                    }
                }
            }
        }
    }
    values
}

/// All that the row has with an edit of it, by position in the backend's columns. Later edits of it
/// are left out.
///
/// # Errors
/// When the database fails, or there is no such row.
pub(super) fn as_of(
    tx: &Tx<'_>,
    entity: &Entity,
    entry: &Entry,
    key: &Key,
) -> Result<Vec<(usize, Value)>, StoreError> {
    let shown = tx.row(entry.entity, key.as_str())?.map(|row| row.values);
    let mut later = tx.entries_for(entry.entity, key.as_str())?;
    later.retain(|other| other.seq > entry.seq);
    let values = beneath(entity, shown, &later);
    let values = values.ok_or_else(|| StoreError::Damaged(format!("no row {key} to send")))?;
    Ok(entity.projection.iter().copied().zip(values).collect())
}
