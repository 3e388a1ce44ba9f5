//! The list of all rules. The rules that belong to no other subject are here, one file per kind.

mod baseline;
mod cell;
mod run;

pub(super) use cell::{expectations, gates};

use super::case::{Ended, Ruling, Trial};
use crate::analysis::{answers, claims, occurrences, untested};
use crate::record::{Judged, Reason};

pub(super) enum Rule {
    /// Judges a single cell as soon as it has ended.
    OfCell(fn(&Ended<'_>) -> Vec<Reason>),
    /// Judges a run. It sees which cells fail by the rules before it.
    OfRun(fn(&Trial<'_>, &[Judged]) -> Vec<Ruling>),
}

/// All rules. Reasons of equal severity are reported in this order.
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
