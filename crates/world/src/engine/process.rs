//! One life of a device's process: what all parts of the engine share, and how it dies.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::options::EngineOptions;
use super::passed::{Passed, is_undone};
use super::retry::backoff;
use super::rules::Rules;
use super::signal::Stop;
use super::status::Teller;
use crate::base::{EntityId, Incarnation, Key, Span, Stamp, Stream, Time, Undone, UnitId};
use crate::contract::{
    DeviceSetup, EditKind, EngineEvent, HookError, NetworkKind, Occasion, Ports, SyncUnit, Work,
};
use crate::store::{self, Entry, Store, Stored, Tx};

use rustc_hash::FxHashMap;

/// What was committed is shown to readers within this time, as the tick of the backend's stamps in
/// which it was is over then: a load that does not bring it says nothing of it before.
const SHOWN_WITHIN: Span = Span::secs(5);

/// A version that this process wrote to the backend.
#[derive(Clone, Copy, Debug)]
struct Written {
    stamp: Stamp,
    /// When the backend said so, if it made the row.
    made: Option<Time>,
}

pub(super) struct Process {
    pub(super) setup: Rc<DeviceSetup>,
    pub(super) ports: Ports,
    pub(super) store: Rc<Store>,
    pub(super) options: Rc<EngineOptions>,
    pub(super) rules: Rules,
    /// It died at a place in this code, and nothing of it may go on.
    pub(super) dead: Cell<bool>,
    pub(super) stop: Stop,
    /// Bytes of the answers that are in memory.
    answers: Rc<Cell<u64>>,
    /// Bytes of the requests that are sent.
    requests: Rc<Cell<u64>>,
    retries: RefCell<Stream>,
    /// Versions of rows that this process wrote to the backend: their coming back in a pull is an
    /// echo.
    own_versions: RefCell<FxHashMap<(EntityId, Key), Written>>,
    pub(super) passed: Passed,
    pub(super) status: Teller,
    /// Own work that is yet to take its time.
    owed: Cell<Span>,
    /// How many rows were told that refer to one that is not there.
    dangling: Cell<Option<u64>>,
}

/// The memory of a message, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    bytes: u64,
    of: Rc<Cell<u64>>,
}

impl Held {
    fn of(all: &Rc<Cell<u64>>, bytes: u64) -> Held {
        all.set(all.get() + bytes);
        Held { bytes, of: all.clone() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of.set(self.of.get() - self.bytes);
    }
}

impl Process {
    pub(super) fn new(
        setup: Rc<DeviceSetup>,
        incarnation: Incarnation,
        ports: Ports,
        store: Rc<Store>,
        options: Rc<EngineOptions>,
        rules: Rules,
    ) -> Process {
        store.belongs_to(setup.device);
        let status = Teller::new(&setup, options.status);
        let retries = ports.seed.stream("engine.retry", u64::from(setup.device.0), u64::from(incarnation.0));
        Process {
            setup,
            ports,
            store,
            options,
            rules,
            dead: Cell::new(false),
            stop: Stop::default(),
            answers: Rc::default(),
            requests: Rc::default(),
            retries: RefCell::new(retries),
            own_versions: RefCell::default(),
            passed: Passed::default(),
            status,
            owed: Cell::default(),
            dangling: Cell::new(None),
        }
    }

    pub(super) fn unit(&self, unit: UnitId) -> &SyncUnit {
        &self.setup.units[usize::from(unit.0)]
    }

    pub(super) fn unit_ids(&self) -> impl Iterator<Item = UnitId> + use<> {
        (0..self.setup.units.len() as u16).map(UnitId)
    }

    pub(super) fn emit(&self, event: EngineEvent<'_>) {
        self.ports.emit(event);
        let rule = &*self.rules.status;
        self.status.hears(&event, &self.setup, self.store.added(), rule);
        self.show();
    }

    pub(super) fn show(&self) {
        if let Some(status) = self.status.news(self.store.added(), &*self.rules.status) {
            self.ports.emit(EngineEvent::Status(status));
        }
    }

    /// What comes of `work`; `None` if it is part of a run that is cancelled before.
    pub(super) async fn unless_stopped<T>(&self, in_run: bool, work: impl Future<Output = T>) -> Option<T> {
        if in_run { self.stop.or(work).await } else { Some(work.await) }
    }

    pub(super) async fn hook(&self, occasion: Occasion<'_>) -> Result<(), HookError> {
        match self.ports.hook(occasion, self.options.hook_timeout) {
            Some(hook) => hook.await,
            None => Ok(()),
        }
    }

    /// The network came or went; nobody waits for what the app does about it.
    pub(super) fn network_changed(&self) {
        let network = self.ports.transport.network();
        self.status.network(network != NetworkKind::None, &*self.rules.status);
        self.show();
        let occasion = Occasion::NetworkStatusChanged(network);
        if let Some(hook) = self.ports.hook(occasion, self.options.hook_timeout) {
            self.spawn(async move { drop(hook.await) });
        }
    }

