//! A permutation of the numbers below n. Each number of it is computed without the others.

/// A permutation of `0..n`: a Feistel network of 4 rounds over the next power of 4. It is applied
/// again until the result is below `n` (Black and Rogaway 2002).
#[derive(Clone, Debug)]
pub(super) struct Mixing {
    seed: u64,
    n: u64,
    half: u32,
}

impl Mixing {
    pub(super) fn new(seed: u64, n: u64) -> Mixing {
        let bits = u64::BITS - n.saturating_sub(1).leading_zeros();
        Mixing { seed, n, half: bits.div_ceil(2).max(1) }
    }

    pub(super) fn at(&self, i: u64) -> u64 {
        assert!(i < self.n, "{i} is not below {}", self.n);
        let mut x = i;
        loop {
            x = self.step(x);
            if x < self.n {
                return x;
            }
        }
    }

    fn step(&self, x: u64) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let (mut left, mut right) = (x >> self.half, x & mask);
        for round in 1..=4_u64 {
            let scrambled =
                scramble(right ^ self.seed.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            (left, right) = (right, left ^ (scrambled & mask));
        }
        left << self.half | right
    }
}

/// The finaliser of splitmix64.
fn scramble(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_reached_once() {
        for n in [1, 2, 3, 4, 5, 17, 1_000, 3_600] {
            let mixing = Mixing::new(n * 7, n);
            let mut seen: Vec<u64> = (0..n).map(|i| mixing.at(i)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..n).collect::<Vec<_>>(), "of {n}");
        }
    }

    #[test]
    fn a_part_of_the_numbers_lands_all_over_the_place() {
        let mixing = Mixing::new(1, 100_000);
        let low = (0..10_000).filter(|&i| mixing.at(i) < 50_000).count();
        assert!((4_700..5_300).contains(&low), "{low} of 10 000 in the lower half");
    }

    #[test]
    fn the_widest_range_works() {
        let mixing = Mixing::new(3, u64::MAX);
        assert_ne!(mixing.at(0), mixing.at(1));
    }
}
