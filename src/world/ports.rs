//! The ports that a device's process gets, and a device with them.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll};

use super::allowed::Allowed;
use super::app::App;
use super::attention::Attention;
use super::cancels::Cancels;
use super::clock::{DeviceClock, Skew};
use super::crash::CrashBook;
use super::device::Device;
use super::hardware::Hardware;
use super::hooks::AppHooks;
use super::hub::Hub;
use super::screen::Screen;
use super::storage::Storage;
use super::suspension::Suspension;
use super::token::{Carrier, Wallet};
use super::unsaved::Unsaved;
use crate::base::{DeviceId, EntityId, Seed, Span, Stamp, Time};
use crate::contract::{
    CrashPoints, DeviceSetup, EngineFactory, Event, EventSink, KillReason, LocalBoxFuture, Machine, Node,
    Ports, Spawn, Transport, Work,
};
use crate::disk::Disk;
use crate::engine::Identity;
use crate::gateway::Versions;
use crate::net::Way;
use crate::scenario::{Budget, Hooks};
use crate::sim::{Handle, NodeId};
use crate::store::Journal;

/// A person who saw the app die for lack of memory opens it again after this.
const OPENED_AGAIN_AFTER: Span = Span::secs(60);

pub(super) struct Parts {
    pub(super) setup: DeviceSetup,
    pub(super) hardware: Hardware,
    pub(super) disk: Disk,
    pub(super) journal: Journal,
    pub(super) way: Rc<Way>,
    /// Its token, if that does not last for ever.
    pub(super) wallet: Option<Rc<Wallet>>,
    /// The versions of its app, if there are several.
    pub(super) versions: Option<Rc<Versions>>,
    pub(super) hooks: Arc<Hooks>,
    pub(super) background: Option<Budget>,
    pub(super) factory: Rc<dyn EngineFactory>,
    pub(super) start: Stamp,
    pub(super) utc_offset: i32,
    pub(super) skew: Skew,
    pub(super) seed: Seed,
    pub(super) identity: Identity,
    /// The node of the bench itself, which outlives every device's.
    pub(super) world: NodeId,
    pub(super) allowed: Allowed,
}

/// A device with its ports.
pub(super) fn device(handle: &Handle, hub: &Rc<Hub>, parts: Parts) -> Rc<Device> {
    let Parts { setup, disk, way, seed, .. } = parts;
    let id = setup.device;
    let node = handle.node(&id.to_string());
    let hardware = Rc::new(parts.hardware);
    let attention = Rc::new(Attention::new(&setup.units, parts.hooks.clone()));
    let screen = Rc::new(Screen::new(&setup.units));
    let Parts { start, utc_offset, skew, .. } = parts;
    let transport: Rc<dyn Transport> = match &parts.wallet {
        None => Rc::new(way.clone()),
        Some(wallet) => {
            let (handle, hub, way) = (handle.clone(), hub.clone(), way.clone());
            let wallet = wallet.clone();
            Rc::new(Carrier { handle, hub, device: id, way, wallet })
        }
    };
    Rc::new_cyclic(|me: &Weak<Device>| {
        let line = DeviceSink {
            hub: hub.clone(),
            handle: handle.clone(),
            device: id,
            disk: disk.clone(),
            attention: attention.clone(),
            screen: screen.clone(),
            owner: me.clone(),
        };
        let ports = Ports {
            clock: Rc::new(DeviceClock { handle: handle.clone(), start, utc_offset, skew }),
            spawn: Rc::new(DeviceTasks { handle: handle.clone(), node, device: me.clone() }),
            transport,
            crash: Rc::new(DevicePoints(me.clone())),
            events: Rc::new(line),
            hooks: Rc::new(hooks(handle, parts.hooks, &way, seed, me.clone())),
            machine: Rc::new(DeviceMachine { device: me.clone(), hardware: hardware.clone() }),
            seed,
        };
        Device {
            me: me.clone(),
            id,
            handle: handle.clone(),
            world: parts.world,
            hub: hub.clone(),
            way,
            ports,
            app: App::new(handle, node, parts.factory, parts.journal),
            storage: Storage::new(disk, (setup, parts.versions), parts.identity, seed),
            crash: CrashBook::default(),
            cancels: Cancels::default(),
            suspension: Suspension::new(parts.background),
            hardware,
            attention,
            screen,
            unsaved: Unsaved::default(),
            allowed: parts.allowed,
            wallet: parts.wallet,
        }
    })
}

