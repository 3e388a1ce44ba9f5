//! The half that runs on a phone.

use std::cell::{Cell as StdCell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use syncdyno::contract::{
    AppEvent, AppliedChange, Call, Cell, Database, DeviceSetup, DeviceView, EditError, EditKind, EngineError,
    EngineEvent, EngineFactory, EntityId, Incarnation, Key, LocalBoxFuture, LocalEdit, Mutation, Opened,
    PendingEdit, Ports, Provision, Queue, RequestKind, Saving, Schema, Span, Stamp, SyncEngine, SyncError,
    Time, Trigger, UnitId, Value, ValueRef, Work,
};

use super::{Answer, Ask, Rows, Snapshot};

const LAYOUT: &str = "PRAGMA journal_mode=TRUNCATE;
    CREATE TABLE IF NOT EXISTS phone(id INTEGER PRIMARY KEY, state);";

/// The whole state of a phone: one document in its database.
#[derive(Clone, Default, Serialize, Deserialize)]
struct State {
    rows: BTreeMap<EntityId, Rows>,
    edits: Vec<Mutation>,
    runs: u64,
    open: Option<UnitId>,
}

struct Kept {
    schema: Arc<Schema>,
    database: Connection,
    state: RefCell<State>,
}

impl Kept {
    fn open(at: &Database, setup: &DeviceSetup) -> rusqlite::Result<Kept> {
        let database = match at.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&at.path, OpenFlags::default(), vfs)?,
            None => Connection::open(&at.path)?,
        };
        database.execute_batch(LAYOUT)?;
        let text: Option<String> =
            database.query_row("SELECT max(state) FROM phone", [], |row| row.get(0))?;
        let state = text.map(|text| serde_json::from_str(&text).expect("it was written here"));
        Ok(Kept { schema: setup.schema.clone(), database, state: RefCell::new(state.unwrap_or_default()) })
    }

    /// The rows of an entity as the app shows them, with the pending edits applied.
    fn shown(&self, entity: EntityId) -> Rows {
        let state = self.state.borrow();
        let mut rows = state.rows.get(&entity).cloned().unwrap_or_default();
        let projection = &self.schema.entity(entity).projection;
        for edit in state.edits.iter().filter(|edit| edit.entity == entity) {
            let row = rows.entry(edit.key.clone());
            let (_, held) = row.or_insert_with(|| (Stamp(0), vec![Value::Null; projection.len()]));
            for (column, value) in &edit.values {
                held[projection.binary_search(column).expect("a phone holds it")] = value.clone();
            }
            if edit.kind == EditKind::Delete {
                rows.remove(&edit.key);
            }
        }
        rows
    }

    /// Changes the state in one transaction, or not at all.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> rusqlite::Result<T> {
        let mut state = self.state.borrow().clone();
        let given = change(&mut state);
        let text = serde_json::to_string(&state).expect("it can be written");
        self.database.execute("REPLACE INTO phone VALUES(1, ?1)", [text])?;
        self.state.replace(state);
        Ok(given)
    }
}

pub(super) struct Factory {
    pub(super) timeout: Span,
}

impl EngineFactory for Factory {
    fn open(&self, setup: Rc<DeviceSetup>, _: Incarnation, at: Database, ports: Ports) -> Opened {
        let kept = Kept::open(&at, &setup).map_err(EngineError::of)?;
        let (timeout, (queue, requests)) = (self.timeout, Default::default());
        Ok(Rc::new(Phone { setup, ports, kept, timeout, queue, requests }))
    }

    fn provision(
        &self,
        setup: &DeviceSetup,
        at: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        let fill = |kept: &mut State| {
            let Some(state) = state else { return };
            state.rows(&mut |row| {
                let values = setup.schema.entity(row.entity).project(row.values);
                kept.rows.entry(row.entity).or_default().insert(Key::new(row.key), (row.stamp, values));
            });
        };
        Kept::open(&at, setup).and_then(|kept| kept.change(fill)).map_err(EngineError::of)
    }

    fn view_of(&self, setup: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        Some(Box::new(Kept::open(&copy, setup).ok()?))
    }
}

struct Phone {
    setup: Rc<DeviceSetup>,
    ports: Ports,
    kept: Kept,
    timeout: Span,
    queue: Queue,
    requests: StdCell<u64>,
}

/// Delay before a failed run is retried.
const TRIED_AGAIN_AFTER: Span = Span::secs(20);

impl Phone {
    fn save(&self, edit: &LocalEdit) -> Result<(), EditError> {
        let base = self.kept.shown(edit.entity).get(&edit.key).map(|(stamp, _)| *stamp);
        match edit.kind {
            EditKind::Create if base.is_some() => return Err(EditError::Exists),
            EditKind::Update | EditKind::Delete if base.is_none() => return Err(EditError::NoSuchRow),
            _ => {}
        }
        let edit = Mutation::of(edit, base, self.ports.clock.wall());
        let saved = self.kept.change(|state| state.edits.push(edit));
        self.ports.machine.take_on(Work::default());
        saved.map_err(|error| EditError::Storage(error.to_string()))?;
        self.fire(Trigger::Save);
        Ok(())
    }
    fn enqueue(&self, unit: UnitId) {
        self.queue.add(unit, false, self.ports.clock.now());
    }

    fn fire(&self, trigger: Trigger) {
        self.setup.units_on(trigger).for_each(|unit| self.enqueue(unit));
    }

