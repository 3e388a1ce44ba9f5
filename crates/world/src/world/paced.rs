//! A world whose time a caller controls. Backend, office, links and their faults follow the plan.
//! The apps that use the links run outside the simulation.
//!
//! Each device is only a link to the server: no app runs on it. Outside input arrives between two
//! calls of [`Paced::run_to`], at the time of the world's clock. So a log of the inputs and their
//! times makes an exact repetition possible.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::build::{self, World};
use super::hub::Ear;
use super::registry::Stacks;
use super::run::Unrunnable;
use super::watch::Unwatched;
use crate::base::{DeviceId, EntityId, Incarnation, Key, Span, Time, Value};
use crate::contract::{
    Cacheable, Connection, Database, DeviceSetup, EngineError, EngineFactory, Event, NetworkKind, Node,
    Opened, PendingConnection, Ports, Provision, Slip, TransportError,
};
use crate::net::{Outage, OutageMode, Server};
use crate::setup::Setup;
use crate::sim::{Handle, Stop, either, oneshot};
use crate::world::server::requests_in::ServerWithSlip;

/// A world whose time a caller controls.
pub struct Paced {
    world: World<'static>,
}

/// A request from outside, sent over a device's link.
pub struct Asked {
    /// The device that sends the request.
    pub device: DeviceId,
    /// The bytes of the request.
    pub request: Vec<u8>,
    /// Out-of-band data for the server.
    pub slip: Slip,
    /// The server that responds; `None` for the server of the world.
    pub server: Option<Rc<dyn Server>>,
    /// The request's identity for a cache between client and server; `None` if no cache may
    /// respond.
    pub cacheable: Option<Cacheable>,
    /// The client gives up at this time.
    pub deadline: Time,
}

/// The result of a request: the response and its out-of-band data.
pub type Came = Result<(Vec<u8>, Slip), TransportError>;

/// Cancels a request in progress.
pub struct GiveUp(oneshot::Sender<()>);

impl GiveUp {
    /// Cancels the request at once.
    pub fn now(self) {
        // The request may have ended at this instant; then the send fails, and nothing is left to
        // cancel.
        _ = self.0.send(());
    }
}

/// Input from a connection that a device keeps open.
#[derive(Debug)]
pub enum Held {
    /// A message has arrived at the device.
    Message(Vec<u8>),
    /// The connection has ended; `Ok` if the server closed it.
    Ended(Result<(), TransportError>),
}

/// The sending side of a device's tunnel (a connection that passes bytes unchanged).
#[derive(Clone, Default)]
pub struct Sends(Rc<RefCell<Sending>>);

#[derive(Default)]
struct Sending {
    line: Option<Rc<dyn Connection>>,
    /// Messages that wait until the connection is open.
    waiting: Vec<Vec<u8>>,
    /// For each end: true if it has announced that it sends no more messages.
    shut: [bool; 2],
}

#[derive(Clone, Copy)]
enum Shut {
    Own,
    Theirs,
}

impl Sends {
    /// Sends a message after the earlier ones; does nothing if the tunnel has ended.
    pub fn send(&self, message: Vec<u8>) {
        let is_last = message.is_empty();
        let mut sending = self.0.borrow_mut();
        match sending.line.clone() {
            // A connection that has ended ignores the message.
            Some(line) => _ = line.send(message),
            None => sending.waiting.push(message),
        }
        drop(sending);
        if is_last {
            self.shut(Shut::Own);
        }
    }
    fn opened(&self, line: &Rc<dyn Connection>) {
        let mut sending = self.0.borrow_mut();
        for message in sending.waiting.drain(..) {
            _ = line.send(message);
        }
        sending.line = Some(line.clone());
    }
    fn shut(&self, end: Shut) {
        let mut sending = self.0.borrow_mut();
        sending.shut[end as usize] = true;
        let over = sending.line.clone().filter(|_| sending.shut == [true; 2]);
        drop(sending);
        over.iter().for_each(|line| line.close());
    }
    fn ended(&self) {
        let mut sending = self.0.borrow_mut();
        (sending.line, sending.waiting) = (None, Vec::new());
    }
}

/// The state of a link at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkNow {
    /// The link profile.
    pub name: String,
    /// The network as the operating system reports it.
    pub network: NetworkKind,
    /// True if no outage affects messages.
    pub carries: bool,
    /// Round-trip time without load.
    pub rtt: Span,
}

/// The factory for devices without an app.
struct NoEngine;

