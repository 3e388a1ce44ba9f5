//! What people intended, beyond the edits that they saw saved.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::base::{EditId, Key};
use crate::contract::{Decision, LocalEdit};
use crate::oracle::model::RowId;

/// Who won a conflict in which one side gave way; the log must mention it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Won {
    Edit,
    Part,
    Other,
}

/// In how many columns each side gave way to a value that its last reader did not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GaveWay {
    pub(crate) ours: u64,
    pub(crate) theirs: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// Edits that may be stored although nobody saw them saved.
    pub(crate) unseen: BTreeMap<EditId, LocalEdit>,
    /// Edits of which a rule gave up some columns, or made a separate row with this key.
    pub(crate) ruled: FxHashMap<EditId, Option<Key>>,
    /// Rows that a device created and that the backend has under another row's key.
    pub(crate) elsewhere: FxHashMap<RowId, RowId>,
}

impl Beside {
    pub(crate) fn decided(&mut self, edit: EditId, decision: Decision<'_>) {
        match decision {
            Decision::Merged { .. } => _ = self.ruled.insert(edit, None),
            Decision::Both { key } => _ = self.ruled.insert(edit, Some(key.clone())),
            Decision::Local | Decision::Remote | Decision::Same | Decision::Parked => {}
        }
    }
    pub(crate) fn split_off(&self, edit: EditId, key: &Key) -> bool {
        self.ruled.get(&edit).is_some_and(|to| to.as_ref() == Some(key))
    }
}
