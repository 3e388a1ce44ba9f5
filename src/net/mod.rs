//! Links: how long a message takes, and whether it arrives.
//!
//! A [`Link`] is a device's own: its [`LinkConditions`] (rate, jitter, losses, gaps, the device's
//! moves from link to link) is a function of the link and of time, never of the message, so two
//! engines and two chunk sizes meet the same. Through [`Conditions`] the arithmetic of [`tcp`] asks
//! it when bytes leave the bottleneck and which packets are lost, and says when a message is there.
//!
//! A [`Way`] is the transport port over a link. It keeps a pool of connections: HTTP/1.1 with
//! several, or one of HTTP/2. A request takes a kept one, opens one, or waits; its message joins
//! the others on the line of its direction, which share the rate and are planned again when one
//! joins or leaves. Those of one HTTP/2 connection share its window as well: their frames take
//! turns, and what is lost of one holds back all that was sent after it. (Under BBR what has begun
//! is paced to its end in one piece: a stream that joins then follows it.) What was in flight goes
//! on though the device's process died meanwhile, which is how "applied, but the answer was lost"
//! comes about; what was not in flight is not sent. With [`Protocol::Bare`] there are neither
//! connections nor headers, only round trip and rate: what closed forms speak of.
//!
//! Invariants: the messages of a connection do not overtake each other; a request ends by its
//! deadline at the latest; nothing is sent where the operating system sees no network; a connection
//! whose request ended badly is not used again.

mod cache;
mod conditions;
mod connection_line;
mod connection_pool;
mod energy;
mod foreign;
mod link;
mod link_state;
mod options;
mod proxy;
mod server;
mod sharing;
mod stage;
pub mod tcp;
mod through_cache;
mod transport;
mod transport_bare;
mod transport_options;
mod turns;

#[cfg(test)]
mod transport_tests;

pub use cache::{CacheTime, Version};
pub use conditions::{Conditions, Direction};
pub use energy::{Power, RadioCost, RadioUse, Radios};
pub use foreign::{Foreign, ForeignTime};
pub use link::{Fate, Link, LossyTime};
pub use link_state::{ConditionsAt, LinkConditions, LinkSchedule, Trace, TraceError};
pub use options::{
    FieldWorker, GapLengths, Gaps, Jitter, JitterTail, Limits, LossWindow, Moves, Outage, OutageMode,
    PacketLoss, Profile, Promotion, Radio, RadioChanges, Steps, Variation,
};
pub use server::Server;
pub use transport::Way;
pub use transport_options::{HalfOpen, Protocol, TransportOptions};
