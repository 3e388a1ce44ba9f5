//! One message in transit.
//!
//! A round is a window of packets. The next round starts when the first acknowledgement returns. A
//! stretch is a sequence of packets without a pause. A repair is the retransmission of a lost
//! packet.

mod close_up;
mod flight;
mod handing_over;
mod paced;

use flight::Flight;

use super::outage::{GIVE_UP, LONGEST_WAIT, staircase};
use super::packets::Packets;
use super::segment::{Broken, Cut, HEADERS, Load, Owed, Traffic};
use super::sender::Sender;
use super::step::{Lost, Pace, Step, Stepped, search};
use super::window::Round;
use crate::base::{BitRate, Span, Time};
use crate::net::{Conditions, Direction};

/// A message; a part of it may have left.
#[derive(Debug)]
pub struct Transfer {
    pub(super) way: Direction,
    load: Cut,
    sent: u64,
    /// Segments known to be lost. They leave before any other.
    again: Owed,
    /// Segments lost after the last one that arrived. The sender detects this a round later.
    hidden: Owed,
    /// The time when the sender may continue.
    at: Time,
    /// The time when everything sent so far has left the bottleneck.
    free: Time,
    /// The last repair leaves no earlier than this.
    repaired: Time,
    /// True if nothing was sent yet: the window leaves in one burst.
    burst: bool,
    /// True while a loss is being repaired: then there is no tail-loss probe.
    recovering: bool,
    /// (start, last wait) while timeouts repeat and nothing arrives; otherwise `None`.
    silence: Option<(Time, Span)>,
    /// From this time on nobody waits for the message.
    pub(super) patience: Time,
    /// How many packets in flight the link could hold at the last step.
    room: u64,
    /// Packets that may leave in addition to the window. Acknowledgements for them came before a
    /// loss was found.
    credit: u64,
    /// How many of the next packets belong to the current recovery. Their loss does not shrink the
    /// window again.
    excused: u64,
    limited: bool,
    /// True if the receiver acknowledges only every second segment.
    delayed: bool,
    /// Unused part of the last round's window, in packets.
    spare: u64,
    /// True if the next packets use this unused part.
    reopened: bool,
    flight: Flight,
    /// Ends of the messages, if the transfer has several.
    marks: Vec<Mark>,
    close_up: Option<Box<Packets>>,
    /// Traffic so far.
    pub traffic: Traffic,
    broken: Option<Broken>,
}

/// End of one stream's message. TCP delivers in order, so a loss delays all streams after it.
#[derive(Clone, Debug)]
struct Mark {
    stream: u64,
    /// Packets up to the message's end; zero if all of them were sent before.
    packets: u64,
    owed: u64,
    earliest: Time,
    passed: Option<Time>,
}

impl Clone for Transfer {
    fn clone(&self) -> Transfer {
        Transfer { marks: self.marks.clone(), close_up: self.close_up.clone(), ..*self }
    }

    /// Copies field by field: a block copy would stall on small fields that were just written.
    #[inline]
    fn clone_from(&mut self, other: &Transfer) {
        let mut marks = std::mem::take(&mut self.marks);
        marks.clone_from(&other.marks);
        *self = Transfer { marks, close_up: other.close_up.clone(), ..*other };
    }
}

impl Transfer {
    /// A message that starts at `at`. With `kept`, the receiver acknowledges every second segment.
    #[inline]
    pub fn new(way: Direction, at: Time, load: Load, mtu: u32, kept: bool) -> Transfer {
        Transfer {
            way,
            load: load.cut(mtu),
            sent: 0,
            again: Owed::default(),
            hidden: Owed::default(),
            at,
            free: at,
            repaired: at,
            burst: true,
            recovering: false,
            silence: None,
            patience: Time::FAR,
            room: u64::MAX,
            credit: 0,
            excused: 0,
            limited: false,
            delayed: kept,
            spare: 0,
            reopened: false,
            flight: Flight::default(),
            marks: Vec::new(),
            close_up: None,
            traffic: Traffic::default(),
            broken: None,
        }
    }

