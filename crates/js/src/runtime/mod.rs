//! The interpreter: QuickJS. Each process of a phone or a server has one runtime.
//!
//! A [`Program`] is compiled once per host process and identified by the hash of its text. An
//! [`Interpreter`] runs it turn by turn: it calls a function, then runs the jobs that the call
//! queued. One rule (`cost`) computes the [`Work`](crate::contract::Work) of a turn on a phone.
//!
//! Invariants: nothing here depends on the host. Arithmetic is that of crate `libm`. Memory is
//! counted when it is allocated. Garbage is collected after counts of turns and jobs. Memory and
//! stack are limited, and an endless turn is stopped. Rust keeps no value of JavaScript after a
//! call.

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
