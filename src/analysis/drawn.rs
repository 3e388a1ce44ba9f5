//! Selects the cells whose figures are drawn over time. A cell is one simulation with one seed.
//!
//! Each setting gets one cell before any setting gets a second one. Failing cells come first. In a
//! search for the best settings, the best setting and the scenario's own setting come before
//! others.

use std::collections::BTreeMap;

use crate::analysis::sweep::axis_of;
use crate::record::{CellRecord, RunRecord, TuneRecord, Verdict, place};

const SERIES_OF_FAILING: usize = 4;
const SERIES_OF_ALL: usize = 8;
const DRAWN: usize = 4;

/// Removes the time series of all but a few cells. Some failing and some other cells keep theirs.
pub fn keep_first_series(record: &mut RunRecord) {
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

pub fn cells_to_draw(record: &RunRecord) -> Vec<&CellRecord> {
    let cells = in_turn(record).into_iter().map(|i| &record.cells[i]);
    cells.filter(|cell| cell.series.is_some()).take(DRAWN).collect()
}

fn in_turn(record: &RunRecord) -> Vec<usize> {
    let cells = &record.cells;
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by_key(|i| (!fails(&cells[*i]), fails(&cells[*i]).then(|| place(&cells[*i]))));
    let mut earlier = BTreeMap::new();
    let mut nth = vec![0; cells.len()];
    for &i in &order {
        let of_setting = earlier.entry(cells[i].setting()).or_insert(0);
        nth[i] = *of_setting;
        *of_setting += 1;
    }
    let role = |cell| record.tune.as_ref().and_then(|tune| role(tune, cell)).unwrap_or(2);
    order.sort_by_cached_key(|&i| (nth[i], role(&cells[i]), !fails(&cells[i]), i));
    order
}

fn fails(cell: &CellRecord) -> bool {
    cell.verdict == Verdict::Fail
}

/// The rank of a cell: 0 for the best setting, 1 for the scenario's own setting, otherwise `None`.
fn role(tune: &TuneRecord, cell: &CellRecord) -> Option<u8> {
    let place = tune.places.iter().find(|place| place.has(cell))?;
    let at: Vec<String> = tune.knobs.iter().map(|key| axis_of(cell, key)).collect();
    let is_best = |best: &BTreeMap<String, String>| {
        tune.knobs.iter().zip(&at).all(|(key, value)| best.get(key) == Some(value))
    };
    let is_present = || place.present.as_ref().is_some_and(|present| present.value == at.join(", "));
    if place.best.as_ref().is_some_and(is_best) { Some(0) } else { is_present().then_some(1) }
}
