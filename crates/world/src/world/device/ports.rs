//! The ports (the interfaces that an engine gets) of a device's process.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use crate::base::{EntityId, Span, Time};
use crate::contract::{
    Cacheable, CrashPoints, EngineEvent, Event, EventSink, KillReason, LocalBoxFuture, Machine, NetworkKind,
    Node, PendingConnection, PendingEnd, PendingResponse, PendingSlipped, PhoneEvent, Pieces, Slip, Spawn,
    Transport, TransportError, Work,
};
use crate::world::device::node::Device;
use crate::world::server::requests_in::ServerWithSlip;

/// A person saw the app die because of low memory or a row that is too large. They reopen it after
/// this time.
const OPENED_AGAIN_AFTER: Span = Span::secs(60);

pub(crate) struct OfDevice(pub(crate) Weak<Device>);

impl OfDevice {
    fn device(&self) -> Rc<Device> {
        self.0.upgrade().expect("a device lasts as long as its world")
    }
    fn lives(&self, fits: bool, reason: KillReason) -> bool {
        if !fits {
            self.device().die_here(reason, Some(OPENED_AGAIN_AFTER));
        }
        fits
    }
}

impl Spawn for OfDevice {
    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        let device = self.device();
        let guarded = Guarded { task, device: self.0.clone() };
        let handle = device.handle.clone();
        device.handle.spawn(device.app.node, "engine", async move { handle.with_waker(guarded).await });
    }
}

/// A task that settles the disk and checks the power around each poll. It waits while the app is
/// suspended.
struct Guarded {
    task: LocalBoxFuture<'static, ()>,
    device: Weak<Device>,
}

impl Future for Guarded {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(device) = self.device.upgrade() {
            if device.suspension.is_on() {
                device.suspension.tasks.borrow_mut().push(context.waker().clone());
                return Poll::Pending;
            }
            device.before_poll();
        }
        let polled = self.task.as_mut().poll(context);
        if let Some(device) = self.device.upgrade() {
            // Disk work outside of `take_on` costs no time.
            device.before_poll();
            device.notice_power();
        }
        polled
    }
}

/// A device without power emits no events.
impl EventSink for OfDevice {
    fn emit(&self, told: EngineEvent<'_>) {
        let (device, event) = (self.device(), Event::Engine(told));
        if device.storage.disk.power_is_lost() {
            return;
        }
        let (now, me) = (device.now(), Node::Device(device.id));
        device.screen.on(now, &event);
        let waited = device.attention.let_in(now, &event, |unit| device.screen.belongs_to(unit));
        device.hub.emit(me, event);
        if let Some((since_login, again)) = waited {
            device.hub.emit(me, Event::Usable { since_login, again });
        }
        if let EngineEvent::RequestSent { unit: Some(_), .. } = told {
            device.is_asking();
        }
    }
}

impl CrashPoints for OfDevice {
    fn reached(&self, point: &str) -> bool {
        let device = self.device();
        let due = device.crash.pass(point, device.now());
        if due.is_some() {
            device.die_here(KillReason::Killed, due);
        }
        due.is_some()
    }
}

impl Machine for OfDevice {
    fn can_read(&self, entity: EntityId, key: &str) -> bool {
        self.device().hardware.can_read(entity, key)
    }
    fn has_bad_rows(&self) -> bool {
        !self.device().hardware.bad_rows.times.is_empty()
    }
    fn take_on(&self, work: Work) -> Time {
        self.device().take_on(work)
    }
    fn computes(&self, own: Span) {
        self.device().hardware.computes(own);
    }
    fn can_decode(&self, bytes: u64) -> bool {
        self.lives(self.device().hardware.has_memory_for(bytes), KillReason::LowMemory)
    }
    fn can_send(&self, bytes: u64) -> bool {
        self.lives(self.device().hardware.has_memory_to_send(bytes), KillReason::LowMemory)
    }
    fn can_show(&self, bytes: u64) -> bool {
        self.lives(self.row_limit().is_none_or(|most| bytes <= most), KillReason::BigRow)
    }
    fn row_limit(&self) -> Option<u64> {
        self.device().hardware.class.row_limit.map(|most| most.0)
    }
}

impl Transport for OfDevice {
    fn request(&self, request: Vec<u8>, deadline: Time) -> PendingResponse {
        self.device().way.request(request, deadline)
    }
    fn request_cacheable(&self, request: Vec<u8>, cacheable: Cacheable, deadline: Time) -> PendingResponse {
        self.device().way.request_cacheable(request, cacheable, deadline)
    }
    fn request_with(&self, request: Vec<u8>, slip: Slip, deadline: Time) -> PendingSlipped {
        let (device, slip) = (self.device(), Rc::new(RefCell::new(slip)));
        let server = Rc::new(ServerWithSlip(device.counter.clone(), slip.clone()));
        let answer = device.way.request_of(server, request, deadline);
        Box::pin(async move { Ok((answer.await?, slip.take())) })
    }
    fn request_pieces(&self, request: Vec<u8>, deadline: Time, heard: Pieces) -> PendingEnd {
        let device = self.device();
        device.way.request_pieces(device.counter.clone(), request, deadline, heard)
    }
    fn renew_token(&self, deadline: Time) -> LocalBoxFuture<'static, Result<(), TransportError>> {
        let device = self.device();
        let Some(wallet) = device.counter.wallet.clone() else { return Box::pin(async { Ok(()) }) };
        let (asked, begun) = (device.way.request(wallet.asks(), deadline), device.now());
        Box::pin(async move {
            let given = wallet.take(&asked.await?);
            match given {
                Ok(()) => {
                    let took = device.now() - begun;
                    device.tell(Event::Phone(PhoneEvent::TokenRenewed { took }));
                }
                Err(TransportError::LoginEnded) if !wallet.is_ended.replace(true) => {
                    device.tell(Event::Phone(PhoneEvent::LoginEnded));
                    wallet.ring();
                }
                Err(_) => {}
            }
            given
        })
    }
    fn connect(&self, hello: Vec<u8>, deadline: Time) -> PendingConnection {
        self.device().way.connect(hello, deadline)
    }
    fn network(&self) -> NetworkKind {
        self.device().way.network()
    }
}
