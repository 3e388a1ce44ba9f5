//! Slips: metadata beside a request or a response that is not in the bytes on the wire.

use super::EditKind;
use crate::base::{EditId, EntityId, Key, Stamp};

/// Facts about a message that the protocol does not state and the bench needs: which edits a
/// request has, and what a response says about edits and rows.
///
/// A slip has no size and travels with its message: if the message is lost, so is the slip. It has
/// no values, because the bytes of the message have everything that a stack needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slip {
    /// For each written row the edits behind it, in the order in which they were made.
    pub edits: Vec<RowEdits>,
    /// In a response: the versions it contains.
    pub rows: Vec<RowVersion>,
    /// In a request whose rows may each stand for several edits: the content of each edit. A server
    /// that handles edits one by one uses it to find the edits that it already has.
    pub said: Vec<EditSaid>,
    /// The first edit number for rows without a named edit; `None`: such rows get none. For an app
    /// whose edits the bench cannot see.
    pub unnamed: Option<EditId>,
    /// In a response: edits that the server refuses for good, by its own rule or the backend's. A
    /// refusal is not a conflict: no other version took the edit's place.
    pub refused: Vec<EditId>,
    /// In a response: the cursor with which each entity's changes were requested; `None` for all.
    pub asked: Vec<(EntityId, Option<Stamp>)>,
}

/// The content of an edit, with hashes of its values: equal values have equal hashes.
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

/// The edits behind a row of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEdits {
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// The edits in order; the last stands for the others.
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
    /// The edits behind a row of the message; empty if none is named.
    pub fn of(&self, entity: EntityId, key: &Key) -> &[EditId] {
        let row = self.edits.iter().find(|row| row.entity == entity && row.key == *key);
        row.map_or(&[], |row| &row.edits)
    }
    /// The last of the edits behind a row, for the write. If none is named, assigns the next number
    /// of `unnamed`; `None` without `unnamed`.
    pub fn name(&mut self, entity: EntityId, key: &Key) -> Option<EditId> {
        if let Some(edit) = self.of(entity, key).last() {
            return Some(*edit);
        }
        let edit = self.unnamed?;
        self.unnamed = Some(EditId { number: edit.number.checked_add(1)?, ..edit });
        self.edits.push(RowEdits { entity, key: key.clone(), edits: vec![edit], stamp: None });
        Some(edit)
    }
    /// The stamp of a row's version in the message; `None` if the slip does not name one.
    pub fn stamp_of(&self, entity: EntityId, key: &Key) -> Option<Stamp> {
        self.rows.iter().find(|row| row.entity == entity && row.key == *key).map(|row| row.stamp)
    }
}
