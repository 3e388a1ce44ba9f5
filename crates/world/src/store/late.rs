//! Deferred rows: rows that arrived and could not be applied. They wait in this durable list, so a
//! cursor may move past them.

use super::error::{StoreError, Stored};
use super::session::Tx;
use super::shadow;
use crate::base::{Cell, EntityId, Key, Stamp};

/// A deferred row.
#[derive(Clone, Debug, PartialEq)]
pub struct DeferredRow {
    pub key: Key,
    pub stamp: Stamp,
    /// The cells as received; `None` for a tombstone (a deletion).
    pub values: Option<Vec<Cell<'static>>>,
}

impl Tx<'_> {
    /// Creates the list of deferred rows, if it is missing.
    pub fn create_deferred_table(&self) -> Stored<()> {
        self.make(&[
            "CREATE TABLE IF NOT EXISTS late(entity,key,stamp,\"values\",lacks,PRIMARY KEY(entity,key))WITHOUT ROWID",
            "CREATE INDEX IF NOT EXISTS late_lacks ON late(lacks,entity)",
        ])
    }

    /// Defers a row, and replaces its deferred older version. `values` is `None` for a tombstone.
    pub fn defer_row(
        &self,
        entity: EntityId,
        key: &str,
        stamp: Stamp,
        values: Option<&[Cell<'_>]>,
    ) -> Stored<()> {
        let row = (entity.0, key, stamp.0, values.map(shadow::written));
        self.execute("REPLACE INTO late VALUES(?1,?2,?3,?4,NULL)", row)
    }

    /// All deferred rows of an entity, in key order.
    pub fn late(&self, entity: EntityId) -> Stored<Vec<DeferredRow>> {
        let sql = "SELECT key,stamp,\"values\" FROM late WHERE entity=?1 ORDER BY key";
        self.query(sql, [entity.0], late_row)
    }

    /// Deferred rows without a recorded missing row ([`Tx::set_lacks`]).
    pub fn deferred_to_retry(&self, entity: EntityId) -> Stored<Vec<DeferredRow>> {
        let sql = "SELECT key,stamp,\"values\" FROM late WHERE lacks IS NULL AND entity=?1 ORDER BY key";
        self.query(sql, [entity.0], late_row)
    }

    /// Records the missing row that a deferred row refers to.
    pub fn set_lacks(&self, (entity, key): (EntityId, &str), (of, other): (EntityId, &str)) -> Stored<()> {
        let sql = "UPDATE late SET lacks=?3 WHERE entity=?1 AND key=?2";
        self.execute(sql, (entity.0, key, named(of, other)))
    }

    /// Marks the deferred rows that refer to this row for a retry, because the row is now stored.
    pub fn unblock_deferred(&self, entity: EntityId, key: &str) -> Stored<()> {
        self.execute("UPDATE late SET lacks=NULL WHERE lacks=?1", [named(entity, key)])
    }

    /// The recorded missing rows of deferred rows, each once.
    pub fn lacked(&self) -> Stored<Vec<(EntityId, Key)>> {
        let (mut lacked, mut last) = (Vec::new(), String::new());
        loop {
            // Skip to the next missing row, past all deferred rows with the same one.
            let next = self.value("SELECT min(lacks) FROM late WHERE lacks>?1", [&last])?;
            let Some::<String>(next) = next else { return Ok(lacked) };
            let (of, key) = next.split_once('/').unwrap_or_default();
            let of = of.parse().map_err(|_| StoreError::Damaged(next.clone()))?;
            lacked.push((EntityId(of), Key::new(key)));
            last = next;
        }
    }

    /// The stamp of a row's deferred version; `None` if the row is not deferred.
    pub fn deferred_stamp(&self, entity: EntityId, key: &str) -> Stored<Option<Stamp>> {
        let sql = "SELECT stamp FROM late WHERE entity=?1 AND key=?2";
        self.first(sql, (entity.0, key), |row| Ok(Stamp(row.get(0)?)))
    }

    pub(crate) fn any_late(&self) -> Stored<bool> {
        self.finds("SELECT 1 FROM late LIMIT 1", [])
    }

    /// The number of deferred rows; 0 if the list does not exist.
    pub fn count_deferred(&self) -> Stored<u64> {
        if !self.finds("SELECT 1 FROM sqlite_schema WHERE name='late'", [])? {
            return Ok(0);
        }
        Ok(self.value::<i64>("SELECT count(*) FROM late", [])?.unsigned_abs())
    }

    /// Drops a row's deferred version, if there is one with a stamp of at most `upto`.
    pub fn drop_late(&self, entity: EntityId, key: &str, upto: Stamp) -> Stored<()> {
        let sql = "DELETE FROM late WHERE entity=?1 AND key=?2 AND stamp<=?3";
        self.execute(sql, (entity.0, key, upto.0))
    }

    pub(crate) fn drop_all_late(&self, entity: EntityId) -> Stored<()> {
        self.execute("DELETE FROM late WHERE entity=?1", [entity.0])
    }
}

fn late_row(row: &rusqlite::Row<'_>) -> Stored<DeferredRow> {
    Ok(DeferredRow { key: Key(row.get(0)?), stamp: Stamp(row.get(1)?), values: shadow::cells(row, 2)? })
}

fn named(entity: EntityId, key: &str) -> String {
    format!("{}/{key}", entity.0)
}
