//! The verdict. One list has all rules by which a cell (one simulation) or a run fails.
//!
//! A plan describes a cell before it runs. A baseline is a file of figures that a run must
//! reproduce.
//!
//! [`judge`] compares the outcome of a cell with its plan as soon as the cell ends. [`judge_run`]
//! compares cells with each other or with a baseline, and returns the record of the run. Rules
//! receive their input as arguments and return findings. Only `judge` turns findings into verdicts,
//! reasons and exit codes. The record is built once, at the end.
//!
//! A new rule needs a function and a line in the list in `rules/mod.rs`.

mod case;
mod conclude;
mod digests;
mod judge;
mod rules;

pub use case::{Against, Asks, Standard, Trial};
pub(super) use case::{Ended, Ruling};
pub use conclude::RunJudged;
pub use digests::{Held, Recorded};
pub use judge::{Broke, assemble, broken, judge, judge_again, judge_alone, judge_run};
