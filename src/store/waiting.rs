//! Units that were asked for and have not ended well since, where an engine keeps its queue on
//! disk.
//!
//! The table is made with the first engine that does so.

use super::error::Result;
use super::session::Tx;
use crate::base::UnitId;

/// The queue in a transaction.
#[derive(Clone, Copy)]
pub struct Waiting<'t, 's>(&'t Tx<'s>);

impl<'t, 's> Waiting<'t, 's> {
    pub fn of(tx: &'t Tx<'s>) -> Waiting<'t, 's> {
        Waiting(tx)
    }

    /// Makes its table, if the database has none.
    pub fn make(self) -> Result<()> {
        let sql = "CREATE TABLE IF NOT EXISTS waiting(unit INTEGER PRIMARY KEY,place INTEGER NOT NULL)";
        self.0.execute(sql, []).map(drop)
    }

    /// Puts a unit at the back; one that waits keeps its place.
    pub fn put(self, unit: UnitId) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO waiting SELECT ?1,coalesce(max(place),0)+1 FROM waiting";
        self.0.execute(sql, [unit.0]).map(drop)
    }

    /// The unit waits no more.
    pub fn remove(self, unit: UnitId) -> Result<()> {
        self.0.execute("DELETE FROM waiting WHERE unit=?1", [unit.0]).map(drop)
    }

    /// Those that wait, in order.
    pub fn all(self) -> Result<Vec<UnitId>> {
        self.0.query("SELECT unit FROM waiting ORDER BY place", [], |row| Ok(UnitId(row.get(0)?)))
    }
}
