//! Times without a link: alternating up-times and gaps, and changes of radio technology.

use super::super::options::{GapLengths, Gaps, Outage, OutageMode, Profile, RadioChanges};
use crate::base::{Seed, Span, Stream, Time};

/// The operating system notices only gaps of at least this length.
const NOTICED_AFTER: Span = Span::secs(2);

/// The two log-normals of gaps in cellular traces: share, median in seconds, sigma. Fitted to
/// mahimahi's traces (median 0.31–0.37 s, p90 1.0–1.3 s, p99 1.5–8 s).
const CELLULAR: [(f64, f64, f64); 2] = [(0.9, 0.35, 0.6), (0.1, 1.5, 1.0)];
const CELLULAR_MAX: f64 = 120.0;

impl Gaps {
    /// Largest possible mean for this distribution of lengths.
    pub fn mean_max(lengths: GapLengths) -> Span {
        Span::secs(if lengths == GapLengths::Cellular { 60 } else { 3_660 * 86_400 })
    }

    pub(super) fn draw(&self, seed: Seed, end: Time) -> Vec<Outage> {
        let is_cellular = self.lengths == GapLengths::Cellular;
        let scale = if is_cellular { scale(self.mean.as_secs_f64()) } else { 1.0 };
        let length = |stream: &mut Stream| match self.lengths {
            GapLengths::Exponential => stream.exponential(self.mean),
            GapLengths::Cellular => {
                let [(short, ..), _] = CELLULAR;
                let (_, median, sigma) = CELLULAR[usize::from(!stream.chance(short))];
                let drawn = stream.log_normal(median * scale, sigma).min(CELLULAR_MAX);
                Span::from_secs_f64(drawn).max(Span(1))
            }
        };
        let mut stream = seed.stream("net.gaps", 0, 0);
        let mut gaps = Vec::new();
        let mut at = Time::ZERO;
        loop {
            let from = at + stream.exponential(self.mtbf);
            let until = from + length(&mut stream);
            if from >= end {
                return gaps;
            }
            let noticed = self.mode != OutageMode::Hold && until - from >= NOTICED_AFTER;
            gaps.push(Outage { from, until: until.min(end), mode: self.mode, noticed });
            at = until;
        }
    }
}

impl Profile {
    /// Approximate number of gaps and radio changes within this time.
    pub fn interruptions(&self, within: Span) -> u64 {
        let times = |mtbf: Span, lasts: Span| within.0 / mtbf.0.saturating_add(lasts.0).max(1);
        let gaps = self.gaps.map_or(0, |gaps| times(gaps.mtbf, gaps.mean));
        gaps.saturating_add(self.radio_changes.map_or(0, |changes| times(changes.mtbf, changes.takes)))
    }
}

impl RadioChanges {
    pub(super) fn draw(&self, seed: Seed, end: Time) -> Vec<(Outage, bool)> {
        let mut stream = seed.stream("net.radio-changes", 0, 0);
        let mut changes = Vec::new();
        let mut at = Time::ZERO + stream.exponential(self.mtbf);
        while at < end {
            changes.push((handover(at, self.takes, end), stream.chance(self.session_loss.share())));
            at += self.takes + stream.exponential(self.mtbf);
        }
        changes
    }
}

/// A phone changes to another radio cell: the network holds packets until the change ends.
pub(super) fn handover(at: Time, takes: Span, end: Time) -> Outage {
    Outage { from: at, until: (at + takes).min(end), mode: OutageMode::Hold, noticed: false }
}

/// Scale of the medians for which the capped mixture has this mean, by bisection.
fn scale(mean: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e4);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if capped_mean(middle) < mean { low = middle } else { high = middle }
    }
    low
}

