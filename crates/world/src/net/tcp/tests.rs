//! Transfers compared with closed forms, with each other, and with invariants.

mod outages;

use std::cell::Cell;

use proptest::prelude::*;

use super::*;
use crate::base::at_ms as at;
use crate::base::{BitRate, Seed, Span, Time};
use crate::net::{Conditions, Direction, Outage, OutageMode};

fn lte() -> Steady {
    Steady::new(Span::millis(70), BitRate(12_000_000), BitRate(12_000_000))
}

fn plain() -> Handshake {
    Handshake {
        tls: Tls::None,
        certificates: 3_000,
        work: Span::ZERO,
        congestion: Congestion::Cubic,
        restarts: true,
    }
}

/// The time when a connection's first message has left the bottleneck, and the message's traffic.
fn run(congestion: Congestion, link: &dyn Conditions, load: Load) -> (Result<Time, Broken>, Traffic) {
    let mut sender = Sender::new(congestion, link.rtt(at(0)), at(0), true);
    let mut transfer = Transfer::new(Direction::Down, at(0), load, 1_500, false);
    let ended = transfer.run(&mut sender, link, Time::FAR);
    (ended.expect("it ends"), transfer.traffic)
}

fn sent_by(congestion: Congestion, link: &dyn Conditions, load: Load) -> (Time, Traffic) {
    let (left, traffic) = run(congestion, link, load);
    (left.expect("nothing breaks"), traffic)
}

fn sent(link: &dyn Conditions, bytes: u64) -> (Time, Traffic) {
    sent_by(Congestion::Cubic, link, Load::of(bytes))
}

fn sent_by_bbr(link: &dyn Conditions, bytes: u64) -> Time {
    sent_by(Congestion::Bbr, link, Load::of(bytes)).0
}

fn outage(from_ms: u64, until_ms: u64, mode: OutageMode) -> Outage {
    Outage { from: at(from_ms), until: at(until_ms), mode, noticed: false }
}

/// A link with an outage that drops packets.
fn dropping(mut link: Steady, from_ms: u64, until_ms: u64) -> Steady {
    link.outages = vec![outage(from_ms, until_ms, OutageMode::Drop)];
    link
}

/// A steady link with a gap in its capacity. It loses all packets up to `loses_until`, and counts
/// the queries for losses.
struct Gap {
    link: Steady,
    from: Time,
    until: Time,
    loses_until: Time,
    asked: Cell<u64>,
}

impl Gap {
    fn none(link: Steady) -> Gap {
        Gap { link, from: Time::FAR, until: Time::FAR, loses_until: Time::ZERO, asked: Cell::new(0) }
    }
}

impl Conditions for Gap {
    fn rtt(&self, now: Time) -> Span {
        self.link.rtt(now)
    }
    fn rate(&self, way: Direction, now: Time) -> BitRate {
        if (self.from..self.until).contains(&now) { BitRate(0) } else { self.link.rate(way, now) }
    }
    fn leaves_by(&self, way: Direction, from: Time, bytes: u64) -> Time {
        self.asked.set(self.asked.get() + 1);
        let start = if (self.from..self.until).contains(&from) { self.until } else { from };
        let end = self.link.leaves_by(way, start, bytes);
        if start < self.from && end > self.from { end + (self.until - self.from) } else { end }
    }
    fn queue(&self, way: Direction) -> u64 {
        self.link.queue(way)
    }
    fn mtu(&self) -> u32 {
        self.link.mtu()
    }
    fn loses(&self, _: Direction) -> bool {
        true
    }
    fn slot(&self, way: Direction, at: Time) -> u64 {
        self.link.slot(way, at)
    }
    fn next_loss(&self, way: Direction, slot: u64, until: u64) -> Option<u64> {
        match slot < until.min(self.slot(way, self.loses_until)) {
            true => Some(slot),
            false => self.link.next_loss(way, slot, until),
        }
    }
    fn outages(&self, now: Time) -> &[Outage] {
        self.link.outages(now)
    }
}

