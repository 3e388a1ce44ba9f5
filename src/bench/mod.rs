//! The bench as a test calls it: a stack, a scenario, seeds, a report.
//!
//! A [`Bench`] is configured, [`run`](Bench::run) returns a [`Report`], and [`Report::assert_ok`]
//! fails a `#[test]` with the output of the command line. Everything below is the same as there:
//! plans by `scenario`, cells by `campaign`, verdicts by `analysis`. `SYNCDYNO_SEED=7` in the
//! environment replaces all seeds, to repeat a single failure.
//!
//! Invariants: nothing is written to disk; two runs of the same bench give equal digests.

mod report;
mod setup;

pub use report::{Across, Report, Violation};
pub use setup::{Bench, BenchError};
