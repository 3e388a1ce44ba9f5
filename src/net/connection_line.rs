//! One direction of a link, shared by the messages that are under way on it.

use super::conditions::{Conditions, Direction};
use super::options::Outage;
use super::tcp::{Broken, Sender, Transfer};
use crate::base::{BitRate, Span, Time};

/// A message under way, by its number.
pub(super) type FlowId = u64;

/// The bottleneck of one direction. Each of the flows on it has its share of the rate; when one joins or leaves, the others are planned
/// anew from where they are. A flow alone is planned once, and may stay on the list after its end until somebody asks for it.
#[derive(Debug, Default)]
pub(super) struct Line {
    flows: Vec<Flow>,
    /// How many shared the rate since the last change.
    shares: usize,
    last: FlowId,
}

#[derive(Debug)]
struct Flow {
    id: FlowId,
    /// Where it was when the shares last changed.
    now: Box<Stage>,
    /// Where it will be at its end, once it is planned.
    ended: Option<Box<Stage>>,
    ends: Result<Time, Broken>,
    abandoned: bool,
}

/// A transfer with the sender that drives it.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) transfer: Transfer,
    pub(super) sender: Sender,
}

impl Stage {
    fn run(&mut self, conditions: &dyn Conditions, until: Time) -> Option<Result<Time, Broken>> {
        self.transfer.run(&mut self.sender, conditions, until)
    }
}

impl Line {
    /// A message joins at `now`.
    pub(super) fn join(&mut self, stage: Box<Stage>, now: Time, conditions: &dyn Conditions) -> FlowId {
        self.last += 1;
        let id = self.last;
        self.change(now, conditions, |flows| {
            flows.push(Flow { id, now: stage, ended: None, ends: Ok(now), abandoned: false });
        });
        id
    }

    /// When a flow has left the bottleneck or breaks, as things are, and whether it has the line for itself.
    pub(super) fn ends(&self, id: FlowId) -> (Result<Time, Broken>, bool) {
        let flow = self.flows.iter().find(|flow| flow.id == id).expect("who asks has joined");
        (flow.ends, self.shares == 1)
    }

    /// A flow is over: its transfer and its sender, and whether all of it went out.
    pub(super) fn leave(&mut self, id: FlowId, now: Time, conditions: &dyn Conditions) -> (Box<Stage>, bool) {
        let mut left = None;
        self.change(now, conditions, |flows| {
            let at = flows.iter().position(|flow| flow.id == id).expect("who leaves has joined");
            left = Some(flows.remove(at));
        });
        let flow: Flow = left.expect("it was there");
        (flow.ended.expect("who joins is planned"), !flow.abandoned)
    }

    /// Nobody wants the rest of a flow any more: what its sender has in flight goes on, nothing follows.
    pub(super) fn abandon(&mut self, id: FlowId, now: Time, conditions: &dyn Conditions) {
        if !self.flows.iter().any(|flow| flow.id == id && flow.is_under_way(now)) {
            return;
        }
        self.change(now, conditions, |flows| {
            for flow in flows.iter_mut().filter(|flow| flow.id == id) {
                flow.abandoned |= flow.now.transfer.stop();
            }
        });
    }

    /// Brings the flows under way to `now`, changes them, and plans them anew.
    fn change(&mut self, now: Time, conditions: &dyn Conditions, change: impl FnOnce(&mut Vec<Flow>)) {
        let before = Share::of(conditions, self.shares);
        for flow in self.flows.iter_mut().filter(|flow| flow.is_under_way(now)) {
            flow.now.run(&before, now);
        }
        change(&mut self.flows);
        self.shares = self.flows.iter().filter(|flow| flow.is_under_way(now)).count();
        let after = Share::of(conditions, self.shares);
        for flow in self.flows.iter_mut().filter(|flow| flow.is_under_way(now)) {
            let mut ended = flow.now.clone();
            flow.ends = ended.run(&after, Time::FAR).expect("a transfer that may run for ever ends");
            flow.ended = Some(ended);
        }
    }
}

impl Flow {
    fn is_under_way(&self, now: Time) -> bool {
        self.ended.is_none() || self.ends.unwrap_or_else(|broken| broken.at) > now
    }
}

/// Conditions of one of several flows: a part of the rate and of the queue.
struct Share<'c> {
    whole: &'c dyn Conditions,
    flows: u64,
}

