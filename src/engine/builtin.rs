//! The engine itself: its state, its life, and its face towards the bench.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::bad_rows::BadRows;
use super::control::{Observed, Size, Steering};
use super::options::{CursorBook, Dates, Options};
use super::push::OwnVersions;
use super::queue::Queue;
use super::rules::Rules;
use super::signal::Signal;
use super::view::View;
use crate::base::{EntityId, Incarnation, Key, Span, Stamp, Stream, Time, UnitId};
use crate::contract::{
    AppEvent, Database, DeviceSetup, DeviceView, EditError, EngineError, EngineFactory, Event,
    LocalBoxFuture, LocalEdit, Ports, Provision, RequestKind, SyncEngine, SyncError, Trigger,
};
use crate::store::{self, Store};

/// The built-in engine in one life of a device's process.
pub struct Builtin {
    pub(super) me: Weak<Builtin>,
    pub(super) setup: Rc<DeviceSetup>,
    pub(super) ports: Ports,
    pub(super) store: Rc<Store>,
    pub(super) options: Rc<Options>,
    pub(super) rules: Rules,
    pub(super) retry_stream: RefCell<Stream>,
    pulls: RefCell<Steering>,
    pushes: RefCell<Steering>,

    pub(super) queue: RefCell<Queue>,
    pub(super) wake: Signal,
    pub(super) idle: Signal,
    pub(super) session_open: Cell<bool>,
    pub(super) foreground: Cell<bool>,
    pub(super) login_at: Cell<Option<Time>>,
    /// Nothing is sent before: the server asked for it.
    pub(super) quiet_until: Cell<Time>,
    pub(super) units: RefCell<Vec<UnitState>>,
    requests: Cell<u64>,
    own_versions: RefCell<OwnVersions>,
    pub(super) bad_rows: BadRows,
    /// The process died at a place in this code, and nothing of it may go on.
    pub(super) dead: Cell<bool>,
    /// Bytes of the answers that are in memory.
    answers: Rc<Cell<u64>>,
    view: View,
}

/// What the engine remembers of a unit while the process lives.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UnitState {
    /// When it last started.
    pub(super) started: Option<Time>,
    /// The number of its last run.
    pub(super) run: u64,
    /// Failed runs in a row, so many failed tries the last is followed as, and the wait that was drawn after it.
    pub(super) failures: u32,
    pub(super) tries: u32,
    pub(super) waited: Option<Span>,
    /// A start is planned for the end of the debounce interval.
    pub(super) planned: bool,
    /// The number of the last plan for another try after a failure: a run that begins before it voids it.
    pub(super) retry_plan: u64,
    /// The server said no in the run that failed last, and no planned try has come due without a network since.
    pub(super) refused: bool,
    /// Edits that wait at the server, good runs in a row that left some, and whether asking about them is planned.
    pub(super) queued: usize,
    pub(super) asked: u32,
    pub(super) ask_planned: bool,
}

/// The memory of an answer, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    bytes: u64,
    of: Rc<Cell<u64>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of.set(self.of.get() - self.bytes);
    }
}

impl Builtin {
    /// The book in which the unit's cursors stand.
    pub(super) fn cursor_book(&self, unit: UnitId) -> UnitId {
        match self.options.pull.cursor {
            CursorBook::Entity => store::SHARED,
            CursorBook::Unit => unit,
        }
    }

    pub(super) fn next_request(&self) -> u64 {
        let number = self.requests.get();
        self.requests.set(number + 1);
        number
    }

    /// Passes a crash point, or dies there with all that this process does at the same time.
    pub(super) async fn crash_point(&self, point: &'static str) {
        if self.ports.crash.reached(point) {
            self.die().await;
        }
    }

    /// Gets the memory for an answer of `bytes` beside those that are there, or dies for want of it.
    pub(super) async fn hold(&self, bytes: u64) -> Held {
        self.answers.set(self.answers.get() + bytes);
        let held = Held { bytes, of: self.answers.clone() };
        if !self.ports.machine.can_decode(self.answers.get()) {
            self.die().await;
        }
        held
    }

    async fn die(&self) {
        self.dead.set(true);
        std::future::pending::<()>().await;
    }

    pub(super) fn remember(&self, entity: EntityId, key: &Key, stamp: Stamp) {
        self.own_versions.borrow_mut().insert((entity, key.clone()), stamp);
    }

    /// Whether this version is one that this process wrote; it is forgotten when it comes back.
    pub(super) fn is_echo(&self, entity: EntityId, key: &str, stamp: Stamp) -> bool {
        let mut own = self.own_versions.borrow_mut();
        if own.is_empty() {
            return false;
        }
        let key = (entity, Key::new(key));
        if own.get(&key) == Some(&stamp) { own.remove(&key).is_some() } else { false }
    }

    /// How large the next chunk of this kind may be; the rows of `first` come first in it.
    pub(super) fn chunk(&self, kind: RequestKind, first: EntityId) -> Size {
        let steering = self.steering(kind);
        let size = steering.borrow().size(self.ports.clock.now(), first);
        if let Some(rows) = steering.borrow_mut().news(size) {
            self.ports.emit(Event::ChunkSized { kind, rows });
        }
        size
    }

