//! What a device holds, as the bench may see it.

use super::page::OpenConflict;
use super::query::{Listed, LocalQuery};
use crate::base::{EditId, EntityId, Key, Stamp, UnitId, Value, ValueRef, in_words};
use crate::contract::attachment::BlobId;

/// Takes a row of which a unit brought a part: the unit, key, the backend's stamp, the values.
pub type EachExcerpt<'f> = dyn FnMut(UnitId, &str, Stamp, &[Value]) + 'f;

/// What a device holds, as the oracle may see it.
pub trait DeviceView {
    /// Calls `f` with each row of `entity` in the order of keys: key, the backend's stamp of the
    /// version last received (0 if never), the device's columns.
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>]));
    /// Calls `f` with each row of `entity` of which the app shows what a unit's excerpt brought, as
    /// it holds the row in an older version or not at all: the unit, key, the backend's stamp, the
    /// excerpt's columns. In the order of keys.
    fn excerpts(&self, entity: EntityId, f: &mut EachExcerpt<'_>) {
        let _ = (entity, f);
    }
    /// The edits that wait to be sent, oldest first.
    fn pending(&self) -> Vec<PendingEdit>;
    /// The conflicts that wait for a person, oldest first.
    fn open_conflicts(&self) -> Vec<OpenConflict> {
        Vec::new()
    }
    /// The edits that are not among [`pending`](DeviceView::pending) because they wait for a person
    /// to decide one of those: their own, or one of an edit that has to go before.
    fn held_up(&self) -> Vec<PendingEdit> {
        Vec::new()
    }
    /// How many rows came that could not be applied yet and are kept for another try.
    fn held_back(&self) -> u64 {
        0
    }
    /// The first of the rows that are kept so and wait for another, with that.
    fn waits_for(&self) -> Option<RowWait> {
        None
    }
    /// What is attached to rows and waits to be sent.
    fn attachments(&self) -> Vec<BlobId> {
        Vec::new()
    }
    /// What the user can read about edits that did not go as made.
    fn log(&self) -> Vec<LogEntry> {
        Vec::new()
    }
    /// Runs a query of the app on the device's database; where it asks for rows with one
    /// value, that is the `nth` of those that there are. `None` if it cannot be asked so.
    fn list(&self, query: &LocalQuery, nth: u64) -> Option<Listed> {
        _ = (query, nth);
        None
    }
    /// In a few words, what the engine is doing or waiting for.
    fn doing(&self) -> String {
        String::new()
    }
    /// What is wrong with the storage, if anything that was asked for could not be read: what came
    /// then in its place says nothing. `all`: after a look through the whole of it.
    fn damage(&self, all: bool) -> Option<String> {
        _ = all;
        None
    }
}

/// A row that came and waits for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowWait {
    /// The row.
    pub row: (EntityId, Key),
    /// What it waits for.
    pub other: (EntityId, Key),
    /// What came is the row's end, and the other refers to it; else it refers to the other, which
    /// is not here.
    pub ends: bool,
}

/// An edit that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEdit {
    /// The edit.
    pub edit: EditId,
    /// Its entity.
    pub entity: EntityId,
    /// Its row.
    pub key: Key,
    /// How often it was tried.
    pub attempts: u32,
    /// The last error, if any.
    pub last_error: Option<String>,
}

impl PendingEdit {
    /// One that was not tried yet.
    pub fn new(edit: EditId, entity: EntityId, key: Key) -> PendingEdit {
        PendingEdit { edit, entity, key, attempts: 0, last_error: None }
    }
}

/// A line of the log that the user can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The local edit it speaks of; `None` for somebody else's edit that a local one overwrote.
    pub edit: Option<EditId>,
    /// The entity.
    pub entity: EntityId,
    /// The row.
    pub key: Key,
    /// What happened.
    pub kind: LogKind,
    /// The backend's version that was met, if any.
    pub met: Option<Stamp>,
}

/// What happened to an edit that did not go as made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogKind {
    /// A conflict rule let the backend's version win: this edit is superseded.
    Superseded,
    /// A conflict rule let the backend's version win in some of this edit's columns.
    Merged,
    /// A conflict rule let this edit win over the backend's version `met`.
    Overwrote,
    /// The backend refused it for good.
    Rejected,
    /// A conflict rule kept both: this edit goes out as a row of its own.
    KeptBoth,
}
in_words!(LogKind {
    Superseded: "superseded",
    Merged: "merged",
    Overwrote: "overwrote",
    Rejected: "rejected",
    KeptBoth: "kept-both",
});
