//! The half that runs on a phone.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use syncdyno::base::{EditId, EntityId, Incarnation, Key, Span, Stamp, UnitId, Value, ValueRef};
use syncdyno::contract::{
    AppEvent, AppliedChange, Database, DeviceSetup, DeviceView, EditError, EditKind, EngineError,
    EngineFactory, Event, LocalBoxFuture, LocalEdit, LogEntry, PendingEdit, Ports, Provision, RequestKind,
    SyncEngine, SyncError, Trigger, Work,
};

use super::{Answer, Ask, Edit, Row, from_json, to_json};

const LAYOUT: &str = "
    CREATE TABLE IF NOT EXISTS held(entity, key, stamp, cells, PRIMARY KEY(entity, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS edit(number INTEGER PRIMARY KEY, row TEXT);
    CREATE TABLE IF NOT EXISTS run(number INTEGER PRIMARY KEY, unit, open);";

pub(super) struct Factory {
    pub(super) timeout: Span,
}

struct Phone {
    setup: Rc<DeviceSetup>,
    ports: Ports,
    database: Connection,
    timeout: Span,
    queue: RefCell<VecDeque<UnitId>>,
    sleeper: Cell<Option<Waker>>,
    requests: Cell<u64>,
}

fn open(database: &Database) -> rusqlite::Result<Connection> {
    let connection = match database.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(&database.path, OpenFlags::default(), vfs)?,
        None => Connection::open(&database.path)?,
    };
    connection.execute_batch(&format!("PRAGMA journal_mode=TRUNCATE;{LAYOUT}"))?;
    Ok(connection)
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
                    let held = setup.schema.entity(row.entity).project(row.values);
                    rows.push((row.entity, row.key.to_owned(), row.stamp, held));
                });
            }
            for (entity, key, stamp, held) in &rows {
                put(&tx, *entity, key, *stamp, held)?;
            }
            tx.commit()
        };
        fill().map_err(|error: rusqlite::Error| EngineError(error.to_string()))
    }
}

fn put(tx: &Connection, entity: EntityId, key: &str, stamp: Stamp, held: &[Value]) -> rusqlite::Result<()> {
    let cells: Vec<_> = held.iter().map(|value| value.with_ref(to_json)).collect();
    let cells = serde_json::to_string(&cells).expect("cells can be written");
    tx.execute("REPLACE INTO held VALUES(?1,?2,?3,?4)", (entity.0, key, stamp.0, cells)).map(drop)
}

fn cells(text: &str) -> Vec<Value> {
    let cells: Vec<serde_json::Value> = serde_json::from_str(text).expect("it was written here");
    cells.iter().map(from_json).collect()
}

type Found = Option<(Stamp, Vec<Value>)>;

fn get(tx: &Connection, entity: EntityId, key: &str) -> rusqlite::Result<Found> {
    let sql = "SELECT stamp, cells FROM held WHERE entity=?1 AND key=?2";
    tx.query_row(sql, (entity.0, key), |row| Ok((Stamp(row.get(0)?), cells(&row.get::<_, String>(1)?))))
        .optional()
}

fn edits(tx: &Connection) -> rusqlite::Result<Vec<Edit>> {
    let mut read = tx.prepare("SELECT row FROM edit ORDER BY number")?;
    let rows = read.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|row| Ok(serde_json::from_str(&row?).expect("it was written here"))).collect()
}

impl Phone {
    fn enqueue(&self, unit: UnitId) {
        let mut queue = self.queue.borrow_mut();
        if queue.contains(&unit) {
            return self.ports.emit(Event::UnitCoalesced { unit });
        }
        queue.push_back(unit);
        self.ports.emit(Event::UnitQueued { unit, depth: queue.len() as u32 });
        self.sleeper.take().into_iter().for_each(Waker::wake);
    }

    fn fire(&self, trigger: Trigger) {
        let units = self.setup.units.iter().zip(0..).filter(|(unit, _)| unit.on.contains(&trigger));
        units.for_each(|(_, index)| self.enqueue(UnitId(index)));
    }

    async fn live(self: Rc<Self>) {
        let sql = "SELECT unit, number FROM run WHERE open ORDER BY number";
        let mut read = self.database.prepare(sql).expect("the layout is ours");
        let open = read.query_map([], |row| Ok((UnitId(row.get(0)?), row.get::<_, u32>(1)?)));
        let open: Vec<_> = open.and_then(Iterator::collect).unwrap_or_default();
        drop(read);
        for (unit, run) in open {
            self.close(run);
            self.ports.work(Work::default()).await;
            let error = &SyncError::Interrupted;
            self.ports.emit(Event::SyncError { unit, run: run.into(), error });
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
            let next = self.queue.borrow_mut().pop_front();
            match next {
                Some(unit) => self.session(unit).await,
                None => {
                    poll_fn(|context| {
                        self.sleeper.set(Some(context.waker().clone()));
                        if self.queue.borrow().is_empty() { Poll::Pending } else { Poll::Ready(()) }
                    })
                    .await;
                }
            }
        }
    }

