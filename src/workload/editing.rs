//! What people may edit, and when: conflicts that cannot come to be.

use std::collections::BTreeMap;

use crate::base::{EntityId, Span, in_words};
use crate::contract::{EditKind, LocalEdit};

/// What the app lets people edit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editing {
    /// Whether they may edit while the phone sees no network.
    pub offline: Offline,
    /// Who edits a row asks the server for it, and has it for so long; others are refused
    /// meanwhile.
    pub lease: Option<Span>,
    /// Of these entities the columns that may be edited without a network, by position in the
    /// backend's columns; all of every other entity.
    pub columns: BTreeMap<EntityId, Vec<usize>>,
}

/// Whether people may edit while the phone sees no network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offline {
    /// They may.
    #[default]
    Free,
    /// The app refuses it.
    Locked,
}
in_words!(Offline { Free: "free", Locked: "locked" });

impl Editing {
    /// Whether the edit may be made without a network, as far as its columns say: rows are made and
    /// deleted whole.
    pub fn allows_offline(&self, edit: &LocalEdit) -> bool {
        let Some(columns) = self.columns.get(&edit.entity) else { return true };
        edit.kind == EditKind::Update && edit.values.iter().all(|(column, _)| columns.contains(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, Key, Value};

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
}
