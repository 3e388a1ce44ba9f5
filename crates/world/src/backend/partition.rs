//! The rows of an entity, grouped by their holders and ordered by their changes.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::index::Slot;
use super::tuple;
use crate::base::{Key, Stamp, Value};
use crate::contract::Entity;

/// Whose rows a reader asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scope<'a> {
    /// The rows of a device with these attributes.
    Of(&'a [Value]),
    /// All rows; only if the backend keeps them in order,
    /// [`BackendOptions::whole`](super::BackendOptions::whole).
    Whole,
}

impl Scope<'_> {
    /// True if a live row with these values is in the scope.
    pub(crate) fn holds(self, entity: &Entity, values: &[Value]) -> bool {
        match self {
            Scope::Of(attributes) => entity.in_scope(values, attributes),
            Scope::Whole => true,
        }
    }
}

pub(super) type PartitionId = u32;

/// Rows of one entity for all devices with the same attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct Partition {
    /// Live rows. An entry without a slot is the tombstone of a row that a device wrote: perhaps
    /// before its first load, which then needs the tombstone.
    pub(super) live: BTreeMap<(Stamp, Key), Option<Slot>>,
    /// The other tombstones, kept apart so that a first load does not scan them.
    pub(super) gone: BTreeSet<(Stamp, Key)>,
}

impl Partition {
    /// Adds a row's version: a live row, or a tombstone if deletions leave a trace.
    pub(super) fn renew(&mut self, (stamp, key): (Stamp, &Key), slot: Option<Slot>, traces: bool) {
        if slot.is_some() {
            self.live.insert((stamp, key.clone()), slot);
        } else if traces {
            self.gone.insert((stamp, key.clone()));
        }
    }

    pub(super) fn forget(&mut self, place: &(Stamp, Key)) {
        self.live.remove(place);
        self.gone.remove(place);
    }
}

/// Partitions by the values that [bind](Entity::binding) rows to devices. A device reads exactly
/// one, and every live row in it is in the device's scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Partitions {
    ids: FxHashMap<Box<[u8]>, PartitionId>,
    partitions: Vec<Partition>,
    scratch: Vec<u8>,
}

impl Partitions {
    /// The partition of a live row with these values; `None` outside a window.
    pub(super) fn place(&mut self, entity: &Entity, values: &[Value]) -> Option<PartitionId> {
        self.scratch.clear();
        entity.binding(values)?.for_each(|value| tuple::write_value(value, &mut self.scratch));
        Some(self.intern())
    }

    pub(super) fn of_device(&mut self, entity: &Entity, attributes: &[Value]) -> PartitionId {
        self.scratch.clear();
        entity.bound_to(attributes).for_each(|value| tuple::write_value(value, &mut self.scratch));
        self.intern()
    }

    /// The partition of a device with these attributes, if it ever had a row.
    pub(super) fn find(&self, entity: &Entity, attributes: &[Value]) -> Option<&Partition> {
        let mut name = Vec::new();
        entity.bound_to(attributes).for_each(|value| tuple::write_value(value, &mut name));
        self.ids.get(&*name).map(|&id| &self.partitions[id as usize])
    }

    pub(super) fn get_mut(&mut self, id: PartitionId) -> &mut Partition {
        &mut self.partitions[id as usize]
    }

    fn intern(&mut self) -> PartitionId {
        if let Some(&id) = self.ids.get(&*self.scratch) {
            return id;
        }
        let id = self.partitions.len() as PartitionId;
        self.ids.insert(self.scratch.as_slice().into(), id);
        self.partitions.push(Partition::default());
        id
    }
}
