//! Keeps which conflicts wait for a person, and which edits wait for the decision.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{EditId, EntityId, Key};
use crate::contract::{Decision, EditKind, EngineEvent, Event, LocalEdit, PageEvent, Schema};
use crate::oracle::watch::StateLoss;

/// The rows that an edit changes or refers to. Other edits of these rows may have to wait for it.
#[derive(Clone, Debug)]
pub(crate) struct EditTarget {
    pub(crate) entity: EntityId,
    pub(crate) key: Key,
    deletes: bool,
    refers: Vec<(EntityId, Key)>,
}

impl EditTarget {
    pub(crate) fn of(edit: &LocalEdit, schema: &Schema) -> EditTarget {
        let values = edit.values.iter().map(|(column, value)| (*column, value));
        let refers = schema.entity(edit.entity).references(values);
        let refers = refers.map(|(to, key)| (to, Key::new(key)));
        let (entity, key) = (edit.entity, edit.key.clone());
        EditTarget { entity, key, deletes: edit.kind == EditKind::Delete, refers: refers.collect() }
    }
    pub(crate) fn row(entity: EntityId, key: &Key) -> EditTarget {
        EditTarget { entity, key: key.clone(), deletes: false, refers: Vec::new() }
    }
}

#[derive(Debug, Default)]
pub(crate) struct OpenConflicts {
    open: BTreeMap<EditId, (EntityId, Key)>,
}

impl OpenConflicts {
    pub(crate) fn on(&mut self, event: &Event<'_>, out: Option<StateLoss>) -> bool {
        if out.is_some_and(|out| out >= StateLoss::Part) {
            return !std::mem::take(&mut self.open).is_empty();
        }
        match *event {
            Event::Engine(
                EngineEvent::ConflictDecided { edit, entity, key, decision: Decision::Parked, .. }
                | EngineEvent::Page(PageEvent::Open { edit, entity, key }),
            ) => self.open.insert(edit, (entity, key.clone())).is_none(),
            Event::Engine(EngineEvent::Page(PageEvent::Resolved { edit, on_top: false, .. })) => {
                self.open.remove(&edit).is_some()
            }
            _ => false,
        }
    }

    pub(crate) fn has(&self, edit: EditId) -> bool {
        self.open.contains_key(&edit)
    }

    /// The edits that wait for a person's decision: edits of a row in conflict, and edits that must
    /// follow those.
    pub(crate) fn held<'e>(&self, edits: impl Iterator<Item = (EditId, &'e EditTarget)>) -> BTreeSet<EditId> {
        let mut held = BTreeSet::new();
        if self.open.is_empty() {
            return held;
        }
        let mut rows: BTreeSet<(EntityId, Key)> = self.open.values().cloned().collect();
        let mut referred: BTreeSet<(EntityId, Key)> = BTreeSet::new();
        for (id, place) in edits {
            let row = (place.entity, place.key.clone());
            if rows.contains(&row)
                || place.refers.iter().any(|to| rows.contains(to))
                || place.deletes && (referred.contains(&row) || self.open.values().any(|open| *open != row))
            {
                held.insert(id);
                rows.insert(row);
                referred.extend(place.refers.iter().cloned());
            }
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, Stamp};
    use crate::contract::{ConflictKind, Sides};

    #[test]
    fn edits_wait_with_the_row_that_they_are_of_or_refer_to() {
        let edit = |number| EditId { device: DeviceId(0), number };
        let (parent, child) = (EntityId(0), EntityId(1));
        let place = |entity, key: &str| EditTarget::row(entity, &Key::new(key));
        let refers =
            |key: &str, to: &str| EditTarget { refers: vec![(parent, Key::new(to))], ..place(child, key) };
        let edits = [
            (edit(1), place(parent, "a")),
            (edit(2), refers("x", "a")),
            (edit(3), place(child, "x")),
            (edit(4), refers("y", "b")),
            (edit(5), EditTarget { deletes: true, ..place(parent, "a") }),
        ];
        let mut page = OpenConflicts::default();
        let held = |page: &OpenConflicts| page.held(edits.iter().map(|(id, place)| (*id, place)));
        assert!(held(&page).is_empty());
        let key = Key::new("a");
        let (kind, sides) =
            (ConflictKind::UpdateUpdate, Sides { local: Stamp(0), remote: Stamp(0), edited: None });
        let decision = Decision::Parked;
        let parked = Event::Engine(EngineEvent::ConflictDecided {
            edit: edit(0),
            entity: parent,
            key: &key,
            kind,
            decision,
            sides,
        });
        assert!(page.on(&parked, None) && !page.on(&parked, None));
        assert_eq!(held(&page), BTreeSet::from([edit(1), edit(2), edit(3), edit(5)]));
        assert!(page.has(edit(0)));
        let decision = Decision::Local;
        let (edit, entity, on_top) = (edit(0), parent, false);
        let resolved = PageEvent::Resolved { edit, on_top, entity, key: &key, kind, decision, sides };
        assert!(page.on(&Event::Engine(EngineEvent::Page(resolved)), None));
        assert!(held(&page).is_empty());
    }
}
