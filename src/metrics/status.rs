//! What apps showed of the sync, and for how long; how often they asked for the network.

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, Time};
use crate::contract::{Event, Shown};

#[derive(Debug)]
pub(super) struct Statuses {
    shown: Vec<Option<(Shown, Time)>>,
}

impl Statuses {
    pub(super) fn new(devices: usize) -> Statuses {
        Statuses { shown: vec![None; devices] }
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let shown = &mut self.shown[device.0 as usize];
        match event {
            Event::Status(status) => {
                let before = shown.map(|(before, _)| before.word());
                if before == Some(status.state.word()) {
                    return;
                }
                board.add(Id::StatusChanges, 1);
                count(shown.replace((status.state, at)), at, board);
            }
            Event::NetworkAsked => board.add(Id::NetworkAsked, 1),
            Event::ProcessKilled { .. } => count(shown.take(), at, board),
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, at: Time, board: &mut Board) {
        self.shown.iter_mut().for_each(|shown| count(shown.take(), at, board));
    }
}

/// What was shown was shown until `at`.
fn count(shown: Option<(Shown, Time)>, at: Time, board: &mut Board) {
    let Some((state, since)) = shown else { return };
    let id = match state {
        Shown::Idle => Id::StatusIdle,
        Shown::Offline => Id::StatusOffline,
        Shown::Syncing(_) => Id::StatusSyncing,
        Shown::Failed { .. } => Id::StatusFailed,
        Shown::Conflict => Id::StatusConflict,
    };
    board.add(id, at.since(since).0);
}
