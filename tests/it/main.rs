//! The integration tests: one binary, a module a subject.

mod calibrate;
mod calibration;
mod cli;
mod comparisons;
mod crash_sweep;
mod determinism;
mod drain;
mod loads;
mod metric_table;
mod physics;
mod sabotage;
mod suite;
mod sweep;
mod tidy;
mod validation;
mod worlds;
