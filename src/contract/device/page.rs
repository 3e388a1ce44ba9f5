//! Conflicts that wait for a person.

use crate::base::{EditId, EntityId, Key, Stamp, Value};

/// A difference that a person is to decide, as the device's page of conflicts shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenConflict {
    /// The edit that met it.
    pub edit: EditId,
    pub entity: EntityId,
    pub key: Key,
    /// What was set here, by position in the backend's columns, and when, by the device's clock;
    /// empty where the row was deleted here.
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
    /// What was done here.
    Ours,
    /// What the backend has.
    Theirs,
    /// In these columns what was set here, in the others what the backend has.
    Columns(Vec<usize>),
}
