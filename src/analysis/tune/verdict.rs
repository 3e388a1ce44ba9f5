//! What a search says of its run and of the cells of it.

use crate::record::{CellRecord, Exit, PlaceTuned, Verdict};

/// The verdict of a search with this exit code: a setting that fails is a finding, and the search
/// fails where no setting is left.
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
