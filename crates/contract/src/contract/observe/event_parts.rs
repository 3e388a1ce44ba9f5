//! Groups of events that the bench reports.

use crate::base::{DeviceId, Digest, Digestible, EntityId, Key, Span, Stamp, UnitId, digested};
use crate::contract::attachment::BlobId;

digested! {
/// An event of a connection that a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldEvent {
    /// The device has opened the connection.
    0 Opened {
        /// The time since the device requested it.
        took: Span,
    },
    /// The server, or a proxy, refused the connection.
    1 Refused,
    /// A message has arrived.
    2 Arrived {
        /// True from the device to the server, false in the other direction.
        up: bool,
        /// The number of bytes.
        bytes: u64,
    },
    /// The device knows that the connection has ended.
    3 Ended {
        /// How long the device held the connection.
        after: Span,
        /// True if neither side has closed it.
        lost: bool,
    },
}
}

digested! {
/// A pull that the gateway handles in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// The work has begun.
    0 Begun {
        /// The device that sent the first request.
        device: DeviceId,
    },
    /// A device was told to send its request again later.
    1 Accepted {
        /// The device.
        device: DeviceId,
    },
    /// The work is done, and its result was dropped because no device waited for it.
    2 ThrownAway {
        /// The device that sent the first request.
        device: DeviceId,
    },
}
}

digested! {
/// An event of the integration that copies rows to another system.
#[derive(Clone, Copy, Debug)]
pub enum IntegrationEvent<'a> {
    /// A worker called the other system. It got a response, or the call failed.
    0 Called {
        /// The number of the worker.
        worker: u32,
        /// How many records the call contained.
        records: u32,
        /// How many of these records the other system had rejected before.
        again: u32,
        /// How long it took.
        took: Span,
        /// True if the call failed.
        failed: bool,
    },
    /// The other system has this version of a row, or knows that the row is deleted.
    1 Delivered {
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
        /// The stamp of the row's version.
        stamp: Stamp,
        /// True if the row is deleted or out of scope.
        removed: bool,
    },
    /// The other system rejected a row.
    2 Rejected {
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
    },
    /// A worker was killed.
    3 Killed {
        /// The number of the worker.
        worker: u32,
    },
    /// A worker has read a version of a row. Reported only if the life of records is recorded.
    4 Read {
        /// The number of the worker.
        worker: u32,
        /// The entity.
        entity: EntityId,
        /// The key of the row.
        key: &'a Key,
        /// The stamp of the row's version.
        stamp: Stamp,
    },
    /// A worker has recorded that a page of an entity is done. Reported only if the life of records
    /// is recorded.
    5 Remembered {
        /// The number of the worker.
        worker: u32,
        /// The entity.
        entity: EntityId,
    },
}
}

digested! {
/// The app calls a unit directly, without the queue and without the engine's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// The app called the unit.
    1 Called {
        /// The sync unit.
        unit: UnitId,
    },
    /// The call has returned. A call whose process dies never returns.
    2 CameBack {
        /// The sync unit.
        unit: UnitId,
    },
}
}

digested! {
/// An event in the life of a phone that is not part of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneEvent {
    /// The phone has a new token for its requests.
    0 TokenRenewed {
        /// The time since the phone asked for it.
        took: Span,
    },
    /// The server refuses a new token, and the person must log in again.
    6 LoginEnded,
    /// The world: a person saw that a sync failed, and tapped Retry.
    7 RetryTapped,
    /// A newer version of the app was installed, and its process starts again.
    1 Upgraded,
    /// Somebody wants to log out. No digest contains this event.
    LogoutAsked,
    /// The app refuses the logout, because edits wait.
    2 LogoutRefused {
        /// How many edits wait.
        edits: u64,
    },
    /// Somebody logged out, and the app is closed.
    3 LoggedOut,
    /// Somebody logs in.
    4 LoggedIn {
        /// The number of the person, from 0, among all people who share the phone.
        person: u32,
    },
    /// The app was installed again, and all its data is gone.
    5 Reinstalled,
}
}

/// A complete part of an attachment at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// The attachment and its part.
    pub blob: BlobId,
    /// The device that sent the last range.
    pub device: DeviceId,
    /// The size of the part in bytes.
    pub bytes: u64,
    /// The hash of the part's bytes.
    pub hash: u64,
}

impl Digestible for StoredBlob {
    fn digest(&self, digest: &mut Digest) {
        digest.number(3);
        self.blob.digest(digest);
        self.device.digest(digest);
        digest.numbers([self.bytes, self.hash]);
    }
}