impl EngineFactory for NoEngine {
    fn open(&self, _: Rc<DeviceSetup>, _: Incarnation, _: Database, _: Ports) -> Opened {
        Err(EngineError("no app runs on this device".to_owned()))
    }
    fn provision(&self, _: &DeviceSetup, _: Database, _: Option<&dyn Provision>) -> Result<(), EngineError> {
        Ok(())
    }
}

impl Paced {
    /// Builds the world of `plan` with the server half of its stack. Its phones start without rows.
    /// `ear` gets every event.
    ///
    /// # Errors
    /// If there is no such stack, or if its data cannot be made.
    pub fn build(plan: &Setup, stacks: &Stacks, ear: Rc<RefCell<dyn Ear>>) -> Result<Paced, Unrunnable> {
        let mut plan = plan.clone();
        for fleet in &mut plan.fleets {
            fleet.starts.iter_mut().for_each(|(start, _)| start.synced_ago = None);
        }
        let no_engine = || Unrunnable::NoEngine(plan.engine_name.clone());
        let mut halves = stacks.halves(&plan).ok_or_else(no_engine)?;
        halves.engine = Rc::new(NoEngine);
        let mut world =
            build::build(&plan, halves, &Unwatched).map_err(|error| Unrunnable::Data(error.to_string()))?;
        world.hub.with(|listeners| {
            listeners.oracle = None;
            listeners.ear = Some(ear);
        });
        world.set_servers_going();
        Ok(Paced { world })
    }

    /// Runs all events that are due by `until`, and stops the clock there. Does nothing if `until`
    /// is past.
    ///
    /// # Errors
    /// The state at which the run stopped, if a task loops.
    pub fn run_to(&mut self, until: Time) -> Result<(), String> {
        let until = until.max(self.now());
        loop {
            match self.world.sim.run_to(until) {
                Stop::Deadline | Stop::Idle => return Ok(()),
                Stop::Stalled(snapshot) => return Err(snapshot.to_string()),
                // No oracle looks at devices without an app.
                Stop::Halted => {}
            }
        }
    }
    /// The present virtual time.
    pub fn now(&self) -> Time {
        self.world.handle.now()
    }
    /// The time of the next event that needs no outside input; `None` if there is none.
    pub fn next_timer(&self) -> Option<Time> {
        self.world.sim.next_timer()
    }
    /// The number of devices.
    pub fn devices(&self) -> u32 {
        self.world.devices.len() as u32
    }
    /// The present state of a device's link.
    pub fn link(&self, device: DeviceId) -> LinkNow {
        let (link, now) = (self.world.devices[device.0 as usize].link.borrow(), self.now());
        let (conditions, profile) = (link.conditions(), link.conditions().profile(now));
        LinkNow {
            name: profile.name.clone(),
            network: conditions.network(now),
            carries: conditions.carries(now),
            rtt: profile.rtt,
        }
    }

    /// Sends a request over its device's link. Calls `done` with the result.
    pub fn ask(&self, asked: Asked, done: impl FnOnce(Time, Came) + 'static) -> GiveUp {
        let Asked { device, request, slip, server, cacheable, deadline } = asked;
        let device = self.world.devices[device.0 as usize].clone();
        let handle = self.world.handle.clone();
        let (sender, given_up) = handle.oneshot();
        let slip = Rc::new(RefCell::new(slip));
        let is_cached = || device.link.borrow().cached_for(handle.now()).is_some();
        let asked = match (server, cacheable) {
            (Some(server), _) => device.way.request_of(server, request, deadline),
            (None, Some(cacheable)) if is_cached() => {
                device.way.request_cacheable(request, cacheable, deadline)
            }
            (None, _) => {
                let counter = Rc::new(ServerWithSlip(device.counter.clone(), slip.clone()));
                device.way.request_of(counter, request, deadline)
            }
        };
        self.world.handle.spawn(self.world.node, "from outside", async move {
            let came = either(asked, given_up).await.unwrap_or(Err(TransportError::Cancelled));
            done(handle.now(), came.map(|bytes| (bytes, slip.take())));
        });
        GiveUp(sender)
    }

