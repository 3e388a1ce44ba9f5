//! Sync engines in JavaScript, as they are, on the simulated phones of the bench `syncdyno`.
//!
//! [`stack()`] is the stack `js`: a scenario names a bundle, which runs in QuickJS on each phone,
//! in virtual time, on that phone's disk and network and nothing else.
//!
//! | room | what it is |
//! |---|---|
//! | `runtime` | the interpreter: programs, turns, limits, what its work costs |
//! | `host` | what JavaScript finds: clock, timers, chance, fetch, sockets, SQLite, files |
//! | `phone` | the half that runs on a phone: queue, journal of edits, acknowledgements, looks |
//! | `server` | the half that answers, if that is in JavaScript too |

mod host;
mod phone;
mod runtime;
mod server;
mod stack;

pub use stack::stack;
pub(crate) use syncdyno_contract::{base, contract};
