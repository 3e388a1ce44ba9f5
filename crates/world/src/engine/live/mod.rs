//! Live pull: the server announces changes, and the phone pulls them at once.
//!
//! An announcement says only that a channel has changes ([`crate::protocol`], `live`). A channel is
//! a set of entities and the sync unit that pulls them. An announcement queues the channel's unit,
//! like any trigger. So rows, cursors and conflicts are handled as in every run. `options` assigns
//! entities to channels, `listener` listens, and `waiting` has the waits of a listener.
//!
//! With [`LiveSends::Rows`], the server sends a page of rows with an announcement, as it would
//! respond to a pull. `sent_rows` applies the page between two runs, if it begins at the phone's
//! own cursor. Otherwise the unit pulls, as without rows. After that pull the phone tells the
//! server its new cursors.
//!
//! A phone misses announcements while it does not listen. With the option `check`, it then sends
//! the number of the last change that it knows. The server announces later changes at once.

mod listener;
mod options;
mod sent_rows;
mod waiting;

pub(super) use listener::Listener;
pub use options::{Channel, LiveGap, LiveOptions, LiveSends, Medium, channels};
