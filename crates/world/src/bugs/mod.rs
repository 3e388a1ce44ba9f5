//! Planted bugs: engines that are correct but for one rule.
//!
//! A check that has never fired proves nothing. Each bug here is a mechanism by which a shipping
//! engine has lost, doubled, resurrected or stranded its users' data, made small. It overrides one
//! method of one rule of the built-in engine, or puts a hook into the app around it. It is
//! registered as `broken:<id>` and names the check that must catch it; a catch by another check
//! does not count.
//!
//! Reading order: `bug` (what a bug is, and the macro that lists them), then any other file.
//!
//! Invariant: no correct engine can reach this room.

mod again;
mod app;
mod between;
mod bug;
mod list;
mod named;
mod order;
mod page;
mod pull;
mod push;
mod send;
mod units;

pub use bug::{Breaks, Bug, FaultReport};
pub use list::{all, find};
