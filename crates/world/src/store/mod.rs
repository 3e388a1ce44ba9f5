//! The device's database: one SQLite file per device, and all statements that run on it.
//!
//! It decides what lies in which table, what belongs to one transaction, and in which order waiting
//! edits leave. The engine decides when to pull, when to push and which side of a conflict wins.
//! The disk below decides what survives a crash.
//!
//! Reading order: `layout` (tables and SQL), `session` (stores and transactions), `rows`, `outbox`,
//! `progress`, then the rest.
//!
//! Invariants:
//! - An edit is its row's change and its outbox entry, both or neither.
//! - Edits of one row leave in the order in which they were made, one at a time: [`Tx::outbox`]
//!   returns the oldest of each row, or none while that one is parked. A row that others refer to
//!   is created before them and deleted after them.
//! - A transaction is a closure: it cannot be open across an await.
//! - What is stored is read back to the bit; columns have no declared type that SQLite could
//!   convert to.
//! - A row with a waiting edit is never swept.
//!
//! Each entity has a table. A user's name stands behind a position (`e3_patient`, `c0_name`), so
//! that it clashes with no other name, with SQL or with ours. All stores of a schema on a thread
//! share the SQL texts; a [`Tx`] keeps the statements that it has used, by entity.

pub(crate) mod blobs;
pub(crate) mod conflicts;
mod connection;
mod error;
pub(crate) mod excerpts;
mod extra;
mod late;
mod layout;
mod line;
mod list;
mod log;
mod marks;
mod options;
mod outbox;
mod pool;
mod progress;
mod provision;
mod references;
mod rename;
mod rows;
mod session;
mod shadow;
mod squash;
pub(crate) mod staged;
mod upgrade;
pub(crate) mod waiting;

#[cfg(test)]
mod tests;

pub(crate) use blobs::WaitingBlob;
pub(crate) use conflicts::Difference;
pub use error::StoreError;
pub(crate) use error::Stored;
pub(crate) use late::DeferredRow;
pub(crate) use list::list;
pub(crate) use marks::{keep_mark, mark, marked, pass_by};
pub use options::*;
pub(crate) use outbox::{Entry, references};
pub(crate) use pool::{add_keys, first_key, keys_left, take_any_key, take_key};
pub use progress::Progress;
pub(crate) use progress::{WHOLE_SYNCS, note_whole_sync, whole_sync};
pub(crate) use provision::provision;
pub(crate) use references::{
    dangling, defer_foreign_keys, first_referring, is_here, parents_of, swept_parents,
};
pub(crate) use rename::{Reach, call, rename};
pub(crate) use rows::StoredRow;
pub use session::{Store, Tx};
pub(crate) use squash::{
    edited_again, fold, has_shadow, is_waited_for, names_behind, others_between, seal, unseal,
};
pub(crate) use staged::StagedPage;

/// The book of cursors that all units share.
pub const SHARED: crate::base::UnitId = crate::base::UnitId(u16::MAX);
