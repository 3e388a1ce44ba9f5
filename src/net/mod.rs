//! Links: how long a message takes, and whether it arrives.
//!
//! A [`Link`] is arithmetic: given a direction, a moment and a size it says when the last byte arrives or when the connection
//! breaks. Its [`Weather`] (rate, jitter, losses, gaps, the device's moves from link to link) is a function of the link and of
//! time, never of the message, so two engines and two chunk sizes meet the same. A [`Way`] is the transport port over a
//! link: what was sent goes on though the device's process died meanwhile, which is how "applied, but the answer was lost" comes
//! about.
//!
//! Invariants: messages of one direction share its rate and do not overtake each other; a request ends by its deadline at the
//! latest; nothing is sent where the operating system sees no network.

mod conditions;
mod connection_line;
mod connection_pool;
mod link;
mod options;
pub mod tcp;
mod transport;
mod transport_bare;
mod transport_options;
mod weather;

#[cfg(test)]
mod transport_tests;

pub use conditions::{Conditions, Direction};
pub use link::{Fate, Link, LossyTime, retransmitted_after};
pub use options::{
    GapLengths, Gaps, Jitter, JitterTail, LossWindow, Outage, OutageMode, PacketLoss, Profile, Promotion,
    Radio, RadioChanges, Steps, Variation,
};
pub use transport::{Server, Way};
pub use transport_options::{HalfOpen, Protocol, TransportOptions};
pub use weather::{Itinerary, Trace, TraceError, Weather, WeatherAt};
