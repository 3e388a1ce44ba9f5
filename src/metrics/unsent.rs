//! What edits wait for while they are on their device alone.

use super::board::Board;
use super::table::Id;
use crate::base::Time;
use crate::contract::Event;

/// A device and its edits that nobody else has.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsent {
    edits: u64,
    link_down: bool,
    runs: u32,
    since: Time,
}

impl Unsent {
    /// Whether an event changes what edits wait for.
    pub(super) fn heeds(event: &Event<'_>) -> bool {
        matches!(
            event,
            Event::LinkDown
                | Event::LinkUp
                | Event::SyncStart { .. }
                | Event::SyncComplete { .. }
                | Event::SyncError { .. }
                | Event::ProcessKilled { .. }
        )
    }
    /// An event that it heeds: open runs die with the process.
    pub(super) fn on(&mut self, at: Time, event: &Event<'_>, board: &mut Board) {
        let (link_down, runs) = match event {
            Event::LinkDown => (true, self.runs),
            Event::LinkUp => (false, self.runs),
            Event::SyncStart { .. } => (self.link_down, self.runs + 1),
            Event::SyncComplete { .. } | Event::SyncError { .. } => {
                (self.link_down, self.runs.saturating_sub(1))
            }
            _ => (self.link_down, 0),
        };
        self.pass(at, board);
        (self.link_down, self.runs) = (link_down, runs);
    }
    pub(super) fn made(&mut self, at: Time, board: &mut Board) {
        self.pass(at, board);
        self.edits += 1;
    }
    pub(super) fn settled(&mut self, at: Time, board: &mut Board) {
        self.pass(at, board);
        self.edits = self.edits.saturating_sub(1);
    }
    /// Counts the time until now.
    pub(super) fn pass(&mut self, at: Time, board: &mut Board) {
        let waited = at.since(std::mem::replace(&mut self.since, at)).0;
        let what = match (self.link_down, self.runs) {
            (true, _) => Id::EditsUnsentOffline,
            (false, 1..) => Id::EditsUnsentInSync,
            (false, 0) => return,
        };
        board.add(what, waited.saturating_mul(self.edits));
    }
}
