//! The state of a device, as far as the bench can see it.
//!
//! A *stamp* is the time that identifies a version of a row. In an *excerpt*, a sync unit pulls
//! only some columns of some rows.

use crate::base::{EditId, EntityId, Key, Stamp, UnitId, Value, ValueRef, digested_by_place, word_enums};
use crate::contract::attachment::BlobId;

/// A callback for excerpt rows: unit, key, the backend's stamp, the excerpt's columns.
pub type EachExcerpt<'f> = dyn FnMut(UnitId, &str, Stamp, &[Value]) + 'f;

/// The state of a device, as far as the oracle (the judge of a run) can see it.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub trait DeviceView {
    /// Calls `f` with each row of `entity` in key order. `f` gets the key, the stamp of the last
    /// received backend version (0 if none), and the device's columns.
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>]));
    /// Calls `f`, in key order, with each excerpt row of `entity` that the app shows. The app shows
    /// an excerpt row if it has no full row or only an older version of it. `f` gets the unit, the
    /// key, the backend's stamp and the excerpt's columns.
    fn excerpts(&self, entity: EntityId, f: &mut EachExcerpt<'_>) {}
    /// The edits that wait to be sent, oldest first.
    fn pending(&self) -> Vec<PendingEdit>;
    /// The conflicts that wait for a person's decision.
    fn open_conflicts(&self) -> Vec<OpenConflict> {
        Vec::new()
    }
    /// Edits that a conflict holds back: their own conflict, or the conflict of an edit that must
    /// be sent first. A person must decide the conflict. [`pending`](DeviceView::pending) does not
    /// contain these edits.
    fn held_up(&self) -> Vec<PendingEdit> {
        Vec::new()
    }
    /// The number of deferred rows, which were received and are not applied yet.
    fn held_back(&self) -> u64 {
        0
    }
    /// The first deferred row that waits for another row, and this other row. `None` if no row
    /// waits.
    fn waits_for(&self) -> Option<RowWait> {
        None
    }
    /// The attachments that the device holds and has not sent to the end.
    fn attachments(&self) -> Vec<BlobId> {
        Vec::new()
    }
    /// The log that the user can read: edits whose outcome differs from what the person saved.
    fn log(&self) -> Vec<LogEntry> {
        Vec::new()
    }
    /// Runs a query of the app on the device's database. If the query filters by a column, the
    /// filter is the column's `nth` existing value. `None` if the engine does not support queries.
    fn list(&self, query: &LocalQuery, nth: u64) -> Option<Listed> {
        None
    }
    /// The engine's current activity, or what it waits for, in a few words.
    fn doing(&self) -> String {
        String::new()
    }
    /// The error, if a part of the storage could not be read; else `None`. After an error the
    /// results of reads are not valid. With `all`, the whole storage is checked first.
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
    /// True if `row` was deleted while `other` still refers to it. False if `row` refers to
    /// `other`.
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
    /// Why the last attempt did not settle it; `None` if no attempt failed.
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
    /// The local edit; `None` if a local edit overwrote another person's edit.
    pub edit: Option<EditId>,
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// What happened to the edit.
    pub kind: LogKind,
    /// The stamp of the backend's version that the edit met, if any.
    pub met: Option<Stamp>,
}

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)
    /// What happened to an edit whose outcome differs from what the person saved.
    pub enum LogKind {
        /// A conflict rule kept the backend's version. This edit is superseded.
        Superseded: "superseded",
        /// A conflict rule kept the backend's version in some of this edit's columns.
        Merged: "merged",
        /// A conflict rule kept this edit, which overwrote the backend's version `met`.
        Overwrote: "overwrote",
        /// The backend refused the edit forever.
        Rejected: "rejected",
        /// A conflict rule kept both versions. This edit is sent as a new row.
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
    /// The values set here: backend column, value, device time. Empty if the person deleted the
    /// row.
    pub ours: Vec<(usize, Value, Stamp)>,
    /// The values that the device knew for these columns before the edit.
    pub base: Vec<(usize, Value)>,
    /// The backend's version in the device's columns; `None` if the row is deleted.
    pub theirs: Option<Vec<Value>>,
    /// When the backend's version was made, by its author's clock. If unknown, its commit time.
    pub theirs_made: Stamp,
}

/// Which version a person picks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The local version.
    Ours,
    /// The backend's version.
    Theirs,
    /// The local values in these columns, and the backend's values in the other columns.
    Columns(Vec<usize>),
}

/// A list that a screen shows: the rows of an entity, joined with the rows that they refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalQuery {
    /// The entity that is listed.
    pub of: EntityId,
    /// The references to join by: position among the device's columns, and the entity referred to.
    pub through: Vec<(usize, EntityId)>,
    /// The list has only the rows with one given value in this column; all rows if `None`.
    pub like: Option<Like>,
}

/// A filter by the value of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Like {
    /// The reference of the list to the row with the column. `None` for the listed row itself.
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
