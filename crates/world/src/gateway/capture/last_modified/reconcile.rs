//! Finds rows that are gone without a trace. The capture keeps the keys that each device got. At
//! intervals, it asks the backend which of these rows still exist. At the end of a pull, it sends
//! tombstones for the others.
//!
//! The capture forgets a key when the key's tombstone has arrived. To know this, the cursor starts
//! with the number of the last round of tombstones: `~load.round~`. If the number of the previous
//! round comes back, the tombstones are sent again. Nodes that share a replica may have several
//! rounds in transit, and any of them may arrive. The keys kept must include all rows that the
//! reader holds. So a cursor older than the committed round, or of another load, has expired. A
//! backup holds only the keys that the replica got.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::seam::{Ask, Captured, Effort, Paged, Reader, Strategy, Take};
use super::by_time::LastModified;
use crate::backend::{Backend, Change, Consumer, Upto};
use crate::base::{EntityId, Key, Span, Stamp, Time};
use crate::contract::{Carried, CarriedRows, Schema, ServerError};

#[derive(Clone)]
pub(super) struct Reconciling {
    inner: LastModified,
    every: Span,
    told: BTreeMap<Name, DeliveredKeys>,
    loads: u64,
    bytes: u64,
}

/// Rounds remembered: at least as many as nodes can have in transit.
const OPEN: usize = 128;

type Name = (Consumer, EntityId);

/// The keys of one entity that a reader got.
#[derive(Clone, Debug, Default)]
struct DeliveredKeys {
    /// The number of the load. It is unique, even if a gateway replaces this one. 0: the reader
    /// began with its rows.
    load: u64,
    keys: BTreeSet<Key>,
    bytes: u64,
    since: Time,
    /// The number of the last page with tombstones.
    round: u64,
    sent: Vec<Key>,
    /// Rounds that may still arrive, in order.
    open: VecDeque<(u64, Vec<Key>)>,
    /// The last round that arrived.
    committed: u64,
    /// For rounds up to this one, it is known which rounds did not arrive.
    missed: u64,
    /// True if some tombstones were sent and did not arrive.
    owed: bool,
}

impl DeliveredKeys {
    fn insert(&mut self, key: &Key) {
        if !self.keys.contains(key) {
            self.bytes += key.as_str().len() as u64;
            self.keys.insert(key.clone());
        }
    }

    fn remove(&mut self, key: &Key) {
        if self.keys.remove(key) {
            self.bytes -= key.as_str().len() as u64;
        }
    }

    /// The reader continues from a page of this round, or of no round. It has removed that round's
    /// keys. Returns false if the reader had already confirmed a later round.
    fn arrived(&mut self, round: Option<u64>) -> bool {
        if round.is_some_and(|round| round < self.committed) {
            return false;
        }
        for (open, keys) in std::mem::take(&mut self.open) {
            if round == Some(open) {
                self.committed = open;
                keys.iter().for_each(|key| self.remove(key));
                continue;
            }
            self.owed |= open > self.missed;
            if round.is_none_or(|round| open > round) {
                self.open.push_back((open, keys));
            }
        }
        self.missed = self.round;
        true
    }

    /// Sends tombstones. Returns their number, and true if none is left.
    fn send(&mut self, gone: Vec<Key>, stamp: Stamp, room: usize, take: Take<'_>) -> (u64, bool) {
        let (left, mut rows) = (gone.len(), 0);
        for key in gone.into_iter().take(room) {
            let flow = take(Change { key: &key, stamp, values: None, is_new: false }, None);
            self.sent.push(key);
            rows += 1;
            if flow.is_break() {
                break;
            }
        }
        (rows as u64, rows == left)
    }

    fn cursor(&mut self, inner: &str) -> String {
        let mut round = self.committed;
        if !self.sent.is_empty() {
            self.round += 1;
            round = self.round;
            self.open.push_back((round, std::mem::take(&mut self.sent)));
            if self.open.len() > OPEN {
                self.open.pop_front();
            }
        }
        format!("~{}.{round}~{inner}", self.load)
    }
}

impl Reconciling {
    pub(super) fn new(inner: LastModified, every: Span) -> Reconciling {
        Reconciling { inner, every, told: BTreeMap::new(), loads: 0, bytes: 0 }
    }

    fn bytes_of(&self, name: Name) -> u64 {
        self.told.get(&name).map_or(0, |told| told.bytes)
    }

