//! What engines write beside each row that comes: the operation in a log of their own, what its
//! table is an index of, when it was seen.
//!
//! Each such row holds the row's place, its stamp and its values once more, as one text, and takes
//! the place of the one that was there: a log from which older operations of a row are dropped. It
//! is written in the row's transaction, has an index of its own, and nobody reads it.

use std::fmt::Write as _;

use super::error::Result;
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
) -> Result<()> {
    let text = as_text(values);
    let mut statement = tx.prepare(PUT)?;
    for n in 0..rows {
        statement.execute((entity.0, key, n, stamp.0, &text))?;
    }
    Ok(())
}

fn as_text(values: &[Cell<'_>]) -> String {
    let mut text = String::new();
    for cell in values {
        let written = match cell.as_ref() {
            ValueRef::Null => text.write_str("null,"),
            ValueRef::Int(n) => write!(text, "{n},"),
            ValueRef::Real(x) => write!(text, "{x},"),
            ValueRef::Text(t) => write!(text, "\"{t}\","),
        };
        written.expect("writing to memory does not fail");
    }
    text
}
