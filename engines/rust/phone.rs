//! The part of the phone half that all engines here share. It runs sync units one after the other,
//! and keeps waiting edits in a database.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use syncdyno::contract::{
    AppEvent, DeviceSetup, DeviceView, EditError, EditId, EngineError, EngineEvent, EntityId, Incarnation,
    LocalBoxFuture, LocalEdit, Mutation, PendingEdit, Ports, Provision, Queue, RequestKind, Saving, Span,
    Stamp, SyncEngine, SyncError, Time, Trigger, UnitId, ValueRef, Work,
};
use syncdyno::rusqlite::{self, Connection, ErrorCode, Row};

/// The wait before the next run, if a run failed or left edits.
pub(crate) const TRIED_AGAIN_AFTER: Span = Span::secs(20);

/// Numbers that are stored on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Meta {
    pub(crate) runs: u64,
    /// The unit of the current run, if one is active.
    pub(crate) open: Option<UnitId>,
    /// The position up to which the phone has read the server's changes.
    pub(crate) read: u64,
}

impl Meta {
    /// Reads the first three columns of a row.
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Meta> {
        let open: Option<u16> = row.get(1)?;
        let [runs, read] = [row.get::<_, i64>(0)?, row.get(2)?].map(|number| number as u64);
        Ok(Meta { runs, open: open.map(UnitId), read })
    }
}

/// An edit that waits, with the engine's bytes for it: its position in the document's history, or
/// its changeset.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) id: i64,
    pub(crate) edit: Mutation,
    pub(crate) bytes: Vec<u8>,
}

impl Waiting {
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Waiting> {
        let text: String = row.get(1)?;
        let edit = serde_json::from_str(&text).expect("it was written here");
        Ok(Waiting { id: row.get(0)?, edit, bytes: row.get(2)? })
    }
    /// Stores an edit that waits, with this SQL statement.
    pub(crate) fn put(
        at: &Connection,
        put: &str,
        edit: Mutation,
        bytes: Vec<u8>,
    ) -> rusqlite::Result<Waiting> {
        let text = serde_json::to_string(&edit).expect("it can be written");
        let id = at.prepare_cached(put)?.insert((text, &bytes))?;
        Ok(Waiting { id, edit, bytes })
    }
}

/// The result of a person's edit.
pub(crate) enum Edited {
    Waits,
    /// The row already has these values, and no edit of the row waits.
    Unchanged,
}

/// The database of an engine on a phone, and its sync.
pub(crate) trait Keeps: DeviceView + Sized + 'static {
    fn database(&self) -> &Connection;
    fn meta(&mut self) -> &mut Meta;
    fn put_meta(&self) -> rusqlite::Result<()>;
    fn waiting(&self) -> &[Waiting];
    /// Reads everything again after a failed transaction. If this fails, the next transaction
    /// reports the error.
    fn read_again(&mut self);
    /// Saves a person's edit. `made_at` is the time on the phone's clock.
    fn save(&mut self, edit: &LocalEdit, made_at: Stamp) -> Result<Edited, EditError>;
    /// Sends requests until the sync is complete. Returns the edits that had to be sent.
    fn sync(phone: &Phone<Self>, unit: UnitId) -> impl Future<Output = (Vec<EditId>, Result<(), SyncError>)>;

    /// Runs `work` in one transaction. If that fails, reads everything again.
    fn atomically<T>(&mut self, work: impl FnOnce(&mut Self) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let done = self.database().execute_batch("BEGIN").and_then(|()| work(self));
        let done = done.and_then(|given| self.database().execute_batch("COMMIT").map(|()| given));
        if done.is_err() {
            // SQLite may already have rolled back, so an error is ignored.
            _ = self.database().execute_batch("ROLLBACK");
            self.read_again();
        }
        done
    }
    /// Changes the metadata. An error is ignored: on a full disk, the run fails at its first
    /// response anyway.
    fn note(&mut self, change: impl FnOnce(&mut Meta)) {
        _ = self.atomically(|kept| {
            change(kept.meta());
            kept.put_meta()
        });
    }
    fn edits_waiting(&self) -> Vec<PendingEdit> {
        let edits = self.waiting().iter().map(|it| &it.edit);
        edits.map(|edit| PendingEdit::new(edit.edit, edit.entity, edit.key.clone())).collect()
    }
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

pub(crate) fn failed(error: rusqlite::Error) -> SyncError {
    if is_full(&error) { SyncError::StorageFull } else { SyncError::Corrupt(error.to_string()) }
}

pub(crate) fn unsaved(error: rusqlite::Error) -> EditError {
    if is_full(&error) { EditError::StorageFull } else { EditError::Storage(error.to_string()) }
}

/// Refuses an initial state. Synced data has a history, which only the server has.
pub(crate) fn begins_empty(state: Option<&dyn Provision>) -> Result<(), EngineError> {
    state.map_or(Ok(()), |_| Err(EngineError("phones begin empty".to_owned())))
}

/// The time at which the last edit is saved. No edit can be reported or sent before, because the
/// process may die.
#[derive(Default)]
pub(crate) struct Saves(Cell<Time>);

