//! What a first sync came to, by what the engine says: counted in the same way on both sides.

use syncdyno_contract::base::{Span, Time};
use syncdyno_contract::contract::EngineEvent;

/// What was said from the login to the end of the first sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) begun: Option<Time>,
    pub(crate) ended: Option<Time>,
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    /// Bytes of the bodies of requests.
    pub(crate) up: u64,
    /// Of the responses.
    pub(crate) down: u64,
    pub(crate) rows: u64,
    pub(crate) errors: u64,
}

impl Tally {
    pub(crate) fn begins(&mut self, at: Time) {
        self.begun.get_or_insert(at);
    }
    /// Hears an event; whether the first sync has ended with it.
    pub(crate) fn on(&mut self, at: Time, event: &EngineEvent<'_>) -> bool {
        if self.ended.is_some() {
            return false;
        }
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
        self.ended.is_some()
    }
    /// From the login to the end of the first sync.
    pub(crate) fn took(&self) -> Option<Span> {
        Some(self.ended?.since(self.begun?))
    }
}