    fn close(&self, run: u32) {
        // A disk that fails ends the process before anybody reads on.
        _ = self.database.execute("UPDATE run SET open=0 WHERE number=?1", [run]);
    }

    async fn session(&self, unit: UnitId) {
        _ = self.database.execute("INSERT INTO run(unit, open) VALUES(?1, 1)", [unit.0]);
        let run = self.database.last_insert_rowid() as u32;
        self.ports.work(Work::default()).await;
        let started = self.ports.clock.now();
        self.ports.emit(Event::SyncStart { unit, run: run.into(), waited: Span::ZERO });
        self.ports.crash_point("tiny.started").await;
        let result = self.exchange(unit).await;
        self.close(run);
        self.ports.work(Work::default()).await;
        let (took, blocking) = (self.ports.clock.now() - started, false);
        match &result {
            Ok(()) => self.ports.emit(Event::SyncComplete { unit, run: run.into(), took, blocking }),
            Err(error) => self.ports.emit(Event::SyncError { unit, run: run.into(), error }),
        }
    }

    async fn exchange(&self, unit: UnitId) -> Result<(), SyncError> {
        let damaged = |error: rusqlite::Error| SyncError::Corrupt(error.to_string());
        let sent = edits(&self.database).map_err(damaged)?;
        let pull = self.setup.units[usize::from(unit.0)].pull.clone();
        let body =
            serde_json::to_vec(&Ask { pull: pull.clone(), edits: sent.clone() }).expect("it can be written");
        let request = self.requests.replace(self.requests.get() + 1);
        let (kind, unit, bytes) = (RequestKind::Pull, Some(unit), body.len() as u64);
        let rows = sent.len() as u32;
        self.ports.emit(Event::RequestSent { request, kind, unit, bytes, rows, attempt: 0 });
        for edit in &sent {
            let key = &Key::new(&edit.key);
            self.ports.emit(Event::EditSent { edit: id(edit), entity: edit.entity, key, request });
        }
        let sent_at = self.ports.clock.now();
        let answer = self.ports.transport.request(body, sent_at + self.timeout).await;
        let took = self.ports.clock.now() - sent_at;
        let answer = answer.map_err(|error| {
            self.ports.emit(Event::RequestFailed { request, kind, error, took, wasted: bytes });
            SyncError::Offline(error.to_string())
        })?;
        self.ports.crash_point("tiny.answer-received").await;
        let bytes = answer.len() as u64;
        let answer =
            serde_json::from_slice(&answer).map_err(|error| SyncError::Corrupt(error.to_string()))?;
        let Answer::Done { taken, rows } = answer else { return Err(SyncError::Rejected("no".to_owned())) };
        let count = rows.len() as u32;
        self.ports.emit(Event::ResponseReceived { request, kind, unit, bytes, rows: count, took });
        let changed = self.replace(&pull, rows, &sent).map_err(damaged)?;
        let took = self.ports.work(Work { coded_bytes: bytes, ..Work::default() }).await;
        let changes: Vec<_> = changed
            .iter()
            .map(|((entity, key), (stamp, removed))| AppliedChange {
                entity: *entity,
                key,
                stamp: *stamp,
                removed: *removed,
            })
            .collect();
        self.ports.emit(Event::ChunkApplied { unit, changes: &changes, echoed: 0, took });
        for (edit, stamp) in sent.iter().zip(taken) {
            let (edit, entity, key) = (id(edit), edit.entity, &Key::new(&edit.key));
            // Of one that was not taken nobody hears.
            stamp.into_iter().for_each(|stamp| {
                self.ports.emit(Event::EditAcknowledged { edit, entity, key, stamp });
            });
        }
        self.ports.crash_point("tiny.applied").await;
        Ok(())
    }

    /// Has these rows instead of those that it had, and the edits that were made meanwhile on
    /// top; gives what changed.
    fn replace(
        &self,
        pull: &[EntityId],
        rows: Vec<Row>,
        sent: &[Edit],
    ) -> rusqlite::Result<BTreeMap<(EntityId, String), (Stamp, bool)>> {
        let tx = self.database.unchecked_transaction()?;
        let mut changed = BTreeMap::new();
        for entity in pull {
            let mut read = tx.prepare("SELECT key, stamp FROM held WHERE entity=?1")?;
            let held =
                read.query_map([entity.0], |row| Ok((row.get::<_, String>(0)?, Stamp(row.get(1)?))))?;
            for row in held {
                let (key, stamp) = row?;
                changed.insert((*entity, key), (stamp, true));
            }
            tx.execute("DELETE FROM held WHERE entity=?1", [entity.0])?;
        }
        for Row(entity, key, stamp, held) in rows {
            put(&tx, entity, &key, stamp, &held.iter().map(from_json).collect::<Vec<_>>())?;
            match changed.get(&(entity, key.clone())) {
                Some((old, _)) if *old == stamp => _ = changed.remove(&(entity, key)),
                _ => _ = changed.insert((entity, key), (stamp, false)),
            }
        }
        for edit in sent {
            tx.execute("DELETE FROM edit WHERE number=?1", [edit.number])?;
        }
        for edit in edits(&tx)? {
            self.show(&tx, &edit)?;
        }
        tx.commit()?;
        Ok(changed)
    }

