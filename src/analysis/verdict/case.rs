//! What rules are given, and what they give.

use super::digests::Again;
use crate::analysis::compare::Shift;
use crate::record::{
    AnswerRecord, Baseline, BaselineCell, CellRecord, ClaimRecord, Exit, GateRecord, Judged, Note,
    OccurrenceRecord, Reason, SweepRecord, TuneRecord,
};
use crate::scenario::Plan;
use crate::world::Outcome;

/// A cell that has ended, with what it was held to so far.
pub(in crate::analysis) struct Ended<'a> {
    pub(in crate::analysis) plan: &'a Plan,
    pub(in crate::analysis) outcome: &'a Outcome,
    pub(in crate::analysis) cell: &'a CellRecord,
    pub(in crate::analysis) gates: &'a [GateRecord],
    /// The digests of another run of it, if there was one.
    pub(super) again: Option<&'a Again<'a>>,
}

/// What is asked of a run, by which a cell that fails is a failure or an answer.
#[derive(Clone, Copy, Debug, Default)]
pub enum Asks<'a> {
    /// Whether all cells are as they must be.
    #[default]
    Cells,
    /// The same, of a grid of settings.
    Sweep(&'a SweepRecord),
    /// What each setting comes to: what one loses or misses is an answer.
    Matrix,
    /// Which setting is the best: the run fails where none is left.
    Search { tune: &'a TuneRecord, fail_fast: bool },
}

/// A baseline, and how a run is held to it.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    pub name: &'a str,
    pub baseline: &'a Baseline,
    /// Judged over the seeds, with so many millionths tolerated; figure by figure if `None`.
    pub tolerance_ppm: Option<u64>,
    /// Whether the run fails by cells of the baseline that it left out.
    pub require_all: bool,
    /// Whether a cell of the baseline is one of those that the run was asked for.
    pub is_asked: &'a dyn Fn(&BaselineCell) -> bool,
    /// How a shift over the seeds is said.
    pub told: fn(&Shift, Standard<'_>) -> String,
}

/// What a run is held against.
#[derive(Clone, Copy, Debug)]
pub struct Standard<'a> {
    pub name: &'a str,
    pub baseline: &'a Baseline,
    pub folder: &'a str,
    /// Whether the run came to its end and nothing else is wrong with it: no other can be accepted.
    pub acceptable: bool,
}

/// A run and all that it is held to.
#[derive(Clone, Copy, Default)]
pub struct Trial<'a> {
    /// Where the record will lie, as commands name it.
    pub folder: &'a str,
    pub plans: &'a [Plan],
    /// What stopped the run before its end.
    pub notes: &'a [Note],
    pub asks: Asks<'a>,
    pub against: Option<Against<'a>>,
}

impl Trial<'_> {
    pub(super) fn all_ended(&self, judged: &[Judged]) -> bool {
        let ended = judged.iter().filter(|judged| judged.cell.verdict.was_run());
        ended.count() == self.plans.len()
    }
}

/// What a rule has the record of a run say.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis) enum Ruling {
    /// The cell at this place fails.
    FailsCell(usize, Reason),
    /// The run fails with this code, and no cell is to blame: another ruling beside says why.
    FailsRun(Exit),
    /// The run was stopped, with this code.
    Stops(Exit),
    Claim(ClaimRecord),
    Answer(AnswerRecord),
    Occurrence(OccurrenceRecord),
    /// It is or may be worse than the baseline, and fails nothing.
    Tolerated(String),
    /// It is not the baseline's, and that is not gated.
    Changed(String),
    /// What a reader should know of it; it fails nothing.
    Remark(String),
    /// What of the baseline the run left out, and whether it fails by that.
    LeftOut(String, bool),
    /// The command that makes this run the baseline.
    Accept(String),
}