/// The stall sum in closed form (Kurose and Ross, static objects, initial window of ten): T =
/// wire/R + P·turn − 10·(2^P − 1)·S, P = min(Q, K − 1), K = ⌈log2(N/10 + 1)⌉, Q the number of
/// windows shorter than a turn.
fn closed_form(bytes: u64, rate: u64, rtt: Span, back: u64) -> f64 {
    let n = segments(bytes, 1_500) as f64;
    let segment = 12_000.0 / rate as f64;
    let turn = segment + rtt.as_secs_f64() + 416.0 / back as f64;
    let mut rounds: u32 = 0;
    while 10.0 * (f64::from(1 << rounds) - 1.0) < n {
        rounds += 1;
    }
    let mut stalling: u32 = 0;
    while 10.0 * f64::from(1 << stalling) * segment < turn {
        stalling += 1;
    }
    let stalls = stalling.min(rounds - 1);
    wire(bytes, 1_500) as f64 * 8.0 / rate as f64 + f64::from(stalls) * turn
        - 10.0 * (f64::from(1 << stalls) - 1.0) * segment
}

proptest! {
    #[test]
    fn rounds_and_closed_form_agree(bytes in 1_u64..20_000_000, rate in 100_000_u64..200_000_000, rtt in 1_u64..700) {
        let rtt = Span::millis(rtt);
        let (left, traffic) = sent(&Steady::new(rtt, BitRate(rate), BitRate(rate)), bytes);
        let expected = closed_form(bytes, rate, rtt, rate);
        let seconds = left.since(Time::ZERO).as_secs_f64();
        prop_assert!((seconds - expected).abs() < 1e-6 + 1e-6 * expected, "{seconds} for {expected}");
        prop_assert_eq!(traffic.retransmitted, 0);
        prop_assert_eq!(traffic.bytes, wire(bytes, 1_500));
        prop_assert_eq!(traffic.packets, segments(bytes, 1_500));
    }

    #[test]
    fn more_bandwidth_and_less_delay_are_never_later(
        bytes in 1_u64..5_000_000, rate in 100_000_u64..50_000_000, more in prop_oneof![0_u64..50_000_000, 0_u64..50_000], rtt in 2_u64..600, less in 0_u64..600, tickets in 0_u64..3
    ) {
        let lead = Lead { segments: tickets, wire: 307 * tickets };
        let load = Load { bytes, lead };
        let slow = Steady::new(Span::millis(rtt), BitRate(rate), BitRate(rate));
        let slow = sent_by(Congestion::Cubic, &slow, load).0;
        let faster = BitRate(rate + more);
        let fast = Steady::new(Span::millis(rtt.saturating_sub(less).max(1)), faster, faster);
        let fast = sent_by(Congestion::Cubic, &fast, load).0;
        // Allow one nanosecond of rounding per round.
        prop_assert!(fast <= slow + Span::nanos(100), "{fast:?} after {slow:?}");
    }

    #[test]
    fn a_stopped_transfer_ends_when_it_would_have(bytes in 1_u64..3_000_000, stop in 1_u64..400) {
        let link = lte();
        let whole = sent(&link, bytes);
        let mut sender = Sender::new(Congestion::Cubic, link.rtt, at(0), true);
        let mut transfer = Transfer::new(Direction::Down, Time::ZERO, Load::of(bytes), 1_500, false);
        let mut until = at(stop);
        let ended = loop {
            match transfer.run(&mut sender, &link, until) {
                Some(ended) => break ended.expect("nothing breaks"),
                None => until += Span::millis(stop),
            }
        };
        prop_assert!(ended.0.abs_diff(whole.0.0) < 10_000, "{ended:?} for {whole:?}");
        prop_assert_eq!(transfer.traffic, whole.1);
    }
}

