//! The logarithm of a rate is a stationary first-order autoregression in steps of a second: X(s) =
//! φ·X(s−1) + √(1−φ²)·e(s), rate = mean · exp(σ·X − σ²/2). Source: models of measured cellular
//! traces (mahimahi: φ 0.6–0.9, σ 0.7–1.2).
//!
//! The value of a second depends only on that second. Half-way between two known points, each h
//! steps away, X has a mean of φʰ ÷ (1+φ²ʰ) times their sum, and a variance of (1−φ²ʰ) ÷ (1+φ²ʰ).
//! Block ends are 256 s apart and drawn independently. (Their true correlation is φ²⁵⁶: 10⁻¹⁸ at φ
//! = 0.85.) Inside a block, at most 8 halvings lead to a second. Each halving is one draw, with its
//! middle second as key.

use super::super::options::Variation;
use crate::base::Seed;

const LEVELS: usize = 8;
const BLOCK: u64 = 1 << LEVELS;
/// Halvings within a part. A part is a group of seconds that are computed together.
const PART_LEVELS: usize = 4;
/// Seconds per part. Queries for consecutive seconds draw each second once.
pub(super) const PART: u64 = 1 << PART_LEVELS;

#[derive(Clone, Debug)]
pub(super) struct LogRate {
    sigma: f64,
    halvings: [(f64, f64); LEVELS],
}

impl LogRate {
    pub(super) fn new(variation: Variation) -> LogRate {
        let mut power = f64::from(variation.phi_milli) / 1e3;
        let mut halvings = [(0.0, 0.0); LEVELS];
        for halving in halvings.iter_mut().rev() {
            let square = power * power;
            *halving = (power / (1.0 + square), ((1.0 - square) / (1.0 + square)).sqrt());
            power = square;
        }
        LogRate { sigma: f64::from(variation.sigma_milli) / 1e3, halvings }
    }

    pub(super) fn factors(&self, seed: Seed, part: u64) -> [f64; PART as usize] {
        self.states(seed, part).map(|state| libm::exp(self.sigma * state - self.sigma * self.sigma / 2.0))
    }

    /// X of each second of a part, standard normal.
    fn states(&self, seed: Seed, part: u64) -> [f64; PART as usize] {
        let draw = |second: u64| seed.stream("net.rate", second, 0).normal();
        let first = part * PART;
        let mut left = first / BLOCK * BLOCK;
        let mut right = left + BLOCK;
        let (mut at_left, mut at_right) = (draw(left), draw(right));
        let (above, within) = self.halvings.split_at(LEVELS - PART_LEVELS);
        for (weight, deviation) in above {
            let middle = (left + right) / 2;
            let at_middle = weight * (at_left + at_right) + deviation * draw(middle);
            if first < middle {
                (right, at_right) = (middle, at_middle);
            } else {
                (left, at_left) = (middle, at_middle);
            }
        }
        let mut states = [0.0; PART as usize + 1];
        (states[0], states[PART as usize]) = (at_left, at_right);
        for (halved, (weight, deviation)) in within.iter().enumerate() {
            let half = PART as usize >> (halved + 1);
            for middle in (half..PART as usize).step_by(2 * half) {
                let neighbours = states[middle - half] + states[middle + half];
                states[middle] = weight * neighbours + deviation * draw(first + middle as u64);
            }
        }
        std::array::from_fn(|second| states[second])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: u64 = 400_000;

    fn states(phi_milli: u32) -> Vec<f64> {
        let law = LogRate::new(Variation { sigma_milli: 700, phi_milli });
        (0..SECONDS / PART).flat_map(|part| law.states(Seed(3), part)).collect()
    }

    /// Σ x(s)·x(s + lag) ÷ n over the pairs whose first second satisfies `keep`.
    fn covariance(states: &[f64], lag: usize, keep: impl Fn(u64) -> bool) -> f64 {
        let pairs: Vec<f64> = (0..states.len() - lag)
            .filter(|&s| keep(s as u64))
            .map(|s| states[s] * states[s + lag])
            .collect();
        pairs.iter().sum::<f64>() / pairs.len() as f64
    }

    #[test]
    fn the_states_are_those_of_an_autoregression() {
        for phi in [600, 850, 950] {
            let states = states(phi);
            let phi = f64::from(phi) / 1e3;
            for (lag, expected) in [(0, 1.0), (1, phi), (2, phi * phi), (4, phi * phi * phi * phi)] {
                let found = covariance(&states, lag, |_| true);
                assert!((found - expected).abs() < 0.02, "φ {phi}, lag {lag}: {found}");
            }
        }
    }

    #[test]
    fn the_seam_between_two_blocks_is_like_any_other_second() {
        let states = states(850);
        let found = covariance(&states, 1, |s| s % BLOCK == BLOCK - 1);
        assert!((found - 0.85).abs() < 0.06, "over the seam: {found}");
    }

    #[test]
    fn the_long_run_mean_is_the_mean() {
        for sigma_milli in [700, 1_200] {
            let law = LogRate::new(Variation { sigma_milli, phi_milli: 850 });
            let sum: f64 = (0..2 * SECONDS / PART).flat_map(|part| law.factors(Seed(8), part)).sum();
            let mean = sum / (2 * SECONDS) as f64;
            assert!((mean - 1.0).abs() < 0.02, "σ {sigma_milli}: {mean}");
        }
    }
}
