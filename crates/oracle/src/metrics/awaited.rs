//! Measures how long people wait for a sync. A wait begins with the start of a unit's run. It ends
//! when a run of the unit ends well, even if other runs fail in between. Between runs, time without
//! a network does not count.

use std::collections::BTreeMap;

use crate::base::{Span, Time, UnitId};

#[derive(Clone, Copy, Debug)]
pub(super) struct Sync {
    /// The time of its failed runs, and the time between runs in which there was a network.
    waited: Span,
    /// When the current run began. If no run is under way: when the last run ended.
    since: Time,
    offline: Span,
    runs: bool,
}

/// The syncs of a device that have not ended well yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Awaited {
    pub(super) units: BTreeMap<UnitId, Sync>,
    /// The total time without a network up to the time `down`.
    offline: Span,
    down: Option<Time>,
}

impl Awaited {
    pub(super) fn link(&mut self, up: bool, at: Time) {
        if up {
            self.offline = self.offline(at);
            self.down = None;
        } else {
            self.down.get_or_insert(at);
        }
    }
    pub(super) fn starts(&mut self, unit: UnitId, at: Time) {
        let offline = self.offline(at);
        let waited = self.units.get(&unit).map_or(Span::ZERO, |sync| sync.until(at, offline));
        self.units.insert(unit, Sync { waited, since: at, offline, runs: true });
    }
    pub(super) fn fails(&mut self, unit: UnitId, at: Time) {
        let offline = self.offline(at);
        if let Some(sync) = self.units.get_mut(&unit).filter(|sync| sync.runs) {
            *sync = Sync { waited: sync.until(at, offline), since: at, offline, runs: false };
        }
    }
    pub(super) fn die(&mut self, at: Time) {
        let units: Vec<UnitId> = self.units.keys().copied().collect();
        units.into_iter().for_each(|unit| self.fails(unit, at));
    }
    /// A run ended well. Returns how long the person waited before this run began.
    pub(super) fn comes(&mut self, unit: UnitId) -> Span {
        self.units.remove(&unit).map_or(Span::ZERO, |sync| sync.waited)
    }
    pub(super) fn is_given_up(&mut self, unit: UnitId) {
        self.units.remove(&unit);
    }
    /// The syncs that have not ended well, each with its waiting time until `at`.
    pub(super) fn left(&self, at: Time) -> impl Iterator<Item = (UnitId, Span)> {
        let offline = self.offline(at);
        self.units.iter().map(move |(unit, sync)| (*unit, sync.until(at, offline)))
    }

    /// The time without a network until `at`.
    pub(super) fn offline(&self, at: Time) -> Span {
        self.offline + self.down.map_or(Span::ZERO, |down| at.since(down))
    }
}

impl Sync {
    fn until(self, at: Time, offline: Span) -> Span {
        let not_waited = if self.runs { Span::ZERO } else { Span(offline.0 - self.offline.0) };
        Span(self.waited.0 + at.since(self.since).0 - not_waited.0)
    }
}
