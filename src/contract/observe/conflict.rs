//! What an engine says of a conflict.

use crate::base::{Key, Stamp};

/// What kind of conflict was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConflictKind {
    /// Both sides changed the row.
    UpdateUpdate,
    /// Changed here, deleted there.
    UpdateDelete,
    /// Deleted here, changed there.
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

/// What an engine decided about a local edit that met a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "said by the variant")]
pub enum Decision<'a> {
    /// The edit wins: it goes out again, over the backend's version.
    Local,
    /// The backend's version stays, and the edit is superseded.
    Remote,
    /// Both sides say the same: the edit counts as done.
    Same,
    /// The edit goes out again with these of its columns, by position in the backend's; in the
    /// others the backend's version stays.
    Merged { columns: &'a [usize] },
    /// Both stay: the edit goes out again as a row of its own with this key.
    Both { key: &'a Key },
    /// A person is to decide: the edit waits.
    Parked,
}
