//! A device: hardware, disk and link that last, and the app's process that comes and goes.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use super::clock::{DeviceClock, Gait};
use super::hardware::{Hardware, Spent};
use super::hooks::AppHooks;
use super::hub::{DeviceSink, Hub};
use super::missed::Struck;
use super::ports::{CrashBook, DeviceTasks};
use super::power::SyncLoss;
use crate::base::words::count;
use crate::base::{DeviceId, EntityId, Key, Seed, Span, Stamp, Time, UnitId};
use crate::contract::{
    AppEvent, Database, DeviceSetup, DeviceView, EditError, EngineFactory, Event, Hook, KillReason,
    LocalEdit, Machine, Node, Ports, SyncEngine, Work,
};
use crate::disk::{Backup, Disk, PowerLoss};
use crate::engine::Identity;
use crate::net::Way;
use crate::scenario::{Asking, Hooks};
use crate::sim::{Handle, NodeId};
use crate::store::Journal;

/// The database's name on the disk.
pub(super) const DATABASE: &str = "app.db";

/// A device without power comes back after this, unless the event that took it says otherwise.
const SWITCHED_ON_AFTER: Span = Span::secs(60);

/// One device of the world.
pub(super) struct Device {
    me: Weak<Device>,
    id: DeviceId,
    /// With the name that it goes by at the server.
    setup: RefCell<Rc<DeviceSetup>>,
    identity: Identity,
    pub(super) node: NodeId,
    pub(super) disk: Disk,
    pub(super) crash: Rc<CrashBook>,
    hardware: Rc<Hardware>,
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
    /// Since when a person who logged in waits for the first blocking unit.
    waits_for_login: Rc<Cell<Option<Time>>>,
    losses: Cell<u64>,
    /// How often its state was put in by a backup or a copy.
    lives: Cell<u32>,
    /// How often the process died for lack of memory since it last stayed up.
    starved: Cell<u64>,
    /// Why it last did not start.
    refused: RefCell<Option<String>>,
    takers_of_room: Cell<i32>,
    /// Edits whose time is not over.
    unsaved: RefCell<Vec<Unsaved>>,
}

/// An edit of which the person does not see yet that it is saved.
struct Unsaved {
    edit: LocalEdit,
    since: Time,
    /// How long it waits for the lock.
    locked: Span,
}

/// What a device was at an instant, to be put in again.
pub(super) struct DeviceBackup {
    at: Time,
    disk: Backup,
    setup: Rc<DeviceSetup>,
    life: u32,
}

/// What a device is made of.
pub(super) struct Parts {
    pub(super) setup: DeviceSetup,
    pub(super) hardware: Hardware,
    pub(super) disk: Disk,
    pub(super) journal: Journal,
    pub(super) way: Rc<Way>,
    pub(super) hooks: Arc<Hooks>,
    pub(super) factory: Rc<dyn EngineFactory>,
    pub(super) start: Stamp,
    pub(super) utc_offset: i32,
    pub(super) gait: Gait,
    pub(super) seed: Seed,
    pub(super) identity: Identity,
    /// The node of the bench itself, which outlives every device's.
    pub(super) world: NodeId,
}

impl Device {
    pub(super) fn new(handle: &Handle, hub: &Rc<Hub>, parts: Parts) -> Rc<Device> {
        let id = parts.setup.device;
        let node = handle.node(&id.to_string());
        let crash = Rc::new(CrashBook::default());
        let waits_for_login = Rc::new(Cell::new(None));
        let hardware = Rc::new(parts.hardware);
        let clock = DeviceClock {
            handle: handle.clone(),
            start: parts.start,
            utc_offset: parts.utc_offset,
            gait: parts.gait,
        };
        let device = Rc::new_cyclic(|me: &Weak<Device>| {
            let sink = DeviceSink {
                hub: hub.clone(),
                device: id,
                disk: parts.disk.clone(),
                waits_for_login: waits_for_login.clone(),
            };
            let trigger = {
                let me = me.clone();
                move |hook, run, unit| {
                    if let Some(device) = me.upgrade() {
                        device.trigger_by_hook(hook, run, unit);
                    }
                }
            };
            let hooks = AppHooks {
                plan: parts.hooks,
                handle: handle.clone(),
                way: parts.way.clone(),
                seed: parts.seed.derive("hooks", 0),
                trigger: Rc::new(trigger),
                called: RefCell::default(),
            };
            let ports = Ports {
                clock: Rc::new(clock),
                spawn: Rc::new(DeviceTasks { handle: handle.clone(), node, device: me.clone() }),
                transport: Rc::new(parts.way.clone()),
                crash: crash.clone(),
                events: Rc::new(sink),
                hooks: Rc::new(hooks),
                machine: hardware.clone(),
                seed: parts.seed,
            };
            Device {
                me: me.clone(),
                id,
                setup: RefCell::new(Rc::new(parts.setup)),
                identity: parts.identity,
                node,
                disk: parts.disk,
                crash: crash.clone(),
                hardware: hardware.clone(),
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
                lives: Cell::new(0),
                starved: Cell::new(0),
                refused: RefCell::default(),
                takers_of_room: Cell::new(0),
                unsaved: RefCell::default(),
            }
        });
        crash.belongs_to(&device);
        hardware.belongs_to(&device);
        device
    }

