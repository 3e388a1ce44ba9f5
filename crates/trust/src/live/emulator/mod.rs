//! Emulates the simulated link between two network namespaces: real packets pass the link
//! conditions of a plan.
//!
//! [`Bottleneck`] is pure: from the time and the length of a packet it computes when the packet
//! arrives, or that it does not. [`Pump`] carries packets between two TUN devices at those times.

mod bottleneck;
mod pump;

pub(crate) use pump::{Carried, Pump};
