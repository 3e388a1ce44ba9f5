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
    /// What the search knows.
    pub(super) known: Known,
    /// The same, and what was run to be shown beside the best.
    pub(super) shown: Known,
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
        let (known, shown, cells) = (Known::default(), Known::default(), BTreeMap::new());
        Place { name, variant, axes, space, limits, known, shown, cells }
    }

    /// What is searched, as far as settings differ by all that was run.
    pub(super) fn within_reach(&self) -> Space {
        self.space.within_reach(&self.shown)
    }

    /// The cells that it wants next; `None` at the end.
    pub fn wants(&self) -> Option<Wanted> {
        match self.found() {
            Err(wanted) => Some(wanted),
            Ok(Found { best: Some(best), .. }) => self.within_reach().beside(&self.shown, &best).err(),
            Ok(Found { best: None, .. }) => None,
        }
    }

    /// What the search finds. A setting that was only to be shown beside the best, and turns out to
    /// be better under all seeds, is taken into the search, which goes on from there.
    pub(super) fn found(&self) -> Result<Found, Wanted> {
        let mut known = self.known.clone();
        let space = self.within_reach();
        loop {
            let seeds = |known: &Known, setting: &Setting| known.get(setting).map_or(0, |m| m.prices.len());
            let more = |setting: &&Setting| seeds(&self.shown, setting) > seeds(&known, setting);
            let taken: Vec<Setting> = match space.search(&known) {
                Err(wanted) => match wanted.cells.keys().filter(more).cloned().collect::<Vec<_>>() {
                    none if none.is_empty() => return Err(wanted),
                    some => some,
                },
                Ok(found) => match found.best.as_ref().and_then(|best| space.better(&self.shown, best)) {
                    Some(better) => vec![better],
                    None => return Ok(found),
                },
            };
            known.take(&self.shown, taken);
        }
    }

    /// Whether a cell has such a figure, or none was run yet.
    pub fn measures(&self, metric: &str, stat: &str) -> bool {
        let figure = |cell: &CellRecord| cell.metrics.get(metric)?.stat(stat);
        self.cells.is_empty() || self.cells.values().flatten().any(|cell| figure(cell).is_some())
    }

    /// Adds a cell that came to its end; `beside` if it is only to be shown.
    pub fn add(&mut self, setting: Setting, cell: CellRecord, beside: bool, objective: &Objective) {
        let seed = cell.seed.parse().expect("a seed is a number");
        let price = objective.price(&cell);
        let cells = self.cells.entry(setting.clone()).or_default();
        cells.push(cell);
        let of_all: Vec<&CellRecord> = cells.iter().collect();
        let in_doubt = in_doubt(&of_all, &self.limits);
        let missing = || price.is_none().then(|| format!("it has no figure of {}", objective.name()));
        let trouble = trouble(&of_all, &self.limits).map(|why| render::trouble(&why)).or_else(missing);
        let broken = price.is_none() || !is_sound(&of_all);
        // What is wrong with a cell may be that its larger answers never came.
        let cell = of_all.last().filter(|cell| cell.verdict == Verdict::Pass);
        let largest = |metric: &Option<&str>| cell?.metrics.get((*metric)?)?.stat("max");
        let largest: Vec<Option<u64>> = self.space.sizes.iter().map(largest).collect();
        let known = (!beside).then_some(&mut self.known);
        for known in known.into_iter().chain([&mut self.shown]) {
            let measured = known.0.entry(setting.clone()).or_default();
            measured.prices.insert(seed, price);
            measured.largest.resize(largest.len(), None);
            measured.largest.iter_mut().zip(&largest).for_each(|(known, new)| *known = (*known).max(*new));
            if trouble.is_some() {
                measured.trouble.clone_from(&trouble);
                measured.in_doubt = in_doubt;
                measured.broken |= broken;
            }
        }
    }
}
