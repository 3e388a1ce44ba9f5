//! The enterprise system of record: a pure machine.
//!
//! The backend owns the content and its clock, and decides everything that a real one would: what a
//! mutation comes to, how a commit is stamped, what else changes with it, what a device has yet to
//! see, how long a request takes, and when there is no service. It has no executor and waits for
//! nothing: every call gets `now`, acts at once, and says when the answer is there. Who asks, in
//! which words, and what a cursor looks like is the gateway's business.
//!
//! Invariants:
//! - A mutation takes effect once, whatever became of its answer: its verdict is remembered by its
//!   idempotency key, for as long as [`Idempotency`] says. Later it is judged as if it were new.
//! - A row is overwritten only by somebody who names the version that is overwritten, or by the
//!   office.
//! - Stamps never go back; a row's versions have different stamps; no commit is stamped at or
//!   before a cursor that was handed out. So a reader that polls at any times, with pages of any
//!   size, ends with exactly the rows in its scope. Only options that say so break this.
//! - A page costs what it delivers, wherever it begins; so does one of what flags say is not
//!   synced, and one of the log.
//! - What is read is read, and what is written is written, when the request comes, even if it is
//!   then queued, or the gateway gives up on it: an answer that came too late has had its effect.
//!
//! How: each entity is a table of current versions. For an entity that is pulled as deltas, the
//! rows lie in partitions by the columns that bind them to devices, each in the order of (stamp,
//! key); a row that leaves its partition leaves a tombstone there until it comes back. A page is a
//! range of one partition. Rows that point to others, natural keys and counters are found by
//! indexes over tuples of columns. A commit is drafted, given what follows from it, then stamped,
//! then written: all its rows have one stamp. Tombstones are forgotten by refusing cursors and keys
//! that are older than what is kept. Readers look through a `Sight`, the `Office` writes,
//! `Flagging` marks, and `Service` says what all that takes.
//!
//! Rows that are marked for the sync's own sake, flags and claims, are marked in one transaction a
//! page, at its beginning, under the source's one write lock: who pushes then waits, with a worker,
//! until it ends. Mutations are transactions of one row each, of a row and its parts, or of all of
//! a request ([`Commits`]), and keep nobody waiting; the office's commits take no time.
//!
//! A commit counts for other writers at once; a transaction that is stamped before it commits, and
//! a replica that lags, show it to readers later, in the order of each row's versions. A reader
//! stays behind the oldest version that is not shown yet ([`Upto::Settled`]) or takes its chances.
//! Where it goes back to a backup (`Backend::restore`) no stamp tells, so it gives itself a new
//! incarnation, for those who hold cursors.

mod apply;
mod availability;
mod call;
mod clock;
mod commit;
mod content;
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
mod position;
mod provisioning;
mod quota;
mod serial;
mod service;
mod sight;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod tuple;
mod visibility;

pub(crate) use availability::outages;
pub use call::Called;
pub use commit::{Commit, Committing, Fact};
pub(crate) use files::END;
pub use flags::Reset;
pub(crate) use flags::{Consumer, Flagged, FlagsOf, Has, Mark};
pub use log::{Holes, Trimmed};
pub(crate) use log::{LogPosition, LogQuery};
pub use machine::Backend;
pub(crate) use machine::Backup;
pub(crate) use named::Named;
pub use office::{Importing, Office};
pub use options::{
    Authorisation, Availability, BackendOptions, Busy, CommitDelay, Commits, Effect, FileDrop, Idempotency,
    LogOptions, Numbered, Rearm, Sort, StampedBy, Ticks, Writes,
};
pub use options::{Hindered, Hindrance};
pub use partition::Scope;
pub use position::{Change, Position, Upto};
pub use provisioning::Provisioning;
pub use quota::{Bucket, Quota, QuotaBy, Window};
pub(crate) use serial::{Reader, Style};
pub use service::{Admitted, Failing, Load, Served, Service};

pub(crate) use sight::{Lower, Sight, Stretch};
pub use sight::{Page, Query};
pub use table::{Loaded, Record};
