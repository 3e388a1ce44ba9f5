//! How sure a difference is.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::base::Seed;

/// Resamplings of a bootstrap: their 2.5 % tails hold 50 of them.
const RESAMPLINGS: usize = 2_000;
/// Fewer pairs have no interval.
pub(super) const PAIRS_MIN: usize = 2;
/// Fewer observations of a side have no variance worth the name.
pub(super) const SAMPLES_MIN: usize = 3;

/// Bounds of the relative change of the sums, candidate over base less one, that hold it in 95 % of the resamplings of `pairs`
/// (percentile bootstrap, Efron 1979). `None` for fewer than two pairs or a base of nothing. The draws are the same for the same
/// pairs.
pub(super) fn interval(pairs: &[(u64, u64)]) -> Option<(f64, f64)> {
    if pairs.len() < PAIRS_MIN || pairs.iter().all(|&(base, _)| base == 0) {
        return None;
    }
    let mut stream = Seed(pairs.len() as u64).stream("compare.bootstrap", 0, 0);
    let mut changes: Vec<f64> = (0..RESAMPLINGS)
        .filter_map(|_| {
            let (mut base, mut candidate) = (0_u128, 0_u128);
            for _ in pairs {
                let (b, c) = pairs[stream.below(pairs.len() as u64) as usize];
                base += u128::from(b);
                candidate += u128::from(c);
            }
            (base > 0).then(|| candidate as f64 / base as f64 - 1.0)
        })
        .collect();
    changes.sort_by(f64::total_cmp);
    let at = |share: f64| changes.get(((changes.len() as f64 - 1.0) * share).round() as usize).copied();
    Some((at(0.025)?, at(0.975)?))
}

/// The chance that two samples of one law lie this far apart or farther (Welch's t-test, two-sided). `None` for fewer than three
/// observations of a side; 1 for samples that do not vary and are equal, 0 if they do not vary and differ.
pub(super) fn chance(base: &[u64], candidate: &[u64]) -> Option<f64> {
    if base.len().min(candidate.len()) < SAMPLES_MIN {
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
    fn the_interval_holds_the_change_and_narrows_with_its_spread() {
        let steady: Vec<(u64, u64)> = (0..20).map(|n| (1_000 + n, 1_100 + n)).collect();
        let (low, high) = interval(&steady).unwrap();
        assert!(low < high && (0.098..0.1).contains(&low) && (0.098..0.1).contains(&high), "{low} {high}");
        let wild: Vec<(u64, u64)> = (0..20).map(|n| (1_000, if n % 2 == 0 { 500 } else { 1_600 })).collect();
        let (low, high) = interval(&wild).unwrap();
        assert!(low < 0.0 && high > 0.1, "{low} {high}");
        assert_eq!(interval(&[(5, 6)]), None);
        assert_eq!(interval(&[(0, 6), (0, 7)]), None);
    }

    #[test]
    fn the_chance_is_that_of_welch() {
        // Two samples of a textbook: t = -2.22, 7.03 degrees of freedom (R: t.test(c(3,4,1,2,1), c(5,6,3,4,9,4)), p = 0.0261).
        let p = chance(&[3, 4, 1, 2, 1], &[5, 6, 3, 4, 9, 4]).unwrap();
        assert!((0.015..0.035).contains(&p), "{p}");
        assert_eq!(chance(&[5, 5, 5], &[5, 5, 5]), Some(1.0));
        assert_eq!(chance(&[5, 5, 5], &[6, 6, 6]), Some(0.0));
        assert_eq!(chance(&[5, 5], &[6, 6, 6]), None);
    }

    #[test]
    fn one_small_chance_of_many_is_no_surprise() {
        assert_eq!(surprising(&[0.009], 0.01), [true]);
        assert_eq!(surprising(&[0.009, 0.5, 0.7], 0.01), [false, false, false]);
        assert_eq!(surprising(&[0.004, 0.003, 0.7], 0.01), [true, true, false]);
    }
}
