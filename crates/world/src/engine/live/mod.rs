//! Live pull: the server announces changes, and the phone pulls them at once.
//!
//! An announcement says only that something changed ([`crate::protocol`], `live`). A channel is a
//! set of entities and the unit that pulls them. An announcement queues its channel's unit, like
//! any trigger, so rows, cursors and conflicts are handled as usual. `options` assigns entities to
//! units, `listener` listens, and `waiting` has the events that a listener waits for.
//!
//! A phone that does not listen for a moment misses announcements. With `check`, it then sends the
//! number of the last change that it knows, and the server announces later ones at once.

mod listener;
mod options;
mod waiting;

pub(super) use listener::Listener;
pub use options::{Channel, LiveOptions, Medium, channels};
