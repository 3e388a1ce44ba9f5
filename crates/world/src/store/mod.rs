//! The device's database: one SQLite file a device, and all that is ever said to it.
//!
//! It decides what lies in which table, what belongs into one transaction, and in which order
//! waiting edits leave. It leaves to the engine when to pull, when to push and which side of a
//! conflict wins; it leaves to the disk below what survives a crash.
//!
//! Invariants:
//!
//! - An edit is its row's change and its outbox entry, both or neither.
//! - Edits of one row leave in the order in which they were made, one at a time: [`Tx::outbox`]
//!   gives the oldest of each row, or none of them while that one is parked. A row that others
//!   refer to leaves before them as it is made, and after them as it is deleted.
//! - A transaction is a closure: it cannot be open across an await.
//! - What is stored is read back as it was, to the bit; columns have no declared type that SQLite
//!   could convert to.
//! - A row with a waiting edit is never swept.
//!
//! How: one table an entity, with the user's names behind a position (`e3_patient`, `c0_name`), so
//! that no name clashes with another, with SQL or with ours. The SQL texts are shared by all stores
//! of a schema on a thread; a [`Tx`] keeps the statements it has used at hand by entity.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

pub mod blobs;
pub mod conflicts;
mod connection;
mod error;
pub mod excerpts;
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
pub mod staged;
mod upgrade;
pub mod waiting;

#[cfg(test)]
mod tests;

pub use blobs::WaitingBlob;
pub use conflicts::Difference;
pub use error::{Result as Stored, StoreError};
pub use late::LateRow;
pub use list::list;
pub use marks::{keep_mark, mark, marked, pass_by};
pub use options::*;
pub use outbox::{Entry, references};
pub use pool::{add_keys, first_key, keys_left, take_any_key, take_key};
pub use progress::{Progress, WHOLE_SYNCS, note_whole_sync, whole_sync};
pub use provision::provision;
pub use references::{dangling, defer_foreign_keys, first_referring, is_here, parents_of, swept_parents};
pub use rename::{Reach, call, rename};
pub use rows::StoredRow;
pub use session::{Store, Tx};
pub use squash::{edited_again, fold, has_shadow, is_waited_for, names_behind, others_between, seal, unseal};
pub use staged::StagedPage;

/// The book of cursors that all units share.
pub const SHARED: crate::base::UnitId = crate::base::UnitId(u16::MAX);
