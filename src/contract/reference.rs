//! What the backend does about rows that refer to one that is deleted.

use crate::base::{EntityId, in_words};

/// What becomes of rows that refer to one that is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDelete {
    /// They stay and refer to nothing.
    #[default]
    Nothing,
    /// It is not deleted as long as there are any.
    Restrict,
    /// They are deleted with it, and what refers to them.
    Cascade,
    /// They stay and refer to none.
    SetNull,
}
in_words!(OnDelete { Nothing: "nothing", Restrict: "restrict", Cascade: "cascade", SetNull: "set-null" });

/// A column that says what another row says: the backend writes it again as that row changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Whose rows have it.
    pub of: EntityId,
    /// Which of the backend's columns.
    pub column: usize,
    /// The column that refers to the other row.
    pub via: usize,
    /// Whose row that is.
    pub from: EntityId,
    /// Which of its columns is copied.
    pub source: usize,
}

/// A reference that the backend looks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    pub of: EntityId,
    /// By which of the backend's columns.
    pub column: usize,
    /// To rows of which entity.
    pub to: EntityId,
    /// What becomes of them.
    pub on_delete: OnDelete,
}
