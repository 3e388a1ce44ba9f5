//! The state of a world at its end, as others found it.

use crate::base::{DeviceId, EditId, EntityId, Key, Span};
use crate::contract::EditEnd;

/// For a row and the device that edited it: which devices must hold the row.
pub type Reach<'r> = dyn Fn(EntityId, &Key, DeviceId) -> Box<dyn Fn(DeviceId) -> bool + 'r> + 'r;

/// The state of a world at its end.
pub struct Left<'l, 'w> {
    /// People who have logged in but are not let in yet, with their waiting times.
    pub logins: Vec<(DeviceId, Span)>,
    /// Which devices must hold a row.
    pub reach: &'l Reach<'w>,
    /// The final state of a saved edit; `None` if nobody checked.
    pub end_of: &'l dyn Fn(EditId) -> Option<EditEnd>,
    /// Whether the other system has the backend's current version of a row.
    pub is_carried: &'l dyn Fn(EntityId, &Key) -> bool,
}
