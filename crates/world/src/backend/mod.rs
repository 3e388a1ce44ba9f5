//! The company's system of record: a pure state machine.
//!
//! The backend owns the content and its clock. It decides as a real backend would: the outcome of a
//! mutation, the stamp of a commit, derived changes, changes that a device lacks, service times and
//! outages. It has no executor and waits for nothing: every call gets `now`, takes effect at once,
//! and says when the response is ready. Requests, formats and cursors belong to the gateway.
//!
//! Invariants:
//! - A mutation takes effect once, even if its response was lost: the backend remembers its verdict
//!   by the idempotency key, for as long as [`Idempotency`] says. After that it counts as new.
//! - Only the office, or an edit that names the overwritten version, may overwrite a row.
//! - Stamps never go back. Versions of a row have different stamps. No commit gets the stamp of a
//!   cursor that was handed out, or an earlier one. So a reader that polls at any time, with pages
//!   of any size, ends with exactly the rows in its scope. Only options that say so break this.
//! - The cost of a page depends on the rows delivered, not on its start. The same holds for pages
//!   of flags and of the log.
//! - Reads and writes take effect when the request arrives, even if it is then queued or the
//!   gateway times out. So a response that comes too late has had its effect.
//!
//! How: each entity is a table of current versions. For an entity pulled as deltas, the rows lie in
//! partitions, by the columns that bind them to devices. A partition is sorted by (stamp, key). A
//! row that leaves its partition leaves a tombstone there until it returns. A page is a range of
//! one partition. Indexes over tuples of columns find referring rows, natural keys and counters. A
//! commit is drafted, extended by its consequences, stamped, and written. All its rows have one
//! stamp. The backend forgets old tombstones, and then refuses older cursors and keys. Readers use
//! a `Sight`, the `Office` writes, `Flagging` marks, and `Service` computes the time for all of
//! this.
//!
//! Marks of the sync itself, flags and claims, are one transaction per page. It begins with the
//! page and holds the source's single write lock. A push then waits, with a worker, until it ends.
//! Mutations are transactions of one row, of a row and its parts, or of a whole request
//! ([`Commits`]), and block nobody. The office's commits take no time.
//!
//! Other writers see a commit at once. Readers see it later if its transaction is stamped before it
//! commits, or if a replica lags; the versions of each row appear in order. A reader stays behind
//! the oldest invisible version ([`Upto::Settled`]) or risks a gap. Stamps do not show a restore
//! (`Backend::restore`), so the backend gets a new incarnation. Cursors contain its number.

mod apply;
mod clock;
mod commit;
mod content;
mod crossing;
mod cut;
mod database;
mod effects;
mod files;
mod flags;
mod index;
mod log;
mod machine;
mod named;
mod office;
mod options;
mod partition;
mod quota;
mod serial;
mod service;
mod sight;
mod stream;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use commit::{Commit, Fact};
pub(crate) use crossing::Crossing;
pub(crate) use files::END;
pub(crate) use flags::{Consumer, Flagged, FlagsOf, Has, Mark, Reset};
pub(crate) use log::{FirstLoad, History, Holes, LogPosition, LogQuery, Superseded, Trimmed};
pub use machine::Backend;
pub(crate) use machine::{Backup, Called};
pub(crate) use named::Named;
pub(crate) use office::Importing;
pub use office::{CopiedRow, ForcedUpload};
pub use options::{
    Authorisation, Availability, BackendOptions, Busy, CommitDelay, Commits, Copies, Effect, FileDrop,
    Idempotency, LogOptions, Numbered, PoisonResponse, Provisioning, Rearm, Sort, StampedBy, Ticks, Writes,
};
pub(crate) use options::{RejectedEdits, RejectionWindow};
pub(crate) use partition::Change;
pub use partition::{Position, Scope, Upto};
pub use quota::{Bucket, Quota, QuotaBy, Window};
pub(crate) use serial::{Reader, Style};
pub use service::Load;
pub(crate) use service::outages;
pub use sight::Query;
pub(crate) use sight::{Lower, Sight, Stretch};
pub use table::Loaded;
pub(crate) use table::Record;
