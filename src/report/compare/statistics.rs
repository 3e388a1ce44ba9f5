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

/// The change from the bases to the candidates of `pairs`: the ratio of their sums, whose variance is that of what each pair is off
/// that ratio (Cochran 1977, §6.4), by Student's law. From a base of nothing, the paired t-test. `None` for fewer than two pairs.
pub(super) fn change(pairs: &[(u64, u64)]) -> Option<Change> {
    let n = pairs.len() as f64;
    let law = StudentsT::new(0.0, 1.0, n - 1.0).ok().filter(|_| pairs.len() > 1)?;
    let sums = pairs.iter().fold((0_u128, 0_u128), |sums, &(base, candidate)| {
        (sums.0 + u128::from(base), sums.1 + u128::from(candidate))
    });
    let mean = sums.0 as f64 / n;
    let ratio = if sums.0 > 0 { sums.1 as f64 / sums.0 as f64 } else { 1.0 };
    let off = pairs.iter().map(|&(base, candidate)| candidate as f64 - ratio * base as f64);
    let deviation = |centre: f64| {
        let squares: f64 = off.clone().map(|off| (off - centre) * (off - centre)).sum();
        libm::sqrt(squares / (n - 1.0) / n)
    };
    if sums.0 == 0 {
        let candidate = sums.1 as f64 / n;
        return Some(Change { interval: None, chance: two_sided(&law, candidate, deviation(candidate)) });
    }
    let error = deviation(0.0) / mean;
    let half = law.inverse_cdf(0.975) * error;
    let change = ratio - 1.0;
    Some(Change { interval: Some((change - half, change + half)), chance: two_sided(&law, change, error) })
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
    fn the_interval_of_a_change_is_that_of_the_ratio_of_sums() {
        let steady: Vec<(u64, u64)> = (0..20).map(|n| (1_000 + n, 1_100 + n)).collect();
        let steady = change(&steady).unwrap();
        let (low, high) = steady.interval.unwrap();
        assert!(low < high && (0.098..0.1).contains(&low) && (0.098..0.1).contains(&high), "{steady:?}");
        assert!(steady.chance < 1e-12, "{steady:?}");
        let wild: Vec<(u64, u64)> = (0..20).map(|n| (1_000, if n % 2 == 0 { 500 } else { 1_600 })).collect();
        let wild = change(&wild).unwrap();
        let (low, high) = wild.interval.unwrap();
        // 0.05 ± 2.093 × 0.5643 / √20.
        assert!((low + 0.2141).abs() < 1e-3 && (high - 0.3141).abs() < 1e-3, "{wild:?}");
        assert!((wild.chance - 0.696).abs() < 2e-3, "{wild:?}");
        assert_eq!(change(&[(5, 6)]), None);
    }

    #[test]
    fn a_change_from_nothing_has_a_chance_and_no_interval() {
        let from_nothing = change(&[(0, 6), (0, 7), (0, 5), (0, 6)]).unwrap();
        assert_eq!(from_nothing.interval, None);
        assert!(from_nothing.chance < 1e-3, "{from_nothing:?}");
        assert_eq!(change(&[(0, 0), (0, 0)]).unwrap().chance, 1.0);
        let exact = change(&[(100, 102), (200, 204)]).unwrap();
        assert!(exact.chance < 1e-9, "every pair changes by the same share: {exact:?}");
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