#[test]
fn a_message_costs_a_step_for_each_doubling() {
    let mut last = 0;
    for bytes in [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000] {
        let link = Gap::none(lte());
        sent(&link, bytes);
        assert!(link.asked.get() <= last + 12, "{bytes} bytes: {} questions after {last}", link.asked.get());
        last = link.asked.get();
    }
}

#[test]
fn a_syn_is_sent_again_after_one_two_and_four_seconds() {
    for (lasts, opened, syns) in [(500, 1_070, 2), (1_500, 3_070, 3), (5_000, 7_070, 4)] {
        let link = dropping(lte(), 0, lasts);
        let Opening { opened: then, traffic } = Connection::open(&plain(), &link, at(0), Time::FAR);
        assert_eq!(then.expect("it opens").1.0 / 1_000_000, opened, "after an outage of {lasts} ms");
        assert_eq!((traffic[0].packets, traffic[0].retransmitted), (syns, syns - 1));
        assert_eq!((traffic[1].packets, traffic[1].bytes), (1, 60), "nobody answers what never came");
    }
}

#[test]
fn a_link_that_never_opens_carries_the_syns_of_the_staircase_and_nothing_else() {
    for mode in [OutageMode::Drop, OutageMode::Hold] {
        let dead = Gap { from: at(0), until: Time::FAR, ..Gap::none(lte()) };
        let link = dropping(lte(), 0, 1 << 40);
        let link: &dyn Conditions = if mode == OutageMode::Hold { &dead } else { &link };
        let opening = |until| Connection::open(&plain(), link, at(0), until);
        // SYNs at 0, 1, 3, 7 s … (RFC 6298).
        for (until, syns) in [(500, 1), (1_000, 1), (1_001, 2), (3_001, 3), (7_001, 4), (10_000, 4)] {
            let Opening { opened, traffic: [up, down] } = opening(at(until));
            assert_eq!(opened.expect_err("nobody answers"), Broken { at: at(until), cut: false });
            let sent = Traffic { packets: syns, retransmitted: syns - 1, bytes: 60 * syns };
            assert_eq!(up, sent, "{mode:?}: by {until} ms");
            assert!(down.packets <= 1 && (mode == OutageMode::Hold || down.packets == 0));
        }
        let Opening { opened, traffic } = opening(Time::FAR);
        let broken = opened.expect_err("nobody answers");
        assert!(!broken.cut && broken.at > at(900_000));
        assert_eq!(traffic[0].packets, 10, "after 1, 3, 7 … 511 s, and not after 1 023 s");
    }
}

#[test]
fn a_handshake_under_loss_takes_as_long_as_the_formula_says() {
    // Cardwell 2000: a SYN or SYN-ACK is lost n times in a row with probability p^n. The waits are
    // 1, 2, 4 s … So a direction takes Ts·((1 − p)/(1 − 2p) − 1) longer.
    let loss = 0.05;
    let expected = 2.0 * ((1.0 - loss) / (1.0 - 2.0 * loss) - 1.0);
    let links = (0..20_000).map(|seed| lte().with_losses(loss, Seed(seed)));
    let late: Vec<f64> = links
        .map(|link| {
            let (_, opened) = Connection::open(&plain(), &link, at(0), Time::FAR).opened.expect("it opens");
            opened.since(at(0)).as_secs_f64() - 0.070
        })
        .collect();
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    assert!((mean / expected - 1.0).abs() < 0.15, "{mean} s for {expected} s");
    let waited = late.iter().filter(|late| **late > 0.9).count() as f64 / late.len() as f64;
    assert!((0.09..0.105).contains(&waited), "of either way one in twenty: {waited}");
}

