//! What edits wait for while they are only on their device.

use super::{Board, Id};
use crate::base::Time;
use crate::contract::{EngineEvent, Event};

/// How long a device could not send, by reason, since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    offline: u64,
    in_sync: u64,
    after_failure: u64,
}

impl Waits {
    /// Adds the device's waits since the edit was `made` to the metrics.
    pub(super) fn count_since(self, made: Waits, board: &mut Board) {
        board.add(Id::EditsUnsentOffline, self.offline - made.offline);
        board.add(Id::EditsUnsentInSync, self.in_sync - made.in_sync);
        board.add(Id::EditsUnsentAfterFailure, self.after_failure - made.after_failure);
    }
}

/// A device, and what its edits currently wait for.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsent {
    waits: Waits,
    link_down: bool,
    runs: u32,
    /// The last run failed, and none has started since.
    failed: bool,
    since: Time,
}

impl Unsent {
    /// Processes an event that changes what edits wait for; open runs end with the process.
    pub(super) fn on(&mut self, at: Time, event: &Event<'_>) {
        self.until(at);
        match event {
            Event::LinkDown => self.link_down = true,
            Event::LinkUp => self.link_down = false,
            Event::Engine(EngineEvent::SyncStart { .. }) => (self.runs, self.failed) = (self.runs + 1, false),
            Event::Engine(EngineEvent::SyncComplete { .. }) => self.runs = self.runs.saturating_sub(1),
            Event::Engine(EngineEvent::SyncError { .. }) => {
                (self.runs, self.failed) = (self.runs.saturating_sub(1), true)
            }
            _ => self.runs = 0,
        }
    }
    /// The device's waits until `at`.
    pub(super) fn until(&mut self, at: Time) -> Waits {
        let waited = at.since(std::mem::replace(&mut self.since, at)).0;
        match (self.link_down, self.runs, self.failed) {
            (true, ..) => self.waits.offline += waited,
            (false, 1.., _) => self.waits.in_sync += waited,
            (false, 0, true) => self.waits.after_failure += waited,
            (false, 0, false) => {}
        }
        self.waits
    }
}
