//! How sure a difference is.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Fewer pairs are not judged. A figure of two values, such as a wait that ends at its timeout or does not, moves the same way in
/// n pairs of a thing with itself by chance with 2 × 4^-n: with 6 once in 2 000, and there are some twenty such figures.
pub(super) const PAIRS_MIN: usize = 6;
/// Fewer observations of a side are not judged. Such a figure has one value on one side and the other on the other with 2 × 4^-n, too,
/// and counts that are rare do so more often.
pub(super) const SAMPLES_MIN: usize = 8;

/// A relative change of a mean, candidate over base less one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    /// The interval of 95 %; `None` for a base of nothing.
    pub(super) interval: Option<(f64, f64)>,
    /// The chance that a thing differs as much from itself, two-sided.
    pub(super) chance: f64,
}

impl Change {
    /// Of too few observations.
    pub(super) const UNKNOWN: Change = Change { interval: None, chance: 1.0 };
}

/// The change from the bases to the candidates of `pairs`, by Student's law: the mean of the logarithms of their ratios, so that one pair
/// with a wait of an hour counts as one pair; where something is zero, the mean difference as a share of the mean base, and no less than
/// all of it. `None` for fewer than two pairs.
pub(super) fn change(pairs: &[(u64, u64)]) -> Option<Change> {
    let n = pairs.len() as f64;
    let law = StudentsT::new(0.0, 1.0, n - 1.0).ok().filter(|_| pairs.len() > 1)?;
    let in_logarithms = pairs.iter().all(|&(base, candidate)| base > 0 && candidate > 0);
    let difference = |&(base, candidate): &(u64, u64)| match in_logarithms {
        true => libm::log(candidate as f64 / base as f64),
        false => candidate as f64 - base as f64,
    };
    let differences: Vec<f64> = pairs.iter().map(difference).collect();
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|x| (x - mean) * (x - mean)).sum();
    let error = libm::sqrt(squares / (n - 1.0) / n);
    let half = law.inverse_cdf(0.975) * error;
    let base = pairs.iter().map(|&(base, _)| base as f64).sum::<f64>() / n;
    let interval = match in_logarithms {
        true => Some((libm::expm1(mean - half), libm::expm1(mean + half))),
        // Nothing is less than nothing: what was measured cannot shrink by more than all of it.
        false => (base > 0.0).then(|| (((mean - half) / base).max(-1.0), (mean + half) / base)),
    };
    Some(Change { interval, chance: two_sided(&law, mean, error) })
}

/// The chance of being this far from zero with this standard error, or farther.
fn two_sided(law: &StudentsT, value: f64, error: f64) -> f64 {
    match (value == 0.0, error > 0.0) {
        (true, _) => 1.0,
        (false, true) => 2.0 * law.sf((value / error).abs()),
        (false, false) => 0.0,
    }
}

/// The chance that two samples of one law lie this far apart or farther (Welch's t-test, two-sided). `None` for fewer than two
/// observations of a side; 1 for samples that do not vary and are equal, 0 if they do not vary and differ.
pub(super) fn chance(base: &[u64], candidate: &[u64]) -> Option<f64> {
    if base.len().min(candidate.len()) < 2 {
        return None;
    }
    let ((m1, v1), (m2, v2)) = (mean_and_variance(base), mean_and_variance(candidate));
    let (e1, e2) = (v1 / base.len() as f64, v2 / candidate.len() as f64);
    if e1 + e2 == 0.0 {
        return Some(if m1 == m2 { 1.0 } else { 0.0 });
    }
    let t = (m1 - m2) / libm::sqrt(e1 + e2);
    // Welch–Satterthwaite.
    let freedom = (e1 + e2) * (e1 + e2)
        / (e1 * e1 / (base.len() as f64 - 1.0) + e2 * e2 / (candidate.len() as f64 - 1.0));
    let law = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(2.0 * law.sf(t.abs()))
}

/// Mean, and variance of a sample.
fn mean_and_variance(sample: &[u64]) -> (f64, f64) {
    let n = sample.len() as f64;
    let mean = sample.iter().map(|&x| x as f64).sum::<f64>() / n;
    let square = |x: u64| (x as f64 - mean) * (x as f64 - mean);
    (mean, sample.iter().map(|&x| square(x)).sum::<f64>() / (n - 1.0))
}

