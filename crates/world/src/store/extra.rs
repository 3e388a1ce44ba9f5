//! Extra rows that an engine writes beside each pulled row, such as its own log. They simulate the
//! cost of these writes. An extra row repeats the row's key, stamp and values as one text. It
//! replaces the extra row of the previous version, in the same transaction as the row. SQLite finds
//! the previous extra row by an index, or by a scan of the whole table.

use super::error::Stored;
use super::options::FoundBy;
use super::session::Tx;
use crate::base::{Cell, EntityId, Stamp, ValueRef};

const PUT: &str = "INSERT INTO extra VALUES(?1,?2,?3,?4,?5)ON CONFLICT DO UPDATE SET \
stamp=excluded.stamp,\"values\"=excluded.\"values\"";
/// Without an index, SQLite reads the whole table for this statement.
const REPLACE: &str = "UPDATE extra SET stamp=?4,\"values\"=?5 WHERE entity=?1 AND key=?2 AND n=?3";
const ADD: &str = "INSERT INTO extra VALUES(?1,?2,?3,?4,?5)";

pub(super) fn put(
    tx: &Tx<'_>,
    rows: u32,
    (entity, key): (EntityId, &str),
    stamp: Stamp,
    values: &[Cell<'_>],
) -> Stored<()> {
    let text = as_text(values);
    let by_index = tx.store().options().extra_found_by == FoundBy::Index;
    for n in 0..rows {
        let row = (entity.0, key, n, stamp.0, &text);
        let first = if by_index { PUT } else { REPLACE };
        let replaced = tx.prepare(first)?.statement.execute(row)?;
        if replaced == 0 {
            tx.prepare(ADD)?.statement.execute(row)?;
        }
    }
    Ok(())
}

fn as_text(values: &[Cell<'_>]) -> String {
    let text = |cell: &Cell<'_>| match cell.as_ref() {
        ValueRef::Null => "null,".to_owned(),
        ValueRef::Int(n) => format!("{n},"),
        ValueRef::Real(x) => format!("{x},"),
        ValueRef::Text(t) => format!("\"{t}\","),
    };
    values.iter().map(text).collect()
}
