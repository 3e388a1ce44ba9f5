//! The command line.
//!
//! A stack is a sync engine with its server half.
//!
//! [`main`] reads the arguments and the surroundings, runs a command, and returns an exit code. A
//! program with its own stack calls `cli::main(Stacks::builtin().with(STACK))`.
//!
//! Only the result goes to stdout. Progress, remarks and errors go to stderr. If a reader closes
//! the pipe early, this is not an error. `docs/commands.md` explains the exit codes.
//!
//! After the first Ctrl-C, no more cells (simulations) start, and running cells have 10 seconds to
//! finish. The program then writes a report that is marked as incomplete. A second Ctrl-C stops the
//! program at once. SIGTERM ends running cells early, and the program still writes the report.
//!
//! Only this module uses the terminal, signals and `anyhow`. Only this module and `bench` (for a
//! seed) read the environment.

mod against;
mod args;
mod asked;
mod baseline;
mod calibrate;
mod ci;
mod compare;
mod console;
mod cost;
mod grid;
mod hunt;
mod hunt_args;
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
mod settle;
mod shard;
mod shrink;
mod sources;
mod sweep;
mod table;
mod tune;
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
