//! Divides a number exactly by shares.

/// Divides `total` in proportion to `weights`, by the largest remainders (Hamilton's method). Among
/// equal remainders, the smallest `tie` wins. The parts sum to `total`, unless all weights are 0.
pub fn split(total: u64, weights: &[u64], tie: impl Fn(usize) -> u64) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let wanted = |i: usize| u128::from(total) * u128::from(weights[i]);
    let mut parts: Vec<u64> = (0..weights.len()).map(|i| (wanted(i) / sum) as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_cached_key(|&i| (std::cmp::Reverse(wanted(i) % sum), tie(i), i));
    let left = total - parts.iter().sum::<u64>();
    for &i in order.iter().take(left as usize) {
        parts[i] += 1;
    }
    parts
}

/// The indices of the `count` smallest draws. If other draws are added or removed, most results
/// stay the same.
pub(super) fn winners(draws: &[u64], count: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..draws.len()).collect();
    order.sort_by_key(|&i| (draws[i], i));
    order.truncate(count as usize);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_split_is_exact_and_gives_the_rest_to_the_largest_remainders() {
        assert_eq!(split(10, &[1, 1, 1], |i| i as u64), [4, 3, 3]);
        assert_eq!(split(10, &[1, 1, 1], |i| 9 - i as u64), [3, 3, 4]);
        assert_eq!(split(100, &[600, 300, 100], |_| 0), [60, 30, 10]);
        assert_eq!(split(7, &[2, 1, 0], |_| 0), [5, 2, 0]);
        assert_eq!(split(7, &[0, 0], |_| 0), [0, 0]);
    }

    #[test]
    fn winners_are_as_many_as_asked() {
        assert_eq!(winners(&[5, 1, 4, 2], 2), [1, 3]);
        assert_eq!(winners(&[5, 1], 9), [0, 1]);
    }

    proptest! {
        #[test]
        fn the_parts_make_the_whole_and_none_is_off_by_one_or_more(
            total in 0_u64..100_000,
            weights in proptest::collection::vec(1_u64..1_000_000, 1..12),
        ) {
            let parts = split(total, &weights, |_| 0);
            prop_assert_eq!(parts.iter().sum::<u64>(), total);
            let whole: u64 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!((part * whole).abs_diff(total * weight) < whole);
            }
        }
    }
}
