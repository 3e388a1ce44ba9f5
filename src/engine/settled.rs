//! What became of edits, until it is committed and can be told.

use std::collections::BTreeMap;

use super::conflict::{Conflict, Resolution, kind_of};
use crate::base::{EditId, EntityId, Key, Stamp};
use crate::contract::{ConflictKind, LogKind, Row, Sides};
use crate::store::Entry;

/// What settling an edit did, kept until it is committed and can be told.
pub(super) enum Settled {
    Acknowledged {
        edit: EditId,
        entity: EntityId,
        key: Key,
        stamp: Stamp,
    },
    Decided {
        edit: EditId,
        entity: EntityId,
        key: Key,
        kind: ConflictKind,
        resolution: Resolution,
        sides: Sides,
        by: By,
    },
    Logged {
        edit: EditId,
        entity: EntityId,
        key: Key,
        kind: LogKind,
    },
    /// The row has another key now.
    Renamed(EntityId, Key, Key),
    /// The row has the backend's version now.
    Holds {
        entity: EntityId,
        key: Key,
        stamp: Stamp,
        removed: bool,
    },
}

/// Who has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A rule.
    Rule,
    /// Nobody: it was found to be no conflict.
    Detection,
    /// A person; `on_top` of an edit that was made on top of the one in conflict.
    Person { on_top: bool },
}

/// That this was decided.
pub(super) fn told_of(conflict: Conflict<'_>, key: Key, resolution: Resolution, by: By) -> Settled {
    let Conflict { entry, current, edited_at, .. } = conflict;
    let remote = current.map_or(Stamp(0), |row| row.stamp);
    let sides = Sides { local: entry.made_at, remote, edited: edited_at };
    let kind = if by == By::Detection { ConflictKind::Equal } else { kind_of(conflict) };
    Settled::Decided { edit: entry.edit, entity: entry.entity, key, kind, resolution, sides, by }
}

/// Of a row that two edits of a batch came to be about, what the first one brought was gone again
/// before anybody saw it.
pub(super) fn keep_last_words(told: &mut Vec<Settled>) {
    let mut settled = BTreeMap::new();
    for told in &*told {
        if let Settled::Acknowledged { entity, key, stamp, .. } = told {
            settled.insert((*entity, key.clone()), *stamp);
        }
    }
    told.retain(|told| match told {
        Settled::Holds { entity, key, stamp, .. } => {
            settled.get(&(*entity, key.clone())).is_none_or(|last| stamp >= last)
        }
        _ => true,
    });
}

pub(super) fn acknowledged(entry: &Entry, stamp: Stamp) -> Settled {
    Settled::Acknowledged { edit: entry.edit, entity: entry.entity, key: entry.key.clone(), stamp }
}

pub(super) fn holds(entity: EntityId, row: &Row) -> Settled {
    Settled::Holds { entity, key: row.key.clone(), stamp: row.stamp, removed: row.values.is_none() }
}
