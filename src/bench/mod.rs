//! The bench, which runs simulations from a Rust test.
//!
//! A stack is a sync engine with its server half.
//!
//! A test configures a [`Bench`] with a stack, a scenario and seeds. [`run`](Bench::run) returns a
//! [`Report`]. If the run failed, [`Report::assert_ok`] fails the test with the output that the
//! command line would print. `SYNCDYNO_SEED=7` in the environment replaces all seeds, to repeat a
//! single failure.
//!
//! The bench uses the same modules as the program: `scenario` reads the plans, `campaign` runs the
//! cells (one simulation each), and `analysis` judges them.
//!
//! Invariants: the bench writes nothing to disk. Two runs of the same bench give equal digests.

mod report;
mod setup;

pub use report::{Across, Report, Violation};
pub use setup::{Bench, BenchError};
