//! The command line.
//!
//! [`main`] reads the arguments and the surroundings, hands both to one of the commands, and turns what comes back into an exit code.
//! It takes the stacks that scenarios may name: a program with a stack of its own is a `main` of
//! one line, `cli::main(Stacks::builtin().with(STACK))`.
//!
//! stdout carries the result and nothing else; progress, remarks and errors go to stderr. The last
//! lines of a run name the report and, for each cause of a failure, the command that runs its first
//! cell again. A reader that closes the pipe early is no error.
//!
//! | exit | meaning |
//! |---|---|
//! | 0 | ran, all expectations and gates met |
//! | 1 | internal error |
//! | 2 | usage: an argument that is wrong, a path that is not there, a file that would be overwritten, a replay of what is not recorded |
//! | 3 | scenario invalid; also by what `--set` makes of it |
//! | 4 | nothing selected: a folder without scenarios, a variant that no scenario has |
//! | 10 | threshold failed, a violation that was expected did not occur, no edit of an action came to be, or no device sent a request |
//! | 11 | correctness: something lost, duplicated, resurrected, divergent |
//! | 12 | stuck: did not converge by the deadline, or an engine that spins or stalls |
//! | 13 | a figure is not the baseline's, or compare --fail-on-worse found something worse |
//! | 14 | the baseline is missing or not comparable, or has cells that are gone (`--require-all`) |
//! | 15 | not deterministic: same cell and build, other digest |
//! | 16 | merge: cells of the plan are in none of the shards |
//! | 20 | environment: disk full, a file that cannot be read, a report that cannot be written |
//! | 124 / 130 / 143 | time limit / SIGINT / SIGTERM |
//!
//! When several apply, the first of: 1, 20, 130/143, 124, 16, 11, 12, 15, 14, 13, 10.
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
mod measured;
mod narrow;
mod observations;
mod partition;
mod program;
mod progress;
mod refusal;
mod replay;
mod report;
mod room;
mod run;
mod shard;
mod sources;
mod spare;
mod sweep;
mod tolerance;
mod tune;
mod validate;
mod wire;
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
