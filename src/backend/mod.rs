//! The enterprise system of record: a pure machine.
//!
//! The backend owns the content and its clock, and decides everything that a real one would: what a
//! mutation comes to, how a commit is stamped, what else changes with it, what a device has yet to
//! see, how long a request takes, and when there is no service. It has no executor and waits for
//! nothing: every call gets `now`, acts at once, and says when the answer is there. Who asks, in
//! which words, and what a cursor looks like is the gateway's business; when people and the office
//! write is the workload's.
//!
//! Invariants:
//! - A mutation takes effect once, whatever became of its answer: its verdict is remembered by its
//!   idempotency key, for as long as [`Idempotency`] says. Later it is judged as if it were new.
//! - A row is overwritten only by somebody who names the version that is overwritten, or by the
//!   office.
//! - Stamps never go back; a row's versions have different stamps; no commit is stamped at or
//!   before a cursor that was handed out. So a reader that polls at any times, with pages of any
//!   size, ends with exactly the rows in its scope. Only options that say so break this: a clock
//!   without a guard, devices that date what they write, missing columns, a reader that does not
//!   stay behind what is still to be seen.
//! - A page costs what it delivers, wherever it begins; so does one of what flags say is not
//!   synced, and one of the log.
//! - What is read is read, and what is written is written, when the request comes, even if it is
//!   then queued, or the gateway gives up on it: an answer that came too late has had its effect.
//!
//! How: each entity is a table of current versions. For an entity that is pulled as deltas, the
//! rows lie in partitions by the columns that bind them to devices, each in the order of (stamp,
//! key); a row that leaves its partition, deleted or reassigned or out of the window, leaves a
//! tombstone there until it comes back. A page is a range of one partition; besides there are the
//! plain operations of systems that know of no cursors ([`Backend::stretch`], [`Sight::batch`]).
//! Rows that point to others, natural keys and counters are found by indexes over tuples of
//! columns. A commit is drafted, given what follows from it, then stamped, then written: all its
//! rows have one stamp. Tombstones are not removed: they are forgotten, by refusing cursors and
//! keys that are older than what is kept.
//!
//! Its parts have state of their own and ask each other by few functions; [`Backend`] puts them
//! together. [`Service`] lets requests in and says how long they take. The database is the content
//! (each row as writers have it and as readers see it), the clock that stamps commits, what follows
//! from them, and the last files. Beside it lie the verdicts on mutations and the flags. Readers
//! look through a [`Sight`], the [`Office`] writes, and [`Flagging`] marks.
//!
//! Rows that are marked for the sync's own sake, flags and claims, are marked in one transaction a
//! page, at its beginning, under the source's one write lock: who pushes then waits, with a worker,
//! until it ends. Mutations are transactions of one row each, of a row and its parts, or of all of
//! a request ([`Commits`]), and keep nobody waiting; the office's commits take no time.
//!
//! Where it goes back to a backup ([`Backend::restore`]) it loses what was committed since, its
//! memory of mutations included, and no stamp tells: the clock is right, and what was given is not
//! given again. So it gives itself a new incarnation, for those who hold cursors to compare.
//!
//! Where somebody asks for it, each place that readers look at has a stream besides, in the order
//! in which versions became visible. It is what the log of changes tells, and what arms the flags
//! of consumers.
//!
//! Writers and readers of deltas see two states. A commit counts for other writers at once; a
//! transaction that is stamped before it commits, and a replica that lags, show it to readers
//! later, in the order of each row's versions. A reader stays behind the oldest version that is not
//! shown yet ([`Upto::Settled`]) or takes its chances. Where commits share a coarse tick
//! ([`Ticks::Shared`]) the one that is open counts as not shown. What is left to chance is a
//! function of the seed and the name of what it befalls, not of what befell others: a service time
//! and an accident of which request of which device it is, so that who asks a little earlier for a
//! little more fares alike; what happens to a commit of its instant, too.

mod apply;
mod availability;
mod backup;
mod call;
mod cascade;
mod clock;
mod commit;
mod content;
mod database;
mod delta;
mod effects;
mod families;
mod files;
mod flags;
mod hindrance;
mod index;
mod log;
mod machine;
mod named;
mod office;
mod options;
mod partition;
mod pool;
mod position;
mod provisioning;
mod quota;
mod record;
mod serial;
mod service;
mod snapshot;
mod stamps;
mod stream;
mod stretch;
mod table;
#[cfg(test)]
mod tests;
mod tuple;
mod visibility;
mod writes;

pub use availability::outages;
pub use backup::Backup;
pub use call::{Call, Called};
pub use commit::{Commit, Committing, Fact};
pub use delta::{Page, Query, Sight};
pub use files::{END, File};
pub use flags::{Consumer, FlagQuery, Flagged, Flagging, Has, Lease, Mark, Reset};
pub use hindrance::{Hindered, Hindrance};
pub use log::{Holes, LogPage, LogPosition, LogQuery, Trimmed};
pub use machine::Backend;
pub use named::Named;
pub use office::{Importing, Office};
pub use options::{
    Authorisation, Availability, BackendOptions, Busy, CommitDelay, Commits, Effect, FileDrop, Idempotency,
    LogOptions, Numbered, Rearm, StampedBy, Ticks, Writes,
};
pub use partition::Scope;
pub use pool::{Load, Served};
pub use position::{Change, Position, Upto};
pub use provisioning::Provisioning;
pub use quota::{Bucket, Quota, QuotaBy, Window};
pub use serial::{Reader, Style};
pub use service::{Admitted, Failing, Service};
pub use snapshot::Fetched;
pub use stretch::{Lower, Stretch, Stretched};
pub use table::{Loaded, Record};