    /// A chunk of this kind has ended.
    pub(super) fn chunk_ended(&self, kind: RequestKind, seen: &Observed) {
        self.steering(kind).borrow_mut().observe(self.ports.clock.now(), seen);
    }

    fn steering(&self, kind: RequestKind) -> &RefCell<Steering> {
        if kind == RequestKind::Push { &self.pushes } else { &self.pulls }
    }

    fn upgrade(&self) -> Rc<Builtin> {
        self.me.upgrade().expect("the engine is alive while it is called")
    }

    /// Runs `task` as part of this process.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.ports.spawn.spawn(Box::pin(task));
    }

    /// Runs `task` later, on this engine.
    pub(super) fn after(&self, wait: Span, then: impl FnOnce(&Builtin) + 'static) {
        let engine = self.upgrade();
        self.spawn(async move {
            engine.ports.sleep(wait).await;
            then(&engine);
        });
    }
}

impl SyncEngine for Builtin {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }

    fn on(&self, event: AppEvent) {
        match event {
            AppEvent::Login => {
                self.foreground.set(true);
                self.login_at.set(Some(self.ports.clock.now()));
                self.fire(Trigger::Login);
            }
            AppEvent::Online => {
                self.fire(Trigger::Online);
                self.retry_failed();
            }
            AppEvent::Offline => {}
            AppEvent::Resume => {
                self.foreground.set(true);
                self.fire(Trigger::Resume);
            }
            AppEvent::Pause => self.foreground.set(false),
        }
    }

    fn edit(&self, edit: &LocalEdit) -> Result<(), EditError> {
        let made_at = match self.options.dates {
            Dates::Utc => self.ports.clock.wall(),
            Dates::Local => self.ports.clock.local(),
        };
        let saved = self.store.edit(edit, &edit.id.to_string(), made_at);
        self.ports.machine.take_on(self.store.work());
        saved?;
        self.fire(Trigger::Save);
        Ok(())
    }

    fn trigger(&self, unit: UnitId, discard_pending: bool) {
        self.enqueue(unit, discard_pending);
    }

    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async move {
            self.take_turn().await;
            let result = self.transfer(unit).await;
            self.give_turn();
            result.map_err(|ended| ended.error)
        })
    }

    fn fetch(self: Rc<Self>, entity: EntityId, of: Key) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async move { self.fetch_rows(entity, of).await.map_err(|ended| ended.error) })
    }

    fn view(&self) -> &dyn DeviceView {
        &self.view
    }
}

/// Makes built-in engines with one set of options and rules.
#[derive(Clone)]
pub struct BuiltinFactory {
    /// The engine's options.
    pub options: Rc<Options>,
    /// The database's options.
    pub store: store::Options,
    /// The rules: the correct ones, or with a planted bug.
    pub rules: Rules,
}

impl BuiltinFactory {
    /// A factory of correct engines.
    pub fn new(options: Options, store: store::Options) -> BuiltinFactory {
        BuiltinFactory { rules: Rules::of(&options), options: Rc::new(options), store }
    }
}

impl EngineFactory for BuiltinFactory {
    fn open(
        &self,
        setup: Rc<DeviceSetup>,
        incarnation: Incarnation,
        database: Database,
        ports: Ports,
    ) -> Result<Rc<dyn SyncEngine>, EngineError> {
        let store = Store::open(&database, setup.schema.clone(), &self.store).map_err(refused)?;
        let store = Rc::new(store);
        let retry_stream =
            ports.seed.stream("engine.retry", u64::from(setup.device.0), u64::from(incarnation.0));
        let (pull, push) = (&self.options.pull, &self.options.push);
        let pulls = Steering::new(&pull.steering, Size { rows: pull.chunk_rows, bytes: pull.chunk_bytes.0 });
        let pushes = Steering::new(&push.steering, Size { rows: push.chunk_rows, bytes: push.chunk_bytes.0 });
        let units = RefCell::new(vec![UnitState::default(); setup.units.len()]);
        Ok(Rc::new_cyclic(|me| Builtin {
            me: me.clone(),
            view: View::new(store.clone()),
            setup,
            ports,
            store,
            options: self.options.clone(),
            rules: self.rules.clone(),
            retry_stream: RefCell::new(retry_stream),
            pulls: RefCell::new(pulls),
            pushes: RefCell::new(pushes),
            queue: RefCell::default(),
            wake: Signal::default(),
            idle: Signal::default(),
            session_open: Cell::new(false),
            foreground: Cell::new(false),
            login_at: Cell::new(None),
            quiet_until: Cell::new(Time::ZERO),
            units,
            requests: Cell::new(0),
            own_versions: RefCell::default(),
            bad_rows: BadRows::new(self.options.pull.bad_rows),
            dead: Cell::new(false),
            answers: Rc::default(),
        }))
    }

    fn provision(
        &self,
        setup: &DeviceSetup,
        database: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        let made = match state {
            None => Store::create(&database, &setup.schema, &self.store),
            Some(state) => Store::provision(&database, &setup.schema, &setup.units, &self.store, state),
        };
        made.map_err(refused)
    }
}

fn refused(error: store::StoreError) -> EngineError {
    EngineError(error.to_string())
}
