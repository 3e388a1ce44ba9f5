//! The wire format of the built-in protocol: JSON, really encoded and decoded.
//!
//! A row is an array: `[key, stamp, value, …]`, and `[key, stamp]` for a tombstone, so that a column's name is sent never
//! and a value once. Of a row that the device holds in another version, those columns may come that differ: `[columns, base,
//! key, stamp, value, …]`, with a bit for each column that comes and the stamp of that version. Rows are written straight into the answer and read into one flat list of cells that borrow from it:
//! a page of 500 rows costs a handful of allocations.
//!
//! Invariants: what is encoded decodes to itself; damaged bytes give a [`Damaged`], never a panic.

mod answer;
mod cells;
mod request;
mod sink;

pub use answer::{Answer, AnswerWriter, Page, PushResult, PushVerdict};
pub use cells::{Cell, Part, Rows, WireRow, encode_cells};
pub use request::{decode_request, encode_request};
pub use sink::{Counted, Sink};

/// Bytes that are not a message of this protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message of the protocol: {0}")]
pub struct Damaged(pub String);

impl From<serde_json::Error> for Damaged {
    fn from(error: serde_json::Error) -> Damaged {
        Damaged(error.to_string())
    }
}
