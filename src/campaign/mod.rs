//! Campaigns: many cells, one after the other or side by side.
//!
//! This is the only room with threads. A cell is one plan, run by a [`Runner`] on one thread from
//! its start to its end; nothing is shared between cells but what is constant. [`validate`] and
//! [`calibrate`] are apart: they simulate no world.
//!
//! Invariants:
//!
//! - Results, and the failing cells whose records' lives are told, do not depend on the number of
//!   threads, nor on which cell was done first.
//! - A stop is never lost and never silent: SIGINT lets the running cells finish, for a while;
//!   SIGTERM, the time limit and `--fail-fast` end them too. The notes say so.
//! - A cell that has ended is kept in the [`Journal`] at once: a run that is killed and resumed
//!   comes to the same as one that was not.
//! - A panic in one cell is that cell's failure (exit 1), and a plan that cannot be run its own (3).

#![allow(missing_docs, reason = "what its name says needs no sentence")]

mod axis;
pub mod calibrate;
mod journal;
mod mend;
mod run;
mod runner;
pub mod shards;
mod stop;
mod stopwatch;
pub mod tune;
pub mod validate;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

pub use axis::{Axis, AxisError, CELLS_MAX};
pub use journal::{Journal, KeptError, NAME as JOURNAL};
pub use mend::mend;
pub use run::{Campaign, CampaignOptions, Listener, lives_told, replay, run, suspects, trace};
pub use runner::{InProcess, Observed, Record, Runner};
pub use stop::{GRACE, Signals};
pub use stopwatch::Stopwatch;

#[cfg(test)]
pub(crate) fn sealed_line(text: &str) -> String {
    journal::seal(text)
}
