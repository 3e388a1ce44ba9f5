//! Commits: all rows of one change get their new versions at once, with one stamp.

use std::sync::Arc;

use super::index::Slot;
use crate::base::{EditId, EntityId, Key, Stamp, Time, Value};
use crate::contract::{Author, CommitKind, EditKind, Event, Refusal};

/// A new version of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    pub entity: EntityId,
    pub key: Key,
    /// The stamp of the new version.
    pub stamp: Stamp,
    pub kind: CommitKind,
    /// The backend's values after the commit; before it, for a delete.
    pub values: Arc<[Value]>,
    pub author: Author,
    /// The stamp of the version that was replaced; `None` for an insert.
    pub replaced: Option<Stamp>,
    /// When its transaction commits, if later than its stamp.
    pub visible_at: Option<Time>,
}

/// An effect of a mutation on the backend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fact {
    /// A row has a new version.
    Committed(Commit),
    /// A mutation was not committed.
    Refused {
        edit: EditId,
        entity: EntityId,
        key: Key,
        kind: EditKind,
        /// `Some` for a conflict, `None` for a permanent rejection.
        conflict: Option<Refusal>,
        /// The other row: the one that has the natural key, or the missing one that is referred to.
        holder: Option<Key>,
    },
    /// A mutation arrived again and got its remembered verdict.
    Replayed(EditId),
    /// The next commit of the first edit also carries the other edits.
    Carries(EditId, Vec<EditId>),
    /// The server's rule changes these columns in the next commit of the edit.
    Remade(EditId, Vec<usize>),
    /// The device learns of this edit's conflict by columns only.
    ByColumn(EditId),
    /// A mutation was put off.
    PutOff(EditId),
    /// A mutation was reported as committed, but not written.
    Ignored { edit: EditId, entity: EntityId, key: Key },
}

impl Commit {
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

    /// The event for listeners after [`Commit::event`], if readers see the commit later.
    pub fn delay(&self) -> Option<Event<'_>> {
        let Commit { entity, key, stamp, .. } = self;
        let until = self.visible_at?;
        Some(Event::CommitDelayed { entity: *entity, key, stamp: *stamp, until })
    }
}

impl Fact {
    pub(crate) fn event(&self) -> Event<'_> {
        match self {
            Fact::Committed(commit) => commit.event(),
            Fact::Refused { edit, entity, key, kind, conflict, holder } => Event::MutationRefused {
                edit: *edit,
                entity: *entity,
                key,
                kind: *kind,
                conflict: *conflict,
                holder: holder.as_ref(),
            },
            Fact::Ignored { edit, entity, key } => {
                Event::MutationIgnored { edit: *edit, entity: *entity, key }
            }
            Fact::Replayed(edit) => Event::MutationReplayed { edit: *edit },
            Fact::Carries(edit, others) => Event::EditsCarried { edit: *edit, others },
            Fact::Remade(edit, columns) => Event::EditRemade { edit: *edit, columns },
            Fact::ByColumn(edit) => Event::GaveWayByColumn { edit: *edit },
            Fact::PutOff(edit) => Event::MutationPutOff { edit: *edit },
        }
    }

    pub(crate) fn commit(&self) -> Option<&Commit> {
        match self {
            Fact::Committed(commit) => Some(commit),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Draft {
    pub(super) entity: EntityId,
    pub(super) key: Key,
    /// The row, if the backend has ever had it.
    pub(super) slot: Option<Slot>,
    pub(super) values: Option<Arc<[Value]>>,
    pub(super) author: Author,
    /// The device's share, if a device wrote the row.
    pub(super) written: Option<Written>,
    /// The row keeps its stamp, and no log or flag notes the change: nobody wrote the row itself.
    pub(super) unnoted: bool,
}

/// What a device sends with its own change.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) by: Arc<[Value]>,
    /// When the person made the edit, by the device's clock.
    pub(super) at: Stamp,
}

impl Draft {
    pub(super) fn by(
        author: Author,
        entity: EntityId,
        (key, slot): (Key, Option<Slot>),
        values: Option<Arc<[Value]>>,
    ) -> Draft {
        Draft { entity, key, slot, values, author, written: None, unnoted: false }
    }
}

/// A transaction whose rows are being written.
#[derive(Debug)]
pub struct Committing {
    pub(super) drafts: std::vec::IntoIter<Draft>,
    pub(super) now: Time,
    pub(super) stamp: Stamp,
    pub(super) ends: Time,
}
