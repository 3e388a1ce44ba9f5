//! The integration's own storage, which outlives its workers.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::Settled;
use crate::base::{EntityId, Key, Time};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Platform {
    cursors: BTreeMap<EntityId, String>,
    ids: BTreeMap<(EntityId, Key), u64>,
    /// Rejected records that will be retried.
    rejected: BTreeSet<(EntityId, Key)>,
    /// Which worker has claimed the cursor, and until when.
    claim: Option<(u32, Time)>,
}

impl Platform {
    pub(crate) fn cursor(&self, entity: EntityId) -> Option<&str> {
        self.cursors.get(&entity).map(String::as_str)
    }
    pub(crate) fn set_cursor(&mut self, entity: EntityId, cursor: Option<String>) {
        match cursor {
            Some(cursor) => _ = self.cursors.insert(entity, cursor),
            None => _ = self.cursors.remove(&entity),
        }
    }
    pub(crate) fn id(&self, entity: EntityId, key: &Key) -> Option<u64> {
        self.ids.get(&(entity, key.clone())).copied()
    }
    pub(crate) fn note_ids(&mut self, entity: EntityId, settled: &Settled) {
        for (key, id) in &settled.ids {
            match id {
                Some(id) => _ = self.ids.insert((entity, key.clone()), *id),
                None => _ = self.ids.remove(&(entity, key.clone())),
            }
        }
    }
    /// Records which of the `tried` records were rejected; the others are no longer retried.
    pub(crate) fn note_rejected(&mut self, entity: EntityId, tried: &[Key], rejected: &[Key]) {
        tried.iter().for_each(|key| _ = self.rejected.remove(&(entity, key.clone())));
        self.rejected.extend(rejected.iter().map(|key| (entity, key.clone())));
    }
    pub(crate) fn rejected(&self, entity: EntityId) -> Vec<Key> {
        self.rejected.iter().filter(|(of, _)| *of == entity).map(|(_, key)| key.clone()).collect()
    }

    /// Claims the cursor for a worker until that time, or renews its claim. False if another worker
    /// has claimed it.
    pub(crate) fn claims(&mut self, worker: u32, now: Time, until: Time) -> bool {
        if self.claim.is_some_and(|(other, end)| other != worker && end > now) {
            return false;
        }
        self.claim = Some((worker, until));
        true
    }
    pub(crate) fn release(&mut self, worker: u32) {
        self.claim.take_if(|(holder, _)| *holder == worker);
    }
}
