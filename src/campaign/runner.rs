//! The seam to the simulation.

use crate::base::{EntityId, Key, Span, Time};
use crate::scenario::Plan;
use crate::world::Outcome;

/// A row of an entity, whose life can be told.
pub type Record = (EntityId, Key);

/// Who watches a simulation while it runs; asked now and then.
pub trait Watch: Sync {
    /// Virtual time has come to `now`; the script is `of` long.
    fn progress(&self, now: Time, of: Span);
    /// Whether the simulation should end early.
    fn interrupted(&self) -> bool;
}

/// What runs a plan. The same plan always gives the same outcome, on any thread.
pub trait Runner: Sync {
    /// Runs a cell to its end.
    fn run(&self, plan: &Plan, watch: &dyn Watch) -> Outcome;
    /// Runs a cell again and tells the lives of these records, a line an event.
    fn lives(&self, plan: &Plan, records: &[Record], watch: &dyn Watch) -> Vec<(Record, Vec<String>)>;
}
