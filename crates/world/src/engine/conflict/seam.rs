//! The input of a conflict policy, and its result.

use crate::base::{Key, Stamp, Value};
use crate::contract::{ConflictKind, Decision, EditKind, Entity, LogKind, Refusal, Row};
use crate::store::Entry;

/// A local edit, and the backend's row that conflicts with it.
#[derive(Clone, Copy, Debug)]
pub struct Conflict<'a> {
    pub entry: &'a Entry,
    pub entity: &'a Entity,
    pub why: Refusal,
    /// The backend's row, if it has one.
    pub current: Option<&'a Row>,
    /// The time when the backend's version was edited, by its author's clock; `None` if unknown.
    pub edited_at: Option<Stamp>,
    /// True if a conflict between equal values is ignored.
    pub compares_values: bool,
}

impl Conflict<'_> {
    /// Whether the edit would give its row the natural key (the unique business columns) of another
    /// row. The two rows stay separate, and their values are not compared.
    pub fn wants_taken_key(&self) -> bool {
        let Entry { kind, made_on, .. } = self.entry;
        // A create with `made_on` was an update before. It became a create because its row was
        // deleted.
        self.why == Refusal::Taken && (*kind == EditKind::Update || made_on.is_some())
    }
}

/// The decision about an edit that met a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Both sides have the same values, and the edit counts as done.
    Same,
    /// The backend's version stays and the edit is dropped. The user gets a log entry.
    Remote,
    /// The edit is sent again and overwrites the current version of the row `onto`. The user gets a
    /// log entry.
    Local {
        /// The target row. It differs from the edit's own row if two rows had the same natural key.
        onto: Key,
    },
    Park,
    /// The edit is sent as a new row. The user gets a log entry.
    Both {
        key: Key,
    },
    /// The edit is sent again with only some of its columns, based on the backend's current
    /// version.
    Merged {
        /// The columns that are sent, as positions in the backend's columns.
        columns: Vec<usize>,
        /// The kind of log entry for the user, if both sides set a column to different values.
        line: Option<LogKind>,
    },
}

impl Resolution {
    pub fn decision(&self) -> Decision<'_> {
        match self {
            Resolution::Same => Decision::Same,
            Resolution::Remote => Decision::Remote,
            Resolution::Local { .. } => Decision::Local,
            Resolution::Merged { columns, .. } => Decision::Merged { columns },
            Resolution::Park => Decision::Parked,
            Resolution::Both { key } => Decision::Both { key },
        }
    }
}

/// Decides conflicts.
pub trait ResolveRule {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution;
    /// Decides a conflict. Under every rule, an edit loses if it would give its row the natural key
    /// of another row. The backend cannot commit that edit.
    fn decide(&self, conflict: Conflict<'_>) -> Resolution {
        if conflict.wants_taken_key() { Resolution::Remote } else { self.resolve(conflict) }
    }
}

/// Whether edit and backend have the same values. Then no decision is needed.
pub(crate) fn says_the_same(conflict: Conflict<'_>) -> bool {
    if conflict.wants_taken_key() {
        return false;
    }
    let gone = conflict.why == Refusal::Gone;
    match (conflict.entry.kind, conflict.current) {
        (EditKind::Delete, _) => gone,
        _ if !conflict.compares_values => false,
        (_, Some(Row { values: Some(current), .. })) if !gone => {
            conflict.entry.own_values().all(|(column, value)| {
                let position = conflict.entity.projection.binary_search(column);
                position.is_ok_and(|position| reads_alike(value, &current[position]))
            })
        }
        _ => false,
    }
}

pub(super) fn reads_alike(a: &Value, b: &Value) -> bool {
    b.with_ref(|b| a.reads_as(b))
}

/// The kind of conflict, for the counts in reports.
pub(crate) fn kind_of(conflict: Conflict<'_>) -> ConflictKind {
    if says_the_same(conflict) {
        return ConflictKind::Equal;
    }
    if conflict.wants_taken_key() {
        return ConflictKind::UpdateTaken;
    }
    match (conflict.why, conflict.entry.kind) {
        (Refusal::Exists | Refusal::Taken, _) | (_, EditKind::Create) => ConflictKind::InsertInsert,
        (Refusal::Gone, _) => ConflictKind::UpdateDelete,
        (Refusal::Stale, EditKind::Delete) => ConflictKind::DeleteUpdate,
        (Refusal::Stale, EditKind::Update) => ConflictKind::UpdateUpdate,
    }
}
