//! The reference model and the checks against it: was anything lost?
//!
//! The oracle listens to the same events as everybody else, keeps a model of its own of what the
//! backend committed and of what became of each local edit, and at the end holds the backend and
//! every device against it. It is written a second time on purpose: it knows neither engine nor
//! gateway, and evaluates scopes by itself, so that it does not share their mistakes. It leaves to
//! others when a run ends, which devices are in use, and whether a violation was expected
//! ([`implied`] helps there).
//!
//! Checks on the order of events (runs, queue, commits) speak at once, those on rows and edits at
//! the end; each has its invariant in its first line, in `checks/` or in the file of its subject:
//!
//! | check | what must not be |
//! |---|---|
//! | `lost`, `stale`, `orphan`, `undetected-delete` | a device lacks a row of its scope, holds a replaced version, a row of somebody else, a deleted row |
//! | `contradiction` | a row is shown, in full or in part, as of a version that said otherwise |
//! | `stranger` | a cursor or a date of the last sync moved while its unit did not run |
//! | `duplicate` | an edit is committed twice, a natural key names two rows, a device shows a row twice |
//! | `old-over-new` | an edit is committed twice, and takes back what was written in between |
//! | `resurrected` | a deleted row is back, on the backend without a create, or on a device that had removed it |
//! | `divergent` | a device differs in any of these ways, or in another |
//! | `lost-edit` | a local edit is neither on the backend nor waiting nor in a log that the user can read |
//! | `silent-discard` | what the backend refused, a rule dropped, or an edit replaced unseen is in no log |
//! | `misfiled` | an edit ends in a row of somebody else's scope, and its person does not mean that |
//! | `own-write-vanished`, `went-back` | a row on a device goes back behind its own write, or behind any version that it had moved on to |
//! | `flicker` | the same between syncs, by looks into the database of a device |
//! | `unasked-commit` | a device commits what nobody asked for: another row, another kind of change, another value |
//! | `dangling-id`, `id-twice` | a device knows a row by a key that nobody else has, a key that was given out names two rows |
//! | `refused-and-committed` | an edit is refused, as its person is told, and is on the backend |
//! | `not-taken` | an edit gives way to another row that has its natural key, and none has it |
//! | `reordered` | of two edits of a device the earlier takes effect last, or one before the row that it refers to |
//! | `stuck` | edits wait or a run is under way at the end |
//! | `acknowledged-without-commit` | a device counts an edit as done that the backend never had |
//! | `idle-with-work` | a device is online, and does not begin what a trigger or a failure asks |
//! | `request-storm` | a device tries again without its waits, or asks for what nobody wants |
//! | `empty-report` | what a stack tells of rows names none, or dates them as no version is; it tells nothing of what it promised to tell |
//! | `wrong-status` | what the app shows of the sync is not so, for longer than it may |
//! | `bent-value` | a value says something else than was meant: on a device than its version, on the backend than its person |
//! | `delivered-again` | a unit brings a row again in the version that it has brought |
//! | `two-syncs-of-one-unit`, `event-without-end`, `unit-out-of-order`, `sync-loop` | runs overlap, do not end once, overtake, or start themselves for ever |
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
mod watched;
mod ways_out;
mod words;

pub use busy::{Eventful, Happened};
pub use check::{Harm, check_names, harm_of, implied, is_of_check, metric_of, promises_of, subject_of};
pub use clock::Clock;
pub use destination::Holdings;
pub use end::{Loss, losses};
pub use findings::{VIOLATIONS_KEPT, Violation};
pub use hearing::{HEARING, Hearing, needs_no_event};
pub use inspection::{Inspection, Verdict};
pub use life::{Life, Step, Story, Subject, place};
pub use model::Oracle;
pub use patience::{Patience, Waits};
pub use refused::Definition;
pub use sends::failure;
pub use setup::OracleSetup;
pub use truth::Truth;
pub use words::Labels;
