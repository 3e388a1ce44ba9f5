//! A message in an outage, simulated packet by packet. The cost of an outage depends on lost
//! acknowledgements, on timers, and on whether a timeout was spurious (without a loss).
//!
//! [`Packets`] models Linux 6.18: SACK and RACK, tail-loss probes, timeouts with F-RTO and undo
//! (`net/ipv4/tcp_input.c`, `tcp_timer.c`, `tcp_recovery.c`), proportional rate reduction (RFC
//! 6937), CUBIC with HyStart, BBR. The receiver acknowledges every packet while its window grows.
//! If Linux draws a random number, or a timer depends on the clock's phase, the model uses the
//! mean. The computing time per event does not depend on the number of outstanding packets.
//! Exceptions are a timeout and its undo.

mod acks;
mod bbr;
mod board;
mod cubic;
mod path;
mod receiver;
mod recovery;
mod round_trips;
mod state;

use bbr::Bbr;
use board::Board;
use cubic::{Course, Cubic};
pub(super) use path::Feed;
use path::Path;
use receiver::{Ack, Receiver};
use round_trips::{LEAST, RoundTrips, TICK, ticks, timer};
use state::State;

use super::outage::GIVE_UP;
use super::segment::Broken;
use super::sender::Sender;
use crate::base::{Span, Time};
use crate::net::{Direction, OutageMode};

/// Packets at a connection's start that BBR does not pace.
const UNPACED: u64 = 10;

/// The state from which a message continues packet by packet.
pub(super) struct Entry {
    pub(super) way: Direction,
    pub(super) now: Time,
    pub(super) free: Time,
    pub(super) payload: u64,
    /// True if the receiver delays its acknowledgements.
    pub(super) kept: bool,
    pub(super) least: Span,
    /// Packets in flight. All of them arrive; the first is acknowledged now.
    pub(super) in_flight: u64,
    /// Time between two of their acknowledgements.
    pub(super) segment: Span,
}

#[derive(Clone, Debug)]
enum Control {
    Cubic(Cubic),
    Bbr(Box<Bbr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    Timeout,
    Probe,
    Reordering,
}

/// The state before a loss. It is restored if the loss was spurious.
#[derive(Clone, Copy, Debug, Default)]
struct Undo {
    /// Packets from here on were retransmitted; `None`: nothing to undo.
    from: Option<u64>,
    /// Retransmissions that no duplicate report has confirmed yet; `None` before the first.
    again: Option<u64>,
    since: Option<Time>,
    window: u64,
    threshold: u64,
}

/// Proportional rate reduction of a recovery (RFC 6937).
#[derive(Clone, Copy, Debug, Default)]
struct Reduction {
    from: u64,
    delivered: u64,
    sent: u64,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    /// All packets before this one were sent when the probe left.
    high: u64,
    again: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Use {
    limited: bool,
    most: u64,
    until: u64,
}

/// The retransmissions that may follow an acknowledgement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repairs {
    None,
    Lost,
    /// New packets first: their acknowledgements show if the timeout was spurious.
    New,
}

#[derive(Clone, Debug)]
pub(super) struct Packets {
    board: Board,
    trips: RoundTrips,
    path: Path,
    receiver: Receiver,
    course: Course,
    control: Control,
    state: State,
    /// Next packet to send when the state last changed.
    high: u64,
    undo: Undo,
    reduction: Reduction,
    /// True while F-RTO checks if a timeout was spurious (RFC 5682).
    doubts: bool,
    /// Timeouts in a row, and the time of the first.
    timeouts: u64,
    silent: Option<Time>,
    probe: Option<Probe>,
    usage: Use,
    timer: Option<(Timer, Time)>,
    /// When the next packet leaves that waits only for a time; `None`: no packet does.
    due: Option<Time>,
    paced: Time,
    sent: u64,
    last_sent: Time,
    /// Send time of the last received acknowledgement, and the receive window that it announced.
    heard: Time,
    room: u64,
    now: Time,
    payload: u64,
    /// When the last packet left that made `board.through` grow.
    pub(super) passed: Time,
    pub(super) over: bool,
}

enum Event {
    Arrival,
    Delayed,
    Ack,
    Due,
    Timer,
}

impl Packets {
    pub(super) fn new(sender: &Sender, entry: &Entry) -> Packets {
        let Entry { way, now, payload, least, .. } = *entry;
        let (mut control, mut course) = {
            let (cubic, course) = Cubic::of(&sender.window);
            (Control::Cubic(cubic), course)
        };
        let mut delivered = 0;
        if let Some(bbr) = &sender.bbr {
            control = Control::Bbr(Box::new(Bbr::of(bbr, least, payload, now)));
            course = Course { window: bbr.window().max(1), threshold: cubic::NONE };
            delivered = bbr.delivered();
        }
        let n = entry.in_flight;
        if n > 0 && course.in_slow_start() && sender.bbr.is_none() {
            // The acknowledgements of these packets will open the window to this size.
            course.window = course.window.saturating_sub(n).max(n);
        }
        let receiver = Receiver::new(payload, n, entry.kept, 2 * course.window);
        let room = receiver.room();
        let mut packets = Packets {
            board: Board::new(now, delivered),
            trips: RoundTrips::new(sender.srtt, sender.spread, least),
            path: Path::new(way, entry.free),
            receiver,
            course,
            control,
            state: State::Open,
            high: 0,
            undo: Undo::default(),
            reduction: Reduction::default(),
            doubts: false,
            timeouts: 0,
            silent: None,
            probe: None,
            usage: Use { limited: n > 0, most: n, until: n },
            timer: None,
            due: Some(now),
            paced: now,
            sent: delivered,
            last_sent: sender.last,
            heard: Time(now.0.saturating_sub(least.0 / 2)),
            room,
            now,
            payload,
            passed: entry.free,
            over: false,
        };
        packets.take_up(entry, sender.srtt);
        packets
    }

