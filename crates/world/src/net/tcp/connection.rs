//! A connection: its handshake, and the state kept from one message to the next.

use super::outage::GIVE_UP;
use super::segment::{Broken, HEADERS, Lead, Load, SYN, Traffic};
use super::sender::{Congestion, Sender};
use super::transfer::Transfer;
use crate::base::{Span, Time, in_words};
use crate::net::{Conditions, Direction, OutageMode};

/// Encryption of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tls {
    /// No encryption.
    None,
    /// TLS 1.2: two round trips (RFC 5246).
    V12,
    /// TLS 1.3: one round trip (RFC 8446).
    #[default]
    V13,
}
in_words!(Tls { None: "none", V12: "1.2", V13: "1.3" });

/// How connections are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// Encryption.
    pub tls: Tls,
    /// Bytes of the server's first messages: certificates, key, signature.
    pub certificates: u64,
    /// Time that both ends need together for cryptography.
    pub work: Span,
    /// Congestion control.
    pub congestion: Congestion,
    /// True if idle windows shrink (Linux's `tcp_slow_start_after_idle`).
    pub restarts: bool,
}

/// Payload of a ClientHello, padded (RFC 7685): 569 bytes on the wire.
const CLIENT_HELLO: u64 = 517;
/// A Finished with its change of cipher: 80 bytes.
const FINISHED: u64 = 80 + HEADERS;
/// A session ticket: 255 bytes; OpenSSL sends two.
const TICKET: u64 = 255 + HEADERS;
/// TLS 1.2: the client's key share and Finished.
const KEY_EXCHANGE: u64 = 150;
/// Payload of a TLS record, and the bytes that the record adds.
const RECORD: u64 = 16_384;
const RECORD_OVERHEAD: u64 = 22;
/// First wait for a SYN-ACK; it doubles (RFC 6298).
const SYN_TIMEOUT: Span = Span::secs(1);
/// An end delays its acknowledgements if it sends within this time after it received.
const DELAYED_ACK: Span = Span::millis(40);

/// An open connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The device's end and the server's end, by direction of sending.
    pub senders: [Sender; 2],
    /// Number of its IP session.
    pub session: u64,
    /// The time when a packet last passed.
    pub last: Time,
    tls: Tls,
    /// Number of messages so far, by direction.
    messages: [u64; 2],
    /// While the connection opens: the device's deadline. `None`: the connection is open.
    patience: Option<Time>,
}

/// Result of opening a connection.
#[derive(Debug)]
pub struct Opening {
    /// The connection, and the time when its next flight or first message may leave.
    pub opened: Result<(Connection, Time), Broken>,
    /// Traffic of the handshake, up and down.
    pub traffic: [Traffic; 2],
}

impl Handshake {
    pub(in crate::net) fn flights(&self) -> impl Iterator<Item = (Direction, u64)> + use<> {
        let first = [(Direction::Up, CLIENT_HELLO), (Direction::Down, self.certificates)];
        let second = [(Direction::Up, KEY_EXCHANGE), (Direction::Down, FINISHED - HEADERS)];
        let n = match self.tls {
            Tls::None => 0,
            Tls::V13 => 2,
            Tls::V12 => 4,
        };
        first.into_iter().chain(second).take(n)
    }

    pub(in crate::net) fn working(&self) -> Span {
        if self.tls == Tls::None { Span::ZERO } else { self.work }
    }
}

impl Connection {
    /// Opens a connection over a link without other traffic. From `until` on, nothing is sent.
    pub fn open(how: &Handshake, conditions: &dyn Conditions, at: Time, until: Time) -> Opening {
        let Opening { opened, mut traffic } = Connection::greet(how, conditions, at, until);
        let shaken = opened
            .and_then(|(connection, now)| connection.shake_hands(how, conditions, now, until, &mut traffic));
        Opening { opened: shaken, traffic }
    }

    /// SYN and SYN-ACK. The connection is open once its TLS flights have passed.
    pub(in crate::net) fn greet(
        how: &Handshake,
        conditions: &dyn Conditions,
        at: Time,
        until: Time,
    ) -> Opening {
        let mut traffic = [Traffic::default(); 2];
        let opened = greet(conditions, at, until, &mut traffic).map(|(opened, took)| {
            let sender = || Sender::new(how.congestion, took, opened, how.restarts);
            let connection = Connection {
                senders: [sender(), sender()],
                session: conditions.session(at),
                last: opened,
                tls: how.tls,
                messages: [0; 2],
                patience: Some(until),
            };
            (connection, opened)
        });
        Opening { opened, traffic }
    }

    fn shake_hands(
        mut self,
        how: &Handshake,
        conditions: &dyn Conditions,
        mut now: Time,
        until: Time,
        traffic: &mut [Traffic; 2],
    ) -> Result<(Connection, Time), Broken> {
        for (way, bytes) in how.flights() {
            if now >= until {
                return Err(Broken { at: until, cut: false });
            }
            let mut flight = self.message(way, now, bytes, conditions.mtu());
            let left = flight.run(&mut self.senders[way as usize], conditions, until);
            traffic[way as usize] = traffic[way as usize].plus(flight.traffic);
            let left = left.unwrap_or(Err(Broken { at: until, cut: false }))?;
            now = arrival(conditions, way, left);
        }
        now += how.working();
        self.opens_at(now);
        Ok((self, now))
    }

