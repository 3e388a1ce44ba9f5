//! What a run is held against: a baseline, figure by figure or over the seeds.

use std::collections::BTreeMap;

use super::console::{Console, few};
use super::sources;
use super::work::HeldArgs;
use crate::analysis::compare::over_seeds;
use crate::metrics::human;
use crate::record::{self, Baseline, Exit, Judged, Note, Reason, RunRecord, Standard, Verdict};
use crate::render;
use crate::scenario::Plan;

/// Scenarios that are named of those that a run lacks.
const NAMED: usize = 8;

#[derive(Clone, Copy)]
pub(super) struct Against<'a> {
    args: &'a HeldArgs,
    name: &'a str,
    baseline: &'a Baseline,
    filters: &'a [String],
}

impl<'a> Against<'a> {
    pub(super) fn new(args: &'a HeldArgs, baseline: &'a Baseline, filters: &'a [String]) -> Against<'a> {
        Against { args, name: args.baseline.as_deref().unwrap_or_default(), baseline, filters }
    }
    /// It can be accepted if the run came to its end and nothing else is wrong.
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

    /// Gives what is or may be worse and fails nothing, and what else is not the baseline's.
    pub(super) fn hold(
        &self,
        plans: &[Plan],
        judged: &mut [Judged],
        standard: Standard<'_>,
    ) -> [Vec<String>; 2] {
        let wanted: BTreeMap<&str, &[String]> =
            plans.iter().map(|plan| (plan.digest.as_str(), plan.baseline_metrics.as_slice())).collect();
        let wanted = |resolved: &str| wanted.get(resolved).copied().unwrap_or_default();
        let [mut tolerated, mut changes] = [Vec::new(), Vec::new()];
        if let Some(tolerance) = self.args.tolerance {
            for (at, shift) in over_seeds(judged, wanted, standard, tolerance.0) {
                let text = render::compare::shift(&shift, standard);
                match shift.exit() {
                    Exit::Success if shift.is_tolerated() => tolerated.push(text),
                    Exit::Success => changes.push(text),
                    Exit::Regression => judged[at].fail(Reason::Differs { text }),
                    _ => judged[at].fail(Reason::NoBaseline { text }),
                }
            }
            return [tolerated, changes];
        }
        for judged in judged {
            let of_cell = record::hold(judged, wanted(&judged.cell.resolved), standard);
            let cell = if plans.len() > 1 { format!("{}: ", judged.cell.id) } else { String::new() };
            let others = of_cell.into_iter().filter(|change| !change.gated);
            changes.extend(others.map(|change| format!("changed, and not gated: {cell}{}", change.text)));
        }
        [tolerated, changes]
    }

    pub(super) fn close(&self, record: &mut RunRecord, standard: Standard<'_>) {
        record.accept = standard.command_for(&record.cells);
        let passes = |cell: &record::BaselineCell| {
            sources::passes(self.filters, &cell.scenario, cell.variant.as_deref())
        };
        let lacks = self.baseline.lacks(&record.cells, passes);
        if lacks.is_empty() {
            return;
        }
        let cells = human::count(lacks.len() as u64, "cell");
        let mut of = BTreeMap::<&str, Vec<&str>>::new();
        lacks.iter().for_each(|(id, cell)| of.entry(&cell.scenario).or_default().push(id));
        let named = of.iter().take(NAMED).map(|(scenario, ids)| match ids.as_slice() {
            [id] => (*id).to_owned(),
            ids => format!("{scenario} ({} cells)", ids.len()),
        });
        let more = of.len().checked_sub(NAMED).filter(|more| *more > 0);
        let named: Vec<String> = named.chain(more.map(|more| format!("and {more} more"))).collect();
        let mut text = format!("{cells} of baseline {} not in this run: {}", self.name, named.join(", "));
        if self.args.require_all {
            let other_seeds = || seeds_of(self.baseline, &lacks, &record.cells);
            // A run that was cut short had these seeds before it.
            if record.complete {
                text += &other_seeds().unwrap_or_else(|| standard.accept(" --prune"));
            }
            record.left_out_fails = true;
            record.verdict = Verdict::Fail;
            record.exit_code = Exit::first([Exit::of(record.exit_code), Exit::NoBaseline]).code();
        }
        record.left_out = Some(text);
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
        // Who asked for quiet has to do something about it, too.
        if let Some(command) = record.acceptance().filter(|_| written) {
            console.complaint(&format!("{}{command}\n", record::ACCEPT));
        }
        let foreign = |reason: &Reason| matches!(reason, Reason::NoBaseline { .. });
        let known = record.cells.iter().filter(|cell| baseline.cells.contains_key(&cell.id));
        let held = known.filter(|cell| !cell.reasons.iter().any(foreign)).count();
        console.remark(&format!("held against baseline {name}: {}\n", human::count(held as u64, "cell")));
        // Who asked for quiet hears of that, too; where it fails, among the reasons.
        if let Some(left_out) = record.left_out.as_ref().filter(|_| !record.left_out_fails) {
            console.complaint(&format!("note: {left_out}\n"));
        }
    }
}

/// How to run what is left out, where that is but other seeds of what ran.
fn seeds_of(
    baseline: &Baseline,
    lacks: &[(&str, &record::BaselineCell)],
    cells: &[record::CellRecord],
) -> Option<String> {
    let ran = |base: &record::BaselineCell| {
        let of = |cell: &record::CellRecord| {
            (&cell.scenario, &cell.variant, &cell.axes) == (&base.scenario, &base.variant, &base.axes)
        };
        cells.iter().any(of)
    };
    let seeds = baseline.cells.values().filter(|base| ran(base)).filter_map(|base| base.seed.parse().ok());
    let seeds: Vec<u64> = seeds.collect();
    let all = lacks.iter().all(|(_, base)| ran(base));
    let [first, last] = [seeds.iter().min()?, seeds.iter().max()?];
    all.then(|| format!("; to run them, too: --seeds {first}..={last}"))
}
