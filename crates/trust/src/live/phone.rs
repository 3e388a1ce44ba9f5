//! The built-in engine on an emulated phone: the machine's clock, sockets, and SQLite in memory.
//! The cost of its work is that of the simulation, so that only the network differs.

use std::cell::{Cell as Slot, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use syncdyno_contract::base::{EntityId, Incarnation, Seed, Span, Stamp, Time};
use syncdyno_contract::contract::{
    AppEvent, Clock, CrashPoints, Database, DeviceSetup, EngineEvent, EngineFactory, EventSink, Hooks,
    LocalBoxFuture, Machine, NetworkKind, Occasion, PendingResponse, Ports, Spawn, Threw, Transport,
    TransportError, Work,
};
use syncdyno_world::engine::{BuiltinFactory, Decoder};
use syncdyno_world::net::LinkConditions;
use syncdyno_world::setup::{DeviceClass, Setup};
use tokio::sync::Notify;
use tokio::task::LocalSet;

use crate::live::connections::Connections;
use crate::live::pace::{Late, Pace, SharedLateness};
use crate::live::tally::Tally;

/// The result of a phone.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) tally: Tally,
    /// Rows in its database.
    pub(crate) held: u64,
    /// By how much its real work exceeded the simulated time, and how late its timers were.
    pub(crate) late: Late,
    pub(crate) connections: u32,
}

struct Device {
    pace: Pace,
    start: Stamp,
    utc_offset: i32,
    class: DeviceClass,
    decoder: Decoder,
    link: Rc<LinkConditions>,
    connections: Connections,
    /// When the current task was polled: its work began then.
    turn: Slot<Time>,
    /// When the accepted database work is done.
    free: Slot<Time>,
    tally: RefCell<Tally>,
    done: Notify,
    late: SharedLateness,
}

/// The device as its ports.
#[derive(Clone)]
struct Port(Rc<Device>);

/// A task that notes when it is polled.
struct Turn {
    task: LocalBoxFuture<'static, ()>,
    device: Rc<Device>,
}

impl Future for Turn {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.device.turn.set(self.device.pace.now());
        self.task.as_mut().poll(context)
    }
}

impl Clock for Port {
    fn now(&self) -> Time {
        self.0.pace.now()
    }
    fn wall(&self) -> Stamp {
        self.0.start.plus(Span(self.now().0))
    }
    fn local(&self) -> Stamp {
        Stamp(self.wall().0 + i64::from(self.0.utc_offset) * 1_000_000)
    }
    fn sleep_until(&self, time: Time) -> LocalBoxFuture<'static, ()> {
        let (pace, late) = (self.0.pace, self.0.late.clone());
        Box::pin(async move {
            let is_ahead = time > pace.now();
            pace.sleep_until(time).await;
            if is_ahead {
                late.borrow_mut().note(time, pace.now());
            }
        })
    }
}

impl Spawn for Port {
    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        tokio::task::spawn_local(Turn { task, device: self.0.clone() });
    }
}

impl Transport for Port {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        let device = self.0.clone();
        Box::pin(async move {
            if !device.link.seems_up(device.pace.now()) {
                return Err(TransportError::Offline);
            }
            let wait = device.pace.until(deadline);
            let asked = tokio::time::timeout(wait, device.connections.ask(request)).await;
            asked.unwrap_or(Err(TransportError::Timeout))
        })
    }
    fn network(&self) -> NetworkKind {
        self.0.link.network(self.0.pace.now())
    }
}

impl CrashPoints for Port {
    fn reached(&self, _: &str) -> bool {
        false
    }
}

