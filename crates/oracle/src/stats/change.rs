//! Statistical tests: is a difference more than chance?

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Hypergeometric, Normal, StudentsT};

/// A comparison needs at least this many pairs. By chance, a figure that only has two values moves
/// the same way in all n pairs with a probability of 2 × 4^-n, and there are about 20 such figures.
pub const PAIRS_MIN: usize = 6;
/// A comparison needs at least this many observations per side, because rare counts often differ by
/// chance.
pub const SAMPLES_MIN: usize = 8;

/// A relative change of a mean: candidate / base − 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The estimated change. It is inside the interval; `None` if the base is zero.
    pub value: Option<f64>,
    /// The confidence interval, of 95 % if no other was requested; `None` if the base is zero.
    pub interval: Option<(f64, f64)>,
    /// The two-sided p-value: the probability of a difference at least this large if nothing
    /// changed.
    pub chance: f64,
}

impl Change {
    /// The result if there are too few observations.
    pub const UNKNOWN: Change = Change { value: None, interval: None, chance: 1.0 };
}

/// The change from the bases to the candidates, by Student's t-distribution. Uses the mean of the
/// log ratios, or the mean difference if a value is zero. `most` is an upper limit of the values,
/// so the change is limited, too. The interval has a confidence of 1 − `level`. `None` for fewer
/// than 2 pairs.
pub fn change(pairs: &[(u64, u64)], most: Option<u64>, level: f64) -> Option<Change> {
    let n = pairs.len() as f64;
    let law = StudentsT::new(0.0, 1.0, n - 1.0).ok().filter(|_| pairs.len() > 1)?;
    let in_logarithms = pairs.iter().all(|&(base, candidate)| base > 0 && candidate > 0);
    let difference = |&(base, candidate): &(u64, u64)| match in_logarithms {
        true => libm::log(candidate as f64 / base as f64),
        false => candidate as f64 - base as f64,
    };
    let differences: Vec<f64> = pairs.iter().map(difference).collect();
    let (mean, variance) = mean_and_variance(&differences);
    let error = libm::sqrt(variance / n);
    let half = law.inverse_cdf(1.0 - level / 2.0) * error;
    let base = pairs.iter().map(|&(base, _)| base as f64).sum::<f64>() / n;
    let shares = [mean, mean - half, mean + half].map(|x| match in_logarithms {
        true => libm::expm1(x),
        // A measured value cannot shrink by more than 100 %.
        false => (x / base).max(-1.0),
    });
    let [value, low, high] =
        shares.map(|x| most.map_or(x, |most| x.min(growth(pairs, most, in_logarithms).max(shares[0]))));
    let known = in_logarithms || base > 0.0;
    let chance = two_sided(&law, mean, error);
    Some(Change { value: known.then_some(value), interval: known.then_some((low, high)), chance })
}

/// The change that would bring all candidates to the upper limit `most`.
fn growth(pairs: &[(u64, u64)], most: u64, in_logarithms: bool) -> f64 {
    let n = pairs.len() as f64;
    let mean = |of: fn(f64) -> f64| pairs.iter().map(|&(base, _)| of(base as f64)).sum::<f64>() / n;
    match in_logarithms {
        true => libm::expm1(libm::log(most as f64) - mean(libm::log)),
        false => most as f64 / mean(|base| base) - 1.0,
    }
}

/// The two-sided p-value of a value that has this standard error.
fn two_sided(law: &StudentsT, value: f64, error: f64) -> f64 {
    match (value == 0.0, error > 0.0) {
        (true, _) => 1.0,
        (false, true) => 2.0 * law.sf((value / error).abs()),
        (false, false) => 0.0,
    }
}

/// The two-sided p-value that two samples come from one distribution: the larger p-value of Welch's
/// t-test and Student's t-test. If one side has at least twice as many values, the rank test (Mann
/// and Whitney 1947) counts, too. `None` for fewer than 2 observations on a side.
pub fn chance(base: &[u64], candidate: &[u64]) -> Option<f64> {
    let (less, more) = (base.len().min(candidate.len()), base.len().max(candidate.len()));
    if less < 2 {
        return None;
    }
    let of = |side: &[u64]| mean_and_variance(&side.iter().map(|&x| x as f64).collect::<Vec<_>>());
    let ((m1, v1), (m2, v2)) = (of(base), of(candidate));
    let (n1, n2) = (base.len() as f64, candidate.len() as f64);
    let (e1, e2) = (v1 / n1, v2 / n2);
    if e1 + e2 == 0.0 {
        return Some(if m1 == m2 { 1.0 } else { 0.0 });
    }
    let by_student = |error: f64, freedom: f64| {
        StudentsT::new(0.0, 1.0, freedom).ok().map(|law| two_sided(&law, m1 - m2, error))
    };
    // The degrees of freedom by Welch–Satterthwaite.
    let freedom = (e1 + e2) * (e1 + e2) / (e1 * e1 / (n1 - 1.0) + e2 * e2 / (n2 - 1.0));
    let welch = by_student(libm::sqrt(e1 + e2), freedom)?;
    let pooled = (v1 * (n1 - 1.0) + v2 * (n2 - 1.0)) / (n1 + n2 - 2.0);
    let student = by_student(libm::sqrt(pooled * (1.0 / n1 + 1.0 / n2)), n1 + n2 - 2.0)?;
    let ranks = if more >= 2 * less { by_ranks(base, candidate)? } else { 0.0 };
    Some(welch.max(student).max(ranks))
}

