//! Which cells are drawn over time: of a thousand a page shows a few.
//!
//! Of each setting comes one cell before a second of any, one that fails before others; of a search
//! the best settings and the present ones come before all others. So the series of the first cells
//! are kept in a record, and the first of those are drawn.

use std::collections::BTreeMap;

use crate::analysis::sweep::axis_of;
use crate::record::{CellRecord, RunRecord, TuneRecord, Verdict};

const SERIES_OF_FAILING: usize = 4;
const SERIES_OF_ALL: usize = 8;
const DRAWN: usize = 4;

/// Forgets the series of all cells but the first failing ones and the first of the others.
pub fn keep_series_of_few(record: &mut RunRecord) {
    let failing = record.failing().count().min(SERIES_OF_FAILING);
    let (mut failing, mut others) = (failing, SERIES_OF_ALL - failing);
    for i in in_turn(record) {
        let cell = &mut record.cells[i];
        let left = if fails(cell) { &mut failing } else { &mut others };
        match left.checked_sub(1) {
            Some(fewer) => *left = fewer,
            None => {
                cell.series = None;
                cell.spread.clear();
            }
        }
    }
}

pub fn to_draw(record: &RunRecord) -> Vec<&CellRecord> {
    let cells = in_turn(record).into_iter().map(|i| &record.cells[i]);
    cells.filter(|cell| cell.series.is_some()).take(DRAWN).collect()
}

fn in_turn(record: &RunRecord) -> Vec<usize> {
    let cells = &record.cells;
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by_key(|i| !fails(&cells[*i]));
    let mut earlier: BTreeMap<(&str, Option<&str>, String), usize> = BTreeMap::new();
    let mut nth = vec![0; cells.len()];
    for &i in &order {
        let cell = &cells[i];
        let setting = (cell.scenario.as_str(), cell.variant.as_deref(), format!("{:?}", cell.axes));
        let of_setting = earlier.entry(setting).or_default();
        nth[i] = *of_setting;
        *of_setting += 1;
    }
    let role = |cell| record.tune.as_ref().map_or(Role::Other, |tune| role(tune, cell));
    order.sort_by_cached_key(|&i| (nth[i], role(&cells[i]), !fails(&cells[i]), i));
    order
}

fn fails(cell: &CellRecord) -> bool {
    cell.verdict == Verdict::Fail
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Best,
    Present,
    Other,
}

fn role(tune: &TuneRecord, cell: &CellRecord) -> Role {
    let Some(place) = tune.places.iter().find(|place| place.has(cell)) else { return Role::Other };
    let at: Vec<String> = tune.knobs.iter().map(|key| axis_of(cell, key)).collect();
    let is_best = |best: &BTreeMap<String, String>| {
        tune.knobs.iter().zip(&at).all(|(key, value)| best.get(key) == Some(value))
    };
    if place.best.as_ref().is_some_and(is_best) {
        Role::Best
    } else if place.present.as_ref().is_some_and(|present| present.value == at.join(", ")) {
        Role::Present
    } else {
        Role::Other
    }
}
