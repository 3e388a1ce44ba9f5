//! What a run is held against: a baseline, figure by figure or over the seeds.

use std::collections::BTreeMap;

use super::console::Console;
use super::narrow;
use super::work::HeldArgs;
use crate::analysis::compare::over_seeds;
use crate::metrics::human;
use crate::record::{self, Baseline, Exit, Judged, Note, Reason, RunRecord, Standard, Verdict};
use crate::render;
use crate::scenario::Plan;

const TOLD: usize = 10;

#[derive(Clone, Copy)]
pub(super) struct Against<'a> {
    args: &'a HeldArgs,
    name: &'a str,
    baseline: &'a Baseline,
    filters: &'a [String],
}

impl<'a> Against<'a> {
    /// The baseline that the arguments name, for a run of what passes the filters.
    pub(super) fn new(args: &'a HeldArgs, baseline: &'a Baseline, filters: &'a [String]) -> Against<'a> {
        Against { args, name: args.baseline.as_deref().unwrap_or_default(), baseline, filters }
    }

    /// The standard for what was judged: it can be accepted if the run came to its end and nothing
    /// else is wrong.
    pub(super) fn standard(
        &self,
        plans: &[Plan],
        judged: &[Judged],
        notes: &[Note],
        folder: &'a str,
    ) -> Standard<'a> {
        let sound = judged.iter().all(|judged| judged.cell.verdict == Verdict::Pass);
        let acceptable = sound && judged.len() == plans.len() && notes.is_empty();
        Standard { name: self.name, baseline: self.baseline, folder, acceptable }
    }

    /// Fails the cells that are not what they must be. Gives what changed otherwise, in words.
    pub(super) fn hold(&self, plans: &[Plan], judged: &mut [Judged], standard: Standard<'_>) -> Vec<String> {
        let wanted: BTreeMap<&str, &[String]> =
            plans.iter().map(|plan| (plan.digest.as_str(), plan.baseline_metrics.as_slice())).collect();
        let wanted = |resolved: &str| wanted.get(resolved).copied().unwrap_or_default();
        let mut changes = Vec::new();
        if let Some(tolerance) = self.args.tolerance {
            for (at, shift) in over_seeds(judged, wanted, standard, tolerance.0) {
                let text = render::compare::shift(&shift, standard);
                match shift.exit() {
                    Exit::Success => changes.push(text),
                    Exit::Regression => judged[at].fail(Reason::Differs { text }),
                    _ => judged[at].fail(Reason::NoBaseline { text }),
                }
            }
            return changes;
        }
        for judged in judged {
            let of_cell = record::hold(judged, wanted(&judged.cell.resolved), standard);
            let cell = if plans.len() > 1 { format!("{}: ", judged.cell.id) } else { String::new() };
            let others = of_cell.into_iter().filter(|change| !change.gated);
            changes.extend(others.map(|change| format!("changed, and not gated: {cell}{}", change.text)));
        }
        changes
    }

    /// Says in the record how to accept it, and what of the baseline it lacks, by which it fails
    /// where all was asked for.
    pub(super) fn close(&self, record: &mut RunRecord, standard: Standard<'_>) {
        record.accept = standard.command_for(&record.cells);
        let passes = |cell: &record::BaselineCell| {
            narrow::passes(self.filters, &cell.scenario, cell.variant.as_deref())
        };
        record.left_out = self.baseline.left_out(self.name, &record.cells, passes);
        if let Some(left_out) = record.left_out.as_mut().filter(|_| self.args.require_all) {
            left_out.push_str(&standard.accept(" --prune"));
            record.left_out_fails = true;
            record.verdict = Verdict::Fail;
            record.exit_code = Exit::first([Exit::of(record.exit_code), Exit::NoBaseline]).code();
        }
    }

    /// Says what is no figure of the run: what changed and fails nothing, how to accept it, how much
    /// was held.
    pub(super) fn tell(
        &self,
        record: &RunRecord,
        folder: &str,
        changes: &[String],
        written: bool,
        console: &mut Console<'_>,
    ) {
        let (name, baseline) = (self.name, self.baseline);
        for change in changes.iter().take(TOLD) {
            console.remark(&format!("{change}\n"));
        }
        if let Some(more) = changes.len().checked_sub(TOLD).filter(|more| *more > 0) {
            let (name, folder) = (record::shell_word(name), record::shell_word(folder));
            console.remark(&format!("… and {more} more: syncdyno compare {name} {folder}\n"));
        }
        // Who asked for quiet has to do something about it, too.
        if let Some(command) = record.acceptance().filter(|_| written) {
            console.complaint(&format!("{}{command}\n", record::ACCEPT));
        }
        let held = record.cells.iter().filter(|cell| baseline.cells.contains_key(&cell.id)).count();
        console.remark(&format!("held against baseline {name}: {}\n", human::count(held as u64, "cell")));
        // Who asked for quiet hears of that, too; where it fails, among the reasons.
        if let Some(left_out) = record.left_out.as_ref().filter(|_| !record.left_out_fails) {
            console.complaint(&format!("note: {left_out}\n"));
        }
    }
}
