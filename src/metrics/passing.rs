//! Versions that their author had left behind before they were sent, and who saw them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp};
use crate::contract::{AppliedChange, Author, Event};

#[derive(Debug, Default)]
pub(super) struct Passing {
    /// The last edit of a row on a device.
    last: FxHashMap<(DeviceId, EntityId), FxHashMap<Key, u32>>,
    /// Edits that were sent when a later one of their row was there already.
    behind: FxHashSet<EditId>,
    /// By row: the stamps of such versions, with their devices.
    versions: FxHashMap<EntityId, FxHashMap<Key, Vec<(Stamp, DeviceId)>>>,
    seen: FxHashSet<(DeviceId, EntityId, Stamp, Key)>,
}

impl Passing {
    pub(super) fn on(&mut self, device: Option<DeviceId>, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::EditMade { edit, .. } => {
                let rows = self.last.entry((edit.id.device, edit.entity)).or_default();
                rows.insert(edit.key.clone(), edit.id.number);
            }
            Event::EditSent { edit, entity, key, .. } => {
                let last = self.last.get(&(edit.device, *entity)).and_then(|rows| rows.get(*key));
                if last.is_some_and(|last| *last > edit.number) {
                    self.behind.insert(*edit);
                }
            }
            Event::Committed { entity, key, stamp, author: Author::Device(edit), .. }
                if self.behind.contains(edit) =>
            {
                let rows = self.versions.entry(*entity).or_default();
                rows.entry((*key).clone()).or_default().push((*stamp, edit.device));
            }
            Event::ChunkApplied { changes, .. } => {
                let device = device.expect("a device applies changes");
                changes.iter().for_each(|change| self.applied(device, change, board));
            }
            _ => {}
        }
    }

    fn applied(&mut self, device: DeviceId, change: &AppliedChange<'_>, board: &mut Board) {
        let AppliedChange { entity, key, stamp, .. } = *change;
        let versions = self.versions.get(&entity).and_then(|rows| rows.get(key));
        let passing = versions.is_some_and(|of| of.iter().any(|(of, by)| *of == stamp && *by != device));
        if passing && self.seen.insert((device, entity, stamp, Key::new(key))) {
            board.add(Id::VisiblePassing, 1);
        }
    }
}
