//! The functions that JavaScript finds on a phone and on a server: clock, timers, random numbers,
//! console, fetch, sockets, SQLite, files, storage.
//!
//! Each subject has a Rust file for the part that needs the host. The `.js` file beside it imitates
//! the API of a browser or of a library. All subjects share a [`Host`]; each runtime has one.
//!
//! Invariants: a function reaches only the simulated disk and network of its own phone. A request,
//! a timer or an answer to the bench (the simulator) is an [`Effect`]. A turn (one uninterrupted
//! run of JavaScript) only records its effects; they happen when the turn's own time is over.
//! Functions hold the host weakly, so a runtime can be dropped at any time.

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
