//! One message on its way.

use super::bbr::Bbr;
use super::mark::{Mark, Seen};
use super::outage::{GIVE_UP, staircase};
use super::segment::{Cut, HEADERS, Load};
use super::sender::Sender;
use super::window::Round;
use crate::base::{BitRate, Span, Time};
use crate::net::{Conditions, Direction, OutageMode};

/// What went over the wire for a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets sent.
    pub packets: u64,
    /// Those of them that were sent again.
    pub retransmitted: u64,
    /// Bytes with headers, those sent again included.
    pub bytes: u64,
}

/// Why a transfer did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// When the connection is gone.
    pub at: Time,
    /// An outage cut it; otherwise TCP gave up.
    pub cut: bool,
}

/// A message of which a part may have left. A step sends a round or, when nothing stalls, all the rest.
#[derive(Clone, Debug)]
pub struct Transfer {
    way: Direction,
    load: Cut,
    /// Segments of the load that went out at least once.
    sent: u64,
    /// Segments known to be lost, to be sent before any other.
    again: u64,
    /// Segments lost behind all that arrived: found out a round later.
    hidden: u64,
    /// When the sender may go on.
    at: Time,
    /// When what it has sent has left the bottleneck.
    free: Time,
    /// The last repair leaves no earlier.
    repaired: Time,
    /// Nothing was sent yet: the window leaves in one burst.
    burst: bool,
    /// A loss is being repaired: there is no tail-loss probe.
    recovering: bool,
    /// Packets in flight that the link held when it was last looked at.
    room: u64,
    /// Packets that left for acknowledgements that came before a loss was found.
    credit: u64,
    /// So many of the next packets belong to the recovery under way: a loss among them does not shrink the window again.
    excused: u64,
    /// The window was the limit.
    limited: bool,
    /// The receiver acknowledges every second segment.
    delayed: bool,
    /// Packets that the window held beyond those of the last round.
    spare: u64,
    /// What comes next goes in that round yet.
    reopened: bool,
    /// Where messages end, if it carries several.
    marks: Vec<Mark>,
    /// What was sent so far.
    pub traffic: Traffic,
    broken: Option<Broken>,
}

/// The bottleneck at the start of a round.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    pub(super) start: Time,
    pub(super) round: Round,
    /// From a segment's arrival at the bottleneck to the return of its acknowledgement.
    pub(super) turn: Span,
    /// The same for the first acknowledgement of a round.
    pub(super) first: Span,
}

impl Pace {
    /// From a packet's leaving the bottleneck to the return of its acknowledgement.
    pub(super) fn back(&self) -> Span {
        self.turn.saturating_sub(self.round.segment)
    }
}

/// Packets that leave one after the other.
#[derive(Clone, Copy)]
struct Step {
    n: u64,
    /// Packets that may be in flight meanwhile.
    window: u64,
    /// Acknowledgements come and packets go without a stall.
    stretch: bool,
    start: Time,
    end: Time,
}

impl Step {
    /// When the first `k` have left, about.
    fn left_at(&self, k: u64) -> Time {
        self.start + (self.end - self.start).scaled(k.min(self.n), self.n)
    }
}