    /// Has a row show an edit.
    fn show(&self, tx: &Connection, edit: &Edit) -> rusqlite::Result<()> {
        let projection = &self.setup.schema.entity(edit.entity).projection;
        let found = get(tx, edit.entity, &edit.key)?;
        if edit.kind == "delete" {
            let sql = "DELETE FROM held WHERE entity=?1 AND key=?2";
            return tx.execute(sql, (edit.entity.0, &edit.key)).map(drop);
        }
        let (stamp, mut held) = found.unwrap_or((Stamp(0), vec![Value::Null; projection.len()]));
        for (column, value) in &edit.values {
            if let Some(place) = projection.iter().position(|held| held == column) {
                held[place] = from_json(value);
            }
        }
        put(tx, edit.entity, &edit.key, stamp, &held)
    }

    fn save(&self, edit: &LocalEdit) -> rusqlite::Result<Result<(), EditError>> {
        let tx = self.database.unchecked_transaction()?;
        let found = get(&tx, edit.entity, edit.key.as_str())?;
        let kind = match (edit.kind, &found) {
            (EditKind::Create, Some(_)) => return Ok(Err(EditError::Exists)),
            (EditKind::Create, None) => "create",
            (_, None) => return Ok(Err(EditError::NoSuchRow)),
            (EditKind::Update, _) => "update",
            (EditKind::Delete, _) => "delete",
        };
        let values = edit.values.iter().map(|(column, value)| (*column, value.with_ref(to_json))).collect();
        let edit = Edit {
            by: edit.id.device.0,
            number: edit.id.number,
            entity: edit.entity,
            key: edit.key.as_str().to_owned(),
            kind: kind.to_owned(),
            values,
            base: found.map(|(stamp, _)| stamp),
            made_at: self.ports.clock.wall(),
        };
        let text = serde_json::to_string(&edit).expect("an edit can be written");
        tx.execute("INSERT INTO edit VALUES(?1, ?2)", (edit.number, text))?;
        self.show(&tx, &edit)?;
        tx.commit()?;
        Ok(Ok(()))
    }
}

fn id(edit: &Edit) -> EditId {
    EditId { device: syncdyno::base::DeviceId(edit.by), number: edit.number }
}

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }
    fn on(&self, event: AppEvent) {
        match event {
            AppEvent::Login => self.fire(Trigger::Login),
            AppEvent::Online => self.fire(Trigger::Online),
            AppEvent::Resume => self.fire(Trigger::Resume),
            AppEvent::Offline | AppEvent::Pause => {}
        }
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
    fn fetch(self: Rc<Self>, _: EntityId, _: Key) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async { Err(SyncError::Rejected("rows are not fetched on open".to_owned())) })
    }
    fn view(&self) -> &dyn DeviceView {
        self
    }
}

impl DeviceView for Phone {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        let sql = "SELECT key, stamp, cells FROM held WHERE entity=?1 ORDER BY key";
        let mut read = self.database.prepare(sql).expect("the layout is ours");
        let mut rows = read.query([entity.0]).expect("it can be read");
        while let Ok(Some(row)) = rows.next() {
            let key: String = row.get(0).expect("a key is a text");
            let stamp = Stamp(row.get(1).expect("a stamp is a number"));
            let values = cells(&row.get::<_, String>(2).expect("cells are a text"));
            let values: Vec<ValueRef<'_>> = values
                .iter()
                .map(|value| match value {
                    Value::Int(n) => ValueRef::Int(*n),
                    Value::Real(x) => ValueRef::Real(*x),
                    Value::Text(text) => ValueRef::Text(text),
                    Value::Null | Value::Fat(_) => ValueRef::Null,
                })
                .collect();
            f(&key, stamp, &values);
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        let edits = edits(&self.database).unwrap_or_default();
        let pending = |edit: &Edit| PendingEdit {
            edit: id(edit),
            entity: edit.entity,
            key: Key::new(&edit.key),
            attempts: 0,
            last_error: None,
        };
        edits.iter().map(pending).collect()
    }
    fn held_back(&self) -> u64 {
        0
    }
    fn log(&self) -> Vec<LogEntry> {
        Vec::new()
    }
    fn doing(&self) -> String {
        format!("{} units wait", self.queue.borrow().len())
    }
}
