//! The board: all collectors of metrics write their numbers and observations to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BY_ENTITY, BY_START, BY_UNIT, Distribution, Figure, Figures, Id, Kind, TABLE, Wait};
use crate::base::{DeviceId, EntityId, Time, UnitId};
use crate::contract::{RequestKind, Schema};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Devices that start in the state with this index, such as a fresh install.
    Start(usize),
    Unit(UnitId),
    Entity(EntityId),
    Size(RequestKind, u32),
}

#[derive(Debug)]
pub(super) struct Board {
    values: Vec<u64>,
    distributions: Vec<Distribution>,
    parts: BTreeMap<(Id, Part), Distribution>,
    states: Vec<String>,
    state_of: Vec<usize>,
    units: Vec<String>,
    schema: Arc<Schema>,
}

impl Board {
    pub(super) fn new(starts: &[String], units: Vec<String>, schema: Arc<Schema>) -> Board {
        let mut states = starts.to_vec();
        states.sort();
        states.dedup();
        let of_starts = BY_START.iter().flat_map(|id| (0..states.len()).map(|at| (*id, Part::Start(at))));
        let unit_ids = (0..units.len()).map(|at| UnitId(at as u16));
        let of_units = unit_ids.flat_map(|unit| BY_UNIT.iter().map(move |id| (*id, Part::Unit(unit))));
        let of_entities = schema.ids().flat_map(|of| BY_ENTITY.iter().map(move |id| (*id, Part::Entity(of))));
        let parts = of_starts.chain(of_units).chain(of_entities);
        Board {
            values: vec![0; TABLE.len()],
            distributions: vec![Distribution::default(); TABLE.len()],
            parts: parts.map(|part| (part, Distribution::default())).collect(),
            state_of: starts.iter().map(|s| states.binary_search(s).expect("it is among them")).collect(),
            states,
            units,
            schema,
        }
    }

    fn name(&self, id: Id, part: Part) -> Option<String> {
        let name = id.metric().name;
        Some(match part {
            Part::Start(at) => format!("{name}@{}", self.states[at]),
            Part::Unit(unit) => format!("{name}/{}", self.units.get(usize::from(unit.0))?),
            Part::Entity(of) => format!("{name}/{}", self.schema.entities.get(usize::from(of.0))?.name),
            Part::Size(RequestKind::Push, power) => format!("{name}/push-{}", 1_u64 << power),
            Part::Size(_, power) => format!("{name}/pull-{}", 1_u64 << power),
        })
    }

    /// Adds `n`. The sum stops at 2^64 − 1 (in nanoseconds: 584 years).
    pub(super) fn add(&mut self, id: Id, n: impl Into<u64>) {
        debug_assert_ne!(id.metric().kind, Kind::Distribution);
        let value = &mut self.values[id as usize];
        *value = value.saturating_add(n.into());
    }
    pub(super) fn count(&mut self, id: Id) {
        self.add(id, 1_u64);
    }
    /// Subtracts `n`, which was counted too early.
    pub(super) fn take_back(&mut self, id: Id, n: u64) {
        let value = &mut self.values[id as usize];
        *value = value.saturating_sub(n);
    }
    pub(super) fn set(&mut self, id: Id, value: u64) {
        debug_assert_ne!(id.metric().kind, Kind::Distribution);
        self.values[id as usize] = value;
    }
    pub(super) fn value(&self, id: Id) -> u64 {
        self.values[id as usize]
    }
    pub(super) fn observe(&mut self, id: Id, wait: impl Into<Wait>) {
        debug_assert_eq!(id.metric().kind, Kind::Distribution);
        self.distributions[id as usize].add(wait.into());
    }
    /// Adds an observation to one part of a metric. It does not count for the metric as a whole.
    pub(super) fn observe_part(&mut self, id: Id, part: Part, wait: impl Into<Wait>) {
        self.parts.entry((id, part)).or_default().add(wait.into());
    }
    pub(super) fn observe_on(&mut self, id: Id, device: DeviceId, wait: impl Into<Wait>) {
        let wait = wait.into();
        self.observe(id, wait);
        if let Some(&state) = self.state_of.get(device.0 as usize) {
            self.observe_part(id, Part::Start(state), wait);
        }
    }
    /// Adds a wait that began at `since` and has not ended at `at`, the end of the run. `None`: no
    /// wait.
    pub(super) fn never_ended(&mut self, id: Id, since: Option<Time>, at: Time) {
        if let Some(since) = since {
            self.observe(id, Wait::Never(at.since(since).0));
        }
    }
    /// Records that a condition lasted from `since` to `at`. `None`: there was no such condition.
    pub(super) fn lasted(&mut self, id: Id, since: Option<Time>, at: Time) {
        match (since, id.metric().kind) {
            (Some(since), Kind::Distribution) => self.observe(id, at.since(since).0),
            (Some(since), _) => self.add(id, at.since(since).0),
            (None, _) => {}
        }
    }

    /// All figures. Also the observations of each distribution that has some.
    pub(super) fn figures(mut self) -> (Figures, Vec<(&'static str, Distribution)>) {
        let mut figures: Figures = BTreeMap::new();
        for metric in TABLE {
            let figure = match metric.kind {
                Kind::Distribution => self.distributions[metric.id as usize].figure(metric.unit),
                Kind::Counter | Kind::Gauge => Figure::number(metric.unit, self.values[metric.id as usize]),
            };
            figures.insert(metric.name.to_owned(), figure);
        }
        for ((id, part), mut distribution) in std::mem::take(&mut self.parts) {
            if let Some(name) = self.name(id, part) {
                figures.insert(name, distribution.figure(id.metric().unit));
            }
        }
        let behind = TABLE.iter().map(|metric| metric.name).zip(self.distributions);
        (figures, behind.filter(|(_, distribution)| !distribution.counted().is_empty()).collect())
    }
}
