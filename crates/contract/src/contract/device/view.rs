//! What a device holds, as the bench may see it.

use crate::base::{EditId, EntityId, Key, Stamp, UnitId, Value, ValueRef, digested_by_place, word_enums};
use crate::contract::attachment::BlobId;

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
    fn pending(&self) -> Vec<PendingEdit>;
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowWait {
    pub row: (EntityId, Key),
    pub other: (EntityId, Key),
    /// What came is the row's end, to which the other refers; else it refers to the other.
    pub ends: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEdit {
    pub edit: EditId,
    pub entity: EntityId,
    pub key: Key,
    pub attempts: u32,
    pub last_error: Option<String>,
}

impl PendingEdit {
    pub fn new(edit: EditId, entity: EntityId, key: Key) -> PendingEdit {
        PendingEdit { edit, entity, key, attempts: 0, last_error: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The local edit it speaks of; `None` for somebody else's edit that a local one overwrote.
    pub edit: Option<EditId>,
    pub entity: EntityId,
    pub key: Key,
    pub kind: LogKind,
    /// The backend's version that was met, if any.
    pub met: Option<Stamp>,
}

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// What happened to an edit that did not go as made.
    pub enum LogKind {
        /// A conflict rule let the backend's version win: this edit is superseded.
        Superseded: "superseded",
        /// A conflict rule let the backend's version win in some of this edit's columns.
        Merged: "merged",
        /// A conflict rule let this edit win over the backend's version `met`.
        Overwrote: "overwrote",
        Rejected: "rejected",
        /// A conflict rule kept both: this edit goes out as a row of its own.
        KeptBoth: "kept-both",
    }
}
digested_by_place!(LogKind);

/// A difference that a person is to decide, as the device's page of conflicts shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenConflict {
    pub edit: EditId,
    pub entity: EntityId,
    pub key: Key,
    /// What was set here, by the backend's columns, and when by its clock; empty if it was deleted.
    pub ours: Vec<(usize, Value, Stamp)>,
    /// What those columns said before, as far as that is known.
    pub base: Vec<(usize, Value)>,
    /// The backend's version, the columns that devices have; `None` if it is gone.
    pub theirs: Option<Vec<Value>>,
    /// When that was made, by its author's clock, or when it was committed.
    pub theirs_made: Stamp,
}

/// What a person takes of the two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    Ours,
    Theirs,
    /// In these columns what was set here, in the others what the backend has.
    Columns(Vec<usize>),
}

/// A list that a screen shows: rows of an entity, with those that they refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalQuery {
    pub of: EntityId,
    /// The references by which a row is shown with another: the place among the device's columns,
    /// and the entity that it refers to.
    pub through: Vec<(usize, EntityId)>,
    /// Only rows that have one value there; all if `None`.
    pub like: Option<Like>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Like {
    /// In the row that this reference of the list leads to; in the row itself if `None`.
    pub through: Option<usize>,
    pub column: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub rows: u64,
    pub steps: u64,
}
