//! The packets that a transfer has handed over to the link by a given time. Changes of the rate,
//! and the stop of a transfer.

use super::super::segment::Owed;
use super::super::sender::Sender;
use super::super::step::Step;
use super::Transfer;
use crate::base::Time;
use crate::net::Conditions;

impl Transfer {
    /// Records the packets that a step hands over. With `repairs` or losses, it hands all over at
    /// once. Otherwise it hands over a round while the previous round is acknowledged.
    pub(super) fn hand_over(&mut self, step: &Step, sender: &Sender, repairs: bool) {
        let sent = self.traffic.packets;
        let (least, most) = match step.stretch {
            _ if sender.bbr.is_some() => (sent + step.ahead, 0),
            true if step.ahead == 0 => (sent, 0),
            true => (sent, step.ahead.max(sender.window.segments())),
            false if repairs || self.recovering => (sent, 0),
            false => (sent - step.n, step.window),
        };
        self.flight.goes_on(least, most);
    }

    /// Packets handed over by `now`. A round counts as sent at its start. A stretch (packets
    /// without a pause) counts while it leaves.
    fn handed_over(&self, now: Time, conditions: &dyn Conditions) -> u64 {
        let sent = self.traffic.packets;
        if self.close_up.is_some() {
            return sent;
        }
        let pace = self.pace_at(now, conditions);
        self.flight.handed_over(sent, self.free, now, &pace).min(sent + self.left())
    }

    /// Packets handed over by `now` in addition to those counted as sent.
    pub(super) fn in_flight(&self, now: Time, conditions: &dyn Conditions) -> u64 {
        self.handed_over(now, conditions).saturating_sub(self.traffic.packets)
    }

    pub(in crate::net) fn payload_in_flight(&self, now: Time, conditions: &dyn Conditions) -> u64 {
        let flight = self.in_flight(now, conditions);
        let fresh = flight.saturating_sub(self.again.packets);
        self.load.payload(self.sent + fresh) - self.load.payload(self.sent)
    }

    /// Counts as sent the packets that are handed over by `now`.
    pub(in crate::net) fn settle(&mut self, now: Time, conditions: &dyn Conditions) {
        let (handed_over, sent) = (self.handed_over(now, conditions), self.traffic.packets);
        let (never, flight) = (sent.saturating_sub(handed_over), handed_over.saturating_sub(sent));
        if never > 0 {
            self.traffic.packets -= never;
            self.traffic.bytes -= self.load.first(self.sent) - self.load.first(self.sent - never);
            self.sent -= never;
            let run = self.traffic.bytes - self.flight.bytes;
            self.free = conditions.leaves_by(self.way, self.flight.from, run).min(self.free);
        } else if flight > 0 {
            self.free = conditions.leaves_by(self.way, self.free, self.bytes(flight));
            self.traffic = self.traffic.plus(self.next(flight));
            let repairs = flight.min(self.again.packets);
            self.again = self.again.less(repairs);
            self.sent += flight - repairs;
        }
    }

    /// The rate changes at `now`: packets that have not left yet leave at new times.
    pub(in crate::net) fn leaves_again(
        &mut self,
        now: Time,
        before: &dyn Conditions,
        after: &dyn Conditions,
    ) {
        let (way, sent, free) = (self.way, self.traffic.bytes, self.free);
        if self.burst || free <= now {
            return;
        }
        let again = |at: &mut Time| {
            // `passed` counts the bytes before `at`. The next byte leaves at `at`.
            let left = 1 + before.passed(way, now, *at).min(sent);
            *at = after.leaves_by(way, now, left);
        };
        for mark in &mut self.marks {
            let times = mark.passed.iter_mut().chain([&mut mark.earliest]);
            times.filter(|at| now < **at && **at <= free).for_each(again);
        }
        again(&mut self.free);
        if let Some(packets) = &mut self.close_up {
            packets.leaves_again(now, again);
        }
    }

    /// Stops after the packets handed over by `now`. True if some packets were left.
    pub(in crate::net) fn stop(&mut self, now: Time, conditions: &dyn Conditions) -> bool {
        let all = self.traffic.packets + self.left();
        let whole = self.close_up.is_none() && self.owed().packets == 0;
        if whole && self.handed_over(now, conditions) == all {
            return false;
        }
        self.settle(now, conditions);
        self.close_up = None;
        (self.sent, self.again, self.hidden) = (self.load.segments, Owed::default(), Owed::default());
        self.repaired = self.free;
        true
    }
}