    pub(in crate::net) fn opens_at(&mut self, now: Time) {
        (self.patience, self.last) = (None, now);
    }
    pub(in crate::net) fn is_open(&self) -> bool {
        self.patience.is_none()
    }

    /// The transfer of a message of `bytes`, or of a flight of the handshake.
    #[inline]
    pub fn message(&mut self, way: Direction, at: Time, bytes: u64, mtu: u32) -> Transfer {
        let (load, kept) =
            if self.is_open() { self.next_message(way, at, bytes) } else { (Load::of(bytes), false) };
        let mut transfer = Transfer::new(way, at, load, mtu, kept);
        transfer.patience = self.patience.unwrap_or(Time::FAR);
        transfer
    }

    /// The load of a message of `bytes`, and true if only every second packet is acknowledged.
    fn next_message(&mut self, way: Direction, at: Time, bytes: u64) -> (Load, bool) {
        let count = &mut self.messages[way as usize];
        *count += 1;
        let first = *count == 1;
        // The server delays its acknowledgements. The device delays them if no pause came before.
        let kept = !first && (way == Direction::Up || at.since(self.last) < DELAYED_ACK);
        let mut load = self.load(bytes);
        if first && self.tls == Tls::V13 {
            load.lead = match way {
                Direction::Up => Lead { segments: 1, wire: FINISHED },
                Direction::Down => Lead { segments: 2, wire: 2 * TICKET },
            };
        }
        (load, kept)
    }

    /// The load of a message of `bytes` that joins one in transit.
    pub fn joining(&mut self, way: Direction, bytes: u64) -> Load {
        self.messages[way as usize] += 1;
        self.load(bytes)
    }

    fn load(&self, bytes: u64) -> Load {
        let records = if self.tls == Tls::None { 0 } else { bytes.div_ceil(RECORD) };
        Load::of(bytes + RECORD_OVERHEAD * records)
    }

    /// Runs a transfer until its last byte arrives or the connection breaks.
    pub fn finish(&mut self, transfer: &mut Transfer, conditions: &dyn Conditions) -> Result<Time, Broken> {
        let way = transfer.way;
        let ended = transfer.run(&mut self.senders[way as usize], conditions, Time::FAR);
        let left = ended.expect("a transfer that may run for ever ends")?;
        let arrived = arrival(conditions, way, left);
        self.last = self.last.max(arrived);
        Ok(arrived)
    }
}

/// The time when bytes that leave the bottleneck at `left` arrive.
pub(in crate::net) fn arrival(conditions: &dyn Conditions, way: Direction, left: Time) -> Time {
    left + Span(conditions.rtt(left).0 / 2) + conditions.jitter(way, left)
}

/// Returns the time when the device may continue, and the round trip of the SYN that arrived. A SYN
/// is repeated after 1 s, 3 s, 7 s … until `until` (RFC 6298). A late SYN-ACK counts from its own
/// SYN.
fn greet(
    conditions: &dyn Conditions,
    at: Time,
    until: Time,
    traffic: &mut [Traffic; 2],
) -> Result<(Time, Span), Broken> {
    let (mut sent, mut wait) = (at, SYN_TIMEOUT);
    let mut answer: Option<(Time, Span)> = None;
    loop {
        greeting(&mut traffic[Direction::Up as usize]);
        let cut = conditions.outage(sent).filter(|outage| outage.mode == OutageMode::Reset);
        if let Some(reset) = cut.filter(|_| answer.is_none()) {
            return Err(Broken { at: reset.from.max(sent), cut: true });
        }
        if answer.is_none()
            && let Some(there) = lone(conditions, Direction::Up, sent)
        {
            greeting(&mut traffic[Direction::Down as usize]);
            answer = lone(conditions, Direction::Down, there).map(|back| (back, back - sent));
        }
        let next = sent + wait;
        if let Some(answer) = answer.filter(|(back, _)| *back <= next) {
            return Ok(answer);
        }
        if next >= until || next.since(at) > GIVE_UP {
            return Err(Broken { at: next.min(until), cut: false });
        }
        (sent, wait) = (next, wait * 2);
    }
}

fn greeting(traffic: &mut Traffic) {
    traffic.retransmitted += u64::from(traffic.packets > 0);
    traffic.packets += 1;
    traffic.bytes += SYN;
}

/// The time when a SYN sent at `at` arrives; `None` if it is lost.
fn lone(conditions: &dyn Conditions, way: Direction, at: Time) -> Option<Time> {
    let left = conditions.leaves_by(way, at, SYN);
    let slot = conditions.slot(way, left);
    let swallowed = conditions.outage(at).is_some_and(|outage| outage.mode == OutageMode::Drop);
    let lost = swallowed || conditions.next_loss(way, slot, slot + 1).is_some();
    (!lost).then(|| arrival(conditions, way, left))
}
