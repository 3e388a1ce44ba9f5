//! The built-in sync engine.
//!
//! It decides what to ask for and when, how pulled rows are written and when a cursor moves, when
//! an edit leaves the outbox, who wins a conflict, and when to try again. It leaves to the store
//! how rows lie on disk, to the gateway what changed, and to the ports everything that waits.
//!
//! Parts, each with a state of its own: `Scheduler` (which unit runs when), `Session` (one run
//! after the other), `Pusher` and `Settling` (edits out, verdicts in), `Puller` and `Applier`
//! (pages in, rows and cursors written), `Caller` (one request with its tries), all in one
//! `Process`, which can die. What decides on the way is a pure function or a small rule: the
//! contract's `Queue`, [`backoff`], the conflict [`Policy`], the [`control`]lers of chunk sizes,
//! and the [`Rules`] that a planted bug replaces one by one.
//!
//! Invariants:
//! - A page's cursor becomes durable in the transaction that holds the page's last row, never
//!   before; a page is applied after those of its entity that were asked for before it.
//! - An edit leaves the outbox only by a verdict of the backend, and one that was not committed
//!   leaves a line that the user can read.
//! - A row of which some columns come is completed from the version that they are to be put on, or
//!   not written. Rows of which a unit brings a part lie beside those that are held in full.
//! - A row with local edits is not overwritten by a pull; the newer version waits in its shadow.
//! - One run at a time, or with `sessions` several of units that share no entity; each run that
//!   starts ends in exactly one event, also when the process dies in between.
//! - The app's hooks are called at most once for a run, and end before the next run begins.
//! - No transaction is open across an await, and nobody is told of one before its time on the
//!   device is over: the process may die during it.
//! - Where the device's storage is full nothing is lost: an edit is refused to the person, a run
//!   that cannot write ends with an error, and the next begins when there is room.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

mod ahead;
mod along;
mod apply;
mod bad_rows;
mod bend;
mod beneath;
mod beside;
mod blobs;
mod builtin;
mod capture;
mod conflict;
pub mod control;
mod excerpts;
mod exchange;
mod joined;
mod kept;
mod logout;
mod named;
mod options;
mod outgoing;
mod page;
mod parents;
mod parts;
mod passed;
mod path;
mod process;
mod pull;
mod push;
mod push_order;
mod referred;
mod replace;
mod resume;
mod retry;
mod rules;
mod scheduler;
mod segments;
mod session;
mod settle;
mod settled;
mod signal;
mod squash;
mod staging;
mod status;
mod token;
mod told;
mod too_large;
mod view;

pub use bend::Bend;
pub use builtin::{Builtin, BuiltinFactory};
pub use conflict::{
    BaseDate, CallbackOptions, Conflict, Contested, Detect, OwnRule, Policy, Resolution, ResolveRule, Says,
    kind_of, says_the_same,
};
pub use joined::joined;
pub use options::{
    AfterFailure, Atomic, AttachmentOptions, BadRowOptions, BlobQueue, Checkpoint, ConflictOptions,
    CursorBook, DatabasePer, Dates, Decoder, EngineOptions, First, Identity, Jitter, LocalCapture,
    MissingParent, OnBadRow, OnLogout, OnRefused, OnUnauthorized, PullOptions, PushOptions, PushOrder,
    PushUnit, QueueKept, Replace, RequestPer, Requests, RetryOptions, SecondEdit, Sends, SyncDate, WhileOpen,
    With,
};
pub use path::{Path, Paths};
pub use push_order::BottomUp;
pub use retry::backoff;
pub use rules::{
    Applied, ApplyRule, Correct, CursorMoment, CursorRule, OrderRule, OutboxRule, Part, Place, Rules,
    SendRule, WakeRule, overlay,
};
pub use status::{Facts, StatusRule, Wheel, shown};
pub use too_large::OnTooLarge;

/// The named places at which the world may kill the process.
pub const CRASH_POINTS: &[&str] = &[
    "session.started",
    "push.before-request",
    "push.answer-received",
    "push.batch-settled",
    "pull.before-request",
    "pull.answer-received",
    "pull.chunk-applied",
    "session.before-end",
    "session.ended",
    "fetch.answer-received",
    "fetch.applied",
];
