//! The one order in which failures are told: what destroys people's data comes first.

use super::exit::Exit;
use super::reason::Reason;
use super::run::{CellRecord, RunRecord};
use crate::oracle::{Harm, harm_of};

/// How grave a reason is, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// What the oracle found.
    Found(Harm),
    /// The cell could not be run, or is another one when it is run again.
    Unsure,
    /// A gate or another threshold is missed, or what was planned or expected did not occur.
    Threshold,
    /// A figure is not the baseline's, or nothing can be compared with it.
    Baseline,
}

impl Reason {
    /// How grave it is; of a check that only a later program knows, a loss.
    pub fn severity(&self) -> Severity {
        match self {
            Reason::Violation { check } => Severity::Found(harm_of(check).unwrap_or(Harm::Lost)),
            Reason::TakenBack { .. } | Reason::Shelved { .. } => Severity::Found(Harm::Lost),
            _ => match self.exit() {
                Exit::Stuck => Severity::Found(Harm::Stuck),
                Exit::Threshold => Severity::Threshold,
                Exit::Regression | Exit::NoBaseline => Severity::Baseline,
                _ => Severity::Unsure,
            },
        }
    }
}

impl CellRecord {
    /// Why it is not a pass, the gravest reason first; of one severity in the order of the rules.
    pub fn gravest_first(&self) -> Vec<&Reason> {
        let mut reasons: Vec<&Reason> = self.reasons.iter().collect();
        reasons.sort_by_key(|reason| reason.severity());
        reasons
    }
    /// How grave its gravest reason is; `None` of one without any.
    pub fn severity(&self) -> Option<Severity> {
        self.reasons.iter().map(Reason::severity).min()
    }
}

/// Cells by how grave they are, then by their seeds; those without a reason come last.
pub fn gravest_first<'a>(cells: impl IntoIterator<Item = &'a CellRecord>) -> Vec<&'a CellRecord> {
    let mut cells: Vec<&CellRecord> = cells.into_iter().collect();
    cells.sort_by_key(|cell| place(cell));
    cells
}

/// Where a cell stands among others, the least first.
pub fn place(cell: &CellRecord) -> (bool, Option<Severity>, u64) {
    let severity = cell.severity();
    (severity.is_none(), severity, cell.seed.parse().unwrap_or(u64::MAX))
}

impl RunRecord {
    /// The failing cells that are told, the gravest first; of a failing matrix those that fail it.
    pub fn told(&self) -> Vec<&CellRecord> {
        gravest_first(self.failing().filter(|cell| self.is_of_findings() || !self.is_found(cell)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::check_names;

    #[test]
    fn every_check_has_a_severity_and_losses_come_first() {
        let of = |check: &str| Reason::Violation { check: check.to_owned() }.severity();
        assert!(check_names().all(|check| harm_of(check).is_some()));
        let order = ["lost", "duplicate", "divergent", "stuck", "wrong-status"].map(of);
        assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
        assert_eq!(of("a check of a later program"), of("lost"));
        assert!(order[4] < Severity::Unsure && Severity::Unsure < Severity::Threshold);
        assert!(Severity::Threshold < Severity::Baseline);
    }
}
