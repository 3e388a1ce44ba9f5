//! The list of all rules, and the rules that belong to no other module. Each kind has its own file.

mod baseline;
mod cell;
mod run;

pub(super) use cell::{expectations, gates};

use super::case::{Ended, Ruling, Trial};
use crate::analysis::{answers, claims, occurrences, untested};
use crate::record::{Judged, Reason};

pub(super) enum Rule {
    /// Judges a single cell (one simulation) as soon as it has ended.
    OfCell(fn(&Ended<'_>) -> Vec<Reason>),
    /// Judges a run. The verdicts of earlier rules are already known.
    OfRun(fn(&Trial<'_>, &[Judged]) -> Vec<Ruling>),
}

/// All rules. Reasons of equal severity are reported in the order of this list.
pub(super) static RULES: &[Rule] = &[
    Rule::OfCell(cell::violations),
    Rule::OfCell(cell::rest),
    Rule::OfCell(cell::saved_edits),
    Rule::OfCell(untested::reasons),
    Rule::OfCell(cell::as_expected),
    Rule::OfCell(cell::gates_met),
    Rule::OfCell(cell::same_again),
    Rule::OfRun(claims::claims),
    Rule::OfRun(answers::answers),
    Rule::OfRun(baseline::baseline),
    Rule::OfRun(occurrences::occurrences),
    Rule::OfRun(run::has_an_answer),
    Rule::OfRun(run::notes),
    Rule::OfRun(run::no_cell),
    Rule::OfRun(run::unusable),
    Rule::OfRun(run::uncalibrated),
];
