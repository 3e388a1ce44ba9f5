//! The client transport of a device over a simulated link.

mod leave;
pub(super) mod stream;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::conditions::{Conditions, Direction, first_reset};
use super::connection_line::{Flow, Line, MessageId};
use super::connection_pool::{Found, Pool, Shared};
use super::link::{Link, SubstituteResponse};
use super::server::{Cache, NoAnswer, ResponseMixer, Server, ended};
use super::tcp::{Broken, Connection, Opening, Tls, Traffic};
use super::transport_options::{Protocol, TransportOptions, with_head};
use crate::base::{Span, Time};
use crate::contract::{DropReason, Event, Observer, Response, TransportError};
use crate::sim::{Handle, NodeId, Notify, oneshot};

/// The path from a device to the gateway. It belongs to the device and survives its process.
pub struct Way {
    pub(super) handle: Handle,
    pub(super) gateway: NodeId,
    pub(super) link: Rc<RefCell<Link>>,
    pub(super) server: Rc<dyn Server>,
    pub(super) events: Rc<dyn Observer>,
    pub(super) options: TransportOptions,
    answers: Cell<u64>,
    requests: Cell<u64>,
    mixer: ResponseMixer,
    pub(super) cache: Rc<Cache>,
    pub(super) pool: Pool,
    freed: Notify,
    pub(super) lines: [RefCell<Line>; 2],
    spare: Cell<Option<Box<Flow>>>,
    /// Notified when the set of messages in a direction changes.
    changed: [Notify; 2],
    /// Messages in transit. The radio use of each is charged up to its `Time`.
    air: RefCell<Vec<(Direction, MessageId, Time)>>,
    /// Time of the last packet. While the radio wakes up: the time when it will be awake.
    last_packet: Cell<Option<Time>>,
}

/// The reason why a message did not arrive.
pub(super) enum Gone {
    /// It is lost. Its sender is not notified.
    Vanished,
    /// Nobody waits for it any more. Its bytes in flight continue.
    Unwanted,
    /// The connection broke. The device learns it at this time.
    Broken(Time),
}

impl Gone {
    /// Notifies the waiting end, if the device knows the reason.
    fn tell<A>(self, waits: oneshot::Sender<Result<A, Time>>) {
        if let Gone::Broken(told) = self {
            _ = waits.send(Err(told));
        }
    }
}

pub(super) struct Left {
    at: Time,
    arrives: Time,
}

pub(super) struct Exchange {
    pub(super) way: Rc<Way>,
    pub(super) shared: Rc<Shared>,
    deadline: Time,
    pub(super) message: Cell<Option<(Direction, MessageId)>>,
    pub(super) unwanted: Cell<bool>,
}

/// The device's hold on an exchange (a request and its response). Dropping it without a response
/// closes the connection.
pub(super) struct Lease {
    pub(super) exchange: Rc<Exchange>,
    answered: bool,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // After a panic, leave the simulation alone: it might panic again.
        if std::thread::panicking() {
            return;
        }
        let Exchange { way, shared, .. } = &*self.exchange;
        if !self.answered {
            shared.closed.set(true);
            self.exchange.give_up();
        }
        way.pool.release(shared);
        way.freed.notify_all();
    }
}

impl Exchange {
    pub(super) fn new(way: Rc<Way>, shared: Rc<Shared>, deadline: Time) -> Rc<Exchange> {
        let (message, unwanted) = (Cell::new(None), Cell::new(false));
        Rc::new(Exchange { way, shared, deadline, message, unwanted })
    }

    /// Abandons the message. Its bytes in flight continue, and no further bytes follow.
    pub(super) fn give_up(&self) {
        self.unwanted.set(true);
        if let Some((direction, message)) = self.message.get() {
            self.way.with_line(direction, |line, now, conditions| line.abandon(message, now, conditions));
        }
    }
}

/// A reserved place in the pool while a connection opens. Its drop reports the traffic.
struct Place<'w> {
    way: &'w Way,
    /// True for a held connection: it takes no place in the pool.
    is_held: bool,
    shakes: bool,
    /// The time when the first packet was sent.
    begun: Option<Time>,
    /// Traffic (up, down) of the connection that took the place.
    taken: Option<[Traffic; 2]>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let now = self.way.handle.now();
        let until_now = |begun| self.way.greeted(begun, now, self.shakes).traffic;
        if let Some(traffic) = self.taken.or(self.begun.map(until_now)) {
            for (direction, traffic) in [Direction::Up, Direction::Down].into_iter().zip(traffic) {
                self.way.sent(direction, traffic, self.is_held);
                self.way.link.borrow_mut().note_transfer(now, direction, traffic.bytes, (now, now));
            }
        }
        if self.taken.is_none() && !self.is_held {
            self.way.pool.gives_up();
        }
        self.way.freed.notify_all();
    }
}

