//! A place with its search and its cells.

use std::collections::BTreeMap;

use super::known::{Known, Setting};
use super::search::{Found, Space, Wanted};
use crate::analysis::sweep::Objective;
use crate::analysis::tune::{Limits, in_doubt, is_sound, trouble};
use crate::record::{CellRecord, Verdict};
use crate::render;

/// What is given while knobs are turned, with all that has been found out.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its variant and values in a line.
    pub name: String,
    /// Its variant, if the scenario has variants.
    pub variant: Option<String>,
    /// The keys that make it this place, with their values.
    pub axes: Vec<(String, String)>,
    /// What is searched.
    pub space: Space,
    /// What a candidate must keep.
    pub limits: Limits,
    pub(super) known: Known,
    pub(super) cells: BTreeMap<Setting, Vec<CellRecord>>,
}

impl Place {
    /// A place of which nothing is known yet.
    pub fn new(
        name: String,
        variant: Option<String>,
        axes: Vec<(String, String)>,
        space: Space,
        limits: Limits,
    ) -> Place {
        Place { name, variant, axes, space, limits, known: Known::default(), cells: BTreeMap::new() }
    }
    /// What is searched, as far as settings differ by all that was run.
    pub(super) fn within_reach(&self) -> Space {
        self.space.within_reach(&self.known)
    }
    /// The cells that it wants next; `None` at the end.
    pub fn wants(&self) -> Option<Wanted> {
        match self.found() {
            Err(wanted) => Some(wanted),
            Ok(Found { best: Some(best), .. }) => self.within_reach().beside(&self.known, &best).err(),
            Ok(Found { best: None, .. }) => None,
        }
    }
    pub(super) fn found(&self) -> Result<Found, Wanted> {
        self.within_reach().search(&self.known)
    }
    /// Whether a cell has such a figure, or none was run yet.
    pub fn measures(&self, metric: &str, stat: &str) -> bool {
        let figure = |cell: &CellRecord| cell.metrics.get(metric)?.stat(stat);
        self.cells.is_empty() || self.cells.values().flatten().any(|cell| figure(cell).is_some())
    }
    /// Adds a cell that came to its end.
    pub fn add(&mut self, setting: Setting, cell: CellRecord, objective: &Objective) {
        let seed = cell.seed.parse().expect("a seed is a number");
        let price = objective.price(&cell);
        let cells = self.cells.entry(setting.clone()).or_default();
        cells.push(cell);
        let of_all: Vec<&CellRecord> = cells.iter().collect();
        let missing = || price.is_none().then(|| format!("it has no figure of {}", objective.name()));
        let measured = self.known.0.entry(setting).or_default();
        measured.prices.insert(seed, price);
        // What is wrong with a cell may be that its larger answers never came.
        let cell = of_all.last().filter(|cell| cell.verdict == Verdict::Pass);
        let largest = |metric: &str| cell?.metrics.get(metric)?.stat("max");
        measured.largest = measured.largest.max(self.space.size.and_then(largest));
        let trouble = trouble(&of_all, &self.limits).map(|why| render::trouble(&why));
        if let Some(trouble) = trouble.or_else(missing) {
            measured.trouble = Some(trouble);
            measured.in_doubt = in_doubt(&of_all, &self.limits);
            measured.broken |= price.is_none() || !is_sound(&of_all);
        }
    }
}
