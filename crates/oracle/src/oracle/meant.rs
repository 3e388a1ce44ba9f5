//! What people intended, beyond the edits that they saw saved.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::history::RowId;
use crate::base::{EditId, EntityId, Key};
use crate::contract::{Decision, LocalEdit};

/// Who won a conflict in which one side gave way; the log must mention it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Won {
    Edit,
    Part,
    Other,
}

/// In how many columns each side gave way to a value that its last reader did not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GaveWay {
    pub(super) ours: u64,
    pub(super) theirs: u64,
}

#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Edits that may be stored although nobody saw them saved.
    pub(super) unseen: BTreeMap<EditId, LocalEdit>,
    /// Edits of which a rule gave up some columns, or made a separate row with this key.
    pub(super) ruled: FxHashMap<EditId, Option<Key>>,
    /// Rows that a device created and that the backend has under another row's key.
    pub(super) elsewhere: FxHashMap<RowId, RowId>,
}

impl Beside {
    pub(super) fn decided(&mut self, edit: EditId, decision: Decision<'_>) {
        match decision {
            Decision::Merged { .. } => _ = self.ruled.insert(edit, None),
            Decision::Both { key } => _ = self.ruled.insert(edit, Some(key.clone())),
            Decision::Local | Decision::Remote | Decision::Same | Decision::Parked => {}
        }
    }
    pub(super) fn gives_up_columns(&self, edit: EditId) -> bool {
        self.ruled.contains_key(&edit)
    }
    pub(super) fn goes_to(&self, edit: EditId, own: Option<RowId>, row: RowId, key: &Key) -> bool {
        self.split_off(edit, key) || own.is_some_and(|own| self.elsewhere.get(&own) == Some(&row))
    }
    pub(super) fn split_off(&self, edit: EditId, key: &Key) -> bool {
        self.ruled.get(&edit).is_some_and(|to| to.as_ref() == Some(key))
    }
    pub(super) fn unseen_of(&self, entity: EntityId, key: &Key) -> impl Iterator<Item = &LocalEdit> {
        self.unseen.values().filter(move |edit| edit.entity == entity && edit.key == *key)
    }
}
