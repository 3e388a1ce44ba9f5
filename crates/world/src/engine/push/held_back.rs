//! Edits that are held back while a push sends the other edits.

use std::collections::BTreeSet;

use crate::base::words::count;
use crate::base::{EntityId, Key};
use crate::contract::{Schema, SyncError};
use crate::engine::exchange::RunError;
use crate::store::{Entry, references};

/// Edits that are held back, and their rows. The reasons are: a proxy refuses the edit as too
/// large, the server fails on it, or its row waits for attachments. Later edits of its row also
/// wait.
#[derive(Default)]
pub(crate) struct HeldBack {
    pub(crate) edits: BTreeSet<i64>,
    pub(crate) rows: BTreeSet<(EntityId, Key)>,
    /// Edits that a proxy refuses as too large even alone.
    stopped: Vec<Entry>,
    /// Edits on which the server failed when they were alone in a request.
    suspects: Vec<Entry>,
    /// The number of suspects after which the server accepted another request. These are the first
    /// ones in `suspects`.
    proven: usize,
}

/// Edits that still wait when a push has ended.
pub(crate) struct Left {
    /// Edits that wait at the server for a verdict.
    pub(crate) queued: usize,
    /// Edits on which the server failed, and after which it accepted no other request.
    pub(crate) suspects: Vec<Entry>,
    held_back: usize,
}

impl HeldBack {
    pub(crate) fn of(rows: BTreeSet<(EntityId, Key)>) -> HeldBack {
        HeldBack { rows, ..HeldBack::default() }
    }

    fn add(&mut self, batch: &[Entry]) {
        for entry in batch {
            self.edits.insert(entry.seq);
            self.rows.insert((entry.entity, entry.key.clone()));
        }
    }

    /// Holds back edits that a proxy refuses as too large.
    pub(crate) fn stop(&mut self, batch: &[Entry]) {
        self.add(batch);
        self.stopped.extend_from_slice(batch);
    }

    /// Holds back edits on which the server failed when they were alone in a request.
    pub(crate) fn suspect(&mut self, batch: &[Entry]) {
        self.add(batch);
        self.suspects.extend_from_slice(batch);
    }

    /// Records that the server accepted a request. So its earlier failures were due to the
    /// suspects.
    pub(crate) fn served(&mut self) {
        self.proven = self.suspects.len();
    }

    /// Removes and returns the suspects after which the server accepted another request.
    pub(crate) fn take_proven(&mut self) -> Vec<Entry> {
        let proven: Vec<Entry> = self.suspects.drain(..std::mem::take(&mut self.proven)).collect();
        if !proven.is_empty() {
            (self.edits, self.rows) = Default::default();
            let rest: Vec<Entry> = self.stopped.iter().chain(&self.suspects).cloned().collect();
            self.add(&rest);
        }
        proven
    }

    /// Whether the edit must wait, because its row or a row that it refers to has a waiting edit.
    /// If so, adds the edit.
    pub(crate) fn holds(&mut self, schema: &Schema, entry: &Entry) -> bool {
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

    pub(crate) fn left(self, queued: usize) -> Left {
        Left { queued, held_back: self.edits.len(), suspects: self.suspects }
    }
}

impl Left {
    /// Removes suspects that were dropped.
    pub(crate) fn set_aside(&mut self, gone: &[Entry]) {
        self.suspects.retain(|entry| gone.iter().all(|gone| gone.seq != entry.seq));
        self.held_back = self.held_back.saturating_sub(gone.len());
    }

    /// The result of a run that ends with these edits left.
    pub(crate) fn end(self) -> Result<(), RunError> {
        if self.held_back == 0 {
            return Ok(());
        }
        let waits = if self.held_back == 1 { "waits" } else { "wait" };
        let edits = count(self.held_back as u64, "change");
        let text = match self.suspects.len() {
            0 => format!("a proxy takes no request of this size: {edits} {waits} for another network"),
            _ => format!("the server fails on a change: {edits} {waits}"),
        };
        Err(SyncError::Rejected(text).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::EditKind;

    fn entry(number: u32) -> Entry {
        Entry { seq: i64::from(number), ..Entry::made(number, EditKind::Delete, Vec::new()) }
    }

    fn taken(held: &mut HeldBack) -> Vec<i64> {
        held.take_proven().iter().map(|entry| entry.seq).collect()
    }

    #[test]
    fn a_suspect_is_proven_by_a_request_taken_after_it() {
        let mut held = HeldBack::default();
        held.served();
        held.suspect(&[entry(1)]);
        assert!(taken(&mut held).is_empty(), "the server may fail on everything by now");
        held.served();
        held.suspect(&[entry(2)]);
        assert_eq!(taken(&mut held), [1]);
        assert_eq!(held.edits, BTreeSet::from([2]));
        assert!(taken(&mut held).is_empty());
        assert_eq!(held.left(0).suspects.len(), 1);
    }

    #[test]
    fn who_was_stopped_by_a_proxy_is_never_a_suspect() {
        let mut held = HeldBack::default();
        held.stop(&[entry(1)]);
        held.suspect(&[entry(2)]);
        held.served();
        assert_eq!(taken(&mut held), [2]);
        assert_eq!(held.edits, BTreeSet::from([1]));
        assert!(held.left(0).end().is_err());
    }
}
