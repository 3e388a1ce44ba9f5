//! The other system (the destination): a state machine with a write API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::options::{DestinationOptions, Ids};
use super::rows::{Write, Written};
use crate::backend::outages;
use crate::base::{EntityId, Key, Ppm, Seed, Span, Stamp, Time, Value};

/// A worker's call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    /// Asks for the cursor that the destination keeps for an entity.
    Cursor(EntityId),
    /// Asks for the ids of records, by their keys in the source.
    Find(EntityId, Vec<Key>),
    /// Writes records, and moves a cursor in the same transaction.
    Write(Vec<Write>, Option<Move>),
}

/// Moves the cursor of an entity, if its old value is the one that the caller states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) entity: EntityId,
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    /// True if the cursor stays when a record is rejected.
    pub(crate) waits: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Cursor(Option<String>),
    Found(Vec<Option<u64>>),
    Written(Vec<Written>),
}

/// Why a call gets no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The system is down, or the call failed at random, perhaps after it took effect.
    Failed,
    /// The cursor has another value than the caller stated: nothing was written.
    CursorMoved,
    /// The caller gave up.
    TimedOut,
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Handled {
    pub(crate) answer: Result<Answer, Failure>,
    /// Service time.
    pub(crate) took: Span,
    /// The writes that took effect.
    pub(crate) taken: Vec<Write>,
}

#[derive(Clone, Debug)]
struct Stored {
    entity: EntityId,
    key: Key,
    values: Arc<[Value]>,
}

#[derive(Debug, Default)]
pub(crate) struct Destination {
    options: DestinationOptions,
    seed: Seed,
    down: Vec<(Time, Time)>,
    /// The records by the destination's own ids, which are assigned in order.
    records: BTreeMap<u64, Stored>,
    by_key: BTreeMap<(EntityId, Key), BTreeSet<u64>>,
    /// The last version of each record that the destination got, if it checks versions.
    versions: BTreeMap<(EntityId, Key), Stamp>,
    pub(crate) cursors: BTreeMap<EntityId, String>,
    last_id: u64,
    /// The number of calls per caller, and of arrivals per record.
    calls: BTreeMap<u32, u64>,
    came: BTreeMap<(EntityId, Key), u64>,
}

impl Destination {
    /// An empty destination, with its outages up to `end`.
    pub(crate) fn new(options: DestinationOptions, seed: Seed, end: Time) -> Destination {
        let down = options.availability.map_or_else(Vec::new, |of| outages(of, seed, end));
        Destination { options, seed, down, ..Destination::default() }
    }

    /// Adds a record that the destination has from the start; returns its id.
    pub(crate) fn load(&mut self, write: &Write) -> u64 {
        self.store(write, None).unwrap_or(0)
    }
    /// Ends outages, random errors and random rejections. Rows that are always rejected are still
    /// rejected.
    pub(crate) fn mend(&mut self) {
        self.down.clear();
        self.options.errors = Ppm(0);
        self.options.rejects = Ppm(0);
    }

    /// All records of an entity, by key in the source; a row with two records comes twice.
    pub(crate) fn records(&self, of: EntityId, f: &mut dyn FnMut(&Key, &[Value])) {
        let records = self.records.values().filter(|record| record.entity == of);
        records.for_each(|record| f(&record.key, &record.values));
    }
    /// True if a row has exactly one record, with these values. With `None`: true if it has no
    /// record.
    pub(crate) fn has(&self, entity: EntityId, key: &Key, values: Option<&[Value]>) -> bool {
        let ids = self.by_key.get(&(entity, key.clone()));
        let mut held = ids.into_iter().flatten().map(|id| &*self.records[id].values);
        held.next() == values && held.next().is_none()
    }
    /// True if the destination always rejects this row.
    pub(crate) fn refuses(&self, entity: EntityId, key: &Key) -> bool {
        self.draws("destination.poison", (entity, key), 0, self.options.poison)
    }

