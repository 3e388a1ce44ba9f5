//! Counts wasted transfers: rows in a version that the device already had, and bytes of requests
//! and responses that changed nothing.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::{Board, Id};
use crate::base::{DeviceId, EntityId, Stamp};
use crate::contract::{EngineEvent, Event, KillReason, RequestKind, UnitEvent};

#[derive(Clone, Debug, Default)]
struct HeldVersions {
    /// By hash of a row, the stamp of the version that the device got or wrote in this run.
    held: FxHashMap<u64, Stamp>,
    rows: u64,
    /// The bytes of the responses with these `rows`, and the bytes on the link for their requests.
    spent: Spent,
}

impl HeldVersions {
    fn wasted(&self, rows: u64, board: &mut Board) {
        let part = |bytes: u64| bytes * rows / self.rows.max(1);
        board.add(Id::WastedRows, rows);
        board.add(Id::WastedBytes, part(self.spent.bytes));
        board.add(Id::NetWasted, part(self.spent.on_link));
    }
}

/// Bytes of message bodies, and the bytes on the link for these messages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) bytes: u64,
    pub(super) on_link: u64,
}

#[derive(Debug, Default)]
pub(super) struct Waste(Vec<HeldVersions>);

impl Waste {
    pub(super) fn new(devices: usize) -> Waste {
        Waste(vec![HeldVersions::default(); devices])
    }

    /// Processes an event. `sent` has the bytes of the request that the event is about.
    pub(super) fn on(&mut self, device: DeviceId, event: &Event<'_>, sent: Spent, board: &mut Board) {
        let shelf = &mut self.0[device.0 as usize];
        match event {
            Event::Engine(EngineEvent::ResponseReceived { kind, bytes, rows: 0, .. }) if !kind.pushes() => {
                board.add(Id::WastedBytes, sent.bytes + bytes);
                board.add(Id::NetWasted, sent.on_link);
            }
            Event::Engine(EngineEvent::ResponseReceived { kind, bytes, rows, .. })
                if *kind != RequestKind::Push =>
            {
                shelf.rows += u64::from(*rows);
                shelf.spent.bytes += bytes;
                shelf.spent.on_link += sent.on_link;
            }
            Event::Engine(EngineEvent::RequestRefused { .. }) => {
                board.add(Id::WastedBytes, sent.bytes);
                board.add(Id::NetWasted, sent.on_link);
            }
            Event::Engine(EngineEvent::EditAcknowledged { entity, key, stamp, .. }) => {
                shelf.held.insert(row(*entity, key), *stamp);
            }
            Event::Engine(EngineEvent::ChunkApplied { changes, .. }) => {
                let mut again = 0;
                for change in *changes {
                    let row = row(change.entity, change.key);
                    if change.removed {
                        shelf.held.remove(&row);
                    } else if shelf.held.insert(row, change.stamp) == Some(change.stamp) {
                        again += 1;
                    }
                }
                shelf.wasted(again, board);
            }
            Event::Engine(EngineEvent::Unit(UnitEvent::ThrownAway { rows, .. })) => {
                shelf.wasted(u64::from(*rows), board)
            }
            // After such an event, the versions on the device are unknown.
            Event::Restored { .. }
            | Event::BecameCopy { .. }
            | Event::ProcessKilled { reason: KillReason::PowerLoss } => shelf.held.clear(),
            _ => {}
        }
    }
}

fn row(entity: EntityId, key: &str) -> u64 {
    xxh3_64(key.as_bytes()).wrapping_add(u64::from(entity.0).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
