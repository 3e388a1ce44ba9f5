//! Slips: metadata beside a request or a response. They are not in the bytes on the wire.
//!
//! A *stamp* is the time that identifies a version of a row.

use super::EditKind;
use crate::base::{EditId, EntityId, Key, Stamp};

/// Facts that the bench needs about a message and that the protocol does not contain. A request's
/// slip lists its edits. A response's slip says what the response means for edits and rows.
///
/// A slip has no size and travels with its message: if the message is lost, so is the slip. It has
/// no values, because the message contains all values that a stack needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slip {
    /// For each written row, its edits in the order in which they were made.
    pub edits: Vec<RowEdits>,
    /// In a response: the versions it contains.
    pub rows: Vec<RowVersion>,
    /// In a request in which one row may stand for several edits: the content of each edit. A
    /// server that handles edits one by one uses it to find the edits that it already has.
    pub said: Vec<EditSaid>,
    /// The edit number for the first row without an edit; later rows get the next numbers. `None`:
    /// such rows get no number. It is for an app whose edits the bench cannot see.
    pub unnamed: Option<EditId>,
    /// In a response: edits that the server refuses forever, by its own rule or the backend's. A
    /// refusal is not a conflict, because no other version replaced the edit.
    pub refused: Vec<EditId>,
    /// In a response: the cursor of each entity in the request; `None` if all changes were
    /// requested.
    pub asked: Vec<(EntityId, Option<Stamp>)>,
}

/// The content of an edit. Its values are hashes: equal values have equal hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditSaid {
    /// The edit.
    pub edit: EditId,
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// What the edit does to the row.
    pub kind: EditKind,
    /// The backend's columns, each with the hash of its value.
    pub prints: Vec<(usize, u64)>,
    /// Further ids that the app uses for the edit.
    pub names: Vec<String>,
    /// True if the bench could read the edit's values in the message.
    pub is_sent: bool,
    /// True if the message has the edit's column values, but nothing that identifies a row version.
    pub by_column: bool,
}

/// The edits that a row of a message stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEdits {
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// The edits in order. The last one stands for the others.
    pub edits: Vec<EditId>,
    /// In a response: the stamp of the committed version; `None` if they were not committed.
    pub stamp: Option<Stamp>,
}

/// A version of a row in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowVersion {
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// When the backend committed it.
    pub stamp: Stamp,
    /// True if the row is deleted, or out of the device's scope.
    pub removed: bool,
}

impl Slip {
    /// The edits that a row of the message stands for; empty if the slip lists none.
    pub fn of(&self, entity: EntityId, key: &Key) -> &[EditId] {
        let row = self.edits.iter().find(|row| row.entity == entity && row.key == *key);
        row.map_or(&[], |row| &row.edits)
    }
    /// The edit that a server assigns to its write of a row: the last edit behind the row. If there
    /// is none, it takes the next number of `unnamed`. `None` if `unnamed` is `None`.
    pub fn name(&mut self, entity: EntityId, key: &Key) -> Option<EditId> {
        if let Some(edit) = self.of(entity, key).last() {
            return Some(*edit);
        }
        let edit = self.unnamed?;
        self.unnamed = Some(EditId { number: edit.number.checked_add(1)?, ..edit });
        self.edits.push(RowEdits { entity, key: key.clone(), edits: vec![edit], stamp: None });
        Some(edit)
    }
    /// The stamp of a row's version in the message; `None` if the slip does not contain one.
    pub fn stamp_of(&self, entity: EntityId, key: &Key) -> Option<Stamp> {
        self.rows.iter().find(|row| row.entity == entity && row.key == *key).map(|row| row.stamp)
    }
}
