//! Held connections: they transmit messages in both directions until an end closes them or the path
//! breaks.
//!
//! A held connection opens as a WebSocket (RFC 6455). It is a separate connection, and its first
//! request asks for an upgrade. A message is a frame; frames from the device are masked. While a
//! message leaves, later messages queue. Then the queued messages leave together, because TCP would
//! join them. So a task exists only while a message is in transit, and an idle connection costs no
//! work. A tunnel transmits raw bytes: it has no handshake after TCP's and no frames. Its empty
//! message is a FIN.
//!
//! The two ends know different facts:
//! - The device knows at once of its own close, and of a reset that its operating system notices.
//! - Half a round trip later, the device learns that the server's process died or closed.
//! - The server learns of the device's close with the same delay. It never learns it if an outage
//!   drops that packet.
//! - No end is notified of a lost IP session, of a middlebox that forgot the connection, or of a
//!   captive portal. Only an end that sends finds out: by a reset one round trip later, or when TCP
//!   gives up.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use super::conditions::Direction;
use super::connection_pool::{Holder, Shared};
use super::options::OutageMode;
use super::server::{Server, ServerEnd};
use super::tcp::{GIVE_UP, HEADERS, Traffic, arrival};
use super::transport::{Exchange, Gone, Way};
use super::transport_options::HalfOpen;
use crate::base::{Span, Time};
use crate::contract::{
    Connection, DropReason, Event, HeldEvent, LocalBoxFuture, Received, ReceivedWith, Slip, TransportError,
};
use crate::sim::Notify;

/// The extra headers of an upgrade request (RFC 6455, 1.3), and those of its response.
const UPGRADE: &[u8] = b"Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
/// Payload bytes of a close frame: the reason, as a number.
const REASON: u64 = 2;
/// Queued messages leave together, up to this many bytes.
const TOGETHER: u64 = 64 << 10;
/// The same for a tunnel. It is smaller: bytes that have arrived must not wait for later bytes.
const A_PIECE: u64 = 16 << 10;

/// Bytes on the wire of a frame with this payload (RFC 6455, 5.2).
fn framed(direction: Direction, bytes: u64) -> u64 {
    let length = match bytes {
        0..=125 => 2,
        126..=65_535 => 4,
        _ => 10,
    };
    let mask = if direction == Direction::Up { 4 } else { 0 };
    length + mask + bytes
}

enum Frame {
    Message(Vec<u8>, Slip),
    Close,
}

/// The send queue of one end.
#[derive(Default)]
struct End {
    row: VecDeque<Frame>,
    /// Messages that now enter the bottleneck. The queue waits until they have left.
    leaving: Option<Rc<Exchange>>,
}

/// A held connection with both of its ends.
pub(super) struct Held {
    me: Weak<Held>,
    way: Weak<Way>,
    server: Rc<dyn Server>,
    /// True if the connection transmits raw bytes.
    is_tunnel: bool,
    shared: Rc<Shared>,
    /// The time when the device's end opened.
    since: Cell<Option<Time>>,
    /// The server's number of the connection; `None` unless the server regards it as open.
    number: Cell<Option<u64>>,
    was_refused: Cell<bool>,
    was_closed: Cell<bool>,
    ends: [RefCell<End>; 2],
    /// Messages that reached the device, but not yet the app.
    came: RefCell<VecDeque<(Vec<u8>, Slip)>>,
    changed: Notify,
    /// How the connection ended, as far as the device knows; `None`: the device regards it as open.
    ended: Cell<Option<Result<(), TransportError>>>,
}

/// Opens a connection with the request `hello`. Gives up at `deadline`.
pub(super) async fn connect(
    way: Rc<Way>,
    hello: Vec<u8>,
    deadline: Time,
) -> Result<Rc<dyn Connection>, TransportError> {
    let asked = way.handle.now();
    way.needs_connections()?;
    let lease = Box::pin(way.open(deadline, true, true)).await?;
    let held = Held::new(&way, way.server.clone(), false, lease.exchange.shared.clone());
    // If the caller gives up, the drop of `wish` closes the connection at the server.
    let wish = DeviceEnd(held.clone());
    let server = Rc::new(Upgrading { held: held.clone(), hello: hello.len() });
    let answer = lease.ask(server, [hello.as_slice(), UPGRADE].concat(), deadline).await?;
    if answer != SWITCHING {
        let refused = held.was_refused.get();
        if refused {
            way.events.observe(Event::Held(HeldEvent::Refused));
        }
        return Err(if refused { TransportError::Refused } else { TransportError::Foreign });
    }
    if let Some(ended) = held.ended.get() {
        return Err(ended.err().unwrap_or(TransportError::Reset));
    }
    held.opened(&way, asked);
    Ok(Rc::new(wish))
}

