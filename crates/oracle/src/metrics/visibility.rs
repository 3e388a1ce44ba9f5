//! Measures how long it takes until a person sees another person's edit.
//!
//! A person waits for an edit if the person's device is present (alive, online, in the foreground)
//! when the edit is made. This holds even if the edit is lost later. A newer version of the row
//! also ends the wait.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Board, Id, Left, Made, Presence, Wait};
use crate::base::{DeviceId, EditId, EntityId, Key, Stamp, Time};
use crate::contract::{AppliedChange, Author, Decision, EditEnd, EngineEvent, Event};

/// A version that comes from a person's edit.
#[derive(Clone, Debug)]
struct Written {
    /// The index of the version in its row; `None` if a restore of a backup undid the version.
    place: Option<usize>,
    at: Time,
    /// When the edit was made; `None` if the backend was down at that time.
    made: Option<Time>,
    by: DeviceId,
    /// True if the author made a later edit of the row before this edit was sent.
    passed: bool,
    /// One bit per device that has this version or a newer one, in words of 64 devices. Devices
    /// that share rows have adjacent numbers, so a map of words saves memory.
    seen: BTreeMap<u32, u64>,
}

/// All versions of a row since the start of the simulation.
#[derive(Debug, Default)]
struct Versions {
    last: Option<(Time, Option<DeviceId>)>,
    stamps: Vec<Stamp>,
    written: Vec<Written>,
}

impl Written {
    fn is_seen_by(&self, device: DeviceId) -> bool {
        self.seen.get(&(device.0 / 64)).is_some_and(|seen| seen & (1 << (device.0 % 64)) != 0)
    }
    /// Notes that a device has the version. Returns true if that is new and the device is not the
    /// author's.
    fn see(&mut self, device: DeviceId) -> bool {
        let is_new = self.by != device && !self.is_seen_by(device);
        *self.seen.entry(device.0 / 64).or_default() |= 1 << (device.0 % 64);
        is_new
    }
}

impl Versions {
    /// How many versions a device has if its row has this stamp. Clocks are coarse, so a stamp may
    /// be of no version: then the last version with an earlier stamp counts.
    fn held_with(&self, stamp: Stamp) -> usize {
        let exact = self.stamps.iter().rposition(|of| *of == stamp);
        let last = exact.or_else(|| self.stamps.iter().rposition(|of| *of < stamp));
        last.map_or(0, |place| place + 1)
    }
}

#[derive(Debug, Default)]
pub(super) struct Visibility {
    pub(super) presence: Presence,
    /// Edits that were made while the backend was up, and are not on the backend yet.
    made: FxHashMap<EditId, Made>,
    last: FxHashMap<(DeviceId, EntityId), FxHashMap<Key, u32>>,
    /// Edits whose author made a later edit of the row before they were sent.
    passed: FxHashSet<EditId>,
    rows: FxHashMap<EntityId, FxHashMap<Key, Versions>>,
}

impl Visibility {
    pub(super) fn new(devices: usize) -> Visibility {
        Visibility { presence: Presence::new(devices), ..Visibility::default() }
    }

    pub(super) fn on(&mut self, at: Time, device: Option<DeviceId>, event: &Event<'_>, board: &mut Board) {
        match *event {
            Event::EditMade { edit, .. } => {
                let rows = self.last.entry((edit.id.device, edit.entity)).or_default();
                rows.insert(edit.key.clone(), edit.id.number);
                if !self.presence.backend_down {
                    let (entity, key) = (edit.entity, edit.key.clone());
                    self.made.insert(edit.id, Made { at, entity, key });
                }
            }
            Event::Engine(EngineEvent::EditsSquashed { edit, with, stays, .. }) => {
                with.iter().chain(Some(&edit).filter(|_| stays)).for_each(|edit| _ = self.made.remove(edit));
            }
            Event::Engine(EngineEvent::ConflictDecided { edit, decision: Decision::Same, .. }) => {
                self.made.remove(&edit);
            }
            Event::Engine(EngineEvent::EditSent { edit, entity, key, .. }) => {
                let last = self.last.get(&(edit.device, entity)).and_then(|rows| rows.get(key));
                if last.is_some_and(|last| *last > edit.number) {
                    self.passed.insert(edit);
                }
            }
            Event::Committed { entity, key, stamp, author, .. } => {
                let edit = if let Author::Device(edit) = author { Some(edit) } else { None };
                let row = self.rows.entry(entity).or_default().entry(key.clone()).or_default();
                row.last = Some((at, edit.map(|edit| edit.device)));
                row.stamps.push(stamp);
                let Some(edit) = edit else { return };
                let made = self.made.remove(&edit).map(|made| made.at);
                let passed = self.passed.contains(&edit);
                if made.is_some() || passed {
                    let (place, by) = (Some(row.stamps.len() - 1), edit.device);
                    row.written.push(Written { place, at, made, by, passed, seen: BTreeMap::new() });
                }
            }
            Event::Engine(EngineEvent::ChunkApplied { changes, .. }) => {
                let device = device.expect("a device applies changes");
                changes.iter().for_each(|change| self.applied(at, device, change, board));
            }
            Event::Engine(EngineEvent::EditAcknowledged { entity, key, stamp, .. }) => {
                let device = device.expect("a device is told so");
                self.shows(at, device, (entity, key), stamp, board);
            }
            _ => {}
        }
    }

