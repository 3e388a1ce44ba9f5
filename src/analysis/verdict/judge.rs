//! The one place in which cells and runs are judged by the list of rules.

use super::case::{Ended, Trial};
use super::conclude::{Rulings, RunJudged};
use super::digests::{Again, Held, Recorded};
use super::rules::{RULES, Rule, expectations, gates};
use crate::analysis::{answers, cells};
use crate::record::{CellRecord, EndingKind, EndingRecord, Exit, Judged, Note, Reason, RunRecord, Verdict};
use crate::scenario::Plan;
use crate::world::{Ending, Outcome};

/// Holds an outcome against its plan; `id` is the cell's name in the run. One that was interrupted
/// is incomplete, whatever it found so far.
pub fn judge(plan: &Plan, id: &str, outcome: &Outcome) -> Judged {
    judge_by(plan, id, outcome, None)
}

/// The same of a cell that was run twice: `first` are the digests of the first run, `second` the
/// outcome of the other.
pub fn judge_again(plan: &Plan, id: &str, outcome: &Outcome, runs: (&Recorded, &Outcome)) -> (Judged, Held) {
    let again = Again::new(runs.0, runs.1);
    let judged = judge_by(plan, id, outcome, Some(&again));
    let ended = judged.cell.verdict != Verdict::Incomplete;
    (judged, if ended { again.held() } else { Held::Nothing })
}

fn judge_by(plan: &Plan, id: &str, outcome: &Outcome, again: Option<&Again<'_>>) -> Judged {
    let mut judged =
        Judged { cell: cells::recorded(plan, id, outcome), gates: Vec::new(), tails: outcome.tails.clone() };
    if outcome.ending == Ending::Interrupted {
        return judged;
    }
    judged.cell.expectations = expectations(plan, outcome, &judged.cell);
    judged.gates = gates(plan, &judged.cell);
    let ended = Ended { plan, outcome, cell: &judged.cell, gates: &judged.gates, again };
    let of_cell = RULES.iter().filter_map(|rule| match rule {
        Rule::OfCell(rule) => Some(rule(&ended)),
        Rule::OfRun(_) => None,
    });
    let reasons: Vec<Reason> = of_cell.flatten().collect();
    settle(&mut judged.cell, reasons);
    judged
}

/// What keeps a cell from an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broke {
    Unrunnable(String),
    /// Its stack does not support these.
    Unsupported(Vec<String>),
    /// A bug of the bench, or of a stack that is not ours.
    Panicked(String),
}

/// A cell without an outcome.
pub fn broken(plan: &Plan, id: &str, why: &Broke) -> Judged {
    let (exit, text) = match why {
        Broke::Unsupported(needs) => return unsupported(plan, id, needs),
        Broke::Unrunnable(text) => (Exit::Invalid, text.clone()),
        Broke::Panicked(text) if plan.brought => {
            // What nobody catches in an app's code is no fault of the stack that runs it.
            let how = if text.starts_with("uncaught in ") { "ended the run" } else { "panicked" };
            (Exit::Stuck, format!("the stack `{}` {how}: {text}", plan.engine_name))
        }
        Broke::Panicked(text) => (Exit::Internal, format!("a bug of syncdyno: {text}")),
    };
    let mut cell = cells::blank(plan, id);
    cell.ending = EndingRecord { kind: EndingKind::Broken, text: vec![text.clone()] };
    settle(&mut cell, vec![Reason::Broken { exit_code: exit.code(), text }]);
    Judged { cell, ..Judged::default() }
}

fn unsupported(plan: &Plan, id: &str, needs: &[String]) -> Judged {
    let mut cell = cells::blank(plan, id);
    let (stack, needs) = (plan.engine_name.clone(), needs.to_vec());
    let text = format!("the stack `{stack}` does not support {}", needs.join(", "));
    cell.ending = EndingRecord { kind: EndingKind::Broken, text: vec![text] };
    settle(&mut cell, vec![Reason::Unsupported { stack, needs }]);
    Judged { cell, ..Judged::default() }
}

/// Has a cell that has ended fail by these, too; by none of any rule it passes.
fn settle(cell: &mut CellRecord, reasons: Vec<Reason>) {
    cell.reasons.extend(reasons);
    cell.reasons.sort_by_key(Reason::severity);
    let is_unsupported = |reason: &Reason| matches!(reason, Reason::Unsupported { .. });
    cell.verdict = match cell.reasons.as_slice() {
        [] => Verdict::Pass,
        reasons if reasons.iter().all(is_unsupported) => Verdict::Unsupported,
        _ => Verdict::Fail,
    };
}

/// Holds a run to every rule, and puts its record together.
pub fn judge_run(trial: &Trial<'_>, mut judged: Vec<Judged>) -> RunJudged {
    let mut rulings = Rulings::default();
    for rule in RULES {
        let Rule::OfRun(rule) = rule else { continue };
        rule(trial, &judged).into_iter().for_each(|ruling| rulings.take(ruling));
        for (at, reason) in rulings.of_cells.drain(..) {
            settle(&mut judged[at].cell, vec![reason]);
        }
    }
    let mut ran = rulings.close(trial, judged);
    if answers::has_no_answer(&ran.record) {
        ran.record.exit_code = Exit::first([Exit::of(ran.record.exit_code), Exit::Nothing]).code();
    }
    ran
}

/// The record of a run that is held to nothing but its plans.
pub fn assemble(folder: &str, plans: &[Plan], judged: Vec<Judged>, notes: &[Note]) -> RunRecord {
    judge_run(&Trial { folder, plans, notes, ..Trial::default() }, judged).record
}

/// The record of a cell that was run again: what many seeds must come to is not asked of it.
pub fn judge_alone(plan: &Plan, judged: Judged) -> RunRecord {
    let trial = Trial { plans: std::slice::from_ref(plan), ..Trial::default() };
    Rulings::default().close(&trial, vec![judged]).record
}
