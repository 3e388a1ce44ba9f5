//! The outcomes of edits. They are reported after the commit of their transaction.

use std::collections::BTreeMap;

use crate::base::{EditId, EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{ConflictKind, EngineEvent, LogKind, PageEvent, Row, Sides};
use crate::engine::apply::page_changes::{Change, tell_changes};
use crate::engine::conflict::{Conflict, Resolution, kind_of};
use crate::engine::process::Process;
use crate::store::Entry;

pub(crate) struct Whose {
    edit: EditId,
    entity: EntityId,
    key: Key,
}

impl From<&Entry> for Whose {
    fn from(entry: &Entry) -> Whose {
        Whose { edit: entry.edit, entity: entry.entity, key: entry.key.clone() }
    }
}

pub(crate) enum Settled {
    Acknowledged(Whose, Stamp),
    Decided {
        whose: Whose,
        kind: ConflictKind,
        resolution: Resolution,
        sides: Sides,
        by: By,
    },
    Logged(Whose, LogKind),
    Renamed(EntityId, Key, Key),
    /// The row now has the backend's version.
    Holds(Change),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Rule,
    /// Neither a rule nor a person, because there was no conflict.
    Detection,
    /// A person. `on_top` says that the decision is about a later edit of the row in conflict.
    Person {
        on_top: bool,
    },
}

pub(crate) fn told_of(conflict: Conflict<'_>, key: Key, resolution: Resolution, by: By) -> Settled {
    let Conflict { entry, current, edited_at, .. } = conflict;
    let remote = current.map_or(Stamp(0), |row| row.stamp);
    let sides = Sides { local: entry.made_at, remote, edited: edited_at };
    let kind = if by == By::Detection { ConflictKind::Equal } else { kind_of(conflict) };
    let whose = Whose { edit: entry.edit, entity: entry.entity, key };
    Settled::Decided { whose, kind, resolution, sides, by }
}

/// Drops the report of a row's version if a later version of the row came from the same batch. The
/// older version was never visible.
pub(crate) fn drop_outdated_versions(told: &mut Vec<Settled>) {
    let mut settled = BTreeMap::new();
    for told in &*told {
        if let Settled::Acknowledged(Whose { entity, key, .. }, stamp) = told {
            settled.insert((*entity, key.clone()), *stamp);
        }
    }
    told.retain(|told| match told {
        Settled::Holds((entity, key, stamp, _)) => {
            settled.get(&(*entity, key.clone())).is_none_or(|last| stamp >= last)
        }
        _ => true,
    });
}

pub(crate) fn holds(entity: EntityId, row: &Row) -> Settled {
    Settled::Holds((entity, row.key.clone(), row.stamp, row.values.is_none()))
}

pub(crate) fn tell(process: &Process, unit: Option<UnitId>, told: &[Settled], took: Span) {
    let mut changes = Vec::new();
    for settled in told {
        process.emit(match settled {
            Settled::Holds(change) => {
                changes.push(change);
                continue;
            }
            Settled::Renamed(entity, from, to) => EngineEvent::Renamed { entity: *entity, from, to },
            Settled::Acknowledged(Whose { edit, entity, key }, stamp) => {
                EngineEvent::EditAcknowledged { edit: *edit, entity: *entity, key, stamp: *stamp }
            }
            Settled::Decided { whose: Whose { edit, entity, key }, kind, resolution, sides, by } => {
                let (edit, entity, kind, sides) = (*edit, *entity, *kind, *sides);
                let decision = resolution.decision();
                match *by {
                    By::Rule | By::Detection => {
                        EngineEvent::ConflictDecided { edit, entity, key, kind, decision, sides }
                    }
                    By::Person { on_top } => {
                        let resolved =
                            PageEvent::Resolved { edit, on_top, entity, key, kind, decision, sides };
                        EngineEvent::Page(resolved)
                    }
                }
            }
            Settled::Logged(Whose { edit, entity, key }, kind) => {
                EngineEvent::EditLogged { edit: *edit, entity: *entity, key, kind: *kind }
            }
        });
    }
    tell_changes(process, unit, changes, 0, took);
}
