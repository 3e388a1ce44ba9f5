//! Edits that a proxy on the way lets through in no request: they wait for another network, with
//! what is made on top of them, and the others go.

use std::collections::BTreeSet;

use super::exchange::RunError;
use crate::base::words::count;
use crate::base::{EntityId, Key};
use crate::contract::{Schema, SyncError};
use crate::store::{Entry, references};

#[derive(Debug, Default)]
pub(super) struct HeldBack {
    edits: BTreeSet<i64>,
    rows: BTreeSet<(EntityId, Key)>,
}

impl HeldBack {
    pub(super) fn add(&mut self, batch: &[Entry]) {
        for entry in batch {
            self.edits.insert(entry.seq);
            self.rows.insert((entry.entity, entry.key.clone()));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.edits.len()
    }

    /// Whether the edit waits: it is about a row of one that does, or refers to such a row.
    pub(super) fn holds(&mut self, schema: &Schema, entry: &Entry) -> bool {
        if self.rows.is_empty() {
            return false;
        }
        let row = (entry.entity, entry.key.clone());
        let mut refers = references(schema.entity(entry.entity), &entry.values);
        let holds = self.rows.contains(&row) || refers.any(|row| self.rows.contains(&row));
        if holds {
            self.edits.insert(entry.seq);
            self.rows.insert(row);
        }
        holds
    }

    pub(super) fn ended(edits: usize) -> Result<(), RunError> {
        if edits == 0 {
            return Ok(());
        }
        let waits = if edits == 1 { "waits" } else { "wait" };
        let text = format!(
            "a proxy takes no request of this size: {} {waits} for another network",
            count(edits as u64, "change")
        );
        Err(RunError { error: SyncError::Rejected(text), tries: 1, refused: false })
    }
}