    pub(super) fn id(&self) -> DeviceId {
        self.id
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
        self.before_poll();
        let opened =
            self.factory.open(self.setup.borrow().clone(), incarnation, database, self.ports.clone());
        let engine = match opened {
            Ok(engine) => engine,
            Err(error) => {
                *self.refused.borrow_mut() = Some(error.to_string());
                return self.notice_power();
            }
        };
        self.refused.take();
        // To open a database may mean to recover it.
        self.hardware.take_on(Work::default());
        self.tell(Event::ProcessStarted { incarnation: incarnation.0 });
        *self.engine.borrow_mut() = Some(engine.clone());
        self.ports.spawn.spawn(engine.clone().run());
        if self.waits_for_login.get().is_some() {
            let was_looked_at = self.foreground.get();
            self.app(AppEvent::Login);
            // Nobody looks at it for its having been killed.
            if !was_looked_at {
                self.put_away();
            }
        } else if self.foreground.get() {
            self.app(AppEvent::Resume);
        }
    }

    /// Ends the process, by no doing of its own: what it had written by now stays, what it sent goes on. With
    /// `restart_after` it comes back.
    pub(super) fn kill(&self, reason: KillReason, restart_after: Option<Span>) {
        // What is done at this very instant may not have been told yet.
        let under_way = self.hardware.free_at() >= self.now();
        self.die(reason, restart_after, under_way);
    }

    /// The same by a fault, which is noted if there is a process to end.
    pub(super) fn strike(&self, reason: KillReason, restart_after: Span, struck: &Struck) {
        if self.is_running() {
            struck.set();
            self.kill(reason, Some(restart_after));
        }
    }

    /// The power fails at `at`, by this loss.
    pub(super) fn lose_power_at(&self, at: Time, loss: SyncLoss) {
        let device = self.me.upgrade().expect("a device lasts as long as its world");
        let handle = self.handle.clone();
        self.handle.spawn(self.world, "kill", async move {
            handle.sleep_until(at).await;
            device.strike(KillReason::PowerLoss, loss.restart_after, &loss.struck);
        });
    }

    /// The power fails at a sync.
    pub(super) fn lose_power_at_sync(&self, loss: SyncLoss) {
        self.hardware.sync_losses.arm(loss);
    }

    /// Ends the process at a place in its own code: whoever came there has told what was done before.
    pub(super) fn die_here(&self, reason: KillReason, restart_after: Option<Span>) {
        let under_way = self.hardware.free_at() > self.now();
        self.die(reason, restart_after, under_way);
    }

    fn die(&self, reason: KillReason, restart_after: Option<Span>, under_way: bool) {
        if !self.is_running() {
            return;
        }
        let under_way = under_way || self.disk.has_open_failure();
        self.starved.set(if reason == KillReason::LowMemory { self.starved.get() + 1 } else { 0 });
        match reason {
            KillReason::Killed | KillReason::LowMemory => _ = self.disk.kill_at(self.now()),
            KillReason::PowerLoss => {
                let loss = self.losses.replace(self.losses.get() + 1);
                let how = match self.seed.hash("world.power-loss", loss, 0) % 3 {
                    0 => PowerLoss::LoseAll,
                    _ => PowerLoss::LoseSome(self.seed.derive("world.power-loss", loss)),
                };
                _ = self.disk.power_loss_at(self.now(), how);
            }
        }
        self.hardware.stop();
        self.miss_unsaved();
        if under_way {
            self.tell(Event::CutShort);
        }
        self.tell(Event::ProcessKilled { reason });
        self.handle.kill(self.node);
        self.way.process_died();
        drop(self.engine.take());
        if let Some(wait) = restart_after {
            self.start_after(wait);
        }
    }