    /// Runs until all packets have left, the connection breaks, or `until`. A round that has begun
    /// runs to its end. Returns the time when the last byte left the bottleneck; `None`: the
    /// transfer continues.
    pub fn run(
        &mut self,
        sender: &mut Sender,
        conditions: &dyn Conditions,
        until: Time,
    ) -> Option<Result<Time, Broken>> {
        loop {
            if let Some(ended) = self.ended() {
                return Some(ended);
            }
            if self.at >= until {
                return None;
            }
            if self.close_up.is_some() {
                self.follow(sender, conditions, until);
                continue;
            }
            if self.burst {
                sender.wakes(self.at);
                if self.overflows(conditions) || self.will_meet(sender, conditions) {
                    self.look_closely(sender, conditions);
                    continue;
                }
            }
            match self.step(sender, conditions, until) {
                Stepped::Whole => (),
                Stepped::Short => return None,
                Stepped::Meets => self.look_closely(sender, conditions),
            }
        }
    }

    fn ended(&self) -> Option<Result<Time, Broken>> {
        match self.broken {
            Some(broken) => Some(Err(broken)),
            None if self.close_up.is_some() => None,
            None if self.left() == 0 && self.hidden.packets == 0 => Some(Ok(self.free.max(self.repaired))),
            None => None,
        }
    }

    /// Like `ended`, but only once all packets have left: then other flows cannot change the time.
    pub(in crate::net) fn over(&self, now: Time) -> Option<Result<Time, Broken>> {
        self.ended().filter(|ended| ended.is_err() || self.free <= now)
    }
    pub(in crate::net) fn is_sending(&self, now: Time) -> bool {
        self.at <= now || self.free > now && !self.burst
    }

    /// The time when the transfer next stops or starts to send; `now` if it starts now.
    pub(in crate::net) fn next_turn(&self, now: Time) -> Time {
        let sends = self.free > now && !self.burst && self.close_up.is_none();
        if sends { self.free } else { self.at.max(now) }
    }

    fn within(&self, sender: &Sender) -> u64 {
        self.left().min(self.window(sender))
    }
    fn window(&self, sender: &Sender) -> u64 {
        sender.bbr.as_ref().map_or(sender.window.segments(), |bbr| bbr.window())
    }
    /// Maximum of bytes in flight: the window, or the whole message.
    pub(in crate::net) fn in_flight_at_most(&self, sender: &Sender) -> u64 {
        self.window(sender).min(self.load.segments).saturating_mul(self.load.mtu)
    }
    fn next(&self, n: u64) -> Traffic {
        Traffic { packets: n, retransmitted: n.min(self.again.packets), bytes: self.bytes(n) }
    }
    /// Traffic if no acknowledgement arrives for the next `lasts`: the first window (if the
    /// transfer has not started), and the retransmissions of the first unacknowledged packet.
    pub(in crate::net) fn unheard(&self, sender: &mut Sender, lasts: Span) -> Traffic {
        if self.burst {
            sender.wakes(self.at);
        }
        let flight = if self.burst { self.within(sender) } else { 0 };
        let tries = staircase(lasts, sender.srtt).vain;
        let size = match self.left() {
            0 => self.load.first(self.load.segments) - self.load.first(self.load.segments.saturating_sub(1)),
            _ => self.bytes(1),
        };
        let vain = Traffic { packets: tries, retransmitted: tries, bytes: tries * size };
        self.next(flight).plus(vain)
    }

    /// Payload bytes since its messages last changed, as (in total, sent).
    pub(in crate::net) fn payload(&self) -> (u64, u64) {
        (self.load.payload(self.load.segments), self.load.payload(self.sent))
    }

