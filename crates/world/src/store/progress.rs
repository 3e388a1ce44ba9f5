//! Sync properties: the progress of each unit.

use super::error::Stored;
use super::session::Tx;
use crate::base::{EntityId, Stamp, UnitId};

/// The progress of a unit with an entity. The default is that of a device without any rows.
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
    /// The progress of a unit with an entity; the default before its first page.
    pub fn progress(&self, unit: UnitId, entity: EntityId) -> Stored<Progress> {
        let sql = "SELECT cursor,generation,loading FROM progress WHERE unit=?1 AND entity=?2";
        let found = self.first(sql, (unit.0, entity.0), |row| {
            Ok(Progress { cursor: row.get(0)?, generation: row.get(1)?, loading: row.get(2)? })
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Saves the progress of a unit with an entity.
    pub fn save_progress(&self, unit: UnitId, entity: EntityId, progress: &Progress) -> Stored<()> {
        let Progress { cursor, generation, loading } = progress;
        let sql = "REPLACE INTO progress VALUES(?1,?2,?3,?4,?5)";
        self.execute(sql, (unit.0, entity.0, cursor.as_deref(), generation, loading))
    }

    /// The generation of the latest full load of `entity` by any unit; 0 before the first load.
    pub fn generation(&self, entity: EntityId) -> Stored<u32> {
        self.value("SELECT ifnull(max(generation),0)FROM progress WHERE entity=?1", [entity.0])
    }

    /// All cursors in order, each with its book (a unit or `SHARED`) and its entity.
    pub fn all_progress(&self) -> Stored<Vec<(UnitId, EntityId, Option<String>)>> {
        let sql = "SELECT unit,entity,cursor FROM progress ORDER BY unit,entity";
        self.query(sql, [], |row| Ok((UnitId(row.get(0)?), EntityId(row.get(1)?), row.get(2)?)))
    }

    /// The time at which each unit last completed, in order of units.
    pub fn all_dates(&self) -> Stored<Vec<(UnitId, Stamp)>> {
        let sql = "SELECT unit,last_sync_on FROM unit WHERE last_sync_on IS NOT NULL ORDER BY unit";
        self.query(sql, [], |row| Ok((UnitId(row.get(0)?), Stamp(row.get(1)?))))
    }

    /// The time at which the unit last completed; `None` if it never did.
    pub fn last_sync_on(&self, unit: UnitId) -> Stored<Option<Stamp>> {
        let sql = "SELECT last_sync_on FROM unit WHERE unit=?1";
        let found = self.first(sql, [unit.0], |row| Ok(row.get::<_, Option<i64>>(0)?))?;
        Ok(found.flatten().map(Stamp))
    }

    /// The time at which any unit last completed; `None` if none ever did.
    pub fn last_sync(&self) -> Stored<Option<Stamp>> {
        Ok(self.value::<Option<i64>>("SELECT max(last_sync_on)FROM unit", [])?.map(Stamp))
    }

    /// Saves the time at which the unit last completed.
    pub fn set_last_sync_on(&self, unit: UnitId, at: Stamp) -> Stored<()> {
        let sql = "INSERT INTO unit VALUES(?1,?2,0,0)ON CONFLICT(unit)DO UPDATE SET last_sync_on=?2";
        self.execute(sql, (unit.0, at.0))
    }

    /// Marks `unit` as running until [`Tx::end_run`], even over restarts. Returns the number of the
    /// run; the device's first run has number 1.
    pub fn begin_run(&self, unit: UnitId) -> Stored<u64> {
        let sql = "INSERT INTO unit SELECT ?1,NULL,ifnull(max(run),0)+1,1 FROM unit WHERE true \
                   ON CONFLICT(unit)DO UPDATE SET run=excluded.run,running=1 RETURNING run";
        self.writes();
        Ok(self.value::<u32>(sql, [unit.0])?.into())
    }

    /// The number that the next run will get.
    pub fn next_run(&self) -> Stored<u64> {
        Ok(self.value::<u32>("SELECT ifnull(max(run),0)+1 FROM unit", [])?.into())
    }

    /// Marks the unit as not running.
    pub fn end_run(&self, unit: UnitId) -> Stored<()> {
        self.execute("UPDATE unit SET running=0 WHERE unit=?1 AND running", [unit.0])
    }

    /// Units that are marked as running, with the numbers of their runs.
    pub fn running(&self) -> Stored<Vec<(UnitId, u64)>> {
        let sql = "SELECT unit,run FROM unit WHERE running ORDER BY unit";
        self.query(sql, [], |row| Ok((UnitId(row.get(0)?), row.get::<_, u32>(1)?.into())))
    }
}

/// The cursors after the last complete sync, for engines that begin again there.
pub(crate) const WHOLE_SYNCS: &[&str] =
    &["CREATE TABLE IF NOT EXISTS whole(unit,entity,cursor,PRIMARY KEY(unit,entity))WITHOUT ROWID"];

/// The cursor after the last complete sync; the outer `None`: no cursor was noted.
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
