//! Signs: events which show that a fault hit somebody.

use std::ops::Range;

use crate::base::{EntityId, UnitId};
use crate::contract::Hook;

/// An event which shows that a fault hit somebody.
#[derive(Clone, Debug)]
pub enum Sign {
    /// The device sent a request, or wanted to sync.
    Network,
    LostResponse,
    /// The device got a response that did not belong to its request.
    Foreign,
    BadRow,
    DeleteRefused,
    /// The device wrote something.
    Storage,
    /// The app of the device did something.
    App,
    /// Somebody sent a request to the backend.
    Backend,
    Gateway,
    Commit,
    Rejected,
    PutOff,
    /// A server refused a request.
    Refused,
    Edit,
    Hook(Hook),
    /// A run of the unit starts, or the app calls the unit.
    Unit(UnitId),
    /// The operating system gave an app a background window.
    Background,
    /// A row of the entity arrived or was edited, or a run of one of these units ended well.
    Entity(EntityId, Vec<UnitId>),
    /// Somebody logs in on one of these devices.
    Fleet(Range<u32>),
}
