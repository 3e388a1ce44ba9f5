//! What an engine says of a conflict.

use crate::base::Stamp;

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
}

/// The two sides of a conflict, by kind of edit here and there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// When the local edit was made, by the device's clock.
    pub local: Stamp,
    /// The stamp of the backend's version.
    pub remote: Stamp,
}

/// Which side a conflict rule chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Winner {
    /// The local edit.
    Local,
    /// The backend's version.
    Remote,
}
