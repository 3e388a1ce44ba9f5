//! The records with the most events: where to look if nothing else points anywhere.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::words::count;
use crate::base::{DeviceId, EntityId, Key};
use crate::contract::{EngineEvent, Event, LogKind};
use crate::oracle::model::{History, RowId};

const TOLD: usize = 8;

/// A record with many events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eventful {
    /// The record.
    pub record: (EntityId, Key),
    /// What happened to it.
    pub happened: Happened,
}

/// Numbers of events of a record, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Happened {
    /// Edits that people made on devices.
    pub edits: u32,
    /// Edits in requests, retries included.
    pub sent: u32,
    /// Conflicts that an engine decided.
    #[serde(default, skip_serializing_if = "is_none")]
    pub conflicts: u32,
    /// Conflicts that wait for a person at the end.
    #[serde(default, skip_serializing_if = "is_none")]
    pub open: u32,
    /// Edits that the backend refused permanently.
    #[serde(default, skip_serializing_if = "is_none")]
    pub refused: u32,
    /// Commits that removed it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub deletes: u32,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Happened {
    /// As text: `4 edits, 9 sends, 2 conflicts`.
    pub fn told(&self) -> String {
        let parts = [
            (self.edits, "edit"),
            (self.sent, "send"),
            (self.conflicts, "conflict"),
            (self.open, "open conflict"),
            (self.refused, "refusal"),
            (self.deletes, "delete"),
        ];
        let parts = parts.iter().filter(|(times, _)| *times > 0);
        parts.map(|(times, noun)| count(u64::from(*times), noun)).collect::<Vec<_>>().join(", ")
    }

    fn weight(&self) -> u32 {
        let again = self.sent.saturating_sub(self.edits);
        16 * self.open + 8 * (self.conflicts + self.refused) + 4 * self.deletes + 2 * again + self.edits
    }
}

#[derive(Debug, Default)]
pub(crate) struct Busy {
    rows: FxHashMap<RowId, Happened>,
    last: FxHashMap<DeviceId, RowId>,
}

impl Busy {
    pub(crate) fn note(&mut self, row: RowId, device: Option<DeviceId>, what: impl FnOnce(&mut Happened)) {
        what(self.rows.entry(row).or_default());
        if let Some(device) = device {
            self.last.insert(device, row);
        }
    }

    pub(crate) fn on(&mut self, device: DeviceId, event: &Event<'_>, history: &mut History) {
        let mut note = |entity: EntityId, key: &str, what: fn(&mut Happened)| {
            self.note(history.remember(entity, key), Some(device), what);
        };
        match event {
            Event::EditMade { edit, .. } => note(edit.entity, edit.key.as_str(), |what| what.edits += 1),
            Event::Engine(EngineEvent::EditSent { entity, key, .. }) => {
                note(*entity, key.as_str(), |what| what.sent += 1)
            }
            Event::Engine(EngineEvent::ConflictDecided { entity, key, .. }) => {
                note(*entity, key.as_str(), |what| what.conflicts += 1);
            }
            Event::Engine(EngineEvent::EditLogged { entity, key, kind: LogKind::Rejected, .. }) => {
                note(*entity, key.as_str(), |what| what.refused += 1);
            }
            _ => {}
        }
    }

    pub(crate) fn last_of(&self, device: DeviceId) -> Option<RowId> {
        self.last.get(&device).copied()
    }
    pub(crate) fn most(&self, record: impl Fn(RowId) -> (EntityId, Key)) -> Vec<Eventful> {
        let mut rows: Vec<(RowId, Happened)> = self.rows.iter().map(|(row, what)| (*row, *what)).collect();
        rows.sort_unstable_by_key(|(row, what)| (Reverse(what.weight()), *row));
        rows.truncate(TOLD);
        rows.into_iter().map(|(row, happened)| Eventful { record: record(row), happened }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_another_way_than_meant_comes_before_what_was_edited_often() {
        let mut busy = Busy::default();
        let device = DeviceId(3);
        (0..5).for_each(|_| busy.note(7, Some(device), |what| what.edits += 1));
        busy.note(9, None, |what| what.conflicts += 1);
        assert_eq!(busy.last_of(device), Some(7));
        let most = busy.most(|row| (EntityId(0), Key::new(&row.to_string())));
        let told: Vec<_> = most.iter().map(|one| (one.record.1.as_str(), one.happened.told())).collect();
        assert_eq!(told, [("9", "1 conflict".to_owned()), ("7", "5 edits".to_owned())]);
    }
}
