//! Exact counts from shares.

use crate::base::Ppm;

/// Splits `total` by shares: each part gets the whole number below its quota, and what is left goes
/// to the largest remainders, of equal ones to the first (Hamilton's method). The parts come to
/// `total` unless all shares are zero.
pub(super) fn largest_remainder(total: u32, shares: &[Ppm]) -> Vec<u32> {
    let whole: u64 = shares.iter().map(|p| u64::from(p.0)).sum();
    if whole == 0 {
        return vec![0; shares.len()];
    }
    let quota = |p: &Ppm| u64::from(total) * u64::from(p.0);
    let mut counts: Vec<u32> = shares.iter().map(|p| (quota(p) / whole) as u32).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(quota(&shares[i]) % whole), i));
    let left = total - counts.iter().sum::<u32>();
    for &i in order.iter().take(left as usize) {
        counts[i] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_is_an_exact_count() {
        let shares = [Ppm(250_000), Ppm(600_000), Ppm(150_000)];
        assert_eq!(largest_remainder(200, &shares), [50, 120, 30]);
        assert_eq!(largest_remainder(10, &shares), [3, 6, 1], "equal remainders go to the first");
        assert_eq!(largest_remainder(7, &[Ppm(0), Ppm(0)]), [0, 0]);
    }

    proptest! {
        #[test]
        fn the_parts_make_the_whole_and_none_is_off_by_one_or_more(
            total in 0_u32..100_000,
            shares in proptest::collection::vec(1_u32..1_000_000, 1..12),
        ) {
            let shares: Vec<Ppm> = shares.into_iter().map(Ppm).collect();
            let counts = largest_remainder(total, &shares);
            prop_assert_eq!(counts.iter().sum::<u32>(), total);
            let whole: u64 = shares.iter().map(|p| u64::from(p.0)).sum();
            for (count, share) in counts.iter().zip(&shares) {
                let quota = u64::from(total) * u64::from(share.0);
                prop_assert!((u64::from(*count) * whole).abs_diff(quota) < whole);
            }
        }
    }
}
