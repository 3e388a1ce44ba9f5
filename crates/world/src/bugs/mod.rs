//! Planted bugs: engines with one wrong rule.
//!
//! A check that has never failed proves nothing. Each bug here is a small copy of a mechanism by
//! which a real engine lost, doubled, resurrected or stranded the data of its users. It overrides
//! one method of one rule of the built-in engine, or adds a hook to the app around it. Its stack is
//! `broken:<id>`. Each bug names the check that must find it; if another check finds it, that does
//! not count.
//!
//! Reading order: `bug` (the definition, and the macro that lists bugs), then any other file.
//!
//! Invariant: no correct engine uses this room.

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
