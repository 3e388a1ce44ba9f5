//! The gateway's replica of all rows that devices can get: a SQLite database on its own disk.
//!
//! It holds each row once, in its place: the values of the columns that bind rows to devices. Rows
//! are stored as the bytes that devices get. A row that leaves a place leaves a tombstone there
//! until it returns. Every change of a row gets the next number of the replica's own sequence. So a
//! device's cursor is one number that does not depend on the backend's stamps. There are no ties,
//! and nothing appears behind a reader.
//!
//! Invariants:
//! - The changes of a page and the cursor at its end are one transaction. So are the mutations of a
//!   push: a confirmed push survives the process.
//! - A row that comes unchanged gets no new number.
//! - A cursor names the database that made it. A cursor of another database, or one ahead of this
//!   database, has expired.
//! - Rows that the backend shows with a verdict are here at once, before the next refresh. No older
//!   version overwrites them.
//! - A device that was away for less than the tombstones' retention gets every deletion. After a
//!   longer time it loads again.

mod database;
mod history;
mod pages;
mod purge;
mod queue;
mod rows;
#[cfg(test)]
mod tests;

pub use database::HistoryOptions;
pub(super) use database::Replica;
pub(super) use pages::Sent;
pub(super) use queue::{Judged, Waiting};
pub(super) use rows::{Captures, Copied, Taken};