/// Opens a connection to `server` that transmits raw bytes. Gives up at `deadline`.
pub(super) async fn tunnel(
    way: Rc<Way>,
    server: Rc<dyn Server>,
    deadline: Time,
) -> Result<Rc<dyn Connection>, TransportError> {
    let asked = way.handle.now();
    way.needs_connections()?;
    let lease = Box::pin(way.open(deadline, true, false)).await?;
    let held = Held::new(&way, server, true, lease.exchange.shared.clone());
    lease.stands();
    held.opened(&way, asked);
    // The packet that completes the handshake arrives half a round trip later.
    let arrives = way.conditions(|conditions, now| now + Span(conditions.rtt(now).0 / 2));
    held.later(&way, arrives, Held::accept);
    Ok(Rc::new(DeviceEnd(held)))
}

/// The server for an upgrade request.
struct Upgrading {
    held: Rc<Held>,
    hello: usize,
}

impl Server for Upgrading {
    fn serve(&self, mut request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let held = self.held.clone();
        request.truncate(self.hello);
        Box::pin(async move {
            Some(match held.server.open(&request, held.clone())? {
                Ok(number) => {
                    // The server may have closed the connection in the call that accepted it.
                    held.number.set(Some(number).filter(|_| !held.was_closed.get()));
                    SWITCHING.to_vec()
                }
                Err(refusal) => {
                    held.was_refused.set(true);
                    refusal
                }
            })
        })
    }
}

impl Held {
    fn new(way: &Rc<Way>, server: Rc<dyn Server>, is_tunnel: bool, shared: Rc<Shared>) -> Rc<Held> {
        let held = Rc::new_cyclic(|me| Held {
            me: me.clone(),
            way: Rc::downgrade(way),
            server,
            is_tunnel,
            shared,
            since: Cell::new(None),
            number: Cell::new(None),
            was_refused: Cell::new(false),
            was_closed: Cell::new(false),
            ends: Default::default(),
            came: RefCell::default(),
            changed: way.handle.notify(),
            ended: Cell::new(None),
        });
        let holder: Rc<dyn Holder> = held.clone();
        way.pool.hold(Rc::downgrade(&holder));
        held
    }

    fn opened(&self, way: &Rc<Way>, asked: Time) {
        let now = way.handle.now();
        self.since.set(Some(now));
        way.events.observe(Event::Held(HeldEvent::Opened { took: now.since(asked) }));
        let (_, told) = way.next_cut(Time::FAR);
        if told < Time::FAR {
            self.later(way, told, |held| held.end(Err(TransportError::Reset)));
        }
        if let Some(after) = way.options.idle_close {
            way.handle.spawn(way.gateway, "idle connection", idle(self.me.clone(), way.clone(), after));
        }
    }

    fn bytes(&self, direction: Direction, frame: &Frame) -> u64 {
        let bytes = if let Frame::Message(message, _) = frame { message.len() as u64 } else { REASON };
        if self.is_tunnel { bytes.max(1) } else { framed(direction, bytes) }
    }

    /// Makes the server accept a tunnel, unless the device has closed it.
    fn accept(&self) {
        if self.was_closed.get() || self.number.get().is_some() || self.ended.get().is_some() {
            return;
        }
        let Some(held) = self.me.upgrade() else { return };
        match self.server.open(&[], held) {
            Some(Ok(number)) => self.number.set(Some(number).filter(|_| !self.was_closed.get())),
            Some(Err(_)) | None => self.reset(),
        }
    }

    /// Runs `act` at time `at` if the connection still exists then.
    fn later(&self, way: &Way, at: Time, act: impl FnOnce(&Held) + 'static) {
        let (held, handle) = (self.me.clone(), way.handle.clone());
        way.handle.spawn(way.gateway, "connection", async move {
            handle.sleep_until(at).await;
            if let Some(held) = held.upgrade() {
                act(&held);
            }
        });
    }

    fn hand_over(&self, direction: Direction, frame: Frame) {
        self.ends[direction as usize].borrow_mut().row.push_back(frame);
        self.send(direction);
    }

