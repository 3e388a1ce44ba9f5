//! A search for the best settings: what a setting must keep, what the field ships.

pub mod field;
mod limits;

pub use limits::{LimitFlag, Limits, excess, in_doubt, is_sound, trouble};

use crate::record::{CellRecord, PlaceTuned};

impl PlaceTuned {
    pub fn has(&self, cell: &CellRecord) -> bool {
        let same = |(key, value): (&String, &serde_json::Value)| cell.axes.get(key) == Some(value);
        self.variant == cell.variant && self.axes.iter().all(same)
    }
}