/// Like [`chance`], by the rank test, with the normal approximation and midranks for ties. It needs
/// only an order of the values, so it accepts waits that never ended.
pub fn by_ranks(base: &[u64], candidate: &[u64]) -> Option<f64> {
    let (n1, n2) = (base.len() as f64, candidate.len() as f64);
    let mut all: Vec<u64> = base.iter().chain(candidate).copied().collect();
    all.sort_unstable();
    let rank = |x: u64| {
        let (below, upto) = (all.partition_point(|&y| y < x), all.partition_point(|&y| y <= x));
        (below + upto + 1) as f64 / 2.0
    };
    let off = base.iter().map(|&x| rank(x)).sum::<f64>() - n1 * (n1 + n2 + 1.0) / 2.0;
    let cubed = |k: f64| k * k * k - k;
    let ties: f64 = all.chunk_by(|a, b| a == b).map(|same| cubed(same.len() as f64)).sum();
    let n = n1 + n2;
    let variance = n1 * n2 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        return Some(1.0);
    }
    Some(2.0 * Normal::standard().sf(off.abs() / libm::sqrt(variance)))
}

/// The one-sided p-value for failures (Fisher 1922): the probability that the candidate has at
/// least this many of all failures by chance.
pub fn as_many_failed(seeds: (usize, usize), failed: (usize, usize)) -> Option<f64> {
    let count = |n: usize| n as u64;
    let law =
        Hypergeometric::new(count(seeds.0 + seeds.1), count(failed.0 + failed.1), count(seeds.1)).ok()?;
    Some(if failed.1 == 0 { 1.0 } else { law.sf(count(failed.1) - 1) })
}

/// An upper bound of the two-sided p-value for an event that one side of a pair can have without
/// the other. Only the candidate has it in `more` pairs, and only the base in `less` pairs.
pub fn seen_more_often(pairs: usize, more: usize, less: usize) -> f64 {
    // A fair coin has the largest variance, and the difference of two such coins is binomial.
    let Ok(law) = Binomial::new(0.5, 2 * pairs as u64) else { return 1.0 };
    let least = (pairs + more.abs_diff(less)) as u64;
    if least == 0 { 1.0 } else { (2.0 * law.sf(least - 1)).min(1.0) }
}

/// An upper bound of the probability that all cells of one side have an event by chance, and no
/// cell of the other side.
pub fn one_sided(cells: usize) -> f64 {
    2.0 * libm::pow(0.25, cells as f64)
}

pub(super) fn mean_and_variance(sample: &[f64]) -> (f64, f64) {
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    (mean, sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0))
}

