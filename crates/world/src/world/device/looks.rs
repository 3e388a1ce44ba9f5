//! Reads of the databases of working phones for the oracle, without cost to the phone.
//!
//! A look happens after an event of a phone, between two turns of its tasks. It costs no time,
//! draws no random number and sets no timer: the run is halted and then continues. Its frequency
//! depends on the number of rows, so that looks remain a small part of a cell's cost.

use crate::base::{DeviceId, Span, Time};
use crate::contract::{EngineEvent, Event, Node};

/// Approximate number of rows read per run.
const ROWS: u64 = 100_000;

#[derive(Debug)]
pub(crate) struct Looks {
    duration: Span,
    /// When each device may be looked at again.
    again: Vec<Time>,
    pub(crate) wanted: Vec<DeviceId>,
}

impl Looks {
    /// Looks in a script of this length.
    pub(crate) fn new(duration: Span, devices: usize) -> Looks {
        Looks { duration, again: vec![Time::ZERO; devices], wanted: Vec::new() }
    }

    /// True if the run should halt for a look at this event.
    pub(crate) fn on(&mut self, at: Time, node: Node, event: &Event<'_>) -> bool {
        let Node::Device(device) = node else { return false };
        let is_at_work = matches!(
            event,
            Event::Engine(
                EngineEvent::RequestSent { .. }
                    | EngineEvent::ResponseReceived { .. }
                    | EngineEvent::EditAcknowledged { .. }
                    | EngineEvent::ChunkApplied { .. }
                    | EngineEvent::SyncComplete { .. }
                    | EngineEvent::SyncError { .. }
            )
        );
        let is_due = self.again.get(device.0 as usize).is_some_and(|again| at >= *again);
        if !is_at_work || !is_due || self.wanted.contains(&device) {
            return false;
        }
        self.wanted.push(device);
        true
    }

    /// Notes a look at this many rows: the more rows, the longer until the next look.
    pub(crate) fn took(&mut self, device: DeviceId, rows: u64, now: Time) {
        let all = (rows + 1).saturating_mul(self.again.len() as u64);
        let wait = u128::from(self.duration.0) * u128::from(all) / u128::from(ROWS);
        let wait = Span(u64::try_from(wait).unwrap_or(u64::MAX / 4).clamp(1, u64::MAX / 4));
        self.again[device.0 as usize] = now + wait;
    }
}
