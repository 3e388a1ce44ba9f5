//! What stands beside the bytes of a request and of its answer, of which the wire knows nothing.

use super::EditKind;
use crate::base::{EditId, EntityId, Key, Stamp};

/// What the bench has to know of a message and a protocol does not say: which edits are in a
/// request, and what its answer says of edits and rows.
///
/// It costs nothing on the way and comes where its message comes: what was lost is lost with it. It
/// has no room for values: what a stack needs to sync is in its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slip {
    /// Of each row that is written the edits behind it, in the order in which they were made.
    pub edits: Vec<RowEdits>,
    /// Of an answer: the versions that it brings.
    pub rows: Vec<RowVersion>,
    /// Of a request, where several edits of a row may be behind what it says: what each says.
    /// A server that takes them one by one tells by it which of them it has before it.
    pub said: Vec<EditSaid>,
    /// Rows that it names no edit for are somebody's edits from this number on, if it says so: of
    /// an app of which nobody knows what its people do.
    pub unnamed: Option<EditId>,
    /// Of an answer: the edits that the server refuses for good, by a rule of its own or of the
    /// backend. That is no conflict: there is no version to give way to.
    pub refused: Vec<EditId>,
    /// Of an answer: the cursor with which it was asked what changed of an entity; `None` for all
    /// that there is.
    pub asked: Vec<(EntityId, Option<Stamp>)>,
}

/// What an edit says, by prints of its values: equal values have equal prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditSaid {
    pub edit: EditId,
    pub entity: EntityId,
    pub key: Key,
    pub kind: EditKind,
    /// By column of the backend.
    pub prints: Vec<(usize, u64)>,
    /// What its app calls it, beside its own name.
    pub names: Vec<String>,
    /// Its values stand in the message, as far as that can be read.
    pub is_sent: bool,
    /// The message says of its row what edits say, and nothing by which versions of the row could
    /// be told apart.
    pub by_column: bool,
}

/// The edits behind what a message says of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEdits {
    pub entity: EntityId,
    pub key: Key,
    /// The last of them goes out in the place of the others.
    pub edits: Vec<EditId>,
    /// In an answer: the stamp of what they were committed as; `None` if they were not.
    pub stamp: Option<Stamp>,
}

/// A version of a row in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowVersion {
    pub entity: EntityId,
    pub key: Key,
    /// When the backend committed it.
    pub stamp: Stamp,
    /// The row is gone, or out of the device's reach.
    pub removed: bool,
}

impl Slip {
    /// The edits behind what the message says of a row; none if it names none.
    pub fn of(&self, entity: EntityId, key: &Key) -> &[EditId] {
        let row = self.edits.iter().find(|row| row.entity == entity && row.key == *key);
        row.map_or(&[], |row| &row.edits)
    }
    /// The last of the edits behind what the message says of a row, to be written; none if it names
    /// none and numbers none.
    pub fn name(&mut self, entity: EntityId, key: &Key) -> Option<EditId> {
        if let Some(edit) = self.of(entity, key).last() {
            return Some(*edit);
        }
        let edit = self.unnamed?;
        self.unnamed = Some(EditId { number: edit.number.checked_add(1)?, ..edit });
        self.edits.push(RowEdits { entity, key: key.clone(), edits: vec![edit], stamp: None });
        Some(edit)
    }
    /// The stamp of a version that the message brings; `None` if it names none.
    pub fn stamp_of(&self, entity: EntityId, key: &Key) -> Option<Stamp> {
        self.rows.iter().find(|row| row.entity == entity && row.key == *key).map(|row| row.stamp)
    }
}
