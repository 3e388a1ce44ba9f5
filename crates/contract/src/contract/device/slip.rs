//! Metadata beside a request and its response that is not in the bytes on the wire.

use super::EditKind;
use crate::base::{EditId, EntityId, Key, Stamp};

/// What the bench must know about a message that the protocol does not say: which edits are in a
/// request, and what the response says of edits and rows.
///
/// It has no size, and travels with its message: if that is lost, so is the slip. It holds no
/// values, because all that a stack needs to sync is in its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slip {
    /// For each written row the edits behind it, in the order in which they were made.
    pub edits: Vec<RowEdits>,
    /// In a response: the versions it contains.
    pub rows: Vec<RowVersion>,
    /// In a request whose rows may each stand for several edits: what each edit says. A server that
    /// takes edits one by one uses it to find which of them it has.
    pub said: Vec<EditSaid>,
    /// If set, rows for which no edit is named get edit numbers from this one on. For an app whose
    /// edits the bench cannot see.
    pub unnamed: Option<EditId>,
    /// In a response: edits that the server refuses for good, by its own rule or the backend's.
    /// This is not a conflict: there is no version to give way to.
    pub refused: Vec<EditId>,
    /// In a response: the cursor with which each entity's changes were requested; `None` for all.
    pub asked: Vec<(EntityId, Option<Stamp>)>,
}

/// What an edit says, with hashes of its values: equal values have equal hashes.
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
    /// Column of the backend, and hash of the value.
    pub prints: Vec<(usize, u64)>,
    /// Further ids that the app uses for the edit.
    pub names: Vec<String>,
    /// True if the part of the message that the bench can read has its values.
    pub is_sent: bool,
    /// The message holds the edit's column values, but nothing that identifies a row version.
    pub by_column: bool,
}

/// The edits behind a row of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEdits {
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// The last of them stands for the others.
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
    /// The row is deleted, or out of the device's scope.
    pub removed: bool,
}

impl Slip {
    /// The edits behind a row of the message; empty if none is named.
    pub fn of(&self, entity: EntityId, key: &Key) -> &[EditId] {
        let row = self.edits.iter().find(|row| row.entity == entity && row.key == *key);
        row.map_or(&[], |row| &row.edits)
    }
    /// The last of the edits behind a row, to be written. Assigns the next number if none is named;
    /// `None` if the slip numbers none either.
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
