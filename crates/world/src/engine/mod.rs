//! The built-in sync engine.
//!
//! The engine decides when to send which requests and when to retry. It decides how pulled rows are
//! written and when a cursor moves. It decides when an edit leaves the outbox, and which side wins
//! a conflict. The store (the database on the device) decides the layout on disk. The gateway (the
//! server between phones and backend) finds changes. The ports (interfaces to clock, network and
//! app) do all waiting.
//!
//! Reading order: `builtin` (the engine as a whole), `scheduler` (which unit runs when), `session`
//! (one run), `push` and `settle` (edits out, verdicts in), `pull` and `apply` (pages in, rows and
//! cursors written), `exchange` (one request with its retries), `live` (announcements of changes).
//! All modules share one `process` (one process of the app), which can die. Decisions are pure
//! functions or small rules: the contract's `Queue`, [`backoff`], the conflict [`Policy`], the
//! chunk sizes of [`control`], and the `Rules`. A planted bug (a deliberate bug that tests the
//! checks) replaces one of the `Rules`.
//!
//! Invariants:
//! - A page's cursor becomes durable in the transaction that writes the page's last row, never
//!   before. Pages of an entity are applied in the order of their requests.
//! - An edit leaves the outbox only after a verdict of the backend. If the backend did not commit
//!   the edit, the engine writes a log entry for the user. Options that model lossy apps are
//!   exceptions: `OnUnauthorized`, `OnLogout`, `Replace`, `LocalCapture`, `OutboxLimits`.
//! - A partial row has only some columns. It is written only if the device has the version with the
//!   other columns. Excerpts (some columns of a row, for one sync unit) are stored beside full
//!   rows.
//! - A pull does not overwrite a row with local edits. The newer version waits in the row's shadow,
//!   a second copy of the row.
//! - Runs of sync units do not overlap, unless the option `sessions` allows several. Concurrent
//!   units share no entity. Each run ends with exactly one event, even if the process dies during
//!   the run.
//! - The app's hooks are called at most once per run, and end before the next run begins.
//! - No transaction is open across an await. No transaction is reported before its duration on the
//!   device is over, because the process may die during that time.
//! - A full disk loses no data. The app refuses new edits, and a run that cannot write ends with an
//!   error. The next run begins when there is space.

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
pub use live::{Channel, LiveGap, LiveOptions, LiveSends, Medium, channels};
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

/// The named places in the code at which the simulation may kill the process.
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