    /// Changes the transfer's messages at `now`. From then on, `bytes` are left. Each of `streams`
    /// ends after its number of bytes; `None`: the stream has no bytes left.
    pub(in crate::net) fn change(&mut self, now: Time, bytes: u64, streams: &[(u64, Option<u64>)]) {
        let load = self.load.rest(self.sent, bytes);
        let out = self.close_up.as_ref().map_or(0, |packets| packets.next() - packets.through());
        let (owed, earliest) = (self.owed().packets + out, self.free.max(self.repaired));
        let idle = self.load.segments - self.sent + owed == 0;
        self.flight.goes_on(self.traffic.packets, 0);
        let gone = std::mem::take(&mut self.marks);
        let gone: Vec<Mark> = gone.into_iter().filter(|mark| mark.packets <= self.sent).collect();
        self.marks.extend(streams.iter().map(|(stream, ends)| {
            match gone.iter().find(|mark| mark.stream == *stream) {
                Some(mark) => Mark { packets: 0, ..mark.clone() },
                None => {
                    let packets = ends.map_or(0, |bytes| load.packet(bytes));
                    let passed = (packets + owed == 0).then_some(earliest);
                    let earliest = if packets == 0 || owed > 0 { earliest } else { now };
                    Mark { stream: *stream, packets, owed, earliest, passed }
                }
            }
        }));
        (self.load, self.sent) = (load, 0);
        if let Some(packets) = &mut self.close_up {
            packets.wake(now);
            self.at = now;
        } else if idle && self.spare > 0 {
            (self.at, self.reopened) = (now, true);
        }
        if bytes > 0 {
            // The next packets will show the hidden losses to the sender.
            (self.again, self.hidden) = (self.owed(), Owed::default());
        }
    }

    /// The time when a stream's message has left; `None` if unknown, or if it is the only stream.
    pub(in crate::net) fn passed(&self, stream: u64) -> Option<Time> {
        self.marks.iter().find(|mark| mark.stream == stream).and_then(|mark| mark.passed)
    }
    fn left(&self) -> u64 {
        self.load.segments - self.sent + self.again.packets
    }
    fn owed(&self) -> Owed {
        self.again.plus(self.hidden)
    }

    /// Wire bytes of the next `n` segments. Repairs come first, in the size of the lost segments.
    fn bytes(&self, n: u64) -> u64 {
        let fresh = n.saturating_sub(self.again.packets);
        self.load.first(self.sent + fresh) - self.load.first(self.sent) + self.again.first(n)
    }

    /// State of the bottleneck for a packet that reaches it at `start`.
    fn pace_at(&self, mut start: Time, conditions: &dyn Conditions) -> Pace {
        let mut rate = conditions.rate(self.way, start);
        if rate.0 == 0 {
            // The first byte leaves when there is capacity again.
            start = conditions.leaves_by(self.way, start, 1);
            rate = conditions.rate(self.way, start);
        }
        let mtu = self.load.mtu;
        let segment = match rate {
            BitRate(0) => conditions.leaves_by(self.way, start, mtu).since(start),
            rate => rate.time_for(mtu),
        };
        let rtt = conditions.rtt(start);
        let other = if self.way == Direction::Up { Direction::Down } else { Direction::Up };
        let back = conditions.rate(other, start);
        let ack = if back.0 == 0 { Span::ZERO } else { back.time_for(HEADERS) };
        let turn = segment + rtt + ack;
        let first = if self.delayed { turn + segment } else { turn };
        Pace { start, round: Round { rtt, segment }, turn, first }
    }