    /// Reads a page of changes. The last page also brings tombstones of rows found gone.
    fn tell(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged {
        let expired = ServerError::CursorExpired(ask.entity);
        let name = (ask.reader.name(), ask.entity);
        let cursor = match ask.cursor {
            None => {
                // Earlier keys still count: if the reader dies before it has the first page, it
                // continues with its old rows.
                self.told(name, now).since = now;
                None
            }
            Some(text) => Some(read(text).ok_or_else(|| expired.clone())?),
        };
        let told = self.told.get_mut(&name);
        let known = told.filter(|told| cursor.is_none_or(|(load, ..)| load == told.load));
        let told = known.ok_or_else(|| expired.clone())?;
        if !told.arrived(cursor.map(|(_, round, _)| round)) {
            return Err(expired);
        }
        let cursor = cursor.map(|(.., inner)| inner);
        let mut full = false;
        let page = self.inner.page(backend, now, Ask { cursor, ..ask }, &mut |change, part| {
            if change.values.is_some() {
                told.insert(change.key);
            } else {
                told.sent.push(change.key.clone());
            }
            let flow = take(change, part);
            full |= flow.is_break();
            flow
        })?;
        // A load leaves out withheld rows, because their latest versions become visible later. A
        // reader that holds such a row keeps it. So it must later learn if the row is gone.
        page.withheld.iter().for_each(|key| told.insert(key));
        let due = now.since(told.since) >= self.every || told.owed;
        if page.more || !due {
            return Ok(Captured { cursor: told.cursor(&page.cursor), ..page });
        }
        let room = ask.limit.saturating_sub(page.delivered as usize);
        if full || room == 0 {
            return Ok(Captured { more: true, cursor: told.cursor(&page.cursor), ..page });
        }
        let asked = told.keys.len() as u64;
        let mut gone = Vec::new();
        backend.sight(now).batch(ask.entity, ask.reader.scope(), &told.keys, |row| {
            if row.values.is_none() && !told.sent.contains(row.key) {
                gone.push(row.key.clone());
            }
        })?;
        let (sent, all) = told.send(gone, backend.sight(now).head(), room, take);
        if all {
            (told.since, told.owed) = (now, false);
        }
        let effort = page.effort.plus(Effort { scanned: asked, handled: asked, ..Effort::default() });
        let (delivered, cursor) = (page.delivered + sent, told.cursor(&page.cursor));
        Ok(Captured { delivered, cursor, more: !all, withheld: page.withheld, effort })
    }

    /// The keys that a reader got. An unknown reader has none yet, and gets a new load number.
    fn told(&mut self, name: Name, now: Time) -> &mut DeliveredKeys {
        // A gateway that replaces this one must not reuse a number.
        let next = (self.loads + 1).max(now.0 / 1_000);
        self.told.entry(name).or_insert_with(|| {
            self.loads = next;
            DeliveredKeys { load: next, since: now, ..DeliveredKeys::default() }
        })
    }
}

impl Strategy for Reconciling {
    fn copy(&self) -> Box<dyn Strategy> {
        let mut copy = self.clone();
        copy.told.retain(|(reader, _), _| *reader == Consumer::Replica);
        copy.bytes = copy.told.values().map(|told| told.bytes).sum();
        Box::new(copy)
    }

    fn page(&mut self, backend: &mut Backend, now: Time, ask: Ask<'_>, take: Take<'_>) -> Paged {
        let name = (ask.reader.name(), ask.entity);
        let before = self.bytes_of(name);
        let page = self.tell(backend, now, ask, take);
        self.bytes = self.bytes - before + self.bytes_of(name);
        page
    }

    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        DeliveredKeys::default().cursor(&self.inner.cursor_at(entity, stamp))
    }

    /// Adds the row's key. After a restore the reader may load again, and that load may skip the
    /// row.
    fn touched(&mut self, now: Time, reader: Reader<'_>, entity: EntityId, key: &Key) {
        let told = self.told((reader.name(), entity), now);
        let before = told.bytes;
        told.insert(key);
        // A tombstone sent earlier does not remove the row that the reader holds now.
        told.open.iter_mut().for_each(|(_, keys)| keys.retain(|sent| sent != key));
        self.bytes += told.bytes - before;
    }

    fn begin_with(&mut self, schema: &Schema, reader: Reader<'_>, _: Stamp, rows: &mut CarriedRows<'_>) {
        for entity in schema.ids() {
            self.told.entry((reader.name(), entity)).or_default();
        }
        rows(&mut |Carried { entity, key, .. }| {
            let told = self.told.get_mut(&(reader.name(), entity)).expect("each entity has its own");
            let before = told.bytes;
            told.insert(&Key::new(key));
            self.bytes += told.bytes - before;
        });
    }

    fn state(&self) -> u64 {
        self.bytes
    }

    fn loads_up_to(&self) -> Option<Upto> {
        self.inner.loads_up_to()
    }
}

/// Splits a cursor: the load, the round of tombstones on its page (or the last one committed), and
/// the cursor of the capture by time.
fn read(text: &str) -> Option<(u64, u64, &str)> {
    let (numbers, inner) = text.strip_prefix('~')?.split_once('~')?;
    let (load, round) = numbers.split_once('.')?;
    Some((load.parse().ok()?, round.parse().ok()?, inner))
}
