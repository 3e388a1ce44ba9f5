//! Looks into the databases of phones that are at work: for the oracle, and free of cost to a
//! phone.
//!
//! A look is taken after something happened on a phone, between two turns of its tasks. It takes no
//! time, draws nothing and sets no timer: the run is halted for it and goes on. How often depends
//! on how many rows there are, so that looks stay a small part of what a cell costs.

use crate::base::{DeviceId, Span, Time};
use crate::contract::{EngineEvent, Event, Node};

/// So many rows are read in a run, more or less.
const ROWS: u64 = 100_000;

#[derive(Debug)]
pub(super) struct Looks {
    duration: Span,
    /// When each device may be looked at again.
    again: Vec<Time>,
    wanted: Vec<DeviceId>,
}

impl Looks {
    /// Looks in a script of this length.
    pub(super) fn new(duration: Span, devices: usize) -> Looks {
        Looks { duration, again: vec![Time::ZERO; devices], wanted: Vec::new() }
    }

    /// Whether the run is to be halted for a look at what happened.
    pub(super) fn on(&mut self, at: Time, node: Node, event: &Event<'_>) -> bool {
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

    pub(super) fn take(&mut self) -> Vec<DeviceId> {
        std::mem::take(&mut self.wanted)
    }

    /// A look has gone over so many rows: the more they are, the longer until the next.
    pub(super) fn took(&mut self, device: DeviceId, rows: u64, now: Time) {
        let all = (rows + 1).saturating_mul(self.again.len() as u64);
        let wait = u128::from(self.duration.0) * u128::from(all) / u128::from(ROWS);
        let wait = Span(u64::try_from(wait).unwrap_or(u64::MAX / 4).clamp(1, u64::MAX / 4));
        self.again[device.0 as usize] = now + wait;
    }
}
