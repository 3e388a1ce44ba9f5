//! Intentions of people, beyond the edits that they saw saved.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::base::{EditId, Key};
use crate::contract::{Decision, LocalEdit};
use crate::oracle::model::RowId;

/// The side that won a conflict in which the other gave way. The log must mention this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Won {
    Edit,
    Part,
    Other,
}

/// By side, in how many columns it gave way to a value that its last reader did not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GaveWay {
    pub(crate) ours: u64,
    pub(crate) theirs: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// Edits that nobody saw saved, but that may be stored.
    pub(crate) unseen: BTreeMap<EditId, LocalEdit>,
    /// Edits about which a rule decided: it made a row with this key; `None`: it dropped columns.
    pub(crate) ruled: FxHashMap<EditId, Option<Key>>,
    /// Rows that a device created, and the row under whose key the backend has each.
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
