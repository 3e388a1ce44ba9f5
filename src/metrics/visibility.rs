//! How long it takes until a person sees what another one wrote.

use rustc_hash::{FxHashMap, FxHashSet};

use super::board::Board;
use super::presence::Presence;
use super::table::Id;
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Time};
use crate::contract::{AppliedChange, Author, Event};

/// A version that began as an edit on a device.
#[derive(Clone, Copy, Debug)]
struct Written {
    stamp: Stamp,
    made: Time,
    by: DeviceId,
    /// Numbers the versions, so that a device is counted once for each.
    number: u32,
}

/// Follows edits made while the backend is up to the devices that pull them.
#[derive(Debug, Default)]
pub(super) struct Visibility {
    made: FxHashMap<EditId, Time>,
    written: FxHashMap<EntityId, FxHashMap<Key, Vec<Written>>>,
    versions: u32,
    seen: FxHashSet<(u32, DeviceId)>,
}

impl Visibility {
    pub(super) fn on(
        &mut self,
        at: Time,
        device: Option<DeviceId>,
        event: &Event<'_>,
        presence: &Presence,
        board: &mut Board,
    ) {
        match event {
            Event::EditMade { edit, .. } if presence.backend_up() => {
                self.made.insert(edit.id, at);
            }
            Event::Committed { entity, key, stamp, author: Author::Device(edit), .. } => {
                if let Some(made) = self.made.remove(edit) {
                    let version = Written { stamp: *stamp, made, by: edit.device, number: self.versions };
                    self.versions += 1;
                    self.written.entry(*entity).or_default().entry((*key).clone()).or_default().push(version);
                }
            }
            Event::ChunkApplied { changes, .. } => {
                let device = device.expect("a device applies changes");
                changes.iter().for_each(|change| self.applied(at, device, change, presence, board));
            }
            _ => {}
        }
    }

    fn applied(
        &mut self,
        at: Time,
        device: DeviceId,
        change: &AppliedChange<'_>,
        presence: &Presence,
        board: &mut Board,
    ) {
        let Some(versions) = self.written.get(&change.entity).and_then(|rows| rows.get(change.key)) else {
            return;
        };
        for version in versions.iter().filter(|v| v.stamp == change.stamp && v.by != device) {
            if self.seen.insert((version.number, device)) && presence.present_since(device, version.made) {
                board.observe(Id::WriteVisible, (at - version.made).0);
            }
        }
    }
}
