//! Kinds of what is observed.

use crate::base::{EditId, EntityId, Key, Stamp, in_words};

/// The kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestKind {
    /// A pull of deltas.
    Pull,
    /// A push of mutations.
    Push,
    /// The details of a record.
    Fetch,
    /// A push and a pull in one.
    Sync,
}
in_words!(RequestKind { Pull: "pull", Push: "push", Fetch: "fetch", Sync: "sync" });

impl RequestKind {
    /// Whether it asks for deltas.
    pub fn pulls(self) -> bool {
        matches!(self, RequestKind::Pull | RequestKind::Sync)
    }
    /// Whether it brings mutations.
    pub fn pushes(self) -> bool {
        matches!(self, RequestKind::Push | RequestKind::Sync)
    }
}

/// Why a process died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KillReason {
    /// The app was killed: what was written stays.
    Killed,
    /// The device lost power: what was not synced to flash is gone.
    PowerLoss,
    /// The app needed more memory than it may have: what was written stays.
    LowMemory,
}

/// Why a message vanished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// The link was down.
    Outage,
    /// The answer was lost on its way.
    AnswerLost,
    /// The network took the request and answered in the gateway's place.
    CaptivePortal,
    /// It was answered with what is not its answer: a proxy's page, or another request's.
    ForeignAnswer,
    /// A proxy lets nothing through that is so large, and answered in the place of the gateway.
    TooLarge,
}

/// What became of a page for a replica that somebody else had moved past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "said by the variant")]
pub enum Overtaken {
    /// It was written all the same.
    Written { rows: u64 },
    /// It was refused.
    Refused { rows: u64 },
}

/// One change that a device has made durable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AppliedChange<'a> {
    /// The entity.
    pub entity: EntityId,
    /// The row.
    pub key: &'a str,
    /// The backend's stamp of the version that the row now has.
    pub stamp: Stamp,
    /// The row was removed.
    pub removed: bool,
}

impl AppliedChange<'_> {
    /// A change of the row of this key.
    pub fn of(entity: EntityId, key: &Key, stamp: Stamp, removed: bool) -> AppliedChange<'_> {
        AppliedChange { entity, key: key.as_str(), stamp, removed }
    }
}

/// Who is behind a commit on the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    /// A local edit of a device.
    Device(EditId),
    /// Somebody in the office.
    Office,
    /// An import.
    Import,
    /// The backend itself, following another commit: a counter, a folded column.
    Derived,
    /// The backend itself, going back to a backup: the version of then is there again.
    Backup,
}

/// What a commit did to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitKind {
    /// A new row.
    Insert,
    /// New values.
    Update,
    /// The row is gone (a soft-deleted row counts as gone).
    Delete,
}
