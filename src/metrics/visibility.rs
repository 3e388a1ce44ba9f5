//! How long it takes until a person sees what another one wrote.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::board::Board;
use super::edits::Made;
use super::left::Left;
use super::presence::Presence;
use super::table::Id;
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Time};
use crate::contract::{AppliedChange, Author, Decision, EditEnd, Event};

#[derive(Clone, Debug)]
struct Written {
    stamp: Stamp,
    /// When it was made, if the backend was up then.
    made: Option<Time>,
    by: DeviceId,
    /// Its author had left it behind before it was sent.
    passed: bool,
    /// The devices that have it, 64 to a word: who shares rows has neighbouring numbers.
    seen: BTreeMap<u32, u64>,
}

#[derive(Clone, Copy, Debug)]
struct Committed {
    stamp: Stamp,
    at: Time,
    by: Option<DeviceId>,
}

impl Written {
    fn is_seen_by(&self, device: DeviceId) -> bool {
        self.seen.get(&(device.0 / 64)).is_some_and(|seen| seen & (1 << (device.0 % 64)) != 0)
    }
}

#[derive(Debug, Default)]
pub(super) struct Visibility {
    /// Edits made while the backend was up that it has not.
    made: FxHashMap<EditId, Made>,
    last: FxHashMap<(DeviceId, EntityId), FxHashMap<Key, u32>>,
    /// Edits that were sent when a later one of their row was there already.
    passed: FxHashSet<EditId>,
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
                    let (entity, key) = (edit.entity, edit.key.clone());
                    self.made.insert(edit.id, Made { at, entity, key });
                }
            }
            Event::EditsSquashed { edit, with, stays, .. } => {
                with.iter().chain(Some(&edit).filter(|_| stays)).for_each(|edit| _ = self.made.remove(edit));
            }
            Event::ConflictDecided { edit, decision: Decision::Same, .. } => _ = self.made.remove(&edit),
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
                let made = self.made.remove(&edit).map(|made| made.at);
                let passed = self.passed.contains(&edit);
                if made.is_some() || passed {
                    let version = Written { stamp, made, by: edit.device, passed, seen: BTreeMap::new() };
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

    /// The end: what was never seen, by phones that looked on at its making and are to hold such a
    /// row. How long they looked on changes nothing, as it did not come at all. For a version that
    /// another one replaced, and for an edit that its person gave up, nobody waits.
    pub(super) fn finish(&self, at: Time, presence: &Presence, left: &Left<'_, '_>, board: &mut Board) {
        let mut never = |entity, key: &Key, made: Time, is_out: &dyn Fn(DeviceId) -> bool| {
            let mut waits = presence.present_at(made).filter(|device| !is_out(*device)).peekable();
            if waits.peek().is_some() {
                let shows = (left.reach)(entity, key);
                let waits = waits.filter(|device| shows(*device));
                waits.for_each(|_| board.never_ended(Id::WriteVisible, Some(made), at));
            }
        };
        for (edit, Made { at, entity, key }) in &self.made {
            if !matches!((left.end_of)(*edit), Some(EditEnd::Arrived | EditEnd::GivenUp)) {
                never(*entity, key, *at, &|device| device == edit.device);
            }
        }
        for (entity, rows) in &self.written {
            let last = |key: &Key| self.committed.get(entity).and_then(|rows| rows.get(key));
            for (key, versions) in rows {
                let of_last = |version: &&Written| last(key).is_some_and(|last| last.stamp == version.stamp);
                for version in versions.iter().filter(of_last) {
                    let is_out = |device| version.by == device || version.is_seen_by(device);
                    version.made.into_iter().for_each(|made| never(*entity, key, made, &is_out));
                }
            }
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
            let (seen, bit) = (version.seen.entry(device.0 / 64).or_default(), 1 << (device.0 % 64));
            if *seen & bit == 0 {
                *seen |= bit;
                board.add(Id::VisiblePassing, u64::from(version.passed));
                board.add(Id::VersionsBrought, u64::from(version.made.is_some()));
                let made = version.made.filter(|made| presence.present_since(device, *made));
                board.lasted(Id::WriteVisible, made, at);
            }
        }
    }
}
