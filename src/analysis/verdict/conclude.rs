//! Turns the rulings (decisions of rules) on a run into its verdict, exit code and record.
//!
//! A cell is one simulation: one variant and one seed. A baseline is a file of figures that a run
//! must reproduce. A matrix is a run that shows the result of each setting, and a failing setting
//! is a result, too.

use super::case::{Asks, Ruling, Trial};
use crate::record::{Exit, Judged, Reason, RunRecord, Verdict, unjudged};

/// The record of a run, and the differences from the baseline that cannot fail the run.
#[derive(Clone, Debug)]
pub struct RunJudged {
    pub record: RunRecord,
    pub changes: Vec<String>,
}

#[derive(Default)]
pub(super) struct Rulings {
    /// A record in which only the fields of the rules are set.
    said: RunRecord,
    changes: Vec<String>,
    fails: Vec<Exit>,
    stops: Vec<Exit>,
    /// The indices of failing cells, each with a reason.
    pub(super) of_cells: Vec<(usize, Reason)>,
}

impl Rulings {
    pub(super) fn take(&mut self, ruling: Ruling) {
        match ruling {
            Ruling::FailsCell(at, reason) => self.of_cells.push((at, reason)),
            Ruling::FailsRun(exit) => self.fails.push(exit),
            Ruling::Stops(exit) => self.stops.push(exit),
            Ruling::Claim(claim) => self.said.claims.push(claim),
            Ruling::Answer(answer) => self.said.answers.push(answer),
            Ruling::Occurrence(occurrence) => self.said.occurrences.push(occurrence),
            Ruling::Tolerated(text) => self.said.tolerated.push(text),
            Ruling::Remark(text) => self.said.remarks.push(text),
            Ruling::Changed(text) => self.changes.push(text),
            Ruling::LeftOut(text, fails) => {
                (self.said.left_out, self.said.left_out_fails) = (Some(text), fails);
            }
            Ruling::Accept(command) => self.said.accept = Some(command),
        }
    }

    /// Completes the record from these cells and the rulings so far.
    pub(super) fn close(self, trial: &Trial<'_>, judged: Vec<Judged>) -> RunJudged {
        let mut record = unjudged(trial.folder, trial.plans, judged, trial.notes);
        match trial.asks {
            Asks::Cells => {}
            Asks::Sweep(sweep) => record.sweep = Some(sweep.clone()),
            Asks::Matrix => record.matrix = true,
            Asks::Search { tune, .. } => {
                record.complete &= tune.places.iter().all(|place| place.complete);
                record.tune = Some(tune.clone());
            }
        }
        let (verdict, exit) = self.verdict(trial.asks, &record);
        let said = self.said;
        let record = RunRecord {
            verdict,
            exit_code: exit.code(),
            claims: said.claims,
            answers: said.answers,
            occurrences: said.occurrences,
            tolerated: said.tolerated,
            remarks: said.remarks,
            left_out: said.left_out,
            left_out_fails: said.left_out_fails,
            accept: said.accept,
            ..record
        };
        RunJudged { record, changes: self.changes }
    }

    fn verdict(&self, asks: Asks<'_>, record: &RunRecord) -> (Verdict, Exit) {
        // A matrix that stops at the first failing cell is judged like a normal run.
        let is_cut = !record.complete && Exit::first(self.stops.iter().copied()) == Exit::Success;
        let is_of_answers = matches!(asks, Asks::Matrix) && !is_cut;
        let is_search = matches!(asks, Asks::Search { .. });
        let counts = |reason: &&Reason| match asks {
            Asks::Search { .. } => {
                matches!(reason.exit(), Exit::Internal | Exit::Invalid | Exit::Unsupported)
            }
            _ => !is_of_answers || !reason.is_finding(),
        };
        let of_cells = record.cells.iter().flat_map(|cell| &cell.reasons).filter(counts).map(Reason::exit);
        let of_run = self.fails.iter().copied().filter(|exit| !is_of_answers || !exit.is_finding());
        let fails: Vec<Exit> = of_cells.chain(of_run).collect();
        let exit = Exit::first(fails.iter().chain(&self.stops).copied());
        let verdict = match record.complete {
            // A stopped search has not failed. It has no result yet.
            _ if is_search && exit != Exit::Success && !fails.contains(&exit) => Verdict::Incomplete,
            _ if fails.iter().any(|exit| *exit != Exit::Unsupported) => Verdict::Fail,
            _ if !fails.is_empty() => Verdict::Unsupported,
            true => Verdict::Pass,
            false => Verdict::Incomplete,
        };
        (verdict, exit)
    }
}
