//! One direction of a link: a byte queue, a rate, and then half a round trip.

use std::collections::VecDeque;

use syncdyno_contract::base::{Span, Time};
use syncdyno_world::net::{Conditions, Direction, LinkConditions};

/// What happened to a packet at the bottleneck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It arrives on the other side at this time.
    Arrives(Time),
    /// The queue had no room for it.
    Full,
    /// It was lost after the queue, and took its time there.
    Lost,
    /// It came during an outage. Packets already in the queue pass.
    Outage,
}

/// Follows the rules by which the simulation carries single packets (`net::tcp::packets`).
#[derive(Debug)]
pub(crate) struct Bottleneck {
    way: Direction,
    free: Time,
    /// Packets in the queue, including the one being sent: when each leaves, and its bytes.
    standing: VecDeque<(Time, u64)>,
    queued: u64,
    last: Time,
}

impl Bottleneck {
    pub(crate) fn new(way: Direction) -> Bottleneck {
        Bottleneck { way, free: Time::ZERO, standing: VecDeque::new(), queued: 0, last: Time::ZERO }
    }

    /// A packet of `size` bytes, including its IP header, comes at `now`.
    pub(crate) fn take(&mut self, link: &LinkConditions, now: Time, size: u64) -> Passed {
        let conditions = link.at(now);
        while let Some((leaves, size)) = self.standing.front().copied().filter(|(leaves, _)| *leaves <= now) {
            debug_assert!(leaves <= now);
            self.queued -= size;
            self.standing.pop_front();
        }
        if conditions.outage(now).is_some() {
            return Passed::Outage;
        }
        let room = conditions.queue(self.way).saturating_add(conditions.spare(self.way, now));
        if self.queued > 0 && self.queued + size > room {
            return Passed::Full;
        }
        self.free = conditions.leaves_by(self.way, self.free.max(now), size);
        let leaves = self.free;
        if conditions.loses(self.way) {
            let slot = conditions.slot(self.way, leaves);
            if conditions.next_loss(self.way, slot, slot + 1).is_some() {
                return Passed::Lost;
            }
        }
        self.queued += size;
        self.standing.push_back((leaves, size));
        let latency = Span(conditions.rtt(leaves).0 / 2) + conditions.jitter(self.way, leaves);
        self.last = self.last.max(leaves + latency);
        Passed::Arrives(self.last)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Passed::{Arrives, Full, Outage as Out};
    use super::*;
    use syncdyno_contract::base::{BitRate, Seed, at_ms};
    use syncdyno_world::net::{Link, LinkSchedule, Outage, OutageMode, Profile};

    /// A link with 8 Mbit/s down, 0.8 Mbit/s up, 100 ms round trip, and a queue of this many bytes.
    fn link(queue: u64) -> Link {
        let mut profile = Profile::steady("plain", Span::millis(100), BitRate(8_000_000), BitRate(800_000));
        profile.queue = queue;
        Link::new(&LinkSchedule::settled(Arc::new(profile)), Seed(1), Time::FAR)
    }

    #[test]
    fn packets_leave_at_the_rate_and_a_full_queue_drops() {
        let link = link(3_000);
        let mut down = Bottleneck::new(Direction::Down);
        for (at, size, passed) in [
            (0, 1_500, Arrives(Time(51_500_000))),
            (0, 1_500, Arrives(Time(53_000_000))),
            (0, 1, Full),
            // The first packet has left.
            (2, 1_000, Arrives(Time(54_000_000))),
            (2, 501, Full),
            (2, 500, Arrives(Time(54_500_000))),
            // An empty queue takes a packet larger than itself.
            (100, 4_000, Arrives(Time(154_000_000))),
            (103, 100, Full),
            (104, 100, Arrives(Time(154_100_000))),
        ] {
            assert_eq!(down.take(link.conditions(), at_ms(at), size), passed, "{size} at {at} ms");
        }
    }

    #[test]
    fn an_outage_drops_what_comes_and_not_what_stands() {
        let mut link = link(1 << 20);
        let outage = Outage { from: at_ms(10), until: at_ms(30), mode: OutageMode::Drop, noticed: true };
        link.conditions_mut().add_outages([outage]);
        let mut up = Bottleneck::new(Direction::Up);
        for (at, passed) in
            [(0, Arrives(at_ms(65))), (9, Arrives(at_ms(80))), (10, Out), (29, Out), (30, Arrives(at_ms(95)))]
        {
            assert_eq!(up.take(link.conditions(), at_ms(at), 1_500), passed, "at {at} ms");
        }
    }

    #[test]
    fn departures_are_those_of_the_model_for_any_series_of_packets() {
        let stream = |n: u64| Seed(7).hash("packets", n, 0);
        for way in [Direction::Up, Direction::Down] {
            let (mut model, mut emulated) = (link(1 << 30), Bottleneck::new(way));
            let mut at = Time::ZERO;
            for n in 0..2_000 {
                at += Span::micros(stream(n) % 9_000);
                let size = 40 + stream(n + 10_000) % 1_460;
                let modelled = model.send(at, way, size).expect("nothing breaks it");
                assert_eq!(emulated.take(model.conditions(), at, size), Arrives(modelled), "packet {n}");
            }
        }
    }

    #[test]
    fn a_lossy_link_loses_the_slots_of_the_model_alone() {
        let mut profile = Profile::steady("lossy", Span::millis(100), BitRate(8_000_000), BitRate(800_000));
        profile.loss = Some(syncdyno_world::net::PacketLoss {
            p: syncdyno_contract::base::Ppm(50_000),
            r: syncdyno_contract::base::Ppm(950_000),
            window: None,
        });
        let link = Link::new(&LinkSchedule::settled(Arc::new(profile)), Seed(1), Time::FAR);
        let mut down = Bottleneck::new(Direction::Down);
        let lost = (0..4_000).filter(|n| down.take(link.conditions(), at_ms(2 * n), 1_500) == Passed::Lost);
        let lost = lost.count();
        assert!((150..250).contains(&lost), "{lost} of 4 000");
    }
}
