//! The state of a world at its end, as the collector needs it.

use crate::base::{DeviceId, EditId, EntityId, Key, Span};
use crate::contract::EditEnd;

/// For a row and the device that edited it: says which devices must hold the row.
pub type Reach<'r> = dyn Fn(EntityId, &Key, DeviceId) -> Box<dyn Fn(DeviceId) -> bool + 'r> + 'r;

/// The state of a world at its end, from other parts of the bench.
pub struct Left<'l, 'w> {
    /// People who have logged in and still wait to be let in, with their waiting times.
    pub logins: Vec<(DeviceId, Span)>,
    /// Says which devices must hold a row.
    pub reach: &'l Reach<'w>,
    /// The final state of a saved edit; `None` if nobody checked.
    pub end_of: &'l dyn Fn(EditId) -> Option<EditEnd>,
    /// True if the other system has the backend's current version of a row.
    pub is_carried: &'l dyn Fn(EntityId, &Key) -> bool,
}
