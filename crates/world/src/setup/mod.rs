//! The input of a simulation: one cell, with every choice made.
//!
//! A *cell* is one run: a scenario with a variant, axis values (the values that a sweep tries) and
//! a seed. A [`Setup`] is the whole input of module `world`: data, fleets, backend, gateway,
//! engine, their options, the work of people, faults and events. Module `scenario` turns files into
//! setups. It keeps the checks and the positions in files, because a simulation does not need them.
//! Start with `shared`.
//!
//! Invariant: a setup is a value. Two equal setups give the same run.

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
