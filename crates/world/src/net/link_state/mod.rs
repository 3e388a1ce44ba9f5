//! The link conditions of a device: what its links offer at a time, as a function of (link,
//! direction, time), whether it stays on one or moves between several ([`LinkSchedule`]).
//!
//! Invariants: nothing depends on what is sent or was asked before; what is drawn is named by time,
//! so that no answer walks there from the start; what is kept only makes the next answer cheaper. A
//! stay's link has its own seed, by its position in the schedule. Times without the link are few
//! and are drawn before the world starts.

mod capacity;
mod gaps;
mod jitter;
mod link_conditions;
mod loss;
mod moves;
mod rate;
mod trace;

pub use link_conditions::{ConditionsAt, LinkConditions};
pub use moves::LinkSchedule;
pub use trace::{Trace, TraceError};