    /// Sends a round, or all packets that leave without a stall, up to `until`.
    fn step(&mut self, sender: &mut Sender, conditions: &dyn Conditions, until: Time) -> Stepped {
        if self.left() == 0 {
            (self.again, self.hidden) = (self.hidden, Owed::default());
        }
        let pace = self.pace_at(self.at.max(self.free), conditions);
        if pace.start.since(self.at) > GIVE_UP {
            self.broken = Some(Broken { at: self.at + GIVE_UP, cut: false });
            return Stepped::Whole;
        }
        self.room = self.holds(conditions, &pace);
        let rested = sender.bbr.clone();
        let mut step = match &mut sender.bbr {
            Some(bbr) => self.paced_by(bbr, conditions, &pace, until),
            None => self.windowed(sender, conditions, &pace, until),
        };
        // Later packets wait for acknowledgements.
        let told = if step.n < self.left() { step.end + pace.turn } else { step.end };
        if conditions.outages(self.at).first().is_some_and(|outage| outage.from < told) {
            sender.bbr = rested;
            return Stepped::Meets;
        }
        let mut lost = Vec::new();
        self.lose(&mut lost, &step, conditions);
        if sender.bbr.is_none() {
            self.overflow(&mut lost, &step, conditions);
        }
        lost.sort_unstable();
        lost.dedup();
        if let Some(first) = lost.first().filter(|_| step.stretch) {
            // Packets in flight when the loss is found continue. The rest is planned again with the
            // smaller window. BBR's start-up is not cut, because a cut would show it
            // acknowledgements too early.
            let seen = (first + step.window).max(step.opening).min(step.n);
            if seen < step.n {
                self.shorten(&mut step, seen, sender, conditions, &pace, rested.as_deref());
                step.ahead = 0;
                if let Some(bbr) = &mut sender.bbr {
                    bbr.loaded = true;
                }
                lost.retain(|at| *at < seen);
            }
        }
        let bytes = self.bytes(step.n);
        let sizes: Vec<u64> = lost.iter().map(|k| self.bytes(k + 1) - self.bytes(*k)).collect();
        let before = (!self.marks.is_empty()).then(|| self.clone());
        let repairs = self.again.packets > 0;
        self.account(&step, &lost, bytes, sender, &pace);
        let more = self.left() > 0;
        self.limited |= more || self.hidden.packets > 0;
        if lost.is_empty() {
            self.went_well(&step, sender, &pace);
        } else {
            self.repair(&step, &Lost { at: &lost, sizes: &sizes, more }, sender, &pace);
        }
        if let Some(before) = before {
            self.mark(&before, &step, &lost, conditions);
        }
        self.burst = false;
        self.hand_over(&step, sender, repairs);
        if step.short && sender.bbr.is_some() {
            // The transfer may have been in a pause.
            self.at = self.at.max(until);
        }
        if step.short { Stepped::Short } else { Stepped::Whole }
    }

    /// Updates the marks that `step` passes. `before` is the state before the step.
    fn mark(&mut self, before: &Transfer, step: &Step, lost: &[u64], conditions: &dyn Conditions) {
        let repairs = step.n.min(before.again.packets);
        let left = |k: u64| match k < step.n {
            true => conditions.leaves_by(self.way, step.start, before.bytes(k)).min(step.end),
            false => step.end,
        };
        for mark in self.marks.iter_mut().filter(|mark| mark.passed.is_none()) {
            // Repairs come first.
            let again = repairs.min(mark.owed);
            let fresh = mark.packets.saturating_sub(before.sent).min(step.n - repairs);
            let mine = |k: u64| k < again || (repairs..repairs + fresh).contains(&k);
            let gone = lost.iter().filter(|k| mine(**k)).count() as u64;
            mark.owed = mark.owed - again + gone;
            let last = if fresh > 0 { repairs + fresh } else { again };
            if last > 0 {
                mark.earliest = mark.earliest.max(left(last));
            }
            if gone > 0 {
                mark.earliest = mark.earliest.max(self.repaired);
            }
            if mark.owed == 0 && mark.packets <= before.sent + step.n - repairs {
                mark.passed = Some(mark.earliest);
            }
        }
    }

    fn windowed(&self, sender: &Sender, conditions: &dyn Conditions, pace: &Pace, until: Time) -> Step {
        let whole = sender.window.segments() + self.credit;
        let (left, window) = (self.left(), if self.reopened { self.spare } else { whole });
        // Small segments leave earlier than their number suggests.
        let full = pace.round.segment.scaled(self.bytes(window), self.load.mtu) >= pace.first;
        let mut n = match left > window {
            true if full => self.stretch(sender, pace, conditions, window),
            true => window,
            false => left,
        };
        let end = |n: u64| conditions.leaves_by(self.way, pace.start, self.bytes(n));
        let (stretch, mut ends) = (n > window, end(n));
        let short = stretch && until < ends;
        if short {
            n = search(n, |n| end(n) <= until).max(1);
            ends = end(n);
        }
        let ahead = if stretch { window } else { 0 };
        Step { n, window, stretch, opening: 0, told: false, ahead, start: pace.start, end: ends, short }
    }