#[test]
fn where_every_packet_is_lost_tries_are_as_rare_as_in_an_outage() {
    for bytes in [588, 14_480, 200_000, 2_000_000] {
        for (lasts, tries) in [(1_000, 4), (10_000, 7), (60_000, 10)] {
            let deaf = Gap { loses_until: at(lasts), ..Gap::none(lte()) };
            let (left, traffic) = sent(&deaf, bytes);
            // The first window, plus the retransmissions.
            let lost = traffic.retransmitted;
            let flight = segments(bytes, 1_500).min(10);
            assert!(
                (tries - 1..=tries + 1).contains(&(lost - flight + 1)),
                "{bytes} bytes, {lasts} ms: {lost} again"
            );
            assert!(left >= at(lasts) && left < at(3 * lasts + 8_000), "{bytes} bytes, {lasts} ms: {left}");
        }
    }
    // After a response, the next wait is short again.
    let mut sender = Sender::new(Congestion::Cubic, lte().rtt, at(0), true);
    for start in [0, 100_000] {
        let deaf = Gap { loses_until: at(start + 10_000), ..Gap::none(lte()) };
        let mut transfer = Transfer::new(Direction::Down, at(start), Load::of(588), 1_500, false);
        assert!(transfer.run(&mut sender, &deaf, Time::FAR).is_some_and(|ended| ended.is_ok()));
        assert_eq!(transfer.traffic.packets, 8, "from {start} ms on");
    }
    let dead = Gap { loses_until: Time::FAR, ..Gap::none(lte()) };
    let broken = run(Congestion::Cubic, &dead, Load::of(588)).0.expect_err("nothing arrives");
    assert!(!broken.cut && broken.at.since(at(0)) < GIVE_UP + Span::secs(1), "{broken:?}");
}

#[test]
fn bbr_comes_to_an_end_though_each_look_for_the_round_trip_takes_longer_than_it_is_believed() {
    for (rtt, bytes) in [(20, 300_000_000), (20, 1_000_000_000), (120, 1_000_000_000)] {
        let link = Steady::new(Span::secs(rtt), BitRate(1_000_000), BitRate(1_000_000));
        let takes = sent_by_bbr(&link, bytes).since(at(0));
        let alone = BitRate(1_000_000).time_for(wire(bytes, 1_500));
        // 10 s of work, then two round trips of four packets each. The start-up takes some more
        // rounds.
        let looks = alone.as_secs_f64() / 10.0 * 2.0 * rtt as f64;
        let expected = alone.as_secs_f64() + looks;
        let off = takes.as_secs_f64() / expected - 1.0;
        assert!((-0.05..0.15).contains(&off), "round trip of {rtt} s: {takes} for {expected} s");
    }
}

#[test]
fn a_burst_beyond_the_queue_loses_its_end_and_a_deep_queue_nothing() {
    let mut link = lte();
    link.queue = [30_000; 2];
    let (mut connection, opened) =
        Connection::open(&plain(), &link, at(0), Time::FAR).opened.expect("it opens");
    let mut now = opened;
    let mut again = Vec::new();
    for _ in 0..3 {
        let mut transfer = connection.message(Direction::Down, now, 100_000, 1_500);
        now = connection.finish(&mut transfer, &link).expect("nothing breaks");
        again.push(transfer.traffic.retransmitted);
    }
    // Acknowledgements of the second round release 40 packets in the time of 20, as on Linux.
    assert_eq!(again[0], 1, "the last of 40 does not fit");
    assert!(again[1] > 0, "70 at once do not fit into a queue of 20: {again:?}");
}

proptest! {
    #[test]
    fn a_loss_makes_no_message_of_bbr_earlier(
        bytes in 1_u64..6_000_000, rate in 500_000_u64..100_000_000, rtt in 5_u64..600, seed in 0_u64..1_000, loss in 1_u64..200
    ) {
        let clean = Steady::new(Span::millis(rtt), BitRate(rate), BitRate(rate));
        let lossy = clean.clone().with_losses(loss as f64 / 1_000.0, Seed(seed));
        let (late, early) = (sent_by_bbr(&lossy, bytes), sent_by_bbr(&clean, bytes));
        prop_assert!(late >= early, "{late} with losses, {early} without");
    }
}
