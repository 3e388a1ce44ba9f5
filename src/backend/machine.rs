//! The machine: its content and its clock.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::apply::Verdict;
use super::delta::{Scope, Upto};
use super::effects::Derivation;
use super::files::Files;
use super::flags::AllFlags;
use super::index::Slot;
use super::log::Log;
use super::options::Options;
use super::pool::{Load, Pool, Served, mean_service, slowed, varied};
use super::quota::Quotas;
use super::stamps::Stamps;
use super::table::{Loaded, Record, Table};
use super::tuple::Part;
use super::visibility::Unshown;
use crate::base::{DeviceId, EntityId, Key, Seed, Span, Stamp, Time, Value};
use crate::contract::{Delivery, Entity, RequestKind, Schema, ServerError};

/// The enterprise's system of record.
#[derive(Debug)]
pub struct Backend {
    pub(super) schema: Arc<Schema>,
    pub(super) options: Options,
    pub(super) seed: Seed,
    /// What the clock showed, or would have shown by the steps since, at time 0.
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
    pub(super) unshown: Unshown,
    pub(super) log: Option<Log>,
    pub(super) flags: AllFlags,
    pub(super) files: Files,
    pool: Pool,
    quotas: Option<Quotas>,
    /// How many requests came of each device.
    asked: FxHashMap<DeviceId, u64>,
    /// When it last went back to a backup.
    pub(super) incarnation: u64,
}

/// A request that was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what is let in is served"]
pub struct Admitted {
    /// When it came.
    pub at: Time,
    /// Of whom.
    pub device: DeviceId,
    /// Whether it will fail by accident.
    pub fails: Option<Failing>,
    /// The how-manieth of its device.
    nth: u64,
}

/// When a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failing {
    /// Before it has had any effect.
    Before,
    /// After it took effect: only the answer is lost.
    After,
}

