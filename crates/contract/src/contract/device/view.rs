//! The state of a device, as the bench may see it.

use crate::base::{EditId, EntityId, Key, Stamp, UnitId, Value, ValueRef, digested_by_place, word_enums};
use crate::contract::attachment::BlobId;

/// A callback for excerpt rows: the unit, key, the backend's stamp, the excerpt's columns.
pub type EachExcerpt<'f> = dyn FnMut(UnitId, &str, Stamp, &[Value]) + 'f;

/// The state of a device, as the oracle may see it.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait DeviceView {
    /// Calls `f` with each row of `entity` in key order: key, the backend's stamp of the version
    /// last received (0 if never), the device's columns.
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>]));
    /// Calls `f` with each excerpt row of `entity` that the app shows, because it holds the full
    /// row in an older version or not at all. In key order: the unit, key, the backend's stamp, the
    /// excerpt's columns.
    fn excerpts(&self, entity: EntityId, f: &mut EachExcerpt<'_>) {}
    /// The edits that wait to be sent, oldest first.
    fn pending(&self) -> Vec<PendingEdit>;
    /// The conflicts that wait for a person's decision.
    fn open_conflicts(&self) -> Vec<OpenConflict> {
        Vec::new()
    }
    /// Edits that a conflict holds back: their own conflict, or that of an edit that must go first.
    /// A person must decide it. [`pending`](DeviceView::pending) does not have these edits.
    fn held_up(&self) -> Vec<PendingEdit> {
        Vec::new()
    }
    /// The number of deferred rows, which were received and are not applied yet.
    fn held_back(&self) -> u64 {
        0
    }
    /// The first deferred row that waits for another row, and that other row; `None` if none waits.
    fn waits_for(&self) -> Option<RowWait> {
        None
    }
    /// The attachments that the device holds and has not sent completely.
    fn attachments(&self) -> Vec<BlobId> {
        Vec::new()
    }
    /// The log that the user can read: edits whose outcome differs from what the person saved.
    fn log(&self) -> Vec<LogEntry> {
        Vec::new()
    }
    /// Runs a query of the app on the device's database. If the query filters by one value, it uses
    /// the `nth` existing value. `None` if the engine does not support it.
    fn list(&self, query: &LocalQuery, nth: u64) -> Option<Listed> {
        None
    }
    /// What the engine is doing or waiting for, in a few words.
    fn doing(&self) -> String {
        String::new()
    }
    /// What is wrong with the storage, if something could not be read; `None` if nothing is wrong.
    /// Results of failed reads are not valid. `all`: checks the whole storage first.
    fn damage(&self, all: bool) -> Option<String> {
        None
    }
}

/// A deferred row, and the row it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowWait {
    /// The deferred row.
    pub row: (EntityId, Key),
    /// The row that it waits for.
    pub other: (EntityId, Key),
    /// True if `row` was deleted while `other` still refers to it; else `row` refers to `other`.
    pub ends: bool,
}

/// An edit that waits to be sent, or for the server's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEdit {
    /// The edit.
    pub edit: EditId,
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// How often the edit was sent.
    pub attempts: u32,
    /// Why it was not settled the last time; `None` if it never failed.
    pub last_error: Option<String>,
}

impl PendingEdit {
    /// An edit that was never sent.
    pub fn new(edit: EditId, entity: EntityId, key: Key) -> PendingEdit {
        PendingEdit { edit, entity, key, attempts: 0, last_error: None }
    }
}

/// A line of the log that the user can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The local edit it is about; `None` for another person's edit that a local one overwrote.
    pub edit: Option<EditId>,
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// What happened to the edit.
    pub kind: LogKind,
    /// The stamp of the backend's version that was met, if any.
    pub met: Option<Stamp>,
}

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// What happened to an edit whose outcome differs from what the person saved.
    pub enum LogKind {
        /// A conflict rule let the backend's version win: this edit is superseded.
        Superseded: "superseded",
        /// A conflict rule let the backend's version win in some of this edit's columns.
        Merged: "merged",
        /// A conflict rule let this edit win over the backend's version `met`.
        Overwrote: "overwrote",
        /// The backend refused the edit for good.
        Rejected: "rejected",
        /// A conflict rule kept both: this edit goes out as a row of its own.
        KeptBoth: "kept-both",
    }
}
digested_by_place!(LogKind);

/// A conflict that a person must decide, as the device's page of conflicts shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenConflict {
    /// The edit that met the conflict.
    pub edit: EditId,
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// Values set here, with backend column and device time; empty if the row was deleted.
    pub ours: Vec<(usize, Value, Stamp)>,
    /// The known values of those columns before the edit.
    pub base: Vec<(usize, Value)>,
    /// The backend's version in the device's columns; `None` if it is deleted.
    pub theirs: Option<Vec<Value>>,
    /// When that version was made, by its author's clock; if unknown, when it was committed.
    pub theirs_made: Stamp,
}

/// Which version a person picks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The local version.
    Ours,
    /// The backend's version.
    Theirs,
    /// In these columns the local values, in the others the backend's.
    Columns(Vec<usize>),
}

/// A list that a screen shows: rows of an entity, joined with rows they refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalQuery {
    /// The entity that is listed.
    pub of: EntityId,
    /// The references to join by: position among the device's columns, and the entity referred to.
    pub through: Vec<(usize, EntityId)>,
    /// Only rows with one given value in this column; all rows if `None`.
    pub like: Option<Like>,
}

/// A filter by the value of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Like {
    /// The reference of the list to the row with the column; `None` for the listed row itself.
    pub through: Option<usize>,
    /// The position of the column among the device's columns.
    pub column: usize,
}

/// The result of a list query, and its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The number of rows in the list.
    pub rows: u64,
    /// Steps of SQLite's virtual machine.
    pub steps: u64,
}
