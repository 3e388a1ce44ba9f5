//! Rows and edits, as the server sees them.
//!
//! A *stamp* is the time that identifies a version of a row.

use crate::base::{EditId, EntityId, Key, Stamp, Value, append_value, digested_by_place, in_words};
use crate::contract::device::{EditKind, LocalEdit};

/// One local edit that is sent to the backend.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mutation {
    /// The idempotency key: mutations with the same key are committed once.
    pub id: String,
    /// The edit.
    pub edit: EditId,
    /// The entity of the row.
    pub entity: EntityId,
    /// The key of the row.
    pub key: Key,
    /// What the edit does to the row.
    pub kind: EditKind,
    /// New values by position in the backend's columns. A create has all columns that devices hold.
    pub values: Vec<(usize, Value)>,
    /// The stamp of the version that the person edited; `None` for a create.
    pub base: Option<Stamp>,
    /// When the person made the edit, by the device's clock.
    pub made_at: Stamp,
    /// How the backend checks the row before the change.
    pub guard: Guard,
}

impl Mutation {
    /// A mutation whose idempotency key is the edit's id. It has no values and no base, and was
    /// made at 0.
    pub fn new(edit: EditId, entity: EntityId, key: &str, kind: EditKind) -> Mutation {
        let (id, key, made_at) = (edit.to_string(), Key::new(key), Stamp(0));
        Mutation { id, edit, entity, key, kind, values: Vec::new(), base: None, made_at, guard: Guard::Base }
    }
    /// A mutation of this edit; its idempotency key is the edit's own id.
    pub fn of(edit: &LocalEdit, base: Option<Stamp>, made_at: Stamp) -> Mutation {
        let LocalEdit { id: edit, entity, key, kind, values } = edit.clone();
        let guard = Guard::default();
        Mutation { id: edit.to_string(), edit, entity, key, kind, values, base, made_at, guard }
    }
    /// Whether the mutation changes this row.
    pub fn is_of(&self, entity: EntityId, key: &Key) -> bool {
        self.entity == entity && self.key == *key
    }
}

/// How the current row is checked before a mutation changes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Guard {
    /// The row's version, or the date of that version, equals the mutation's base.
    #[default]
    Base,
    /// The row has not changed since the date in the mutation's base.
    Since,
    /// The columns that the device holds have this [`image`], as at the time of sending.
    Image(u64),
}

impl Guard {
    /// True if the guard is the version that the person edited.
    pub fn is_base(&self) -> bool {
        *self == Guard::Base
    }
}

/// A hash of the values of a row; equal values give equal hashes.
pub fn image<'a>(values: impl IntoIterator<Item = &'a Value>) -> u64 {
    let mut bytes = Vec::new();
    for value in values {
        value.with_ref(|value| append_value(&mut bytes, value));
    }
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

/// A version of a row, as the backend sends it to a device.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// The key of the row.
    pub key: Key,
    /// The stamp of the row's version.
    pub stamp: Stamp,
    /// The device's columns; `None` if the row is deleted or out of the device's scope.
    pub values: Option<Vec<Value>>,
}

/// The outcome of one mutation.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// Committed with this stamp, now or earlier under the same idempotency key.
    Applied {
        /// The stamp of the committed version.
        stamp: Stamp,
    },
    /// Committed as a new row, now or earlier. The backend gave the row its own key.
    Named {
        /// The stamp of the row's first version.
        stamp: Stamp,
        /// The row as it is now.
        row: Row,
    },
    /// Not committed: the backend's row is not the version that the person edited.
    Conflict {
        /// Why it conflicts.
        why: Refusal,
        /// The conflicting row as it is now; `None` if the backend never had the row.
        current: Option<Row>,
        /// When that version was made, by its author's clock; `None` if the backend does not know.
        edited_at: Option<Stamp>,
    },
    /// Not committed and not decided, because the backend is busy with other requests. Send it
    /// again.
    Later,
    /// Not decided yet, but durable at the gateway, which will send it to the backend. Ask again
    /// with the same idempotency key in a later run.
    Queued,
    /// Not committed: the backend refuses the edit forever.
    Rejected {
        /// Why the backend refuses it.
        reason: String,
        /// The row as it is now, if there is one.
        current: Option<Row>,
    },
}

/// Why a mutation met a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Refusal {
    /// The row has a newer version.
    Stale,
    /// The row is deleted.
    Gone,
    /// A row with this key exists already.
    Exists,
    /// Another row has the natural key.
    Taken,
}
digested_by_place!(Refusal);
in_words!(Refusal { Stale: "stale", Gone: "gone", Exists: "exists", Taken: "taken" });
