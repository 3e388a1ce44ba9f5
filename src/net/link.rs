//! One device's link: pure arithmetic on (link, direction, time).

use super::conditions::Direction;
use super::options::{Outage, OutageMode, Profile};
use crate::base::{Seed, Span, Time};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its last byte arrives then.
    Arrives(Time),
    /// The connection breaks then; the message is gone.
    Breaks(Time),
}

/// A time with a raised chance of losing answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossyTime {
    /// First instant.
    pub from: Time,
    /// First instant after it.
    pub until: Time,
    /// Share of answers lost, in parts per million.
    pub loss_ppm: u32,
}

/// A link with its weather, all of it known before the world starts.
#[derive(Clone, Debug)]
pub struct Link {
    profile: Profile,
    seed: Seed,
    /// Sorted by start; may overlap.
    outages: Vec<Outage>,
    lossy: Vec<LossyTime>,
    /// When the last message sent leaves the bottleneck, by direction.
    busy_until: [Time; 2],
    /// When the last message arrives, by direction: messages do not overtake each other.
    last_arrival: [Time; 2],
}

/// Conditions are drawn anew for each of these slots: two engines that send at different moments meet the same weather.
const SLOT: Span = Span::millis(100);

impl Link {
    /// A link of this profile; `seed` is the device's own.
    pub fn new(profile: Profile, seed: Seed) -> Link {
        Link {
            profile,
            seed,
            outages: Vec::new(),
            lossy: Vec::new(),
            busy_until: [Time::ZERO; 2],
            last_arrival: [Time::ZERO; 2],
        }
    }

    /// The gaps of the profile's own gap process up to `end`: exponential up-times and gap lengths.
    pub fn own_gaps(&self, end: Time) -> Vec<Outage> {
        if self.profile.gap_mtbf == Span::ZERO {
            return Vec::new();
        }
        let mut stream = self.seed.stream("net.gaps", 0, 0);
        let mut gaps = Vec::new();
        let mut at = Time::ZERO;
        loop {
            let from = at + stream.exponential(self.profile.gap_mtbf);
            let until = from + stream.exponential(self.profile.gap_mean);
            if from >= end {
                return gaps;
            }
            let (mode, noticed) = (self.profile.gap_mode, until - from >= NOTICED_AFTER);
            gaps.push(Outage { from, until, mode, noticed: noticed && mode != OutageMode::Hold });
            at = until;
        }
    }

    /// Adds outages; before the world starts.
    pub fn add_outages(&mut self, outages: impl IntoIterator<Item = Outage>) {
        self.outages.extend(outages.into_iter().filter(|o| o.until > o.from));
        self.outages.sort_by_key(|o| (o.from, o.until));
    }

