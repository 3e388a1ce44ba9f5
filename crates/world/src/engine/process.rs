//! The state that all parts of the engine share. It belongs to one incarnation of a device's
//! process (from its start to its end).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::flaws::Flaw;
use super::limits::RequestClock;
use super::options::EngineOptions;
use super::rules::Rules;
use crate::base::{EntityId, Incarnation, Key, Span, Stamp, Stream, Time, Undone, UnitId};
use crate::contract::{
    DeviceSetup, EditKind, EngineEvent, HookError, NetworkKind, Occasion, Ports, SyncUnit, Work,
};
use crate::engine::apply::seen_versions::{Passed, is_undone};
use crate::engine::tasks::Stop;
use crate::engine::unit::retry::backoff;
use crate::engine::unit::status::Teller;
use crate::store::{self, Entry, Store, Stored, Tx};

/// A version is visible to all readers of the backend at the latest this long after its commit.
/// Before that, a load may lack the version.
const SHOWN_WITHIN: Span = Span::secs(5);

/// A version that this process wrote to the backend.
#[derive(Clone, Copy, Debug)]
struct Written {
    stamp: Stamp,
    /// The time when the backend confirmed the create of the row; `None` if this process only
    /// updated it.
    made: Option<Time>,
}

pub(super) struct Process {
    pub(super) setup: Rc<DeviceSetup>,
    pub(super) ports: Ports,
    pub(super) store: Rc<Store>,
    pub(super) options: Rc<EngineOptions>,
    pub(super) rules: Rules,
    /// Whether the process died at a crash point. If so, none of its tasks may continue.
    pub(super) dead: Cell<bool>,
    pub(super) stop: Stop,
    /// Bytes of the responses in memory.
    answers: Rc<Cell<u64>>,
    /// Bytes of the requests being sent.
    requests: Rc<Cell<u64>>,
    retries: RefCell<Stream>,
    /// Versions of rows that this process wrote to the backend. A pulled version among them is an
    /// echo of the process's own edit.
    own_versions: RefCell<FxHashMap<(EntityId, Key), Written>>,
    pub(super) passed: Passed,
    pub(super) status: Teller,
    /// CPU time of the engine's own work that has not passed in virtual time yet.
    owed: Cell<Span>,
    /// How far the server's clock is ahead of the device's, in microseconds, as last reported.
    server_ahead: Cell<i64>,
    /// The last reported number of rows that refer to a missing row.
    dangling: Cell<Option<u64>>,
}

