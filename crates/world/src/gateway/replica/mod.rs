//! The gateway's own copy of everything that devices can get, in a SQLite database on a disk of its
//! own.
//!
//! It holds each row once where it belongs, by the columns that bind rows to devices, as the bytes
//! that devices are sent; a row that leaves a place leaves a tombstone there until it comes back.
//! Every change of a row gets the next number of the replica's own sequence, so that a device's
//! cursor is one number, whatever the backend's stamps are worth: nothing ties, nothing appears
//! behind a reader.
//!
//! Invariants:
//! - The changes of a page and the cursor at its end are one transaction, and so are the mutations
//!   of a push: what was answered outlives the process.
//! - A row that comes as it is gets no new number.
//! - A cursor names the database that made it. One of another database, or from this one's future,
//!   has expired.
//! - The rows that the backend shows with a verdict are here at once, ahead of the next refresh,
//!   and no older version goes over them.
//! - Who was away for less than tombstones are kept hears of each; who was away longer loads
//!   again.

mod database;
mod pages;
mod purge;
mod queue;
mod rows;
#[cfg(test)]
mod tests;

pub(super) use database::Replica;
pub(super) use pages::Sent;
pub(super) use queue::{Judged, Waiting};
pub(super) use rows::{Captures, Copied, Taken};
