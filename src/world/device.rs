//! A device: hardware, disk and link that last, and the app's process that comes and goes.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::hub::{DeviceSink, Hub};
use super::ports::{CrashBook, DeviceClock, DeviceTasks, Hardware};
use crate::base::{DeviceId, EntityId, Key, Seed, Span, Stamp, Time, UnitId};
use crate::contract::{
    AppEvent, Database, DeviceSetup, DeviceView, EditError, EngineFactory, Event, KillReason, LocalEdit,
    Node, Ports, SyncEngine,
};
use crate::disk::{Disk, PowerLoss};
use crate::net::Way;
use crate::sim::{Handle, NodeId};
use crate::store::Journal;

/// The database's name on the disk.
pub(super) const DATABASE: &str = "app.db";

/// A device without power comes back after this, unless the event that took it says otherwise.
const SWITCHED_ON_AFTER: Span = Span::secs(60);

/// One device of the world.
pub(super) struct Device {
    me: Weak<Device>,
    pub(super) setup: Rc<DeviceSetup>,
    pub(super) node: NodeId,
    pub(super) disk: Disk,
    pub(super) crash: Rc<CrashBook>,
    journal: Journal,
    world: NodeId,
    handle: Handle,
    factory: Rc<dyn EngineFactory>,
    hub: Rc<Hub>,
    ports: Ports,
    way: Rc<Way>,
    seed: Seed,
    engine: RefCell<Option<Rc<dyn SyncEngine>>>,
    foreground: Cell<bool>,
    waits_for_login: Rc<Cell<bool>>,
    losses: Cell<u64>,
}

/// What a device is made of.
pub(super) struct Parts {
    pub(super) setup: DeviceSetup,
    pub(super) hardware: Hardware,
    pub(super) disk: Disk,
    pub(super) journal: Journal,
    pub(super) way: Rc<Way>,
    pub(super) factory: Rc<dyn EngineFactory>,
    pub(super) start: Stamp,
    pub(super) seed: Seed,
    /// The node of the bench itself, which outlives every device's.
    pub(super) world: NodeId,
}

impl Device {
    pub(super) fn new(handle: &Handle, hub: &Rc<Hub>, parts: Parts) -> Rc<Device> {
        let id = parts.setup.device;
        let node = handle.node(&id.to_string());
        let crash = Rc::new(CrashBook::default());
        let waits_for_login = Rc::new(Cell::new(false));
        let device = Rc::new_cyclic(|me: &Weak<Device>| {
            let sink = DeviceSink {
                hub: hub.clone(),
                device: id,
                disk: parts.disk.clone(),
                waits_for_login: waits_for_login.clone(),
            };
            let ports = Ports {
                clock: Rc::new(DeviceClock { handle: handle.clone(), start: parts.start }),
                spawn: Rc::new(DeviceTasks { handle: handle.clone(), node, device: me.clone() }),
                transport: Rc::new(parts.way.clone()),
                crash: crash.clone(),
                events: Rc::new(sink),
                machine: Rc::new(parts.hardware),
                seed: parts.seed,
            };
            Device {
                me: me.clone(),
                setup: Rc::new(parts.setup),
                node,
                disk: parts.disk,
                crash: crash.clone(),
                journal: parts.journal,
                world: parts.world,
                handle: handle.clone(),
                factory: parts.factory,
                hub: hub.clone(),
                ports,
                way: parts.way,
                seed: parts.seed,
                engine: RefCell::new(None),
                foreground: Cell::new(false),
                waits_for_login,
                losses: Cell::new(0),
            }
        });
        crash.belongs_to(&device);
        device
    }

    pub(super) fn id(&self) -> DeviceId {
        self.setup.device
    }

    pub(super) fn now(&self) -> Time {
        self.handle.now()
    }

    /// Where the database lies on the disk.
    pub(super) fn database(disk: &Disk) -> Database {
        let location = disk.location(DATABASE);
        Database { path: location.path, vfs: location.vfs }
    }

    /// Whether a process runs.
    pub(super) fn is_running(&self) -> bool {
        self.engine.borrow().is_some()
    }

    /// Starts the app's process. A database that does not open counts as a device without power.
    pub(super) fn start(&self) {
        if self.is_running() {
            return;
        }
        if !self.handle.is_up(self.node) {
            self.handle.restart(self.node);
        }
        let incarnation = self.handle.incarnation(self.node);
        // Without a journal in the file layer there is no file either: for benches, it begins empty and ends with the process.
        let database = match self.journal {
            Journal::Memory => Database { path: ":memory:".to_owned(), vfs: None },
            _ => Device::database(&self.disk),
        };
        let opened = self.factory.open(self.setup.clone(), incarnation, database, self.ports.clone());
        let Ok(engine) = opened else {
            return self.notice_power();
        };
        self.tell(Event::ProcessStarted { incarnation: incarnation.0 });
        *self.engine.borrow_mut() = Some(engine.clone());
        self.ports.spawn.spawn(engine.clone().run());
        if self.waits_for_login.get() {
            self.app(AppEvent::Login);
        } else if self.foreground.get() {
            self.app(AppEvent::Resume);
        }
    }

