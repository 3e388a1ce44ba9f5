//! Runs sync engines in JavaScript, unchanged, on the simulated phones of the bench `syncdyno`.
//!
//! [`stack()`] is the stack `js`: a scenario names a bundle of JavaScript. It runs in QuickJS on
//! each phone, in virtual time, and reaches only that phone's disk and network.
//!
//! | room | content |
//! |---|---|
//! | `runtime` | the interpreter: programs, turns, limits, cost of its work |
//! | `host` | the functions: clock, timers, random numbers, fetch, sockets, SQLite, files |
//! | `phone` | the half that runs on a phone: queue, journal of edits, acknowledgements, views |
//! | `server` | the server half, if it is in JavaScript too |

mod host;
mod phone;
mod runtime;
mod server;
mod stack;

pub use stack::stack;
pub(crate) use syncdyno_contract::{base, contract};
