//! Flows (transfers) that share a bottleneck. All flows with packets to send get equal parts of the
//! rate. Each flow may have as many bytes in flight as the others leave free, but at least an equal
//! part.

use smallvec::{SmallVec, smallvec};

use super::conditions::{Conditions, Direction};
use super::options::Outage;
use super::tcp::{Broken, Sender, Transfer};
use crate::base::{BitRate, Span, Time};

pub(super) type Ended = Option<Result<Time, Broken>>;

/// A transfer and its sender.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) transfer: Transfer,
    pub(super) sender: Sender,
}

impl Stage {
    pub(super) fn run(&mut self, conditions: &dyn Conditions, until: Time) -> Ended {
        self.transfer.run(&mut self.sender, conditions, until)
    }
    fn in_flight_at_most(&self) -> u64 {
        self.transfer.in_flight_at_most(&self.sender)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Sharing {
    pub(super) since: Time,
    among: u64,
}

impl Default for Sharing {
    fn default() -> Sharing {
        Sharing { since: Time::ZERO, among: 1 }
    }
}

impl Sharing {
    /// The part of the link that each flow has at least.
    pub(super) fn part<'c>(&self, whole: &'c dyn Conditions) -> Share<'c> {
        Share { whole, flows: self.among, others: u64::MAX }
    }

    /// Runs all stages to `until` or to their ends. A step ends when a stage starts or stops
    /// sending.
    pub(super) fn run(
        &mut self,
        stages: &mut [&mut Stage],
        whole: &dyn Conditions,
        until: Time,
    ) -> SmallVec<[Ended; 4]> {
        if let [stage] = stages {
            return smallvec![self.run_alone(stage, whole, until)];
        }
        let mut ended: SmallVec<[Ended; 4]> = smallvec![None; stages.len()];
        loop {
            let now = self.since;
            for (stage, ended) in stages.iter().zip(&mut ended) {
                *ended = ended.or(stage.transfer.over(now));
            }
            if now >= until || ended.iter().all(Option::is_some) {
                self.since = until;
                return ended;
            }
            self.since = self.advance(stages, &ended, whole, until);
        }
    }

    /// Like `run`, for a single flow.
    pub(super) fn run_alone(&mut self, mut stage: &mut Stage, whole: &dyn Conditions, until: Time) -> Ended {
        self.share(1, std::slice::from_mut(&mut stage), whole);
        self.since = until;
        stage.run(whole, until)
    }

    /// Advances the stages that have not ended, until the set of senders changes.
    fn advance(
        &mut self,
        stages: &mut [&mut Stage],
        ended: &[Ended],
        whole: &dyn Conditions,
        until: Time,
    ) -> Time {
        let now = self.since;
        let mut there: SmallVec<[&mut Stage; 4]> = stages
            .iter_mut()
            .zip(ended)
            .filter(|(_, ended)| ended.is_none())
            .map(|(stage, _)| &mut **stage)
            .collect();
        let sending = there.iter().filter(|stage| stage.transfer.is_sending(now)).count();
        self.share(sending.max(1) as u64, &mut there, whole);
        let turns = there.iter().map(|stage| stage.transfer.next_turn(now));
        let mut next = turns.filter(|at| *at > now).fold(until, Time::min);
        let in_flight: u64 = there.iter().map(|stage| stage.in_flight_at_most()).sum();
        for stage in there.into_iter().filter(|stage| stage.transfer.next_turn(now) == now) {
            let others = in_flight.saturating_sub(stage.in_flight_at_most());
            stage.run(Share { others, ..self.part(whole) }.conditions(), next);
            next = next.min(stage.transfer.next_turn(now));
        }
        next
    }

    fn share(&mut self, among: u64, stages: &mut [&mut Stage], whole: &dyn Conditions) {
        if among == self.among {
            return;
        }
        let before = self.part(whole);
        self.among = among;
        let after = self.part(whole);
        for stage in stages {
            stage.transfer.leaves_again(self.since, before.conditions(), after.conditions());
        }
    }
}

/// One flow's part of the link. It gets an equal part of the rate. Of the queue, it gets the bytes
/// that other flows leave free, or an equal part if that is more.
pub(super) struct Share<'c> {
    whole: &'c dyn Conditions,
    flows: u64,
    /// Upper limit of the bytes that the others have in flight.
    others: u64,
}

impl Share<'_> {
    /// A single flow uses the link directly, without this layer.
    pub(super) fn conditions(&self) -> &dyn Conditions {
        if self.flows == 1 { self.whole } else { self }
    }
}

/// `jitter` and `session` keep their defaults: only a connection uses them, not a transfer.
impl Conditions for Share<'_> {
    fn rtt(&self, now: Time) -> Span {
        self.whole.rtt(now)
    }
    fn rate(&self, way: Direction, now: Time) -> BitRate {
        let BitRate(whole) = self.whole.rate(way, now);
        BitRate(if whole == 0 { 0 } else { (whole / self.flows).max(1) })
    }
    fn leaves_by(&self, way: Direction, from: Time, bytes: u64) -> Time {
        self.whole.leaves_by(way, from, bytes.saturating_mul(self.flows))
    }
    fn passed(&self, way: Direction, from: Time, until: Time) -> u64 {
        self.whole.passed(way, from, until) / self.flows
    }
    fn queue(&self, way: Direction) -> u64 {
        let whole = self.whole.queue(way);
        whole.saturating_sub(self.others).max(whole / self.flows)
    }
    fn spare(&self, way: Direction, now: Time) -> u64 {
        let on_its_way = self.whole.rate(way, now).bytes_in(self.whole.rtt(now));
        let left = self.whole.queue(way).saturating_add(on_its_way).saturating_sub(self.others);
        left.saturating_sub(self.queue(way).saturating_add(on_its_way / self.flows))
    }
    fn mtu(&self) -> u32 {
        self.whole.mtu()
    }
    fn loses(&self, way: Direction) -> bool {
        self.whole.loses(way)
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
}
