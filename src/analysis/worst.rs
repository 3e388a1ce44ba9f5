//! Finds the worst of several failing cells (single simulations).

use crate::oracle::metric_of;
use crate::record::{CellRecord, Reason};

/// The worst of several cells that fail for the same reason. If some are equal, the first one wins.
pub fn worst_of<'a>(cells: &[&'a CellRecord]) -> &'a CellRecord {
    cells.iter().rev().max_by_key(|cell| grade(cell)).expect("a cause has a cell")
}

/// The number of violations of a check, from its metric.
pub fn counted(cell: &CellRecord, check: &str) -> u64 {
    metric_of(check).and_then(|metric| cell.stat(metric, "value")).unwrap_or(0)
}

/// A measure of how bad a cell is, by its gravest reason. Compare only cells with the same reason.
pub fn grade(cell: &CellRecord) -> u64 {
    match cell.gravest_first().first() {
        Some(Reason::Violation { check }) => counted(cell, check),
        Some(Reason::Gate { gate }) => beyond(gate.value, gate.min, gate.max),
        Some(Reason::Expectation { what }) => {
            let of = cell.expectations.iter().find(|one| one.what == *what);
            of.map_or(0, |one| beyond(one.value, one.min, one.max))
        }
        _ => 0,
    }
}

/// The distance of a figure from its bounds. A missing figure has the largest distance.
pub fn beyond(value: Option<u64>, min: Option<u64>, max: Option<u64>) -> u64 {
    let by = |value: u64| {
        let over = max.map_or(0, |max| value.saturating_sub(max));
        over.max(min.map_or(0, |min| min.saturating_sub(value)))
    };
    value.map_or(u64::MAX, by)
}
