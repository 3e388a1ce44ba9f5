//! Lost packets: how they come, and what TCP makes of them.

use std::sync::Arc;

use super::figures::Figure;
use crate::base::{BitRate, Ppm, Seed, Span, Time};
use crate::net::tcp::{Congestion, Load, Sender, Steady, Transfer};
use crate::net::{Conditions, Direction, Link, LinkSchedule, PacketLoss, Profile};
use crate::theory::gilbert::GilbertElliott;
use crate::theory::tcp::{mathis, pftk};

/// Throughput of long transfers under independent losses, in the middle between what Reno's
/// formulas say: CUBIC keeps a little more.
pub(super) fn throughput() -> Vec<Figure> {
    const MSS: f64 = 1_448.0;
    let (rtt, loss) = (0.070, 0.01);
    let found = megabits(rtt, loss);
    let name = |formula| format!("{formula}, 70 ms, 1 % lost: Mbit/s");
    // The first timeout: the round trip and four times its variance, which is half of it (RFC
    // 6298).
    let theirs = [("PFTK", pftk(MSS, rtt, 3.0 * rtt, loss, 1.0)), ("Mathis", mathis(MSS, rtt, loss))];
    theirs.map(|(formula, bytes)| Figure::new(name(formula), bytes * 8.0 / 1e6, found, 0.25)).to_vec()
}

/// The mean rate of twenty transfers of 20 MB.
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

/// Share of lost packets and length of their runs, as a link's conditions has them.
pub(super) fn bursts() -> Vec<Figure> {
    [("congested Wi-Fi", 0.004, 0.33), ("satellite handover", 0.0005, 0.05), ("often and short", 0.05, 0.5)]
        .into_iter()
        .flat_map(|(name, to_bad, to_good)| {
            let chain = GilbertElliott { to_bad, to_good };
            // A hundred thousand bursts.
            let (loss, burst) = lost(chain, (1e5 / to_bad) as u64);
            [
                Figure::new(
                    format!("{name}, p {to_bad}, r {to_good}: % lost"),
                    100.0 * chain.loss(),
                    100.0 * loss,
                    0.02,
                ),
                Figure::new(format!("{name}, r {to_good}: packets a burst"), chain.mean_burst(), burst, 0.02),
            ]
        })
        .collect()
}

fn lost(chain: GilbertElliott, slots: u64) -> (f64, f64) {
    let share = |chance| Ppm::from_share(chance).expect("it is a chance");
    let loss = PacketLoss { p: share(chain.to_bad), r: share(chain.to_good), window: None };
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
