//! A reader that meets failures, for the tests of strategies. It holds rows like an engine. At the
//! end its rows are compared with the backend's.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::seam::{Ask, Captured, Effort, Reader, Strategy};
use crate::backend::{Backend, BackendOptions, Loaded, Record, Scope};
use crate::base::{DeviceId, EntityId, Key, Seed, Span, Stamp, Time, UnitId, Value};
use crate::contract::{Carried, Column, ColumnKind, Entity, Schema, ScopeRule, ServerError};
use crate::protocol::Part;

pub(super) const VISIT: EntityId = EntityId(0);
const START: Stamp = Stamp(1_700_000_000_000_000);
const CLINIC: usize = 0;
const NOTE: usize = 4;
const LEDGER: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The backend fails after it did the work. The gateway gets no response.
    Fails,
    /// The response is lost.
    Lost,
    /// The reader dies after it has written half of the page.
    Half,
    /// The gateway is killed before the request.
    Forgets,
    /// The reader is reinstalled before the request.
    Reinstalled,
    /// The reader's storage is restored from a backup before the request.
    PutBack,
}

pub(super) const TROUBLES: [Trouble; 5] =
    [Trouble::Fails, Trouble::Lost, Trouble::Half, Trouble::Forgets, Trouble::Reinstalled];

/// A reader's storage: rows, the version of each row, and a cursor.
type Storage = (BTreeMap<Key, Vec<Value>>, BTreeMap<Key, Stamp>, Option<String>);

struct Sent {
    key: Key,
    stamp: Stamp,
    values: Option<Vec<Value>>,
    part: Option<Part>,
}

pub(super) struct Trial {
    pub(super) backend: Backend,
    pub(super) strategy: Box<dyn Strategy>,
    pub(super) now: Time,
    /// True if the reader is the replica; false if it is a device in the north.
    pub(super) replica: bool,
    /// True if the reader writes only rows of its own clinic.
    pub(super) keeps_to_scope: bool,
    pub(super) holds: BTreeMap<Key, Vec<Value>>,
    stamps: BTreeMap<Key, Stamp>,
    /// Number of partial rows that the reader could complete. The next counter is for responses
    /// that it could not use, because a partial row had another base.
    pub(super) parts: u64,
    pub(super) unusable: u64,
    /// Rows that the last page listed as withheld.
    pub(super) withheld: Vec<Key>,
    pub(super) cursor: Option<String>,
    loading: Option<BTreeSet<Key>>,
    pub(super) requests: u32,
    pub(super) trouble: BTreeMap<u32, Trouble>,
    pub(super) effort: Effort,
    pub(super) delivered: u64,
    pub(super) phantoms: u64,
    pub(super) loads: u32,
    attributes: Vec<Value>,
    made: u32,
    run: u64,
    backup: Option<Storage>,
}

pub(super) fn entity() -> Entity {
    use ColumnKind::{Bool, Int, Real, Text, Timestamp};
    let columns = [
        ("clinic", Text),
        ("count", Int),
        ("share", Real),
        ("at", Timestamp),
        ("note", Text),
        ("ledger", Text),
        ("done", Bool),
    ];
    Entity {
        projection: vec![1, 2, 3, 4, 6],
        scope: vec![ScopeRule::Attribute { column: CLINIC, attribute: 0 }],
        ..Entity::new("visit", columns.map(|(name, kind)| Column::new(name, kind)).to_vec())
    }
}

pub(super) fn values(clinic: &str, note: &str) -> Vec<Value> {
    let [clinic, note] = [clinic, note].map(Value::text);
    vec![clinic, Value::Int(3), Value::Real(0.1), Value::Int(START.0), note, Value::Null, Value::Int(1)]
}

impl Trial {
    /// A reader, and a backend with `rows` rows in the north and half as many in the south.
    pub(super) fn new(options: BackendOptions, strategy: Box<dyn Strategy>, rows: u32) -> Trial {
        let schema = Arc::new(Schema { entities: vec![entity()], ..Schema::default() });
        let mut backend = Backend::new(schema, options, START, Seed(1));
        let old = START.minus(Span::secs(9));
        let row = |clinic: &str, n: u32| Loaded::as_of(&format!("{n:03}"), values(clinic, ""), old);
        let (north, south) =
            ((0..rows).map(|n| row("north", 2 * n)), (0..rows / 2).map(|n| row("south", 2 * n + 1)));
        backend.load(VISIT, north.chain(south));
        Trial {
            backend,
            strategy,
            now: Time::ZERO,
            replica: false,
            keeps_to_scope: false,
            holds: BTreeMap::new(),
            stamps: BTreeMap::new(),
            parts: 0,
            unusable: 0,
            withheld: Vec::new(),
            cursor: None,
            loading: None,
            requests: 0,
            trouble: BTreeMap::new(),
            effort: Effort::default(),
            delivered: 0,
            phantoms: 0,
            loads: 0,
            attributes: vec![Value::text("north")],
            made: 0,
            run: 0,
            backup: None,
        }
    }