    /// Ends the process: what it wrote stays, what it sent goes on. With `restart_after` it comes back.
    pub(super) fn kill(&self, reason: KillReason, restart_after: Option<Span>) {
        if !self.is_running() {
            return;
        }
        match reason {
            KillReason::Killed => self.disk.kill(),
            KillReason::PowerLoss => {
                let loss = self.losses.replace(self.losses.get() + 1);
                let how = match self.seed.hash("world.power-loss", loss, 0) % 3 {
                    0 => PowerLoss::LoseAll,
                    _ => PowerLoss::LoseSome(self.seed.derive("world.power-loss", loss)),
                };
                self.disk.power_loss(how);
            }
        }
        self.tell(Event::ProcessKilled { reason });
        self.handle.kill(self.node);
        self.way.process_died();
        drop(self.engine.take());
        if let Some(wait) = restart_after {
            self.start_after(wait);
        }
    }

    fn start_after(&self, wait: Span) {
        let device = self.me.upgrade().expect("a device lasts as long as its world");
        let handle = self.handle.clone();
        self.handle.spawn(self.world, "restart", async move {
            handle.sleep(wait).await;
            device.start();
        });
    }

    /// The executor killed the node by a plan of its own: the process is gone, its state follows.
    pub(super) fn node_was_killed(&self, restart_after: Span) {
        self.kill(KillReason::Killed, Some(restart_after));
    }

    /// A disk that lost its power takes the process with it.
    pub(super) fn notice_power(&self) {
        if self.disk.power_is_lost() {
            if !self.is_running() {
                // It failed while the process was starting.
                self.disk.power_loss(PowerLoss::LoseAll);
                self.handle.kill(self.node);
                self.start_after(SWITCHED_ON_AFTER);
                return;
            }
            self.kill(KillReason::PowerLoss, Some(SWITCHED_ON_AFTER));
        }
    }

    /// Tells the app what happened to it.
    pub(super) fn app(&self, event: AppEvent) {
        match event {
            AppEvent::Login => {
                self.foreground.set(true);
                self.waits_for_login.set(true);
            }
            AppEvent::Resume => self.foreground.set(true),
            AppEvent::Pause => self.foreground.set(false),
            AppEvent::Online | AppEvent::Offline => {}
        }
        self.with_engine(|engine| {
            self.tell(Event::App(event));
            engine.on(event);
        });
    }

    /// Whoever looks at the app stops doing so: periodic triggers count foreground time.
    pub(super) fn put_away(&self) {
        if self.foreground.get() {
            self.app(AppEvent::Pause);
        }
    }

    /// A person edits. Nothing happens while the app is not running: the person sees that it is not.
    pub(super) fn edit(&self, edit: &LocalEdit) {
        self.with_engine(|engine| {
            let made_at = self.ports.clock.wall();
            match engine.edit(edit) {
                Ok(()) => self.tell(Event::EditMade { edit, made_at }),
                // The power failed before the commit: nobody was told that it was saved.
                Err(EditError::Storage(_)) => {}
                Err(error) => self.tell(Event::EditRefused { edit, error: &error }),
            }
        });
    }

    /// A person opens a record.
    pub(super) fn open_record(&self, entity: EntityId, of: Key) {
        self.with_engine(|engine| {
            let fetch = engine.clone().fetch(entity, of);
            // A failed fetch shows on the screen and in the request's events; nothing waits for it.
            self.ports.spawn.spawn(Box::pin(async move { drop(fetch.await) }));
        });
    }

    pub(super) fn trigger(&self, unit: UnitId) {
        self.with_engine(|engine| engine.trigger(unit, false));
    }

    /// What the device holds, if its process runs.
    pub(super) fn with_view<R>(&self, f: impl FnOnce(&dyn DeviceView) -> R) -> Option<R> {
        let engine = self.engine.borrow().clone();
        engine.map(|engine| f(engine.view()))
    }

    fn with_engine(&self, f: impl FnOnce(&Rc<dyn SyncEngine>)) {
        let engine = self.engine.borrow().clone();
        if let Some(engine) = engine {
            f(&engine);
        }
        self.notice_power();
    }

    fn tell(&self, event: Event<'_>) {
        self.hub.emit(Node::Device(self.id()), event);
    }
}
