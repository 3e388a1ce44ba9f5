//! Lets the oracle (the judge that knows all true values) read the databases of working phones, at
//! no cost to the phone.
//!
//! A look (one such read) happens after an event of a phone, between two polls of its tasks. The
//! run is halted and then continues. A look takes no virtual time, draws no random number and sets
//! no timer. The more rows a phone has, the rarer are looks at it, so that they stay a small part
//! of a cell's cost.

use crate::base::{DeviceId, Span, Time};
use crate::contract::{EngineEvent, Event, Node};

/// The approximate number of rows that all looks of one run read.
const ROWS: u64 = 100_000;

#[derive(Debug)]
pub(crate) struct Looks {
    duration: Span,
    /// For each device, the earliest time of its next look.
    again: Vec<Time>,
    pub(crate) wanted: Vec<DeviceId>,
}

impl Looks {
    pub(crate) fn new(duration: Span, devices: usize) -> Looks {
        Looks { duration, again: vec![Time::ZERO; devices], wanted: Vec::new() }
    }

    /// True if the run should halt after this event for a look.
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

    /// Notes a look that read this many rows, and computes the wait until the device's next look.
    pub(crate) fn took(&mut self, device: DeviceId, rows: u64, now: Time) {
        let all = (rows + 1).saturating_mul(self.again.len() as u64);
        let wait = u128::from(self.duration.0) * u128::from(all) / u128::from(ROWS);
        let wait = Span(u64::try_from(wait).unwrap_or(u64::MAX / 4).clamp(1, u64::MAX / 4));
        self.again[device.0 as usize] = now + wait;
    }
}
