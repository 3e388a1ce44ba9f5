//! The gateway's replica of all rows that devices can get: a SQLite database on its own disk.
//!
//! A place is one combination of values in the columns that bind rows to devices. The replica holds
//! each row once, in its place. Rows are stored as the bytes that devices get. When a row leaves a
//! place, a tombstone stays there until the row returns. Every change of a row gets the next number
//! of the replica's own sequence. So a device's cursor is one number that does not depend on the
//! backend's stamps. No two changes have the same number, and no change appears before a reader's
//! cursor.
//!
//! Invariants:
//! - The changes of a page and the cursor at its end are one transaction. The mutations of a push
//!   are one transaction too: a confirmed push survives the process.
//! - A row that comes unchanged gets no new number.
//! - A cursor names the database that made it. A cursor of another database, or one ahead of this
//!   database, counts as expired.
//! - Rows that come with a verdict of the backend are written at once, before the next refresh. No
//!   older version overwrites them.
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