impl Way {
    /// A path over `link` to `server`. Its tasks run on the node `gateway`.
    pub fn new(
        handle: Handle,
        gateway: NodeId,
        link: Rc<RefCell<Link>>,
        server: Rc<dyn Server>,
        events: Rc<dyn Observer>,
        options: TransportOptions,
    ) -> Rc<Way> {
        let (freed, changed) = (handle.notify(), [handle.notify(), handle.notify()]);
        Rc::new(Way {
            handle,
            gateway,
            link,
            server,
            events,
            options,
            answers: Cell::new(0),
            requests: Cell::new(0),
            mixer: ResponseMixer::default(),
            cache: Rc::default(),
            pool: Pool::default(),
            freed,
            lines: Default::default(),
            spare: Cell::default(),
            changed,
            air: RefCell::default(),
            last_packet: Cell::new(None),
        })
    }

    /// The app's process died: the operating system closes its connections.
    pub fn process_died(&self) {
        self.pool.close_all();
        self.pool.holders().iter().for_each(|holder| holder.device_lets_go());
    }
    /// The operating system closes the connections of an app that it has suspended.
    pub fn take_sockets(&self) {
        self.cut_all();
        self.pool.holders().iter().for_each(|holder| holder.device_lets_go());
    }
    /// Notes that the link's conditions have changed: messages in transit are planned again.
    pub fn conditions_changed(&self) {
        for changed in &self.changed {
            changed.notify_all();
        }
    }
    /// True if a connection is opening, or is open as far as the device knows.
    pub fn has_connections(&self) -> bool {
        self.pool.has_any()
    }

    /// Resets all connections, because the gateway's process died.
    pub fn reset_all(&self) {
        self.cut_all();
        self.pool.holders().iter().for_each(|holder| holder.server_died());
    }

    fn cut_all(&self) {
        self.pool.cut_all();
        self.conditions_changed();
    }

    pub(super) fn lets_through(&self) -> bool {
        self.conditions(|conditions, now| conditions.outage(now).is_none())
    }
    /// True if a message is in transit and no outage stops it.
    pub fn is_at_work(&self) -> bool {
        !self.air.borrow().is_empty() && self.lets_through()
    }

    fn told_of_death(&self) -> Time {
        self.conditions(|conditions, now| now + Span(conditions.rtt(now).0 / 2))
    }

    pub(super) fn conditions<R>(&self, ask: impl FnOnce(&dyn Conditions, Time) -> R) -> R {
        let now = self.handle.now();
        ask(&self.link.borrow().conditions().at(now), now)
    }

    fn with_line<R>(
        &self,
        direction: Direction,
        change: impl FnOnce(&mut Line, Time, &dyn Conditions) -> R,
    ) -> R {
        let line = &self.lines[direction as usize];
        let changed = self.conditions(|conditions, now| change(&mut line.borrow_mut(), now, conditions));
        self.changed[direction as usize].notify_all();
        changed
    }

    /// When the connections are next cut, and when the device learns it. `Time::FAR`: not before
    /// `until`.
    pub(super) fn next_cut(&self, until: Time) -> (Time, Time) {
        self.conditions(|conditions, now| match first_reset(conditions, now, until) {
            Some(from) => {
                let at = from.max(now);
                (at, self.told(Broken { at, cut: true }))
            }
            None => (Time::FAR, Time::FAR),
        })
    }

    /// When the device learns of a break: at once if the operating system notices it, or else by a
    /// reset.
    fn told(&self, broken: Broken) -> Time {
        if !broken.cut {
            return broken.at;
        }
        self.conditions(|conditions, _| {
            let noticed = conditions.outage(broken.at).is_some_and(|outage| outage.noticed);
            broken.at + if noticed { Span::ZERO } else { conditions.rtt(broken.at) }
        })
    }

    /// Time until the radio is awake. The radio wakes up even if the request gives up earlier.
    fn wake_up(&self) -> Span {
        let now = self.handle.now();
        let wait = match self.last_packet.get() {
            Some(awake) if awake > now => awake.since(now),
            last => self.link.borrow().conditions().wake_up(last, now),
        };
        if wait > Span::ZERO {
            self.last_packet.set(Some(now + wait));
        }
        wait
    }