/// Mean of the mixture at this scale: E[min(X, c)] = m·e^(σ²/2)·Φ(z − σ) + c·(1 − Φ(z)), z =
/// ln(c/m) ÷ σ.
fn capped_mean(scale: f64) -> f64 {
    let normal = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    let part = |(share, median, sigma): (f64, f64, f64)| {
        let median = median * scale;
        let z = libm::log(CELLULAR_MAX / median) / sigma;
        let below = median * libm::exp(sigma * sigma / 2.0) * normal(z - sigma);
        share * (below + CELLULAR_MAX * (1.0 - normal(z)))
    };
    CELLULAR.into_iter().map(part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ppm;

    fn gaps(mtbf: u64, mean_ms: u64, lengths: GapLengths) -> Gaps {
        Gaps { mtbf: Span::secs(mtbf), mean: Span::millis(mean_ms), mode: OutageMode::Drop, lengths }
    }

    fn seconds(gaps: &[Outage]) -> Vec<f64> {
        let mut all: Vec<f64> = gaps.iter().map(|g| (g.until - g.from).as_secs_f64()).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    #[test]
    fn gaps_have_their_mean_and_distance_whatever_their_spread() {
        let end = Time::ZERO + Span::secs(6_000_000);
        for (mtbf, mean, lengths) in [
            (45, 4_000, GapLengths::Cellular),
            (56, 1_000, GapLengths::Cellular),
            (100, 20_000, GapLengths::Cellular),
            (30, 5_000, GapLengths::Exponential),
        ] {
            let drawn = gaps(mtbf, mean, lengths).draw(Seed(1), end);
            let lengths = seconds(&drawn);
            let found = lengths.iter().sum::<f64>() / lengths.len() as f64;
            assert!((found * 1e3 / mean as f64 - 1.0).abs() < 0.03, "mean {found} s instead of {mean} ms");
            let cycle = 6e6 / drawn.len() as f64;
            let expected = mtbf as f64 + mean as f64 / 1e3;
            assert!((cycle / expected - 1.0).abs() < 0.03, "a gap each {cycle} s, not {expected}");
            assert!(drawn.windows(2).all(|w| w[0].until < w[1].from), "they alternate");
        }
    }

    #[test]
    fn cellular_gaps_of_the_natural_mean_have_the_measured_quantiles() {
        let natural = (capped_mean(1.0) * 1e3) as u64;
        let drawn = gaps(30, natural, GapLengths::Cellular).draw(Seed(2), Time::ZERO + Span::secs(3_000_000));
        let all = seconds(&drawn);
        let quantile = |share: f64| all[(share * all.len() as f64) as usize];
        assert!((0.31..0.41).contains(&quantile(0.5)), "median {}", quantile(0.5));
        assert!((0.9..1.4).contains(&quantile(0.9)), "p90 {}", quantile(0.9));
        assert!((1.5..8.0).contains(&quantile(0.99)), "p99 {}", quantile(0.99));
    }

    #[test]
    fn the_operating_system_notices_long_gaps_that_drop() {
        let end = Time::ZERO + Span::secs(100_000);
        let drawn = gaps(45, 4_000, GapLengths::Cellular).draw(Seed(1), end);
        assert!(drawn.iter().all(|g| g.noticed == (g.until - g.from >= NOTICED_AFTER) || g.until == end));
        let held = Gaps { mode: OutageMode::Hold, ..gaps(45, 4_000, GapLengths::Cellular) };
        assert!(held.draw(Seed(1), end).iter().all(|g| !g.noticed));
    }

    #[test]
    fn a_third_of_the_radio_changes_lose_the_session() {
        let changes =
            RadioChanges { mtbf: Span::secs(600), takes: Span::millis(4_500), session_loss: Ppm(333_333) };
        let drawn = changes.draw(Seed(1), Time::ZERO + Span::secs(6_045_000));
        let lost = drawn.iter().filter(|(_, lost)| *lost).count();
        assert!((9_700..10_300).contains(&drawn.len()), "{} changes", drawn.len());
        assert!((0.32..0.347).contains(&(lost as f64 / drawn.len() as f64)), "{lost} of {}", drawn.len());
    }
}
