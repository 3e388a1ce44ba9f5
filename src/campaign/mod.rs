//! Campaigns: many cells, one after the other or in parallel.
//!
//! Only this room has threads. A cell is one plan, and a [`Runner`] runs it on one thread from
//! start to end; cells share only constants. [`calibrate`] is separate: it simulates no world. Read
//! `run` first, then `journal`, `stop`, `shards`.
//!
//! Invariants:
//!
//! - Results do not depend on the number of threads, nor on which cell ended first. This includes
//!   the failing cells whose records' lives are reported.
//! - A stop is never lost and never silent: SIGINT lets the running cells finish, for a while;
//!   SIGTERM, the time limit and `--fail-fast` end them too. The notes say so.
//! - A cell that has ended is in the [`Journal`] at once: a killed and resumed run gives the same
//!   results as one that was not.
//! - A panic in a cell is a failure of that cell (exit 1), as is a plan that cannot be run (3).

mod axis;
pub mod calibrate;
mod hint;
pub mod hunt;
mod journal;
mod mend;
mod parallel;
mod run;
mod runner;
pub mod shards;
pub mod shrink;
mod stop;
mod stopwatch;
pub mod tune;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

pub use axis::{Axis, AxisError, CELLS_MAX};
pub(crate) use hint::did_you_mean;
pub use journal::{Journal, KeptError, NAME as JOURNAL};
pub use mend::mend;
pub use run::{Campaign, CampaignOptions, Listener, lives_told, replay, run, subject, suspects, trace};
pub use runner::{InProcess, Observed, Record, Runner, SharedEar};
pub use stop::{GRACE, Signals};
pub use stopwatch::Stopwatch;

#[cfg(test)]
pub(crate) fn sealed_line(text: &str) -> String {
    journal::seal(text)
}
