//! Counts requested sync units that were lost when the process died.

use std::collections::{BTreeMap, BTreeSet};

use super::{Board, Id};
use crate::base::{DeviceId, Span, Time, UnitId};
use crate::contract::{EngineEvent, Event};

/// An engine that keeps its queue must queue its units again within this time after a start.
const QUEUED_WITHIN: Span = Span::secs(60);

#[derive(Debug, Default)]
pub(super) struct Forgotten {
    asked: BTreeMap<DeviceId, BTreeSet<UnitId>>,
    /// By device whose process died: the units in its queue, and until when the next process may
    /// queue them again.
    left: BTreeMap<DeviceId, (BTreeSet<UnitId>, Option<Time>)>,
}

impl Forgotten {
    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        if !self.left.is_empty() {
            self.look(at, device, event, board);
        }
        match event {
            Event::Engine(EngineEvent::UnitQueued { unit, .. }) => {
                _ = self.asked.entry(device).or_default().insert(*unit)
            }
            Event::Engine(EngineEvent::SyncComplete { unit, .. } | EngineEvent::UnitDiscarded { unit }) => {
                self.asked.get_mut(&device).map(|asked| asked.remove(unit));
            }
            Event::ProcessKilled { .. } => {
                let asked = self.asked.remove(&device).filter(|asked| !asked.is_empty());
                if let Some(asked) = asked {
                    self.left.insert(device, (asked, None));
                }
            }
            _ => {}
        }
    }

    fn look(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let Some((units, until)) = self.left.get_mut(&device) else { return };
        let is_over = until.is_some_and(|until| at > until);
        match event {
            Event::ProcessStarted { .. } => *until = Some(at + QUEUED_WITHIN),
            Event::Engine(EngineEvent::UnitQueued { unit, .. } | EngineEvent::UnitCoalesced { unit })
                if !is_over =>
            {
                units.remove(unit);
            }
            _ => {}
        }
        if is_over || matches!(event, Event::ProcessKilled { .. }) {
            board.add(Id::QueueForgotten, units.len() as u64);
            self.left.remove(&device);
        }
    }

    pub(super) fn finish(&self, board: &mut Board) {
        let left: usize = self.left.values().map(|(units, _)| units.len()).sum();
        board.add(Id::QueueForgotten, left as u64);
    }
}
