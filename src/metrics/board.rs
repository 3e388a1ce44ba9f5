//! Where collectors write.

use std::collections::BTreeMap;

use super::distribution::Distribution;
use super::figure::{Figure, Figures};
use super::table::{BY_ENTITY, BY_SIZE, BY_START, BY_UNIT, Id, Kind, TABLE};
use crate::base::{DeviceId, EntityId, UnitId};
use crate::contract::{RequestKind, Schema};

/// The numbers and distributions of a cell under way.
#[derive(Debug)]
pub(super) struct Board {
    values: Vec<u64>,
    distributions: Vec<Distribution>,
    /// Names of start states, and the one of each device.
    states: Vec<String>,
    state_of: Vec<usize>,
    by_start: Vec<Vec<Distribution>>,
    units: Vec<String>,
    by_unit: Vec<Vec<Distribution>>,
    entities: Vec<String>,
    by_entity: Vec<Vec<Distribution>>,
    /// By position in [`BY_SIZE`], kind of request and power of two.
    by_size: BTreeMap<(usize, RequestKind, u32), Distribution>,
}

impl Board {
    /// An empty board for devices that start in these states, and for these units.
    pub(super) fn new(starts: &[String], units: Vec<String>) -> Board {
        let mut states = starts.to_vec();
        states.sort();
        states.dedup();
        let state_of = starts.iter().map(|s| states.binary_search(s).expect("it is among them")).collect();
        Board {
            values: vec![0; TABLE.len()],
            distributions: vec![Distribution::default(); TABLE.len()],
            by_start: vec![vec![Distribution::default(); states.len()]; BY_START.len()],
            by_unit: vec![vec![Distribution::default(); units.len()]; BY_UNIT.len()],
            by_entity: Vec::new(),
            entities: Vec::new(),
            by_size: BTreeMap::new(),
            states,
            state_of,
            units,
        }
    }

    /// It also keeps what is kept by entity.
    pub(super) fn with_entities(mut self, schema: &Schema) -> Board {
        self.entities = schema.entities.iter().map(|entity| entity.name.clone()).collect();
        self.by_entity = vec![vec![Distribution::default(); self.entities.len()]; BY_ENTITY.len()];
        self
    }

    /// Counts `n` more. What many people wait together may come to more than the 584 years that are
    /// the most that is told.
    pub(super) fn add(&mut self, id: Id, n: u64) {
        debug_assert_ne!(id.metric().kind, Kind::Distribution);
        let value = &mut self.values[id as usize];
        *value = value.saturating_add(n);
    }

    /// Counts `n` less: they were counted before it was known that they are none.
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

    pub(super) fn observe(&mut self, id: Id, value: u64) {
        debug_assert_eq!(id.metric().kind, Kind::Distribution);
        self.distributions[id as usize].observe(value);
    }

    /// Adds an observation on a device, also under the state in which it started.
    pub(super) fn observe_on(&mut self, id: Id, device: DeviceId, value: u64) {
        self.observe(id, value);
        let slot = BY_START.iter().position(|i| *i == id).expect("the metric is kept by start state");
        if let Some(&state) = self.state_of.get(device.0 as usize) {
            self.by_start[slot][state].observe(value);
        }
    }

    /// Adds an observation under its unit alone; the metric as a whole is fed apart.
    pub(super) fn observe_unit(&mut self, id: Id, unit: UnitId, value: u64) {
        let slot = BY_UNIT.iter().position(|i| *i == id).expect("the metric is kept by unit");
        if let Some(distribution) = self.by_unit[slot].get_mut(usize::from(unit.0)) {
            distribution.observe(value);
        }
    }

    /// Adds an observation, also under its entity.
    pub(super) fn observe_entity(&mut self, id: Id, entity: EntityId, value: u64) {
        self.observe(id, value);
        let slot = BY_ENTITY.iter().position(|i| *i == id).expect("the metric is kept by entity");
        let kept = self.by_entity.get_mut(slot);
        if let Some(distribution) = kept.and_then(|kept| kept.get_mut(usize::from(entity.0))) {
            distribution.observe(value);
        }
    }

    /// Adds an observation, also under its kind of request and power of two in rows.
    pub(super) fn observe_size(&mut self, id: Id, kind: RequestKind, power: u32, value: u64) {
        self.observe(id, value);
        let slot = BY_SIZE.iter().position(|i| *i == id).expect("the metric is kept by size");
        self.by_size.entry((slot, kind, power)).or_default().observe(value);
    }

    /// All figures, and the observations behind those of the table that have any.
    pub(super) fn figures(mut self) -> (Figures, Vec<(&'static str, Distribution)>) {
        let mut figures: Figures = BTreeMap::new();
        for metric in TABLE {
            let figure = match metric.kind {
                Kind::Distribution => self.distributions[metric.id as usize].figure(metric.unit),
                Kind::Counter | Kind::Gauge => Figure::number(metric.unit, self.values[metric.id as usize]),
            };
            figures.insert(metric.name.to_owned(), figure);
        }
        split(&mut self.by_start, BY_START, &self.states, '@', &mut figures);
        split(&mut self.by_unit, BY_UNIT, &self.units, '/', &mut figures);
        split(&mut self.by_entity, BY_ENTITY, &self.entities, '/', &mut figures);
        for ((slot, kind, power), distribution) in &mut self.by_size {
            let metric = BY_SIZE[*slot].metric();
            let kind = if *kind == RequestKind::Push { "push" } else { "pull" };
            let name = format!("{}/{kind}-{}", metric.name, 1_u64 << *power);
            figures.insert(name, distribution.figure(metric.unit));
        }
        let behind = TABLE.iter().map(|metric| metric.name).zip(self.distributions);
        (figures, behind.filter(|(_, distribution)| !distribution.counted().is_empty()).collect())
    }
}

/// Adds the figures of metrics that are also kept by part, as the metric's name, a mark and the
/// part's name.
fn split(kept: &mut [Vec<Distribution>], ids: &[Id], parts: &[String], mark: char, figures: &mut Figures) {
    for (id, kept) in ids.iter().zip(kept) {
        let metric = id.metric();
        for (part, distribution) in parts.iter().zip(kept) {
            figures.insert(format!("{}{mark}{part}", metric.name), distribution.figure(metric.unit));
        }
    }
}
