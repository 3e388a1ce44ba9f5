//! The device's database: one SQLite file per device, and all statements that run on it.
//!
//! The store decides which table has which data, and which changes belong to one transaction. It
//! decides in which order waiting edits are sent. The engine decides when to pull, when to push,
//! and which side of a conflict wins. The simulated disk decides which writes survive a crash.
//!
//! Reading order: `layout` (tables and SQL), `session` (stores and transactions), `rows`, `outbox`,
//! `progress`, then the rest.
//!
//! Invariants:
//! - An edit changes its row and adds an outbox entry. One transaction writes both.
//! - Edits of one row are sent in the order of editing, one at a time. [`Tx::outbox`] returns the
//!   oldest edit of each row. It returns no edit of the row while that edit is parked (it waits for
//!   a person's decision). The create of a row is sent before edits that refer to the row, and its
//!   delete after them.
//! - A transaction is a closure, so it cannot be open across an await.
//! - Stored values are read back unchanged to the bit. Columns have no declared type, so SQLite
//!   does not convert values.
//! - The end of a full load removes ("sweeps") rows that the load did not contain. It never removes
//!   a row with a waiting edit.
//!
//! Each entity has a table. Names of tables and columns begin with a position (`e3_patient`,
//! `c0_name`). So a name from a scenario cannot equal another name, an SQL word or an internal
//! name. All stores of a schema on a thread share the SQL texts. A [`Tx`] keeps the statements that
//! it has used, by entity.

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

/// The unit id under which the store keeps cursors that all units share.
pub const SHARED: crate::base::UnitId = crate::base::UnitId(u16::MAX);
