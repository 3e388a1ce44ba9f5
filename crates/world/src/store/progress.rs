//! Sync properties: cursors per sync unit and entity, and the state and date of each unit's last
//! run.

use super::error::Stored;
use super::session::Tx;
use crate::base::{EntityId, Stamp, UnitId};

/// A unit's pull progress for an entity. The default is the progress before the first page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The cursor at the end of the last page; `None` before the first page.
    pub cursor: Option<String>,
    /// The number of the last full load.
    pub generation: u32,
    /// True while a full load is in progress.
    pub loading: bool,
}

impl Tx<'_> {
    /// A unit's pull progress for an entity.
    pub fn progress(&self, unit: UnitId, entity: EntityId) -> Stored<Progress> {
        let sql = "SELECT cursor,generation,loading FROM progress WHERE unit=?1 AND entity=?2";
        let found = self.first(sql, (unit.0, entity.0), |row| {
            Ok(Progress { cursor: row.get(0)?, generation: row.get(1)?, loading: row.get(2)? })
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Saves a unit's pull progress for an entity.
    pub fn save_progress(&self, unit: UnitId, entity: EntityId, progress: &Progress) -> Stored<()> {
        let Progress { cursor, generation, loading } = progress;
        let sql = "REPLACE INTO progress VALUES(?1,?2,?3,?4,?5)";
        self.execute(sql, (unit.0, entity.0, cursor.as_deref(), generation, loading))
    }

    /// The number of the latest full load of `entity` by any unit; 0 before the first load.
    pub fn generation(&self, entity: EntityId) -> Stored<u32> {
        self.value("SELECT ifnull(max(generation),0)FROM progress WHERE entity=?1", [entity.0])
    }

    /// All cursors, each with its owner (a unit or `SHARED`) and its entity, sorted by both.
    pub fn all_progress(&self) -> Stored<Vec<(UnitId, EntityId, Option<String>)>> {
        let sql = "SELECT unit,entity,cursor FROM progress ORDER BY unit,entity";
        self.query(sql, [], |row| Ok((UnitId(row.get(0)?), EntityId(row.get(1)?), row.get(2)?)))
    }

    /// The date of each unit's last successful run, in unit order.
    pub fn all_dates(&self) -> Stored<Vec<(UnitId, Stamp)>> {
        let sql = "SELECT unit,last_sync_on FROM unit WHERE last_sync_on IS NOT NULL ORDER BY unit";
        self.query(sql, [], |row| Ok((UnitId(row.get(0)?), Stamp(row.get(1)?))))
    }

    /// The date of the unit's last successful run, if any.
    pub fn last_sync_on(&self, unit: UnitId) -> Stored<Option<Stamp>> {
        let sql = "SELECT last_sync_on FROM unit WHERE unit=?1";
        let found = self.first(sql, [unit.0], |row| Ok(row.get::<_, Option<i64>>(0)?))?;
        Ok(found.flatten().map(Stamp))
    }

    /// The latest date of a successful run of any unit, if any.
    pub fn last_sync(&self) -> Stored<Option<Stamp>> {
        Ok(self.value::<Option<i64>>("SELECT max(last_sync_on)FROM unit", [])?.map(Stamp))
    }

    /// Saves the date of the unit's last successful run.
    pub fn set_last_sync_on(&self, unit: UnitId, at: Stamp) -> Stored<()> {
        let sql = "INSERT INTO unit VALUES(?1,?2,0,0)ON CONFLICT(unit)DO UPDATE SET last_sync_on=?2";
        self.execute(sql, (unit.0, at.0))
    }

    /// Marks `unit` as running until [`Tx::end_run`]. The mark survives restarts. Returns the
    /// number of the run; the device's first run has number 1.
    pub fn begin_run(&self, unit: UnitId) -> Stored<u64> {
        let sql = "INSERT INTO unit SELECT ?1,NULL,ifnull(max(run),0)+1,1 FROM unit WHERE true \
                   ON CONFLICT(unit)DO UPDATE SET run=excluded.run,running=1 RETURNING run";
        self.writes();
        Ok(self.value::<u32>(sql, [unit.0])?.into())
    }

    /// The number of the next run.
    pub fn next_run(&self) -> Stored<u64> {
        Ok(self.value::<u32>("SELECT ifnull(max(run),0)+1 FROM unit", [])?.into())
    }

    /// Marks the unit as not running.
    pub fn end_run(&self, unit: UnitId) -> Stored<()> {
        self.execute("UPDATE unit SET running=0 WHERE unit=?1 AND running", [unit.0])
    }

    /// Units that are marked as running, each with the number of its run.
    pub fn running(&self) -> Stored<Vec<(UnitId, u64)>> {
        let sql = "SELECT unit,run FROM unit WHERE running ORDER BY unit";
        self.query(sql, [], |row| Ok((UnitId(row.get(0)?), row.get::<_, u32>(1)?.into())))
    }
}

/// The table of cursors after the last complete sync, for engines that return to them after an
/// interrupted run.
pub(crate) const WHOLE_SYNCS: &[&str] =
    &["CREATE TABLE IF NOT EXISTS whole(unit,entity,cursor,PRIMARY KEY(unit,entity))WITHOUT ROWID"];

/// The cursor after the last complete sync. The outer `None` means that nothing is stored, the
/// inner `None` that the sync ended without a cursor.
pub(crate) fn whole_sync(tx: &Tx<'_>, book: UnitId, entity: EntityId) -> Stored<Option<Option<String>>> {
    let sql = "SELECT cursor FROM whole WHERE unit=?1 AND entity=?2";
    tx.first(sql, (book.0, entity.0), |row| Ok(row.get(0)?))
}

pub(crate) fn note_whole_sync(
    tx: &Tx<'_>,
    book: UnitId,
    entity: EntityId,
    cursor: Option<&str>,
) -> Stored<()> {
    tx.execute("REPLACE INTO whole VALUES(?1,?2,?3)", (book.0, entity.0, cursor))
}
