//! The reference model and the checks against it: was anything lost?
//!
//! The oracle listens to the same events as other listeners. It keeps its own model of the
//! backend's commits and of what became of each local edit, and at the end compares the backend and
//! every device with it. It is deliberately a second implementation: it uses neither engine nor
//! gateway code, and evaluates scopes itself, so that it does not share their bugs. Others decide
//! when a run ends, which devices are in use, and whether a violation was expected ([`implied`]
//! helps there).
//!
//! A check is a `Rule` in the file that implements it, in `checks/` or that of its subject, and a
//! line in the list in `checks/mod.rs`. Checks on the order of events (runs, queue, commits) report
//! at once, those on rows and edits at the end. The first line of each states its invariant.
//! `docs/reading-reports.md` lists what each finds. A check of one device's events is a `Watcher`,
//! with a line in the list there.
//!
//! Content counts before stamps: a row with the right content is right, whatever its stamp. A row
//! with waiting edits is not compared; that is `stuck`. A check with nothing to check has not
//! passed ([`Verdict::untried`]). Every saved edit has exactly one final state ([`losses`]).
//! Restoring a backup loses later edits: that is counted, but not judged. A *conflict* is counted
//! once per edit ([`Definition`]). By commits alone, `overwritten` counts reported conflicts that
//! are none, and overwrites that nobody reported.
//!
//! Invariants: counts are exact however many violations there are; only the first few are kept as
//! text. No hash map is iterated where order affects a result. Per device only differences from the
//! start are stored.
//!
//! - `history` has the versions of rows, `held` which of them each device has, `ledger` the edits,
//!   `intents` other intentions of people.
//! - `lives` has where the state of each device began, `ways_out` the events that end or replace a
//!   process or its storage.
//! - `flow` has the runs, `owed` the due runs, `looks` what a phone shows meanwhile.
//! - `content` reads the backend once at the end. [`Life`] is a separate listener: it describes
//!   what happened to one record.

mod after_hours;
mod again;
mod attachments;
mod bent;
mod busy;
mod carried;
mod check;
mod checks;
mod clock;
mod combined;
mod content;
mod destination;
mod due;
mod edit;
mod end;
mod ends;
mod families;
mod fate;
mod findings;
mod flow;
mod found;
mod haste;
mod hearing;
mod held;
mod history;
mod inspection;
mod intents;
mod kept;
mod ledger;
mod life;
mod lives;
mod looks;
mod meant;
mod model;
mod names;
mod overwritten;
mod owed;
mod page;
mod parts;
mod patience;
mod refused;
mod reports;
mod rules;
mod sends;
mod setup;
mod shown;
mod signs;
mod status;
mod strangers;
#[cfg(test)]
mod tests;
mod thrift;
mod told;
mod truth;
mod uncounted;
mod watched;
mod watcher;
mod ways_out;
mod words;

pub use busy::{Eventful, Happened};
pub use check::Harm;
pub use clock::Clock;
pub use destination::Holdings;
pub use end::{Loss, losses};
pub use findings::{VIOLATIONS_KEPT, Violation};
pub use hearing::{HEARING, Hearing};
pub use inspection::{Inspection, Verdict};
pub use life::{Life, Step, Story, Subject, place};
pub use model::Oracle;
pub use patience::{Patience, Waits};
pub use refused::Definition;
pub use rules::{
    check_names, finding_of, harm_of, implied, is_of_check, metric_of, needs_no_event, promises_of,
    subject_of,
};
pub use sends::failure;
pub use setup::OracleSetup;
pub use truth::Truth;
pub use words::Labels;
