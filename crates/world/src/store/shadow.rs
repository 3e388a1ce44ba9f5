//! Shadows: pulled versions of rows with local edits. A shadow waits until the backend has decided
//! about the edits.

use serde::Serialize;

use super::error::{StoreError, Stored};
use super::session::Tx;
use crate::base::{Cell, EntityId, Key, Stamp, Value};
use crate::contract::Row;

impl Tx<'_> {
    /// Stores a version in a row's shadow and replaces the previous one. `None` is a tombstone (a
    /// deletion). The stamp may be older than the previous one: a backend restored from a backup
    /// has older, valid versions.
    pub fn set_shadow(
        &self,
        entity: EntityId,
        key: &str,
        stamp: Stamp,
        values: Option<&[Cell<'_>]>,
    ) -> Stored<()> {
        self.put_shadow(entity, key, stamp, values.map(written))
    }

    fn put_shadow(&self, entity: EntityId, key: &str, stamp: Stamp, values: Option<String>) -> Stored<()> {
        self.execute(
            "INSERT INTO shadow VALUES(?1,?2,?3,?4)ON CONFLICT(entity,key)DO UPDATE SET stamp=excluded.stamp,\
             \"values\"=excluded.\"values\"",
            (entity.0, key, stamp.0, values),
        )
    }

    pub(crate) fn keep_shadow(&self, entity: EntityId, version: &Row) -> Stored<()> {
        let values = version.values.as_deref().map(written);
        self.put_shadow(entity, &version.key, version.stamp, values)
    }

    /// Removes and returns the version in a row's shadow.
    pub fn take_shadow(&self, entity: EntityId, key: &str) -> Stored<Option<Row>> {
        let found = self.shadow(entity, key)?;
        if found.is_some() {
            self.execute("DELETE FROM shadow WHERE entity=?1 AND key=?2", (entity.0, key))?;
        }
        Ok(found)
    }

    pub(super) fn shadow(&self, entity: EntityId, key: &str) -> Stored<Option<Row>> {
        let sql = "SELECT stamp,\"values\" FROM shadow WHERE entity=?1 AND key=?2";
        self.first(sql, (entity.0, key), |row| {
            Ok(Row { key: Key::new(key), stamp: Stamp(row.get(0)?), values: values(row, 1)? })
        })
    }

    /// Deleted rows without waiting edits, each with the stamp of its deletion.
    pub fn ends(&self) -> Stored<Vec<((EntityId, Key), Stamp)>> {
        let sql = "SELECT entity,key,stamp FROM shadow AS s WHERE \"values\" IS NULL AND NOT EXISTS\
                   (SELECT 1 FROM outbox AS o WHERE o.entity=s.entity AND o.key=s.key)";
        self.query(sql, [], |row| Ok(((EntityId(row.get(0)?), Key(row.get(1)?)), Stamp(row.get(2)?))))
    }

    /// Drops a row's shadow if the shadow is a tombstone.
    pub fn drop_end(&self, entity: EntityId, key: &str) -> Stored<()> {
        let sql = "DELETE FROM shadow WHERE entity=?1 AND key=?2 AND \"values\" IS NULL";
        self.execute(sql, (entity.0, key))
    }

    /// Drops the shadows of an entity that is loaded again. The load contains these versions if
    /// they still exist. Tombstones stay, because no load contains them.
    pub fn drop_live_shadows(&self, entity: EntityId) -> Stored<()> {
        let sql = "DELETE FROM shadow WHERE entity=?1 AND \"values\" IS NOT NULL";
        self.execute(sql, [entity.0])
    }
}

pub(super) fn written(cells: &[impl Serialize]) -> String {
    serde_json::to_string(cells).expect("writing to memory does not fail")
}

/// The cells that [`written`] stored in a column; `None` if there are none.
pub(super) fn cells(row: &rusqlite::Row<'_>, column: usize) -> Stored<Option<Vec<Cell<'static>>>> {
    let Some(text) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let cells: Vec<Cell<'_>> = serde_json::from_str(&text).map_err(|e| StoreError::Damaged(e.to_string()))?;
    Ok(Some(cells.into_iter().map(Cell::into_owned).collect()))
}

pub(super) fn values(row: &rusqlite::Row<'_>, column: usize) -> Stored<Option<Vec<Value>>> {
    Ok(cells(row, column)?.map(|cells| cells.iter().map(Cell::to_value).collect()))
}
