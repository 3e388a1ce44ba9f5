//! The reference model and the checks against it: was anything lost?
//!
//! The oracle listens to the same events as everybody else, keeps a model of its own of what the
//! backend committed and of what became of each local edit, and at the end holds the backend and
//! every device against it. It is written a second time on purpose: it knows neither engine nor
//! gateway, and evaluates scopes by itself, so that it does not share their mistakes. It leaves to
//! others when a run ends, which devices are in use, and whether a violation was expected
//! ([`implied`] helps there).
//!
//! A check is a `Rule` in the file that checks it, in `checks/` or that of its
//! subject, and a line in the list in `checks/mod.rs`. Those on the order of events (runs, queue,
//! commits) speak at once, those on rows and edits at the end; each has its invariant in its first
//! line. What each of them finds `docs/reading-reports.md` has in a table. What hears the events of
//! one device by itself is a `Watcher`, and a line in the list there.
//!
//! Content decides before dates: a row that reads as it should is right, whatever its stamp. A row
//! with edits that still wait is not compared; that is `stuck`. A check that had nothing to check
//! has not passed ([`Verdict::untried`]). Every saved edit has exactly one end, told or not
//! ([`losses`]). Who goes back to a backup loses what came since: that is counted and held against
//! nobody. A *conflict* is counted once for each edit ([`Definition`]), and by commits alone which
//! were called and are none, and which nobody called (`overwritten`).
//!
//! Invariants: counts are exact however many violations there are, texts are kept of the first few;
//! no hash map is iterated where order reaches a result; what is kept for each device is only what
//! differs from how it began.
//!
//! How: `history` holds versions by row, `held` which of them each device has, `ledger` the edits,
//! `intents` what else people meant, `lives` where the state of each device began, `flow` the runs,
//! `owed` those that are to begin, `looks` what a phone shows meanwhile, `ways_out` what ends all
//! of that at once. At the end `content` reads the backend once. [`Life`] is a listener of its own:
//! it tells what happened to one record, in words.

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
