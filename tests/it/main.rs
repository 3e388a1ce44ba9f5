//! The integration tests: one binary, a module a subject.

mod cli;
mod metric_table;
mod tidy;
