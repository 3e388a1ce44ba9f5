//! Checks a queue that is on disk: if a process dies, the next process must run the waiting units.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Time, UnitId};
use crate::contract::{EngineEvent, Event, KillReason, PhoneEvent, SyncError};
use crate::oracle::Heard;
use crate::oracle::watch::StateLoss;

#[derive(Debug, Default)]
pub(crate) struct Kept {
    asked: BTreeMap<UnitId, Time>,
    running: BTreeSet<UnitId>,
    waited: BTreeSet<UnitId>,
    cut: BTreeSet<UnitId>,
}

impl Kept {
    /// Returns the units that must run now, after a process start. The very latest requests may be
    /// missing on disk.
    pub(crate) fn on(&mut self, heard: &Heard<'_>) -> Vec<UnitId> {
        let Heard { at, event, out, setup, .. } = *heard;
        if out.is_some_and(|out| out >= StateLoss::Part) {
            *self = Kept::default();
        }
        match *event {
            Event::Engine(EngineEvent::UnitQueued { unit, .. }) => _ = self.asked.entry(unit).or_insert(at),
            Event::Engine(EngineEvent::SyncStart { unit, .. }) => _ = self.running.insert(unit),
            Event::Engine(EngineEvent::SyncComplete { unit, .. } | EngineEvent::UnitDiscarded { unit }) => {
                self.asked.remove(&unit);
                self.running.remove(&unit);
            }
            Event::Engine(EngineEvent::SyncError { unit, error: SyncError::Interrupted, .. })
                if self.cut.remove(&unit) =>
            {
                self.asked.insert(unit, at);
                return vec![unit];
            }
            Event::Engine(EngineEvent::SyncError { unit, .. }) => _ = self.running.remove(&unit),
            Event::ProcessKilled {
                reason: KillReason::Killed | KillReason::LowMemory | KillReason::BigRow,
            } => {
                let asked = std::mem::take(&mut self.asked).into_iter();
                let written = setup.patience.at_once().span();
                let kept = asked.filter(|(_, since)| *since + written < at).map(|(unit, _)| unit);
                let running = std::mem::take(&mut self.running);
                (self.cut, self.waited) = kept.partition(|unit| running.contains(unit));
            }
            Event::ProcessStarted { .. } => {
                let waited = std::mem::take(&mut self.waited);
                self.asked.extend(waited.iter().map(|unit| (*unit, at)));
                return waited.into_iter().collect();
            }
            // After a power loss, the end of the queue may be gone. On a full disk, the queue was
            // not stored.
            Event::ProcessKilled { .. } | Event::Engine(EngineEvent::StorageFull) => *self = Kept::default(),
            // The queue belonged to another person.
            Event::Phone(PhoneEvent::LoggedIn { .. }) => *self = Kept::default(),
            _ => {}
        }
        Vec::new()
    }
}
