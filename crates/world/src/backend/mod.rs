//! The company's system of record: a pure state machine.
//!
//! The backend owns the content (the rows of all entities) and its own clock. It decides the
//! outcome of each mutation (an edit that a device sends) and the stamp (version time) of each
//! commit. It computes derived changes, the changes that a device still lacks, service times and
//! outages. It has no executor and never waits. Each call gets the current time `now` and takes
//! effect at once. The call returns the time when the response is ready. The gateway handles
//! requests, formats and cursors.
//!
//! Invariants:
//! - A mutation takes effect once, even if its response is lost and the device sends it again. The
//!   backend finds its earlier verdict by the idempotency key, for as long as [`Idempotency`] says.
//!   After that, the mutation counts as new.
//! - Only two writers may overwrite a row: the office (employees who write directly to the
//!   backend), and a device whose edit names the overwritten version.
//! - Stamps never go back. Versions of a row have different stamps. Once a cursor with stamp s is
//!   handed out, no commit gets s or an earlier stamp. So a reader that polls at any time, with
//!   pages of any size, ends with exactly the rows in its scope. An option that breaks this rule
//!   says so.
//! - The cost of a page depends on the rows delivered, not on the page's position. The same holds
//!   for pages of flags and of the change log.
//! - Reads and writes take effect when the request arrives, even if the request is then queued or
//!   the gateway times out. So a request has its effect even if its response comes too late.
//!
//! How it works: each entity is a table of current versions. If devices pull the entity as deltas
//! (changes since a cursor), its rows lie in partitions. A partition holds the rows for all devices
//! with the same scope, sorted by (stamp, key). A row that leaves its partition leaves a tombstone
//! there until it returns. A page is a range of one partition. Indexes over tuples of columns find
//! referring rows, natural keys and counters.
//!
//! The backend drafts a commit, adds its consequences, stamps it, and writes it. All rows of a
//! commit have one stamp. The backend forgets old tombstones, and then refuses older cursors and
//! keys. Readers use a `Sight`, the `Office` writes, and `Flagging` marks rows as synced. `Service`
//! computes how long each request takes.
//!
//! The sync's own marks (flags and claims) are one transaction per page. It begins with the page
//! and holds the single write lock of the database. A push then keeps its worker and waits until
//! that transaction ends. A mutation's transaction has one row, a row and its parts, or a whole
//! request ([`Commits`]). It blocks no other request. The office's commits last 0 s.
//!
//! Other writers see a commit at once. Readers see it later if its transaction is stamped before it
//! commits, or if a replica lags. The versions of each row appear in order. A reader stays behind
//! the oldest invisible version ([`Upto::Settled`]) or risks a gap. Stamps do not show that a
//! backup was restored (`Backend::restore`). So each restore gives the backend a new incarnation
//! number, and cursors contain that number.

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
