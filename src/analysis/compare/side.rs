//! One side of a comparison: measured cells, wherever they were kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Digest;
use crate::record::{BaselineCell, CellFigures, CellRecord, Exit, Reason, RunRecord, Verdict};

/// A cell that was run, as far as a comparison needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    pub scenario: String,
    /// The digest of its resolved scenario.
    pub resolved: String,
    pub variant: Option<String>,
    pub axes: BTreeMap<String, serde_json::Value>,
    pub seed: String,
    /// The digest of what happened.
    pub digest: String,
    /// The digest of its figures; empty if it is not known.
    pub figures_digest: String,
    /// All that it failed with; nothing if nothing was wrong with it.
    pub failed: Vec<Exit>,
    pub metrics: CellFigures,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub name: String,
    pub cells: Vec<Measured>,
    /// The builds that ran them, in words, by the digests of their sources; none of a baseline,
    /// which is there to be held against others.
    pub builds: BTreeMap<String, String>,
}

/// A side that nothing can be compared with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SideError {
    #[error("{0} has no cell that ran to its end")]
    Empty(String),
    #[error("{side} has no variant `{variant}`; it has {known}")]
    NoVariant {
        side: String,
        variant: String,
        known: String,
    },
}

/// What a cell failed with. A figure that is not a baseline's is what a comparison is for; a
/// failure without a reason is a change for the worse.
fn failures(cell: &CellRecord) -> Vec<Exit> {
    if cell.verdict != Verdict::Fail {
        return Vec::new();
    }
    if cell.reasons.is_empty() {
        return vec![Exit::Regression];
    }
    let exits = cell.reasons.iter().map(Reason::exit);
    exits.filter(|exit| !matches!(exit, Exit::Regression | Exit::NoBaseline)).collect()
}

impl From<&CellRecord> for Measured {
    fn from(cell: &CellRecord) -> Measured {
        Measured {
            scenario: cell.scenario.clone(),
            resolved: cell.resolved.clone(),
            variant: cell.variant.clone(),
            axes: cell.axes.clone(),
            seed: cell.seed.clone(),
            digest: cell.digest.clone(),
            figures_digest: cell.figures_digest.clone(),
            failed: failures(cell),
            metrics: cell.metrics.clone(),
        }
    }
}

impl From<&BaselineCell> for Measured {
    fn from(cell: &BaselineCell) -> Measured {
        Measured {
            scenario: cell.scenario.clone(),
            resolved: cell.resolved.clone(),
            variant: cell.variant.clone(),
            axes: cell.axes.clone(),
            seed: cell.seed.clone(),
            digest: cell.digest.clone(),
            metrics: cell.metrics.clone(),
            ..Measured::default()
        }
    }
}

impl Side {
    /// The cells of a record that ran to their end, or those of one variant.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn of_record(name: &str, record: &RunRecord, variant: Option<&str>) -> Result<Side, SideError> {
        let ended = record.cells.iter().filter(|cell| cell.verdict != Verdict::Incomplete);
        let builds = ended.clone().map(|cell| record.build_of(cell));
        let builds = builds.map(|build| (build.source.clone(), build.to_string())).collect();
        Side { name: name.to_owned(), cells: ended.map(Measured::from).collect(), builds }.only(variant)
    }

    /// With these metrics alone, and digests of these, as a cell's own holds more; with all where
    /// none is named.
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

    /// The cells of one variant; all if `None`.
    ///
    /// # Errors
    /// When nothing is left.
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
