//! Commits: all rows of a change get their new versions at once, with one stamp.

use std::sync::Arc;

use super::index::Slot;
use super::machine::Backend;
use super::table::Version;
use crate::base::{EditId, EntityId, Key, Stamp, Time, Value};
use crate::contract::{Author, CommitKind, EditKind, Event, Refusal};

/// A row got a new version.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// The entity.
    pub entity: EntityId,
    /// The row.
    pub key: Key,
    /// The new version's stamp.
    pub stamp: Stamp,
    /// What was done.
    pub kind: CommitKind,
    /// The backend's values after it (before it, for a delete).
    pub values: Arc<[Value]>,
    /// By whom.
    pub author: Author,
    /// The stamp of the version that was replaced; `None` for an insert.
    pub replaced: Option<Stamp>,
}

/// Something that the backend did to a mutation or because of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A row has a new version.
    Committed(Commit),
    /// A mutation was not committed.
    Refused {
        /// The edit.
        edit: EditId,
        /// The entity.
        entity: EntityId,
        /// The row.
        key: Key,
        /// What it wanted to do.
        kind: EditKind,
        /// `Some` for a conflict, `None` for a rejection for good.
        conflict: Option<Refusal>,
    },
    /// A mutation came again and was answered from memory.
    Replayed(EditId),
}

impl Commit {
    /// For listeners.
    pub fn event(&self) -> Event<'_> {
        Event::Committed {
            entity: self.entity,
            key: &self.key,
            stamp: self.stamp,
            kind: self.kind,
            values: &self.values,
            author: self.author,
            replaced: self.replaced,
        }
    }
}

impl Fact {
    /// For listeners.
    pub fn event(&self) -> Event<'_> {
        match self {
            Fact::Committed(commit) => commit.event(),
            Fact::Refused { edit, entity, key, kind, conflict } => {
                Event::MutationRefused { edit: *edit, entity: *entity, key, kind: *kind, conflict: *conflict }
            }
            Fact::Replayed(edit) => Event::MutationReplayed { edit: *edit },
        }
    }
}

/// A change of one row that is about to be committed.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) entity: EntityId,
    pub(super) key: Key,
    /// The row, if the backend has ever had it.
    pub(super) slot: Option<Slot>,
    /// The values after it; `None` for a delete.
    pub(super) values: Option<Arc<[Value]>>,
    pub(super) author: Author,
}

impl Backend {
    /// Commits `drafts`, of different rows, and what follows from them.
    pub(super) fn commit(&mut self, now: Time, mut drafts: Vec<Draft>) -> Vec<Commit> {
        self.derive(&mut drafts);
        let replaced = |draft: &Draft| draft.slot.map(|slot| self.table(draft.entity).record(slot).stamp);
        let old: Vec<Stamp> = drafts.iter().filter_map(replaced).collect();
        let stamp = self.stamps.give(self.clock(now), old.into_iter());
        drafts.into_iter().map(|draft| self.commit_one(draft, stamp)).collect()
    }

    fn commit_one(&mut self, draft: Draft, stamp: Stamp) -> Commit {
        let Draft { entity: id, key, slot, values, author } = draft;
        let entity = self.schema.entity(id);
        let table = &mut self.tables[usize::from(id.0)];
        let before = slot.map(|slot| table.record(slot)).filter(|record| !record.deleted);
        let replaced = before.map(|record| record.stamp);
        let kind = match (&before, &values) {
            (None, _) => CommitKind::Insert,
            (Some(_), Some(_)) => CommitKind::Update,
            (Some(_), None) => CommitKind::Delete,
        };
        let deleted = values.is_none();
        let values =
            values.unwrap_or_else(|| Arc::clone(&before.expect("only a live row is deleted").values));
        let version = Version { values: Arc::clone(&values), stamp, deleted };
        match slot {
            Some(slot) => table.set(entity, slot, version),
            None => {
                table.insert(entity, key.clone(), version);
            }
        }
        Commit { entity: id, key, stamp, kind, values, author, replaced }
    }
}
