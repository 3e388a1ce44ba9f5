//! How long it takes until a person sees what another one wrote.

use rustc_hash::FxHashMap;

use super::board::Board;
use super::presence::Presence;
use super::table::Id;
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Time};
use crate::contract::{AppliedChange, Author, Event};

/// A version that began as an edit on a device.
#[derive(Clone, Debug)]
struct Written {
    stamp: Stamp,
    made: Time,
    by: DeviceId,
    seen: Seen,
}

#[derive(Clone, Copy, Debug)]
struct Committed {
    stamp: Stamp,
    at: Time,
    /// The device that wrote it, if one did.
    by: Option<DeviceId>,
}

/// The devices that have a version: each is counted once. Who shares rows has neighbouring numbers
/// as a rule, so these are 64 devices to a word, by the number of the word.
#[derive(Clone, Debug, Default)]
struct Seen(Vec<(u32, u64)>);

impl Seen {
    /// True if the device was not there.
    fn insert(&mut self, device: DeviceId) -> bool {
        let (word, bit) = (device.0 / 64, 1 << (device.0 % 64));
        match self.0.binary_search_by_key(&word, |(word, _)| *word) {
            Ok(at) => {
                let is_new = self.0[at].1 & bit == 0;
                self.0[at].1 |= bit;
                is_new
            }
            Err(at) => {
                self.0.insert(at, (word, bit));
                true
            }
        }
    }
}

/// Follows edits made while the backend is up, and all commits, to the devices that pull them.
#[derive(Debug, Default)]
pub(super) struct Visibility {
    made: FxHashMap<EditId, Time>,
    /// The last version of each row that was committed.
    committed: FxHashMap<EntityId, FxHashMap<Key, Committed>>,
    written: FxHashMap<EntityId, FxHashMap<Key, Vec<Written>>>,
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
        if let Event::Committed { entity, key, stamp, author, .. } = event {
            let by = match author {
                Author::Device(edit) => Some(edit.device),
                _ => None,
            };
            self.committed
                .entry(*entity)
                .or_default()
                .insert((*key).clone(), Committed { stamp: *stamp, at, by });
        }
        match event {
            Event::EditMade { edit, .. } if presence.backend_up() => {
                self.made.insert(edit.id, at);
            }
            Event::Committed { entity, key, stamp, author: Author::Device(edit), .. } => {
                if let Some(made) = self.made.remove(edit) {
                    let version = Written { stamp: *stamp, made, by: edit.device, seen: Seen::default() };
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
        let last = self.committed.get(&change.entity).and_then(|rows| rows.get(change.key));
        if let Some(last) = last.filter(|last| last.stamp == change.stamp && last.by != Some(device)) {
            board.observe(Id::CommitVisible, (at - last.at).0);
        }
        let Some(versions) = self.written.get_mut(&change.entity).and_then(|rows| rows.get_mut(change.key))
        else {
            return;
        };
        for version in versions.iter_mut().filter(|v| v.stamp == change.stamp && v.by != device) {
            if version.seen.insert(device) && presence.present_since(device, version.made) {
                board.observe(Id::WriteVisible, (at - version.made).0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_new_once() {
        let mut seen = Seen::default();
        let first = [700, 3, 64, 63, 0].map(|device| seen.insert(DeviceId(device)));
        let again = [0, 63, 64, 65, 3, 700].map(|device| seen.insert(DeviceId(device)));
        assert_eq!((first, again), ([true; 5], [false, false, false, true, false, false]));
    }
}
