//! Staged pages: pages that a run has pulled and that are not visible yet. They have their own
//! tables.

use super::error::Stored;
use super::session::Tx;
use super::shadow;
use crate::base::{Cell, EntityId, Stamp, UnitId};

/// A staged page of an entity (stored, but not visible in the app).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StagedPage {
    /// The number of the page; later pages have greater numbers.
    pub number: i64,
    pub entity: EntityId,
    pub cursor: String,
    pub more: bool,
    /// The cursor and load number of the visible rows when the entity's first page was staged.
    pub onto: (Option<String>, u32),
    /// The rest of the page, in a format that only the caller knows.
    pub rest: String,
}

/// A staged row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StagedRow {
    pub key: String,
    pub stamp: Stamp,
    /// For a row with only some columns: the stamp of its base version, and a bit per column.
    pub part: Option<(Stamp, u64)>,
    /// The cells as received; `None` for a tombstone.
    pub values: Option<Vec<Cell<'static>>>,
}

const PAGE: &str = "SELECT page,entity,cursor,more,onto,generation,rest FROM staged_page";

pub(crate) const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS staged_page(page INTEGER PRIMARY KEY,unit,entity,cursor,more,onto,generation,rest)",
    "CREATE TABLE IF NOT EXISTS staged(page,place,key,stamp,base,columns,\"values\",PRIMARY KEY(page,place))WITHOUT ROWID",
];

/// Adds a staged page of `unit` after its other pages. Returns the new page number, and ignores the
/// number in `page`.
pub(crate) fn add_page(tx: &Tx<'_>, unit: UnitId, page: &StagedPage) -> Stored<i64> {
    let StagedPage { entity, cursor, more, onto: (onto, generation), rest, .. } = page;
    let sql = "INSERT INTO staged_page SELECT ifnull(max(page),0)+1,?1,?2,?3,?4,?5,?6,?7 FROM staged_page \
                   WHERE true RETURNING page";
    tx.writes();
    let values = (unit.0, entity.0, cursor, more, onto.as_deref(), generation, rest);
    tx.value(sql, values)
}

pub(crate) fn add_row(
    tx: &Tx<'_>,
    (page, place): (i64, usize),
    (key, stamp): (&str, Stamp),
    part: Option<(Stamp, u64)>,
    values: Option<&[Cell<'_>]>,
) -> Stored<()> {
    let values = values.map(shadow::written);
    let (base, columns) = (part.map(|(base, _)| base.0), part.map(|(_, columns)| columns.cast_signed()));
    let sql = "INSERT INTO staged VALUES(?1,?2,?3,?4,?5,?6,?7)";
    let row = (page, place as i64, key, stamp.0, base, columns, values);
    tx.execute(sql, row)
}

/// The last staged page of an entity.
pub(crate) fn last(tx: &Tx<'_>, unit: UnitId, entity: EntityId) -> Stored<Option<StagedPage>> {
    let sql = format!("{PAGE} WHERE unit=?1 AND entity=?2 ORDER BY page DESC LIMIT 1");
    tx.first(&sql, (unit.0, entity.0), page)
}

/// The staged pages of a unit, in order.
pub(crate) fn pages(tx: &Tx<'_>, unit: UnitId) -> Stored<Vec<StagedPage>> {
    tx.query(&format!("{PAGE} WHERE unit=?1 ORDER BY page"), [unit.0], page)
}

pub(crate) fn rows(tx: &Tx<'_>, page: i64) -> Stored<Vec<StagedRow>> {
    let sql = "SELECT key,stamp,base,columns,\"values\" FROM staged WHERE page=?1 ORDER BY place";
    tx.query(sql, [page], |row| {
        let base: Option<i64> = row.get(2)?;
        let columns: Option<i64> = row.get(3)?;
        let part = base.zip(columns).map(|(base, columns)| (Stamp(base), columns.cast_unsigned()));
        Ok(StagedRow { key: row.get(0)?, stamp: Stamp(row.get(1)?), part, values: shadow::cells(row, 4)? })
    })
}

/// Drops all staged pages and rows of `unit`. Returns the number of rows.
pub(crate) fn drop_all(tx: &Tx<'_>, unit: UnitId) -> Stored<u32> {
    let rows = drop_rows(tx, unit)?;
    tx.execute("DELETE FROM staged_page WHERE unit=?1", [unit.0])?;
    Ok(rows)
}

/// Drops the staged pages and rows of an entity. Returns the number of rows.
pub(crate) fn drop_entity(tx: &Tx<'_>, unit: UnitId, entity: EntityId) -> Stored<u32> {
    let of = "SELECT page FROM staged_page WHERE unit=?1 AND entity=?2";
    let rows = format!("DELETE FROM staged WHERE page IN({of})");
    let rows = tx.changes(&rows, (unit.0, entity.0))?;
    tx.execute("DELETE FROM staged_page WHERE unit=?1 AND entity=?2", (unit.0, entity.0))?;
    Ok(rows as u32)
}

/// Drops the staged rows of `unit` and keeps its pages. Besides `drop_all`, only a planted bug
/// calls this.
pub(crate) fn drop_rows(tx: &Tx<'_>, unit: UnitId) -> Stored<u32> {
    let rows = "DELETE FROM staged WHERE page IN(SELECT page FROM staged_page WHERE unit=?1)";
    Ok(tx.changes(rows, [unit.0])? as u32)
}

fn page(row: &rusqlite::Row<'_>) -> Stored<StagedPage> {
    Ok(StagedPage {
        number: row.get(0)?,
        entity: EntityId(row.get(1)?),
        cursor: row.get(2)?,
        more: row.get(3)?,
        onto: (row.get(4)?, row.get(5)?),
        rest: row.get(6)?,
    })
}