    /// Adds a time with lost answers; before the world starts.
    pub fn add_lossy(&mut self, lossy: LossyTime) {
        self.lossy.push(lossy);
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether the operating system believes that there is a network at `now`.
    pub fn seems_up(&self, now: Time) -> bool {
        !self.outages.iter().any(|o| o.noticed && (o.from..o.until).contains(&now))
    }

    /// When the operating system next sees a network: `now`, or the end of the outages that it has noticed.
    pub fn seems_up_from(&self, now: Time) -> Time {
        if self.seems_up(now) {
            return now;
        }
        let back = self.toggles().into_iter().find(|(at, up)| *up && *at > now);
        back.map_or(now, |(at, _)| at)
    }

    /// The times at which the operating system notices that the network goes (false) or comes (true), in order.
    pub fn toggles(&self) -> Vec<(Time, bool)> {
        let mut toggles: Vec<(Time, bool)> = Vec::new();
        for outage in self.outages.iter().filter(|o| o.noticed) {
            match toggles.last_mut() {
                Some((until, true)) if *until >= outage.from => *until = (*until).max(outage.until),
                _ => toggles.extend([(outage.from, false), (outage.until, true)]),
            }
        }
        toggles
    }

    /// Sends `bytes` at `now`.
    ///
    /// Time = wait for the bottleneck + bytes ÷ rate + half a round trip + jitter. An outage on the way breaks the
    /// connection, holds the message back, or swallows it until a retransmission gets through.
    pub fn send(&mut self, now: Time, direction: Direction, bytes: u64) -> Fate {
        let way = direction as usize;
        let rate = if direction == Direction::Up { self.profile.up } else { self.profile.down };
        let start = now.max(self.busy_until[way]);
        let sent = start + rate.time_for(bytes + self.profile.overhead);
        let latency = Span(self.profile.rtt.0 / 2) + self.jitter(now, direction);
        let (mut arrival, mut sent_by) = (sent + latency, sent);
        // Up to here the message is on its way again: what an earlier outage, or the message before, has waited out is not
        // waited out twice.
        let mut resumed = start;
        for outage in &self.outages {
            if outage.from >= arrival {
                break;
            }
            if outage.mode == OutageMode::Reset && outage.until > now {
                return Fate::Breaks(outage.from.max(now));
            }
            if outage.mode == OutageMode::Reset || outage.until <= resumed {
                continue;
            }
            let from = outage.from.max(resumed);
            let lasts = outage.until.since(from);
            let extra = match outage.mode {
                OutageMode::Drop => retransmitted_after(lasts, self.profile.rtt),
                _ => lasts,
            };
            resumed = from + extra;
            arrival += extra;
            sent_by += extra;
        }
        arrival = arrival.max(self.last_arrival[way]);
        self.busy_until[way] = sent_by;
        self.last_arrival[way] = arrival;
        Fate::Arrives(arrival)
    }

    /// When, after `now`, the connection breaks next.
    pub fn next_break(&self, now: Time) -> Option<Time> {
        let breaks = self.outages.iter().filter(|o| o.mode == OutageMode::Reset && o.until > now);
        breaks.map(|o| o.from.max(now)).min()
    }

    /// Whether an answer sent at `now` is lost; `answer` counts the device's answers.
    pub fn loses_answer(&self, now: Time, answer: u64) -> bool {
        let lossy = self.lossy.iter().filter(|l| (l.from..l.until).contains(&now)).map(|l| l.loss_ppm);
        let loss = lossy.max().unwrap_or(0).max(self.profile.answer_loss.0);
        loss > 0 && self.seed.hash("net.answer-loss", answer, 0) % 1_000_000 < u64::from(loss)
    }

    /// Log-normal, drawn for the slot of time rather than for the message.
    fn jitter(&self, now: Time, direction: Direction) -> Span {
        if self.profile.jitter == Span::ZERO {
            return Span::ZERO;
        }
        let mut stream = self.seed.stream("net.jitter", direction as u64, now.0 / SLOT.0);
        let sigma = f64::from(self.profile.jitter_sigma_milli) / 1e3;
        Span::from_secs_f64(stream.log_normal(self.profile.jitter.as_secs_f64(), sigma))
    }
}

/// Shorter gaps pass without the operating system's notice.
const NOTICED_AFTER: Span = Span::secs(2);

/// How long after its start an outage of length `lasts` ends for the sender: t_k = a + RTO·(2^k − 1) for the smallest k with
/// t_k ≥ `lasts`, a = 2·RTT (tail-loss probe), RTO = RTT + 0.2 s, the round trip taken without load. Measured on Linux
/// 6.18; RFC 6298, RFC 8985.
pub fn retransmitted_after(lasts: Span, rtt: Span) -> Span {
    let probe = rtt * 2;
    let timeout = rtt + Span::millis(200);
    let steps = (0..40).map(|k| probe + timeout * ((1 << k) - 1));
    steps.into_iter().find(|step| *step >= lasts).unwrap_or(lasts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{BitRate, Ppm};
    use crate::contract::NetworkKind;

    fn plain() -> Profile {
        Profile {
            name: "plain".to_owned(),
            kind: NetworkKind::Wifi,
            rtt: Span::millis(100),
            jitter: Span::ZERO,
            jitter_sigma_milli: 0,
            down: BitRate(8_000_000),
            up: BitRate(800_000),
            answer_loss: Ppm(0),
            gap_mtbf: Span::ZERO,
            gap_mean: Span::ZERO,
            gap_mode: OutageMode::Drop,
            overhead: 0,
        }
    }

    fn link() -> Link {
        Link::new(plain(), Seed(1))
    }

    fn outage(from_ms: u64, until_ms: u64, mode: OutageMode) -> Outage {
        let ms = |n| Time::ZERO + Span::millis(n);
        Outage { from: ms(from_ms), until: ms(until_ms), mode, noticed: true }
    }

    fn at(ms: u64) -> Time {
        Time::ZERO + Span::millis(ms)
    }

    #[test]
    fn a_message_takes_its_bytes_and_half_a_round_trip() {
        let mut link = link();
        assert_eq!(link.send(at(0), Direction::Down, 1_000), Fate::Arrives(at(51)));
        assert_eq!(link.send(at(1_000), Direction::Up, 1_000), Fate::Arrives(at(1_060)));
    }

    #[test]
    fn messages_share_the_bottleneck_and_do_not_overtake() {
        let mut link = link();
        assert_eq!(link.send(at(0), Direction::Down, 10_000), Fate::Arrives(at(60)));
        assert_eq!(link.send(at(0), Direction::Down, 1_000), Fate::Arrives(at(61)));
        assert_eq!(link.send(at(0), Direction::Up, 100), Fate::Arrives(at(51)), "the other way is free");
    }

    #[test]
    fn an_outage_does_what_its_mode_says() {
        for (mode, expected) in [
            (OutageMode::Reset, Fate::Breaks(at(20))),
            (OutageMode::Hold, Fate::Arrives(at(2_031))),
            // a = 200 ms, RTO = 300 ms: 200, 500, 1 100, 2 300 after the start.
            (OutageMode::Drop, Fate::Arrives(at(2_351))),
        ] {
            let mut link = link();
            link.add_outages([outage(20, 2_000, mode)]);
            assert_eq!(link.send(at(0), Direction::Down, 1_000), expected, "{mode:?}");
        }
    }

    #[test]
    fn messages_that_queue_during_an_outage_wait_it_out_once() {
        for mode in [OutageMode::Hold, OutageMode::Drop] {
            let mut link = link();
            link.add_outages([outage(20, 2_000, mode), outage(100, 1_900, mode)]);
            let arrivals = (0..50).map(|n| match link.send(at(n * 30), Direction::Down, 1_000) {
                Fate::Arrives(at) => at,
                fate => panic!("{fate:?}"),
            });
            let last = arrivals.last().expect("messages were sent");
            assert!(last < at(2_500), "{mode:?}: the last arrives at {last}");
        }
    }

    #[test]
    fn an_outage_that_is_over_or_far_away_does_nothing() {
        let mut link = link();
        link.add_outages([outage(0, 10, OutageMode::Reset), outage(500, 600, OutageMode::Reset)]);
        assert_eq!(link.send(at(10), Direction::Down, 1_000), Fate::Arrives(at(61)));
        assert_eq!(link.next_break(at(10)), Some(at(500)));
        assert_eq!(link.next_break(at(600)), None);
    }

    #[test]
    fn overlapping_outages_are_noticed_once() {
        let mut link = link();
        link.add_outages([outage(30, 50, OutageMode::Drop), outage(10, 20, OutageMode::Drop)]);
        link.add_outages([outage(15, 35, OutageMode::Drop), outage(70, 80, OutageMode::Drop)]);
        assert_eq!(link.toggles(), [(at(10), false), (at(50), true), (at(70), false), (at(80), true)]);
        assert!(link.seems_up(at(9)) && !link.seems_up(at(34)) && link.seems_up(at(50)));
        assert_eq!([9, 10, 34, 50, 75].map(|ms| link.seems_up_from(at(ms))), [9, 50, 50, 50, 80].map(at));
    }

    #[test]
    fn the_weather_does_not_depend_on_what_is_sent() {
        let jittery = Profile { jitter: Span::millis(20), jitter_sigma_milli: 800, ..plain() };
        let mut once = Link::new(jittery.clone(), Seed(5));
        let mut often = Link::new(jittery, Seed(5));
        for ms in (0..900).step_by(9) {
            often.send(at(ms), Direction::Up, 10);
        }
        assert_eq!(once.send(at(5_000), Direction::Up, 10), often.send(at(5_000), Direction::Up, 10));
    }

    #[test]
    fn answers_are_lost_as_often_as_asked_for() {
        let mut link = link();
        link.add_lossy(LossyTime { from: at(0), until: at(1_000), loss_ppm: 250_000 });
        let lost = (0..10_000).filter(|&n| link.loses_answer(at(5), n)).count();
        assert!((2_300..2_700).contains(&lost), "{lost} of 10 000");
        assert!((0..10_000).all(|n| !link.loses_answer(at(1_000), n)));
    }

    #[test]
    fn the_staircase_is_that_of_linux() {
        // LTE, 2 MB: a ≈ 0.26 s, RTO ≈ 0.33 s under load; here without load: rtt 70 ms.
        let rtt = Span::millis(70);
        let steps: Vec<u64> =
            [100, 200, 900, 2_000].map(|ms| retransmitted_after(Span::millis(ms), rtt).0 / 1_000_000).into();
        assert_eq!(steps, [140, 410, 950, 2_030]);
        assert_eq!(retransmitted_after(Span::ZERO, rtt), Span::millis(140));
    }
}
