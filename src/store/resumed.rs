//! Where the cursors stood after the last whole sync, for who begins there again.
//!
//! The table is made with the first engine that does.

use super::error::Result;
use super::session::Tx;
use crate::base::{EntityId, UnitId};

/// Makes the table, if the database has none.
pub fn make_whole_syncs(tx: &Tx<'_>) -> Result<()> {
    let columns = "unit,entity,cursor,PRIMARY KEY(unit,entity)";
    tx.execute(&format!("CREATE TABLE IF NOT EXISTS whole({columns})WITHOUT ROWID"), []).map(drop)
}

/// Where the last whole sync ended; the outer `None` before the first that was noted.
pub fn whole_sync(tx: &Tx<'_>, book: UnitId, entity: EntityId) -> Result<Option<Option<String>>> {
    let sql = "SELECT cursor FROM whole WHERE unit=?1 AND entity=?2";
    Ok(tx.query(sql, (book.0, entity.0), |row| Ok(row.get(0)?))?.pop())
}

/// Notes where a whole sync ended.
pub fn note_whole_sync(tx: &Tx<'_>, book: UnitId, entity: EntityId, cursor: Option<&str>) -> Result<()> {
    tx.execute("REPLACE INTO whole VALUES(?1,?2,?3)", (book.0, entity.0, cursor)).map(drop)
}
