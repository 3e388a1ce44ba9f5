//! An edit that becomes a row of its own.

use crate::base::{Key, Stamp, Value};
use crate::contract::EditKind;
use crate::store::{Entry, StoreError, Tx};

/// The edit makes the row `key` of these values, and those that were made on top of it go with it.
pub(super) fn split_off(
    tx: &Tx<'_>,
    entry: &Entry,
    key: &Key,
    values: &[(usize, Value)],
) -> Result<(), StoreError> {
    let shown = tx.row(entry.entity, entry.key.as_str())?;
    for later in tx.entries_for(entry.entity, entry.key.as_str())? {
        tx.carry_over(later.seq, key)?;
    }
    tx.rewrite(entry.seq, &format!("{}+", entry.id), key, (EditKind::Create, values), None)?;
    let Some(row) = shown else { return Ok(()) };
    tx.put_values(entry.entity, key.as_str(), Stamp(0), tx.generation(entry.entity)?, &row.values)
}