    /// A connection for a request: a kept one, a new one, or the next one that becomes free.
    pub(super) async fn connection(self: &Rc<Self>, deadline: Time) -> Result<Lease, TransportError> {
        loop {
            let found = self.conditions(|conditions, now| self.pool.find(&self.options, conditions, now));
            return match found {
                Found::Open(shared) => Ok(self.lease(shared, deadline)),
                // Boxed, because a future takes the space of its largest state.
                Found::Room => Box::pin(self.open(deadline, false, true)).await,
                Found::Full => match self.handle.timeout(deadline, self.freed.notified()).await {
                    Ok(()) => continue,
                    Err(_) => Err(TransportError::Timeout),
                },
            };
        }
    }

    fn lease(self: &Rc<Self>, shared: Rc<Shared>, deadline: Time) -> Lease {
        Lease { exchange: Exchange::new(self.clone(), shared, deadline), answered: false }
    }

    /// Opens a connection in its reserved place, or as a held connection. Without `shakes`, there
    /// is no TLS handshake.
    pub(super) async fn open(
        self: &Rc<Self>,
        deadline: Time,
        is_held: bool,
        shakes: bool,
    ) -> Result<Lease, TransportError> {
        let asked = self.handle.now();
        let lease = self.lease(self.greet(deadline, is_held, shakes).await?, deadline);
        if shakes && self.options.handshake.tls != Tls::None {
            let (sender, receiver) = self.handle.oneshot();
            let (_, cut) = self.next_cut(deadline);
            let shaken = self.clone().shake_hands(lease.exchange.clone(), sender);
            self.handle.spawn(self.gateway, "handshake", shaken);
            self.answered(receiver, cut, deadline).await?;
        }
        let now = self.handle.now();
        lease.exchange.shared.state.borrow_mut().opens_at(now);
        self.last_packet.set(Some(now));
        self.events.observe(Event::ConnectionOpened { took: now.since(asked) });
        self.freed.notify_all();
        Ok(lease)
    }

    async fn greet(&self, deadline: Time, is_held: bool, shakes: bool) -> Result<Rc<Shared>, TransportError> {
        let mut place = Place { way: self, is_held, shakes, begun: None, taken: None };
        self.handle.sleep_until((self.handle.now() + self.wake_up()).min(deadline)).await;
        if self.handle.now() >= deadline {
            return Err(TransportError::Timeout);
        }
        let (cut, told) = self.next_cut(deadline);
        let now = self.handle.now();
        place.begun = Some(now);
        // The first packet wakes the radio. From then on it is awake.
        self.link.borrow_mut().note_transfer(now, Direction::Up, 0, (now, now));
        let Opening { opened, traffic } = self.greeted(now, deadline.min(cut), shakes);
        let (ends, error) = match &opened {
            Ok((_, ready)) if *ready < cut => (*ready, TransportError::Timeout),
            Err(broken) if !broken.cut && broken.at < cut => (broken.at, TransportError::Timeout),
            _ => (told, TransportError::Reset),
        };
        self.handle.sleep_until(ends.min(deadline)).await;
        match opened {
            Ok((connection, ready)) if ready < cut && ready <= deadline => {
                place.taken = Some(traffic);
                self.last_packet.set(Some(ready));
                Ok(self.pool.opened(connection, is_held))
            }
            _ if ends <= deadline => Err(error),
            _ => Err(TransportError::Timeout),
        }
    }

    fn greeted(&self, begun: Time, until: Time, shakes: bool) -> Opening {
        let (link, mut handshake) = (self.link.borrow(), self.options.handshake);
        if !shakes {
            handshake.tls = Tls::None;
        }
        Connection::greet(&handshake, &link.conditions().at(begun), begun, until)
    }

    async fn shake_hands(self: Rc<Self>, exchange: Rc<Exchange>, done: oneshot::Sender<Result<(), Time>>) {
        for (direction, bytes) in self.options.handshake.flights() {
            if let Err(gone) = self.bring(&exchange, direction, bytes).await {
                return gone.tell(done);
            }
        }
        self.handle.sleep(self.options.handshake.working()).await;
        let _ = done.send(Ok(()));
    }

    pub(super) fn sent(&self, direction: Direction, traffic: Traffic, held: bool) {
        let (Traffic { packets, retransmitted, bytes }, up) = (traffic, direction == Direction::Up);
        if bytes > 0 {
            self.events.observe(Event::PacketsSent { up, packets, retransmitted, bytes, held });
        }
    }

