//! The rows of one entity: their current versions, and the tombstones that devices must get. A
//! stamp is the version time of a row. Readers of deltas ask for changes after a stamp.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::index::{Index, Part, Slot};
use super::options::{BackendOptions, Provisioning};
use super::partition::{Change, Partition, PartitionId, Partitions, Scope};
use super::stream::{Fate, PendingVersion, Place, Stream, WHOLE};
use crate::base::{Key, Stamp, Time, Value};
use crate::contract::{Delivery, Entity};

/// A row of the backend.
#[derive(Clone, Debug)]
pub struct Record {
    /// The row's key.
    pub key: Key,
    /// All columns of the backend. A deleted row keeps its last values.
    pub values: Arc<[Value]>,
    created: Stamp,
    /// The stamp of the last change. For a deleted row: of the deletion.
    pub stamp: Stamp,
    /// The time of the last change by its author's clock; the stamp if the author gave no time.
    pub(super) edited_at: Stamp,
    /// The soft-delete flag.
    pub deleted: bool,
    from_device: bool,
    place: Option<PartitionId>,
    /// The stamp under which the row's partition lists it.
    listed: Stamp,
    /// Partitions that hold a tombstone of the row, with the tombstone's stamp.
    left: Vec<(PartitionId, Stamp)>,
}

/// A row of the initial content.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The row's key.
    pub key: Key,
    /// All columns of the backend.
    pub values: Arc<[Value]>,
    /// The stamp of the creation.
    pub created: Stamp,
    /// The stamp of the last change.
    pub updated: Stamp,
    /// The stamp of the deletion; `None` if the row exists.
    pub deleted: Option<Stamp>,
}

impl Loaded {
    /// A row created at `stamp` and not changed later.
    pub fn as_of(key: &str, values: impl Into<Arc<[Value]>>, stamp: Stamp) -> Loaded {
        let (key, values) = (Key::new(key), values.into());
        Loaded { key, values, created: stamp, updated: stamp, deleted: None }
    }
}

/// The version that readers see of a row that has invisible versions.
#[derive(Clone, Debug)]
struct VisibleVersion {
    values: Arc<[Value]>,
    stamp: Stamp,
    gone: bool,
    /// The number of invisible versions, and the time when the last of them becomes visible.
    versions: u32,
    until: Time,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Noted {
    pub(super) number: u64,
    /// True if the change arms the flag of an existing row (marks the row as not synced).
    pub(super) arms: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    provisioning: Provisioning,
    records: Vec<Record>,
    by_key: FxHashMap<Key, Slot>,
    live: usize,
    indexes: Vec<Index>,
    partitions: Option<Partitions>,
    /// All rows in the order of their changes; `None` if the options do not ask for it.
    whole: Option<Partition>,
    veils: FxHashMap<Slot, VisibleVersion>,
    /// The events of each place, if the options ask for them. For look-ups only, never iterated.
    streams: Option<FxHashMap<Place, Stream>>,
}

impl Table {
    pub(super) fn new(entity: &Entity, options: &BackendOptions) -> Table {
        Table {
            provisioning: options.provisioning,
            partitions: (entity.delivery == Delivery::Delta).then(Partitions::default),
            whole: options.serves_all_owners.then(Partition::default),
            streams: options.change_log.is_some().then(FxHashMap::default),
            ..Table::default()
        }
    }

    /// Adds an index. Call it before the first row. Equal columns share one index.
    pub(super) fn index_by(&mut self, parts: Vec<Part>) -> usize {
        assert!(self.records.is_empty(), "indexes are made before the content");
        self.indexes.iter().position(|index| index.parts() == parts).unwrap_or_else(|| {
            self.indexes.push(Index::new(parts));
            self.indexes.len() - 1
        })
    }

    /// True if the row has not changed since its creation. The `created` stamp of an initial row is
    /// not truncated, so it may be later than `stamp`.
    pub(super) fn is_new(&self, slot: Slot) -> bool {
        self.record(slot).stamp <= self.record(slot).created
    }