    /// Sends a request to this server. `heard` gets each piece of the response, and its end.
    pub fn ask_pieces(
        &self,
        (device, server): (DeviceId, Rc<dyn Server>),
        request: Vec<u8>,
        deadline: Time,
        heard: impl FnMut(Time, Held) + 'static,
    ) -> GiveUp {
        let handle = self.world.handle.clone();
        let (sender, given_up) = handle.oneshot();
        let way = self.world.devices[device.0 as usize].way.clone();
        let heard = Rc::new(RefCell::new(heard));
        let (hears, clock) = (heard.clone(), handle.clone());
        let piece = move |bytes| hears.borrow_mut()(clock.now(), Held::Message(bytes));
        let asked = way.request_pieces(server, request, deadline, piece);
        self.world.handle.spawn(self.world.node, "from outside", async move {
            let ended = either(asked, given_up).await.unwrap_or(Err(TransportError::Cancelled));
            heard.borrow_mut()(handle.now(), Held::Ended(ended));
        });
        GiveUp(sender)
    }

    /// Opens a connection that a device keeps open. `heard` gets its messages and its end.
    pub fn hold(
        &self,
        (device, hello): (DeviceId, Vec<u8>),
        deadline: Time,
        heard: impl FnMut(Time, Held) + 'static,
    ) -> GiveUp {
        let asked = self.world.devices[device.0 as usize].way.connect(hello, deadline);
        self.heard(asked, None, heard)
    }

    /// Opens a connection to this server that passes bytes unchanged. An empty message announces
    /// that an end sends no more. The connection ends without an error after both ends have
    /// announced this.
    pub fn tunnel(
        &self,
        (device, server): (DeviceId, Rc<dyn Server>),
        deadline: Time,
        heard: impl FnMut(Time, Held) + 'static,
    ) -> (GiveUp, Sends) {
        let asked = self.world.devices[device.0 as usize].way.tunnel(server, deadline);
        let sends = Sends::default();
        (self.heard(asked, Some(sends.clone()), heard), sends)
    }

    fn heard(
        &self,
        mut asked: PendingConnection,
        sends: Option<Sends>,
        mut heard: impl FnMut(Time, Held) + 'static,
    ) -> GiveUp {
        let handle = self.world.handle.clone();
        let (sender, mut given_up) = handle.oneshot();
        self.world.handle.spawn(self.world.node, "from outside", async move {
            let mut line = None;
            let mut coming = None;
            let ended = poll_fn(|context| {
                loop {
                    if Pin::new(&mut given_up).poll(context).is_ready() {
                        return Poll::Ready(Err(TransportError::Cancelled));
                    }
                    let Some(line) = &line else {
                        match asked.as_mut().poll(context) {
                            Poll::Pending => return Poll::Pending,
                            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                            Poll::Ready(Ok(opened)) => {
                                sends.iter().for_each(|sends| sends.opened(&opened));
                                line = Some(opened);
                            }
                        }
                        continue;
                    };
                    match coming.get_or_insert_with(|| line.receive()).as_mut().poll(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                        Poll::Ready(Ok(None)) => return Poll::Ready(Ok(())),
                        Poll::Ready(Ok(Some(message))) => {
                            let is_last = message.is_empty();
                            heard(handle.now(), Held::Message(message));
                            sends.iter().filter(|_| is_last).for_each(|sends| sends.shut(Shut::Theirs));
                        }
                    }
                    coming = None;
                }
            });
            let ended = ended.await;
            sends.iter().for_each(Sends::ended);
            drop(line);
            heard(handle.now(), Held::Ended(ended));
        });
        GiveUp(sender)
    }

    /// A person switches a device's network off for `length`. The operating system notices it.
    pub fn cut(&self, device: DeviceId, length: Span) {
        let (from, of) = (self.now(), &self.world.devices[device.0 as usize]);
        let outage = Outage { from, until: from + length, mode: OutageMode::Drop, noticed: true };
        of.link.borrow_mut().conditions_mut().add_outages([outage]);
        of.way.conditions_changed();
        let (hub, node) = (self.world.hub.clone(), Node::Device(device));
        hub.emit(node, Event::LinkDown);
        self.world.at(outage.until, "network", move || hub.emit(node, Event::LinkUp));
    }
    /// Calls `f` with each live row of the backend: entity, key, the backend's values.
    pub fn rows(&self, f: &mut dyn FnMut(EntityId, &Key, &[Value])) {
        let backend = self.world.servers.backend.borrow();
        for entity in backend.schema().ids() {
            backend.rows(entity).filter(|row| !row.deleted).for_each(|row| f(entity, &row.key, &row.values));
        }
    }
    /// Access to the simulation, for a server that the caller puts in place of the world's own.
    pub fn handle(&self) -> Handle {
        self.world.handle.clone()
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        // The ear may own the code that controls the world, so it gets no events during the
        // teardown.
        self.world.hub.with(|listeners| listeners.ear = None);
    }
}
