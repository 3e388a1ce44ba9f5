//! What is simulated: one cell, with no choice left open.
//!
//! A [`Setup`] is all that `world` sees of a scenario: data, fleets, backend, gateway, engine and
//! their options, what people do, faults and events. Room `scenario` resolves files to it, and
//! keeps apart from it what a cell must achieve and where it was read. Start with `shared`.
//!
//! Invariant: a setup is a value. Two equal setups give the same day.

mod budget;
mod chaos;
mod devices;
mod hook;
mod needs;
mod shared;

pub use budget::{AtEnd, Budget};
pub use chaos::{Chaos, Lengths};
pub use hook::{AppCall, AppQuery, BETWEEN_TRIGGERS, HookPlan, Hooks};
pub use shared::*;
