//! Intentions of people that are not in the edit ledger, and outcomes of conflicts.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::base::{EditId, Key};
use crate::contract::{Decision, LocalEdit};
use crate::oracle::model::RowId;

/// The side of a conflict that won over the other side. The user's log must mention this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Won {
    Edit,
    Part,
    Other,
}

/// For each side of a conflict (the edit and the other version): how many of its columns lost. A
/// column of the other version counts only if the edit's person did not know its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GaveWay {
    pub(crate) ours: u64,
    pub(crate) theirs: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// Edits that no person saw saved, but that may be stored.
    pub(crate) unseen: BTreeMap<EditId, LocalEdit>,
    /// Edits about which a conflict rule decided: the key of the separate row that it made, or
    /// `None` if it dropped columns.
    pub(crate) ruled: FxHashMap<EditId, Option<Key>>,
    /// By row that a device created: the row that the backend has instead, under another key.
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