/// The memory of a message: counted in `of`, released on drop.
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
        let status =
            Teller::new(setup.units.len(), options.status, rules.status.clone(), rules.flaws.clone());
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
            server_ahead: Cell::new(0),
            dangling: Cell::new(None),
        }
    }

    pub(super) fn unit(&self, unit: UnitId) -> &SyncUnit {
        &self.setup.units[usize::from(unit.0)]
    }

    pub(super) fn unit_ids(&self) -> impl Iterator<Item = UnitId> + use<> {
        (0..self.setup.units.len() as u16).map(UnitId)
    }

    pub(super) fn has_blobs(&self) -> bool {
        !self.setup.schema.attachments.is_empty()
    }

    pub(super) fn emit(&self, event: EngineEvent<'_>) {
        self.ports.emit(event);
        self.status.hears(&event, &self.setup, self.store.added());
        self.show();
    }

    pub(super) fn show(&self) {
        if let Some(status) = self.status.news(self.store.added()) {
            self.ports.emit(EngineEvent::Status(status));
        }
    }

    /// The result of `work`; `None` if `work` is part of a run that was cancelled before `work`
    /// ended.
    pub(super) async fn unless_stopped<T>(&self, in_run: bool, work: impl Future<Output = T>) -> Option<T> {
        if in_run { self.stop.or(work).await } else { Some(work.await) }
    }

    pub(super) async fn hook(&self, occasion: Occasion<'_>) -> Result<(), HookError> {
        match self.ports.hook(occasion, self.options.hook_timeout) {
            Some(hook) => hook.await,
            None => Ok(()),
        }
    }

    /// Reports a change of the network, without waiting for the app's hook.
    pub(super) fn network_changed(&self) {
        let network = self.ports.transport.network();
        self.status.network(network != NetworkKind::None);
        self.show();
        let occasion = Occasion::NetworkStatusChanged(network);
        if let Some(hook) = self.ports.hook(occasion, self.options.hook_timeout) {
            self.spawn(async move { drop(hook.await) });
        }
    }

    /// Writes in one transaction and waits for its duration on the device. Callers report the
    /// transaction only after this function returns.
    pub(super) async fn write<R>(&self, f: impl FnOnce(&Tx<'_>) -> Stored<R>) -> Stored<R> {
        self.timed(f).await.0
    }

    pub(super) async fn timed<R>(&self, f: impl FnOnce(&Tx<'_>) -> Stored<R>) -> (Stored<R>, Span) {
        let written = self.store.transaction(f);
        let took = self.settle_work().await;
        self.look_at_references();
        (written, took)
    }

    /// Marks the attachments of a row whose create was dropped. Marked attachments are sent only if
    /// the server has the row.
    pub(super) fn doubts(&self, tx: &Tx<'_>, entry: &Entry) -> Stored<()> {
        let has_any = self.setup.schema.attachment(entry.entity).is_some();
        if has_any && entry.kind == EditKind::Create && !self.rules.has(Flaw::SendsWhatCameToNothing) {
            store::blobs::doubt(tx, entry.entity, &entry.key)?;
        }
        Ok(())
    }

    /// The seconds by which the device's local time is ahead of its UTC clock.
    pub(super) fn zone(&self) -> i32 {
        let clock = &self.ports.clock;
        ((clock.local().0 - clock.wall().0) / 1_000_000) as i32
    }

    pub(super) fn request_clock(&self) -> Stamp {
        Stamp(self.ports.clock.wall().0.saturating_add(self.server_ahead.get()))
    }

    /// Adopts the server's time for later requests. Returns false if the options say that requests
    /// carry the device's time.
    pub(super) fn takes_server_clock(&self, server: Stamp) -> bool {
        let takes = self.options.clock == RequestClock::Server;
        if takes {
            self.server_ahead.set(server.0.saturating_sub(self.ports.clock.wall().0));
        }
        takes
    }

    /// Reports how many rows refer to a missing row. Does so only if the number changed and the
    /// options ask for this.
    pub(super) fn look_at_references(&self) {
        if !self.store.options().watch_references {
            return;
        }
        // A read error is ignored here: the next read of the same data reports it.
        if let Ok(rows) = self.store.read(store::dangling)
            && self.dangling.replace(Some(rows)) != Some(rows)
        {
            self.emit(EngineEvent::Dangling { rows });
        }
    }

    /// Waits for the time of the work that the database and the engine did. Returns that time.
    pub(super) async fn settle_work(&self) -> Span {
        self.ports.work(Work { own: self.owed.take(), ..self.store.work() }).await
    }

    /// The CPU time of the engine's own work for this many rows, without the database's work.
    pub(super) fn own_work(&self, rows: usize) -> Span {
        self.options.row_cpu * rows as u64
    }

    /// Adds the engine's own work for rows. The time passes with the next transaction.
    pub(super) fn works_for(&self, rows: usize) {
        self.owed.set(self.owed.get() + self.own_work(rows));
    }

    /// Kills the process at this crash point if the simulation has planned that.
    pub(super) async fn crash_point(&self, point: &'static str) {
        if self.ports.crash.reached(point) {
            self.die().await;
        }
    }

    /// Reserves memory for a response of `bytes`. The process dies if all responses together need
    /// too much memory.
    pub(super) async fn hold(&self, bytes: u64) -> Held {
        let held = Held::of(&self.answers, bytes);
        if !self.ports.machine.can_decode(self.answers.get()) {
            self.die().await;
        }
        held
    }

    /// Reserves memory for a request of `bytes`. The process dies if all open requests together
    /// need too much memory.
    pub(super) async fn hold_request(&self, bytes: u64) -> Held {
        let held = Held::of(&self.requests, bytes);
        if !self.ports.machine.can_send(self.requests.get()) {
            self.die().await;
        }
        held
    }

    pub(super) async fn die(&self) {
        self.dead.set(true);
        std::future::pending::<()>().await;
    }

    /// The wait after `failures` failures in a row; `previous` is the wait before the last failure.
    pub(super) fn backoff(&self, failures: u32, previous: Option<Span>) -> Span {
        backoff(&self.options.retry, failures, previous, &mut self.retries.borrow_mut())
    }

    /// Remembers the stamp that the backend gave to this process's edit of a row. `made` says that
    /// the edit created the row. A later edit of the row keeps the recorded time of creation.
    pub(super) fn remember(&self, entity: EntityId, key: &Key, stamp: Stamp, made: bool) {
        let mut own = self.own_versions.borrow_mut();
        let written = own.entry((entity, key.clone())).or_insert(Written { stamp, made: None });
        written.stamp = stamp;
        if made {
            written.made = Some(self.ports.clock.now());
        }
    }

    /// The keys of new rows of `entity`, sorted. Each row was created by this process within
    /// `SHOWN_WITHIN`, was not pulled since, and was not undone.
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

    /// Whether this process wrote this pulled version. If so, the version is also forgotten.
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
