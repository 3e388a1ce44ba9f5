//! Rows that came and could not be applied: they wait here, so that a cursor may pass them.
//!
//! The table is made with the first list: who keeps none has none.

use super::error::{Result, StoreError};
use super::session::Tx;
use crate::base::{Cell, EntityId, Key, Stamp};

/// A row that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateRow {
    /// The row's key.
    pub key: Key,
    /// The backend's stamp.
    pub stamp: Stamp,
    /// The cells as JSON; `None` for a tombstone.
    values: Option<String>,
}

impl LateRow {
    /// Calls `f` with the cells as they came; none are a tombstone.
    ///
    /// # Errors
    /// What `f` says, or that what was kept is damaged.
    pub fn with<R>(
        &self,
        f: impl FnOnce(Option<&[Cell<'_>]>) -> std::result::Result<R, StoreError>,
    ) -> std::result::Result<R, StoreError> {
        let cells = self.values.as_deref().map(serde_json::from_str::<Vec<Cell<'_>>>).transpose();
        let cells = cells.map_err(|error| StoreError::Damaged(error.to_string()))?;
        f(cells.as_deref())
    }
}

impl Tx<'_> {
    /// Has a list from now on.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_late_rows(&self) -> Result<()> {
        self.execute(
            "CREATE TABLE IF NOT EXISTS late(entity,key,stamp,\"values\",PRIMARY KEY(entity,key))WITHOUT ROWID",
            [],
        )?;
        Ok(())
    }

    /// Keeps a row, in place of an older version of it; no values are a tombstone.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_late(
        &self,
        entity: EntityId,
        key: &str,
        stamp: Stamp,
        values: Option<&[Cell<'_>]>,
    ) -> Result<()> {
        let values =
            values.map(|cells| serde_json::to_string(cells).expect("writing to memory does not fail"));
        self.execute("REPLACE INTO late VALUES(?1,?2,?3,?4)", (entity.0, key, stamp.0, values))?;
        Ok(())
    }

    /// The rows of `entity` that wait, in the order of keys.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn late(&self, entity: EntityId) -> Result<Vec<LateRow>> {
        let sql = "SELECT key,stamp,\"values\" FROM late WHERE entity=?1 ORDER BY key";
        self.query(sql, [entity.0], |row| {
            let key: String = row.get(0)?;
            Ok(LateRow { key: Key::new(&key), stamp: Stamp(row.get(1)?), values: row.get(2)? })
        })
    }

    /// The stamp of the version of a row that waits, if one does.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn late_stamp(&self, entity: EntityId, key: &str) -> Result<Option<Stamp>> {
        let sql = "SELECT stamp FROM late WHERE entity=?1 AND key=?2";
        Ok(self.query(sql, (entity.0, key), |row| Ok(Stamp(row.get(0)?)))?.pop())
    }

    /// How many rows wait; none where there is no list.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all_late(&self) -> Result<u64> {
        let listed = self.query("SELECT 1 FROM sqlite_schema WHERE name='late'", [], |_| Ok(()))?;
        if listed.is_empty() {
            return Ok(0);
        }
        let counts = self.query("SELECT count(*) FROM late", [], |row| Ok(row.get::<_, i64>(0)?))?;
        Ok(counts.into_iter().sum::<i64>().unsigned_abs())
    }

    /// A row waits no longer in this version or an older one, whether or not it did.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn drop_late(&self, entity: EntityId, key: &str, upto: Stamp) -> Result<()> {
        let sql = "DELETE FROM late WHERE entity=?1 AND key=?2 AND stamp<=?3";
        self.execute(sql, (entity.0, key, upto.0)).map(drop)
    }

    /// No row of `entity` waits any longer: all come again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn drop_all_late(&self, entity: EntityId) -> Result<()> {
        self.execute("DELETE FROM late WHERE entity=?1", [entity.0]).map(drop)
    }
}
