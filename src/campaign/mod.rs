//! Campaigns: runs of many cells, one after the other or in parallel.
//!
//! A cell is one simulation: one variant and one seed. A plan describes a cell. A [`Runner`] runs a
//! cell from start to end on one thread, and cells share only constants. Only this module creates
//! threads. [`calibrate`] is separate: it simulates nothing. Read `run` first, then `journal`,
//! `stop`, `shards`.
//!
//! Invariants:
//!
//! - Results do not depend on the number of threads, nor on the order in which cells end. This
//!   includes the choice of failing cells for which records' lives (all their events) are reported.
//! - No stop is ignored or hidden. After SIGINT, running cells have some time to finish. SIGTERM,
//!   the time limit and `--fail-fast` end them at once. The notes of the record report the stop.
//! - A finished cell is in the [`Journal`] at once. So a killed and resumed run gives the same
//!   results as an undisturbed run.
//! - A panic in a cell is a failure of that cell (exit 1). So is a plan that cannot run (exit 3).

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
