//! What is left of a world at its end, as others found it.

use crate::base::{DeviceId, EditId, EntityId, Key, Span};
use crate::contract::EditEnd;

/// Of a row that a device edited, whether another is to hold it.
pub type Reach<'r> = dyn Fn(EntityId, &Key, DeviceId) -> Box<dyn Fn(DeviceId) -> bool + 'r> + 'r;

/// What is left of a world at its end.
pub struct Left<'l, 'w> {
    /// People who have logged in and are not let in, and how long they have waited.
    pub logins: Vec<(DeviceId, Span)>,
    /// Which devices are to hold a row.
    pub reach: &'l Reach<'w>,
    /// How a saved edit ended; `None` where nobody looked.
    pub end_of: &'l dyn Fn(EditId) -> Option<EditEnd>,
    /// Whether another system has what the backend has of a row.
    pub is_carried: &'l dyn Fn(EntityId, &Key) -> bool,
}
