//! Judges cells (single simulations) and runs by the list of rules. No other module judges.
//!
//! A plan describes a cell before it runs. A baseline is a file of figures that a run must
//! reproduce. A stack is a sync engine with its server half.

use super::case::{Ended, Trial};
use super::conclude::{Rulings, RunJudged};
use super::digests::{Again, Held, Recorded};
use super::rules::{RULES, Rule, expectations, gates};
use crate::analysis::{answers, cells};
use crate::record::{CellRecord, EndingKind, EndingRecord, Exit, Judged, Note, Reason, RunRecord, Verdict};
use crate::scenario::Plan;
use crate::world::{Ending, Outcome};

/// Judges the outcome of a cell. `id` is the id of the cell in the run. An interrupted cell is
/// always incomplete.
pub fn judge(plan: &Plan, id: &str, outcome: &Outcome) -> Judged {
    judge_by(plan, id, outcome, None)
}

/// Like [`judge`], for a cell that ran twice. `runs` has the digests of the first run and the
/// outcome of the second one.
pub fn judge_again(plan: &Plan, id: &str, outcome: &Outcome, runs: (&Recorded, &Outcome)) -> (Judged, Held) {
    let again = Again { first: runs.0, second: [&runs.1.digest, &runs.1.figures_digest] };
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

/// The reason why a cell has no outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broke {
    Unrunnable(String),
    /// Its stack does not support these features.
    Unsupported(Vec<String>),
    /// A panic of the bench or of a third-party stack, with its text.
    Panicked(String),
}

pub fn broken(plan: &Plan, id: &str, why: &Broke) -> Judged {
    let stack = plan.engine_name.clone();
    let broken = |exit: Exit, text: String| (text.clone(), Reason::Broken { exit_code: exit.code(), text });
    let (text, reason) = match why {
        Broke::Unsupported(needs) => {
            let text = format!("the stack `{stack}` does not support {}", needs.join(", "));
            (text, Reason::Unsupported { stack, needs: needs.clone() })
        }
        Broke::Unrunnable(text) => broken(Exit::Invalid, text.clone()),
        Broke::Panicked(text) if plan.is_third_party => {
            // An uncaught exception in the code of an app is not a bug of the stack.
            let how = if text.starts_with("uncaught in ") { "ended the run" } else { "panicked" };
            broken(Exit::Stuck, format!("the stack `{stack}` {how}: {text}"))
        }
        Broke::Panicked(text) => broken(Exit::Internal, format!("a bug of syncdyno: {text}")),
    };
    let mut cell = cells::blank(plan, id);
    cell.ending = EndingRecord { kind: EndingKind::Broken, text: vec![text] };
    settle(&mut cell, vec![reason]);
    Judged { cell, ..Judged::default() }
}

/// Adds reasons to a cell and sets its verdict. A cell without any reason passes.
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

/// Judges a run by all rules and builds its record.
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

/// The record of a run that is judged without a baseline.
pub fn assemble(folder: &str, plans: &[Plan], judged: Vec<Judged>, notes: &[Note]) -> RunRecord {
    judge_run(&Trial { folder, plans, notes, ..Trial::default() }, judged).record
}

/// The record of a single cell that ran again. Rules for several seeds do not apply.
pub fn judge_alone(plan: &Plan, judged: Judged) -> RunRecord {
    let trial = Trial { plans: std::slice::from_ref(plan), ..Trial::default() };
    Rulings::default().close(&trial, vec![judged]).record
}
