//! Partitions: the rows of an entity, grouped by the devices that hold them and sorted by stamp. A
//! position is a reader's progress in a partition.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use rustc_hash::FxHashMap;

use super::index::{Slot, write_value};
use crate::base::{Key, Span, Stamp, Value};
use crate::contract::Entity;

/// The rows that a reader asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scope<'a> {
    /// The rows of a device with these attributes.
    Of(&'a [Value]),
    /// All rows. Works only if the backend keeps them in order:
    /// [`BackendOptions::serves_all_owners`](super::BackendOptions::serves_all_owners).
    Whole,
}

impl Scope<'_> {
    /// True if a live row with these values belongs to the scope.
    pub(crate) fn holds(self, entity: &Entity, values: &[Value]) -> bool {
        match self {
            Scope::Of(attributes) => entity.in_scope(values, attributes),
            Scope::Whole => true,
        }
    }
}

pub(super) type PartitionId = u32;

/// The rows of one entity for all devices with the same attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct Partition {
    /// Live rows. An entry without a slot is the tombstone of a row that a device wrote. The write
    /// may be older than the device's first load, so the load needs the tombstone.
    pub(super) live: BTreeMap<(Stamp, Key), Option<Slot>>,
    /// The other tombstones. They are stored apart so that a first load does not read them.
    pub(super) gone: BTreeSet<(Stamp, Key)>,
    /// The number of rows that came or left without a write.
    pub(super) moves: u64,
}

impl Partition {
    /// Adds a row's version: a live row, or a tombstone if the backend tracks deletions.
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
/// one partition, and every live row in it is in the device's scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Partitions {
    ids: FxHashMap<Box<[u8]>, PartitionId>,
    partitions: Vec<Partition>,
    scratch: Vec<u8>,
}

impl Partitions {
    /// The partition of a live row with these values; `None` if it is outside a window.
    pub(super) fn place(&mut self, entity: &Entity, values: &[Value]) -> Option<PartitionId> {
        self.scratch.clear();
        entity.binding(values)?.for_each(|value| write_value(value, &mut self.scratch));
        Some(self.intern())
    }

    pub(super) fn of_device(&mut self, entity: &Entity, attributes: &[Value]) -> PartitionId {
        self.scratch.clear();
        entity.bound_to(attributes).for_each(|value| write_value(value, &mut self.scratch));
        self.intern()
    }

    /// The partition of a device with these attributes; `None` if it never had a row.
    pub(super) fn find(&self, entity: &Entity, attributes: &[Value]) -> Option<&Partition> {
        let mut name = Vec::new();
        entity.bound_to(attributes).for_each(|value| write_value(value, &mut name));
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

/// A reader's progress in one entity: it has read everything up to and including (`stamp`, `key`).
/// Without a key, it has read everything with this stamp or an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The stamp of the last row.
    pub stamp: Stamp,
    /// The key of the last row.
    pub key: Option<Key>,
    /// The start of the first load; `None` if no first load is in progress. The load needs no older
    /// tombstones. The expiry check uses this stamp if it is later than `stamp`.
    pub since: Option<Stamp>,
}

/// How close to the present a reader reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upto {
    /// Up to the oldest version that is stamped but invisible, or up to the open tick. Then no
    /// change appears later before the reader's position.
    #[default]
    Settled,
    /// Up to this long before the backend's clock. A version that becomes visible after a longer
    /// time appears before the reader's position, so the reader misses it.
    Behind(Span),
}

/// One change. It borrows its data from the backend.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The row's key.
    pub key: &'a Key,
    /// The stamp of the change.
    pub stamp: Stamp,
    /// All columns of the backend; `None`: a tombstone.
    pub values: Option<&'a [Value]>,
    /// True if the row exists and this change created it.
    pub is_new: bool,
}

impl Position {
    /// The position of a reader that has read everything up to and including `stamp`.
    pub fn at(stamp: Stamp) -> Position {
        Position { stamp, key: None, since: None }
    }

    /// The stamp up to which the reader knows the content. The expiry check uses it.
    pub(super) fn age(&self) -> Stamp {
        self.since.map_or(self.stamp, |since| since.max(self.stamp))
    }
}

/// The bound that excludes everything up to and including `stamp`.
fn beyond(stamp: Stamp) -> Bound<(Stamp, Key)> {
    // The sum saturates because a cursor may hold any number.
    Bound::Included((Stamp(stamp.0.saturating_add(1)), Key::new("")))
}

/// The changes after `after`: live rows with their slot, tombstones without a slot.
pub(super) fn since<'p>(
    partition: &'p Partition,
    after: &Position,
) -> impl Iterator<Item = (&'p (Stamp, Key), Option<Slot>)> + use<'p> {
    let behind = |key: &Key| Bound::Excluded((after.stamp, key.clone()));
    let bound = after.key.as_ref().map_or_else(|| beyond(after.stamp), behind);
    let loading = after.since.filter(|since| *since >= after.stamp);
    let vanished = loading.map_or_else(|| bound.clone(), beyond);
    let mut live = partition.live.range((bound, Bound::Unbounded)).peekable();
    let mut gone = partition.gone.range((vanished, Bound::Unbounded)).peekable();
    std::iter::from_fn(move || match (live.peek(), gone.peek()) {
        (Some((alive, _)), Some(dead)) if alive > dead => gone.next().map(|place| (place, None)),
        (None, _) => gone.next().map(|place| (place, None)),
        _ => live.next().map(|(place, &slot)| (place, slot)),
    })
}