    /// Number of packets that leave without a stall. The stretch ends where the window would
    /// overflow the queue, and earlier if the rate rises. The result is at least a window, or
    /// `open` if that is less.
    fn stretch(&self, sender: &Sender, pace: &Pace, conditions: &dyn Conditions, open: u64) -> u64 {
        let window = sender.window.segments().min(open);
        let mut n = self.left().min(sender.window.until(self.room + 1)).max(window);
        while n > window {
            let end = conditions.leaves_by(self.way, pace.start, self.bytes(n));
            // At the mean rate of the stretch, the window must cover a round trip.
            if Span((end - pace.start).0 / n) * window + pace.round.segment >= pace.first {
                break;
            }
            n = (n / 2).max(window);
        }
        n
    }

    /// How many packets in flight the link can hold: in transit and in its queue.
    fn holds(&self, conditions: &dyn Conditions, pace: &Pace) -> u64 {
        let queue =
            conditions.queue(self.way).saturating_add(conditions.spare(self.way, pace.start)) / self.load.mtu;
        queue.saturating_add(pace.round.rtt.0 / pace.round.segment.0.max(1)).min(u64::MAX / 4)
    }

    /// Adds to `lost` the packets that the queue drops: the end of a burst, or every second packet
    /// of a window that grows with its acknowledgements.
    fn overflow(&self, lost: &mut Vec<u64>, step: &Step, conditions: &dyn Conditions) {
        let (n, at_once) = (step.n, step.n.min(step.window));
        if self.burst {
            let queue = conditions.queue(self.way) / self.load.mtu;
            lost.extend(queue.max(1)..at_once);
        } else {
            // One place less: two packets are sent per acknowledgement.
            let room = self.room.saturating_sub(1).max(1);
            let excess = at_once.saturating_sub(room).min(n / 2);
            let from = if step.stretch { 0 } else { n - 2 * excess };
            lost.extend((0..excess).map(|k| from + 2 * k));
        }
    }

    /// Adds to `lost` the packets of a step whose slots are lossy.
    fn lose(&self, lost: &mut Vec<u64>, step: &Step, conditions: &dyn Conditions) {
        if !conditions.loses(self.way) {
            return;
        }
        let first = conditions.slot(self.way, step.start);
        let slots = (conditions.slot(self.way, step.end) - first).max(1);
        let packet = |slot: u64| {
            let wide = u128::from(slot - first) * u128::from(step.n);
            wide.div_ceil(u128::from(slots)) as u64
        };
        let mut from = first;
        while let Some(slot) = conditions.next_loss(self.way, from, first + slots) {
            lost.extend(packet(slot)..packet(slot + 1).min(step.n));
            from = slot + 1;
        }
    }

    fn account(&mut self, step: &Step, lost: &[u64], bytes: u64, sender: &mut Sender, pace: &Pace) {
        let repairs = step.n.min(self.again.packets);
        self.flight.begins(step, self.burst, &self.traffic, self.free);
        if (lost.len() as u64) < step.n {
            self.silence = None;
        }
        self.traffic.packets += step.n;
        self.traffic.retransmitted += repairs;
        self.traffic.bytes += bytes;
        self.credit = 0;
        (self.spare, self.reopened) = (step.window.saturating_sub(step.n), false);
        self.again = self.again.less(repairs);
        self.sent += step.n - repairs;
        self.free = step.end;
        sender.last = step.end;
        // Round trip of the last packet: it waits for the other packets of its window.
        let queued = pace.round.segment * step.n.min(step.window);
        let loaded = if self.burst { queued + pace.round.rtt } else { queued.max(pace.turn) };
        sender.measured(loaded, step.n - lost.len() as u64);
    }

