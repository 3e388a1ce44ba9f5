//! A link between two network namespaces, as the simulation has it: real packets pass the link
//! conditions of a plan.
//!
//! [`Bottleneck`] is pure: given when a packet comes and how long it is, it says when the packet
//! arrives, or that it does not. [`Pump`] carries packets between two TUN devices at those times.

mod bottleneck;
mod pump;

pub(crate) use pump::{Carried, Pump};