impl Hooks for Port {
    fn call(&self, _: Occasion<'_>) -> Option<LocalBoxFuture<'static, Result<(), Threw>>> {
        None
    }
}

impl Machine for Port {
    /// Costs are those of the simulated hardware without flash. The work began with this turn; it
    /// is noted if the real work took longer.
    fn take_on(&self, work: Work) -> Time {
        let Device { class, decoder, turn, free, pace, late, .. } = &*self.0;
        let mut until = turn.get();
        if work.steps > 0 || work.own > Span::ZERO {
            let steps = u128::from(work.steps) * u128::from(class.step_picos) / 1_000;
            let own = work.own.scaled(class.cpu_milli.into(), 1_000);
            until = until.max(free.get()) + Span(steps as u64) + own;
            free.set(until);
        }
        let rate = match decoder {
            Decoder::Streaming => class.parse_rate,
            Decoder::Managed => class.managed_rate,
        };
        until += Span::secs(1).scaled(work.coded_bytes, rate.0);
        until += Span::secs(1).scaled(work.native_bytes, class.parse_rate.0);
        let now = pace.now();
        late.borrow_mut().note(until, now);
        until.max(now)
    }
    fn can_decode(&self, _: u64) -> bool {
        true
    }
}

impl EventSink for Port {
    fn emit(&self, event: EngineEvent<'_>) {
        if self.0.tally.borrow_mut().on(self.0.pace.now(), &event) {
            self.0.done.notify_one();
        }
    }
}

fn ports(device: &Rc<Device>, seed: Seed) -> Ports {
    let port = Rc::new(Port(device.clone()));
    Ports {
        clock: port.clone(),
        spawn: port.clone(),
        transport: port.clone(),
        crash: port.clone(),
        events: port.clone(),
        hooks: port.clone(),
        machine: port,
        seed,
    }
}

/// The inputs of a phone's run.
pub(crate) struct Begin<'b> {
    pub(crate) setup: &'b Setup,
    pub(crate) congestion: &'b str,
    pub(crate) link: LinkConditions,
    /// When it logs in, and when it is given up.
    pub(crate) times: (Time, Time),
}

/// Runs a phone's first sync. Calls `begins` when all is ready, which returns when the cell begins.
///
/// # Errors
/// The engine does not open, or the runtime cannot be built.
pub(crate) fn run(begin: Begin<'_>, begins: impl FnOnce() -> Option<Pace>) -> io::Result<Phone> {
    let Begin { setup, congestion, link, times: (login, end) } = begin;
    let plan = setup.devices().into_iter().next().ok_or_else(|| io::Error::other("no device"))?;
    let about = Rc::new(DeviceSetup {
        device: plan.device,
        schema: setup.schema.clone(),
        units: setup.units.clone(),
        attributes: plan.attributes.clone(),
        person: 0,
    });
    // A file in memory; dropping the folder removes it.
    let memory = tempfile::tempdir_in("/dev/shm")?;
    let database = || Database::at(memory.path().join("phone.db").display().to_string());
    let factory = BuiltinFactory::new(setup.engine.clone(), setup.store.clone());
    factory.provision(&about, database(), None).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Some(pace) = begins() else { return Err(io::Error::other("the cell did not begin")) };
    let device = Rc::new(Device {
        pace,
        start: setup.start,
        utc_offset: setup.utc_offset,
        class: plan.class.clone(),
        decoder: setup.engine.decoder,
        link: Rc::new(link),
        connections: Connections::new(setup.transport.header_up, congestion),
        turn: Slot::default(),
        free: Slot::default(),
        tally: RefCell::default(),
        done: Notify::new(),
        late: SharedLateness::default(),
    });
    let seed = setup.seed.derive("world.device", u64::from(plan.device.0));
    LocalSet::new().block_on(&runtime, async {
        let opened = factory.open(about, Incarnation(0), database(), ports(&device, seed));
        let engine = opened.map_err(io::Error::other)?;
        let port = Port(device.clone());
        port.spawn(engine.clone().run());
        for (at, is_up) in device.link.toggles() {
            let engine = engine.clone();
            tokio::task::spawn_local(async move {
                pace.sleep_until(at).await;
                engine.on(if is_up { AppEvent::Online } else { AppEvent::Offline });
            });
        }
        pace.sleep_until(login).await;
        device.turn.set(pace.now());
        device.tally.borrow_mut().begins(pace.now());
        engine.on(AppEvent::Login);
        // A sync that has not ended by then is reported as it stands.
        _ = tokio::time::timeout(pace.until(end), device.done.notified()).await;
        let mut held = 0;
        if let Some(view) = engine.view() {
            view.rows(EntityId(0), &mut |_, _, _| held += 1);
        }
        let (tally, late) = (device.tally.borrow().clone(), device.late.take());
        Ok(Phone { tally, held, late, connections: device.connections.opened.get() })
    })
}
