//! The state at the end of a simulation, which the collector of metrics cannot see in events.

use crate::base::{DeviceId, EditId, EntityId, Key, Span};
use crate::contract::EditEnd;

/// For a row and the device that edited it: returns a function which says whether a device must
/// have the row.
pub type Reach<'r> = dyn Fn(EntityId, &Key, DeviceId) -> Box<dyn Fn(DeviceId) -> bool + 'r> + 'r;

/// The state at the end of a simulation, from other parts of the bench.
pub struct Left<'l, 'w> {
    /// People who have logged in and cannot use the app yet, with their waiting times.
    pub logins: Vec<(DeviceId, Span)>,
    /// Says which devices must have a row.
    pub reach: &'l Reach<'w>,
    /// The final state of a saved edit; `None` if nobody checked it.
    pub end_of: &'l dyn Fn(EditId) -> Option<EditEnd>,
    /// True if the other system has the backend's current version of a row.
    pub is_carried: &'l dyn Fn(EntityId, &Key) -> bool,
}