    pub(super) fn dropped(&self, reason: DropReason, bytes: u64) {
        self.events.observe(Event::MessageDropped { reason, bytes });
    }

    async fn pass(&self, exchange: &Exchange, direction: Direction, bytes: u64) -> Result<(), Gone> {
        let passed = self.bring(exchange, direction, bytes).await;
        if !matches!(passed, Ok(()) | Err(Gone::Unwanted)) {
            self.dropped(DropReason::Outage, bytes);
        }
        passed
    }

    async fn bring(&self, exchange: &Exchange, direction: Direction, bytes: u64) -> Result<(), Gone> {
        match self.leave(exchange, direction, bytes).await {
            Err(Gone::Vanished) if exchange.unwanted.get() => Err(Gone::Unwanted),
            left => self.land(exchange, direction, left?).await,
        }
    }

    /// Waits for the arrival of a message that has left.
    pub(super) async fn land(
        &self,
        exchange: &Exchange,
        direction: Direction,
        Left { at, arrives }: Left,
    ) -> Result<(), Gone> {
        let (way, shared) = (direction as usize, &exchange.shared);
        shared.arrived[way].set(arrives);
        if self.handle.now() < arrives {
            self.handle.sleep_until(arrives).await;
        }
        if direction == Direction::Up && shared.dead.get() {
            return Err(Gone::Broken(self.told_of_death()));
        }
        let mut state = shared.state.borrow_mut();
        let lost = self.conditions(|conditions, now| {
            conditions.session(now) != state.session || first_reset(conditions, at, arrives).is_some()
        });
        if lost {
            return Err(Gone::Vanished);
        }
        self.last_packet.set(Some(arrives));
        state.last = state.last.max(arrives);
        Ok(())
    }

    /// Puts a message on the line: in its connection's flow, or in a new flow.
    fn join(&self, shared: &Shared, direction: Direction, bytes: u64) -> MessageId {
        let way = direction as usize;
        shared.under_way.set(shared.under_way.get() + 1);
        self.with_line(direction, |line, now, conditions| {
            let mut state = shared.state.borrow_mut();
            if let Some(flow) = shared.flow[way].get() {
                if line.is_under_way(flow, now) {
                    let load = state.joining(direction, bytes);
                    return line.add(flow, load, now, conditions);
                }
                state.senders[way] = line.sender(flow).expect("a flow is there until its last message left");
            }
            let transfer = state.message(direction, now, bytes, conditions.mtu());
            let sender = &state.senders[way];
            let flow = match self.spare.take() {
                Some(flow) => flow.renewed(transfer, sender),
                None => Flow::new(transfer, sender.clone()),
            };
            let message = line.join(flow, now, conditions);
            if self.options.protocol == Protocol::Http2 {
                shared.flow[way].set(Some(message));
            }
            message
        })
    }

    /// Removes a message from the line. Returns true if all of it was sent, and its flow's bytes if
    /// it was the flow's last message.
    fn quit(&self, shared: &Shared, direction: Direction, message: MessageId) -> (bool, u64) {
        let (way, http2) = (direction as usize, self.options.protocol == Protocol::Http2);
        let gone = self.with_line(direction, |line, now, conditions| line.leave(message, now, conditions));
        shared.under_way.set(shared.under_way.get() - 1);
        let mut bytes = 0;
        if let Some(mut last_of) = gone.last_of {
            let stage = &mut last_of.ended;
            bytes = stage.transfer.traffic.bytes;
            self.sent(direction, stage.transfer.traffic, shared.is_held);
            // The connection may have a newer flow, which started with this flow's sender.
            if !http2 || shared.flow[way].get() == Some(gone.flow) {
                std::mem::swap(&mut shared.state.borrow_mut().senders[way], &mut stage.sender);
                shared.flow[way].set(None);
            }
            self.spare.set(Some(last_of));
        }
        (gone.whole, bytes)
    }

    fn put(&self, SubstituteResponse { page, why }: SubstituteResponse, bytes: u64) -> Vec<u8> {
        self.dropped(why, bytes);
        page.to_vec()
    }

    /// A proxy may repeat the request to its server. Nobody waits for that second response.
    fn copy(&self, server: &Rc<dyn Server>, request: &[u8]) {
        let number = self.requests.replace(self.requests.get() + 1);
        let copied = self.link.borrow().copied_after(self.handle.now(), number);
        let Some(after) = copied else { return };
        let (handle, server, request) = (self.handle.clone(), server.clone(), request.to_vec());
        self.handle.spawn(self.gateway, "copy", async move {
            handle.sleep_until(handle.now() + after).await;
            _ = server.serve(request).await;
        });
    }