impl Backend {
    /// An empty backend whose clock shows `start` at time 0; what is left to chance comes of `seed`.
    pub fn new(schema: Arc<Schema>, options: Options, start: Stamp, seed: Seed) -> Backend {
        let table = |entity| Table::new(entity, options.provisioning, options.whole);
        let mut tables: Vec<Table> = schema.entities.iter().map(table).collect();
        if options.log.is_some() {
            tables.iter_mut().for_each(Table::keep_streams);
        }
        let parts = |columns: &[usize]| columns.iter().map(|&c| Part::Whole(c)).collect();
        let mut unique = Vec::new();
        let mut on_open = Vec::new();
        for (entity, table) in schema.entities.iter().zip(&mut tables) {
            unique.push((!entity.unique.is_empty()).then(|| table.index_by(parts(&entity.unique))));
            on_open.push(match entity.delivery {
                Delivery::OnOpen { by } => Some(table.index_by(parts(&[by]))),
                Delivery::Delta | Delivery::UploadOnly | Delivery::BackendOnly => None,
            });
        }
        let derivations = options.effects.iter().map(|effect| Derivation::new(effect, &mut tables)).collect();
        Backend {
            stamps: Stamps::new(options.stamp_precision, options.monotonic, options.ticks, start),
            pool: Pool::new(&options),
            quotas: options.quota.clone().map(Quotas::new),
            remembered: FxHashMap::default(),
            unshown: Unshown::default(),
            log: options.log.map(Log::new),
            flags: AllFlags::default(),
            files: Files::default(),
            asked: FxHashMap::default(),
            incarnation: 0,
            schema,
            options,
            seed,
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

    /// The gateway waits this long for an answer.
    pub fn gateway_timeout(&self) -> Span {
        self.options.gateway_timeout
    }

    /// Sets the clock forward by so many microseconds at `now`, or back.
    pub fn step_clock(&mut self, now: Time, micros: i64) {
        if micros < 0 {
            self.stamps.stepped_back(self.clock(now));
        }
        self.start = Stamp(self.start.0 + micros);
    }

    /// When all that is committed so far can be seen by readers of deltas, if that is still to come.
    pub fn shown_by(&self) -> Option<Time> {
        // A clock that was put back shows it again later.
        let closes = self.stamps.closes().map(|at| Time::ZERO + at.since(self.start));
        self.unshown.last().max(closes)
    }

    /// When the clock is at the greatest stamp that there is; the beginning if it was before.
    pub fn clock_at_latest(&self) -> Time {
        Time::ZERO + self.stamps.latest().since(self.start)
    }

    /// Since when readers do not see at `now` all that was written, if so: a transaction is under way, or a read replica is behind.
    /// Databases say so of both.
    pub fn unseen_since(&mut self, now: Time) -> Option<Time> {
        self.show_due(now);
        self.unshown.since()
    }

    /// The backend's clock at `now`.
    pub fn clock(&self, now: Time) -> Stamp {
        self.start.plus(now.since(Time::ZERO))
    }

    /// Whether a deleted row leaves a trace.
    pub fn remembers_deletions(&self) -> bool {
        self.options.provisioning.deletes()
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
        let partition = table.partition(self.schema.entity(entity), Scope::Of(attributes));
        partition.into_iter().flat_map(|p| p.live.values().flatten()).map(|&slot| table.record(slot))
    }

    /// Lets a request of `device` in that comes at `now`: called once for each, in the order in which they come.
    ///
    /// # Errors
    /// [`ServerError::Unavailable`] inside a window of no service and where the queue is full; [`ServerError::Throttled`]
    /// beyond the quota. What was taken before a window is served to its end.
    pub fn admit(&mut self, now: Time, device: DeviceId) -> Result<Admitted, ServerError> {
        let asked = self.asked.entry(device).or_default();
        let nth = *asked;
        *asked += 1;
        let full = self.options.queue.is_some_and(|most| {
            // A free worker takes it without a wait.
            self.pool.begins(now) > now && self.pool.waiting(now) >= most as usize
        });
        if full || !self.pool.is_up(now) {
            return Err(ServerError::Unavailable);
        }
        if let Some(quotas) = &mut self.quotas {
            quotas.admit(now, device).map_err(ServerError::Throttled)?;
        }
        Ok(Admitted { at: now, device, fails: self.fails(device, nth), nth })
    }

    /// Whether the request of this number of a device will fail by accident.
    fn fails(&self, device: DeviceId, nth: u64) -> Option<Failing> {
        if self.options.errors.0 == 0 {
            return None;
        }
        let mut stream = self.seed.stream("backend.error", u64::from(device.0), nth);
        let fails = stream.chance(self.options.errors.share());
        fails.then(|| if stream.chance(0.5) { Failing::Before } else { Failing::After })
    }

    /// Takes no requests in `from <= now < until`, besides the windows of [`Options::down`].
    pub fn set_down(&mut self, from: Time, until: Time) {
        self.pool.set_down(from, until);
    }

    /// When a request that comes at `now` is begun.
    pub fn begins(&self, now: Time) -> Time {
        self.pool.begins(now)
    }

    /// Charges a request that was let in.
    pub fn serve(&mut self, admitted: Admitted, kind: RequestKind, load: Load) -> Served {
        let Admitted { at: now, device, nth, .. } = admitted;
        let mean = mean_service(&self.options, kind, load);
        let varied = varied(mean, self.options.service_cv_milli, self.seed, device, nth);
        let begins = self.pool.begins(now);
        let service = slowed(varied, self.options.busy.as_ref(), begins);
        let Load { scanned, rows, written } = load;
        let locked = if kind == RequestKind::Push || written > 0 {
            let marks = self.options.write_row_cost * written;
            self.pool.lock(begins, service.scaled(marks.0, mean.0.max(1)))
        } else {
            Span::ZERO
        };
        let (begins, done_at) = self.pool.serve(now, locked + service);
        if let Some(quotas) = &mut self.quotas {
            quotas.served(now, device, service, done_at);
        }
        Served {
            device: admitted.device,
            kind,
            queued: begins.since(now),
            locked,
            service,
            scanned,
            rows,
            done_at,
        }
    }

    pub(super) fn table(&self, entity: EntityId) -> &Table {
        &self.tables[usize::from(entity.0)]
    }

    /// The entity of this id, if there is one.
    pub(super) fn entity(&self, id: EntityId) -> Option<&Entity> {
        self.schema.entities.get(usize::from(id.0))
    }

    /// The row of this key, unless it was deleted and the backend has forgotten it.
    pub(super) fn remembered_row(&self, now: Time, entity: EntityId, key: &Key) -> Option<Slot> {
        let table = self.table(entity);
        table.find(key).filter(|&slot| {
            let record = table.record(slot);
            let remembers = self.options.provisioning.deletes();
            !record.deleted || remembers && record.stamp >= self.horizon(now)
        })
    }

    /// Tombstones before this are purged. What is not settled is kept in any case: a cursor made now has not expired. Where
    /// there are no tombstones none is missed.
    pub(super) fn horizon(&self, now: Time) -> Stamp {
        if !self.options.provisioning.deletes() {
            return Stamp(i64::MIN);
        }
        let oldest = self.clock(now).minus(self.options.tombstones_kept);
        oldest.min(self.settled(now, Upto::Settled))
    }
}
