//! The machine: its content and its clock.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::apply::Verdict;
use super::effects::Derivation;
use super::index::Slot;
use super::options::Options;
use super::pool::{Pool, Served};
use super::stamps::Stamps;
use super::table::{Loaded, Record, Table};
use super::tuple::Part;
use crate::base::{EntityId, Key, Stamp, Time, Value};
use crate::contract::{Delivery, Entity, RequestKind, Schema, ServerError};

/// The enterprise's system of record.
#[derive(Debug)]
pub struct Backend {
    pub(super) schema: Arc<Schema>,
    pub(super) options: Options,
    start: Stamp,
    pub(super) tables: Vec<Table>,
    /// For each entity the index of its natural key.
    pub(super) unique: Vec<Option<usize>>,
    /// For each entity that is fetched on opening a record, the index of the column that names the record.
    pub(super) on_open: Vec<Option<usize>>,
    pub(super) derivations: Vec<Derivation>,
    pub(super) stamps: Stamps,
    /// Verdicts on mutations by their idempotency key.
    pub(super) remembered: FxHashMap<Box<str>, Verdict>,
    pool: Pool,
}

impl Backend {
    /// An empty backend whose clock shows `start` at time 0.
    pub fn new(schema: Arc<Schema>, options: Options, start: Stamp) -> Backend {
        let mut tables: Vec<Table> = schema.entities.iter().map(Table::new).collect();
        let parts = |columns: &[usize]| columns.iter().map(|&c| Part::Whole(c)).collect();
        let mut unique = Vec::new();
        let mut on_open = Vec::new();
        for (entity, table) in schema.entities.iter().zip(&mut tables) {
            unique.push((!entity.unique.is_empty()).then(|| table.index_by(parts(&entity.unique))));
            on_open.push(match entity.delivery {
                Delivery::OnOpen { by } => Some(table.index_by(parts(&[by]))),
                Delivery::Delta | Delivery::BackendOnly => None,
            });
        }
        let derivations = options.effects.iter().map(|effect| Derivation::new(effect, &mut tables)).collect();
        Backend {
            stamps: Stamps::new(options.stamp_precision, start),
            pool: Pool::new(&options),
            remembered: FxHashMap::default(),
            schema,
            options,
            start,
            tables,
            unique,
            on_open,
            derivations,
        }
    }

    /// Adds initial rows of `entity`; their stamps are cut to the backend's precision.
    ///
    /// # Panics
    /// When a row has not as many values as the entity has columns, or a key comes twice.
    pub fn load(&mut self, entity: EntityId, rows: impl IntoIterator<Item = Loaded>) {
        let Backend { schema, tables, stamps, .. } = self;
        let mut latest = Stamp(i64::MIN);
        let precision = stamps.clone();
        let cut = |stamp| {
            let stamp = precision.cut(stamp);
            latest = latest.max(stamp);
            stamp
        };
        tables[usize::from(entity.0)].load(schema.entity(entity), rows.into_iter(), cut);
        stamps.seen(latest);
    }

    /// What is synced.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// At most this many rows in one answer.
    pub fn page_cap(&self) -> u32 {
        self.options.page_cap.max(1)
    }

    /// The backend's clock at `now`.
    pub fn clock(&self, now: Time) -> Stamp {
        self.start.plus(now.since(Time::ZERO))
    }

    /// Live rows of `entity`.
    pub fn len(&self, entity: EntityId) -> usize {
        self.table(entity).len()
    }

    /// Whether `entity` has no live row.
    pub fn is_empty(&self, entity: EntityId) -> bool {
        self.len(entity) == 0
    }

    /// The row of this key, deleted or not.
    pub fn row(&self, entity: EntityId, key: &Key) -> Option<&Record> {
        let table = self.table(entity);
        table.find(key).map(|slot| table.record(slot))
    }

    /// All rows of `entity`, the deleted ones too, in the order of keys; sorted for each call.
    pub fn rows(&self, entity: EntityId) -> impl Iterator<Item = &Record> {
        let mut rows: Vec<&Record> = self.table(entity).records().iter().collect();
        rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        rows.into_iter()
    }

    /// The live rows of an entity pulled as deltas that belong on a device with these attributes, in the order of
    /// (stamp, key).
    pub fn in_scope<'b>(
        &'b self,
        entity: EntityId,
        attributes: &[Value],
    ) -> impl Iterator<Item = &'b Record> {
        let table = self.table(entity);
        let partition = table.partition(self.schema.entity(entity), attributes);
        partition.into_iter().flat_map(|p| p.live.values().flatten()).map(|&slot| table.record(slot))
    }

    /// Whether requests are taken at `now`.
    ///
    /// # Errors
    /// [`ServerError::Unavailable`] inside a window of no service. What was taken before it is served to its end.
    pub fn admit(&self, now: Time) -> Result<(), ServerError> {
        self.pool.admit(now)
    }

    /// Takes no requests in `from <= now < until`, besides the windows of [`Options::down`].
    pub fn set_down(&mut self, from: Time, until: Time) {
        self.pool.set_down(from, until);
    }

    /// When a request that comes at `now` is begun.
    pub fn begins(&self, now: Time) -> Time {
        self.pool.begins(now)
    }

    /// Charges a request that comes at `now`: called once for each, in the order in which they come.
    pub fn serve(&mut self, now: Time, kind: RequestKind, scanned: u64, rows: u64) -> Served {
        self.pool.serve(&self.options, now, kind, scanned, rows)
    }

    pub(super) fn table(&self, entity: EntityId) -> &Table {
        &self.tables[usize::from(entity.0)]
    }

    /// The entity of this id, if there is one.
    pub(super) fn entity(&self, id: EntityId) -> Option<&Entity> {
        self.schema.entities.get(usize::from(id.0))
    }

    /// The row of this key, unless it was deleted so long ago that the backend has forgotten it.
    pub(super) fn remembered_row(&self, now: Time, entity: EntityId, key: &Key) -> Option<Slot> {
        let table = self.table(entity);
        table.find(key).filter(|&slot| {
            let record = table.record(slot);
            !record.deleted || record.stamp >= self.horizon(now)
        })
    }

    /// Tombstones before this are purged.
    pub(super) fn horizon(&self, now: Time) -> Stamp {
        self.clock(now).minus(self.options.tombstones_kept)
    }
}
