//! A place of a search with all its runs. A place is a variant with a link, a device class and a
//! fleet.
//!
//! A cell is one simulation: one variant and one seed.

use std::collections::BTreeMap;

use super::known::{Known, Setting};
use super::search::Space;
use crate::analysis::sweep::Objective;
use crate::analysis::sweep::is_sound;
use crate::analysis::tune::Limits;
use crate::record::Judged;

/// The fixed part of a search while knobs (varied keys) change, with the results of all settings.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub name: String,
    pub variant: Option<String>,
    /// The keys with their values that distinguish this place from others.
    pub axes: Vec<(String, String)>,
    pub space: Space,
    pub limits: Limits,
    /// The measurements. In them, a cell is excluded only if it has no price.
    pub known: Known,
    pub cells: BTreeMap<Setting, Vec<Judged>>,
}

impl Place {
    pub fn measures(&self, metric: &str, stat: &str) -> bool {
        let figure = |judged: &Judged| judged.cell.metrics.get(metric)?.stat(stat);
        self.cells.is_empty() || self.cells.values().flatten().any(|cell| figure(cell).is_some())
    }
    pub fn add(&mut self, setting: Setting, judged: Judged, objective: &Objective) {
        let cell = &judged.cell;
        let seed = cell.seed.parse().expect("a seed is a number");
        let price = objective.price(cell);
        let measured = self.known.0.entry(setting.clone()).or_default();
        measured.prices.insert(seed, price);
        // A failing cell may lack its largest responses.
        let largest = |metric: &str| cell.metrics.get(metric)?.stat("max");
        let largest = self.space.size.filter(|_| is_sound(cell)).and_then(largest);
        measured.largest = measured.largest.max(largest);
        if price.is_none() {
            measured.trouble = Some(format!("the cell has no figure of {}", objective.name()));
            measured.broken = true;
        }
        self.cells.entry(setting).or_default().push(judged);
    }
    pub(super) fn by_knob(&self, setting: &Setting) -> BTreeMap<String, String> {
        let keys = self.space.knobs.iter().map(|knob| knob.key().to_owned());
        keys.zip(setting.iter().cloned()).collect()
    }
    /// True if all rows of a device fit into one response without a limit on rows. Then the limit
    /// on bytes does not split a response either.
    pub(super) fn is_whole(&self) -> bool {
        let bytes = |judged: &Judged| judged.cell.stat("engine.pull.response_bytes", "max");
        let most = self.cells.values().flatten().filter_map(bytes).max();
        most.is_some_and(|most| self.space.bytes.is_some_and(|bound| most < bound))
    }
}
