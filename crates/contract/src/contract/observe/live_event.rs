//! Events of announcements: a phone listens for them, and its server makes them.

use crate::base::{DeviceId, Span, digested};

digested! {
/// Reports of an engine about its server's announcements. A *channel* is a part of the data with
/// its own announcements; it is a number on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenEvent {
    /// The device asks its server for announcements, over a held request or connection.
    0 Asked {
        /// True if the process has asked before, and was not answered with an announcement.
        again: bool,
    },
    /// The server has accepted the question, after this time.
    1 Begun {
        /// How long it took.
        took: Span,
    },
    /// The question failed: no connection, no response, or a refusal.
    2 Failed,
    /// The device no longer listens, and knows it.
    3 Ended {
        /// How long it listened.
        after: Span,
        /// True if neither side ended it in order.
        lost: bool,
    },
    /// The device got an announcement of the change with this number.
    4 Heard {
        /// The channel.
        channel: u32,
        /// The number of the latest change.
        number: u64,
    },
}
}

digested! {
/// An announcement of changes, as its server and the platform's push service see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnouncementEvent {
    /// The server announces changes to a device.
    0 Made {
        /// The device.
        device: DeviceId,
        /// The channel.
        channel: u32,
        /// The number of the latest change.
        number: u64,
    },
    /// There are changes for a device, but the device does not listen, or no server runs to
    /// announce them.
    1 Missed {
        /// The device.
        device: DeviceId,
        /// The channel.
        channel: u32,
        /// The number of the latest change.
        number: u64,
    },
    /// The push service has dropped a message, or no app was there to take it.
    2 Dropped {
        /// The device.
        device: DeviceId,
    },
    /// A later push message replaced one that was not delivered yet.
    3 Collapsed {
        /// The device.
        device: DeviceId,
    },
}
}