    /// Sends the queue, unless a message is leaving now.
    fn send(&self, direction: Direction) {
        let (mut end, way, me) =
            (self.ends[direction as usize].borrow_mut(), self.way.upgrade(), self.me.upgrade());
        let (Some(way), Some(held)) = (way, me) else { return };
        if end.leaving.is_some() || end.row.is_empty() {
            return;
        }
        let (mut frames, mut bytes) = (Vec::new(), 0);
        let most = if self.is_tunnel { A_PIECE } else { TOGETHER };
        let goes = |frame: &Frame, bytes| bytes == 0 || bytes + self.bytes(direction, frame) <= most;
        while end.row.front().is_some_and(|frame| goes(frame, bytes)) {
            let frame = end.row.pop_front().expect("it is the first");
            bytes += self.bytes(direction, &frame);
            frames.push(frame);
        }
        let exchange = Exchange::new(way.clone(), self.shared.clone(), Time::FAR);
        end.leaving = Some(exchange.clone());
        way.handle.spawn(way.gateway, "message", held.carry(direction, exchange, frames, bytes));
    }

    /// Transmits messages. Continues even if the device's process dies.
    async fn carry(
        self: Rc<Self>,
        direction: Direction,
        exchange: Rc<Exchange>,
        frames: Vec<Frame>,
        bytes: u64,
    ) {
        let way = exchange.way.clone();
        let landed = match way.leave(&exchange, direction, bytes).await {
            Ok(left) => {
                self.ends[direction as usize].borrow_mut().leaving = None;
                self.send(direction);
                way.land(&exchange, direction, left).await
            }
            Err(gone) => Err(gone),
        };
        match landed {
            Ok(()) => frames.into_iter().for_each(|frame| self.arrived(&way, direction, frame)),
            Err(gone) => self.lost(&way, &exchange, direction, gone, bytes).await,
        }
    }

    fn arrived(&self, way: &Way, direction: Direction, frame: Frame) {
        let bytes = self.bytes(direction, &frame);
        match (direction, frame) {
            (Direction::Up, Frame::Message(message, slip)) => {
                if self.is_tunnel {
                    self.accept();
                }
                let Some(number) = self.number.get() else { return };
                way.events.observe(Event::Held(HeldEvent::Arrived { up: true, bytes }));
                self.server.message(number, message, slip);
            }
            (Direction::Up, Frame::Close) => self.tell_server(),
            // The operating system does not know this connection: it responds with a reset.
            (Direction::Down, _) if self.ended.get().is_some() => self.part(way, Direction::Up),
            (Direction::Down, Frame::Message(message, slip)) => {
                way.events.observe(Event::Held(HeldEvent::Arrived { up: false, bytes }));
                self.came.borrow_mut().push_back((message, slip));
                self.changed.notify_all();
            }
            (Direction::Down, Frame::Close) => self.end(Ok(())),
        }
    }

    /// Handles a message that did not arrive. Its sender learns later that the connection is gone.
    async fn lost(&self, way: &Way, exchange: &Exchange, direction: Direction, gone: Gone, bytes: u64) {
        if exchange.unwanted.get() {
            return;
        }
        way.dropped(DropReason::Outage, bytes);
        let (until, error) = match gone {
            Gone::Broken(told) => (told, TransportError::Reset),
            _ => match way.options.half_open {
                HalfOpen::Silent => (way.handle.now() + GIVE_UP, TransportError::Timeout),
                HalfOpen::Reset => {
                    (way.conditions(|conditions, now| now + conditions.rtt(now)), TransportError::Reset)
                }
            },
        };
        way.handle.sleep_until(until).await;
        if direction == Direction::Up { self.end(Err(error)) } else { self.tell_server() }
    }

    /// Tells the device how the connection has ended.
    fn end(&self, how: Result<(), TransportError>) {
        if self.ended.get().is_some() {
            return;
        }
        self.ended.set(Some(how));
        self.changed.notify_all();
        let Some(way) = self.way.upgrade() else { return };
        way.pool.let_go(&self.shared);
        if let Some(since) = self.since.get() {
            let after = way.handle.now().since(since);
            way.events.observe(Event::Held(HeldEvent::Ended { after, lost: how.is_err() }));
        }
    }

    fn tell_server(&self) {
        if let Some(number) = self.number.take() {
            self.was_closed.set(true);
            self.drop_row(Direction::Down);
            self.server.closed(number);
        }
    }

    fn drop_row(&self, direction: Direction) {
        let mut end = self.ends[direction as usize].borrow_mut();
        end.row.clear();
        let leaving = end.leaving.clone();
        drop(end);
        if let Some(exchange) = leaving {
            exchange.give_up();
        }
    }

