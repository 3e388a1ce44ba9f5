//! The queue of sync units on disk: units that were requested and have not succeeded since.

use super::error::Stored;
use super::session::Tx;
use crate::base::UnitId;

pub(crate) const TABLES: &[&str] =
    &["CREATE TABLE IF NOT EXISTS waiting(unit INTEGER PRIMARY KEY,place INTEGER NOT NULL)"];

/// Adds a unit at the end of the queue, unless the queue has it already.
pub(crate) fn put(tx: &Tx<'_>, unit: UnitId) -> Stored<()> {
    let sql = "INSERT OR IGNORE INTO waiting SELECT ?1,coalesce(max(place),0)+1 FROM waiting";
    tx.execute(sql, [unit.0])
}

pub(crate) fn remove(tx: &Tx<'_>, unit: UnitId) -> Stored<()> {
    tx.execute("DELETE FROM waiting WHERE unit=?1", [unit.0])
}

/// The units of the queue, in order.
pub(crate) fn all(tx: &Tx<'_>) -> Stored<Vec<UnitId>> {
    tx.query("SELECT unit FROM waiting ORDER BY place", [], |row| Ok(UnitId(row.get(0)?)))
}
