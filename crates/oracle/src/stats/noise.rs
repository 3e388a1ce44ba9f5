//! Compares settings over several seeds: Student's t-distribution and the bootstrap.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::change::mean_and_variance;
use crate::base::{Seed, Stream};

/// At least this many seeds are needed to estimate the noise between seeds.
pub const SEEDS_MIN: usize = 3;
/// A relative difference below this does not count: a number in a request may have one more digit.
const NOTHING: f64 = 1e-4;
/// The number of resamples of the paired differences (Efron 1979).
const RESAMPLES: usize = 2_000;
/// The number of resamples for an interval in a chart, where one or two pixels do not matter.
const RESAMPLES_DRAWN: usize = 400;
/// A setting is worse beyond the noise if it is worse in more than this share of the resamples.
/// This corresponds to one end of a 95 % interval.
const CONFIDENCE: f64 = 0.975;

/// True if a setting is worse than another one with the same seeds, by two tests. Student's test
/// uses log ratios, or differences if a value is zero. The bootstrap alone is too certain with few
/// seeds (Hesterberg 2015, §4.2). `position` selects the random stream.
pub fn worse_beyond_noise(pairs: &[(f64, f64)], position: u64) -> bool {
    let has_ratios = pairs.iter().all(|&(here, there)| here > 0.0 && there > 0.0);
    let ratio = |&(here, there): &(f64, f64)| libm::log(here / there);
    let differences: Vec<f64> = pairs.iter().map(|(here, there)| here - there).collect();
    let known = match has_ratios {
        true => mean_and_noise(&pairs.iter().map(ratio).collect::<Vec<_>>()),
        false => mean_and_noise(&differences),
    };
    if !known.is_some_and(|(mean, noise)| mean > noise && (!has_ratios || mean > NOTHING)) {
        return false;
    }
    let mut stream = Seed(0).stream("report.sweep.bootstrap", position, 0);
    let worse = (0..RESAMPLES).filter(|_| resampled_sum(&differences, &mut stream) > 0.0).count();
    worse as f64 > CONFIDENCE * RESAMPLES as f64
}

/// The factor from a standard error to half a 95 % interval; infinite without degrees of freedom.
pub fn student(freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |law| law.inverse_cdf(CONFIDENCE))
}

/// The mean, and half the width of its 95 % interval by Student's t; `None` for too few seeds.
fn mean_and_noise(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    if values.len() < SEEDS_MIN {
        return None;
    }
    let (mean, variance) = mean_and_variance(values);
    Some((mean, student(n - 1.0) * libm::sqrt(variance / n)))
}

/// The 95 % interval of the mean. At each end it is the wider one of Student's t and the bootstrap.
pub fn interval_of_mean(prices: &[f64], position: u64) -> Option<(f64, f64)> {
    let (mean, noise) = mean_and_noise(prices)?;
    let mut stream = Seed(0).stream("report.sweep.interval", position, 0);
    let mut means: Vec<f64> =
        (0..RESAMPLES_DRAWN).map(|_| resampled_sum(prices, &mut stream) / prices.len() as f64).collect();
    means.sort_by(f64::total_cmp);
    let tail = RESAMPLES_DRAWN / 40;
    // This ratio keeps the lower end above zero.
    let low = if mean > 0.0 { mean * libm::exp(-noise / mean) } else { mean };
    Some((means[tail].min(low), means[RESAMPLES_DRAWN - 1 - tail].max(mean + noise)))
}

fn resampled_sum(values: &[f64], stream: &mut Stream) -> f64 {
    values.iter().map(|_| *stream.pick(values)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 2,000 settings are called worse. Each costs `times` as much as its base, with
    /// random noise.
    fn called_worse(seeds: usize, times: f64, luck: impl Fn(&mut Stream) -> f64) -> usize {
        let tried = |n: &u64| {
            let mut stream = Seed(*n).stream("findings.luck", seeds as u64, 0);
            let mut pair = || {
                let shared = 1.0 + stream.unit() / 3.0;
                [times, 1.0].map(|times| times * shared * luck(&mut stream)).into()
            };
            let pairs: Vec<(f64, f64)> = (0..seeds).map(|_| pair()).collect();
            worse_beyond_noise(&pairs, *n)
        };
        (0..2_000).filter(tried).count()
    }

    #[test]
    fn one_in_forty_settings_that_are_no_worse_is_called_worse_however_few_the_seeds() {
        for seeds in [3, 5, 8, 20] {
            // The expected number is 50, plus or minus 3 standard errors.
            let even = called_worse(seeds, 1.0, |stream| 1.0 + 0.1 * stream.normal());
            let skewed = called_worse(seeds, 1.0, |stream| libm::exp(0.7 * stream.normal()));
            assert!((20..=71).contains(&even), "{seeds} seeds: {even} of 2000");
            assert!((10..=71).contains(&skewed), "{seeds} seeds: {skewed} of 2000");
        }
    }

    #[test]
    fn what_costs_more_by_several_times_its_luck_is_called_worse() {
        let worse = called_worse(8, 1.3, |stream| 1.0 + 0.05 * stream.normal());
        assert_eq!(worse, 2_000);
        assert!(worse_beyond_noise(&[(2.0, 1.0); 3], 0));
        assert!(worse_beyond_noise(&[(2.0, 0.0); 3], 0), "nothing is a cost, too");
        assert!(!worse_beyond_noise(&[(2.0, 1.0); 2], 0), "two seeds");
        assert!(!worse_beyond_noise(&[(1.0, 1.0); 8], 0));
        assert!(!worse_beyond_noise(&[(1.000_03, 1.0); 8], 0), "a digit more in a request");
        assert!(!worse_beyond_noise(&[(0.0, 0.0); 8], 0));
    }

    #[test]
    fn students_factor_is_that_of_the_tables() {
        for (freedom, factor) in [(2.0, 4.303), (11.0, 2.201), (30.0, 2.042)] {
            assert!((student(freedom) / factor - 1.0).abs() < 0.001, "{freedom}");
        }
    }

    #[test]
    fn the_interval_of_a_setting_holds_its_mean_as_often_as_it_says() {
        for seeds in [3, 5, 8] {
            let held = |luck: &u64| {
                let mut stream = Seed(*luck).stream("findings.interval", seeds, 0);
                let prices: Vec<f64> = (0..seeds).map(|_| 1.0 + 0.1 * stream.normal()).collect();
                let (low, high) = interval_of_mean(&prices, 0).unwrap();
                (low..=high).contains(&1.0)
            };
            let held = (0..1_000).filter(held).count();
            assert!((930..=975).contains(&held), "{seeds} seeds: {held} of 1000");
        }
        assert_eq!(interval_of_mean(&[1.0, 2.0], 0), None, "two seeds");
    }
}
