//! What happens on a device's page of conflicts.

use super::conflict::{ConflictKind, Decision, Sides};
use crate::base::{EditId, EntityId, Key, UnitId};

/// Something about conflicts that wait for a person.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "said by the variant")]
pub enum PageEvent<'a> {
    /// The app has started, and this conflict is open: told of each. It is about the row of the
    /// edit that met it.
    Open { edit: EditId, entity: EntityId, key: &'a Key },
    /// A person has decided, by what they saw: what becomes of the edit that met the conflict, or
    /// of one that was made `on_top` of it and has met none itself.
    Resolved {
        edit: EditId,
        on_top: bool,
        entity: EntityId,
        key: &'a Key,
        kind: ConflictKind,
        decision: Decision<'a>,
        sides: Sides,
    },
    /// A run of a unit was refused since conflicts are open, with edits that could have gone.
    Held { unit: UnitId, edits: &'a [EditId] },
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
