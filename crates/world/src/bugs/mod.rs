//! Planted bugs: engines with one deliberate mistake, to test the checks of the oracle (the judge
//! that knows all true values).
//!
//! A check that has never failed proves nothing. Most bugs here are small copies of bugs in real
//! engines. Those engines lost, duplicated, resurrected or stranded data of their users. A bug
//! changes a rule of the built-in engine, or the app around the engine. A scenario selects it by
//! the engine name `broken:<id>`. Each bug names the check that must find it. A find by another
//! check does not count.
//!
//! Reading order: `bug` (the definition, and the macro that lists bugs), then any other file.
//!
//! Invariant: no correct engine uses this module.

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
