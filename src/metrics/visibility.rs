//! How long it takes until a person sees what another one wrote.

use rustc_hash::{FxHashMap, FxHashSet};

use super::board::Board;
use super::presence::Presence;
use super::table::Id;
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Time};
use crate::contract::{AppliedChange, Author, Event};

/// A version that began as an edit on a device.
#[derive(Clone, Debug)]
struct Written {
    stamp: Stamp,
    /// When it was made, if the backend was up then.
    made: Option<Time>,
    by: DeviceId,
    /// Its author had left it behind before it was sent.
    passed: bool,
    seen: Seen,
}

#[derive(Clone, Copy, Debug)]
struct Committed {
    stamp: Stamp,
    at: Time,
    by: Option<DeviceId>,
}

/// The devices that have a version: each is counted once. Who shares rows has neighbouring numbers
/// as a rule, so these are 64 devices to a word, by the number of the word.
#[derive(Clone, Debug, Default)]
struct Seen(Vec<(u32, u64)>);

impl Seen {
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

/// Follows edits, and all commits, to the devices that pull them.
#[derive(Debug, Default)]
pub(super) struct Visibility {
    made: FxHashMap<EditId, Time>,
    /// The last edit of a row on a device.
    last: FxHashMap<(DeviceId, EntityId), FxHashMap<Key, u32>>,
    /// Edits that were sent when a later one of their row was there already.
    passed: FxHashSet<EditId>,
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
        match *event {
            Event::EditMade { edit, .. } => {
                let rows = self.last.entry((edit.id.device, edit.entity)).or_default();
                rows.insert(edit.key.clone(), edit.id.number);
                if presence.backend_up() {
                    self.made.insert(edit.id, at);
                }
            }
            Event::EditSent { edit, entity, key, .. } => {
                let last = self.last.get(&(edit.device, entity)).and_then(|rows| rows.get(key));
                if last.is_some_and(|last| *last > edit.number) {
                    self.passed.insert(edit);
                }
            }
            Event::Committed { entity, key, stamp, author, .. } => {
                let edit = if let Author::Device(edit) = author { Some(edit) } else { None };
                let committed = Committed { stamp, at, by: edit.map(|edit| edit.device) };
                self.committed.entry(entity).or_default().insert(key.clone(), committed);
                let Some(edit) = edit else { return };
                let (made, passed) = (self.made.remove(&edit), self.passed.contains(&edit));
                if made.is_some() || passed {
                    let version = Written { stamp, made, by: edit.device, passed, seen: Seen::default() };
                    self.written.entry(entity).or_default().entry(key.clone()).or_default().push(version);
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
        let versions = self.written.get_mut(&change.entity).and_then(|rows| rows.get_mut(change.key));
        let of_stamp = |version: &&mut Written| version.stamp == change.stamp && version.by != device;
        for version in versions.into_iter().flatten().filter(of_stamp) {
            if version.seen.insert(device) {
                board.add(Id::VisiblePassing, u64::from(version.passed));
                let made = version.made.filter(|made| presence.present_since(device, *made));
                board.lasted(Id::WriteVisible, made, at);
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