    /// Handles a call that comes at `now`; it takes effect at once.
    pub(crate) fn handle(&mut self, now: Time, caller: u32, request: &Request) -> Handled {
        let nth = self.calls.entry(caller).or_default();
        *nth += 1;
        let chance = self.seed.hash("destination.errors", u64::from(caller), *nth) % 1_000_000;
        let errors = u64::from(self.options.errors.0);
        let took = self.options.fixed_cost;
        let is_down = self.down.iter().any(|(from, until)| (*from..*until).contains(&now));
        // Half of the failing calls fail before they take effect.
        if is_down || chance < errors / 2 {
            return Handled { answer: Err(Failure::Failed), took, taken: Vec::new() };
        }
        let mut taken = Vec::new();
        let (answer, records) = match request {
            Request::Cursor(entity) => (Ok(Answer::Cursor(self.cursors.get(entity).cloned())), 1),
            Request::Find(entity, keys) => {
                let id = |key: &Key| self.by_key.get(&(*entity, key.clone()))?.first().copied();
                (Ok(Answer::Found(keys.iter().map(id).collect())), keys.len())
            }
            Request::Write(writes, moves) => (self.write(writes, moves.as_ref(), &mut taken), writes.len()),
        };
        let answer = if chance < errors { Err(Failure::Failed) } else { answer };
        Handled { answer, took: took + self.options.record_cost * records as u64, taken }
    }

    fn write(
        &mut self,
        writes: &[Write],
        moves: Option<&Move>,
        taken: &mut Vec<Write>,
    ) -> Result<Answer, Failure> {
        if moves.is_some_and(|moves| self.cursors.get(&moves.entity) != moves.from.as_ref()) {
            return Err(Failure::CursorMoved);
        }
        let written: Vec<Written> = writes.iter().map(|write| self.take(write, taken)).collect();
        if let Some(Move { entity, to, .. }) =
            moves.filter(|moves| !moves.waits || !written.contains(&Written::Rejected))
        {
            self.cursors.insert(*entity, to.clone());
        }
        Ok(Answer::Written(written))
    }

    fn take(&mut self, write: &Write, taken: &mut Vec<Write>) -> Written {
        let name = (write.entity, write.key.clone());
        let came = self.came.entry(name.clone()).or_default();
        *came += 1;
        let nth = *came;
        let of = (write.entity, &write.key);
        if self.refuses(write.entity, &write.key)
            || self.draws("destination.rejects", of, nth, self.options.rejects)
        {
            return Written::Rejected;
        }
        taken.push(write.clone());
        let id = match self.options.ids {
            Ids::External => self.by_key.get(&name).and_then(|ids| ids.first().copied()),
            Ids::Lookup | Ids::Own => write.own,
        };
        if self.options.versions && self.versions.get(&name).is_some_and(|last| *last > write.stamp) {
            // The destination has a later version, or knows that the record was deleted.
            return self
                .by_key
                .get(&name)
                .and_then(|ids| ids.first())
                .map_or(Written::Gone, |id| Written::There(*id));
        }
        if self.options.versions {
            self.versions.insert(name, write.stamp);
        }
        self.store(write, id).map_or(Written::Gone, Written::There)
    }

    /// Writes a record over the one with this id, or as a new one. Returns its id; `None` if the
    /// record was deleted.
    fn store(&mut self, write: &Write, id: Option<u64>) -> Option<u64> {
        let name = (write.entity, write.key.clone());
        let Some(values) = write.values.clone() else {
            let id = id?;
            self.records.remove(&id);
            if let Some(ids) = self.by_key.get_mut(&name) {
                ids.remove(&id);
            }
            return None;
        };
        if id.is_some_and(|id| !self.records.contains_key(&id)) {
            // An update must not create a record again that was deleted meanwhile.
            return None;
        }
        let id = id.unwrap_or_else(|| {
            self.last_id += 1;
            self.last_id
        });
        let (entity, key) = name.clone();
        self.records.insert(id, Stored { entity, key, values });
        self.by_key.entry(name).or_default().insert(id);
        Some(id)
    }

    fn draws(&self, purpose: &str, (entity, key): (EntityId, &Key), nth: u64, share: Ppm) -> bool {
        if share == Ppm(0) {
            return false;
        }
        let row = xxhash_rust::xxh3::xxh3_64_with_seed(key.as_str().as_bytes(), u64::from(entity.0));
        self.seed.hash(purpose, row, nth) % 1_000_000 < u64::from(share.0)
    }
}
