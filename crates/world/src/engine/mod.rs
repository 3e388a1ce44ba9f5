//! The built-in sync engine.
//!
//! It decides when to send which requests and when to retry. It decides how pulled rows are
//! written, when a cursor moves, when an edit leaves the outbox, and who wins a conflict. The store
//! decides the layout on disk, the gateway finds changes, and the ports do all waiting.
//!
//! Reading order: `builtin` (the engine as a whole), `scheduler` (which unit runs when), `session`
//! (one run), `push` and `settle` (edits out, verdicts in), `pull` and `apply` (pages in, rows and
//! cursors written), `exchange` (one request with its retries), `live` (announcements of changes).
//! All share one `process`, which can die. Decisions are pure functions or small rules: the
//! contract's `Queue`, [`backoff`], the conflict [`Policy`], the chunk sizes of [`control`], and
//! the `Rules`. A planted bug replaces one of the `Rules`.
//!
//! Invariants:
//! - A page's cursor becomes durable in the transaction that writes the page's last row, never
//!   before. Pages of an entity are applied in the order of their requests.
//! - An edit leaves the outbox only by a verdict of the backend. If it was not committed, it leaves
//!   a log entry for the user. Options that model lossy apps are exceptions: `OnUnauthorized`,
//!   `OnLogout`, `Replace`, `LocalCapture`, `OutboxLimits`.
//! - A partial row is completed from the version that it builds on, or is not written. Excerpts are
//!   stored beside the rows that are held in full.
//! - A pull does not overwrite a row with local edits; the newer version waits in its shadow.
//! - Runs do not overlap, except with `sessions`: then several units run if they share no entity.
//!   Each run that starts ends in exactly one event, even if the process dies during the run.
//! - The app's hooks are called at most once per run, and end before the next run begins.
//! - No transaction is open across an await. No transaction is reported before its time on the
//!   device is over: the process may die during that time.
//! - A full disk loses nothing: the app refuses an edit, a run that cannot write ends with an
//!   error, and the next run begins when there is space.

mod apply;
mod attachment_options;
mod bend;
mod big_rows;
mod bisection;
mod builtin;
mod conflict;
pub mod control;
mod exchange;
mod flaws;
mod limits;
mod live;
mod options;
mod path;
mod process;
mod pull;
mod push;
mod rules;
mod tasks;
mod too_large;
mod unit;
mod view;

pub use attachment_options::{AttachmentOptions, BlobQueue, First, OnThere, With};
pub use bend::Bend;
pub use builtin::BuiltinFactory;
pub use conflict::{BaseDate, CallbackOptions, Detect, Policy, Says};
pub(crate) use conflict::{Conflict, Resolution, ResolveRule};
pub(crate) use flaws::Flaw;
pub use limits::{OnBigRow, OnFull, OutboxLimits, PagesLeft, RequestClock, RunPages};
pub use live::{Channel, LiveOptions, Medium, channels};
pub use options::{
    AfterFailure, Atomic, BadRowOptions, Checkpoint, ConflictOptions, CursorBook, DatabasePer, Dates,
    Decoder, EngineOptions, Identity, Jitter, LocalCapture, MissingParent, OnBadRow, OnFailed, OnLogout,
    OnRefused, OnTooLarge, OnUnauthorized, OnWipe, PullOptions, PushOptions, PushOrder, PushUnit, QueueKept,
    Replace, RequestPer, Requests, RetryOptions, SecondEdit, Sends, SyncDate, WhileOpen,
};
pub use path::{Path, Paths};
pub(crate) use push::edits::{as_of, joined};
pub(crate) use push::order::BottomUp;
pub(crate) use rules::{Applied, ApplyRule, Correct, OutboxRule, Part, Place, Rules, SendRule, WakeRule};
pub use unit::retry::backoff;
pub(crate) use unit::status::StatusRule;
pub use unit::status::{Facts, Wheel, shown};

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
