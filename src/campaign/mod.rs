//! Campaigns: many cells, one after the other or side by side.
//!
//! This is the only room with threads. A cell is one plan, run by a [`Runner`] on one thread from
//! its start to its end; nothing is shared between cells but what is constant. [`validate`] and
//! [`calibrate`] are apart: they simulate no world.
//!
//! Invariants:
//!
//! - Results do not depend on the number of threads, nor on which cell was done first.
//! - The lives of records are told for the first failing cells of the list, not for the first that
//!   happened to fail.
//! - A stop is never lost and never silent: SIGINT starts no more cells and lets the running ones
//!   finish, for a while; SIGTERM, the time limit and `--fail-fast` end the running ones too, which
//!   are then incomplete. The notes say so.
//! - A cell that has ended is kept in the [`Journal`] at once: a run that is killed and resumed
//!   comes to the same as one that was not.
//! - A panic in one cell is that cell's failure (exit 1), and a plan that cannot be run its own
//!   (exit 3); the others are kept.

mod axis;
pub mod calibrate;
mod journal;
mod replay;
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
pub use replay::{Held, Recorded, replay, trace};
pub use run::{Campaign, CampaignOptions, Listener, run};
pub use runner::{Bench, Observed, Record, Runner};
pub use stop::{GRACE, Signals};
pub use stopwatch::Stopwatch;

/// A line of a journal or of a shard, as it is written.
#[cfg(test)]
pub(crate) fn sealed_line(text: &str) -> String {
    journal::seal(text)
}
