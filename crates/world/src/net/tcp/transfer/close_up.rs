//! A message that meets an outage: simulated packet by packet, from its start or present state.

use super::super::packets::{Entry, Feed, Packets};
use super::super::segment::{HEADERS, Owed, SYN};
use super::super::sender::Sender;
use super::super::step::{Pace, Stepped};
use super::Transfer;
use crate::base::Time;
use crate::net::Conditions;

impl Transfer {
    /// True if an outage starts before a message that starts now has passed.
    pub(super) fn will_meet(&self, sender: &Sender, conditions: &dyn Conditions) -> bool {
        let Some(outage) = conditions.outages(self.at).first() else { return false };
        let whole = conditions.leaves_by(self.way, self.at, self.bytes(self.left()));
        // This limit is high on purpose. An outage that starts even later may still meet the
        // message in transit.
        if outage.from > whole + (whole.since(self.at) + conditions.rtt(self.at) * 8) * 8 {
            return false;
        }
        let (mut trial, mut sender) = (self.clone(), sender.clone());
        while trial.ended().is_none() && trial.at < outage.from {
            if trial.step(&mut sender, conditions, Time::FAR) == Stepped::Meets {
                return true;
            }
        }
        trial.ended().is_none()
    }

    /// True if the message overflows a queue shorter than a round trip. The model by rounds cannot
    /// say which packets are lost then.
    pub(super) fn overflows(&self, conditions: &dyn Conditions) -> bool {
        let (way, now) = (self.way, self.at);
        let queue = conditions.queue(way).saturating_add(conditions.spare(way, now));
        self.bytes(self.left()) > queue && queue < conditions.rate(way, now).bytes_in(conditions.rtt(now))
    }

    pub(super) fn look_closely(&mut self, sender: &Sender, conditions: &dyn Conditions) {
        let pace = self.pace_at(self.at.max(self.free), conditions);
        (self.again, self.hidden) = (self.owed(), Owed::default());
        let in_flight = if self.burst { 0 } else { self.on_their_way(sender, &pace) };
        let entry = Entry {
            way: self.way,
            now: if self.burst { self.at } else { pace.start },
            free: self.free,
            payload: self.load.mtu - HEADERS,
            kept: self.delayed,
            // The round trip of a handshake packet.
            least: pace.back() + pace.round.segment.scaled(SYN, self.load.mtu),
            in_flight,
            segment: pace.round.segment,
        };
        self.close_up = Some(Box::new(Packets::new(sender, &entry)));
        (self.burst, self.recovering, self.silence) = (false, false, None);
    }

    /// Number of earlier packets that are not acknowledged yet when the next packet leaves.
    fn on_their_way(&self, sender: &Sender, pace: &Pace) -> u64 {
        let doubles = sender.bbr.is_none() && sender.window.in_slow_start();
        let before = self.window(sender) / if doubles { 2 } else { 1 };
        let pipe = pace.back().0 / pace.round.segment.0.max(1);
        before.min(pipe).min(self.traffic.packets)
    }

    pub(super) fn follow(&mut self, sender: &mut Sender, conditions: &dyn Conditions, until: Time) {
        let Some(mut packets) = self.close_up.take() else { return };
        loop {
            let before = packets.through();
            let mut feed = Feed {
                conditions,
                load: &self.load,
                sent: &mut self.sent,
                owed: &mut self.again,
                traffic: &mut self.traffic,
                patience: self.patience,
            };
            let stepped = packets.step(&mut feed, until);
            if packets.is_through(&feed) {
                packets.ends(&mut feed);
            }
            self.free = packets.free();
            if packets.through() > before && !self.marks.is_empty() {
                self.mark_through(&packets);
            }
            match stepped {
                Err(broken) => self.broken = Some(broken),
                Ok(_) if packets.over => {
                    (self.free, self.repaired) = (packets.passed, packets.passed);
                    self.at = self.free;
                }
                Ok(true) => continue,
                Ok(false) => {
                    self.at = packets.next_event();
                    packets.tells(sender);
                    self.close_up = Some(packets);
                    return;
                }
            }
            packets.tells(sender);
            self.flight.begins_behind(&self.traffic, self.free, sender.window.segments());
            return;
        }
    }

    fn mark_through(&mut self, packets: &Packets) {
        let (sent, owed, next) = (self.sent, self.again.packets, packets.next());
        for mark in self.marks.iter_mut().filter(|mark| mark.passed.is_none()) {
            // Number of the packet after the mark's last one.
            let last = match owed > 0 || mark.packets > sent {
                true => next + owed + mark.packets.saturating_sub(sent),
                false => next.saturating_sub(sent - mark.packets),
            };
            if packets.through() >= last {
                mark.passed = Some(mark.earliest.max(packets.passed));
            }
        }
    }
}
