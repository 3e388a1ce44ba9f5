//! The receiving end: its acknowledgements and its receive window.

use std::collections::VecDeque;

use crate::base::{Span, Time};

/// SACK blocks per acknowledgement, and blocks remembered (RFC 2018).
const TOLD: usize = 3;
const REMEMBERED: usize = 4;
/// Immediate acknowledgements at a connection's start and after a pause (TCP_MAX_QUICKACKS).
const QUICK: u64 = 16;
const SILENCE: Span = Span::secs(1);
/// Delay of the acknowledgement of a single packet (TCP_DELACK_MIN).
const DELAY: Span = Span::millis(40);
/// Bytes of the first receive window, and its limit with the first buffer.
const WINDOW: u64 = 64_512;
const BUFFER: u64 = 80_896;
/// Segments per round trip that the first buffer is sized for.
const FIRST: u64 = 10;
/// Limit of a buffer's payload in bytes: the payload of 32 MiB (`tcp_rmem`).
const MOST: u64 = 20_000_000;

/// A range of packets: first, and one past the last.
pub(super) type Block = (u64, u64);

#[derive(Clone, Copy, Debug)]
pub(super) struct Ack {
    pub(super) at: Time,
    pub(super) sent: Time,
    pub(super) next: u64,
    blocks: [Block; TOLD],
    told: usize,
    pub(super) twice: Option<u64>,
    /// Send time of the packet whose timestamp it echoes.
    pub(super) echo: Time,
    pub(super) room: u64,
}

impl Ack {
    /// Acknowledges all packets before `next`. It arrives at `at` and was sent at `sent`.
    pub(super) fn of(next: u64, (at, sent): (Time, Time), echo: Time, room: u64) -> Ack {
        Ack { at, sent, next, blocks: [(0, 0); TOLD], told: 0, twice: None, echo, room }
    }
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks[..self.told]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Receiver {
    next: u64,
    said: u64,
    /// For each packet from `next` on: true if it has arrived.
    beyond: VecDeque<bool>,
    held: u64,
    blocks: Vec<Block>,
    echo: Time,
    quick: u64,
    last: Time,
    pub(super) waits: Option<Time>,
    room: Room,
}

/// Receive buffer autotuning (`tcp_rcv_space_adjust`), in packets. The data received per round trip
/// limits the window's growth. While the window grows, every packet is acknowledged.
#[derive(Clone, Debug, Default)]
struct Room {
    window: u64,
    limit: u64,
    most: u64,
    space: u64,
    since: (Time, u64),
    rtt: Span,
    answered: Time,
}

impl Room {
    /// Handles the arrival of a packet. The acknowledgement sent at `answers` triggered it. Returns
    /// true if the window grows.
    fn comes(&mut self, now: Time, answers: Time, next: u64, beyond: u64) -> bool {
        if answers != self.answered {
            // TCP timestamps count milliseconds.
            let rtt = Span::millis(now.since(answers).0 / 1_000_000);
            self.rtt = if self.rtt == Span::ZERO { rtt } else { Span((7 * self.rtt.0 + rtt.0) / 8) };
            self.answered = answers;
        }
        let grows = self.window < self.limit;
        if grows {
            self.window = (self.window + 2).min(self.limit);
        }
        if self.since.0 == Time::ZERO {
            self.since.0 = now;
        } else if now.since(self.since.0) >= self.rtt {
            let came = next.saturating_sub(self.since.1);
            if came > self.space {
                self.fits(came, beyond);
            }
            self.since = (now, next);
        }
        grows
    }

    /// Sizes the buffer for twice the data that arrived, and for a sender that doubles its rate.
    fn fits(&mut self, came: u64, beyond: u64) {
        let twice = 2 * came;
        let grown = twice + 2 * (twice * (came - self.space) / self.space) + beyond;
        self.space = came;
        self.limit = self.limit.max(grown.min(self.most));
    }
}

impl Receiver {
    /// With `kept`, the receiver delays acknowledgements. Its window is at least `window` packets.
    pub(super) fn new(payload: u64, from: u64, kept: bool, window: u64) -> Receiver {
        let at_least = |bytes: u64| (bytes / payload).max(window).max(2);
        let room = Room {
            window: at_least(WINDOW),
            limit: at_least(BUFFER),
            most: (MOST / payload).max(window).max(2),
            space: FIRST.max(window / 2),
            since: (Time::ZERO, from),
            answered: Time::FAR,
            ..Room::default()
        };
        let quick = if kept { 0 } else { QUICK };
        Receiver { next: from, said: from, quick, last: Time::FAR, room, ..Receiver::default() }
    }

    pub(super) fn room(&self) -> u64 {
        self.next + self.room.window
    }
    pub(super) fn late(&mut self, now: Time) -> Ack {
        self.tells(now, None)
    }

    fn tells(&mut self, now: Time, twice: Option<u64>) -> Ack {
        (self.said, self.waits) = (self.next, None);
        self.quick = self.quick.saturating_sub(1);
        let told = self.blocks.len().min(if twice.is_some() { TOLD - 1 } else { TOLD });
        let mut blocks = [(0, 0); TOLD];
        blocks[..told].copy_from_slice(&self.blocks[..told]);
        let room = self.next + self.room.window;
        Ack { at: now, sent: now, next: self.next, blocks, told, twice, echo: self.echo, room }
    }

    /// Takes a packet. Returns an acknowledgement if one is due. `answers`: see [`Room::comes`].
    pub(super) fn takes(&mut self, now: Time, packet: u64, sent: Time, answers: Time) -> Option<Ack> {
        // A packet below the last acknowledgement does not change the echo.
        if (packet..=packet + 1).contains(&self.said) {
            self.echo = self.echo.max(sent);
        }
        if now.since(self.last) > SILENCE {
            self.quick = QUICK;
        }
        self.last = now;
        if self.room.comes(now, answers, self.next, self.beyond.len() as u64) {
            self.quick = self.quick.max(1);
        }
        if packet < self.next {
            self.quick = QUICK;
            return Some(self.tells(now, Some(packet)));
        }
        if packet > self.next {
            return Some(self.keeps(now, packet));
        }
        let fills = self.held > 0;
        self.next += 1;
        self.beyond.pop_front();
        while self.beyond.front() == Some(&true) {
            self.beyond.pop_front();
            (self.next, self.held) = (self.next + 1, self.held - 1);
        }
        let next = self.next;
        self.blocks.retain(|block| block.1 > next);
        if fills || self.quick > 0 || self.next - self.said >= 2 {
            return Some(self.tells(now, None));
        }
        self.waits = Some(now + DELAY);
        None
    }

    fn keeps(&mut self, now: Time, packet: u64) -> Ack {
        let place = (packet - self.next) as usize;
        if self.beyond.len() <= place {
            self.beyond.resize(place + 1, false);
        }
        let twice = std::mem::replace(&mut self.beyond[place], true);
        if !twice {
            self.held += 1;
            self.room.fits(self.room.space, self.beyond.len() as u64);
        }
        let (mut from, mut to) = (packet, packet + 1);
        self.blocks.retain(|block| {
            let apart = block.0 > to || from > block.1;
            if !apart {
                (from, to) = (from.min(block.0), to.max(block.1));
            }
            apart
        });
        self.blocks.insert(0, (from, to));
        self.blocks.truncate(REMEMBERED);
        self.tells(now, twice.then_some(packet))
    }
}