    fn take_up(&mut self, entry: &Entry, rtt: Span) {
        let size = self.payload + super::segment::HEADERS;
        for k in 0..entry.in_flight {
            let at = entry.now + entry.segment * k;
            let (back, sent) =
                (Time(at.0.saturating_sub(entry.least.0 / 2)), Time(at.0.saturating_sub(rtt.0)));
            self.board.send(sent, size, true);
            self.path.acks.push_back(Ack::of(k + 1, (at, back), sent, self.room));
        }
        if entry.in_flight > 0 {
            self.board.starved = 0;
            self.arm(Timer::Timeout, self.trips.timeout);
        }
    }

    pub(super) fn next_event(&self) -> Time {
        self.event().map_or(Time::FAR, |(at, _)| at)
    }

    fn event(&self) -> Option<(Time, Event)> {
        let events = [
            (self.path.coming.front().map(|coming| coming.at), Event::Arrival),
            (self.receiver.waits, Event::Delayed),
            (self.path.acks.front().map(|ack| ack.at), Event::Ack),
            (self.due, Event::Due),
            (self.timer.map(|(_, at)| at), Event::Timer),
        ];
        let there = events.into_iter().filter_map(|(at, event)| at.map(|at| (at, event)));
        there.min_by_key(|(at, _)| *at)
    }

    pub(super) fn next(&self) -> u64 {
        self.board.next
    }
    pub(super) fn through(&self) -> u64 {
        self.board.through
    }
    pub(super) fn is_through(&self, feed: &Feed<'_>) -> bool {
        self.board.through == self.board.next && feed.left() == 0
    }
    pub(super) fn free(&self) -> Time {
        self.path.free
    }
    pub(super) fn wake(&mut self, now: Time) {
        self.due = Some(self.due.map_or(now, |due| due.min(now)));
    }
    pub(super) fn leaves_again(&mut self, now: Time, again: impl Fn(&mut Time)) {
        self.path.leaves_again(now, again);
    }

    /// Handles the next event before `until`. Returns false if there is none. Fails if the
    /// connection breaks.
    pub(super) fn step(&mut self, feed: &mut Feed<'_>, until: Time) -> Result<bool, Broken> {
        let Some((at, event)) = self.event().filter(|(at, _)| *at < until) else {
            if self.event().is_none() && feed.left() > 0 && !self.over {
                // Nothing is outstanding, so one packet may leave.
                self.course.window = self.course.window.max(1);
                self.due = Some(self.now);
                return Ok(self.now < until);
            }
            return Ok(false);
        };
        let met = feed.conditions.outages(self.now).iter().take_while(|outage| outage.from <= at);
        let mut met = met.filter(|outage| outage.mode == OutageMode::Reset);
        if let Some(reset) = met.next() {
            return Err(Broken { at: reset.from.max(self.now), cut: true });
        }
        self.now = at.max(self.now);
        match event {
            Event::Arrival => {
                if let Some(coming) = self.path.take() {
                    let said = self.receiver.takes(self.now, coming.packet, coming.sent, coming.answers);
                    self.answer(feed, said);
                }
            }
            Event::Delayed => {
                let said = self.receiver.late(self.now);
                self.answer(feed, Some(said));
            }
            Event::Ack => {
                if let Some(ack) = self.path.acks.pop_front() {
                    self.hears(&ack, feed);
                }
            }
            Event::Due => {
                self.due = None;
                if self.board.lost > self.board.again {
                    self.resend(feed);
                }
                self.send(feed);
            }
            Event::Timer => return self.fires(feed).map(|()| true),
        }
        Ok(true)
    }