/// Which of these chances are too small to be chance, when one false finding among all of them may come up with probability
/// `level` (Holm 1979).
pub(super) fn surprising(chances: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|&a, &b| chances[a].total_cmp(&chances[b]));
    let mut found = vec![false; chances.len()];
    for (rank, &index) in order.iter().enumerate() {
        if chances[index] > level / (chances.len() - rank) as f64 {
            break;
        }
        found[index] = true;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_change_is_that_of_the_mean_ratio_of_pairs() {
        let steady: Vec<(u64, u64)> = (0..20).map(|n| (1_000 + n, 1_100 + n)).collect();
        let steady = change(&steady).unwrap();
        let (low, high) = steady.interval.unwrap();
        assert!(low < high && (0.098..0.1).contains(&low) && (0.098..0.1).contains(&high), "{steady:?}");
        assert!(steady.chance < 1e-12, "{steady:?}");
        let wild: Vec<(u64, u64)> = (0..20).map(|n| (1_000, if n % 2 == 0 { 500 } else { 1_600 })).collect();
        let wild = change(&wild).unwrap();
        let (low, high) = wild.interval.unwrap();
        // e^(-0.1116 ± 2.093 × 0.5967 / √20) - 1.
        assert!((low + 0.3235).abs() < 1e-3 && (high - 0.1826).abs() < 1e-3, "{wild:?}");
        assert!((wild.chance - 0.413).abs() < 3e-3, "{wild:?}");
        assert_eq!(change(&[(5, 6)]), None);
    }

    #[test]
    fn one_pair_with_a_very_long_wait_makes_no_difference_certain() {
        let mut pairs: Vec<(u64, u64)> =
            (0..8).map(|n| (5_400_000 + n * 20_000, 5_500_000 - n * 9_000)).collect();
        pairs[3].0 = 5_800_000_000;
        let change = change(&pairs).unwrap();
        assert!(change.chance > 0.1, "{change:?}");
    }

    #[test]
    fn a_change_from_nothing_has_a_chance_and_no_interval() {
        let from_nothing = change(&[(0, 6), (0, 7), (0, 5), (0, 6)]).unwrap();
        assert_eq!(from_nothing.interval, None);
        assert!(from_nothing.chance < 1e-3, "{from_nothing:?}");
        assert_eq!(change(&[(0, 0), (0, 0)]).unwrap().chance, 1.0);
        let exact = change(&[(100, 102), (200, 204), (300, 306)]).unwrap();
        assert!(exact.chance < 1e-9, "every pair changes by the same share: {exact:?}");
    }

    #[test]
    fn what_shrinks_loses_no_more_than_all_of_it() {
        let nearly_gone = change(&[(5, 0), (0, 0), (9, 1), (0, 0), (1, 0), (2, 0)]).unwrap();
        let (low, high) = nearly_gone.interval.unwrap();
        assert!(low == -1.0 && high > -1.0, "{nearly_gone:?}");
    }

    #[test]
    fn the_chance_is_that_of_welch() {
        // Two samples of a textbook: t = -2.22, 7.03 degrees of freedom (R: t.test(c(3,4,1,2,1), c(5,6,3,4,9,4)), p = 0.0261).
        let p = chance(&[3, 4, 1, 2, 1], &[5, 6, 3, 4, 9, 4]).unwrap();
        assert!((0.015..0.035).contains(&p), "{p}");
        assert_eq!(chance(&[5, 5, 5], &[5, 5, 5]), Some(1.0));
        assert_eq!(chance(&[5, 5, 5], &[6, 6, 6]), Some(0.0));
        assert_eq!(chance(&[5], &[6, 6, 6]), None);
    }

    #[test]
    fn one_small_chance_of_many_is_no_surprise() {
        assert_eq!(surprising(&[0.009], 0.01), [true]);
        assert_eq!(surprising(&[0.009, 0.5, 0.7], 0.01), [false, false, false]);
        assert_eq!(surprising(&[0.004, 0.003, 0.7], 0.01), [true, true, false]);
    }
}
