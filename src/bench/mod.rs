//! The bench as a test calls it: a stack, a scenario, seeds, a report.
//!
//! [`Bench`] is made ready, [`run`](Bench::run) gives a [`Report`], and [`Report::assert_ok`] fails
//! a `#[test]` with what the command line would print. Everything below is the same as there: plans
//! by `scenario`, cells by `campaign`, verdicts by `analysis`. `SYNCDYNO_SEED=7` in the environment
//! takes the place of all seeds, so that one failure is repeated alone.
//!
//! Invariants: nothing is written to disk; two runs of the same bench give equal digests.

mod report;
mod setup;

pub use report::{Across, Report, Violation};
pub use setup::{Bench, BenchError};
