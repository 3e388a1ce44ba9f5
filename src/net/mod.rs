//! Links: how long a message takes, and whether it arrives.
//!
//! A [`Link`] is arithmetic: given a direction, a moment and a size it says when the last byte arrives or when the connection
//! breaks. Its weather (jitter, gaps, outages, lost answers) is a function of the link and of time, drawn before the world
//! starts and never by the message, so two engines and two chunk sizes meet the same. A [`Way`] is the transport port over a
//! link: what was sent goes on though the device's process died meanwhile, which is how "applied, but the answer was lost" comes
//! about.
//!
//! Invariants: messages of one direction share its rate and do not overtake each other; a request ends by its deadline at the
//! latest; nothing is sent where the operating system sees no network.

mod conditions;
mod link;
mod options;
pub mod tcp;
mod transport;

pub use conditions::{Conditions, Direction};
pub use link::{Fate, Link, LossyTime, retransmitted_after};
pub use options::{Outage, OutageMode, Profile};
pub use transport::{Server, Way};