fn hooks(handle: &Handle, plan: Arc<Hooks>, way: &Rc<Way>, seed: Seed, device: Weak<Device>) -> AppHooks {
    let trigger = move |hook, run, unit| {
        if let Some(device) = device.upgrade() {
            device.trigger_by_hook(hook, run, unit);
        }
    };
    AppHooks {
        plan,
        handle: handle.clone(),
        way: way.clone(),
        seed: seed.derive("hooks", 0),
        trigger: Rc::new(trigger),
        called: RefCell::default(),
        may_trigger: Rc::default(),
    }
}

/// Tasks of a device's process.
struct DeviceTasks {
    handle: Handle,
    node: NodeId,
    device: Weak<Device>,
}

impl Spawn for DeviceTasks {
    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        let guarded = Guarded { task, device: self.device.clone() };
        let handle = self.handle.clone();
        self.handle.spawn(self.node, "engine", async move { handle.with_waker(guarded).await });
    }
}

/// A task that settles with its device's disk around each step, and looks whether there still is
/// power. That of a suspended app waits.
struct Guarded {
    task: LocalBoxFuture<'static, ()>,
    device: Weak<Device>,
}

impl Future for Guarded {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(device) = self.device.upgrade() {
            if device.suspension.is_on() {
                device.suspension.hold(context.waker());
                return Poll::Pending;
            }
            device.before_poll();
        }
        let polled = self.task.as_mut().poll(context);
        if let Some(device) = self.device.upgrade() {
            device.after_poll();
        }
        polled
    }
}

/// A device's line to the hub. A device without power says nothing.
struct DeviceSink {
    hub: Rc<Hub>,
    handle: Handle,
    device: DeviceId,
    disk: Disk,
    attention: Rc<Attention>,
    screen: Rc<Screen>,
    owner: Weak<Device>,
}

impl EventSink for DeviceSink {
    fn emit(&self, event: Event<'_>) {
        if self.disk.power_is_lost() {
            return;
        }
        let (now, me) = (self.handle.now(), Node::Device(self.device));
        self.screen.on(now, &event);
        let waited = self.attention.let_in(now, &event, |unit| self.screen.belongs_to(unit));
        self.hub.emit(me, event);
        if let Some(since_login) = waited {
            self.hub.emit(me, Event::Usable { since_login });
        }
        if let Event::RequestSent { unit: Some(_), .. } = event
            && let Some(device) = self.owner.upgrade()
        {
            device.is_asking();
        }
    }
}

/// Crash points at which a device's process may die.
struct DevicePoints(Weak<Device>);

impl CrashPoints for DevicePoints {
    fn reached(&self, point: &'static str) -> bool {
        let Some(device) = self.0.upgrade() else { return false };
        let due = device.crash.pass(point, device.now());
        if due.is_some() {
            device.die_here(KillReason::Killed, due);
        }
        due.is_some()
    }
}

/// A device's hardware, whose power may fail and whose memory may be too small.
struct DeviceMachine {
    device: Weak<Device>,
    hardware: Rc<Hardware>,
}

impl Machine for DeviceMachine {
    fn can_read(&self, entity: EntityId, key: &str) -> bool {
        self.hardware.can_read(entity, key)
    }

    fn has_bad_rows(&self) -> bool {
        self.hardware.bad_rows.are_there()
    }

    fn take_on(&self, work: Work) -> Time {
        match self.device.upgrade() {
            Some(device) => device.take_on(work),
            None => self.hardware.take_on(work).until,
        }
    }

    fn can_decode(&self, bytes: u64) -> bool {
        self.lives(self.hardware.has_memory_for(bytes))
    }

    fn can_send(&self, bytes: u64) -> bool {
        self.lives(self.hardware.has_memory_to_send(bytes))
    }
}

impl DeviceMachine {
    /// Kills a process that has not the memory which it needs.
    fn lives(&self, fits: bool) -> bool {
        if !fits && let Some(device) = self.device.upgrade() {
            device.die_here(KillReason::LowMemory, Some(OPENED_AGAIN_AFTER));
        }
        fits
    }
}