impl<'c> Share<'c> {
    fn of(whole: &'c dyn Conditions, flows: usize) -> Share<'c> {
        Share { whole, flows: flows.max(1) as u64 }
    }
}

impl Conditions for Share<'_> {
    fn rtt(&self, now: Time) -> Span {
        self.whole.rtt(now)
    }
    fn jitter(&self, way: Direction, now: Time) -> Span {
        self.whole.jitter(way, now)
    }
    fn rate(&self, way: Direction, now: Time) -> BitRate {
        let BitRate(whole) = self.whole.rate(way, now);
        BitRate(if whole == 0 { 0 } else { (whole / self.flows).max(1) })
    }
    fn leaves_by(&self, way: Direction, from: Time, bytes: u64) -> Time {
        self.whole.leaves_by(way, from, bytes.saturating_mul(self.flows))
    }
    fn queue(&self, way: Direction) -> u64 {
        self.whole.queue(way) / self.flows
    }
    fn mtu(&self) -> u32 {
        self.whole.mtu()
    }
    fn slot(&self, way: Direction, at: Time) -> u64 {
        self.whole.slot(way, at)
    }
    fn next_loss(&self, way: Direction, slot: u64, until: u64) -> Option<u64> {
        self.whole.next_loss(way, slot, until)
    }
    fn outages(&self, now: Time) -> &[Outage] {
        self.whole.outages(now)
    }
    fn wake_up(&self, last: Option<Time>, now: Time) -> Span {
        self.whole.wake_up(last, now)
    }
    fn session(&self, now: Time) -> u64 {
        self.whole.session(now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tcp::{Congestion, Load, Steady, segments, wire};
    use super::*;

    fn at(ms: u64) -> Time {
        Time::ZERO + Span::millis(ms)
    }

    fn link() -> Steady {
        Steady::new(Span::millis(20), BitRate(8_000_000), BitRate(8_000_000))
    }

    fn stage(now: Time, bytes: u64) -> Box<Stage> {
        let sender = Sender::new(Congestion::Cubic, Span::millis(20), now, true);
        let transfer = Transfer::new(Direction::Down, now, Load::of(bytes), 1_500, false);
        Box::new(Stage { transfer, sender })
    }

    /// How long the bytes of a message take alone, without stalls.
    fn bare(bytes: u64) -> Span {
        link().rate[1].time_for(wire(bytes, 1_500))
    }

    #[test]
    fn two_that_begin_together_take_twice_as_long_and_one_that_joins_late_delays_by_its_part() {
        let (link, mut line) = (link(), Line::default());
        let alone = line.join(stage(at(0), 1_000_000), at(0), &link);
        let end = line.ends(alone).0.expect("nothing breaks");
        assert!(end.since(at(0)) >= bare(1_000_000));
        let second = line.join(stage(at(0), 1_000_000), at(0), &link);
        for id in [alone, second] {
            let together = line.ends(id).0.expect("nothing breaks").since(at(0));
            let twice = bare(2_000_000);
            assert!(together >= twice && together < twice + Span::millis(40), "{together} for {twice}");
        }
        let (_, whole) = line.leave(second, at(500), &link);
        assert!(whole);
        let after = line.ends(alone).0.expect("nothing breaks");
        // It had half of the rate for half a second: a quarter of a second is lost.
        let late = after.since(end);
        assert!((Span::millis(230)..Span::millis(270)).contains(&late), "{late}");
    }

    #[test]
    fn what_goes_over_the_wire_does_not_depend_on_company() {
        let (link, mut line) = (link(), Line::default());
        let one = line.join(stage(at(0), 300_000), at(0), &link);
        let two = line.join(stage(at(70), 50_000), at(70), &link);
        let end = line.ends(two).0.expect("nothing breaks");
        let (short, _) = line.leave(two, end, &link);
        let end = line.ends(one).0.expect("nothing breaks");
        let (long, _) = line.leave(one, end, &link);
        for (stage, bytes) in [(short, 50_000), (long, 300_000)] {
            assert_eq!(stage.transfer.traffic.bytes, wire(bytes, 1_500));
            assert_eq!(stage.transfer.traffic.packets, segments(bytes, 1_500));
        }
        assert!(end.since(at(0)) >= bare(350_000));
    }

    #[test]
    fn an_abandoned_flow_soon_leaves_the_line_to_others() {
        let (link, mut line) = (link(), Line::default());
        let dead = line.join(stage(at(0), 10_000_000), at(0), &link);
        line.abandon(dead, at(1_000), &link);
        let free = line.ends(dead).0.expect("nothing breaks");
        assert!(free <= at(1_100), "a window at most: {free}");
        let (stage, whole) = line.leave(dead, free, &link);
        assert!(!whole);
        assert!(stage.transfer.traffic.bytes < 1_200_000, "{:?}", stage.transfer.traffic);
        let next = line.join(self::stage(free, 100_000), free, &link);
        let took = line.ends(next).0.expect("nothing breaks").since(free);
        assert!(took < bare(100_000) + Span::millis(60), "{took}");
    }

    #[test]
    fn what_was_all_in_flight_is_not_abandoned() {
        let (link, mut line) = (link(), Line::default());
        let small = line.join(stage(at(0), 5_000), at(0), &link);
        line.abandon(small, at(1), &link);
        let end = line.ends(small).0.expect("nothing breaks");
        assert_eq!(end, at(0) + bare(5_000));
        assert!(line.leave(small, end, &link).1);
        line.abandon(small, at(50), &link);
    }

    #[test]
    fn a_flow_that_is_over_takes_nothing_from_who_joins_before_it_is_asked_for() {
        let (link, mut line) = (link(), Line::default());
        let first = line.join(stage(at(0), 5_000), at(0), &link);
        let (end, alone) = line.ends(first);
        assert!(alone && end.expect("nothing breaks") < at(6));
        let second = line.join(stage(at(10), 5_000), at(10), &link);
        let expected = at(10) + bare(5_000);
        assert_eq!(line.ends(second).0.expect("nothing breaks"), expected);
        assert!(line.leave(first, at(12), &link).1);
        assert_eq!(line.ends(second).0.expect("nothing breaks"), expected);
    }
}
