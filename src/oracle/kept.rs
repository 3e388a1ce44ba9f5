//! What a queue that is kept on disk owes the next process: what was asked for and has not ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Span, Time, UnitId};
use crate::contract::{Event, KillReason, PhoneEvent, SyncError};

#[derive(Debug, Default)]
pub(super) struct Kept {
    asked: BTreeMap<UnitId, Time>,
    /// Of these, runs under way.
    running: BTreeSet<UnitId>,
    /// What waited as the process died.
    waited: BTreeSet<UnitId>,
    /// What ran then: if the next process says that it was cut, it is to run again.
    cut: BTreeSet<UnitId>,
}

impl Kept {
    /// The units that are to run now. What was asked for less than `written` before the death may
    /// not have come to the disk.
    pub(super) fn on(&mut self, at: Time, event: &Event<'_>, written: Span) -> Vec<UnitId> {
        match *event {
            Event::UnitQueued { unit, .. } => _ = self.asked.entry(unit).or_insert(at),
            Event::UnitDiscarded { unit } => self.is_over(unit),
            Event::SyncStart { unit, .. } => _ = self.running.insert(unit),
            Event::SyncComplete { unit, .. } => self.is_over(unit),
            Event::SyncError { unit, error: SyncError::Interrupted, .. } if self.cut.remove(&unit) => {
                self.asked.insert(unit, at);
                return vec![unit];
            }
            Event::SyncError { unit, .. } => _ = self.running.remove(&unit),
            Event::ProcessKilled { reason: KillReason::Killed | KillReason::LowMemory } => {
                let asked = std::mem::take(&mut self.asked).into_iter();
                let kept = asked.filter(|(_, since)| *since + written < at).map(|(unit, _)| unit);
                let running = std::mem::take(&mut self.running);
                (self.cut, self.waited) = kept.partition(|unit| running.contains(unit));
            }
            Event::ProcessStarted { .. } => {
                let waited = std::mem::take(&mut self.waited);
                self.asked.extend(waited.iter().map(|unit| (*unit, at)));
                return waited.into_iter().collect();
            }
            // The queue is another's, or there was no room to write it down.
            Event::ProcessKilled { .. }
            | Event::StorageFull
            | Event::Restored { .. }
            | Event::BecameCopy { .. } => *self = Kept::default(),
            // The database may be another person's.
            Event::Phone(PhoneEvent::LoggedOut | PhoneEvent::LoggedIn { .. } | PhoneEvent::Upgraded) => {
                *self = Kept::default()
            }
            _ => {}
        }
        Vec::new()
    }

    fn is_over(&mut self, unit: UnitId) {
        self.asked.remove(&unit);
        self.running.remove(&unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is to run after the last of these events at these seconds.
    fn owed(events: &[(u64, Event<'_>)]) -> Vec<u16> {
        let mut kept = Kept::default();
        let mut last = Vec::new();
        for (at, event) in events {
            last = kept.on(Time::ZERO + Span::secs(*at), event, Span::secs(60));
        }
        last.iter().map(|unit| unit.0).collect()
    }

    #[test]
    fn what_waited_long_enough_is_owed_by_the_next_process() {
        let queued = |unit| Event::UnitQueued { unit: UnitId(unit), depth: 1 };
        let killed = Event::ProcessKilled { reason: KillReason::Killed };
        let started = Event::ProcessStarted { incarnation: 1 };
        assert_eq!(owed(&[(1, queued(0)), (50, queued(1)), (62, killed), (70, started)]), [0]);
        let renewed = Event::Phone(PhoneEvent::TokenRenewed { took: Span::ZERO });
        assert_eq!(owed(&[(1, queued(0)), (2, renewed), (62, killed), (70, started)]), [0]);
        let out = Event::Phone(PhoneEvent::LoggedOut);
        assert_eq!(owed(&[(1, queued(0)), (62, killed), (63, out), (70, started)]), [0; 0]);
        let done = Event::SyncComplete { unit: UnitId(0), run: 0, took: Span::ZERO, blocking: false };
        assert_eq!(owed(&[(1, queued(0)), (3, done), (99, killed), (100, started)]), [0; 0]);
        let power = Event::ProcessKilled { reason: KillReason::PowerLoss };
        assert_eq!(owed(&[(1, queued(0)), (99, power), (100, started)]), [0; 0]);
    }

    #[test]
    fn a_run_that_was_cut_is_owed_once_it_is_said_so() {
        let queued = Event::UnitQueued { unit: UnitId(0), depth: 1 };
        let start = Event::SyncStart { unit: UnitId(0), run: 0, waited: Span::ZERO };
        let killed = Event::ProcessKilled { reason: KillReason::Killed };
        let started = Event::ProcessStarted { incarnation: 1 };
        let cut = [(1, queued), (2, start), (99, killed), (100, started)];
        assert_eq!(owed(&cut), [0; 0], "it may have ended");
        let error = &SyncError::Interrupted;
        let told = (101, Event::SyncError { unit: UnitId(0), run: 0, error });
        assert_eq!(owed(&[&cut[..], &[told]].concat()), [0]);
    }
}
