//! Lost packets: their distribution, and their effect on TCP.

use std::sync::Arc;

use super::figures::Figure;
use syncdyno_contract::base::{BitRate, Ppm, Seed, Span, Time};
use syncdyno_world::net::tcp::{Congestion, Load, Sender, Steady, Transfer};
use syncdyno_world::net::{Conditions, Direction, Link, LinkSchedule, PacketLoss, Profile};

/// The throughput of long transfers with independent losses of probability p. Padhye et al. 1998
/// (PFTK, equation 31 without a receiver's window): MSS ÷ (RTT·√(2p/3) + T₀·min(1, 3√(3p/8))·p(1 +
/// 32p²)). The first timeout T₀ is 3 RTT (RFC 6298). Mathis et al. 1997: √1.5·MSS ÷ (RTT·√p).
pub(super) fn throughput() -> Vec<Figure> {
    let (mss, rtt, p) = (1_448.0, 0.070, 0.01);
    let timed_out = 3.0 * rtt * (3.0 * (3.0 * p / 8.0_f64).sqrt()).min(1.0) * p * (1.0 + 32.0 * p * p);
    let pftk = mss / (rtt * (2.0 * p / 3.0_f64).sqrt() + timed_out);
    let mathis = 1.5_f64.sqrt() * mss / (rtt * p.sqrt());
    let found = megabits(rtt, p);
    let figure = |formula, bytes: f64| {
        Figure::new(format!("{formula}, 70 ms, 1 % lost: Mbit/s"), bytes * 8.0 / 1e6, found, 0.25)
    };
    vec![figure("PFTK", pftk), figure("Mathis", mathis)]
}

fn megabits(rtt: f64, loss: f64) -> f64 {
    const RUNS: u64 = 20;
    const BYTES: u64 = 20_000_000;
    let rate = BitRate(12_000_000);
    let once = |seed| {
        let link = Steady::new(Span::from_secs_f64(rtt), rate, rate);
        let link = link.with_losses(loss, Seed(seed));
        let mut sender = Sender::new(Congestion::Cubic, link.rtt, Time::ZERO, true);
        let mut transfer = Transfer::new(Direction::Down, Time::ZERO, Load::of(BYTES), 1_500, false);
        let ended = transfer.run(&mut sender, &link, Time::FAR).expect("nobody stops it");
        let ended = ended.expect("nothing breaks");
        BYTES as f64 * 8.0 / ended.since(Time::ZERO).as_secs_f64() / 1e6
    };
    (0..RUNS).map(once).sum::<f64>() / RUNS as f64
}

/// The share of lost packets, p/(p + r), and the mean length of a burst of losses, 1/r.
pub(super) fn bursts() -> Vec<Figure> {
    let links = [
        ("congested Wi-Fi", 0.004, 0.33),
        ("satellite handover", 0.0005, 0.05),
        ("often and short", 0.05, 0.5),
    ];
    let figures = |(name, p, r)| {
        // The run is long enough for 100 000 bursts.
        let (loss, burst) = lost(p, r, (1e5 / p) as u64);
        let lost = format!("{name}, p {p}, r {r}: % lost");
        [
            Figure::new(lost, 100.0 * p / (p + r), 100.0 * loss, 0.02),
            Figure::new(format!("{name}, r {r}: packets per burst"), 1.0 / r, burst, 0.02),
        ]
    };
    links.into_iter().flat_map(figures).collect()
}

fn lost(p: f64, r: f64, slots: u64) -> (f64, f64) {
    let share = |chance| Ppm::from_share(chance).expect("it is a chance");
    let loss = PacketLoss { p: share(p), r: share(r), window: None };
    let rate = BitRate(12_000_000);
    let profile = Profile { loss: Some(loss), ..Profile::steady("lossy", Span::millis(10), rate, rate) };
    let link = Link::new(&LinkSchedule::settled(Arc::new(profile)), Seed(6), Time::FAR);
    let conditions = link.conditions().at(Time::ZERO);
    let (mut lost, mut runs, mut at, mut before) = (0_u64, 0_u64, 0, u64::MAX);
    while let Some(slot) = conditions.next_loss(Direction::Down, at, slots) {
        lost += 1;
        runs += u64::from(slot != before.wrapping_add(1));
        (before, at) = (slot, slot + 1);
    }
    (lost as f64 / slots as f64, lost as f64 / runs as f64)
}
