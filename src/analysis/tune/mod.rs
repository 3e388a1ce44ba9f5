//! A search for the best settings: its limits, and the defaults of other products.

pub mod field;
mod limits;
mod standing;
#[cfg(test)]
mod tests;

pub use limits::{Held, LimitFlag, Limits};
pub use standing::{Rule, Standing, standings};

use crate::record::{CellRecord, PlaceTuned};

impl PlaceTuned {
    pub fn has(&self, cell: &CellRecord) -> bool {
        let same = |(key, value): (&String, &serde_json::Value)| cell.axes.get(key) == Some(value);
        self.variant == cell.variant && self.axes.iter().all(same)
    }
}
