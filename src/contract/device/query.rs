//! What a screen of the app asks the database for.

use crate::base::EntityId;

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

/// Where the rows of a list have one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Like {
    /// In the row that this reference of the list leads to; in the row itself if `None`.
    pub through: Option<usize>,
    /// The place among the device's columns there.
    pub column: usize,
}

/// What a list took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Rows in it.
    pub rows: u64,
    /// Steps of SQLite's machine.
    pub steps: u64,
}
