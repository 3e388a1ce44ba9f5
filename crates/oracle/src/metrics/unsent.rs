//! Measures why edits wait while they are only on their device.

use super::{Board, Id};
use crate::base::Time;
use crate::contract::{EngineEvent, Event};

/// How long a device could not send since the start of the simulation, by reason, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    offline: u64,
    in_sync: u64,
    after_failure: u64,
}

impl Waits {
    /// Adds the device's waits since an edit was saved to the metrics. `made`: its waits until
    /// then.
    pub(super) fn count_since(self, made: Waits, board: &mut Board) {
        board.add(Id::EditsUnsentOffline, self.offline - made.offline);
        board.add(Id::EditsUnsentInSync, self.in_sync - made.in_sync);
        board.add(Id::EditsUnsentAfterFailure, self.after_failure - made.after_failure);
    }
}

/// The waits of one device, and the reason why its edits wait now.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsent {
    waits: Waits,
    link_down: bool,
    runs: u32,
    /// True if the last run failed and no run has started since.
    failed: bool,
    since: Time,
}

impl Unsent {
    /// Processes an event that may change this reason. When a process ends, its runs end, too.
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
    /// Counts the waits until `at`. Returns all waits of the device.
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
