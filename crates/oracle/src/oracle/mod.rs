//! The oracle: the judge of a run. It keeps a reference model and compares the sync engine with it.
//!
//! The oracle listens to the same stream of events as other listeners, such as the metrics. It
//! keeps its own model of the backend's commits and of the outcome of each local edit. At the end
//! it compares the backend and every device with this model. The oracle is a second implementation
//! on purpose. It uses no code of engine or gateway, and it computes itself which rows are in a
//! device's scope. So it does not share their bugs. The caller decides when a run ends, which
//! devices are in use, and whether a violation was expected ([`implied`] helps there).
//!
//! Each check is a `Rule`. The list of all checks is in `checks/mod.rs`. Checks on the order of
//! events (runs, queue, commits) report a violation at once. Checks on rows and edits report at the
//! end. The first sentence of a check's documentation states the invariant that must hold.
//! `docs/reading-reports.md` lists the findings of each check. A check that follows the events of
//! one device is a `Watcher`. A second list in `checks/mod.rs` has the watchers.
//!
//! Content counts before stamps: a row with the right content is right, whatever its stamp. A row
//! with waiting edits is not compared: the check `stuck` reports those edits. A check that had
//! nothing to check has not passed ([`Verdict::untried`]). Every saved edit has exactly one final
//! state ([`losses`] lists the bad ones). If a device or the backend goes back to a backup, later
//! edits are lost. The oracle counts these edits, but they are not a failure. A *conflict* is
//! counted once per edit; [`Definition`] says which refusals are conflicts. The file `overwritten`
//! counts from the commits alone: wrongly reported conflicts, and overwrites that nobody reported.
//!
//! Invariants: counts are exact, also if there are many violations; only the first few violations
//! of each check are kept as text. No code iterates a hash map where the order affects a result.
//! Per device, only differences from the start of the run are stored.
//!
//! - `model/versions` has the versions of rows, `model/held` the versions that each device has,
//!   `model/ledger` the edits, `model/attribution` and `model/intent` the other intentions of
//!   people.
//! - `model/incarnations` says where the state of each device comes from. `watch/exits` lists the
//!   events that end a process or replace its storage.
//! - `watch/flow` has the runs, `watch/owed` the runs that must start, `watch/looks` the rows that
//!   a phone shows during the run.
//! - `model/content` reads the backend once, at the end. [`Life`] is a separate listener: it
//!   describes the events of one record.

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