impl Traffic {
    /// Both together.
    pub fn plus(self, other: Traffic) -> Traffic {
        Traffic {
            packets: self.packets + other.packets,
            retransmitted: self.retransmitted + other.retransmitted,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl Transfer {
    /// A message that its sender has at `at`, in packets of at most `mtu` bytes. On a `kept` connection the receiver acknowledges every second segment; on a young one each.
    pub fn new(way: Direction, at: Time, load: Load, mtu: u32, kept: bool) -> Transfer {
        Transfer {
            way,
            load: load.cut(mtu),
            sent: 0,
            again: 0,
            hidden: 0,
            at,
            free: at,
            repaired: at,
            burst: true,
            recovering: false,
            room: u64::MAX,
            credit: 0,
            excused: 0,
            limited: false,
            delayed: kept,
            spare: 0,
            reopened: false,
            marks: Vec::new(),
            traffic: Traffic::default(),
            broken: None,
        }
    }

    /// Which way it goes.
    pub fn way(&self) -> Direction {
        self.way
    }

    /// Goes on until all has left, the connection broke, or `until` is reached: a round that has begun by then is finished, a stretch
    /// is cut. Returns when the last byte has left the bottleneck.
    pub fn run(
        &mut self,
        sender: &mut Sender,
        conditions: &dyn Conditions,
        until: Time,
    ) -> Option<Result<Time, Broken>> {
        loop {
            if let Some(broken) = self.broken {
                return Some(Err(broken));
            }
            if self.left() == 0 && self.hidden == 0 {
                return Some(Ok(self.free.max(self.repaired)));
            }
            if self.at >= until {
                return None;
            }
            if self.burst {
                sender.wakes(self.at);
            }
            self.step(sender, conditions, until);
        }
    }

    /// Sends nothing more; what is in flight goes on. Whether something was left.
    pub fn stop(&mut self) -> bool {
        let all = self.load.segments;
        let left = self.sent < all || self.again + self.hidden > 0;
        (self.sent, self.again, self.hidden) = (all, 0, 0);
        self.repaired = self.free;
        left
    }

    /// What is sent of it where nobody answers for `lasts`: its first window, and tries with the first packet of that.
    pub(in crate::net) fn unheard(&self, sender: &mut Sender, lasts: Span) -> Traffic {
        sender.wakes(self.at);
        let window = sender.bbr.as_ref().map_or(sender.window.segments(), |bbr| bbr.window());
        let (flight, tries) = (self.left().min(window), staircase(lasts, sender.srtt).vain);
        let bytes = self.bytes(flight) + tries * self.bytes(1);
        Traffic { packets: flight + tries, retransmitted: tries, bytes }
    }

    /// Bytes of messages that it carries since they last changed, and how many of them went out.
    pub(in crate::net) fn payload(&self) -> (u64, u64) {
        (self.load.payload(self.load.segments), self.load.payload(self.sent))
    }

    /// Its messages change at `now`: `bytes` are left from here on, and each of `streams` ends after so many of them, or has none
    /// left. What went out stays as it is.
    pub(in crate::net) fn change(&mut self, now: Time, bytes: u64, streams: &[(u64, Option<u64>)]) {
        let idle = self.left() + self.hidden == 0;
        let load = self.load.rest(self.sent, bytes);
        let (owed, earliest) = (self.again + self.hidden, self.free.max(self.repaired));
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
        if idle && self.spare > 0 {
            (self.at, self.reopened) = (now, true);
        }
        if bytes > 0 {
            // What follows tells of them.
            self.again += std::mem::take(&mut self.hidden);
        }
    }

    /// When a stream's message has left, if that is known and it is not alone.
    pub(in crate::net) fn passed(&self, stream: u64) -> Option<Time> {
        self.marks.iter().find(|mark| mark.stream == stream).and_then(|mark| mark.passed)
    }

    /// Segments to be sent, first or again.
    fn left(&self) -> u64 {
        self.load.segments - self.sent + self.again
    }

    /// Bytes on the wire of the next `n` segments; repairs come first and are full.
    fn bytes(&self, n: u64) -> u64 {
        let (again, fresh) = (n.min(self.again), n.saturating_sub(self.again));
        self.load.first(self.sent + fresh) - self.load.first(self.sent) + again * self.load.mtu
    }

    /// The bottleneck as the next packet finds it.
    fn pace(&self, conditions: &dyn Conditions) -> Pace {
        let mut start = self.at.max(self.free);
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

    fn step(&mut self, sender: &mut Sender, conditions: &dyn Conditions, until: Time) {
        if self.again == 0 && self.left() == 0 {
            (self.again, self.hidden) = (self.hidden, 0);
        }
        let pace = self.pace(conditions);
        if pace.start.since(self.at) > GIVE_UP {
            self.broken = Some(Broken { at: self.at + GIVE_UP, cut: false });
            return;
        }
        self.room = self.holds(conditions, &pace);
        let rested = sender.bbr.clone();
        let mut step = match &mut sender.bbr {
            Some(bbr) => self.paced(bbr, conditions, &pace, self.left()),
            None => self.windowed(sender, conditions, &pace, until),
        };
        if self.cut(sender, conditions, &pace, &mut step, rested) {
            return;
        }
        let mut lost = self.lost(conditions, &step);
        if sender.bbr.is_none() {
            self.overflow(&mut lost, &step, conditions);
        }
        if let Some(first) = lost.first().filter(|_| step.stretch) {
            // What is in flight when the loss is found goes on; the rest is looked at again with the smaller window.
            let seen = (first + step.window).min(step.n);
            if seen < step.n {
                step.end = conditions.leaves_by(self.way, step.start, self.bytes(seen));
                step.n = seen;
                lost.retain(|at| *at < seen);
            }
        }
        let bytes = self.bytes(step.n);
        let before = (!self.marks.is_empty()).then(|| self.clone());
        self.account(&step, &lost, bytes, sender, &pace);
        if self.left() > 0 || self.hidden > 0 {
            self.limited = true;
        }
        if lost.is_empty() {
            self.went_well(&step, sender, &pace);
        } else {
            let more = self.left() > 0;
            self.repair(&step, &lost, more, sender, &pace);
        }
        if let Some(before) = before {
            self.mark(&before, &step, &lost, conditions);
        }
        self.burst = false;
    }

    /// Tells the marks of a step, `before` which the transfer was like that.
    fn mark(&mut self, before: &Transfer, step: &Step, lost: &[u64], conditions: &dyn Conditions) {
        let repairs = step.n.min(before.again);
        let seen = Seen { sent: before.sent, repairs, n: step.n, lost, repaired: self.repaired };
        let left = |k: u64| match k < step.n {
            true => conditions.leaves_by(self.way, step.start, before.bytes(k)).min(step.end),
            false => step.end,
        };
        for mark in &mut self.marks {
            mark.see(&seen, left);
        }
    }

    /// One window, or all that no stall stops.
    fn windowed(&self, sender: &Sender, conditions: &dyn Conditions, pace: &Pace, until: Time) -> Step {
        let whole = sender.window.segments() + self.credit;
        let (left, window) = (self.left(), if self.reopened { self.spare } else { whole });
        let full = pace.round.segment * window >= pace.first;
        let mut n = match left > window {
            true if full => self.stretch(sender, pace, conditions, window),
            true => window,
            false => left,
        };
        let end = |n: u64| conditions.leaves_by(self.way, pace.start, self.bytes(n));
        let (stretch, mut ends) = (n > window, end(n));
        if stretch && until < ends {
            n = search(n, |n| end(n) <= until).max(1);
            ends = end(n);
        }
        Step { n, window, stretch, start: pace.start, end: ends }
    }

    /// How far the present window reaches without a stall: to the end, to where it overflows the queue, or less when the rate rises;
    /// less than the `open` part of it, which is not all that is left, it never does.
    fn stretch(&self, sender: &Sender, pace: &Pace, conditions: &dyn Conditions, open: u64) -> u64 {
        let window = sender.window.segments().min(open);
        let mut n = self.left().min(sender.window.until(self.room + 1)).max(window);
        while n > window {
            let end = conditions.leaves_by(self.way, pace.start, self.bytes(n));
            // By the mean rate of the stretch the window must cover a round trip.
            if Span((end - pace.start).0 / n) * window + pace.round.segment >= pace.first {
                break;
            }
            n = (n / 2).max(window);
        }
        n
    }

    /// Packets in flight that the link holds: on their way, and in its queue.
    fn holds(&self, conditions: &dyn Conditions, pace: &Pace) -> u64 {
        let queue = conditions.queue(self.way) / self.load.mtu;
        queue.saturating_add(pace.round.rtt.0 / pace.round.segment.0.max(1)).min(u64::MAX / 4)
    }

    /// Loses what the queue does not hold: of a burst its end, of a window that grows with its acknowledgements every second packet.
    fn overflow(&self, lost: &mut Vec<u64>, step: &Step, conditions: &dyn Conditions) {
        let (n, at_once) = (step.n, step.n.min(step.window));
        if self.burst {
            let queue = conditions.queue(self.way) / self.load.mtu;
            lost.extend(queue.max(1)..at_once);
        } else {
            // One place less: two packets come for each acknowledgement.
            let room = self.room.saturating_sub(1).max(1);
            let excess = at_once.saturating_sub(room).min(n / 2);
            let from = if step.stretch { 0 } else { n - 2 * excess };
            lost.extend((0..excess).map(|k| from + 2 * k));
        }
        lost.sort_unstable();
        lost.dedup();
    }

    /// Which packets of a step are lost: those in whose slot the link loses packets.
    fn lost(&self, conditions: &dyn Conditions, step: &Step) -> Vec<u64> {
        let first = conditions.slot(self.way, step.start);
        let slots = (conditions.slot(self.way, step.end) - first).max(1);
        let packet = |slot: u64| {
            let wide = u128::from(slot - first) * u128::from(step.n);
            wide.div_ceil(u128::from(slots)) as u64
        };
        let mut lost = Vec::new();
        let mut from = first;
        while let Some(slot) = conditions.next_loss(self.way, from, first + slots) {
            lost.extend(packet(slot)..packet(slot + 1).min(step.n));
            from = slot + 1;
        }
        lost
    }

    /// Whether an outage stops the step, before which BBR had `rested`. If it comes later, the step becomes what leaves before it.
    fn cut(
        &mut self,
        sender: &mut Sender,
        conditions: &dyn Conditions,
        pace: &Pace,
        step: &mut Step,
        rested: Option<Box<Bbr>>,
    ) -> bool {
        let Some(outage) = conditions.outages(pace.start).first().copied() else { return false };
        if outage.from >= step.end {
            return false;
        }
        if outage.from > pace.start {
            let end = |n: u64| match &rested {
                Some(bbr) => self.paced(&mut bbr.clone(), conditions, pace, n).end,
                None => conditions.leaves_by(self.way, pace.start, self.bytes(n)),
            };
            let before = search(step.n, |n| end(n) <= outage.from);
            if before > 0 {
                (step.n, step.end) = (before, end(before));
                if let Some(mut bbr) = rested {
                    *step = self.paced(&mut bbr, conditions, pace, before);
                    sender.bbr = Some(bbr);
                }
                return false;
            }
        }
        if let Some(bbr) = rested {
            step.window = bbr.window().max(1);
            sender.bbr = Some(bbr);
        }
        let from = outage.from.max(self.at);
        if outage.mode == OutageMode::Reset {
            if outage.from > self.at {
                self.vanish(step, 0);
            }
            self.broken = Some(Broken { at: from, cut: true });
            return true;
        }
        let queued = if self.limited { pace.round.segment * step.window } else { Span::ZERO };
        let steps = staircase(outage.until.since(from), queued.max(pace.turn));
        let flight = self.vanish(step, steps.vain);
        self.traffic.retransmitted += steps.vain;
        match steps.over {
            Some(after) => {
                self.at = from + after;
                self.free = self.at;
                // What comes next is all of it again.
                self.traffic.retransmitted += flight;
                if sender.bbr.is_none() {
                    sender.window.loss(self.at);
                }
            }
            None => self.broken = Some(Broken { at: from + GIVE_UP, cut: false }),
        }
        true
    }

    /// Books what an outage swallows: all that a step has in flight, and `tries` with its first packet. How many were in flight.
    fn vanish(&mut self, step: &Step, tries: u64) -> u64 {
        let flight = step.n.min(step.window);
        self.traffic.packets += flight + tries;
        self.traffic.bytes += self.bytes(flight) + tries * self.bytes(1);
        flight
    }

    /// Takes note of what left.
    fn account(&mut self, step: &Step, lost: &[u64], bytes: u64, sender: &mut Sender, pace: &Pace) {
        let repairs = step.n.min(self.again);
        self.traffic.packets += step.n;
        self.traffic.retransmitted += repairs;
        self.traffic.bytes += bytes;
        self.credit = 0;
        (self.spare, self.reopened) = (step.window.saturating_sub(step.n), false);
        self.again -= repairs;
        self.sent += step.n - repairs;
        self.free = step.end;
        sender.last = step.end;
        // The round trip that the last packet sees: it waits behind those of its window.
        let queued = pace.round.segment * step.n.min(step.window);
        let loaded = if self.burst { queued + pace.round.rtt } else { queued.max(pace.turn) };
        sender.measured(loaded, step.n - lost.len() as u64);
    }

    fn went_well(&mut self, step: &Step, sender: &mut Sender, pace: &Pace) {
        self.at = match () {
            () if self.hidden > 0 => step.end + pace.turn,
            () if step.stretch => step.end,
            () => step.start + pace.first,
        };
        self.excused = 0;
        self.recovering &= self.again + self.hidden > 0;
        if self.limited {
            sender.window.acknowledged(step.n, step.end, pace.round);
            if step.stretch {
                sender.window.overflowed(self.room, step.end);
            }
        } else {
            sender.window.acknowledged_below(step.n, step.end, pace.round);
        }
    }

    /// A step with losses: who finds them, and when they are sent again. `more` follows after the step.
    fn repair(&mut self, step: &Step, lost: &[u64], more: bool, sender: &mut Sender, pace: &Pace) {
        let (count, first) = (lost.len() as u64, lost[0]);
        let behind = step.n - first - count;
        if behind == 0 && !more {
            return self.probe(step, first, count, sender, pace);
        }
        // Found by what arrives after it: three packets, or fewer and a quarter of a round trip (RACK, RFC 8985).
        let patience = if behind >= 3 || more { Span::ZERO } else { Span(pace.round.rtt.0 / 4) };
        let found = step.left_at(first + 4) + pace.back() + patience;
        if more {
            self.again += count;
            self.at = if step.stretch { step.end } else { step.start + pace.first };
        } else {
            let tail = lost.iter().rev().zip((0..step.n).rev()).take_while(|(lost, at)| **lost == *at).count()
                as u64;
            self.again += count - tail;
            self.hidden += tail;
            self.at = found;
        }
        self.repaired = self.repaired.max(found + pace.round.segment);
        self.recovering = true;
        let excused = std::mem::replace(&mut self.excused, count + first);
        if sender.bbr.is_none() && lost[lost.len() - 1] >= excused {
            let before = sender.window.segments();
            sender.window.loss(self.at);
            self.credit = before.saturating_sub(sender.window.segments()) * first.min(before) / before;
        }
    }

    /// The whole end of a message is lost, `count` packets from `first` on: nothing that arrives tells. A probe goes out, or in a recovery
    /// the timeout ends it.
    fn probe(&mut self, step: &Step, first: u64, count: u64, sender: &mut Sender, pace: &Pace) {
        let heard = if first > 0 { step.left_at(first) + pace.back() } else { step.start };
        if self.recovering {
            self.at = heard + sender.timeout();
            self.again += count;
            sender.window.timeout(self.at);
        } else {
            self.at = heard + sender.probe(count);
            self.again += 1;
            self.hidden += count - 1;
            if sender.bbr.is_none() {
                sender.window.loss(self.at);
            }
        }
        self.recovering = true;
    }

    /// BBR: the next `n`, paced.
    fn paced(&self, bbr: &mut Bbr, conditions: &dyn Conditions, pace: &Pace, n: u64) -> Step {
        let natural = |from: Time, done: u64, k: u64| {
            conditions.leaves_by(self.way, from, self.bytes(done + k) - self.bytes(done))
        };
        let end = bbr.send(n, pace, natural);
        let window = bbr.window();
        Step { n, window: window.max(1), stretch: n > window, start: pace.start, end }
    }
}

/// The largest k of 0..=n for which `holds`, which holds for all below it.
fn search(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if holds(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}
