//! Measures what people see during a sync, and for how long: the status, incomplete tables,
//! incomplete rows.

use std::collections::BTreeMap;

use super::{Board, Id};
use crate::base::{DeviceId, EntityId, Time, UnitId};
use crate::contract::{EngineEvent, Event, ListenEvent, Shown, UnitEvent};

#[derive(Clone, Copy, Debug, Default)]
struct Pulled {
    times: Option<(Time, Time)>,
    /// True if the current run got a response. Rows written from now on are pulled rows.
    answered: bool,
    /// True if the last run is complete, and no other has begun.
    complete: bool,
}

#[derive(Debug, Default)]
pub(super) struct StatusMetrics {
    shown: BTreeMap<DeviceId, (Shown, Time)>,
    emptied: BTreeMap<(DeviceId, EntityId), Time>,
    dangling: BTreeMap<DeviceId, (u64, Time)>,
    pulled: BTreeMap<(DeviceId, UnitId), Pulled>,
}

impl StatusMetrics {
    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::Engine(EngineEvent::Status(status)) => {
                let before = self.shown.get(&device).map(|(before, _)| before.word());
                if before != Some(status.state.word()) {
                    board.count(Id::StatusChanges);
                    showed(self.shown.insert(device, (status.state, at)), at, board);
                }
            }
            Event::ProcessKilled { .. } => showed(self.shown.remove(&device), at, board),
            Event::Engine(EngineEvent::NetworkAsked) => board.count(Id::NetworkAsked),
            Event::Engine(EngineEvent::TableEmptied { entity, edits }) => {
                board.add(Id::EmptyTableEdits, *edits);
                self.emptied.entry((device, *entity)).or_insert(at);
            }
            Event::Engine(EngineEvent::ApplyAborted) => board.count(Id::ApplyAborted),
            Event::Engine(EngineEvent::Dangling { rows }) => {
                dangled(self.dangling.insert(device, (*rows, at)), at, board)
            }
            Event::Engine(EngineEvent::SyncStart { unit, .. }) => {
                let pulled = self.pulled(device, *unit);
                pulled.answered = false;
                pulled.complete = false;
            }
            // Rows that come with announcements after a complete run leave no part of a run.
            Event::Engine(EngineEvent::Listening(ListenEvent::Applied { unit, .. })) => {
                let pulled = self.pulled(device, *unit);
                if pulled.complete {
                    pulled.times = None;
                }
            }
            Event::Engine(EngineEvent::ResponseReceived { unit: Some(unit), kind, .. }) if kind.pulls() => {
                self.pulled(device, *unit).answered = true;
            }
            Event::Engine(EngineEvent::ChunkApplied { unit, changes, .. }) => {
                let filled = if self.emptied.is_empty() { &[] } else { *changes };
                for change in filled.iter().filter(|change| !change.removed) {
                    board.lasted(Id::EmptyTable, self.emptied.remove(&(device, change.entity)), at);
                }
                unit.iter().for_each(|unit| self.rows_came(at, (device, *unit)));
            }
            Event::Engine(EngineEvent::Unit(UnitEvent::Excerpt { unit, .. })) => {
                self.rows_came(at, (device, *unit))
            }
            Event::Engine(EngineEvent::SyncComplete { unit, .. }) => {
                let pulled = self.pulled(device, *unit);
                pulled.complete = true;
                if let Some((first, last)) = pulled.times.take() {
                    board.lasted(Id::HalfSynced, Some(first), last);
                }
            }
            _ => {}
        }
    }

    fn pulled(&mut self, device: DeviceId, unit: UnitId) -> &mut Pulled {
        self.pulled.entry((device, unit)).or_default()
    }
    fn rows_came(&mut self, at: Time, (device, unit): (DeviceId, UnitId)) {
        let pulled = self.pulled(device, unit);
        if pulled.answered {
            pulled.times = Some((pulled.times.map_or(at, |(first, _)| first), at));
        }
    }
    pub(super) fn finish(&mut self, at: Time, board: &mut Board) {
        self.shown.values().for_each(|shown| showed(Some(*shown), at, board));
        self.dangling.values().for_each(|rows| dangled(Some(*rows), at, board));
        let half = self.pulled.values().filter_map(|pulled| pulled.times);
        half.for_each(|(first, _)| board.lasted(Id::HalfSynced, Some(first), at));
        self.emptied.values().for_each(|since| board.never_ended(Id::EmptyTable, Some(*since), at));
    }
}

fn showed(shown: Option<(Shown, Time)>, at: Time, board: &mut Board) {
    let Some((state, since)) = shown else { return };
    let id = match state {
        Shown::Idle => Id::StatusIdle,
        Shown::Offline => Id::StatusOffline,
        Shown::Syncing(_) => Id::StatusSyncing,
        Shown::Failed { .. } => Id::StatusFailed,
        Shown::Conflict => Id::StatusConflict,
    };
    board.lasted(id, Some(since), at);
}

fn dangled(rows: Option<(u64, Time)>, at: Time, board: &mut Board) {
    let (rows, since) = rows.unwrap_or_default();
    board.add(Id::DanglingTime, rows.saturating_mul(at.since(since).0));
}
