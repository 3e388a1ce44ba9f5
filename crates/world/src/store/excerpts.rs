//! Excerpts of rows: some columns of a row, pulled by one sync unit and stored beside the full
//! rows. An excerpt is dropped when the device has the full row in an equal or newer version.

use super::error::Stored;
use super::session::Tx;
use super::shadow;
use crate::base::{Cell, EntityId, Key, Stamp, UnitId, Value};

/// An excerpt of a row: the unit, the key, the backend's stamp, the values.
pub(crate) type ShownPart = (UnitId, Key, Stamp, Vec<Value>);

pub(crate) const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS excerpt(unit,entity,key,stamp,fresh,\"values\",PRIMARY KEY(entity,key,unit))WITHOUT ROWID",
];

/// Stores a unit's excerpt of a row, and replaces the unit's earlier excerpt.
pub(crate) fn put(
    tx: &Tx<'_>,
    (unit, entity): (UnitId, EntityId),
    key: &str,
    stamp: Stamp,
    values: &[Cell<'_>],
) -> Stored<()> {
    let sql = "REPLACE INTO excerpt VALUES(?1,?2,?3,?4,1,?5)";
    tx.execute(sql, (unit.0, entity.0, key, stamp.0, shadow::written(values)))
}

/// Drops a unit's excerpt of a row.
pub(crate) fn remove(tx: &Tx<'_>, (unit, entity): (UnitId, EntityId), key: &str) -> Stored<()> {
    let sql = "DELETE FROM excerpt WHERE unit=?1 AND entity=?2 AND key=?3";
    tx.execute(sql, (unit.0, entity.0, key))
}

/// Drops all units' excerpts of a row with stamps of at most `stamp`.
pub(crate) fn remove_by(tx: &Tx<'_>, entity: EntityId, key: &str, stamp: Stamp) -> Stored<()> {
    let sql = "DELETE FROM excerpt WHERE entity=?1 AND key=?2 AND stamp<=?3";
    tx.execute(sql, (entity.0, key, stamp.0))
}

/// Begins a full load of `unit`: sets `fresh=0` for all its excerpts of the entity. `end_load`
/// drops those that are still not fresh.
pub(crate) fn begin_load(tx: &Tx<'_>, unit: UnitId, entity: EntityId) -> Stored<()> {
    let sql = "UPDATE excerpt SET fresh=0 WHERE unit=?1 AND entity=?2";
    tx.execute(sql, (unit.0, entity.0))
}

/// Ends a full load of `unit`: drops excerpts that neither the load nor `withheld` contains.
pub(crate) fn end_load<'k>(
    tx: &Tx<'_>,
    (unit, entity): (UnitId, EntityId),
    withheld: impl Iterator<Item = &'k str>,
) -> Stored<()> {
    let keep = "UPDATE excerpt SET fresh=1 WHERE unit=?1 AND entity=?2 AND key=?3";
    for key in withheld {
        tx.execute(keep, (unit.0, entity.0, key))?;
    }
    let sql = "DELETE FROM excerpt WHERE unit=?1 AND entity=?2 AND NOT fresh";
    tx.execute(sql, (unit.0, entity.0))
}

/// Drops outdated excerpts after full rows of `entity` were pulled: excerpts that are not newer
/// than the full row. After a full load it also drops excerpts without a full row. `withheld` has
/// the keys that the load left out; their excerpts stay.
pub(crate) fn pass_by(tx: &Tx<'_>, entity: EntityId, withheld: Option<&[&str]>) -> Stored<()> {
    let (table, _) = tx.store().names(entity);
    let held = format!(
        "DELETE FROM excerpt AS x WHERE entity=?1 AND EXISTS\
             (SELECT 1 FROM {table} WHERE key=x.key AND stamp>=x.stamp)"
    );
    tx.execute(&held, [entity.0])?;
    let Some(withheld) = withheld else { return Ok(()) };
    let alone = format!(
        "SELECT key FROM excerpt AS x WHERE entity=?1 AND NOT EXISTS\
             (SELECT 1 FROM {table} WHERE key=x.key)ORDER BY key"
    );
    for key in tx.query(&alone, [entity.0], |row| Ok(row.get::<_, String>(0)?))? {
        if !withheld.contains(&key.as_str()) {
            remove_by(tx, entity, &key, Stamp(i64::MAX))?;
        }
    }
    Ok(())
}

/// The excerpts of an entity that the app shows, in key order. Each is newer than the full row, and
/// the row has no waiting edits.
pub(crate) fn shown(tx: &Tx<'_>, entity: EntityId) -> Stored<Vec<ShownPart>> {
    let (table, _) = tx.store().names(entity);
    let sql = format!(
        "SELECT x.unit,x.key,x.stamp,x.\"values\" FROM excerpt AS x LEFT JOIN {table} AS r ON r.key=x.key \
             WHERE x.entity=?1 AND(r.key IS NULL OR r.stamp<x.stamp)AND NOT EXISTS\
             (SELECT 1 FROM outbox WHERE entity=?1 AND key=x.key)ORDER BY x.key,x.unit"
    );
    tx.query(&sql, [entity.0], |row| {
        let values = shadow::values(row, 3)?.unwrap_or_default();
        Ok((UnitId(row.get(0)?), Key(row.get(1)?), Stamp(row.get(2)?), values))
    })
}