    pub(super) async fn served(
        &self,
        server: &Rc<dyn Server>,
        request: Vec<u8>,
        page: Option<SubstituteResponse>,
    ) -> Result<Vec<u8>, NoAnswer> {
        let bytes = match page {
            Some(page) => self.put(page, request.len() as u64),
            None => {
                let (mixed, keeps) = self.link.borrow().mixes(&self.mixer, self.handle.now());
                let sent = request.len() as u64;
                self.copy(server, &request);
                let answered = self.mixer.answer(mixed, keeps, || server.serve(request)).await;
                let (bytes, is_own) = answered.ok_or_else(|| NoAnswer::Broken(self.told_of_death()))?;
                if !is_own {
                    self.dropped(DropReason::ForeignResponse, sent);
                }
                let whole = bytes.len() as u64;
                let stopped = self.link.borrow().in_place_of_answer(self.handle.now(), whole);
                stopped.map_or(bytes, |page| self.put(page, whole))
            }
        };
        let now = self.handle.now();
        let number = self.answers.replace(self.answers.get() + 1);
        if self.link.borrow().loses_answer(now, number) {
            self.dropped(DropReason::ResponseLost, bytes.len() as u64);
            return Err(NoAnswer::Lost(bytes));
        }
        Ok(bytes)
    }

    /// Brings a request to its server. Returns the response, which has not left yet.
    async fn fetched(
        &self,
        exchange: &Exchange,
        server: &Rc<dyn Server>,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, Gone> {
        let page = self.link.borrow().in_place(self.handle.now(), request.len() as u64);
        self.pass(exchange, Direction::Up, with_head(&request, self.options.header_up)).await?;
        match self.served(server, request, page).await {
            Ok(bytes) => Ok(bytes),
            Err(NoAnswer::Lost(lost)) => {
                // The response leaves as usual, but the waiting request gives up.
                let down = with_head(&lost, self.options.header_down);
                _ = self.leave(exchange, Direction::Down, down).await;
                Err(Gone::Vanished)
            }
            Err(NoAnswer::Broken(told)) => {
                exchange.shared.closed.set(true);
                Err(Gone::Broken(told))
            }
        }
    }

    /// Transmits a request and its response. Continues even if the device's process dies.
    async fn carry(
        self: Rc<Self>,
        exchange: Rc<Exchange>,
        (server, request): (Rc<dyn Server>, Vec<u8>),
        answer: oneshot::Sender<Result<Vec<u8>, Time>>,
    ) {
        let bytes = match self.fetched(&exchange, &server, request).await {
            Ok(bytes) => bytes,
            Err(gone) => return gone.tell(answer),
        };
        let down = with_head(&bytes, self.options.header_down);
        match self.pass(&exchange, Direction::Down, down).await {
            Ok(()) => _ = answer.send(Ok(bytes)),
            Err(gone) => gone.tell(answer),
        }
    }

    /// Waits for the response, the deadline, or the time when the device learns of a cut.
    pub(super) async fn answered<A>(
        &self,
        answer: oneshot::Receiver<Result<A, Time>>,
        cut: Time,
        deadline: Time,
    ) -> Result<A, TransportError> {
        let until = deadline.min(cut);
        match self.handle.timeout(until, answer).await {
            Ok(Some(Ok(answer))) => Ok(answer),
            Ok(Some(Err(at))) => {
                self.handle.sleep_until(at.min(until)).await;
                Err(ended(at, deadline))
            }
            // The response will never come. The device does not know it, so it waits.
            Ok(None) => {
                self.handle.sleep_until(until).await;
                Err(ended(cut, deadline))
            }
            Err(_) => Err(ended(cut, deadline)),
        }
    }
}

impl Lease {
    /// Keeps the connection open although no request was sent.
    pub(super) fn stands(mut self) {
        self.answered = true;
    }
    /// Sends a request over the connection and waits for the response.
    pub(super) async fn ask(mut self, server: Rc<dyn Server>, request: Vec<u8>, deadline: Time) -> Response {
        let way = self.exchange.way.clone();
        let (sender, receiver) = way.handle.oneshot();
        let (_, cut) = way.next_cut(deadline);
        let carried = way.clone().carry(self.exchange.clone(), (server, request), sender);
        way.handle.spawn(way.gateway, "request", carried);
        let answer = way.answered(receiver, cut, deadline).await;
        self.answered = answer.is_ok();
        answer
    }
}
