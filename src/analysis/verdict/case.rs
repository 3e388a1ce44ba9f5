//! The input and the output of rules.
//!
//! A rule judges a cell (one simulation) or a whole run of cells.

use super::digests::Again;
use crate::analysis::compare::Shift;
use crate::record::{
    AnswerRecord, Baseline, BaselineCell, CellRecord, ClaimRecord, Exit, GateRecord, Note, OccurrenceRecord,
    Reason, SweepRecord, TuneRecord,
};
use crate::scenario::Plan;
use crate::world::Outcome;

/// A cell that has ended, with its expectations and gates (limits on its figures).
pub(in crate::analysis) struct Ended<'a> {
    pub(in crate::analysis) plan: &'a Plan,
    pub(in crate::analysis) outcome: &'a Outcome,
    pub(in crate::analysis) cell: &'a CellRecord,
    pub(in crate::analysis) gates: &'a [GateRecord],
    /// The digests of a second run of the cell; `None` if it ran only once.
    pub(super) again: Option<&'a Again<'a>>,
}

/// The question that a user asks with a run. It decides whether a failing cell is a failure or a
/// result.
#[derive(Clone, Copy, Debug, Default)]
pub enum Asks<'a> {
    /// Do all cells pass?
    #[default]
    Cells,
    /// Do all cells of this grid of settings pass?
    Sweep(&'a SweepRecord),
    /// What is the result of each setting? Lost data or a missed limit is a result, not a failure.
    Matrix,
    /// Which setting is the best? The run fails only if all settings are excluded.
    Search { tune: &'a TuneRecord, fail_fast: bool },
}

/// A baseline (figures that a run must reproduce), and how the run is compared with it.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    pub name: &'a str,
    pub baseline: &'a Baseline,
    /// The tolerance for a comparison over all seeds, in millionths. `None` compares figure by
    /// figure.
    pub tolerance_ppm: Option<u64>,
    /// True if a run fails that did not run all cells of the baseline.
    pub require_all: bool,
    /// True for a cell of the baseline that the user asked for.
    pub is_asked: &'a dyn Fn(&BaselineCell) -> bool,
    /// Writes the text of a difference over all seeds.
    pub told: fn(&Shift, Standard<'_>) -> String,
}

/// The facts about a baseline that texts need.
#[derive(Clone, Copy, Debug)]
pub struct Standard<'a> {
    pub name: &'a str,
    pub baseline: &'a Baseline,
    pub folder: &'a str,
    /// True if the run can become the new baseline: it ended, and only its figures differ.
    pub acceptable: bool,
}

/// A run, and everything that the rules judge it by.
#[derive(Clone, Copy, Default)]
pub struct Trial<'a> {
    /// The path of the record, as commands name it.
    pub folder: &'a str,
    pub plans: &'a [Plan],
    /// The reasons why the run stopped early.
    pub notes: &'a [Note],
    pub asks: Asks<'a>,
    pub against: Option<Against<'a>>,
}

/// The decision of a rule about a run.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis) enum Ruling {
    /// The cell at this index fails.
    FailsCell(usize, Reason),
    /// The run fails with this code, although no cell fails. Another ruling has the reason.
    FailsRun(Exit),
    /// The run was stopped early, with this code.
    Stops(Exit),
    Claim(ClaimRecord),
    Answer(AnswerRecord),
    Occurrence(OccurrenceRecord),
    /// A figure is or may be worse than the baseline, but the run does not fail.
    Tolerated(String),
    /// A figure differs from the baseline, but it is not gated, so it cannot fail the run.
    Changed(String),
    /// A remark for the reader. It is not a failure.
    Remark(String),
    /// The part of the baseline that the run left out. True if the run fails because of this.
    LeftOut(String, bool),
    /// The command that makes this run the baseline.
    Accept(String),
}
