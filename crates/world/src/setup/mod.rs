//! What is simulated: one cell, in which nothing is left to decide.
//!
//! A [`Setup`] is all that `world` sees of a scenario: the data, the fleets, the backend, the
//! gateway and the engine with their options, what people do, what goes wrong and when. Room
//! `scenario` resolves files to it; what a cell has to come to, and where it was read, stand beside
//! it there.
//!
//! Invariant: a setup is a value. Two that are equal are the same day.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

mod budget;
mod chaos;
mod devices;
mod hook;
mod needs;
mod shared;

pub use budget::Budget;
pub use chaos::{Chaos, Lengths};
pub use hook::{AppCall, AppQuery, BETWEEN_TRIGGERS, Fate, HookPlan, Hooks};
pub use shared::*;