    pub(super) fn index(&self, index: usize) -> &Index {
        &self.indexes[index]
    }

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
        let traces = self.provisioning.tracks_deletes() || self.streams.is_some();
        for row in rows {
            assert_eq!(row.values.len(), entity.columns.len(), "row {} of {}", row.key, entity.name);
            let slot = self.records.len() as Slot;
            let stamp = cut(row.deleted.unwrap_or(row.updated));
            let deleted = row.deleted.is_some();
            let place = self.partitions.as_mut().and_then(|p| p.place(entity, &row.values));
            let place = place.filter(|_| !deleted || traces);
            if let Some(id) = place {
                let (live, gone) = placed.entry(id).or_default();
                if deleted {
                    gone.push((stamp, row.key.clone()));
                } else {
                    live.push(((stamp, row.key.clone()), Some(slot)));
                }
            }
            if let Some(whole) = &mut self.whole {
                whole.renew((stamp, &row.key), (!deleted).then_some(slot), traces);
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
                edited_at: stamp,
                deleted,
                from_device: false,
                place: here,
                listed: stamp,
                left: left.map(|id| (id, stamp)).into_iter().collect(),
            });
        }
        // A tree built from sorted entries takes a third of the time of single inserts.
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

    /// The partition that readers of `scope` read; `None` if it is empty or has no deltas.
    pub(super) fn partition(&self, entity: &Entity, scope: Scope<'_>) -> Option<&Partition> {
        match scope {
            Scope::Of(attributes) => self.partitions.as_ref()?.find(entity, attributes),
            Scope::Whole => self.whole.as_ref(),
        }
    }

    /// A row as readers of deltas see it: its stamp, its values, and true if it exists.
    fn view(&self, slot: Slot) -> (Stamp, &[Value], bool) {
        match self.veils.get(&slot) {
            Some(VisibleVersion { stamp, values, gone, .. }) => (*stamp, values, !gone),
            None => {
                let Record { stamp, values, deleted, .. } = self.record(slot);
                (*stamp, values, !deleted)
            }
        }
    }

    pub(super) fn shown(&self, slot: Slot) -> &[Value] {
        self.view(slot).1
    }

    /// A row's version as readers of deltas get it; without a slot, its tombstone.
    pub(super) fn change<'t>(&'t self, place: &'t (Stamp, Key), slot: Option<Slot>) -> Change<'t> {
        let shown = slot.map(|slot| self.view(slot));
        let (stamp, values) = shown.map_or((place.0, None), |(stamp, values, _)| (stamp, Some(values)));
        let is_new = slot.is_some_and(|slot| self.is_new(slot));
        Change { key: &place.1, stamp, values, is_new }
    }