    async fn live(self: Rc<Self>) {
        let (last, open) = (self.kept.state.borrow().runs, self.kept.state.borrow().open);
        if let Some(unit) = open {
            self.end(last, unit, Err(SyncError::Interrupted)).await;
        }
        for (unit, period) in self.setup.periods() {
            let phone = self.clone();
            self.ports.every(period, move || phone.enqueue(unit));
        }
        self.fire(Trigger::Start);
        loop {
            let (unit, since) = self.queue.next(false).await;
            if !self.session(unit, since).await {
                let phone = self.clone();
                self.ports.spawn.spawn(Box::pin(async move {
                    phone.ports.sleep(TRIED_AGAIN_AFTER).await;
                    phone.enqueue(unit);
                }));
            }
        }
    }

    /// One run of a unit; returns false if it failed.
    async fn session(&self, unit: UnitId, since: Time) -> bool {
        let begin = |state: &mut State| {
            (state.open, state.runs) = (Some(unit), state.runs + 1);
            state.runs
        };
        // A disk that fails ends the process before this value is used.
        let run = self.kept.change(begin).unwrap_or_default();
        self.ports.work(Work::default()).await;
        let started = self.ports.clock.now();
        self.ports.emit(EngineEvent::SyncStart { unit, run, waited: started - since });
        self.ports.crash_point("tiny.started").await;
        let result = self.exchange(unit).await;
        let went_well = result.is_ok();
        self.end(run, unit, result.map(|()| self.ports.clock.now() - started)).await;
        went_well
    }

    async fn end(&self, run: u64, unit: UnitId, result: Result<Span, SyncError>) {
        _ = self.kept.change(|state| state.open = None);
        self.ports.work(Work::default()).await;
        self.ports.emit(match &result {
            Ok(took) => EngineEvent::SyncComplete { unit, run, took: *took, blocking: false },
            Err(error) => EngineEvent::SyncError { unit, run, error },
        });
    }

    async fn exchange(&self, unit: UnitId) -> Result<(), SyncError> {
        let pull = self.setup.units[usize::from(unit.0)].pull.clone();
        let ask = Ask { pull, edits: self.kept.state.borrow().edits.clone() };
        let body = serde_json::to_vec(&ask).expect("it can be written");
        let (number, kind, unit) = (self.requests.get(), RequestKind::Pull, Some(unit));
        self.requests.set(number + 1);
        let sent_at = self.ports.clock.now();
        let call = Call { number, kind, unit, edits: &ask.edits, attempt: 0 };
        let answer = self.ports.call(call, body, sent_at + self.timeout).await;
        let answer = answer.map_err(|error| SyncError::Offline(error.to_string()))?;
        self.ports.crash_point("tiny.answer-received").await;
        let read: Answer = serde_json::from_slice(&answer).map_err(corrupt)?;
        let Snapshot { taken, rows } = read.map_err(SyncError::Rejected)?;
        let (bytes, took) = (answer.len() as u64, self.ports.clock.now() - sent_at);
        let count = rows.values().map(|rows| rows.len() as u32).sum();
        self.ports.emit(EngineEvent::ResponseReceived {
            request: number,
            kind,
            unit,
            bytes,
            rows: count,
            took,
        });
        let changed = self.kept.change(|state| state.replace(&ask.edits, rows)).map_err(corrupt)?;
        let took = self.ports.work(Work { coded_bytes: bytes, ..Work::default() }).await;
        let changes: Vec<_> = changed
            .iter()
            .map(|(row, stamp, gone)| AppliedChange::of(row.0, &row.1, *stamp, *gone))
            .collect();
        self.ports.emit(EngineEvent::ChunkApplied { unit, changes: &changes, echoed: 0, took });
        for (Mutation { edit, entity, key, .. }, stamp) in ask.edits.iter().zip(taken) {
            // An edit that was not accepted is dropped silently.
            let Some(stamp) = stamp else { continue };
            self.ports.emit(EngineEvent::EditAcknowledged { edit: *edit, entity: *entity, key, stamp });
        }
        self.ports.crash_point("tiny.applied").await;
        Ok(())
    }
}

/// A changed row: its key, its stamp, and whether it was deleted.
type Changed = ((EntityId, Key), Stamp, bool);

impl State {
    /// Replaces the rows, and drops the edits that were sent.
    fn replace(&mut self, sent: &[Mutation], rows: BTreeMap<EntityId, Rows>) -> Vec<Changed> {
        self.edits.retain(|edit| sent.iter().all(|sent| sent.id != edit.id));
        let mut changed = Vec::new();
        for (entity, now) in rows {
            let before = self.rows.insert(entity, now.clone()).unwrap_or_default();
            let gone = before.iter().filter(|(key, _)| !now.contains_key(*key)).map(|row| (row, true));
            let came = now.iter().filter(|(key, row)| before.get(*key) != Some(*row)).map(|row| (row, false));
            changed.extend(gone.chain(came).map(|((key, row), gone)| ((entity, key.clone()), row.0, gone)));
        }
        changed
    }
}

fn corrupt(error: impl Display) -> SyncError {
    SyncError::Corrupt(error.to_string())
}

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }
    fn on(&self, event: AppEvent) {
        event.trigger().into_iter().for_each(|trigger| self.fire(trigger));
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        self.save(edit).into()
    }
    fn trigger(&self, unit: UnitId, _: bool) {
        self.enqueue(unit);
    }
    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async move { self.exchange(unit).await })
    }
    fn view(&self) -> Option<&dyn DeviceView> {
        Some(&self.kept)
    }
}

impl DeviceView for Kept {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        for (key, (stamp, values)) in self.shown(entity) {
            let cells: Vec<_> = values.iter().map(Cell::of).collect();
            f(key.as_str(), stamp, &cells.iter().map(Cell::as_ref).collect::<Vec<_>>());
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        let edits = &self.state.borrow().edits;
        edits.iter().map(|edit| PendingEdit::new(edit.edit, edit.entity, edit.key.clone())).collect()
    }
}
