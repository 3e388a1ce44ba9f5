//! The interpreter: QuickJS, one runtime for each life of a phone or a server.
//!
//! A [`Program`] is compiled once in a process, by the hash of its text. An [`Interpreter`] runs it
//! turn by turn: enter, call, drain the jobs that this made. What a turn costs a phone is told by
//! its [`Work`](crate::contract::Work), by one rule (`cost`).
//!
//! Invariants: nothing here depends on the host. Arithmetic is that of crate `libm`. Memory is
//! counted as it is asked for, collected by counts of turns and of jobs, and has a limit; so has
//! the stack. A turn that does not end is ended. Rust keeps no value of JavaScript beyond a call.

mod cost;
mod fault;
mod interpreter;
mod modules;
mod program;
mod raw;

pub(crate) use cost::{Spent, Turns, work};
pub(crate) use fault::{Fault, end_cell};
pub(crate) use interpreter::{Interpreter, entry};
pub(crate) use modules::Modules;
pub(crate) use program::Program;
pub(crate) use raw::{LentRecord, attach_nothing, bytes_in, count_steps, keep_entry};