    /// The backend went back to its state at time `to`, which undoes later versions.
    pub(super) fn went_back(&mut self, to: Time) {
        let rows = self.rows.values_mut().flat_map(|rows| rows.values_mut());
        let written = rows.flat_map(|row| &mut row.written);
        written.filter(|version| version.at >= to).for_each(|version| version.place = None);
    }

    /// Ends the collection. Counts versions that a device never saw, if the device was present when
    /// the edit was made and must have the row. An edit that its person gave up does not count.
    pub(super) fn finish(&self, at: Time, left: &Left<'_, '_>, board: &mut Board) {
        let mut never = |entity, key: &Key, (made, by): (Time, DeviceId), version: Option<&Written>| {
            let waits = |device| device != by && !version.is_some_and(|version| version.is_seen_by(device));
            let mut all = self.presence.present_at(made, at).filter(|(device, _)| waits(*device)).peekable();
            if all.peek().is_some() {
                let shows = (left.reach)(entity, key, by);
                let all = all.filter(|(device, _)| shows(*device));
                all.for_each(|(_, waited)| board.observe(Id::WriteVisible, Wait::Never(waited.0)));
            }
        };
        for (edit, Made { at, entity, key }) in &self.made {
            if !matches!((left.end_of)(*edit), Some(EditEnd::Arrived | EditEnd::GivenUp)) {
                never(*entity, key, (*at, edit.device), None);
            }
        }
        for (entity, rows) in &self.rows {
            for (key, row) in rows {
                for (version, made) in row.written.iter().filter_map(|of| Some((of, of.made?))) {
                    never(*entity, key, (made, version.by), Some(version));
                }
            }
        }
    }

    fn applied(&mut self, at: Time, device: DeviceId, change: &AppliedChange<'_>, board: &mut Board) {
        let row = self.rows.get(&change.entity).and_then(|rows| rows.get(change.key));
        let last = row.filter(|row| row.stamps.last() == Some(&change.stamp)).and_then(|row| row.last);
        if let Some((committed, _)) = last.filter(|(_, by)| *by != Some(device)) {
            board.observe(Id::CommitVisible, (at - committed).0);
        }
        self.shows(at, device, (change.entity, change.key), change.stamp, board);
    }

    /// The device has the version with this stamp, or knows that the row is deleted.
    fn shows(
        &mut self,
        at: Time,
        device: DeviceId,
        (entity, key): (EntityId, &str),
        stamp: Stamp,
        board: &mut Board,
    ) {
        let row = self.rows.get_mut(&entity).and_then(|rows| rows.get_mut(key));
        let Some(row) = row.filter(|row| !row.written.is_empty()) else { return };
        let held = row.held_with(stamp);
        let has = |version: &Written| version.place.is_some_and(|place| place < held);
        for version in &mut row.written {
            if !has(version) || !version.see(device) {
                continue;
            }
            let is_it = version.place == held.checked_sub(1);
            board.add(Id::VisiblePassing, version.passed && is_it);
            board.add(Id::VersionsBrought, version.made.is_some());
            let waited = version.made.and_then(|made| self.presence.present_between(device, made, at));
            waited.into_iter().for_each(|waited| board.observe(Id::WriteVisible, waited.0));
        }
    }
}
