//! The link conditions of a device as a function of (link, direction, time). A device stays on one
//! link or moves between several ([`LinkSchedule`]).
//!
//! Read `moves` (the link at each time), `link_conditions` (all conditions), then the parts.
//!
//! Invariants: the result never depends on the data sent or on earlier queries. Time is the key of
//! each random draw, so no query must step through all times before. Caches only make the next
//! query cheaper. A link has its own seed, by its index in the schedule. Outages are few and drawn
//! before the world starts.

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
