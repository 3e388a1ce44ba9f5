//! What the app's hooks did.

use super::board::Board;
use super::table::Id;
use crate::contract::{Event, HookEnd};

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