    fn answer(&mut self, feed: &Feed<'_>, said: Option<Ack>) {
        if let Some(ack) = said {
            self.path.answer(feed.conditions, ack);
        }
    }

    pub(super) fn tells(&mut self, sender: &mut Sender) {
        (sender.srtt, sender.spread) = (self.trips.smoothed, self.trips.variation);
        sender.last = self.last_sent;
        match &self.control {
            Control::Cubic(cubic) => sender.window = cubic.window(self.course),
            Control::Bbr(bbr) => {
                if let Some(rounds) = &mut sender.bbr {
                    bbr.tells(rounds, self.course.window, &self.board);
                }
            }
        }
    }

    /// Ends a message of which all packets arrive. Handles the remaining acknowledgements and sends
    /// nothing more.
    pub(super) fn ends(&mut self, feed: &mut Feed<'_>) {
        (self.over, self.timer, self.due) = (true, None, None);
        while let Ok(true) = self.step(feed, Time::FAR) {}
    }

    fn arm(&mut self, what: Timer, wait: Span) {
        if !self.over {
            // The timer starts after the pacing delay.
            let paced = if what == Timer::Reordering { Span::ZERO } else { self.paced.since(self.now) };
            self.timer = Some((what, self.now + timer(wait) + paced));
        }
    }

    fn left(&self) -> Span {
        let sent = self.board.head().map_or(self.now, |packet| packet.sent);
        (sent + self.trips.timeout).since(self.now)
    }

    fn arm_timeout(&mut self) {
        let wait = match self.timer {
            _ if self.board.out() == 0 => {
                self.timer = None;
                return;
            }
            Some((Timer::Probe | Timer::Reordering, _)) => self.left().max(TICK),
            _ => self.trips.timeout,
        };
        self.arm(Timer::Timeout, wait);
    }

    /// Arms the tail-loss probe (RFC 8985), after an acknowledgement or after a packet was sent.
    fn arm_probe(&mut self, acknowledged: bool) -> bool {
        let out = self.board.out();
        if out == 0 || !matches!(self.state, State::Open | State::Reduction) {
            return false;
        }
        let alone = if out == 1 { LEAST } else { TICK * 2 };
        let left = if acknowledged { self.trips.timeout } else { self.left() };
        let wait = ticks(self.trips.smoothed * 2 + alone);
        self.arm(Timer::Probe, if left > Span::ZERO { wait.min(left) } else { wait });
        true
    }

    fn fires(&mut self, feed: &mut Feed<'_>) -> Result<(), Broken> {
        match self.timer.take() {
            Some((Timer::Probe, _)) => self.probes(feed),
            Some((Timer::Timeout, _)) => {
                let since = *self.silent.get_or_insert(self.now);
                if self.now.since(since) >= GIVE_UP {
                    return Err(Broken { at: since + GIVE_UP, cut: false });
                }
                self.times_out(feed);
            }
            Some((Timer::Reordering, _)) => {
                self.board.look_again();
                self.waited_for_others();
                self.resend(feed);
                if self.timer.is_none() {
                    self.arm_timeout();
                }
            }
            None => (),
        }
        Ok(())
    }

    fn probes(&mut self, feed: &mut Feed<'_>) {
        if self.board.out() > 0 && self.probe.is_none() {
            let high = self.board.next;
            let new = feed.left() > 0 && self.board.next < self.room;
            if new {
                self.send_new(1, feed);
                self.uses(false);
            } else {
                self.send_again(high - 1, feed);
            }
            self.probe = Some(Probe { high: self.board.next, again: !new });
        }
        self.timer = None;
        self.arm_timeout();
    }

