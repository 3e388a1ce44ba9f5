//! The path of packets to the receiver, and of acknowledgements back. A packet passes the
//! bottleneck's queue and then takes half a round trip. An outage drops all packets that reach the
//! bottleneck, in both directions. Packets already in the queue pass. The links of the measured
//! reference do the same.

use std::collections::VecDeque;

use super::super::segment::{Cut, HEADERS, Owed, Traffic};
use super::receiver::Ack;
use crate::base::{Span, Time};
use crate::net::{Conditions, Direction};

#[derive(Clone, Copy, Debug)]
pub(super) struct Coming {
    leaves: Time,
    pub(super) at: Time,
    pub(super) packet: u64,
    pub(super) sent: Time,
    /// Send time of the acknowledgement that triggered this packet.
    pub(super) answers: Time,
    size: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Path {
    way: Direction,
    pub(super) free: Time,
    back_free: Time,
    pub(super) coming: VecDeque<Coming>,
    pub(super) acks: VecDeque<Ack>,
    /// Bytes in the queue, and how many of `coming` have left it.
    queued: u64,
    left: usize,
}

/// Bytes per SACK block, and bytes of the option's header.
const BLOCK: u64 = 8;
const BLOCKS: u64 = 4;

impl Path {
    pub(super) fn new(way: Direction, free: Time) -> Path {
        let (coming, acks) = (VecDeque::new(), VecDeque::new());
        Path { way, free, back_free: free, coming, acks, queued: 0, left: 0 }
    }

    /// A packet of `size` bytes reaches the bottleneck. Returns true if it will arrive.
    pub(super) fn send(
        &mut self,
        conditions: &dyn Conditions,
        now: Time,
        (packet, size): (u64, u64),
        answers: Time,
    ) -> bool {
        while let Some(coming) = self.coming.get(self.left).filter(|coming| coming.leaves <= now) {
            self.queued -= coming.size;
            self.left += 1;
        }
        let room = conditions.queue(self.way).saturating_add(conditions.spare(self.way, now));
        if conditions.outage(now).is_some() || self.queued > 0 && self.queued + size > room {
            return false;
        }
        self.free = conditions.leaves_by(self.way, self.free.max(now), size);
        let leaves = self.free;
        if conditions.loses(self.way) {
            let slot = conditions.slot(self.way, leaves);
            if conditions.next_loss(self.way, slot, slot + 1).is_some() {
                return false;
            }
        }
        let last = self.coming.back().map_or(now, |last| last.at);
        let at = last.max(leaves + Span(conditions.rtt(leaves).0 / 2));
        self.queued += size;
        self.coming.push_back(Coming { leaves, at, packet, sent: now, answers, size });
        true
    }

    pub(super) fn take(&mut self) -> Option<Coming> {
        let coming = self.coming.pop_front()?;
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.queued -= coming.size,
        }
        Some(coming)
    }

    pub(super) fn answer(&mut self, conditions: &dyn Conditions, mut ack: Ack) {
        let now = ack.sent;
        if conditions.outage(now).is_some() {
            return;
        }
        let back = if self.way == Direction::Up { Direction::Down } else { Direction::Up };
        let blocks = ack.blocks().len() as u64 + u64::from(ack.twice.is_some());
        let size = HEADERS + blocks * BLOCK + if blocks > 0 { BLOCKS } else { 0 };
        let rate = conditions.rate(back, now);
        let takes = if rate.0 == 0 { Span::ZERO } else { rate.time_for(size) };
        self.back_free = self.back_free.max(now) + takes;
        ack.at = self.back_free + Span(conditions.rtt(now).0 / 2);
        self.acks.push_back(ack);
    }

    /// The rate changed: queued packets leave at new times.
    pub(super) fn leaves_again(&mut self, now: Time, again: impl Fn(&mut Time)) {
        let mut last = now;
        for coming in self.coming.iter_mut().filter(|coming| coming.leaves > now) {
            let way = coming.at.since(coming.leaves);
            again(&mut coming.leaves);
            coming.at = last.max(coming.leaves + way);
            last = coming.at;
        }
        if self.free > now {
            again(&mut self.free);
        }
    }
}

/// The link, and the packets to send: first packets that must be sent again, then new ones.
pub(in crate::net::tcp) struct Feed<'f> {
    pub(in crate::net::tcp) conditions: &'f dyn Conditions,
    pub(in crate::net::tcp) load: &'f Cut,
    pub(in crate::net::tcp) sent: &'f mut u64,
    pub(in crate::net::tcp) owed: &'f mut Owed,
    pub(in crate::net::tcp) traffic: &'f mut Traffic,
    pub(in crate::net::tcp) patience: Time,
}

impl Feed<'_> {
    pub(super) fn left(&self) -> u64 {
        self.load.segments - *self.sent + self.owed.packets
    }

    pub(super) fn take(&mut self, now: Time) -> u64 {
        let again = self.owed.packets > 0;
        let size = if again {
            let size = self.owed.first(1);
            *self.owed = self.owed.less(1);
            size
        } else {
            let before = self.load.first(*self.sent);
            *self.sent += 1;
            self.load.first(*self.sent) - before
        };
        self.book(now, size, again);
        size
    }

    /// Counts a packet, unless nobody waits for the message any more.
    pub(super) fn book(&mut self, now: Time, size: u64, again: bool) {
        if now < self.patience {
            self.traffic.packets += 1;
            self.traffic.retransmitted += u64::from(again);
            self.traffic.bytes += size;
        }
    }
}
