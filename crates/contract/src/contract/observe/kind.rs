//! Kinds of what is observed.

use crate::base::{
    Digest, Digestible, EditId, EntityId, Key, Stamp, ValueRef, digested, digested_by_place, in_words,
};
use crate::contract::server::Row;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestKind {
    Pull,
    Push,
    Fetch,
    /// A push and a pull in one.
    Sync,
}
in_words!(RequestKind { Pull: "pull", Push: "push", Fetch: "fetch", Sync: "sync" });

impl RequestKind {
    pub fn pulls(self) -> bool {
        matches!(self, RequestKind::Pull | RequestKind::Sync)
    }
    pub fn pushes(self) -> bool {
        matches!(self, RequestKind::Push | RequestKind::Sync)
    }
}

digested_by_place!(RequestKind, KillReason, DropReason, CommitKind, ConflictKind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KillReason {
    /// The app was killed: what was written stays.
    Killed,
    /// The device lost power: what was not synced to flash is gone.
    PowerLoss,
    /// The app needed more memory than it may have: what was written stays.
    LowMemory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    Outage,
    AnswerLost,
    /// The network took the request and answered in the gateway's place.
    CaptivePortal,
    /// It was answered with what is not its answer: a proxy's page, or another request's.
    ForeignAnswer,
    /// A proxy lets nothing through that is so large, and answered in the place of the gateway.
    TooLarge,
}

digested! {
/// What became of a page for a replica that somebody else had moved past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overtaken {
    0 Written { rows: u64 },
    1 Refused { rows: u64 },
}
}

/// One change that a device has made durable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AppliedChange<'a> {
    pub entity: EntityId,
    pub key: &'a str,
    /// The backend's stamp of the version that the row now has.
    pub stamp: Stamp,
    pub removed: bool,
    /// What the row shows now, in the device's columns, where its stamp may come apart from its
    /// values: the values decide which version it is.
    pub shows: Option<&'a [ValueRef<'a>]>,
}

/// What the row shows changes nothing that happens.
impl Digestible for AppliedChange<'_> {
    fn digest(&self, digest: &mut Digest) {
        digest.text(self.key);
        digest.numbers([u64::from(self.entity.0), self.stamp.0 as u64, self.removed.into()]);
    }
}

impl AppliedChange<'_> {
    pub fn of(entity: EntityId, key: &Key, stamp: Stamp, removed: bool) -> AppliedChange<'_> {
        AppliedChange { entity, key: key.as_str(), stamp, removed, shows: None }
    }
    /// Of a row that is as this, removed if it has no values.
    pub fn of_row((entity, row): &(EntityId, Row)) -> AppliedChange<'_> {
        AppliedChange::of(*entity, &row.key, row.stamp, row.values.is_none())
    }
}

impl<'a> AppliedChange<'a> {
    /// With what the row shows now.
    #[must_use]
    pub fn showing(self, values: &'a [ValueRef<'a>]) -> AppliedChange<'a> {
        AppliedChange { shows: Some(values), ..self }
    }
}

digested! {
/// Who is behind a commit on the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    0 Device(edit: EditId),
    1 Office,
    2 Import,
    /// The backend itself, following another commit: a counter, a folded column.
    3 Derived,
    /// The backend itself, going back to a backup: the version of then is there again.
    4 Backup,
}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitKind {
    Insert,
    Update,
    /// The row is gone (a soft-deleted row counts as gone).
    Delete,
}

/// What an app says to its developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppSaid<'a> {
    /// A line of its console, with its level: `log`, `error`.
    Console { level: &'a str, line: &'a str },
    /// A sync ended with an exception, which is not the network's: its words, and where it is.
    Threw { what: &'a str, stack: &'a str },
    /// The bench to the app's developer: something was done that has no effect, or none that is
    /// meant.
    Warned { what: &'a str },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConflictKind {
    UpdateUpdate,
    UpdateDelete,
    DeleteUpdate,
    /// Two rows with one natural key, or one key created twice.
    InsertInsert,
    /// The dates differ but both sides wrote the same: no conflict.
    Equal,
    /// A change of a row would give it the natural key that another row has.
    UpdateTaken,
}

/// The two sides of a conflict, by kind of edit here and there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// When the local edit was made, by the device's clock.
    pub local: Stamp,
    /// The stamp of the backend's version: of the row in the way.
    pub remote: Stamp,
    /// When that version was made, by its author's clock, if the backend says so.
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
    /// The edit wins: it goes out again, over the backend's version.
    0 Local,
    /// The backend's version stays, and the edit is superseded.
    1 Remote,
    /// Both sides say the same: the edit counts as done.
    2 Same,
    /// The edit goes out again with these of its columns, by position in the backend's; in the
    /// others the backend's version stays.
    3 Merged { columns: &'a [usize] },
    /// Both stay: the edit goes out again as a row of its own with this key.
    4 Both { key: &'a Key },
    /// A person is to decide: the edit waits.
    5 Parked,
}
}

/// What became of a saved edit by the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditEnd {
    /// What it says is on the backend.
    Arrived,
    /// Its person looked at both sides of a conflict and took the other.
    GivenUp,
    Waiting,
    /// Another version stays in its place, by a rule.
    GaveWay,
    /// The backend does not take it, as its person was told.
    Refused,
    Lost,
}
