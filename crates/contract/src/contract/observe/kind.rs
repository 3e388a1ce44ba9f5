//! The kinds and details that events carry.
//!
//! A *stamp* is the time that identifies a version of a row.

use crate::base::{
    DeviceId, Digest, Digestible, EditId, EntityId, Key, Stamp, ValueRef, digested, digested_by_place,
    in_words,
};
use crate::contract::server::Row;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestKind {
    /// Asks for changes.
    Pull,
    /// Sends edits.
    Push,
    /// Asks for the rows of an opened record.
    Fetch,
    /// A push and a pull in one request.
    Sync,
}
in_words!(RequestKind { Pull: "pull", Push: "push", Fetch: "fetch", Sync: "sync" });

impl RequestKind {
    /// True if the request asks for changes.
    pub fn pulls(self) -> bool {
        matches!(self, RequestKind::Pull | RequestKind::Sync)
    }
    /// True if the request sends edits.
    pub fn pushes(self) -> bool {
        matches!(self, RequestKind::Push | RequestKind::Sync)
    }
}

digested_by_place!(RequestKind, KillReason, DropReason, CommitKind, ConflictKind);

/// Why a process died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KillReason {
    /// The app was killed; written data stays.
    Killed,
    /// The device lost power; data not synced to flash is gone.
    PowerLoss,
    /// The app exceeded its memory limit; written data stays.
    LowMemory,
    /// The app read a row that is larger than its reader can hold; written data stays.
    BigRow,
}

/// Why a message was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// The link was down.
    Outage,
    /// The response was lost.
    ResponseLost,
    /// A captive portal responded instead of the gateway.
    CaptivePortal,
    /// The response did not belong to the request: a proxy's page, or another request's response.
    ForeignResponse,
    /// A proxy refused the request as too large.
    TooLarge,
}

digested! {
/// What happened when a gateway node wrote a page that another node had already passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overtaken {
    /// The page was nevertheless written.
    0 Written {
        /// The number of rows in the page.
        rows: u64,
    },
    /// The page was refused.
    1 Refused {
        /// The number of rows in the page.
        rows: u64,
    },
}
}

/// One change that a device has made durable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AppliedChange<'a> {
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: &'a str,
    /// The backend's stamp of the row's new version.
    pub stamp: Stamp,
    /// True if the row is deleted or out of the device's scope.
    pub removed: bool,
    /// The new values in the device's columns. Set only if the stamp alone does not identify the
    /// version.
    pub values: Option<&'a [ValueRef<'a>]>,
}

/// The values do not affect the run, so no digest contains them.
impl Digestible for AppliedChange<'_> {
    fn digest(&self, digest: &mut Digest) {
        digest.text(self.key);
        digest.numbers([u64::from(self.entity.0), self.stamp.0 as u64, self.removed.into()]);
    }
}

impl<'a> AppliedChange<'a> {
    /// A change of a row, without its values.
    pub fn of(entity: EntityId, key: &'a Key, stamp: Stamp, removed: bool) -> AppliedChange<'a> {
        AppliedChange { entity, key: key.as_str(), stamp, removed, values: None }
    }
    /// The change to this version of a row. A row without values is removed.
    pub fn of_row((entity, row): &'a (EntityId, Row)) -> AppliedChange<'a> {
        AppliedChange::of(*entity, &row.key, row.stamp, row.values.is_none())
    }
    /// Adds the row's new values.
    #[must_use]
    pub fn showing(self, values: &'a [ValueRef<'a>]) -> AppliedChange<'a> {
        AppliedChange { values: Some(values), ..self }
    }
}

digested! {
/// Who made a commit on the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    /// A device, with this edit.
    0 Device(edit: EditId),
    /// The office: people who work on the backend itself.
    1 Office,
    /// An import of many rows.
    2 Import,
    /// The backend itself, as a consequence of another commit: for instance, it updates a counter.
    3 Derived,
    /// The backend itself: a restored backup brings an earlier version back.
    4 Backup,
    /// Somebody who uploads the copy of a device and overwrites the backend's rows.
    5 Upload(device: DeviceId),
}
}

/// The kind of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitKind {
    /// A new row.
    Insert,
    /// New values in a row.
    Update,
    /// The row is deleted; a soft-deleted row counts as deleted.
    Delete,
}

/// A message from an app to its developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppMessage<'a> {
    /// A line of its console, with its level: `log`, `error`.
    Console {
        /// The level of the line.
        level: &'a str,
        /// The text of the line.
        line: &'a str,
    },
    /// A sync ended with an exception that is not a network error: its message and stack trace.
    Threw {
        /// The message of the exception.
        what: &'a str,
        /// The stack trace.
        stack: &'a str,
    },
    /// From the bench to the app's developer: a call has no effect, or an effect that was not
    /// intended.
    Warned {
        /// The warning.
        what: &'a str,
    },
}

/// The kind of a conflict. The name has the local edit first, then the backend's change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConflictKind {
    /// Both sides changed the row.
    UpdateUpdate,
    /// An update met a deleted row.
    UpdateDelete,
    /// A delete met an updated row.
    DeleteUpdate,
    /// Two rows have one natural key, or one key was created twice.
    InsertInsert,
    /// The dates differ, but both sides wrote the same values. This is not a conflict.
    Equal,
    /// An update would give a row the natural key of another row.
    UpdateTaken,
}

/// The two sides of a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// When the local edit was made, by the device's clock.
    pub local: Stamp,
    /// The stamp of the backend's version of the conflicting row.
    pub remote: Stamp,
    /// When that version was made, by its author's clock; `None` if the backend does not know.
    pub edited: Option<Stamp>,
}

impl Digestible for Sides {
    fn digest(&self, digest: &mut Digest) {
        self.local.digest(digest);
        self.remote.digest(digest);
        self.edited.digest(digest);
    }
}

digested! {
/// What an engine decided about a local edit that met a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// The edit wins: it is sent again and overwrites the backend's version.
    0 Local,
    /// The backend's version stays, and the edit is superseded.
    1 Remote,
    /// Both sides are equal: the edit counts as done.
    2 Same,
    /// The edit is sent again with only these of its columns. In the other columns the backend's
    /// version stays.
    3 Merged {
        /// The positions of the columns among the backend's.
        columns: &'a [usize],
    },
    /// Both versions stay: the edit is sent again as a new row with this key.
    4 Both {
        /// The key of the row.
        key: &'a Key,
    },
    /// A person must decide: the edit waits.
    5 Parked,
}
}

/// The final state of a saved edit at the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditEnd {
    /// Its values are on the backend.
    Arrived,
    /// The person saw both sides of a conflict and chose the other side.
    GivenUp,
    /// It waits on the device or at the gateway.
    Waiting,
    /// A rule kept another version in its place.
    Superseded,
    /// The backend refused it, and the person got a message.
    Refused,
    /// Neither the backend nor the device has it, and the person got no message.
    Lost,
}
