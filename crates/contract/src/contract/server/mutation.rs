//! What is said of rows and edits on the server's side.

use crate::base::{EditId, EntityId, Key, Stamp, Value, ValueRef, digested_by_place, in_words};
use crate::contract::device::{EditKind, LocalEdit};

/// One local intent on its way to the backend.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mutation {
    /// The idempotency key: two mutations with the same key are one.
    pub id: String,
    pub edit: EditId,
    pub entity: EntityId,
    pub key: Key,
    pub kind: EditKind,
    /// New values by position in the backend's columns; all that devices have for a create.
    pub values: Vec<(usize, Value)>,
    /// The stamp of the version that the edit was made on; `None` for a create.
    pub base: Option<Stamp>,
    /// When the person made it, by the device's clock.
    pub made_at: Stamp,
    /// What the row is held against, where the backend checks.
    pub guard: Guard,
}

impl Mutation {
    /// One of an edit, under its name, that says nothing yet and was made on no version, at 0.
    pub fn new(edit: EditId, entity: EntityId, key: &str, kind: EditKind) -> Mutation {
        let (id, key, made_at) = (edit.to_string(), Key::new(key), Stamp(0));
        Mutation { id, edit, entity, key, kind, values: Vec::new(), base: None, made_at, guard: Guard::Base }
    }
}

/// What a row that is there is held against before a mutation changes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Guard {
    /// Its version, or the date of that, is the mutation's base.
    #[default]
    Base,
    /// Nothing changed it since the date that is the mutation's base.
    Since,
    /// What its device may see of it has this [`image`], as when it was sent.
    Image(u64),
}

impl Guard {
    pub fn is_base(&self) -> bool {
        *self == Guard::Base
    }
}

/// A hash of the values of a row, equal where they read the same.
pub fn image<'a>(values: impl IntoIterator<Item = &'a Value>) -> u64 {
    let mut bytes = Vec::new();
    for value in values {
        value.with_ref(|value| match value {
            ValueRef::Null => bytes.push(0),
            ValueRef::Int(n) => {
                bytes.push(1);
                bytes.extend_from_slice(&n.to_le_bytes());
            }
            ValueRef::Real(x) => {
                bytes.push(2);
                bytes.extend_from_slice(&x.to_bits().to_le_bytes());
            }
            ValueRef::Text(text) => {
                bytes.push(3);
                bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        });
    }
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

impl Mutation {
    /// Whether it changes this row.
    pub fn is_of(&self, entity: EntityId, key: &Key) -> bool {
        self.entity == entity && self.key == *key
    }
    /// An edit by its own number, which no other edit has.
    pub fn of(edit: &LocalEdit, base: Option<Stamp>, made_at: Stamp) -> Mutation {
        let LocalEdit { id: edit, entity, key, kind, values } = edit.clone();
        let guard = Guard::default();
        Mutation { id: edit.to_string(), edit, entity, key, kind, values, base, made_at, guard }
    }
}

/// A version of a row as the backend tells it to a device.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    pub key: Key,
    pub stamp: Stamp,
    /// The device's columns, or `None` if the row is deleted or out of the device's scope.
    pub values: Option<Vec<Value>>,
}

/// What became of one mutation.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// Committed, now or before by the same idempotency key, with this stamp.
    Applied { stamp: Stamp },
    /// Committed as a new row, now or before, to which the backend has given a key of its own. The
    /// row had this stamp first and is like that now.
    Named { stamp: Stamp, row: Row },
    /// Not committed: the backend's row is not the version that the edit was made on. The row in
    /// the way is as it is now, `None` if the backend never had it; it was made then by its
    /// author's clock, if the backend says so.
    Conflict { why: Refusal, current: Option<Row>, edited_at: Option<Stamp> },
    /// Not committed and not judged: the backend is too busy with others. Send it again.
    Later,
    /// Not judged yet and safe with the gateway, which brings it to the backend: ask again, by the
    /// same idempotency key, in a later run.
    Queued,
    /// Not committed, and never will be: the backend does not accept it. In the backend's words,
    /// with its row, if it has one.
    Rejected { reason: String, current: Option<Row> },
}

/// Why a mutation met a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Refusal {
    Stale,
    Gone,
    Exists,
    Taken,
}
digested_by_place!(Refusal);
in_words!(Refusal { Stale: "stale", Gone: "gone", Exists: "exists", Taken: "taken" });
