//! The bench as a test calls it: a stack, a scenario, seeds, a report.
//!
//! A test configures a [`Bench`], and [`run`](Bench::run) returns a [`Report`]. If the run failed,
//! [`Report::assert_ok`] fails the test with the output of the command line. The layers below are
//! the same as in the program: plans by `scenario`, cells by `campaign`, verdicts by `analysis`.
//! `SYNCDYNO_SEED=7` in the environment replaces all seeds, to repeat a single failure.
//!
//! Invariants: nothing is written to disk; two runs of the same bench give equal digests.

mod report;
mod setup;

pub use report::{Across, Report, Violation};
pub use setup::{Bench, BenchError};
