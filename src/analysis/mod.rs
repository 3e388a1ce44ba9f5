//! Judges runs. The results are figures and enums.
//!
//! A plan describes a cell before it runs. A gate is a limit on a figure. A baseline is a file of
//! figures that a run must reproduce.
//!
//! [`judge`] compares the outcome of a cell (one simulation) with its plan. [`judge_run`] compares
//! a run of many cells with claims, questions and a baseline. Both use one list of rules, in
//! `verdict`; read it first. [`sweep`] and [`tune`] find the best of many settings. [`compare`]
//! finds the differences between two runs.
//!
//! Invariants:
//!
//! - A result that cannot be judged does not pass. A gate or an expectation fails if its metric is
//!   missing or has no observation. An interrupted cell is incomplete.
//! - Only this module and those below it set a verdict, a reason or an exit code of a run.
//! - This module writes no text. A reason is a code with its figures.

mod answers;
#[cfg(test)]
mod baseline_tests;
mod cells;
mod claims;
pub mod compare;
mod drawn;
mod occurrences;
mod order;
mod phases;
mod spread;
pub mod sweep;
pub mod table;
pub mod tune;
mod untested;
mod verdict;
mod worst;

pub use answers::{AS_GIVEN, Answered, AnsweredList, Fault, Void, are_all, by_list, losses_of, own_faults};
pub use cells::{axis, cell_ids, record_name};
pub use claims::{UncheckedClaim, Why, unchecked, unit_in, variant};
pub use drawn::{cells_to_draw, keep_first_series};
pub use order::{distinct, grouped};
pub use phases::{Phase, Wait, phases, waits};
pub use untested::unplaced;
pub use verdict::{
    Against, Asks, Broke, Held, Recorded, RunJudged, Standard, Trial, assemble, broken, judge, judge_again,
    judge_alone, judge_run,
};
pub use worst::{beyond, counted, grade, worst_of};
