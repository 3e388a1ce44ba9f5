//! Looks for rows that are gone without a trace.
//!
//! A row that is deleted for good, or that goes to somebody else where the backend keeps no note of that, shows in no list of
//! changes. So the gateway keeps for each device the keys that it was told of, asks the backend from time to time which of
//! them are still there, and sends tombstones for the others, at the end of a pull.
//!
//! A key is forgotten when its tombstone has arrived. For that the cursor carries the number of the last round of them,
//! `~round~` before the rest: if it comes back, they were committed; if another comes, they go out again. A device that the
//! gateway does not know, as it was set up elsewhere, loads everything once: what it holds is known then.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Ask, Captured, Effort, Reader, Strategy};
use super::{LastModified, Take};
use crate::backend::{Backend, Change, Scope};
use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time};
use crate::contract::ServerError;

/// A capture that looks for what is gone besides.
#[derive(Clone)]
pub(super) struct Reconciling {
    inner: LastModified,
    every: Span,
    told: BTreeMap<Name, Told>,
    /// Bytes of all keys.
    bytes: u64,
}

/// Who was told, `None` being the replica, of which entity.
type Name = (Option<DeviceId>, EntityId);

/// What a reader was told of one entity.
#[derive(Clone, Debug, Default)]
struct Told {
    keys: BTreeSet<Key>,
    /// Bytes of the keys.
    bytes: u64,
    /// Tombstones were last looked for.
    since: Time,
    /// The number of the last round of tombstones, and those of it that may not have arrived.
    round: u64,
    sent: Vec<Key>,
}

impl Told {
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

    /// The cursor of this round came back: what went out with it is gone there.
    fn arrived(&mut self, round: Option<u64>) {
        if round == Some(self.round) {
            for key in std::mem::take(&mut self.sent) {
                self.remove(&key);
            }
        }
    }

    /// Sends tombstones of what is gone, at most `room`.
    fn send(&mut self, gone: Vec<Key>, stamp: Stamp, room: usize, take: Take<'_>) -> Sent {
        let left = gone.len();
        self.sent.clear();
        for key in gone {
            if self.sent.len() >= room {
                break;
            }
            let flow = take(Change { key: &key, stamp, values: None });
            self.sent.push(key);
            if flow.is_break() {
                break;
            }
        }
        self.round += u64::from(!self.sent.is_empty());
        Sent { rows: self.sent.len() as u64, all: self.sent.len() == left }
    }
}

/// What became of tombstones.
struct Sent {
    rows: u64,
    all: bool,
}

impl Reconciling {
    pub(super) fn new(inner: LastModified, every: Span) -> Reconciling {
        Reconciling { inner, every, told: BTreeMap::new(), bytes: 0 }
    }

    fn bytes_of(&self, name: Name) -> u64 {
        self.told.get(&name).map_or(0, |told| told.bytes)
    }

    /// A page of what changed, and if it is the last, of what is gone.
    fn tell(
        &mut self,
        backend: &mut Backend,
        now: Time,
        ask: Ask<'_>,
        take: Take<'_>,
    ) -> Result<Captured, ServerError> {
        let (round, cursor) = ask.cursor.map_or((None, None), read);
        let name = name(ask);
        if ask.cursor.is_none() {
            self.told.insert(name, Told { since: now, ..Told::default() });
        }
        let Some(told) = self.told.get_mut(&name) else {
            return Err(ServerError::CursorExpired(ask.entity));
        };
        told.arrived(round);
        let mut full = false;
        let page = self.inner.page(backend, now, Ask { cursor, ..ask }, &mut |change| {
            if change.values.is_some() {
                told.insert(change.key);
            } else {
                told.remove(change.key);
            }
            let flow = take(change);
            full |= flow.is_break();
            flow
        })?;
        let due = now.since(told.since) >= self.every || !told.sent.is_empty();
        if page.more || !due {
            return Ok(page);
        }
        let room = ask.limit.saturating_sub(page.delivered as usize);
        if full || room == 0 {
            return Ok(Captured { more: true, ..page });
        }
        let asked = told.keys.len() as u64;
        let gone = gone(backend, now, ask.entity, ask.reader.scope(), told)?;
        let sent = told.send(gone, backend.head(now), room, take);
        if sent.all {
            told.since = now;
        }
        let effort = page.effort.plus(Effort { scanned: asked, handled: asked, ..Effort::default() });
        let cursor = if sent.rows > 0 { write(told.round, &page.cursor) } else { page.cursor };
        Ok(Captured { delivered: page.delivered + sent.rows, cursor, more: !sent.all, effort })
    }
}

impl Strategy for Reconciling {
    fn copy(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }

    fn page(
        &mut self,
        backend: &mut Backend,
        now: Time,
        ask: Ask<'_>,
        take: Take<'_>,
    ) -> Result<Captured, ServerError> {
        let name = name(ask);
        let before = self.bytes_of(name);
        let page = self.tell(backend, now, ask, take);
        self.bytes = self.bytes - before + self.bytes_of(name);
        page
    }

    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        self.inner.cursor_at(entity, stamp)
    }

    fn touched(&mut self, _: Time, reader: Reader<'_>, entity: EntityId, key: &Key) {
        let Reader::Device(device, _) = reader else { return };
        if let Some(told) = self.told.get_mut(&(Some(device), entity)) {
            let before = told.bytes;
            told.insert(key);
            self.bytes += told.bytes - before;
        }
    }

    fn state(&self) -> u64 {
        self.bytes
    }
}

fn name(ask: Ask<'_>) -> Name {
    let reader = match ask.reader {
        Reader::Device(device, _) => Some(device),
        Reader::Replica => None,
    };
    (reader, ask.entity)
}

/// Of what a reader was told, what is no longer there for it.
fn gone(
    backend: &Backend,
    now: Time,
    entity: EntityId,
    scope: Scope<'_>,
    told: &Told,
) -> Result<Vec<Key>, ServerError> {
    let mut gone = Vec::new();
    backend.batch(now, entity, scope, &told.keys, |row| {
        if row.values.is_none() {
            gone.push(row.key.clone());
        }
    })?;
    Ok(gone)
}

fn write(round: u64, cursor: &str) -> String {
    format!("~{round}~{cursor}")
}

/// The round, if there is one, and the cursor behind it; without either the inner strategy sees what came, and refuses it.
fn read(text: &str) -> (Option<u64>, Option<&str>) {
    let marked = text.strip_prefix('~').and_then(|rest| rest.split_once('~'));
    match marked.and_then(|(round, cursor)| Some((round.parse().ok()?, cursor))) {
        Some((round, cursor)) => (Some(round), Some(cursor)),
        None => (None, Some(text)),
    }
}