    fn went_well(&mut self, step: &Step, sender: &mut Sender, pace: &Pace) {
        self.at = match () {
            () if self.hidden.packets > 0 => step.end + pace.turn,
            () => step.goes_on(pace),
        };
        self.excused = 0;
        self.recovering &= self.owed().packets > 0;
        if self.limited {
            sender.window.acknowledged(step.n, step.end, pace.round);
            if step.stretch {
                sender.window.overflowed(self.room, step.end);
            }
        } else {
            sender.window.acknowledged_below(step.n, step.end, pace.round);
        }
    }

    /// Handles a step with losses: decides how each is detected, and when it is sent again.
    fn repair(&mut self, step: &Step, lost: &Lost<'_>, sender: &mut Sender, pace: &Pace) {
        let (count, first, more) = (lost.at.len() as u64, lost.at[0], lost.more);
        let behind = step.n - first - count;
        // If no packet of a window arrives, nothing shows the loss, even if more packets follow.
        if behind == 0 && (!more || count == step.n) {
            return self.probe(step, lost, sender, pace);
        }
        // Later packets that arrive show the loss: three packets, or fewer packets and a quarter of
        // a round trip (RACK, RFC 8985).
        let patience = if behind >= 3 || more { Span::ZERO } else { Span(pace.round.rtt.0 / 4) };
        let found = step.left_at(first + 4) + pace.back() + patience;
        let ending = lost.at.iter().rev().zip((0..step.n).rev()).take_while(|(lost, at)| **lost == *at);
        let tail = if more { 0 } else { ending.count() };
        let (seen, hidden) = lost.sizes.split_at(lost.at.len() - tail);
        self.again = self.again.plus(Owed::of(seen));
        self.hidden = self.hidden.plus(Owed::of(hidden));
        self.at = if more { step.goes_on(pace) } else { found };
        // A BBR step may have losses in several windows. They are detected window by window.
        let known = if sender.bbr.is_some() { lost.at[seen.len() - 1] } else { first };
        let last = found + (step.left_at(known + 4) - step.left_at(first + 4));
        self.repaired = self.repaired.max(last + pace.round.segment);
        self.recovering = true;
        let excused = std::mem::replace(&mut self.excused, count + first);
        if sender.bbr.is_none() && lost.at[lost.at.len() - 1] >= excused {
            let before = sender.window.segments();
            sender.window.loss(self.at);
            self.credit = before.saturating_sub(sender.window.segments()) * first.min(before) / before;
        }
    }

    /// Handles the loss of a message's end or of a whole window: no later packet arrives to show
    /// it. The sender sends a tail-loss probe. During a recovery, it waits for its timeout instead.
    fn probe(&mut self, step: &Step, lost: &Lost<'_>, sender: &mut Sender, pace: &Pace) {
        let first = lost.at[0];
        let heard = if first > 0 { step.left_at(first) + pace.back() } else { step.start };
        if self.recovering {
            // The timeout doubles until something arrives (RFC 6298, 5.5).
            let (since, wait) = match self.silence {
                Some((since, wait)) => (since, Span((wait * 2).0.min(LONGEST_WAIT.0))),
                None => (heard, sender.timeout()),
            };
            self.at = heard + wait;
            if self.silence.is_none() {
                sender.window.timeout(self.at);
            }
            self.silence = Some((since, wait));
            self.again = self.again.plus(Owed::of(lost.sizes));
            if self.at.since(since) > GIVE_UP {
                self.broken = Some(Broken { at: since + GIVE_UP, cut: false });
            }
        } else {
            self.at = heard + sender.probe(lost.at.len() as u64);
            let (probe, others) = (Owed::of(&lost.sizes[..1]), Owed::of(&lost.sizes[1..]));
            self.again = self.again.plus(probe);
            if lost.more {
                self.again = self.again.plus(others);
                (self.spare, self.reopened) = (1, true);
            } else {
                self.hidden = self.hidden.plus(others);
            }
            if sender.bbr.is_none() {
                sender.window.loss(self.at);
            }
        }
        self.recovering = true;
    }
}
