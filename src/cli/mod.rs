//! The command line.
//!
//! [`main`] reads the arguments and the surroundings, hands both to one of the commands, and turns what comes back into an exit code.
//! It takes the stacks that scenarios may name: a program with a stack of its own is a `main` of
//! one line, `cli::main(Stacks::builtin().with(STACK))`.
//!
//! stdout carries the result and nothing else; progress, remarks and errors go to stderr. The last
//! lines of a run name the report and, for each cause of a failure, the command that runs its first
//! cell again. A reader that closes the pipe early is no error.
//! What each exit code means is in `docs/commands.md`, which `--help` prints, too.
//!
//! One Ctrl-C starts no more cells, lets the running ones finish for up to ten seconds and writes a partial report, marked incomplete;
//! a second one stops at once. SIGTERM ends running cells early and still writes the report.
//!
//! This is the only room that reads the environment, the terminal and signals, and the only one that uses `anyhow`.

mod against;
mod args;
mod asked;
mod baseline;
mod calibrate;
mod ci;
mod compare;
mod conflicts;
mod console;
mod cost;
mod coverage;
mod grid;
mod inputs;
mod inspect;
mod matrix;
mod narrow;
mod observations;
mod partition;
mod program;
mod progress;
mod refusal;
mod replay;
mod report;
mod run;
mod shard;
mod sources;
mod spare;
mod sweep;
mod tune;
mod validate;
mod work;
mod written;

#[cfg(test)]
mod asked_tests;
#[cfg(test)]
mod careful_tests;
#[cfg(test)]
mod refused_tests;
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
#[cfg(test)]
mod words_tests;

pub use console::Surroundings;
pub use program::{execute, main};
