//! The integration tests: one binary, a module a subject.

mod metric_table;
mod tidy;