    /// One end's operating system sends a packet that ends the connection. The other end learns it
    /// when the packet arrives; in an outage the packet is lost.
    fn part(&self, way: &Way, direction: Direction) {
        let arrives = way.conditions(|conditions, now| {
            let is_gone = conditions.session(now) != self.shared.state.borrow().session
                || conditions.outage(now).is_some_and(|outage| outage.mode != OutageMode::Hold);
            let left = conditions.leaves_by(direction, now, HEADERS);
            (!is_gone && left < Time::FAR).then(|| arrival(conditions, direction, left))
        });
        let traffic = Traffic { packets: 1, retransmitted: 0, bytes: HEADERS };
        way.sent(direction, traffic, true);
        let now = way.handle.now();
        way.link.borrow_mut().note_transfer(now, direction, HEADERS, (now, now));
        let Some(arrives) = arrives else { return };
        let arrives = arrives.max(self.shared.arrived[direction as usize].get());
        self.later(way, arrives, move |held| match direction {
            Direction::Up => held.tell_server(),
            Direction::Down => held.end(Err(TransportError::Reset)),
        });
    }
}

/// A proxy closes a connection after `after` without a message, and notifies both ends.
async fn idle(held: Weak<Held>, way: Rc<Way>, after: Span) {
    loop {
        let Some(open) = held.upgrade() else { return };
        if open.ended.get().is_some() && open.number.get().is_none() {
            return;
        }
        let is_idle = open.shared.under_way.get() == 0;
        let idle_since = is_idle.then(|| open.shared.state.borrow().last);
        drop(open);
        let now = way.handle.now();
        let closes = idle_since.unwrap_or(now) + after;
        if closes > now {
            way.handle.sleep_until(closes).await;
            continue;
        }
        if let Some(held) = held.upgrade() {
            held.tell_server();
            held.part(&way, Direction::Down);
        }
        return;
    }
}

impl Holder for Held {
    fn device_lets_go(&self) {
        self.drop_row(Direction::Up);
        self.end(Err(TransportError::Reset));
        if self.number.get().is_some()
            && let Some(way) = self.way.upgrade()
        {
            self.part(&way, Direction::Up);
        }
    }

    fn server_died(&self) {
        if self.is_tunnel {
            // The server of a tunnel still lives. It has only lost the connection.
            if let Some(number) = self.number.get() {
                self.server.closed(number);
            }
        }
        if self.number.get().is_some() {
            self.reset();
        }
    }
}

impl ServerEnd for Held {
    fn send_with(&self, message: Vec<u8>, slip: Slip) {
        self.hand_over(Direction::Down, Frame::Message(message, slip));
    }
    fn close(&self) {
        self.number.set(None);
        self.was_closed.set(true);
        self.hand_over(Direction::Down, Frame::Close);
    }
    fn reset(&self) {
        self.number.set(None);
        self.was_closed.set(true);
        self.drop_row(Direction::Down);
        if let Some(way) = self.way.upgrade() {
            self.part(&way, Direction::Down);
        }
    }
}

/// The device's end. Its drop closes the connection.
struct DeviceEnd(Rc<Held>);

impl Drop for DeviceEnd {
    fn drop(&mut self) {
        // After a panic, leave the simulation alone: it might panic again.
        if !std::thread::panicking() && self.0.ended.get().is_none() {
            self.0.device_lets_go();
        }
    }
}

impl Connection for DeviceEnd {
    fn send(&self, message: Vec<u8>) -> Result<(), TransportError> {
        self.send_with(message, Slip::default())
    }

    fn send_with(&self, message: Vec<u8>, slip: Slip) -> Result<(), TransportError> {
        match self.0.ended.get() {
            None => {
                self.0.hand_over(Direction::Up, Frame::Message(message, slip));
                Ok(())
            }
            Some(ended) => Err(ended.err().unwrap_or(TransportError::Reset)),
        }
    }

    fn receive(&self) -> LocalBoxFuture<'static, Received> {
        let received = self.receive_with();
        Box::pin(async move { Ok(received.await?.map(|(message, _)| message)) })
    }

    fn receive_with(&self) -> LocalBoxFuture<'static, ReceivedWith> {
        let held = self.0.clone();
        Box::pin(async move {
            loop {
                if let Some(message) = held.came.borrow_mut().pop_front() {
                    return Ok(Some(message));
                }
                if let Some(ended) = held.ended.get() {
                    return ended.map(|()| None);
                }
                held.changed.notified().await;
            }
        })
    }

    fn is_receiving(&self) -> bool {
        let end = self.0.ends[Direction::Down as usize].borrow();
        let leaving = end.leaving.as_ref().filter(|exchange| exchange.message.get().is_some());
        leaving.is_some_and(|exchange| exchange.way.lets_through())
    }

    fn close(&self) {
        if self.0.ended.get().is_none() {
            self.0.hand_over(Direction::Up, Frame::Close);
            self.0.end(Ok(()));
        }
    }

    fn closed(&self) -> Option<Result<(), TransportError>> {
        self.0.ended.get()
    }
}
