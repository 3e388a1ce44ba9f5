//! The link conditions of a device: what its links offer, as a function of (link, direction, time).
//! A device stays on one link or moves between several ([`LinkSchedule`]).
//!
//! Read `moves` (which link when), `link_conditions` (all of it together), then the parts.
//!
//! Invariants: nothing depends on what is sent or was asked before. Random draws are keyed by time,
//! so no query walks there from the start. Caches only make the next query cheaper. A link has its
//! own seed, by its position in the schedule. Outages are few and drawn before the world starts.

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