/// Says for each p-value whether it is significant, with a family-wise error rate of at most
/// `level` (Holm 1979).
pub fn surprising(chances: &[f64], level: f64) -> Vec<bool> {
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
        let steady = change(&steady, None, 0.05).unwrap();
        let (low, high) = steady.interval.unwrap();
        assert!(low < high && (0.098..0.1).contains(&low) && (0.098..0.1).contains(&high), "{steady:?}");
        assert!(steady.chance < 1e-12, "{steady:?}");
        let wild: Vec<(u64, u64)> = (0..20).map(|n| (1_000, if n % 2 == 0 { 500 } else { 1_600 })).collect();
        let wild = change(&wild, None, 0.05).unwrap();
        let (low, high) = wild.interval.unwrap();
        // e^(-0.1116 ± 2.093 × 0.5967 / √20) - 1.
        assert!((low + 0.3235).abs() < 1e-3 && (high - 0.1826).abs() < 1e-3, "{wild:?}");
        assert!((wild.chance - 0.413).abs() < 3e-3, "{wild:?}");
        assert_eq!(change(&[(5, 6)], None, 0.05), None);
    }

    #[test]
    fn one_pair_with_a_very_long_wait_makes_no_difference_certain() {
        let mut pairs: Vec<(u64, u64)> =
            (0..8).map(|n| (5_400_000 + n * 20_000, 5_500_000 - n * 9_000)).collect();
        pairs[3].0 = 5_800_000_000;
        let change = change(&pairs, None, 0.05).unwrap();
        assert!(change.chance > 0.1, "{change:?}");
    }
    #[test]
    fn a_change_from_nothing_has_a_chance_and_no_interval() {
        let from_nothing = change(&[(0, 6), (0, 7), (0, 5), (0, 6)], None, 0.05).unwrap();
        assert_eq!(from_nothing.interval, None);
        assert!(from_nothing.chance < 1e-3, "{from_nothing:?}");
        assert_eq!(change(&[(0, 0), (0, 0)], None, 0.05).unwrap().chance, 1.0);
        let exact = change(&[(100, 102), (200, 204), (300, 306)], None, 0.05).unwrap();
        assert!(exact.chance < 1e-9, "every pair changes by the same share: {exact:?}");
    }
    #[test]
    fn what_shrinks_loses_no_more_than_all_of_it() {
        let nearly_gone = change(&[(5, 0), (0, 0), (9, 1), (0, 0), (1, 0), (2, 0)], None, 0.05).unwrap();
        let (low, high) = nearly_gone.interval.unwrap();
        assert!(low == -1.0 && high > -1.0, "{nearly_gone:?}");
    }

    #[test]
    fn a_share_grows_to_the_whole_at_most() {
        let shares = [960_000, 990_000, 700_000, 985_000, 1_000_000, 940_000];
        let pairs = shares.map(|base| (base, 1_000_000 - (1_000_000 - base) / 9));
        let (_, open) = change(&pairs, None, 0.05).unwrap().interval.unwrap();
        let Change { value, interval, .. } = change(&pairs, Some(1_000_000), 0.05).unwrap();
        let ((low, high), value) = (interval.unwrap(), value.unwrap());
        let whole =
            libm::exp(shares.iter().map(|&base| -libm::log(base as f64 / 1e6)).sum::<f64>() / 6.0) - 1.0;
        assert!(open > whole && (high - whole).abs() < 1e-12, "{open} {high} {whole}");
        assert!(low < value && value < high, "{low} {value} {high}");
        let from_none =
            change(&[(0, 900_000), (500_000, 1_000_000), (100_000, 0)], Some(1_000_000), 0.05).unwrap();
        assert_eq!(from_none.interval.unwrap().1, 4.0, "from a fifth to the whole: {from_none:?}");
    }

    #[test]
    fn the_chance_is_that_of_welch() {
        // R: t.test(c(3,4,1,2,1), c(5,6,3,4,9,4)), p = 0.0261.
        let p = chance(&[3, 4, 1, 2, 1], &[5, 6, 3, 4, 9, 4]).unwrap();
        assert!((0.015..0.035).contains(&p), "{p}");
        assert_eq!(chance(&[5, 5, 5], &[5, 5, 5]), Some(1.0));
        assert_eq!(chance(&[5, 5, 5], &[6, 6, 6]), Some(0.0));
        assert_eq!(chance(&[5], &[6, 6, 6]), None);
    }

    #[test]
    fn a_few_that_happen_to_be_equal_are_no_law() {
        // The event occurred in 1 of 6 simulations on one side, and in 0 of 8 on the other.
        let few = [5; 8];
        let many: Vec<u64> = (0..100).map(|n| if n % 6 == 0 { 60 } else { 5 }).collect();
        for (base, candidate) in [(&few[..], &many[..]), (&many[..], &few[..])] {
            assert!(chance(base, candidate).unwrap() > 0.05);
        }
        // One very long wait among 8 can be chance. A shift of all values cannot.
        let mut rare: Vec<u64> = (0..8).map(|n| 100 + n).collect();
        let others: Vec<u64> = (0..1_000).map(|n| 100 + n % 8).collect();
        rare[3] = 3_600_000;
        assert!(chance(&rare, &others).unwrap() > 0.05);
        let shifted: Vec<u64> = (0..8).map(|n| 120 + n).collect();
        assert!(chance(&shifted, &others).unwrap() < 4e-5);
    }

    #[test]
    fn a_failure_of_twelve_is_chance_and_ten_are_not() {
        assert!(as_many_failed((12, 12), (0, 1)).unwrap() > 0.4);
        assert!(as_many_failed((12, 12), (0, 10)).unwrap() < 0.001);
        assert_eq!(as_many_failed((12, 12), (3, 0)), Some(1.0));
    }
    #[test]
    fn what_is_seen_on_one_side_of_every_pair_is_no_chance() {
        assert!((seen_more_often(8, 8, 0) - one_sided(8)).abs() < 1e-15);
        assert!((seen_more_often(8, 7, 0) - 2.0 * 17.0 / 65_536.0).abs() < 1e-12);
        assert!(seen_more_often(8, 1, 0) > 0.5);
        assert_eq!(seen_more_often(8, 3, 3), 1.0);
    }
    #[test]
    fn one_small_chance_of_many_is_no_surprise() {
        assert_eq!(surprising(&[0.009], 0.01), [true]);
        assert_eq!(surprising(&[0.009, 0.5, 0.7], 0.01), [false, false, false]);
        assert_eq!(surprising(&[0.004, 0.003, 0.7], 0.01), [true, true, false]);
    }
}
