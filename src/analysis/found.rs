//! What cells of a run were to find out, and what it fails by.

use crate::record::{CellRecord, Reason, RunRecord};

/// Whether what a cell misses is what its run was to find: of a matrix also where others fail it.
pub fn is_found(record: &RunRecord, cell: &CellRecord) -> bool {
    let finds = |cell: &CellRecord| cell.reasons.iter().all(Reason::is_finding);
    record.is_of_findings() || record.matrix && finds(cell) && !record.cells.iter().all(finds)
}

/// The failing cells that are told: of a matrix that fails, those that fail it.
pub fn told(record: &RunRecord) -> impl Iterator<Item = &CellRecord> {
    record.failing().filter(|cell| record.is_of_findings() || !is_found(record, cell))
}

pub fn findings(record: &RunRecord) -> impl Iterator<Item = &CellRecord> {
    record.failing().filter(|cell| is_found(record, cell))
}
