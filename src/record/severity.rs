//! The order in which reports list failures: losses of people's data come first.
//!
//! A cell is one simulation: one variant and one seed. A baseline is a file of figures that a run
//! must reproduce. A matrix is a run that shows the result of each setting, and a failing setting
//! is a result, too.

use super::exit::Exit;
use super::reason::Reason;
use super::run::{CellRecord, RunRecord};
use crate::oracle::{Harm, harm_of};

/// The severity of a reason why a cell failed, the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The oracle (the judge that knows all true values) found a violation.
    Found(Harm),
    /// A cell could not run, or a second run gave another result.
    Unsure,
    /// A figure misses its limit, or a planned or expected event did not occur.
    Threshold,
    /// A figure differs from the baseline, or no baseline applies.
    Baseline,
}

impl Reason {
    /// The severity of the reason. A check that this version does not know counts as a loss.
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
    /// The reasons, the most severe first. Equally severe reasons keep the order of the rules.
    pub fn gravest_first(&self) -> Vec<&Reason> {
        let mut reasons: Vec<&Reason> = self.reasons.iter().collect();
        reasons.sort_by_key(|reason| reason.severity());
        reasons
    }
    pub fn severity(&self) -> Option<Severity> {
        self.reasons.iter().map(Reason::severity).min()
    }
}

/// Sorts cells by severity, then by seed; cells without a reason come last.
pub fn gravest_first<'a>(cells: impl IntoIterator<Item = &'a CellRecord>) -> Vec<&'a CellRecord> {
    let mut cells: Vec<&CellRecord> = cells.into_iter().collect();
    cells.sort_by_key(|cell| place(cell));
    cells
}

/// The key that sorts cells: the most severe first.
pub fn place(cell: &CellRecord) -> (bool, Option<Severity>, u64) {
    let severity = cell.severity();
    (severity.is_none(), severity, cell.seed.parse().unwrap_or(u64::MAX))
}

impl RunRecord {
    /// The failing cells to report, the most severe first. A failing matrix also has cells whose
    /// failure is only a result; they are left out.
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