    /// The change that readers of a place get if the row has this state there.
    pub(super) fn told(&self, slot: Slot, fate: Fate) -> Change<'_> {
        let (stamp, values, _) = self.view(slot);
        let values = (fate == Fate::Here).then_some(values);
        let is_new = values.is_some() && self.is_new(slot);
        Change { key: &self.record(slot).key, stamp, values, is_new }
    }

    pub(super) fn place_of(&mut self, entity: &Entity, scope: Scope<'_>) -> Place {
        match (scope, &mut self.partitions) {
            (Scope::Of(attributes), Some(partitions)) => partitions.of_device(entity, attributes),
            _ => WHOLE,
        }
    }

    pub(super) fn stream(&self, place: Place) -> Option<&Stream> {
        self.streams.as_ref()?.get(&place)
    }

    /// The state of a row for readers of a place. A row that left the place without a new version
    /// may have no entry that says so.
    pub(super) fn fate(&self, place: Place, slot: Slot) -> Fate {
        let record = self.record(slot);
        let told = self.stream(place).and_then(|stream| stream.fate(slot));
        match told.unwrap_or(if record.deleted { Fate::Deleted } else { Fate::Here }) {
            Fate::Here if place != WHOLE && record.place != Some(place) => Fate::Moved,
            fate => fate,
        }
    }

    pub(super) fn touch(&mut self, slot: Slot, number: u64) {
        let place = self.records[slot as usize].place;
        let whole = self.whole.is_some().then_some(WHOLE);
        for place in place.into_iter().chain(whole) {
            self.note(place, slot, Fate::Here, Noted { number, arms: true });
        }
    }

    fn note(&mut self, place: Place, slot: Slot, fate: Fate, noted: Noted) {
        if let Some(streams) = &mut self.streams {
            streams.entry(place).or_default().push(noted.number, slot, fate, noted.arms);
        }
    }

    pub(super) fn seen(&self, slot: Slot) -> Option<(Stamp, &[Value])> {
        let (stamp, values, is_there) = self.view(slot);
        is_there.then_some((stamp, values))
    }

    /// All live rows in the order of keys. Rows that readers do not see yet are included.
    pub(super) fn content(&self) -> Vec<(Key, Stamp, Arc<[Value]>)> {
        let live = self.records.iter().filter(|record| !record.deleted);
        let mut rows: Vec<_> =
            live.map(|record| (record.key.clone(), record.stamp, Arc::clone(&record.values))).collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        rows
    }

    /// The number of rows that a full read reads. Deleted rows count if the backend keeps them.
    pub(super) fn read_by_all(&self) -> usize {
        if self.provisioning.tracks_deletes() { self.records.len() } else { self.live }
    }

    /// The time when readers see the row's last version; `None` if they see it now.
    pub(super) fn hidden_until(&self, slot: Slot) -> Option<Time> {
        self.veils.get(&slot).map(|veil| veil.until)
    }

    /// Adds a slot for a new row. Until it has a version, the row counts as deleted.
    pub(super) fn insert(&mut self, entity: &Entity, key: Key) -> Slot {
        let slot = self.records.len() as Slot;
        let before = self.by_key.insert(key.clone(), slot);
        assert!(before.is_none(), "a row is inserted once");
        self.records.push(Record {
            key,
            values: vec![Value::Null; entity.columns.len()].into(),
            created: Stamp(i64::MIN),
            stamp: Stamp(i64::MIN),
            edited_at: Stamp(i64::MIN),
            deleted: true,
            from_device: false,
            place: None,
            listed: Stamp(i64::MIN),
            left: Vec::new(),
        });
        slot
    }

    /// Hides the row's next version until `until`. Readers see the present one meanwhile.
    pub(super) fn hide(&mut self, slot: Slot, until: Time) {
        let Record { values, stamp, deleted, .. } = &self.records[slot as usize];
        let gone = *deleted;
        let veil = || VisibleVersion { values: Arc::clone(values), stamp: *stamp, gone, versions: 0, until };
        let veil = self.veils.entry(slot).or_insert_with(veil);
        veil.versions += 1;
        veil.until = veil.until.max(until);
    }

    pub(super) fn write(
        &mut self,
        slot: Slot,
        (stamp, edited_at): (Stamp, Stamp),
        values: Arc<[Value]>,
        deleted: bool,
    ) {
        let record = &mut self.records[slot as usize];
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
        record.values = values;
        record.stamp = stamp;
        record.edited_at = edited_at;
        record.deleted = deleted;
    }

    /// Shows a version to readers of deltas: moves the row between partitions and leaves a
    /// tombstone. To show a version at once, call this before its [`Table::write`]. The device that
    /// wrote the version always gets it.
    pub(super) fn show(&mut self, entity: &Entity, showing: &PendingVersion, noted: Noted) {
        let PendingVersion { slot, stamp, values, .. } = showing;
        let record = &mut self.records[*slot as usize];
        let mut shown = record.stamp;
        if let Some(veil) = self.veils.get_mut(slot) {
            veil.versions -= 1;
            shown = std::mem::replace(&mut veil.stamp, *stamp);
            veil.gone = values.is_none();
            if let Some(values) = values {
                veil.values = Arc::clone(values);
            }
            if veil.versions == 0 {
                self.veils.remove(slot);
            }
        }
        let fate = if values.is_some() { Fate::Here } else { Fate::Deleted };
        if let Some(whole) = &mut self.whole {
            whole.forget(&(shown, record.key.clone()));
            whole.renew(
                (*stamp, &record.key),
                values.as_ref().map(|_| *slot),
                self.provisioning.tracks_deletes(),
            );
            let is_new = shown == Stamp(i64::MIN);
            if !showing.unnoted {
                self.note(WHOLE, *slot, fate, Noted { arms: noted.arms || is_new, ..noted });
            }
        }
        let (from, to, writer) = self.put_in_place(entity, showing);
        if showing.unnoted {
            return;
        }
        if let Some(from) = from.filter(|from| Some(*from) != to) {
            let fate = if values.is_some() { Fate::Moved } else { Fate::Deleted };
            self.note(from, *slot, fate, noted);
        }
        if let Some(to) = to {
            self.note(to, *slot, Fate::Here, Noted { arms: noted.arms || from != Some(to), ..noted });
        }
        let stranger = |writer: &Place| values.is_some() && to != Some(*writer) && from != Some(*writer);
        if let Some(writer) = writer.filter(stranger) {
            self.note(writer, *slot, Fate::Moved, noted);
        }
    }

    /// Moves a row between partitions. Returns the old one, the new one, and the writer's.
    fn put_in_place(
        &mut self,
        entity: &Entity,
        showing: &PendingVersion,
    ) -> (Option<PartitionId>, Option<PartitionId>, Option<PartitionId>) {
        let PendingVersion { slot, stamp, listed, values, writer, .. } = showing;
        let record = &mut self.records[*slot as usize];
        let Some(partitions) = &mut self.partitions else { return (None, None, None) };
        let from = record.place;
        let place = values.as_ref().and_then(|values| partitions.place(entity, values));
        if let Some(old) = from {
            partitions.get_mut(old).live.remove(&(record.listed, record.key.clone()));
            let kept = if values.is_some() {
                self.provisioning.tracks_scope_moves()
            } else {
                self.provisioning.tracks_deletes()
            };
            if place != Some(old) && kept {
                record.leave(partitions, old, *listed);
            }
        }
        if let Some(new) = place {
            record.come_back(partitions, new);
            partitions.get_mut(new).live.insert((*listed, record.key.clone()), Some(*slot));
        }
        if showing.unnoted && place != from {
            from.into_iter().chain(place).for_each(|id| partitions.get_mut(id).moves += 1);
        }
        record.listed = *listed;
        record.place = place;
        let Some(writer) = writer else { return (from, place, None) };
        let theirs = partitions.of_device(entity, writer);
        record.from_device = true;
        if values.is_some() && record.place != Some(theirs) && self.provisioning.tracks_scope_moves() {
            record.come_back(partitions, theirs);
            record.leave(partitions, theirs, *stamp);
        }
        (from, place, Some(theirs))
    }
}

