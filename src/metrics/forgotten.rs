//! Units that were asked for, and that a process took with it as it died.

use std::collections::{BTreeMap, BTreeSet};

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, Span, Time, UnitId};
use crate::contract::Event;

/// A process that keeps its queue has queued what waited so long after it began.
const QUEUED_WITHIN: Span = Span::secs(60);

/// What waits, and what waited when a process died.
#[derive(Debug, Default)]
pub(super) struct Forgotten {
    /// Asked for, and not ended well since.
    asked: BTreeMap<DeviceId, BTreeSet<UnitId>>,
    /// Of a process that died: until when the next may queue them, if it has begun.
    left: BTreeMap<DeviceId, (BTreeSet<UnitId>, Option<Time>)>,
}

impl Forgotten {
    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        if !self.left.is_empty() {
            self.look(at, device, event, board);
        }
        match event {
            Event::UnitQueued { unit, .. } => _ = self.asked.entry(device).or_default().insert(*unit),
            Event::SyncComplete { unit, .. } | Event::UnitDiscarded { unit } => {
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

    /// What a process left behind meets its end: it is queued, or time is over.
    fn look(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let Some((units, until)) = self.left.get_mut(&device) else { return };
        let is_over = until.is_some_and(|until| at > until);
        match event {
            Event::ProcessStarted { .. } => *until = Some(at + QUEUED_WITHIN),
            Event::UnitQueued { unit, .. } | Event::UnitCoalesced { unit } if !is_over => {
                units.remove(unit);
            }
            _ => {}
        }
        if is_over || matches!(event, Event::ProcessKilled { .. }) {
            board.add(Id::QueueForgotten, units.len() as u64);
            self.left.remove(&device);
        }
    }

    /// The end: what nobody has queued by now is forgotten.
    pub(super) fn finish(&self, board: &mut Board) {
        let left: usize = self.left.values().map(|(units, _)| units.len()).sum();
        board.add(Id::QueueForgotten, left as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::KillReason;

    /// How many are forgotten when these events come at these seconds.
    fn forgotten(events: &[(u64, Event<'_>)]) -> u64 {
        let (mut board, mut own) = (Board::new(&["empty".to_owned()], Vec::new()), Forgotten::default());
        for (at, event) in events {
            own.on(Time::ZERO + Span::secs(*at), DeviceId(0), event, &mut board);
        }
        own.finish(&mut board);
        board.value(Id::QueueForgotten)
    }

    #[test]
    fn what_the_next_process_queues_in_time_is_not_forgotten() {
        let queued = |unit| Event::UnitQueued { unit: UnitId(unit), depth: 1 };
        let killed = Event::ProcessKilled { reason: KillReason::PowerLoss };
        let started = Event::ProcessStarted { incarnation: 1 };
        let dies = [(1, queued(0)), (1, queued(1)), (2, killed), (9, started)];
        assert_eq!(forgotten(&dies), 2);
        assert_eq!(forgotten(&[&dies[..], &[(9, queued(0)), (69, queued(1))]].concat()), 0);
        assert_eq!(forgotten(&[&dies[..], &[(70, queued(0)), (70, queued(1))]].concat()), 2, "too late");
        assert_eq!(forgotten(&[&dies[..], &[(9, queued(0)), (10, killed)]].concat()), 2, "each death once");
        let done = Event::SyncComplete { unit: UnitId(0), run: 0, took: Span::ZERO, blocking: false };
        assert_eq!(forgotten(&[(1, queued(0)), (2, done), (3, killed)]), 0, "nothing waited");
        let dropped = Event::UnitDiscarded { unit: UnitId(0) };
        assert_eq!(forgotten(&[(1, queued(0)), (2, dropped), (3, killed)]), 0, "it was let go");
    }
}
