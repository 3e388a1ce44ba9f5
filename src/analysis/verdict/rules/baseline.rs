//! The rule "the run reproduces its baseline", figure by figure or over all seeds.
//!
//! A cell is one simulation: one variant and one seed. A baseline is a file of figures that a run
//! must reproduce.

use std::collections::BTreeMap;

use crate::analysis::compare::{Shift, over_seeds};
use crate::analysis::verdict::case::{Against, Ruling, Standard, Trial};
use crate::metrics::human;
use crate::record::{
    ACCEPT, Baseline, BaselineCell, CellRecord, Change, Exit, Judged, Reason, Verdict, accept_command,
    shell_word,
};

/// A text names at most this many scenarios with missing cells.
const NAMED: usize = 8;

/// The rule: the figures equal the baseline, and the run has all cells of the baseline.
pub(in crate::analysis::verdict) fn baseline(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let Some(against) = &trial.against else { return Vec::new() };
    let sound = judged.iter().all(|judged| judged.cell.verdict == Verdict::Pass);
    let acceptable = sound && judged.len() == trial.plans.len() && trial.notes.is_empty();
    let standard =
        Standard { name: against.name, baseline: against.baseline, folder: trial.folder, acceptable };
    let gated = trial.plans.iter().map(|plan| (&plan.source.digest, plan.judged.baseline_metrics.as_slice()));
    let gated: BTreeMap<&String, &[String]> = gated.collect();
    let wanted = |cell: &CellRecord| gated.get(&cell.resolved).copied().unwrap_or_default();
    let (mut rulings, mut held) = (Vec::new(), Vec::new());
    for (at, judged) in judged.iter().enumerate().filter(|(_, of)| of.cell.verdict.was_run()) {
        match standard.counterpart(&judged.cell, wanted(&judged.cell)) {
            Ok(base) => held.push((at, base)),
            Err(reason) => rulings.push(Ruling::FailsCell(at, *reason)),
        }
    }
    let changed = |at: usize, Change { gated, text }| {
        if gated {
            let text = format!("baseline {}: {text}", against.name);
            return Ruling::FailsCell(at, Reason::Differs { text });
        }
        let of = if trial.plans.len() > 1 { format!("{}: ", judged[at].cell.id) } else { String::new() };
        Ruling::Changed(format!("changed, but not gated: {of}{text}"))
    };
    if let Some(ppm) = against.tolerance_ppm {
        let shifts = over_seeds(judged, &held, ppm).into_iter();
        rulings.extend(shifts.map(|(at, shift)| shifted(at, &shift, against, standard)));
    } else {
        for (at, base) in held {
            rulings.extend(base.changes(&judged[at].cell).into_iter().map(|change| changed(at, change)));
        }
    }
    let differs = |ruling: &Ruling| matches!(ruling, Ruling::FailsCell(_, Reason::Differs { .. }));
    let accepts = (acceptable && rulings.iter().any(differs)).then(|| standard.command(""));
    rulings.extend(accepts.map(Ruling::Accept));
    rulings.extend(left_out(trial, judged, against, standard));
    rulings
}

fn shifted(at: usize, shift: &Shift, against: &Against<'_>, standard: Standard<'_>) -> Ruling {
    let text = (against.told)(shift, standard);
    match shift.exit() {
        Exit::Success if shift.is_tolerated() => Ruling::Tolerated(text),
        Exit::Success => Ruling::Changed(text),
        Exit::Regression => Ruling::FailsCell(at, Reason::Differs { text }),
        _ => Ruling::FailsCell(at, Reason::NoBaseline { text }),
    }
}

/// The part of the baseline that did not run. It matters because fewer cells pass more easily.
fn left_out(
    trial: &Trial<'_>,
    judged: &[Judged],
    against: &Against<'_>,
    standard: Standard<'_>,
) -> Vec<Ruling> {
    let ran: Vec<&CellRecord> = judged.iter().map(|judged| &judged.cell).collect();
    let lacks = against.baseline.lacks(&ran, against.is_asked);
    if lacks.is_empty() {
        return Vec::new();
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
    let mut text = format!("this run lacks {cells} of baseline {}: {}", against.name, named.join(", "));
    let mut rulings = Vec::new();
    if against.require_all {
        // If the run was stopped early, more seeds would have followed.
        if judged.iter().filter(|judged| judged.cell.verdict.was_run()).count() == trial.plans.len() {
            let other_seeds = seeds_of(against.baseline, &lacks, &ran);
            text += &other_seeds.unwrap_or_else(|| standard.accept(" --prune"));
        }
        rulings.push(Ruling::FailsRun(Exit::NoBaseline));
    }
    rulings.push(Ruling::LeftOut(text, against.require_all));
    rulings
}

/// The seeds of the missing cells, if the missing cells differ from the others only in their seeds.
fn seeds_of(baseline: &Baseline, lacks: &[(&str, &BaselineCell)], cells: &[&CellRecord]) -> Option<String> {
    let ran = |base: &BaselineCell| {
        let of = |cell: &&CellRecord| {
            (&cell.scenario, &cell.variant, &cell.axes) == (&base.scenario, &base.variant, &base.axes)
        };
        cells.iter().any(of)
    };
    let seeds = baseline.cells.values().filter(|base| ran(base)).filter_map(|base| base.seed.parse().ok());
    let seeds: Vec<u64> = seeds.collect();
    let all = lacks.iter().all(|(_, base)| ran(base));
    let [first, last] = [seeds.iter().min()?, seeds.iter().max()?];
    all.then(|| format!("; to run these cells too, use --seeds {first}..={last}"))
}

impl<'a> Standard<'a> {
    /// The cell of the baseline for an ended cell. The error says why they cannot be compared.
    fn counterpart(&self, cell: &CellRecord, wanted: &[String]) -> Result<&'a BaselineCell, Box<Reason>> {
        let (name, id) = (self.name, &cell.id);
        let knows = |name: &str| self.baseline.cells.values().any(|cell| cell.metrics.contains_key(name));
        let unlike = match self.baseline.cells.get(id) {
            None => format!("baseline {name} has no cell {id}"),
            Some(base) if base.resolved != cell.resolved => {
                let [base, folder] = [name, self.folder].map(shell_word);
                let accept = self.accept("");
                let text = format!(
                    "not comparable: the scenario was changed (or `--set`) since baseline {name} was saved, \
                     so its figures do not apply; to judge the change: syncdyno compare {base} {folder} \
                     --fail-on-worse{accept}"
                );
                return Err(Box::new(Reason::ScenarioChanged { text }));
            }
            Some(base) if base.is_whole(cell, wanted, knows) => return Ok(base),
            Some(_) => format!(
                "not comparable: baseline {name} has another seed, other gated metrics or fewer figures \
                 of {id} than a run of it"
            ),
        };
        Err(Box::new(Reason::NoBaseline { text: unlike + &self.accept("") }))
    }

    /// The command that accepts this run, with an extra option.
    fn command(&self, option: &str) -> String {
        accept_command(self.name, self.folder, option)
    }
    /// The command that makes the run the baseline, as the end of a sentence. Empty if not
    /// possible.
    pub fn accept(&self, option: &str) -> String {
        if self.acceptable { format!("; {ACCEPT}{}", self.command(option)) } else { String::new() }
    }
}