    /// What it is now.
    pub(super) fn backup(&self) -> DeviceBackup {
        let setup = self.setup.borrow().clone();
        DeviceBackup { at: self.now(), disk: self.disk.backup(), setup, life: self.lives.get() }
    }

    /// Its storage goes back to what it was at a backup, with the name that is kept there. Nobody looks at the app meanwhile.
    pub(super) fn restore(&self, backup: &DeviceBackup, restart_after: Span) {
        // A name that is kept elsewhere never changed.
        *self.setup.borrow_mut() = backup.setup.clone();
        let told = Event::Restored { to: backup.at, life: backup.life };
        self.put_in(&backup.disk, restart_after, told);
    }

    fn put_in(&self, backup: &Backup, restart_after: Span, told: Event<'_>) {
        let was_running = self.is_running();
        self.kill(KillReason::Killed, None);
        self.disk.restore(backup);
        self.lives.set(self.lives.get() + 1);
        self.tell(told);
        if was_running {
            self.start_after(restart_after);
        }
    }

    /// Its storage becomes a copy of another's; what was there is gone, and its name goes with it if that was kept there.
    pub(super) fn become_copy(&self, other: &Device, restart_after: Span) {
        let copy = other.disk.backup();
        if self.identity == Identity::Database {
            *self.setup.borrow_mut() = other.setup.borrow().clone();
        }
        let unseen: Vec<LocalEdit> =
            other.unsaved.borrow().iter().map(|unsaved| unsaved.edit.clone()).collect();
        self.put_in(&copy, restart_after, Event::BecameCopy { of: other.id, unseen: &unseen });
        if other.is_running() && other.hardware.free_at() >= self.now() {
            // The copy may hold what the other is about to tell.
            self.tell(Event::CutShort);
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

    /// One of the process' tasks gets its turn.
    pub(super) fn before_poll(&self) {
        // Others may have made the store give back its memory, which nobody is charged for.
        if self.disk.owes() {
            self.disk.forgive();
        }
        self.disk.settle(self.now());
    }

    /// One of the process' tasks had its turn. What it did to the disk and took on no work for costs nothing.
    pub(super) fn after_poll(&self) {
        if self.disk.owes() {
            self.disk.forgive();
        }
        self.disk.settle(self.now());
        self.notice_power();
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
                // Another process of the app does not start the wait again.
                self.waits_for_login.set(self.waits_for_login.get().or(Some(self.now())));
            }
            AppEvent::Resume => self.foreground.set(true),
            AppEvent::Pause => self.foreground.set(false),
            AppEvent::Online | AppEvent::Offline => {}
        }
        if self.is_running() {
            match event {
                AppEvent::Login | AppEvent::Resume => self.hardware.take_up(),
                AppEvent::Pause => self.hardware.put_away(),
                AppEvent::Online | AppEvent::Offline => {}
            }
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

    /// A person edits. Nothing comes of it while the app is not running: the person sees that it is not.
    pub(super) fn edit(&self, edit: &LocalEdit) {
        if !self.is_running() {
            return self.miss(edit);
        }
        self.before_poll();
        self.with_engine(|engine| {
            let made_at = self.ports.clock.wall();
            let waited = Span(self.hardware.free_at().0.saturating_sub(self.now().0));
            match engine.edit(edit) {
                Ok(()) if self.is_running() => self.saved(edit, made_at, waited),
                // The power failed before the commit: nobody was told that it was saved.
                Ok(()) | Err(EditError::Storage(_)) => self.miss(edit),
                Err(error) => self.tell(Event::EditRefused { edit, error: &error }),
            }
        });
    }

    /// A person wants to edit, and the app shows nothing that will do.
    pub(super) fn miss(&self, edit: &LocalEdit) {
        self.tell(Event::EditMissed { edit, waited: Span::ZERO });
    }

    /// The person sees that an edit is saved when its time is over, if the process lives so long.
    fn saved(&self, edit: &LocalEdit, made_at: Stamp, waited: Span) {
        let (begun, until) = (self.now(), self.hardware.free_at());
        if until <= begun {
            return self.tell(Event::EditMade { edit, made_at });
        }
        let device = self.me.upgrade().expect("a device lasts as long as its world");
        let (handle, edit) = (self.handle.clone(), edit.clone());
        self.unsaved.borrow_mut().push(Unsaved { edit: edit.clone(), since: begun, locked: waited });
        self.handle.spawn(self.node, "edit", async move {
            handle.sleep_until(until).await;
            device.unsaved.borrow_mut().retain(|unsaved| unsaved.edit.id != edit.id);
            device.tell(Event::EditMade { edit: &edit, made_at });
            device.tell(Event::AppWrote { took: until - begun, waited });
            device.disk.settle(until);
        });
    }

    /// Who waits for an edit to be saved waits in vain.
    fn miss_unsaved(&self) {
        for Unsaved { edit, since, locked } in self.unsaved.take() {
            self.tell(Event::EditMissed { edit: &edit, waited: locked.min(self.now() - since) });
        }
    }

    /// A person opens a record.
    pub(super) fn open_record(&self, entity: EntityId, of: Key) {
        self.with_engine(|engine| {
            let fetch = engine.clone().fetch(entity, of);
            // A failed fetch shows on the screen and in the request's events; nothing waits for it.
            self.ports.spawn.spawn(Box::pin(async move { drop(fetch.await) }));
        });
    }

    /// A person asks for a sync.
    pub(super) fn trigger(&self, unit: UnitId, how: Asking) {
        self.with_engine(|engine| match how {
            Asking::Queued => engine.trigger(unit, false),
            Asking::Alone => engine.trigger(unit, true),
            Asking::Direct => {
                let sync = engine.clone().sync(unit);
                // How it ends shows in its requests' events, and nowhere else.
                self.ports.spawn.spawn(Box::pin(async move { drop(sync.await) }));
            }
        });
    }

    /// A hook of the app, called for this unit and run if for any, asks for a sync.
    pub(super) fn trigger_by_hook(&self, hook: Hook, run: Option<(UnitId, u64)>, unit: UnitId) {
        self.with_engine(|engine| {
            self.tell(Event::HookTriggered { hook, run, unit });
            engine.trigger(unit, false);
        });
    }

    /// What the device holds, if its process runs and its database can be read.
    pub(super) fn with_view<R>(&self, f: impl FnOnce(&dyn DeviceView) -> R) -> Option<R> {
        self.look(|view| (f(view), view.damage(false)))
            .and_then(|(seen, damage)| damage.is_none().then_some(seen))
    }

    /// What the bench itself looks at is free.
    fn look<R>(&self, f: impl FnOnce(&dyn DeviceView) -> R) -> Option<R> {
        let engine = self.engine.borrow().clone();
        let seen = engine.map(|engine| f(engine.view()));
        self.disk.forgive();
        seen
    }

    /// Why there is nothing to see of it; `None` if there is. Of a device that has lost its power the whole database is looked at.
    pub(super) fn out_of_sight(&self) -> Option<String> {
        let damage = match self.look(|view| view.damage(self.losses.get() > 0)) {
            Some(None) => return None,
            seen => seen.flatten(),
        };
        Some(match (damage, self.refused.borrow().as_deref(), self.starved.get()) {
            (Some(damage), ..) => format!("its database cannot be read: {damage}"),
            (_, Some(refused), _) => format!("its app does not start: {refused}"),
            (.., 0) => "its app does not run".to_owned(),
            (.., starved) => {
                let times = count(starved, "time");
                format!("its app was killed for want of memory {times} in a row")
            }
        })
    }

    /// Something takes the room on the device, or gives it back; who is last to give it back gives it.
    pub(super) fn lose_room(&self, lost: bool) {
        let takers = self.takers_of_room.get() + if lost { 1 } else { -1 };
        self.takers_of_room.set(takers);
        self.disk.set_full(takers > 0);
    }

    /// The world ends: what the app did for the person who still looks at it is told, and what it did not come to.
    pub(super) fn close_books(&self) {
        self.hardware.close_books();
        self.miss_unsaved();
    }

    /// What its hardware has done.
    pub(super) fn spent(&self) -> Spent {
        self.hardware.spent()
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
