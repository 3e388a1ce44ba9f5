//! Counts the engine's events during a first sync. The measured program counted them in the same
//! way.

use syncdyno_contract::base::{Span, Time};
use syncdyno_contract::contract::EngineEvent;

/// Counters from the login to the end of the first sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) begun: Option<Time>,
    pub(crate) ended: Option<Time>,
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    /// The bytes of request bodies.
    pub(crate) up: u64,
    /// The bytes of response bodies.
    pub(crate) down: u64,
    pub(crate) rows: u64,
    pub(crate) errors: u64,
}

impl Tally {
    pub(crate) fn begins(&mut self, at: Time) {
        self.begun.get_or_insert(at);
    }
    /// Counts an event, up to the end of the first sync.
    pub(crate) fn on(&mut self, at: Time, event: &EngineEvent<'_>) {
        match *event {
            EngineEvent::RequestSent { bytes, .. } => {
                self.requests += 1;
                self.up += bytes;
            }
            EngineEvent::RequestFailed { .. } => self.failed += 1,
            EngineEvent::ResponseReceived { bytes, rows, .. } => {
                self.down += bytes;
                self.rows += u64::from(rows);
            }
            EngineEvent::SyncError { .. } => self.errors += 1,
            EngineEvent::SyncComplete { .. } => self.ended = Some(at),
            _ => {}
        }
    }
    pub(crate) fn took(&self) -> Option<Span> {
        Some(self.ended?.since(self.begun?))
    }
}