    /// Writes in one transaction and lets its time on the device pass. Nobody may be told of it
    /// before.
    pub(super) async fn write<R>(&self, f: impl FnOnce(&Tx<'_>) -> Stored<R>) -> Stored<R> {
        self.timed(f).await.0
    }

    pub(super) async fn timed<R>(&self, f: impl FnOnce(&Tx<'_>) -> Stored<R>) -> (Stored<R>, Span) {
        let written = self.store.transaction(f);
        let took = self.settle_work().await;
        self.look_at_references();
        (written, took)
    }

    /// The edit comes to nothing here: what is attached to a row that it made goes only where the
    /// server has that.
    pub(super) fn doubts(&self, tx: &Tx<'_>, entry: &Entry) -> Stored<()> {
        let has_any = self.setup.schema.attachment(entry.entity).is_some();
        if has_any && entry.kind == EditKind::Create && self.rules.outbox.doubts_blobs() {
            store::blobs::doubt(tx, entry.entity, &entry.key)?;
        }
        Ok(())
    }

    /// How far the local time that people see is ahead of the wall clock, in seconds.
    pub(super) fn zone(&self) -> i32 {
        let clock = &self.ports.clock;
        ((clock.local().0 - clock.wall().0) / 1_000_000) as i32
    }

    /// Tells how many rows refer to one that is not there, if somebody counts.
    pub(super) fn look_at_references(&self) {
        if !self.store.options().watch_references {
            return;
        }
        // What cannot be read now fails where it is needed.
        if let Ok(rows) = self.store.read(store::dangling)
            && self.dangling.replace(Some(rows)) != Some(rows)
        {
            self.emit(EngineEvent::Dangling { rows });
        }
    }

    /// Lets the time pass that the database has worked.
    pub(super) async fn settle_work(&self) -> Span {
        self.ports.work(Work { own: self.owed.take(), ..self.store.work() }).await
    }

    /// What the engine works for so many rows, beside what the database does.
    pub(super) fn own_work(&self, rows: usize) -> Span {
        self.options.row_cpu * rows as u64
    }

    /// The same, whose time passes with that of the next transaction.
    pub(super) fn works_for(&self, rows: usize) {
        self.owed.set(self.owed.get() + self.own_work(rows));
    }

    /// Passes a crash point, or dies there with all that this process does at the same time.
    pub(super) async fn crash_point(&self, point: &'static str) {
        if self.ports.crash.reached(point) {
            self.die().await;
        }
    }

    /// Gets the memory for an answer of `bytes` beside those that are there, or dies for lack of
    /// it.
    pub(super) async fn hold(&self, bytes: u64) -> Held {
        let held = Held::of(&self.answers, bytes);
        if !self.ports.machine.can_decode(self.answers.get()) {
            self.die().await;
        }
        held
    }

    /// The same for a request, beside those that are sent.
    pub(super) async fn hold_request(&self, bytes: u64) -> Held {
        let held = Held::of(&self.requests, bytes);
        if !self.ports.machine.can_send(self.requests.get()) {
            self.die().await;
        }
        held
    }

    async fn die(&self) {
        self.dead.set(true);
        std::future::pending::<()>().await;
    }

    /// The wait after the failure number `failures` in a row; `previous` is the one before it.
    pub(super) fn backoff(&self, failures: u32, previous: Option<Span>) -> Span {
        backoff(&self.options.retry, failures, previous, &mut self.retries.borrow_mut())
    }

    /// The backend has an edit of a row as of `stamp`, which may have made the row. A later edit of
    /// a row that was just made does not make it older.
    pub(super) fn remember(&self, entity: EntityId, key: &Key, stamp: Stamp, made: bool) {
        let mut own = self.own_versions.borrow_mut();
        let written = own.entry((entity, key.clone())).or_insert(Written { stamp, made: None });
        written.stamp = stamp;
        if made {
            written.made = Some(self.ports.clock.now());
        }
    }

    /// Rows of `entity` that this process made a moment ago, that have not come back and were not
    /// undone, in the order of keys.
    pub(super) fn just_made(&self, entity: EntityId, undone: &[Undone]) -> Vec<Key> {
        let (own, now) = (self.own_versions.borrow(), self.ports.clock.now());
        let fresh = |written: &Written| {
            let is_new = written.made.is_some_and(|at| now.since(at) < SHOWN_WITHIN);
            is_new && !is_undone(undone, written.stamp)
        };
        let made = own.iter().filter(|((of, _), written)| *of == entity && fresh(written));
        let mut keys: Vec<Key> = made.map(|((_, key), _)| key.clone()).collect();
        keys.sort_unstable();
        keys
    }

    /// Whether this version is one that this process wrote; it is forgotten when it comes back.
    pub(super) fn is_echo(&self, entity: EntityId, key: &str, stamp: Stamp) -> bool {
        let mut own = self.own_versions.borrow_mut();
        if own.is_empty() {
            return false;
        }
        let key = (entity, Key::new(key));
        own.get(&key).is_some_and(|written| written.stamp == stamp) && own.remove(&key).is_some()
    }

    pub(super) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.ports.spawn.spawn(Box::pin(task));
    }
}
