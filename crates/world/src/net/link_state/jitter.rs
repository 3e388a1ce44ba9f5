//! Delay of packets, drawn per slot of time: jitter, steps of the round trip, radio wake-up.

use super::super::options::{Jitter, Promotion, Steps};
use crate::base::{Seed, Span, Time};

/// All packets in one slot have the same delay; their sender does not matter.
const SLOT: Span = Span::millis(100);

pub(super) fn late(jitter: &Jitter, seed: Seed, at: Time) -> Span {
    if jitter.median == Span::ZERO {
        return Span::ZERO;
    }
    let mut stream = seed.stream("net.jitter", at.0 / SLOT.0, 0);
    let drawn = match jitter.tail {
        Some(tail) if stream.chance(tail.share.share()) => {
            let alpha = f64::from(tail.alpha_milli) / 1e3;
            tail.from.as_secs_f64() * libm::pow(1.0 - stream.unit(), -1.0 / alpha)
        }
        _ => stream.log_normal(jitter.median.as_secs_f64(), f64::from(jitter.sigma_milli) / 1e3),
    };
    Span::from_secs_f64(drawn.min(Jitter::LONGEST.as_secs_f64()))
}

/// Round trip at `at` with its present deviation. Both directions deviate equally.
pub(super) fn stepped(rtt: Span, steps: Option<Steps>, seed: Seed, at: Time) -> Span {
    let Some(Steps { every, within }) = steps else { return rtt };
    let mut stream = seed.stream("net.step", at.0 / every.0, 0);
    let deviation = stream.up_to(within * 2) * 2;
    (rtt + deviation).saturating_sub(within * 2)
}

/// Sigma of the logarithm of a promotion (wake-up of the radio). Source: RRC-Probe (SIGCOMM 2021).
const PROMOTION_SIGMA: f64 = 0.25;
/// Promotions within one slot take equally long, so that two engines meet the same ones.
const PROMOTION_SLOT: Span = Span::secs(1);

/// The time that a packet waits for the radio. `last`: the radio's last packet; `None`: the radio
/// sleeps.
pub(super) fn wake_up(promotion: Option<Promotion>, seed: Seed, last: Option<Time>, now: Time) -> Span {
    match promotion {
        Some(promotion) if last.is_none_or(|last| now.since(last) >= promotion.after) => {
            let mut stream = seed.stream("net.promotion", now.0 / PROMOTION_SLOT.0, 0);
            Span::from_secs_f64(stream.log_normal(promotion.takes.as_secs_f64(), PROMOTION_SIGMA))
        }
        _ => Span::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::options::JitterTail;
    use super::*;
    use crate::base::{Ppm, at_secs};

    /// Quantiles of many draws, in ms.
    fn quantiles(draw: impl Fn(u64) -> Span) -> impl Fn(f64) -> f64 {
        let mut all: Vec<f64> = (0..100_000).map(|n| draw(n).as_secs_f64() * 1e3).collect();
        all.sort_by(f64::total_cmp);
        move |share| all[(share * all.len() as f64) as usize]
    }

    fn delays(jitter: Jitter) -> impl Fn(f64) -> f64 {
        quantiles(move |n| late(&jitter, Seed(2), Time(n * SLOT.0)))
    }

    #[test]
    fn a_log_normal_has_the_quantiles_of_congested_access_points() {
        // More than half of the packets wait 20 ms, more than 10 % wait 100 ms (Pei, INFOCOM 2017).
        let quantile = delays(Jitter { median: Span::millis(20), sigma_milli: 1_256, tail: None });
        for (share, ms) in [(0.5, 20.0), (0.9, 100.0)] {
            let found = quantile(share);
            assert!((found / ms - 1.0).abs() < 0.03, "quantile {share}: {found}");
        }
    }

    #[test]
    fn the_mixture_is_near_the_quantiles_of_enterprise_wlans() {
        // 0.95 LogN(ln 3 ms, 1.3) + 0.05 Pareto(60 ms, 1.6). WiFiSeer (MobiSys 2016): median 3 ms,
        // p90 20 ms, p99 250 ms.
        let tail = JitterTail { share: Ppm(50_000), from: Span::millis(60), alpha_milli: 1_600 };
        let quantile = delays(Jitter { median: Span::millis(3), sigma_milli: 1_300, tail: Some(tail) });
        let law = |ms: f64| {
            let z = libm::log(ms / 3.0) / 1.3;
            let above = 0.5 * libm::erfc(z / std::f64::consts::SQRT_2);
            0.95 * above + 0.05 * libm::pow(f64::max(ms / 60.0, 1.0), -1.6)
        };
        for share in [0.5, 0.9, 0.99] {
            let found = quantile(share);
            assert!((law(found) / (1.0 - share) - 1.0).abs() < 0.05, "quantile {share}: {found} ms");
        }
        assert!((2.5..4.0).contains(&quantile(0.5)));
        assert!((12.0..25.0).contains(&quantile(0.9)));
        assert!((130.0..300.0).contains(&quantile(0.99)));
        assert!(quantile(0.999_999) <= 2_000.0);
    }

    #[test]
    fn a_satellites_round_trip_changes_at_its_marks_alone() {
        let steps = Some(Steps { every: Span::secs(15), within: Span::millis(10) });
        let rtt = |ms: u64| stepped(Span::millis(40), steps, Seed(1), Time::ZERO + Span::millis(ms));
        assert_eq!(rtt(15_000), rtt(29_999));
        let all: Vec<u64> = (0..2_000).map(|n| rtt(n * 15_000).0).collect();
        assert!(all.iter().all(|ns| (20_000_000..=60_000_000).contains(ns)));
        let mean = all.iter().sum::<u64>() / 2_000;
        assert!(mean.abs_diff(40_000_000) < 1_000_000, "mean {mean}");
    }

    #[test]
    fn a_radio_sleeps_after_its_timer_alone_and_wakes_by_its_law() {
        let lte = Some(Promotion { after: Span::secs(10), takes: Span::millis(280) });
        let wake = |last, now| wake_up(lte, Seed(1), last, now);
        assert_eq!(wake(Some(at_secs(100)), Time(at_secs(110).0 - 1)), Span::ZERO);
        assert!(wake(Some(at_secs(100)), at_secs(110)) > Span::millis(80));
        assert_eq!(wake_up(None, Seed(1), None, at_secs(5)), Span::ZERO);
        assert_eq!(wake(Some(at_secs(110)), at_secs(100)), Span::ZERO, "another is already on its way");
        // The radio sleeps at the start. Checks the median, and one sigma above it.
        let quantile = quantiles(|n| wake(None, at_secs(n)));
        for (share, ms) in [(0.5, 280.0), (0.841_35, 280.0 * libm::exp(0.25))] {
            assert!((quantile(share) / ms - 1.0).abs() < 0.03, "quantile {share}: {}", quantile(share));
        }
    }
}
