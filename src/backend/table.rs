//! All versions that count of one entity's rows: the current ones, and where devices must hear that a row is gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::index::{Index, Slot};
use super::partition::{Partition, PartitionId, Partitions};
use super::tuple::Part;
use crate::base::{Key, Stamp, Value};
use crate::contract::{Delivery, Entity};

/// A row of the backend.
#[derive(Debug)]
pub struct Record {
    /// Its key.
    pub key: Key,
    /// All columns of the backend; of a deleted row as they last were.
    pub values: Arc<[Value]>,
    /// When it was created.
    pub created: Stamp,
    /// When it last changed; of a deleted row when it was deleted.
    pub stamp: Stamp,
    /// The soft-delete flag.
    pub deleted: bool,
    /// A device has written it.
    from_device: bool,
    place: Option<PartitionId>,
    /// Partitions that hold a tombstone of it, and since when.
    left: Vec<(PartitionId, Stamp)>,
}

/// A row of the initial content.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its key.
    pub key: Key,
    /// All columns of the backend.
    pub values: Arc<[Value]>,
    /// When it was created.
    pub created: Stamp,
    /// When it was last changed.
    pub updated: Stamp,
    /// When it was deleted, if it was.
    pub deleted: Option<Stamp>,
}

/// The next version of a row.
pub(super) struct Version {
    pub(super) values: Arc<[Value]>,
    pub(super) stamp: Stamp,
    pub(super) deleted: bool,
}

#[derive(Debug)]
pub(super) struct Table {
    records: Vec<Record>,
    by_key: FxHashMap<Key, Slot>,
    live: usize,
    indexes: Vec<Index>,
    /// The entity's partitions, if its changes are pulled as deltas.
    partitions: Option<Partitions>,
}

impl Table {
    pub(super) fn new(entity: &Entity) -> Table {
        let partitions = (entity.delivery == Delivery::Delta).then(Partitions::default);
        Table { records: Vec::new(), by_key: FxHashMap::default(), live: 0, indexes: Vec::new(), partitions }
    }

    /// Keeps an index by these columns from now on, before the first row; the same columns share one.
    pub(super) fn index_by(&mut self, parts: Vec<Part>) -> usize {
        assert!(self.records.is_empty(), "indexes are made before the content");
        self.indexes.iter().position(|index| index.parts() == parts).unwrap_or_else(|| {
            self.indexes.push(Index::new(parts));
            self.indexes.len() - 1
        })
    }

    pub(super) fn index(&self, index: usize) -> &Index {
        &self.indexes[index]
    }