impl Saves {
    /// Adds the duration of the disk work of an edit.
    fn take_on(&self, ports: &Ports) {
        let until = ports.machine.take_on(Work::default());
        if until > ports.clock.now() {
            // The person sees the edit saved at `until`. The server gets it later.
            self.0.set(until + Span(1));
        }
    }
    /// Waits until all edits are saved. This includes edits that are made during the wait.
    pub(crate) async fn done(&self, ports: &Ports) {
        while ports.clock.now() < self.0.get() {
            ports.sleep(self.0.get() - ports.clock.now()).await;
        }
    }
}

pub(crate) struct Phone<K> {
    pub(crate) setup: Rc<DeviceSetup>,
    pub(crate) life: Incarnation,
    pub(crate) ports: Ports,
    pub(crate) kept: RefCell<K>,
    pub(crate) saves: Saves,
    pub(crate) timeout: Span,
    pub(crate) requests: Cell<u64>,
    /// True if the app is in the foreground. The periods of units count only this time.
    is_looked_at: Cell<bool>,
    queue: Queue,
}

impl<K: Keeps> Phone<K> {
    pub(crate) fn new(
        (setup, life): (Rc<DeviceSetup>, Incarnation),
        ports: Ports,
        kept: K,
        timeout: Span,
    ) -> Phone<K> {
        let (saves, requests, queue) = Default::default();
        let is_looked_at = Cell::default();
        Phone { setup, life, ports, kept: RefCell::new(kept), saves, timeout, requests, is_looked_at, queue }
    }
    /// The number of the next request.
    pub(crate) fn next_request(&self) -> u64 {
        self.requests.replace(self.requests.get() + 1)
    }
    pub(crate) fn tell_response(&self, request: u64, unit: UnitId, (bytes, rows): (u64, usize), took: Span) {
        let (kind, unit, rows) = (RequestKind::Sync, Some(unit), rows as u32);
        self.ports.emit(EngineEvent::ResponseReceived { request, kind, unit, bytes, rows, took });
    }
    fn enqueue(&self, unit: UnitId) {
        self.queue.add(unit, false, self.ports.clock.now());
    }
    fn fire(&self, trigger: Trigger) {
        self.setup.units_on(trigger).for_each(|unit| self.enqueue(unit));
    }

    async fn live(self: Rc<Self>) {
        let Meta { runs, open, .. } = *self.kept.borrow_mut().meta();
        if let Some(unit) = open {
            self.end(runs, unit, Err(SyncError::Interrupted)).await;
        }
        for (unit, period) in self.setup.periods() {
            let phone = self.clone();
            self.ports.every(period, move || {
                if phone.is_looked_at.get() {
                    phone.enqueue(unit);
                }
            });
        }
        self.fire(Trigger::Start);
        loop {
            let (unit, since) = self.queue.next(false).await;
            if !self.run_of(unit, since).await {
                let phone = self.clone();
                self.ports.spawn.spawn(Box::pin(async move {
                    phone.ports.sleep(TRIED_AGAIN_AFTER).await;
                    phone.enqueue(unit);
                }));
            }
        }
    }

    /// Runs a unit. Returns false if the unit must run again soon.
    async fn run_of(&self, unit: UnitId, since: Time) -> bool {
        self.kept.borrow_mut().note(|meta| (meta.open, meta.runs) = (Some(unit), meta.runs + 1));
        let run = self.kept.borrow_mut().meta().runs;
        self.ports.work(Work::default()).await;
        let started = self.ports.clock.now();
        self.ports.emit(EngineEvent::SyncStart { unit, run, waited: started - since });
        let (sent, result) = K::sync(self, unit).await;
        let left = self.kept.borrow().waiting().iter().any(|it| sent.contains(&it.edit.edit));
        let went_well = result.is_ok() && !left;
        self.end(run, unit, result.map(|()| self.ports.clock.now() - started)).await;
        went_well
    }
    async fn end(&self, run: u64, unit: UnitId, result: Result<Span, SyncError>) {
        self.kept.borrow_mut().note(|meta| meta.open = None);
        self.ports.work(Work::default()).await;
        self.ports.emit(match &result {
            Ok(took) => EngineEvent::SyncComplete { unit, run, took: *took, blocking: false },
            Err(error) => EngineEvent::SyncError { unit, run, error },
        });
    }
}

impl<K: Keeps> SyncEngine for Phone<K> {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }
    fn on(&self, event: AppEvent) {
        if let AppEvent::Login | AppEvent::Resume | AppEvent::Pause = event {
            self.is_looked_at.set(event != AppEvent::Pause);
        }
        event.trigger().into_iter().for_each(|trigger| self.fire(trigger));
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        let edited = self.kept.borrow_mut().save(edit, self.ports.clock.wall());
        self.saves.take_on(&self.ports);
        match &edited {
            Ok(Edited::Unchanged) => {
                let (edit, entity, key) = (edit.id, edit.entity, &edit.key);
                self.ports.emit(EngineEvent::EditUnchanged { edit, entity, key });
            }
            Ok(Edited::Waits) => self.fire(Trigger::Save),
            Err(_) => {}
        }
        edited.map(|_| ()).into()
    }
    fn trigger(&self, unit: UnitId, _: bool) {
        self.enqueue(unit);
    }
    fn view(&self) -> Option<&dyn DeviceView> {
        Some(self)
    }
}

impl<K: Keeps> DeviceView for Phone<K> {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        self.kept.borrow().rows(entity, f);
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.kept.borrow().pending()
    }
}
