//! Network: how long a message takes on a device's link, and whether it arrives.
//!
//! Read in this order:
//! - `options`, `link_state`: [`LinkConditions`] are functions of (link, time), never of the
//!   message. So two engines, or two chunk sizes, meet the same conditions.
//! - [`Link`]: one device's link. Through [`Conditions`], [`tcp`] asks it when bytes leave the
//!   bottleneck and which packets are lost.
//! - [`Way`]: the client transport with its pool: several connections for HTTP/1.1, one for HTTP/2.
//!   Messages of one direction share a line (`connection_line`) and its rate. They are planned
//!   again when one joins or leaves. On HTTP/2 they also share a window: a loss delays all behind
//!   it. A message in flight survives its process, so a gateway may apply a request whose response
//!   is lost.
//! - `held`: connections outside the pool that transmit messages both ways.
//! - `push_messages`: how the platform's push service handles a message.
//! - [`Protocol::Bare`] has no connections and no headers; the closed forms describe it.
//!
//! Invariants: messages of a connection do not overtake each other. A request ends by its deadline.
//! Nothing is sent while the operating system reports no network. A connection whose request failed
//! is not used again.

mod client;
mod conditions;
mod connection_line;
mod connection_pool;
mod energy;
mod held;
mod link;
mod link_state;
mod options;
mod push_messages;
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
pub use link::{Link, NetworkFaults};
pub use link_state::{ConditionsAt, LinkConditions, LinkSchedule, Trace, TraceError};
pub use options::{
    During, FieldWorker, GapLengths, Gaps, Jitter, JitterTail, Limits, LossWindow, Moves, Outage, OutageMode,
    PacketLoss, Profile, Promotion, Radio, RadioChanges, Steps, Variation,
};
pub use push_messages::{Collapse, PushMessageOptions};
pub use server::{Foreign, Rest, Server, ServerEnd, Version};
pub use transport::Way;
pub use transport_options::{HalfOpen, Protocol, TransportOptions};
