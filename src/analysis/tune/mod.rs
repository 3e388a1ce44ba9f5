//! A search for the best settings: what a setting must keep, what the field ships.

pub mod field;
mod limits;
mod standing;
#[cfg(test)]
mod tests;

pub use limits::{Held, LimitFlag, Limits};
pub use standing::{Rule, Standing, is_sound, standings};

use crate::record::{CellRecord, Exit, PlaceTuned, Verdict};

/// Of a search with this exit code: it fails where no setting is left.
pub fn verdict(exit: Exit, complete: bool) -> Verdict {
    match exit {
        Exit::Success if complete => Verdict::Pass,
        Exit::Internal | Exit::Invalid | Exit::Threshold => Verdict::Fail,
        _ => Verdict::Incomplete,
    }
}

impl PlaceTuned {
    pub fn has(&self, cell: &CellRecord) -> bool {
        let same = |(key, value): (&String, &serde_json::Value)| cell.axes.get(key) == Some(value);
        self.variant == cell.variant && self.axes.iter().all(same)
    }
}