    /// Adds initial rows; stamps are cut by `cut`.
    pub(super) fn load(
        &mut self,
        entity: &Entity,
        rows: impl Iterator<Item = Loaded>,
        mut cut: impl FnMut(Stamp) -> Stamp,
    ) {
        type Entries = (Vec<((Stamp, Key), Option<Slot>)>, Vec<(Stamp, Key)>);
        let mut placed: BTreeMap<PartitionId, Entries> = BTreeMap::new();
        let expected = rows.size_hint().0;
        self.records.reserve(expected);
        self.by_key.reserve(expected);
        for row in rows {
            assert_eq!(row.values.len(), entity.columns.len(), "row {} of {}", row.key, entity.name);
            let slot = self.records.len() as Slot;
            let stamp = cut(row.deleted.unwrap_or(row.updated));
            let deleted = row.deleted.is_some();
            let place = self.partitions.as_mut().and_then(|p| p.place(entity, &row.values));
            if let Some(id) = place {
                let (live, gone) = placed.entry(id).or_default();
                if deleted {
                    gone.push((stamp, row.key.clone()));
                } else {
                    live.push(((stamp, row.key.clone()), Some(slot)));
                }
            }
            if !deleted {
                self.live += 1;
                self.indexes.iter_mut().for_each(|index| index.insert(&row.values, slot));
            }
            let before = self.by_key.insert(row.key.clone(), slot);
            assert!(before.is_none(), "row {} of {} is there twice", row.key, entity.name);
            let (here, left) = if deleted { (None, place) } else { (place, None) };
            self.records.push(Record {
                key: row.key,
                values: row.values,
                created: row.created,
                stamp,
                deleted,
                from_device: false,
                place: here,
                left: left.map(|id| (id, stamp)).into_iter().collect(),
            });
        }
        // Building a tree from sorted entries takes a third of the time of inserting them one by one.
        for (id, (live, gone)) in placed {
            let partition = self.partitions.as_mut().expect("something was placed").get_mut(id);
            partition.live.append(&mut live.into_iter().collect());
            partition.gone.append(&mut gone.into_iter().collect());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.live
    }

    pub(super) fn find(&self, key: &Key) -> Option<Slot> {
        self.by_key.get(key).copied()
    }

    pub(super) fn record(&self, slot: Slot) -> &Record {
        &self.records[slot as usize]
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    /// What devices with these attributes read; `None` if there is nothing for them or no deltas at all.
    pub(super) fn partition(&self, entity: &Entity, attributes: &[Value]) -> Option<&Partition> {
        self.partitions.as_ref()?.find(entity, attributes)
    }

    /// A new row.
    pub(super) fn insert(&mut self, entity: &Entity, key: Key, version: Version) -> Slot {
        let slot = self.records.len() as Slot;
        let before = self.by_key.insert(key.clone(), slot);
        assert!(before.is_none(), "a row is inserted once");
        self.records.push(Record {
            key,
            values: Arc::clone(&version.values),
            created: version.stamp,
            stamp: version.stamp,
            // Until its first version is set, it is as good as deleted.
            deleted: true,
            from_device: false,
            place: None,
            left: Vec::new(),
        });
        self.set(entity, slot, version);
        slot
    }

    /// A row's next version: moves it between partitions and indexes, leaving a tombstone where it is no longer.
    pub(super) fn set(&mut self, entity: &Entity, slot: Slot, version: Version) {
        let record = &mut self.records[slot as usize];
        let Version { values, stamp, deleted } = version;
        match (record.deleted, deleted) {
            (true, false) => {
                record.created = stamp;
                self.live += 1;
            }
            (false, true) => self.live -= 1,
            _ => {}
        }
        for index in &mut self.indexes {
            if !record.deleted {
                index.remove(&record.values, slot);
            }
            if !deleted {
                index.insert(&values, slot);
            }
        }
        if let Some(partitions) = &mut self.partitions {
            let place = if deleted { None } else { partitions.place(entity, &values) };
            if let Some(old) = record.place {
                partitions.get_mut(old).live.remove(&(record.stamp, record.key.clone()));
                if place != Some(old) {
                    record.leave(partitions, old, stamp);
                }
            }
            if let Some(new) = place {
                record.come_back(partitions, new);
                partitions.get_mut(new).live.insert((stamp, record.key.clone()), Some(slot));
            }
            record.place = place;
        }
        record.values = values;
        record.stamp = stamp;
        record.deleted = deleted;
    }

    /// A device with these attributes has written the row's current version: makes sure that it hears of it, as a
    /// tombstone if the row is not in its scope.
    pub(super) fn written_by_device(&mut self, entity: &Entity, slot: Slot, attributes: &[Value]) {
        let Some(partitions) = &mut self.partitions else { return };
        let theirs = partitions.of_device(entity, attributes);
        let record = &mut self.records[slot as usize];
        record.from_device = true;
        if !record.deleted && record.place != Some(theirs) {
            record.come_back(partitions, theirs);
            record.leave(partitions, theirs, record.stamp);
        }
    }
}

impl Record {
    fn leave(&mut self, partitions: &mut Partitions, from: PartitionId, stamp: Stamp) {
        self.left.push((from, stamp));
        let (partition, tombstone) = (partitions.get_mut(from), (stamp, self.key.clone()));
        if self.from_device {
            partition.live.insert(tombstone, None);
        } else {
            partition.gone.insert(tombstone);
        }
    }

    /// Takes back the tombstone in `to`, if there is one.
    fn come_back(&mut self, partitions: &mut Partitions, to: PartitionId) {
        if let Some(at) = self.left.iter().position(|&(id, _)| id == to) {
            let (_, stamp) = self.left.swap_remove(at);
            let (partition, tombstone) = (partitions.get_mut(to), (stamp, self.key.clone()));
            let was_there = partition.gone.remove(&tombstone) || partition.live.remove(&tombstone).is_some();
            assert!(was_there, "a row knows its tombstones");
        }
    }
}
