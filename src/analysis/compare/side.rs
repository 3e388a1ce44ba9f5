//! One side of a comparison: the completed cells (single simulations) of a record or a baseline.
//!
//! A baseline is a file of figures that a run must reproduce.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Digest;
use crate::record::{BaselineCell, CellRecord, Exit, Reason, RunRecord, Verdict};

#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub name: String,
    pub cells: Vec<CellRecord>,
    /// The builds that ran the cells, by the digest of their sources. Empty for a baseline.
    pub builds: BTreeMap<String, String>,
}

/// The reason why a side cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SideError {
    #[error("{0} has no completed cell")]
    Empty(String),
    #[error("{side} has no variant `{variant}`; it has {known}")]
    NoVariant { side: String, variant: String, known: String },
}

/// The exits by which a cell failed, except the exits for differences from a baseline.
pub(super) fn failures(cell: &CellRecord) -> Vec<Exit> {
    match cell.reasons.as_slice() {
        _ if cell.verdict != Verdict::Fail => Vec::new(),
        [] => vec![Exit::Regression],
        reasons => {
            let exits = reasons.iter().map(Reason::exit);
            exits.filter(|exit| !matches!(exit, Exit::Regression | Exit::NoBaseline)).collect()
        }
    }
}

impl From<&BaselineCell> for CellRecord {
    fn from(cell: &BaselineCell) -> CellRecord {
        let BaselineCell { scenario, resolved, variant, axes, seed, digest, metrics, .. } = cell.clone();
        CellRecord { scenario, resolved, variant, axes, seed, digest, metrics, ..CellRecord::default() }
    }
}

impl Side {
    /// Takes the cells that ran to their end, of all variants or of one. No such cell is an error.
    pub fn of_record(name: &str, record: &RunRecord, variant: Option<&str>) -> Result<Side, SideError> {
        let ended = record.cells.iter().filter(|cell| cell.verdict.was_run());
        let builds = ended.clone().map(|cell| record.build_of(cell));
        let builds = builds.map(|build| (build.source.clone(), build.to_string())).collect();
        Side { name: name.to_owned(), cells: ended.cloned().collect(), builds }.only(variant)
    }
    /// Keeps only these metrics, and makes new digests over them. An empty list keeps all metrics.
    pub fn of_metrics(mut self, names: &[String]) -> Side {
        if names.is_empty() {
            return self;
        }
        for cell in &mut self.cells {
            cell.metrics.retain(|name, _| names.iter().any(|asked| asked == name.as_ref()));
            let mut digest = Digest::new();
            digest.text(&serde_json::to_string(&cell.metrics).expect("figures are JSON"));
            cell.digest = digest.hex();
            cell.figures_digest.clear();
        }
        self
    }

    /// Keeps only the cells of one variant. `None` keeps all cells. If no cell is left, it is an
    /// error.
    pub fn only(mut self, variant: Option<&str>) -> Result<Side, SideError> {
        if self.cells.is_empty() {
            return Err(SideError::Empty(self.name));
        }
        let Some(variant) = variant else { return Ok(self) };
        let known: BTreeSet<&str> = self.cells.iter().filter_map(|cell| cell.variant.as_deref()).collect();
        if !known.contains(variant) {
            let known: Vec<&str> = known.into_iter().collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(SideError::NoVariant { side: self.name, variant: variant.to_owned(), known });
        }
        self.cells.retain(|cell| cell.variant.as_deref() == Some(variant));
        Ok(self)
    }
}
