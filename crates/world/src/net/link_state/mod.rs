//! The link conditions of a device as a function of (link, direction, time). A device stays on one
//! link or moves between several ([`LinkSchedule`]).
//!
//! Read `moves` (the link at each time), `link_conditions` (all conditions), then the parts.
//!
//! Invariants: the conditions never depend on the data sent or on earlier queries. The time is the
//! key of each random draw, so a query needs no draws for earlier times. Caches only make the next
//! query cheaper. Each link has its own seed, derived from its index in the schedule. Outages are
//! few, so all are drawn before the simulation starts.

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
