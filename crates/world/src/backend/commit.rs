//! Commits: all rows of a commit get their new versions at once, with the same stamp (version
//! time).

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
    /// The backend's values after the commit. For a delete: the values before it.
    pub values: Arc<[Value]>,
    pub author: Author,
    /// The stamp of the version that was replaced; `None` for an insert.
    pub replaced: Option<Stamp>,
    /// The time when its transaction commits; `None` if that is the time of its stamp.
    pub visible_at: Option<Time>,
}

/// One effect of a mutation on the backend.
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
        /// `Some`: a conflict. `None`: a permanent rejection.
        conflict: Option<Refusal>,
        /// The row that has the natural key, or the missing row that the mutation refers to.
        holder: Option<Key>,
    },
    /// A mutation arrived again and got the remembered verdict.
    Replayed(EditId),
    /// The next commit of the first edit also contains the changes of the other edits.
    Carries(EditId, Vec<EditId>),
    /// The server's rule changes these columns in the next commit of the edit.
    Remade(EditId, Vec<usize>),
    /// The device's conflict response covers only some columns of this edit.
    ByColumn(EditId),
    /// A mutation was deferred.
    PutOff(EditId),
    /// The response says that a mutation was committed, but nothing was written.
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

    /// A second event for listeners, after [`Commit::event`], if readers see the commit later.
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
    /// The row's slot (its index in the table); `None` if the backend never had the row.
    pub(super) slot: Option<Slot>,
    pub(super) values: Option<Arc<[Value]>>,
    pub(super) author: Author,
    /// The facts that came from a device; `None` if no device wrote the row.
    pub(super) written: Option<Written>,
    /// True if only copied columns of the row change. The row then keeps its stamp, and no log or
    /// flag shows the change.
    pub(super) unnoted: bool,
}

#[derive(Debug)]
pub(super) struct Written {
    pub(super) by: Arc<[Value]>,
    /// The time of the person's edit, by the device's clock.
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
