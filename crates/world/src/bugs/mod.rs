//! Planted bugs: engines that are correct but for one rule.
//!
//! A check that nobody has seen fire is a hope. Each bug here is a mechanism by which a shipping
//! engine has lost, doubled, resurrected or stranded its users' data, made small: it overrides one
//! method of one rule of the built-in engine, or puts a hook into the app around it, and is
//! registered as `broken:<id>`. Each names the check that must catch it; a catch by another check
//! alone does not count.
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

pub use bug::{Breaks, Bug};
pub use list::{all, find};
