//! Where and when something is observed.

use super::event::Event;
use crate::base::{DeviceId, Time};

/// Where something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    Device(DeviceId),
    Gateway,
    Backend,
    /// In the bench itself.
    World,
}

/// An event with its place and time, as listeners get it.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// When, in virtual time.
    pub at: Time,
    pub node: Node,
    pub event: Event<'a>,
}

/// Takes events; the world's sink adds place and time.
pub trait EventSink {
    fn emit(&self, event: Event<'_>);
}
