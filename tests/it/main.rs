//! The integration tests: one binary, a module a subject.

mod baselines;
mod calibrate;
mod cli;
mod comparisons;
mod contrib;
mod crash_sweep;
mod determinism;
mod drain;
mod gateway_sweep;
mod loads;
mod metric_table;
mod physics;
mod reports;
mod requirements;
mod retries;
mod sabotage;
mod scripts;
mod strategies;
mod suite;
mod sweep;
mod tidy;
mod tiny_stack;
mod tune;
mod validation;
mod waits;
mod worlds;