impl Table {
    /// Moves all rows except one to the partitions that the present scope of `entity` gives them.
    /// It writes no row. `listing` gives the stamp and number under which each moved row is listed.
    /// Without them the row keeps its stamp, and no reader of changes gets it.
    pub(super) fn place_again(
        &mut self,
        entity: &Entity,
        except: Option<Slot>,
        mut listing: impl FnMut() -> Option<(Stamp, u64)>,
    ) {
        for slot in (0..self.records.len() as Slot).filter(|slot| Some(*slot) != except) {
            let Some(partitions) = &mut self.partitions else { return };
            let record = &self.records[slot as usize];
            let (values, is_there) = match self.veils.get(&slot) {
                Some(veil) => (Arc::clone(&veil.values), !veil.gone),
                None => (Arc::clone(&record.values), !record.deleted),
            };
            let to = partitions.place(entity, &values);
            if is_there && to != record.place {
                self.put_elsewhere(slot, to, listing());
            }
        }
    }

    fn put_elsewhere(&mut self, slot: Slot, to: Option<PartitionId>, listing: Option<(Stamp, u64)>) {
        let tracks = self.provisioning.tracks_scope_moves();
        let record = &mut self.records[slot as usize];
        let Some(partitions) = &mut self.partitions else { return };
        let from = record.place;
        let listed = listing.map_or(record.listed, |(stamp, _)| stamp);
        if let Some(old) = from {
            partitions.get_mut(old).live.remove(&(record.listed, record.key.clone()));
            if tracks {
                record.leave(partitions, old, listed);
            }
        }
        if let Some(new) = to {
            record.come_back(partitions, new);
            partitions.get_mut(new).live.insert((listed, record.key.clone()), Some(slot));
        }
        from.into_iter().chain(to).for_each(|id| partitions.get_mut(id).moves += 1);
        record.listed = listed;
        record.place = to;
        let Some((_, number)) = listing else { return };
        let noted = Noted { number, arms: true };
        for (place, fate) in [(from, Fate::Moved), (to, Fate::Here)] {
            place.into_iter().for_each(|place| self.note(place, slot, fate, noted));
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

    fn come_back(&mut self, partitions: &mut Partitions, to: PartitionId) {
        if let Some(at) = self.left.iter().position(|&(id, _)| id == to) {
            let (_, stamp) = self.left.swap_remove(at);
            let (partition, tombstone) = (partitions.get_mut(to), (stamp, self.key.clone()));
            let was_there = partition.gone.remove(&tombstone) || partition.live.remove(&tombstone).is_some();
            assert!(was_there, "a row knows its tombstones");
        }
    }
}
