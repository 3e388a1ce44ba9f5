//! The integration tests: one binary, a module a subject.

mod cli;
mod crash_sweep;
mod loads;
mod metric_table;
mod tidy;
mod worlds;
