//! Measures how fresh synced data is, how long data takes to arrive, and the work of a gateway that
//! has a replica of the backend.

use rustc_hash::FxHashMap;

use super::{Board, Id, Part, Wait};
use crate::base::{DeviceId, EditId, EntityId, Span, Time, UnitId};
use crate::contract::{EngineEvent, Event, KillReason, Overtaken};

#[derive(Clone, Debug, Default)]
struct Replicated {
    /// The largest age of the data in this run. Data that comes directly from the backend has age
    /// 0.
    age: Span,
    pulls: bool,
    blocked_since: Option<Time>,
    began: Option<Time>,
    run: Option<Time>,
    /// The entities whose cursors moved in this run, with the time of the last move.
    came: Vec<(EntityId, Time)>,
    there: Vec<UnitId>,
    /// Pulling units that have started a run.
    tried: Vec<UnitId>,
}

#[derive(Debug, Default)]
pub(super) struct Replication {
    freshness: Span,
    pulls: Vec<bool>,
    devices: Vec<Replicated>,
    ended: u64,
    good: u64,
    pulled: u64,
    made: FxHashMap<EditId, Time>,
}

impl Replication {
    pub(super) fn new(devices: usize, pulls: Vec<bool>, freshness: Span) -> Replication {
        let devices = vec![Replicated::default(); devices];
        Replication { freshness, pulls, devices, ..Replication::default() }
    }

    pub(super) fn on_device(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let known = &mut self.devices[device.0 as usize];
        let pulls = |unit: UnitId| self.pulls.get(usize::from(unit.0)).is_some_and(|pulls| *pulls);
        match event {
            Event::ProcessStarted { .. } => _ = known.began.get_or_insert(at),
            Event::ProcessKilled { .. } => known.run = None,
            Event::Engine(EngineEvent::SyncStart { unit, waited, .. }) => {
                known.age = Span::ZERO;
                known.pulls = pulls(*unit);
                known.run = Some(Time(at.0.saturating_sub(waited.0)));
                known.came.clear();
                if known.pulls && !known.tried.contains(unit) {
                    known.tried.push(*unit);
                }
            }
            Event::Engine(EngineEvent::CursorSaved { entity, .. }) => {
                match known.came.iter_mut().find(|(of, _)| of == entity) {
                    Some((_, last)) => *last = at,
                    None => known.came.push((*entity, at)),
                }
            }
            Event::Engine(EngineEvent::SyncComplete { unit, .. }) => {
                known.arrived(at, *unit, pulls(*unit), board);
                self.ended += 1;
                self.good += 1;
                self.pulled += u64::from(known.pulls);
                board.add(Id::SyncsUseful, known.pulls && known.age <= self.freshness);
                board.lasted(Id::SyncsBlocked, known.blocked_since.take(), at);
            }
            Event::Engine(EngineEvent::SyncError { .. }) => {
                known.run = None;
                self.ended += 1;
                self.pulled += u64::from(known.pulls);
                known.blocked_since.get_or_insert(at);
            }
            Event::EditMade { edit, .. } => _ = self.made.insert(edit.id, at),
            _ => {}
        }
    }

    pub(super) fn on_gateway(&mut self, at: Time, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::ProcessKilled { reason: KillReason::Killed } => board.count(Id::GatewayKills),
            Event::RefreshAsked { scanned, bytes, cpu, failed, overtaken, .. } => {
                match overtaken {
                    Some(Overtaken::Written { rows }) => board.add(Id::RefreshOvertaken, *rows),
                    Some(Overtaken::Refused { rows }) => board.add(Id::RefreshFenced, *rows),
                    None => {}
                }
                board.count(Id::RefreshRequests);
                board.add(Id::RefreshFailed, *failed);
                board.add(Id::RefreshScanned, *scanned);
                board.add(Id::ReplicaCpu, cpu.0);
                board.set(Id::ReplicaBytes, board.value(Id::ReplicaBytes).max(*bytes));
            }
            Event::Refreshed { took } => board.observe(Id::RefreshDuration, took.0),
            Event::ReplicaServed { device, age, cpu } => {
                board.observe(Id::ReplicaAge, age.0);
                board.add(Id::ReplicaCpu, cpu.0);
                let known = &mut self.devices[device.0 as usize];
                known.age = known.age.max(*age);
            }
            Event::UploadQueued { edit } => board.lasted(Id::UploadQueued, self.made.remove(edit), at),
            Event::UploadDecided { waited, .. } => board.observe(Id::UploadAccepted, waited.0),
            _ => {}
        }
    }

    pub(super) fn finish(&self, at: Time, board: &mut Board) {
        let share = |n: u64, of: u64| (u128::from(n) * 1_000_000 / u128::from(of.max(1))) as u64;
        board.set(Id::SyncsGoodShare, share(self.good, self.ended));
        board.set(Id::SyncsUsefulShare, share(board.value(Id::SyncsUseful), self.pulled));
        self.devices.iter().for_each(|device| board.lasted(Id::SyncsBlocked, device.blocked_since, at));
        self.devices.iter().for_each(|device| device.never_arrived(at, board));
        let hours = u128::from(at.since(Time::ZERO).0).max(1);
        let hourly = u128::from(board.value(Id::BackendRequests)) * u128::from(Span::secs(3_600).0) / hours;
        board.set(Id::BackendHourly, u64::try_from(hourly).unwrap_or(u64::MAX));
    }
}

impl Replicated {
    fn never_arrived(&self, at: Time, board: &mut Board) {
        let Some(began) = self.began else { return };
        if self.there.is_empty() && !self.tried.is_empty() {
            board.never_ended(Id::FirstScreen, Some(began), at);
        }
        for unit in self.tried.iter().filter(|unit| !self.there.contains(unit)) {
            board.observe_part(Id::FirstScreen, Part::Unit(*unit), Wait::Never(at.since(began).0));
        }
    }
    fn arrived(&mut self, at: Time, unit: UnitId, pulls: bool, board: &mut Board) {
        if let Some(since) = self.run.take() {
            for (entity, last) in self.came.drain(..) {
                board.observe(Id::EntityThere, (last - since).0);
                board.observe_part(Id::EntityThere, Part::Entity(entity), (last - since).0);
            }
        }
        if let Some(began) = self.began.filter(|_| pulls && !self.there.contains(&unit)) {
            if self.there.is_empty() {
                board.observe(Id::FirstScreen, (at - began).0);
            }
            board.observe_part(Id::FirstScreen, Part::Unit(unit), (at - began).0);
            self.there.push(unit);
        }
    }
}
