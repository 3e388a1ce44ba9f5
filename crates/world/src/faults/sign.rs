//! Signs that a fault met somebody.

use std::ops::Range;

use crate::base::{EntityId, UnitId};
use crate::contract::Hook;

/// An event that shows that a fault met somebody.
#[derive(Clone, Debug)]
pub enum Sign {
    /// The device asked for something, or wanted to sync.
    Network,
    LostResponse,
    /// A response to the device was not its request's.
    Foreign,
    BadRow,
    DeleteRefused,
    /// The device wrote something.
    Storage,
    /// The app of the device did something.
    App,
    /// Somebody asked the backend for something.
    Backend,
    Gateway,
    Commit,
    Rejected,
    PutOff,
    /// A server refused a request.
    Refused,
    Edit,
    Hook(Hook),
    /// The unit runs, or is called at once.
    Unit(UnitId),
    /// The operating system gives an app a window.
    Background,
    /// A row of the entity comes or is edited, or a run of a unit that is to bring it ends well.
    Entity(EntityId, Vec<UnitId>),
    /// Somebody logs in on one of these devices.
    Fleet(Range<u32>),
}
