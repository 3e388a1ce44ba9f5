//! The half that runs on a phone.

use std::cell::{Cell as StdCell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use rusqlite::{Connection, OpenFlags, Params, Result};
use serde::{Serialize, de::DeserializeOwned};
use syncdyno::contract::{
    AppEvent, AppliedChange, Cell, Database, DeviceSetup, DeviceView, EditError, EditKind, EngineError,
    EngineFactory, EntityId, Event, Incarnation, Key, LocalBoxFuture, LocalEdit, Mutation, PendingEdit,
    Ports, Provision, RequestKind, Row, Span, Stamp, SyncEngine, SyncError, Trigger, UnitId, Value, ValueRef,
    Work,
};

use super::{Answer, Ask, Snapshot};

const LAYOUT: &str = "PRAGMA journal_mode=TRUNCATE;
    CREATE TABLE IF NOT EXISTS held(entity, key, row, PRIMARY KEY(entity, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS edit(number INTEGER PRIMARY KEY, row);
    CREATE TABLE IF NOT EXISTS run(number INTEGER PRIMARY KEY AUTOINCREMENT, unit);";
const EDITS: &str = "SELECT row FROM edit ORDER BY number";
const ROWS: &str = "SELECT row FROM held WHERE entity=?1 ORDER BY key";

pub(super) struct Factory {
    pub(super) timeout: Span,
}

struct Phone {
    setup: Rc<DeviceSetup>,
    ports: Ports,
    database: Connection,
    timeout: Span,
    queue: RefCell<VecDeque<UnitId>>,
    sleeper: StdCell<Option<Waker>>,
    requests: StdCell<u64>,
}

fn open(database: &Database) -> Result<Connection> {
    let connection = match database.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(&database.path, OpenFlags::default(), vfs)?,
        None => Connection::open(&database.path)?,
    };
    connection.execute_batch(LAYOUT).map(|()| connection)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("it can be written")
}

fn read<T: DeserializeOwned>(from: &Connection, sql: &str, which: impl Params) -> Result<Vec<T>> {
    let mut read = from.prepare(sql)?;
    let texts = read.query_map(which, |row| row.get::<_, String>(0))?;
    texts.map(|text| Ok(serde_json::from_str(&text?).expect("it was written here"))).collect()
}

fn get(from: &Connection, entity: EntityId, key: &Key) -> Result<Option<Row>> {
    let sql = "SELECT row FROM held WHERE entity=?1 AND key=?2";
    read(from, sql, (entity.0, key.as_str())).map(|mut rows| rows.pop())
}

fn put(tx: &Connection, entity: EntityId, row: &Row) -> Result<()> {
    tx.execute("REPLACE INTO held VALUES(?1,?2,?3)", (entity.0, row.key.as_str(), json(row))).map(drop)
}

impl EngineFactory for Factory {
    fn open(
        &self,
        setup: Rc<DeviceSetup>,
        _: Incarnation,
        database: Database,
        ports: Ports,
    ) -> Result<Rc<dyn SyncEngine>, EngineError> {
        let database = open(&database).map_err(|error| EngineError(error.to_string()))?;
        let (queue, sleeper, requests) = Default::default();
        Ok(Rc::new(Phone { setup, ports, database, timeout: self.timeout, queue, sleeper, requests }))
    }

    fn provision(
        &self,
        setup: &DeviceSetup,
        database: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        let fill = || {
            let database = open(&database)?;
            let tx = database.unchecked_transaction()?;
            let mut rows = Vec::new();
            if let Some(state) = state {
                state.rows(&mut |row| {
                    let values = Some(setup.schema.entity(row.entity).project(row.values));
                    rows.push((row.entity, Row { key: Key::new(row.key), stamp: row.stamp, values }));
                });
            }
            rows.iter().try_for_each(|(entity, row)| put(&tx, *entity, row))?;
            tx.commit()
        };
        fill().map_err(|error: rusqlite::Error| EngineError(error.to_string()))
    }
}

impl Phone {
    fn enqueue(&self, unit: UnitId) {
        if !self.queue.borrow().contains(&unit) {
            self.queue.borrow_mut().push_back(unit);
            self.sleeper.take().into_iter().for_each(Waker::wake);
        }
    }

    fn fire(&self, trigger: Trigger) {
        self.setup.units_on(trigger).for_each(|unit| self.enqueue(unit));
    }

    async fn live(self: Rc<Self>) {
        let open = "SELECT json_array(number, unit) FROM run";
        for (run, unit) in read(&self.database, open, ()).unwrap_or_default() {
            self.end(run, unit, Err(SyncError::Interrupted)).await;
        }
        for (unit, index) in self.setup.units.iter().zip(0..) {
            for trigger in &unit.on {
                let Trigger::Every(period) = *trigger else { continue };
                let phone = self.clone();
                self.ports.spawn.spawn(Box::pin(async move {
                    loop {
                        phone.ports.sleep(period).await;
                        phone.enqueue(UnitId(index));
                    }
                }));
            }
        }
        self.fire(Trigger::Start);
        loop {
            let unit = poll_fn(|context| {
                self.sleeper.set(Some(context.waker().clone()));
                self.queue.borrow_mut().pop_front().map_or(Poll::Pending, Poll::Ready)
            });
            self.session(unit.await).await;
        }
    }

    async fn session(&self, unit: UnitId) {
        // A disk that fails ends the process before anybody reads on.
        _ = self.database.execute("INSERT INTO run(unit) VALUES(?1)", [unit.0]);
        let run = self.database.last_insert_rowid() as u32;
        self.ports.work(Work::default()).await;
        let started = self.ports.clock.now();
        self.ports.emit(Event::SyncStart { unit, run: run.into(), waited: Span::ZERO });
        self.ports.crash_point("tiny.started").await;
        let result = self.exchange(unit).await;
        self.end(run, unit, result.map(|()| self.ports.clock.now() - started)).await;
    }

    async fn end(&self, run: u32, unit: UnitId, result: Result<Span, SyncError>) {
        _ = self.database.execute("DELETE FROM run WHERE number=?1", [run]);
        self.ports.work(Work::default()).await;
        let run = run.into();
        self.ports.emit(match &result {
            Ok(took) => Event::SyncComplete { unit, run, took: *took, blocking: false },
            Err(error) => Event::SyncError { unit, run, error },
        });
    }

    async fn exchange(&self, unit: UnitId) -> Result<(), SyncError> {
        let damaged = |error: rusqlite::Error| SyncError::Corrupt(error.to_string());
        let pull = self.setup.units[usize::from(unit.0)].pull.clone();
        let ask = Ask { pull, edits: read(&self.database, EDITS, ()).map_err(damaged)? };
        let body = json(&ask).into_bytes();
        let request = self.requests.replace(self.requests.get() + 1);
        let (kind, unit, bytes, rows) =
            (RequestKind::Pull, Some(unit), body.len() as u64, ask.edits.len() as u32);
        self.ports.emit(Event::RequestSent { request, kind, unit, bytes, rows, attempt: 0 });
        let sent_at = self.ports.clock.now();
        let answer = self.ports.transport.request(body, sent_at + self.timeout).await;
        let took = self.ports.clock.now() - sent_at;
        let answer = answer.map_err(|error| {
            self.ports.emit(Event::RequestFailed { request, kind, error, took, wasted: bytes });
            SyncError::Offline(error.to_string())
        })?;
        self.ports.crash_point("tiny.answer-received").await;
        let bytes = answer.len() as u64;
        let answer: Answer =
            serde_json::from_slice(&answer).map_err(|error| SyncError::Corrupt(error.to_string()))?;
        let Snapshot { taken, rows } = answer.map_err(SyncError::Rejected)?;
        let count = rows.len() as u32;
        self.ports.emit(Event::ResponseReceived { request, kind, unit, bytes, rows: count, took });
        let changed = self.replace(&ask, &rows).map_err(damaged)?;
        let took = self.ports.work(Work { coded_bytes: bytes, ..Work::default() }).await;
        let changes = changed.iter().map(|((entity, key), (stamp, removed))| AppliedChange {
            entity: *entity,
            key: key.as_str(),
            stamp: *stamp,
            removed: *removed,
        });
        let changes: Vec<_> = changes.collect();
        self.ports.emit(Event::ChunkApplied { unit, changes: &changes, echoed: 0, took });
        for (Mutation { edit, entity, key, .. }, stamp) in ask.edits.iter().zip(taken) {
            // Of one that was not taken nobody hears.
            let Some(stamp) = stamp else { continue };
            self.ports.emit(Event::EditAcknowledged { edit: *edit, entity: *entity, key, stamp });
        }
        self.ports.crash_point("tiny.applied").await;
        Ok(())
    }

    /// Has these rows instead of those that it had, and the edits that were made meanwhile on
    /// top; gives what changed, with the stamp, and whether it is gone.
    fn replace(&self, ask: &Ask, rows: &[(EntityId, Row)]) -> Result<Changed> {
        let tx = self.database.unchecked_transaction()?;
        let mut changed = BTreeMap::new();
        for entity in &ask.pull {
            for Row { key, stamp, .. } in read(&tx, ROWS, [entity.0])? {
                changed.insert((*entity, key), (stamp, true));
            }
            tx.execute("DELETE FROM held WHERE entity=?1", [entity.0])?;
        }
        for (entity, row) in rows {
            put(&tx, *entity, row)?;
            let before = changed.insert((*entity, row.key.clone()), (row.stamp, false));
            if before.is_some_and(|(stamp, _)| stamp == row.stamp) {
                changed.remove(&(*entity, row.key.clone()));
            }
        }
        for sent in &ask.edits {
            tx.execute("DELETE FROM edit WHERE number=?1", [sent.edit.number])?;
        }
        for edit in read(&tx, EDITS, ())? {
            self.show(&tx, &edit)?;
        }
        tx.commit().map(|()| changed)
    }

    /// Has a row show an edit.
    fn show(&self, tx: &Connection, edit: &Mutation) -> Result<()> {
        if edit.kind == EditKind::Delete {
            let sql = "DELETE FROM held WHERE entity=?1 AND key=?2";
            return tx.execute(sql, (edit.entity.0, edit.key.as_str())).map(drop);
        }
        let projection = &self.setup.schema.entity(edit.entity).projection;
        let row = get(tx, edit.entity, &edit.key)?;
        let (stamp, held) = row.map_or((Stamp(0), None), |row| (row.stamp, row.values));
        let mut held = held.unwrap_or_else(|| vec![Value::Null; projection.len()]);
        for (column, value) in &edit.values {
            if let Some(place) = projection.iter().position(|held| held == column) {
                held[place] = value.clone();
            }
        }
        put(tx, edit.entity, &Row { key: edit.key.clone(), stamp, values: Some(held) })
    }

    fn save(&self, edit: &LocalEdit) -> Result<Result<(), EditError>> {
        let tx = self.database.unchecked_transaction()?;
        let found = get(&tx, edit.entity, &edit.key)?;
        if (edit.kind == EditKind::Create) == found.is_some() {
            return Ok(Err(if found.is_some() { EditError::Exists } else { EditError::NoSuchRow }));
        }
        let LocalEdit { id, entity, key, kind, values } = edit.clone();
        let (base, made_at) = (found.map(|row| row.stamp), self.ports.clock.wall());
        let edit = Mutation { id: id.to_string(), edit: id, entity, key, kind, values, base, made_at };
        tx.execute("INSERT INTO edit VALUES(?1, ?2)", (id.number, json(&edit)))?;
        self.show(&tx, &edit)?;
        tx.commit().map(Ok)
    }
}

type Changed = BTreeMap<(EntityId, Key), (Stamp, bool)>;

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }
    fn on(&self, event: AppEvent) {
        event.trigger().into_iter().for_each(|trigger| self.fire(trigger));
    }
    fn edit(&self, edit: &LocalEdit) -> Result<(), EditError> {
        let saved = self.save(edit);
        self.ports.machine.take_on(Work::default());
        saved.map_err(|error| EditError::Storage(error.to_string()))??;
        self.fire(Trigger::Save);
        Ok(())
    }
    fn trigger(&self, unit: UnitId, _: bool) {
        self.enqueue(unit);
    }
    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async move { self.exchange(unit).await })
    }
    fn view(&self) -> &dyn DeviceView {
        self
    }
}

impl DeviceView for Phone {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        for Row { key, stamp, values } in read(&self.database, ROWS, [entity.0]).unwrap_or_default() {
            let cells: Vec<Cell<'_>> = values.iter().flatten().map(Cell::of).collect();
            f(key.as_str(), stamp, &cells.iter().map(Cell::as_ref).collect::<Vec<_>>());
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        let edits = read(&self.database, EDITS, ()).unwrap_or_default();
        let pending = |Mutation { edit, entity, key, .. }| PendingEdit::new(edit, entity, key);
        edits.into_iter().map(pending).collect()
    }
    fn doing(&self) -> String {
        format!("{} units wait", self.queue.borrow().len())
    }
}
