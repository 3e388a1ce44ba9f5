//! Rows of which a unit brings a part, beside those that the device holds in full.
//!
//! A row is here while this is news: the device has the row in no version, or in an older one. What
//! it holds in full is never touched by a part of it, and takes its place when it has come as far.
//! The table is made with the first engine whose units bring excerpts.

use super::error::Result;
use super::layout;
use super::session::Tx;
use super::shadow;
use crate::base::{Cell, EntityId, Key, Stamp, UnitId, Value};

/// A row of which a unit brought a part: the unit, key, the backend's stamp, the values.
pub type ShownPart = (UnitId, Key, Stamp, Vec<Value>);

/// The excerpts in a transaction.
#[derive(Clone, Copy)]
pub struct Excerpts<'t, 's>(&'t Tx<'s>);

impl<'t, 's> Excerpts<'t, 's> {
    pub fn of(tx: &'t Tx<'s>) -> Excerpts<'t, 's> {
        Excerpts(tx)
    }

    /// Makes their table, if the database has none.
    pub fn make(self) -> Result<()> {
        let columns = "unit,entity,key,stamp,fresh,\"values\",PRIMARY KEY(entity,key,unit)";
        let sql = format!("CREATE TABLE IF NOT EXISTS excerpt({columns})WITHOUT ROWID");
        self.0.execute(&sql, []).map(drop)
    }

    /// Keeps what `unit` brings of a row, in place of what it brought before.
    pub fn put(
        self,
        (unit, entity): (UnitId, EntityId),
        key: &str,
        stamp: Stamp,
        values: &[Cell<'_>],
    ) -> Result<()> {
        let values = serde_json::to_string(values).expect("writing to memory does not fail");
        let sql = "REPLACE INTO excerpt VALUES(?1,?2,?3,?4,1,?5)";
        self.0.execute(sql, (unit.0, entity.0, key, stamp.0, values)).map(drop)
    }

    /// What `unit` brought of a row is gone.
    pub fn remove(self, (unit, entity): (UnitId, EntityId), key: &str) -> Result<()> {
        let sql = "DELETE FROM excerpt WHERE unit=?1 AND entity=?2 AND key=?3";
        self.0.execute(sql, (unit.0, entity.0, key)).map(drop)
    }

    /// What any unit brought of a row up to a stamp is gone.
    pub fn remove_by(self, entity: EntityId, key: &str, stamp: Stamp) -> Result<()> {
        let sql = "DELETE FROM excerpt WHERE entity=?1 AND key=?2 AND stamp<=?3";
        self.0.execute(sql, (entity.0, key, stamp.0)).map(drop)
    }

    /// A load of `unit` begins: what it does not bring will go.
    pub fn begin_load(self, unit: UnitId, entity: EntityId) -> Result<()> {
        let sql = "UPDATE excerpt SET fresh=0 WHERE unit=?1 AND entity=?2";
        self.0.execute(sql, (unit.0, entity.0)).map(drop)
    }

    /// The load of `unit` ends: what it did not bring and does not withhold goes.
    pub fn end_load<'k>(
        self,
        (unit, entity): (UnitId, EntityId),
        withheld: impl Iterator<Item = &'k str>,
    ) -> Result<()> {
        let keep = "UPDATE excerpt SET fresh=1 WHERE unit=?1 AND entity=?2 AND key=?3";
        for key in withheld {
            self.0.execute(keep, (unit.0, entity.0, key))?;
        }
        let sql = "DELETE FROM excerpt WHERE unit=?1 AND entity=?2 AND NOT fresh";
        self.0.execute(sql, (unit.0, entity.0)).map(drop)
    }

    /// All that there is of `entity` in full has come: of what is held as new as here nothing is
    /// news; after a load (`withheld` says of which rows that told nothing) nor is what it lacks.
    pub fn pass_by(self, entity: EntityId, withheld: Option<&[&str]>) -> Result<()> {
        let table = self.table(entity);
        let held = format!(
            "DELETE FROM excerpt AS x WHERE entity=?1 AND EXISTS\
             (SELECT 1 FROM {table} WHERE key=x.key AND stamp>=x.stamp)"
        );
        self.0.execute(&held, [entity.0])?;
        let Some(withheld) = withheld else { return Ok(()) };
        let alone = format!(
            "SELECT key FROM excerpt AS x WHERE entity=?1 AND NOT EXISTS\
             (SELECT 1 FROM {table} WHERE key=x.key)ORDER BY key"
        );
        for key in self.0.query(&alone, [entity.0], |row| Ok(row.get::<_, String>(0)?))? {
            if !withheld.contains(&key.as_str()) {
                self.remove_by(entity, &key, Stamp(i64::MAX))?;
            }
        }
        Ok(())
    }

    /// What the app shows of excerpts of an entity, in the order of keys: what is newer than the
    /// row that is held, and of no row with edits that wait.
    pub fn shown(self, entity: EntityId) -> Result<Vec<ShownPart>> {
        let table = self.table(entity);
        let sql = format!(
            "SELECT x.unit,x.key,x.stamp,x.\"values\" FROM excerpt AS x LEFT JOIN {table} AS r ON r.key=x.key \
             WHERE x.entity=?1 AND(r.key IS NULL OR r.stamp<x.stamp)AND NOT EXISTS\
             (SELECT 1 FROM outbox WHERE entity=?1 AND key=x.key)ORDER BY x.key,x.unit"
        );
        self.0.query(&sql, [entity.0], |row| {
            let (key, values): (String, String) = (row.get(1)?, row.get(3)?);
            Ok((UnitId(row.get(0)?), Key::new(&key), Stamp(row.get(2)?), shadow::read(&values)?))
        })
    }

    fn table(self, entity: EntityId) -> String {
        layout::names(entity, self.0.store().entity(entity)).0
    }
}
