//! What the app's hooks did.

use super::board::Board;
use super::table::Id;
use crate::contract::{Event, HookEnd};

/// Counts calls of hooks, and those that ended.
#[derive(Debug, Default)]
pub(super) struct HookCounts {
    ended: u64,
}

impl HookCounts {
    pub(super) fn on(&mut self, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::HookStarted { .. } => board.add(Id::HookCount, 1),
            Event::HookEnded { ended, took, .. } => {
                self.ended += 1;
                board.observe(Id::HookDuration, took.0);
                match ended {
                    HookEnd::Well => {}
                    HookEnd::Threw => board.add(Id::HookThrew, 1),
                    HookEnd::TimedOut => board.add(Id::HookTimedOut, 1),
                }
            }
            Event::HookTriggered { .. } => board.add(Id::HookTriggers, 1),
            _ => {}
        }
    }

    /// The end: what has not ended by now never does.
    pub(super) fn finish(&self, board: &mut Board) {
        board.set(Id::HookUnended, board.value(Id::HookCount) - self.ended);
    }
}

/// A hook that ends in each way, one that does not, and one that triggers.
#[cfg(test)]
pub(super) const EVERY: [Event<'static>; 8] = {
    use crate::base::{Span, UnitId};
    use crate::contract::Hook;
    let (hook, run) = (Hook::SyncComplete, Some((UnitId(0), 0)));
    let started = Event::HookStarted { hook, run };
    let took = Span::secs(2);
    [
        started,
        Event::HookEnded { hook, run, ended: HookEnd::Well, took },
        started,
        Event::HookEnded { hook, run, ended: HookEnd::Threw, took },
        started,
        Event::HookEnded { hook, run, ended: HookEnd::TimedOut, took },
        started,
        Event::HookTriggered { hook, run, unit: UnitId(0) },
    ]
};
