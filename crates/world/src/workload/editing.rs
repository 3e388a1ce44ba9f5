//! Rules that prevent conflicts: they limit which edits people may make, and when.

use std::collections::BTreeMap;

use crate::base::{EntityId, Span, Value, in_words};
use crate::contract::{EditKind, Entity, LocalEdit};

/// Limits on people's edits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editing {
    /// The edits that people may make without a network.
    pub offline: Offline,
    /// After a person's edit, only that person's device may change the row for this long. `None`:
    /// no limit.
    pub lease: Option<Span>,
    /// The backend columns that people may edit without a network. If an entity is not listed,
    /// people may edit all its columns.
    pub columns: BTreeMap<EntityId, Vec<usize>>,
    /// For each entity: the backend column that names a row's owner, and the device attribute with
    /// the same value.
    pub owners: BTreeMap<EntityId, (usize, usize)>,
}

/// The edits that people may make while the phone sees no network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offline {
    /// All edits.
    #[default]
    Free,
    /// No edits.
    Locked,
}
in_words!(Offline { Free: "free", Locked: "locked" });

impl Editing {
    /// True if people may make this edit without a network. If the entity is listed in `columns`,
    /// people can then neither create nor delete its rows.
    pub fn allows_offline(&self, edit: &LocalEdit) -> bool {
        let Some(columns) = self.columns.get(&edit.entity) else { return true };
        edit.kind == EditKind::Update && edit.values.iter().all(|(column, _)| columns.contains(column))
    }

    /// True if the row belongs to another owner. `shown` returns the row's values; a create names
    /// its owner itself.
    pub fn is_anothers(
        &self,
        entity: &Entity,
        edit: &LocalEdit,
        attributes: &[Value],
        shown: impl FnOnce() -> Option<Vec<Value>>,
    ) -> bool {
        let owner = self.owners.get(&edit.entity).filter(|_| edit.kind != EditKind::Create);
        let Some((column, attribute)) = owner else { return false };
        let Ok(place) = entity.projection.binary_search(column) else { return false };
        shown().is_some_and(|values| values[place] != attributes[*attribute])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, Key};

    #[test]
    fn without_a_network_only_what_is_named_is_edited() {
        let edit = |entity, kind, columns: &[usize]| LocalEdit {
            id: EditId { device: DeviceId(0), number: 0 },
            entity: EntityId(entity),
            key: Key::new("k"),
            kind,
            values: columns.iter().map(|column| (*column, Value::Null)).collect(),
        };
        let editing = Editing { columns: BTreeMap::from([(EntityId(0), vec![1, 2])]), ..Editing::default() };
        for (edit, may) in [
            (edit(0, EditKind::Update, &[1]), true),
            (edit(0, EditKind::Update, &[1, 3]), false),
            (edit(0, EditKind::Delete, &[]), false),
            (edit(0, EditKind::Create, &[1, 2]), false),
            (edit(1, EditKind::Update, &[3]), true),
        ] {
            assert_eq!(editing.allows_offline(&edit), may, "{edit:?}");
        }
    }

    #[test]
    fn a_row_is_edited_by_its_owner_alone() {
        let task = Entity { projection: vec![0, 2], ..Entity::new("task", Vec::new()) };
        let editing = Editing { owners: BTreeMap::from([(EntityId(0), (2, 0))]), ..Editing::default() };
        let of = |entity: u16, kind, owner: &str| {
            let id = EditId { device: DeviceId(0), number: 0 };
            let edit =
                LocalEdit { id, entity: EntityId(entity), key: Key::new("k"), kind, values: Vec::new() };
            let shown = || Some(vec![Value::text("title"), Value::text(owner)]);
            editing.is_anothers(&task, &edit, &[Value::text("ann")], shown)
        };
        assert!(of(0, EditKind::Update, "bob") && of(0, EditKind::Delete, "bob"));
        assert!(!of(0, EditKind::Update, "ann") && !of(0, EditKind::Create, "bob"));
        assert!(!of(1, EditKind::Update, "bob"), "nobody owns these");
    }
}
