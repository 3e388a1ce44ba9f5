//! Which builds of the program ran the cells of a record.

use std::collections::BTreeMap;

use super::build::Build;
use super::run::{CellRecord, RunRecord};
use crate::metrics::human;

impl RunRecord {
    /// The build that ran a cell of it.
    pub fn build_of<'a>(&'a self, cell: &'a CellRecord) -> &'a Build {
        cell.ran_by.as_ref().unwrap_or(&self.build)
    }

    /// Which builds ran its cells, in words, where it was not one; `None` if it was.
    pub fn mixed(&self) -> Option<String> {
        let own = self.build.to_string();
        let mut ran: BTreeMap<String, u64> = BTreeMap::new();
        for cell in &self.cells {
            *ran.entry(self.build_of(cell).to_string()).or_default() += 1;
        }
        let other = ran.keys().any(|build| *build != own);
        let told = ran.iter().map(|(build, cells)| format!("{} by {build}", human::count(*cells, "cell")));
        other.then(|| format!("builds are mixed: {}", told.collect::<Vec<_>>().join(", ")))
    }
}
