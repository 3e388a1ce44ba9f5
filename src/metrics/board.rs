//! Where collectors write.

use std::collections::BTreeMap;

use super::distribution::Distribution;
use super::figure::{Figure, Figures};
use super::table::{BY_ENTITY, BY_SIZE, BY_START, BY_UNIT, Id, Kind, Metric, TABLE};
use crate::base::{DeviceId, EntityId, Time, UnitId};
use crate::contract::{RequestKind, Schema};

/// Metrics that are also kept by part, as the metric's name, a mark and the part's name.
#[derive(Debug)]
struct Split {
    ids: &'static [Id],
    mark: char,
    parts: Vec<String>,
    kept: Vec<Vec<Distribution>>,
}

impl Split {
    fn new(ids: &'static [Id], mark: char, parts: Vec<String>) -> Split {
        Split { ids, mark, kept: vec![vec![Distribution::default(); parts.len()]; ids.len()], parts }
    }

    fn observe(&mut self, id: Id, part: usize, value: u64) {
        let slot = self.ids.iter().position(|i| *i == id).expect("the metric is kept by part");
        if let Some(distribution) = self.kept[slot].get_mut(part) {
            distribution.observe(value);
        }
    }

    fn figures(&mut self) -> impl Iterator<Item = (String, Figure)> {
        let Split { ids, mark, parts, kept } = self;
        ids.iter().zip(kept).flat_map(move |(id, kept)| {
            let Metric { name, unit, .. } = id.metric();
            let of =
                |(part, of): (&String, &mut Distribution)| (format!("{name}{mark}{part}"), of.figure(*unit));
            parts.iter().zip(kept).map(of).collect::<Vec<_>>()
        })
    }
}

/// The numbers and distributions of a cell under way.
#[derive(Debug)]
pub(super) struct Board {
    values: Vec<u64>,
    distributions: Vec<Distribution>,
    state_of: Vec<usize>,
    by_start: Split,
    by_unit: Split,
    by_entity: Split,
    /// By position in [`BY_SIZE`], kind of request and power of two.
    by_size: BTreeMap<(usize, RequestKind, u32), Distribution>,
}

impl Board {
    /// An empty board for devices that start in these states, for these units and entities.
    pub(super) fn new(starts: &[String], units: Vec<String>, schema: &Schema) -> Board {
        let mut states = starts.to_vec();
        states.sort();
        states.dedup();
        let entities = schema.entities.iter().map(|entity| entity.name.clone()).collect();
        Board {
            values: vec![0; TABLE.len()],
            distributions: vec![Distribution::default(); TABLE.len()],
            state_of: starts.iter().map(|s| states.binary_search(s).expect("it is among them")).collect(),
            by_start: Split::new(BY_START, '@', states),
            by_unit: Split::new(BY_UNIT, '/', units),
            by_entity: Split::new(BY_ENTITY, '/', entities),
            by_size: BTreeMap::new(),
        }
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

    pub(super) fn observe_on(&mut self, id: Id, device: DeviceId, value: u64) {
        self.observe(id, value);
        if let Some(&state) = self.state_of.get(device.0 as usize) {
            self.by_start.observe(id, state, value);
        }
    }

    /// Adds an observation under its unit alone; the metric as a whole is fed apart.
    pub(super) fn observe_unit(&mut self, id: Id, unit: UnitId, value: u64) {
        self.by_unit.observe(id, usize::from(unit.0), value);
    }
    pub(super) fn observe_entity(&mut self, id: Id, entity: EntityId, value: u64) {
        self.observe(id, value);
        self.by_entity.observe(id, usize::from(entity.0), value);
    }

    /// What was so since then, if it was, is so no more.
    pub(super) fn lasted(&mut self, id: Id, since: Option<Time>, at: Time) {
        match (since, id.metric().kind) {
            (Some(since), Kind::Distribution) => self.observe(id, at.since(since).0),
            (Some(since), _) => self.add(id, at.since(since).0),
            (None, _) => {}
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
        for split in [&mut self.by_start, &mut self.by_unit, &mut self.by_entity] {
            figures.extend(split.figures());
        }
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
