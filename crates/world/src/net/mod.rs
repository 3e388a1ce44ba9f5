//! Links: how long a message takes, and whether it arrives.
//!
//! A [`Link`] is a device's own: its [`LinkConditions`] are a function of the link and of time,
//! never of the message, so two engines and two chunk sizes meet the same. Through [`Conditions`]
//! the arithmetic of [`tcp`] asks when bytes leave the bottleneck and which packets are lost.
//!
//! A [`Way`] is the transport port over a link, with a pool of connections: HTTP/1.1 with several,
//! or one of HTTP/2. A message joins the others on the line of its direction, which share the rate
//! and are planned again when one joins or leaves; those of one HTTP/2 connection share its window
//! as well, and what is lost of one holds back all behind it. What was in flight goes on though the
//! device's process died, which is how "applied, but the answer was lost" comes about.
//! A connection that is held carries messages both ways and stands apart from the pool (`held`).
//! [`Protocol::Bare`] has neither connections nor headers: what closed forms speak of.
//!
//! Invariants: the messages of a connection do not overtake each other; a request ends by its
//! deadline; nothing is sent where the operating system sees no network; a connection whose request
//! ended badly is not used again.

mod client;
mod conditions;
mod connection_line;
mod connection_pool;
mod energy;
mod held;
mod link;
mod link_state;
mod options;
mod server;
mod sharing;
pub mod tcp;
mod transport;
mod transport_bare;
mod transport_options;
mod turns;

#[cfg(test)]
mod transport_tests;

pub use conditions::{Conditions, Direction};
pub use energy::{Power, RadioCost, RadioUse, Radios};
pub use link::{Link, Troubles};
pub use link_state::{ConditionsAt, LinkConditions, LinkSchedule, Trace, TraceError};
pub use options::{
    During, FieldWorker, GapLengths, Gaps, Jitter, JitterTail, Limits, LossWindow, Moves, Outage, OutageMode,
    PacketLoss, Profile, Promotion, Radio, RadioChanges, Steps, Variation,
};
pub use server::{Foreign, Rest, Server, ServerEnd, Version};
pub use transport::Way;
pub use transport_options::{HalfOpen, Protocol, TransportOptions};
