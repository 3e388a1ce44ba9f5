//! The integration tests: one binary, a module a subject.

mod crash_sweep;
mod metric_table;
mod tidy;
mod worlds;
