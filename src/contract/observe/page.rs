//! What happens on a device's page of conflicts.

use super::conflict::{ConflictKind, Decision, Sides};
use crate::base::{EditId, EntityId, Key, UnitId};

/// Something about conflicts that wait for a person.
#[derive(Clone, Copy, Debug)]
pub enum PageEvent<'a> {
    /// The app has started, and this conflict is open: told of each.
    Open {
        /// The edit that met it.
        edit: EditId,
        /// Its entity.
        entity: EntityId,
        /// Its row.
        key: &'a Key,
    },
    /// A person has decided.
    Resolved {
        /// The edit that met the conflict, or one that was made on top of it.
        edit: EditId,
        /// It is on top, and has met none itself.
        on_top: bool,
        /// Its entity.
        entity: EntityId,
        /// Its row.
        key: &'a Key,
        /// What kind of conflict.
        kind: ConflictKind,
        /// What becomes of the edit.
        decision: Decision<'a>,
        /// The dates that the person saw.
        sides: Sides,
    },
    /// A run of a unit was refused since conflicts are open.
    Held {
        /// Which.
        unit: UnitId,
        /// Edits that could have gone.
        edits: &'a [EditId],
    },
}

impl<'a> PageEvent<'a> {
    /// The row that it is about, if it is about one.
    pub fn row(&self) -> Option<(EntityId, &'a Key)> {
        match *self {
            PageEvent::Open { entity, key, .. } | PageEvent::Resolved { entity, key, .. } => {
                Some((entity, key))
            }
            PageEvent::Held { .. } => None,
        }
    }

    /// The same of a row that is called so.
    pub fn of(self, key: &'a Key) -> PageEvent<'a> {
        match self {
            PageEvent::Open { edit, entity, .. } => PageEvent::Open { edit, entity, key },
            PageEvent::Resolved { edit, on_top, entity, kind, decision, sides, .. } => {
                PageEvent::Resolved { edit, on_top, entity, key, kind, decision, sides }
            }
            held @ PageEvent::Held { .. } => held,
        }
    }
}
