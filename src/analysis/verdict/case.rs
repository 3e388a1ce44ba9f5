//! What rules get and what they return.

use super::digests::Again;
use crate::analysis::compare::Shift;
use crate::record::{
    AnswerRecord, Baseline, BaselineCell, CellRecord, ClaimRecord, Exit, GateRecord, Note, OccurrenceRecord,
    Reason, SweepRecord, TuneRecord,
};
use crate::scenario::Plan;
use crate::world::Outcome;

/// A cell that has ended, complete with its expectations and gates.
pub(in crate::analysis) struct Ended<'a> {
    pub(in crate::analysis) plan: &'a Plan,
    pub(in crate::analysis) outcome: &'a Outcome,
    pub(in crate::analysis) cell: &'a CellRecord,
    pub(in crate::analysis) gates: &'a [GateRecord],
    /// The digests of a second run of the cell; `None` if there was none.
    pub(super) again: Option<&'a Again<'a>>,
}

/// What the user asks of a run. It decides whether a failing cell is a failure or a result.
#[derive(Clone, Copy, Debug, Default)]
pub enum Asks<'a> {
    /// Do all cells pass?
    #[default]
    Cells,
    /// Do all cells of this grid of settings pass?
    Sweep(&'a SweepRecord),
    /// What is the result of each setting? Losing or missing something is a result.
    Matrix,
    /// Which setting is the best? The run fails if all settings are excluded.
    Search { tune: &'a TuneRecord, fail_fast: bool },
}

/// A baseline, and how a run is compared with it.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    pub name: &'a str,
    pub baseline: &'a Baseline,
    /// The tolerance in millionths, for comparing over the seeds. `None`: figure by figure.
    pub tolerance_ppm: Option<u64>,
    /// True if the run fails when it left out cells of the baseline.
    pub require_all: bool,
    /// True for a cell of the baseline that the user asked the run to have.
    pub is_asked: &'a dyn Fn(&BaselineCell) -> bool,
    /// Gives the text for a shift over the seeds.
    pub told: fn(&Shift, Standard<'_>) -> String,
}

/// A baseline as a text needs it.
#[derive(Clone, Copy, Debug)]
pub struct Standard<'a> {
    pub name: &'a str,
    pub baseline: &'a Baseline,
    pub folder: &'a str,
    /// True if the run can be accepted: it ended and nothing else is wrong with it.
    pub acceptable: bool,
}

/// A run and everything that it is judged by.
#[derive(Clone, Copy, Default)]
pub struct Trial<'a> {
    /// The path of the record, for use in commands.
    pub folder: &'a str,
    pub plans: &'a [Plan],
    /// What stopped the run before its end.
    pub notes: &'a [Note],
    pub asks: Asks<'a>,
    pub against: Option<Against<'a>>,
}

/// The decision of a rule about a run.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis) enum Ruling {
    /// The cell at this index fails.
    FailsCell(usize, Reason),
    /// The run fails with this code, but no cell does. Another ruling has the reason.
    FailsRun(Exit),
    /// The run was stopped, with this code.
    Stops(Exit),
    Claim(ClaimRecord),
    Answer(AnswerRecord),
    Occurrence(OccurrenceRecord),
    /// A figure is or may be worse than the baseline, but does not fail.
    Tolerated(String),
    /// A figure differs from the baseline, but is not gated.
    Changed(String),
    /// A remark for the reader. It is not a failure.
    Remark(String),
    /// What the run left out of the baseline. True if this fails the run.
    LeftOut(String, bool),
    /// The command that makes this run the baseline.
    Accept(String),
}