    /// Sends with `leave` and sets the pacing timer. If the send is late, the timer is shorter by
    /// up to half.
    fn leaves(&mut self, bytes: u64, leave: impl FnOnce(&mut Packets)) {
        let late = self.now.since(self.paced);
        self.paced = self.paced.max(self.now);
        leave(self);
        if let Control::Bbr(bbr) = &self.control
            && self.sent >= UNPACED
        {
            let takes = Span::from_secs_f64(bytes as f64 / bbr.pacing);
            self.paced += Span(takes.0 - late.0.min(takes.0 / 2));
        }
    }

    fn is_held(&mut self) -> bool {
        let held = matches!(self.control, Control::Bbr(_)) && self.paced > self.now;
        if held {
            self.due = Some(self.paced);
        }
        held
    }

    fn transmit(&mut self, packet: (u64, u64), feed: &Feed<'_>) -> bool {
        if self.board.in_flight() == 0 {
            let idle = self.now.since(self.last_sent);
            match &mut self.control {
                Control::Cubic(cubic) => cubic.rests(idle),
                Control::Bbr(bbr) if self.board.starved > 0 => bbr.wakes(self.now, &mut self.course.window),
                Control::Bbr(_) => (),
            }
        }
        self.sent += 1;
        self.last_sent = self.now;
        self.now < feed.patience && self.path.send(feed.conditions, self.now, packet, self.heard)
    }

    fn send_new(&mut self, n: u64, feed: &mut Feed<'_>) {
        let before = self.board.out();
        self.leaves(n * self.payload, |packets| {
            for _ in 0..n {
                let (now, k) = (packets.now, packets.board.next);
                let size = feed.take(now);
                let passes = packets.transmit((k, size), feed);
                let through = packets.board.through;
                packets.board.send(now, size, passes);
                packets.passes(through);
            }
        });
        if before == 0 || matches!(self.timer, Some((Timer::Probe, _))) {
            self.arm_timeout();
        }
        if self.state.reduces() {
            self.reduction.sent += n;
        }
    }

    fn send_again(&mut self, k: u64, feed: &mut Feed<'_>) {
        let (now, size) = (self.now, self.board.packet(k).size);
        self.leaves(self.payload, |packets| {
            let passes = packets.transmit((k, size), feed);
            let through = packets.board.through;
            packets.board.send_again(now, k, passes);
            packets.passes(through);
        });
        feed.book(now, size, true);
    }

    /// Records when a packet leaves that makes `board.through` grow. `through` is its value before.
    fn passes(&mut self, through: u64) {
        if self.board.through > through {
            self.passed = self.path.free;
        }
    }

    fn repair(&mut self, k: u64, feed: &mut Feed<'_>) {
        self.send_again(k, feed);
        self.board.repairs(k);
        self.undo.since.get_or_insert(self.now);
        *self.undo.again.get_or_insert(0) += 1;
    }

    fn send(&mut self, feed: &mut Feed<'_>) {
        let (mut limited, mut sent) = (false, false);
        while feed.left() > 0 && self.board.next < self.room && !self.over && !self.is_held() {
            let open = self.course.window.saturating_sub(self.board.in_flight());
            if open == 0 {
                limited = true;
                break;
            }
            let together = match &self.control {
                Control::Bbr(bbr) => bbr.together(),
                Control::Cubic(_) => 1,
            };
            let n = together.min(open).min(feed.left()).min(self.room - self.board.next);
            self.send_new(n, feed);
            sent = true;
        }
        limited |= self.board.in_flight() >= self.course.window;
        if sent || limited {
            self.uses(limited);
        }
        if sent {
            self.arm_probe(false);
        }
    }

    /// Records how much of the window is used (`tcp_cwnd_validate`).
    fn uses(&mut self, limited: bool) {
        let (board, usage) = (&self.board, &mut self.usage);
        let more = !usage.limited && board.out() > usage.most;
        if board.una >= usage.until || limited || more {
            *usage = Use { limited, most: board.out(), until: board.next };
        }
    }

    fn resend(&mut self, feed: &mut Feed<'_>) {
        let mut first = false;
        while !self.over && !self.is_held() && self.board.in_flight() < self.course.window {
            let Some(k) = self.board.next_repair() else { break };
            self.repair(k, feed);
            if self.state.reduces() {
                self.reduction.sent += 1;
            }
            first |= k == self.board.una;
        }
        if first && !matches!(self.timer, Some((Timer::Reordering, _))) {
            self.arm(Timer::Timeout, self.trips.timeout);
        }
    }
}
