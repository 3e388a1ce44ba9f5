//! The command line.
//!
//! [`main`] reads the arguments and the surroundings, hands both to one of the commands, and turns what comes back into an exit code.
//! A program with a stack of its own calls `cli::main(Stacks::builtin().with(STACK))`.
//!
//! stdout carries the result and nothing else; progress, remarks and errors go to stderr. A reader
//! that closes the pipe early is no error. What each exit code means is in `docs/commands.md`.
//!
//! One Ctrl-C starts no more cells, lets the running ones finish for up to ten seconds and writes a partial report, marked incomplete;
//! a second one stops at once. SIGTERM ends running cells early and still writes the report.
//!
//! This is the only room that reads the terminal and signals, and the only one that uses `anyhow`;
//! of the environment `bench` reads a seed.

mod against;
mod args;
mod asked;
mod baseline;
mod calibrate;
mod ci;
mod compare;
mod console;
mod cost;
mod coverage;
mod grid;
mod inputs;
mod inspect;
mod judge;
mod new_js;
mod observations;
mod parsed;
mod program;
mod progress;
mod recorded;
mod refusal;
mod replay;
mod report;
mod run;
mod serve;
mod serve_args;
mod served;
mod shaped;
mod shard;
mod sources;
mod sweep;
mod table;
mod tune;
mod validate;
mod work;
mod written;

#[cfg(test)]
mod careful_tests;
#[cfg(test)]
mod selection_tests;
#[cfg(test)]
mod shard_tests;
#[cfg(test)]
mod shows_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tune_tests;

pub use console::Surroundings;
pub use program::{execute, main};
