//! How long a radio takes to wake up.

use super::super::options::Promotion;
use crate::base::{Seed, Span, Time};

/// Sigma of the logarithm of a promotion. Source: RRC-Probe (SIGCOMM 2021), spread of what a
/// device-initiated request pays.
const SIGMA: f64 = 0.25;
/// Promotions within one second take alike long: what another engine sends at nearly the same time
/// meets the same.
const SLOT: Span = Span::secs(1);

/// What a packet at `now` waits for a radio whose last packet passed at `last`; nothing before it
/// fell asleep.
pub(super) fn wake_up(promotion: Option<Promotion>, seed: Seed, last: Option<Time>, now: Time) -> Span {
    match promotion {
        Some(promotion) if last.is_none_or(|last| now.since(last) >= promotion.after) => {
            let mut stream = seed.stream("net.promotion", now.0 / SLOT.0, 0);
            Span::from_secs_f64(stream.log_normal(promotion.takes.as_secs_f64(), SIGMA))
        }
        _ => Span::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_secs as at;

    #[test]
    fn a_radio_sleeps_after_its_timer_alone() {
        let lte = Some(Promotion { after: Span::secs(10), takes: Span::millis(280) });
        let wake = |last, now| wake_up(lte, Seed(1), last, now);
        assert_eq!(wake(Some(at(100)), Time(at(110).0 - 1)), Span::ZERO);
        assert!(wake(Some(at(100)), at(110)) > Span::millis(80));
        assert!(wake(None, at(0)) > Span::millis(80), "it sleeps at the start");
        assert_eq!(wake_up(None, Seed(1), None, at(5)), Span::ZERO);
        assert_eq!(wake(Some(at(110)), at(100)), Span::ZERO, "another message is already on its way");
    }

    #[test]
    fn promotions_have_their_median_and_spread() {
        let lte = Some(Promotion { after: Span::secs(10), takes: Span::millis(280) });
        let mut all: Vec<f64> =
            (0..20_000).map(|n| wake_up(lte, Seed(3), None, at(n)).as_secs_f64() * 1e3).collect();
        all.sort_by(f64::total_cmp);
        assert!((all[10_000] / 280.0 - 1.0).abs() < 0.02, "median {}", all[10_000]);
        // One sigma above the median.
        assert!((all[16_827] / (280.0 * libm::exp(0.25)) - 1.0).abs() < 0.03, "p84 {}", all[16_827]);
    }
}
