//! What JavaScript finds, on a phone and on a server: clock, timers, chance, console, fetch,
//! sockets, SQLite, files, storage.
//!
//! Each thing is a file: what only the host can do in Rust, what a browser or a library shows of it
//! in the `.js` beside it. A [`Host`] is what all of them share: one for each runtime.
//!
//! Invariants: a function reaches the simulated disk and network of its own phone and nothing else.
//! What a turn asks for that takes time (a request, a timer, an answer to the bench) is noted as an
//! [`Effect`], and done when the turn's own time is over. Functions hold the host weakly, so that a
//! runtime can be dropped at any time.

mod crypto;
mod disk;
mod files;
mod install;
mod meant;
mod modules;
mod prints;
mod sql;
mod state;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use disk::{Disk, Note, named};
pub(crate) use install::{functions, start};
pub(crate) use meant::did_you_mean;
pub(crate) use modules::{MODULES, is_ours};
pub(crate) use prints::{Says, by_then, fits, print_at};
pub(crate) use state::{Effect, Host, World};
pub(crate) use values::{from_js, print_of, row_from_js, row_of, row_to_js};
