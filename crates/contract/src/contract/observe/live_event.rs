//! Events of announcements. A phone listens for announcements; its server sends them.

use crate::base::{DeviceId, Span, UnitId, digested};

digested! {
/// Reports of an engine about its server's announcements. A *channel* is a part of the data with
/// separate announcements. Each device numbers its channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenEvent {
    /// The device asks its server for announcements, with a held request or a connection.
    0 Asked {
        /// True if the process asked before and got no announcement.
        again: bool,
    },
    /// The server has accepted the request.
    1 Begun {
        /// How long it took.
        took: Span,
    },
    /// The request failed: no connection, no response, or a refusal.
    2 Failed,
    /// The device no longer listens, and knows this.
    3 Ended {
        /// How long it listened.
        after: Span,
        /// True if neither side closed the connection normally.
        lost: bool,
    },
    /// The device received an announcement.
    4 Heard {
        /// The channel.
        channel: u32,
        /// The number of the latest change.
        number: u64,
    },
    /// The device applied rows that came with an announcement.
    5 Applied {
        /// The unit that pulls the channel.
        unit: UnitId,
        /// The number of rows.
        rows: u32,
    },
    /// The device dropped rows that came with an announcement, because they did not begin at its
    /// own cursor.
    6 Rejected {
        /// The channel.
        channel: u32,
    },
}
}

digested! {
/// An announcement of changes, as seen by its server and by the platform's push service.
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
    /// A device has changes to pull, but it does not listen, or no server runs that could announce
    /// them.
    1 Missed {
        /// The device.
        device: DeviceId,
        /// The channel.
        channel: u32,
        /// The number of the latest change.
        number: u64,
    },
    /// The push service has dropped a message, or no app ran that could take it.
    2 Dropped {
        /// The device.
        device: DeviceId,
    },
    /// A later push message replaced an earlier message that was not delivered yet.
    3 Collapsed {
        /// The device.
        device: DeviceId,
    },
}
}
