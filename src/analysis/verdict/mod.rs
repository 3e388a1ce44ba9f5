//! The verdict: every rule by which a cell or a run fails, in one list, judged in one place.
//!
//! [`judge`] holds the outcome of a cell against its plan as soon as it ends; [`judge_run`] holds
//! cells against each other or a baseline, and gives the record of the run. What a rule
//! holds them to comes in as an argument; what comes out is findings, and `judge` alone makes
//! verdicts, reasons and exit codes of them. The record is put together from the result once.
//!
//! A new rule is a function and a line in the list in `rules/mod.rs`.

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
