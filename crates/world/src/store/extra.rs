//! Rows that an engine writes beside each pulled row, such as a log of its own. Each has the row's
//! place, stamp and values again, as one text, and replaces the one before. It is written in the
//! row's transaction, has an index of its own, and nobody reads it.

use super::error::Stored;
use super::session::Tx;
use crate::base::{Cell, EntityId, Stamp, ValueRef};

const PUT: &str = "INSERT INTO extra VALUES(?1,?2,?3,?4,?5)ON CONFLICT DO UPDATE SET \
stamp=excluded.stamp,\"values\"=excluded.\"values\"";

pub(super) fn put(
    tx: &Tx<'_>,
    rows: u32,
    (entity, key): (EntityId, &str),
    stamp: Stamp,
    values: &[Cell<'_>],
) -> Stored<()> {
    let text = as_text(values);
    let mut counted = tx.prepare(PUT)?;
    for n in 0..rows {
        counted.statement.execute((entity.0, key, n, stamp.0, &text))?;
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
