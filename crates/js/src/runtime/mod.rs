//! The interpreter: QuickJS, one runtime for each process of a phone or a server.
//!
//! A [`Program`] is compiled once per host process, identified by the hash of its text. An
//! [`Interpreter`] runs it turn by turn: it calls a function, then runs the jobs that the call
//! queued. One rule (`cost`) gives the [`Work`](crate::contract::Work) that a turn costs a phone.
//!
//! Invariants: nothing here depends on the host. Arithmetic is that of crate `libm`. Memory is
//! counted on allocation, collected after counts of turns and jobs, and limited, as is the stack. A
//! turn that does not end is stopped. Rust keeps no value of JavaScript beyond a call.

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
