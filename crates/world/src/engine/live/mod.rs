//! Live pull: the server announces changes, and the phone asks for them at once.
//!
//! An announcement says only that something changed ([`crate::protocol`], `live`). The unit of its
//! channel is queued as if it had another trigger, so rows, cursors and conflicts go the usual way.
//! `options` decides which unit is run for which entities, `listener` listens, and `waiting` has
//! what it waits for.
//!
//! A phone that does not listen for a moment misses what is announced then. With `check` it says
//! what it knows when it listens again, and the server announces at once what came since.

mod listener;
mod options;
mod waiting;

pub(super) use listener::Listener;
pub use options::{Channel, LiveOptions, Medium, channels};