    pub(super) fn provision(&mut self) {
        self.cursor = Some(self.strategy.cursor_at(VISIT, START));
        self.holds = self.wanted();
        self.stamps = self.backend.rows(VISIT).map(|row| (row.key.clone(), row.stamp)).collect();
        let (schema, attributes) = (Arc::clone(self.backend.schema()), self.attributes.clone());
        let reader = self.reader(&attributes);
        let held = self.backend.rows(VISIT).filter(|row| self.holds.contains_key(&row.key));
        let held: Vec<&Record> = held.collect();
        self.strategy.begin_with(&schema, reader, START, &mut |f| {
            for Record { key, stamp, values, .. } in &held {
                f(Carried { entity: VISIT, key: key.as_str(), stamp: *stamp, values });
            }
        });
    }

    fn reader<'a>(&self, attributes: &'a [Value]) -> Reader<'a> {
        if self.replica { Reader::Replica } else { Reader::Device(DeviceId(7), attributes) }
    }

    fn shown(&self, row: &[Value]) -> Vec<Value> {
        if self.replica { row.to_vec() } else { entity().project(row) }
    }

    pub(super) fn wanted(&mut self) -> BTreeMap<Key, Vec<Value>> {
        let live = self.backend.rows(VISIT).filter(|row| !row.deleted);
        let theirs = live.filter(|row| self.replica || row.values[CLINIC] == self.attributes[0]);
        theirs.map(|row| (row.key.clone(), self.shown(&row.values))).collect()
    }

    pub(super) fn write(&mut self, n: u32, note: &str) {
        let (key, note) = (Key::new(&format!("{n:03}")), [(NOTE, Value::text(note))]);
        self.backend.office().write(self.now, VISIT, &key, &note).unwrap();
    }

    pub(super) fn delete(&mut self, rows: impl Iterator<Item = u32>) {
        for n in rows {
            let key = Key::new(&format!("{n:03}"));
            self.backend.office().delete(self.now, VISIT, &key).unwrap();
        }
    }

    /// Commits a change. An equal `n` makes the same change, so that rows also change back.
    pub(super) fn commit(&mut self, n: u32) {
        let key = Key::new(&format!("{:03}", n % 17));
        let note = |text: &str| [(NOTE, Value::text(text))];
        let (backend, now) = (&mut self.backend, self.now);
        // A refusal for a missing row is as good a step as any other.
        let _ = match n % 8 {
            0 | 1 => backend.office().write(now, VISIT, &key, &note("changed")),
            2 | 3 => backend.office().write(now, VISIT, &key, &note("")),
            4 => backend.office().delete(now, VISIT, &key),
            5 => {
                self.made += 1;
                let key = Key::new(&format!("{:03}-{}", n % 17, self.made));
                backend.office().create(now, VISIT, key, values("north", "new"))
            }
            6 => backend.office().write(now, VISIT, &key, &[(CLINIC, Value::text("south"))]),
            _ => backend.office().write(
                now,
                VISIT,
                &key,
                &[(CLINIC, Value::text("north")), (LEDGER, Value::text("moved"))],
            ),
        };
    }

    /// The reader writes a row itself, and the backend accepts it.
    pub(super) fn push(&mut self, n: u32) {
        let key = Key::new(&format!("{:03}", n % 17));
        let values = values("north", ["pushed", ""][(n / 17) as usize % 2]);
        let held = self.backend.row(VISIT, &key).filter(|row| !row.deleted);
        if self.keeps_to_scope && held.is_some_and(|row| row.values[CLINIC] != values[CLINIC]) {
            return;
        }
        let live = held.is_some();
        let written = match live {
            true => self.backend.office().write(self.now, VISIT, &key, &[(NOTE, values[NOTE].clone())]),
            false => self.backend.office().create(self.now, VISIT, key.clone(), values),
        };
        let row = self.backend.row(VISIT, &key).map(|row| (row.stamp, row.values.to_vec()));
        if let (Ok(_), Some((stamp, row))) = (written, row) {
            let shown = self.shown(&row);
            self.holds.insert(key.clone(), shown);
            self.stamps.insert(key.clone(), stamp);
            if let Some(loading) = &mut self.loading {
                loading.insert(key.clone());
            }
            let attributes = self.attributes.clone();
            let reader = self.reader(&attributes);
            self.strategy.touched(self.now, reader, VISIT, &key);
        }
    }

    /// Makes the failure happen: changes the storage or the strategy before a request.
    fn meet(&mut self, trouble: Option<Trouble>) {
        let storage = match trouble {
            Some(Trouble::Reinstalled) => Some(Storage::default()),
            Some(Trouble::PutBack) => self.backup.take(),
            _ => None,
        };
        if let Some(storage) = storage {
            (self.holds, self.stamps, self.cursor) = storage;
            self.loading = None;
        }
        if trouble == Some(Trouble::Forgets) {
            self.strategy.forget();
        }
    }

    pub(super) fn request(&mut self, limit: usize) -> bool {
        self.now += Span::millis(1);
        self.requests += 1;
        let trouble = self.trouble.get(&self.requests).copied();
        self.meet(trouble);
        if self.cursor.is_none() {
            self.loading = Some(BTreeSet::new());
            self.loads += 1;
        }
        let attributes = self.attributes.clone();
        let reader = self.reader(&attributes);
        let cursor = self.cursor.clone();
        let ask = Ask {
            reader,
            entity: VISIT,
            cursor: cursor.as_deref(),
            limit,
            clock: START,
            local: START,
            pull: (UnitId(0), self.run),
        };
        let mut page = Vec::new();
        let answer = self.strategy.page(&mut self.backend, self.now, ask, &mut |change, part| {
            let values = change.values.map(<[Value]>::to_vec);
            page.push(Sent { key: change.key.clone(), stamp: change.stamp, values, part });
            ControlFlow::Continue(())
        });
        self.strategy.answered(&mut self.backend, self.now, trouble != Some(Trouble::Fails));
        let Captured { delivered, cursor, more, withheld, effort } = match answer {
            Ok(captured) => captured,
            Err(error) => {
                assert_eq!(error, ServerError::CursorExpired(VISIT));
                self.cursor = None;
                return true;
            }
        };
        assert!(page.len() <= limit && delivered == page.len() as u64);
        assert!(!more || Some(&cursor) != self.cursor.as_ref(), "what has more moves the cursor");
        (self.effort, self.delivered) = (self.effort.plus(effort), self.delivered + delivered);
        match trouble {
            Some(Trouble::Fails | Trouble::Lost) => page.clear(),
            Some(Trouble::Half) => page.truncate(page.len().div_ceil(2)),
            _ => {}
        }
        if page.iter().any(|sent| !self.can_use(sent)) {
            self.unusable += 1;
            return true;
        }
        // A new pull begins after a death or a complete pull.
        self.run += u64::from(trouble == Some(Trouble::Half) || !more);
        self.apply(page);
        if matches!(trouble, Some(Trouble::Fails | Trouble::Lost | Trouble::Half)) {
            return true;
        }
        self.cursor = Some(cursor);
        self.loading.iter_mut().for_each(|loading| loading.extend(withheld.iter().cloned()));
        self.withheld = withheld;
        if let (false, Some(loaded)) = (more, self.loading.take_if(|_| !more)) {
            self.holds.retain(|key, _| loaded.contains(key));
        }
        more
    }

    /// True if the row came whole, or if its base is the reader's version.
    fn can_use(&self, sent: &Sent) -> bool {
        let held = self.holds.contains_key(&sent.key).then(|| self.stamps.get(&sent.key)).flatten();
        self.replica || sent.part.is_none_or(|part| held == Some(&part.base))
    }

    fn apply(&mut self, page: Vec<Sent>) {
        let wanted = self.wanted();
        for Sent { key, stamp, values, part } in page {
            self.stamps.insert(key.clone(), stamp);
            match values {
                Some(values) => {
                    if let Some(loading) = &mut self.loading {
                        loading.insert(key.clone());
                    }
                    let mut shown = self.shown(&values);
                    if let (Some(part), false) = (part, self.replica) {
                        let held = &self.holds[&key];
                        let others = (0..shown.len()).filter(|&place| !part.has(place));
                        others.for_each(|place| shown[place] = held[place].clone());
                        self.parts += 1;
                    }
                    self.holds.insert(key, shown);
                }
                None => {
                    self.phantoms += u64::from(wanted.contains_key(&key) && self.holds.contains_key(&key));
                    self.holds.remove(&key);
                }
            }
        }
    }

    /// Loads, then pulls many times while others and the reader write, then once without writes.
    pub(super) fn live(&mut self, limit: usize) {
        for round in 0..4 {
            self.backup = Some((self.holds.clone(), self.stamps.clone(), self.cursor.clone()));
            for step in 0..12 {
                let more = self.request(limit);
                self.commit(5 * step + 3 * round);
                if step % 4 == 3 {
                    self.push(7 * step + round);
                }
                if !more {
                    break;
                }
            }
            for n in 0..6 {
                self.commit(n * n + round);
            }
        }
        // By now everything in progress is visible.
        self.now += Span::secs(9);
        self.pull(limit);
    }

    pub(super) fn pull(&mut self, limit: usize) {
        self.run += 1;
        self.go_on(limit);
    }

    pub(super) fn go_on(&mut self, limit: usize) {
        for _ in 0..10_000 {
            if !self.request(limit) {
                return;
            }
        }
        panic!("pulling comes to an end");
    }

    pub(super) fn check(&mut self, what: &dyn std::fmt::Debug) {
        let wanted = self.wanted();
        assert_eq!(self.holds, wanted, "{what:?}");
        let scope = Scope::Of(&self.attributes);
        assert!(self.backend.shown(self.now).all(VISIT, scope, |_| {}).is_ok());
    }
}
