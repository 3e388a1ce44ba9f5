//! Compares a run with a baseline (figures that a run must reproduce), figure by figure or over all
//! seeds.
//!
//! A cell is one simulation: one variant and one seed.

use super::console::{Console, few};
use super::sources;
use super::work::BaselineArgs;
use crate::metrics::human;
use crate::record::{self, Baseline, BaselineCell, Exit, Reason, RunRecord};
use crate::{analysis, render};

#[derive(Clone, Copy)]
pub(super) struct Against<'a> {
    args: &'a BaselineArgs,
    name: &'a str,
    baseline: &'a Baseline,
    filters: &'a [String],
}

impl<'a> Against<'a> {
    pub(super) fn new(args: &'a BaselineArgs, baseline: &'a Baseline, filters: &'a [String]) -> Against<'a> {
        Against { args, name: args.baseline.as_deref().unwrap_or_default(), baseline, filters }
    }
    pub(super) fn is_asked(&self, cell: &BaselineCell) -> bool {
        sources::passes(self.filters, &cell.scenario, cell.variant.as_deref())
    }
    /// How to compare the run. `is_asked` is true for cells that the user asked for.
    pub(super) fn rule(&self, is_asked: &'a dyn Fn(&BaselineCell) -> bool) -> analysis::Against<'a> {
        analysis::Against {
            name: self.name,
            baseline: self.baseline,
            tolerance_ppm: self.args.tolerance,
            require_all: self.args.require_all,
            is_asked,
            told: render::compare::shift,
        }
    }

    pub(super) fn tell(
        &self,
        record: &RunRecord,
        folder: &str,
        changes: &[String],
        written: bool,
        console: &mut Console<'_>,
    ) {
        let (name, baseline) = (self.name, self.baseline);
        let [named, folder] = [name, folder].map(record::shell_word);
        let changes = [record.tolerated.as_slice(), changes].concat();
        console.remark(&few(changes, &format!(": syncdyno compare {named} {folder}")));
        // `-q` does not hide this line, because the user may want to run the command.
        if let Some(command) = record.acceptance().filter(|_| written) {
            console.complaint(&format!("{}{command}\n", record::ACCEPT));
        }
        let foreign = |reason: &Reason| reason.exit() == Exit::NoBaseline;
        let known = record.cells.iter().filter(|cell| baseline.cells.contains_key(&cell.id));
        let held = known.filter(|cell| !cell.reasons.iter().any(foreign)).count();
        console.remark(&format!("held against baseline {name}: {}\n", human::count(held as u64, "cell")));
        // `-q` does not hide this line. If it fails the run, the reasons already contain it.
        if let Some(left_out) = record.left_out.as_ref().filter(|_| !record.left_out_fails) {
            console.complaint(&format!("note: {left_out}\n"));
        }
    }
}
