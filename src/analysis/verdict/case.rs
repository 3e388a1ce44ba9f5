//! The input and the output of rules.

use super::digests::Again;
use crate::analysis::compare::Shift;
use crate::record::{
    AnswerRecord, Baseline, BaselineCell, CellRecord, ClaimRecord, Exit, GateRecord, Note, OccurrenceRecord,
    Reason, SweepRecord, TuneRecord,
};
use crate::scenario::Plan;
use crate::world::Outcome;

/// A cell that has ended, with its expectations and gates filled in.
pub(in crate::analysis) struct Ended<'a> {
    pub(in crate::analysis) plan: &'a Plan,
    pub(in crate::analysis) outcome: &'a Outcome,
    pub(in crate::analysis) cell: &'a CellRecord,
    pub(in crate::analysis) gates: &'a [GateRecord],
    /// The digests of a second run of it, if there was one.
    pub(super) again: Option<&'a Again<'a>>,
}

/// What is asked of a run. It decides if a failing cell is a failure or a result.
#[derive(Clone, Copy, Debug, Default)]
pub enum Asks<'a> {
    /// Whether all cells pass.
    #[default]
    Cells,
    /// The same, for a grid of settings.
    Sweep(&'a SweepRecord),
    /// The result of each setting: losing or missing something is a result.
    Matrix,
    /// Which setting is the best: the run fails if all are excluded.
    Search { tune: &'a TuneRecord, fail_fast: bool },
}

/// A baseline, and how a run is compared with it.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    pub name: &'a str,
    pub baseline: &'a Baseline,
    /// Compared over the seeds with this tolerance in millionths; figure by figure if `None`.
    pub tolerance_ppm: Option<u64>,
    /// True if the run fails because it left out cells of the baseline.
    pub require_all: bool,
    /// True for a cell of the baseline that the run was asked for.
    pub is_asked: &'a dyn Fn(&BaselineCell) -> bool,
    /// The text for a shift over the seeds.
    pub told: fn(&Shift, Standard<'_>) -> String,
}

/// A baseline as a text needs it.
#[derive(Clone, Copy, Debug)]
pub struct Standard<'a> {
    pub name: &'a str,
    pub baseline: &'a Baseline,
    pub folder: &'a str,
    /// True if the run ended and nothing else is wrong with it: only then it can be accepted.
    pub acceptable: bool,
}

/// A run and everything that it is judged by.
#[derive(Clone, Copy, Default)]
pub struct Trial<'a> {
    /// The path of the record in commands.
    pub folder: &'a str,
    pub plans: &'a [Plan],
    /// What stopped the run before its end.
    pub notes: &'a [Note],
    pub asks: Asks<'a>,
    pub against: Option<Against<'a>>,
}

/// What a rule decides about a run.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis) enum Ruling {
    /// The cell at this index fails.
    FailsCell(usize, Reason),
    /// The run fails with this code, but no cell. Another ruling says why.
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
    /// Information for the reader, not a failure.
    Remark(String),
    /// What the run left out of the baseline, and whether that fails the run.
    LeftOut(String, bool),
    /// The command that makes this run the baseline.
    Accept(String),
}
