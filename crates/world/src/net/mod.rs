//! Network: how long a message takes on a device's link, and whether it arrives.
//!
//! Read in this order:
//! - `options`, `link_state`: options of a link, and its [`LinkConditions`]. Conditions depend on
//!   the link and the time, never on the messages. So two engines, or two chunk sizes, meet the
//!   same conditions.
//! - [`Link`]: one device's link. [`tcp`], the model of TCP, asks it through [`Conditions`] when
//!   bytes leave the bottleneck and which packets are lost.
//! - [`Way`]: the client transport of a device with its pool of connections. HTTP/1.1 has several
//!   connections, HTTP/2 has one. Messages of one direction share the rate of a line
//!   (`connection_line`). When a message joins or leaves, the ends of the others are computed
//!   again. On HTTP/2, messages also share a window: a lost packet delays all messages behind it. A
//!   message in flight survives its process. So the gateway may apply a request whose response is
//!   lost.
//! - `held`: connections outside the pool that transmit messages in both directions.
//! - `push_messages`: how the platform's push service handles a message.
//! - [`Protocol::Bare`] has no connections and no headers. The closed forms (formulas that predict
//!   a sync) describe it.
//!
//! Invariants: messages of a connection do not overtake each other. A request ends by its deadline.
//! No request starts while the operating system reports no network. A connection whose request
//! failed is not used again.

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
