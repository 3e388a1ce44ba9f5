//! What people intended, beyond the edits that they saw saved.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::base::{EditId, EntityId, Key};
use crate::contract::{Decision, LocalEdit};
use crate::oracle::model::versions::RowId;

/// Who won a conflict in which one side gave way; the log must mention it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oracle) enum Won {
    Edit,
    Part,
    Other,
}

/// In how many columns each side gave way to a value that its last reader did not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::oracle) struct GaveWay {
    pub(in crate::oracle) ours: u64,
    pub(in crate::oracle) theirs: u64,
}

#[derive(Debug, Default)]
pub(in crate::oracle) struct Beside {
    /// Edits that may be stored although nobody saw them saved.
    pub(in crate::oracle) unseen: BTreeMap<EditId, LocalEdit>,
    /// Edits of which a rule gave up some columns, or made a separate row with this key.
    pub(in crate::oracle) ruled: FxHashMap<EditId, Option<Key>>,
    /// Rows that a device created and that the backend has under another row's key.
    pub(in crate::oracle) elsewhere: FxHashMap<RowId, RowId>,
}

impl Beside {
    pub(in crate::oracle) fn decided(&mut self, edit: EditId, decision: Decision<'_>) {
        match decision {
            Decision::Merged { .. } => _ = self.ruled.insert(edit, None),
            Decision::Both { key } => _ = self.ruled.insert(edit, Some(key.clone())),
            Decision::Local | Decision::Remote | Decision::Same | Decision::Parked => {}
        }
    }
    pub(in crate::oracle) fn gives_up_columns(&self, edit: EditId) -> bool {
        self.ruled.contains_key(&edit)
    }
    pub(in crate::oracle) fn goes_to(&self, edit: EditId, own: Option<RowId>, row: RowId, key: &Key) -> bool {
        self.split_off(edit, key) || own.is_some_and(|own| self.elsewhere.get(&own) == Some(&row))
    }
    pub(in crate::oracle) fn split_off(&self, edit: EditId, key: &Key) -> bool {
        self.ruled.get(&edit).is_some_and(|to| to.as_ref() == Some(key))
    }
    pub(in crate::oracle) fn unseen_of(
        &self,
        entity: EntityId,
        key: &Key,
    ) -> impl Iterator<Item = &LocalEdit> {
        self.unseen.values().filter(move |edit| edit.entity == entity && edit.key == *key)
    }
}
