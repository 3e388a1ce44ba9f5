//! The reference model and the checks against it: was anything lost?
//!
//! The oracle listens to the same events as other listeners. It keeps its own model of the
//! backend's commits and of what happened to each local edit. At the end it compares the backend
//! and every device with this model. It is a second implementation on purpose: it uses no code of
//! engine or gateway and evaluates scopes itself, so that it does not share their bugs. Others
//! decide when a run ends, which devices are in use, and whether a violation was expected
//! ([`implied`] helps there).
//!
//! A check is a `Rule` in the file that implements it, and a line in the list in `checks/mod.rs`.
//! The file is in `checks/`, or that of the check's subject. Checks on the order of events (runs,
//! queue, commits) report at once, checks on rows and edits at the end. The first line of each
//! states its invariant. `docs/reading-reports.md` lists what each finds. A check of one device's
//! events is a `Watcher`, with a line in another list there.
//!
//! Content counts before stamps: a row with the right content is right, whatever its stamp. A row
//! with waiting edits is not compared; that is `stuck`. A check with nothing to check has not
//! passed ([`Verdict::untried`]). Every saved edit has exactly one final state ([`losses`]).
//! Restoring a backup loses later edits: they are counted, but this is not a failure. A *conflict*
//! is counted once per edit ([`Definition`]). `overwritten` looks only at commits. It counts
//! reported conflicts that are none, and overwrites that nobody reported.
//!
//! Invariants: counts are exact however many violations there are; only the first few are kept as
//! text. No hash map is iterated where order affects a result. Per device only differences from the
//! start are stored.
//!
//! - `history` has the versions of rows, `held` the versions that each device has, `ledger` the
//!   edits, `intents` other intentions of people.
//! - `lives` has the origin of the state of each device, `ways_out` the events that end or replace
//!   a process or its storage.
//! - `flow` has the runs, `owed` the due runs, `looks` the rows that a phone shows meanwhile.
//! - `content` reads the backend once, at the end. [`Life`] is a separate listener, which describes
//!   what happened to one record.

mod check;
mod checks;
mod final_checks;
mod findings;
mod hearing;
mod model;
mod rules;
mod setup;
#[cfg(test)]
mod tests;
mod watch;
mod words;

pub use check::Harm;
pub use final_checks::destination::Holdings;
pub use final_checks::inspection::{Inspection, Verdict};
pub use final_checks::refused::Definition;
pub use findings::{VIOLATIONS_KEPT, Violation};
pub use hearing::{HEARING, Hearing};
pub use model::end::{Loss, losses};
pub use model::listener::Oracle;
pub use model::truth::Truth;
pub use rules::{
    check_names, finding_of, harm_of, implied, is_of_check, metric_of, needs_no_event, promises_of,
    subject_of,
};
pub use setup::OracleSetup;
pub use watch::patience::{Patience, Waits};
pub use watch::sends::failure;
pub use words::clock::Clock;
pub use words::life::{Life, Step, Story, Subject, place};
pub use words::phrases::Labels;

pub(crate) use check::{Check, Concerns, Matter, Rule};
pub(crate) use findings::{DestinationCounts, Findings, Heard, Suspicion};
pub(crate) use hearing::Topic;
