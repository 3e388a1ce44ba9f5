//! Random streams. A stream's seed is an XXH3 hash of (seed, purpose, entity, incarnation). It is
//! never drawn from a parent stream. The generator is xoshiro256++ (Blackman and Vigna 2021).

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::time::Span;

/// The seed of all randomness of a world (one simulation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seed(pub u64);

/// One named stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

impl Seed {
    /// The stream for `purpose` of `entity` in its `incarnation` (its nth process).
    pub fn stream(self, purpose: &str, entity: u64, incarnation: u64) -> Stream {
        Stream(Xoshiro256PlusPlus::seed_from_u64(self.hash(purpose, entity, incarnation)))
    }

    /// A single draw. The same arguments always give the same bits.
    pub fn hash(self, purpose: &str, entity: u64, counter: u64) -> u64 {
        let mut bytes = [0_u8; 24];
        bytes[..8].copy_from_slice(&self.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&entity.to_le_bytes());
        bytes[16..].copy_from_slice(&counter.to_le_bytes());
        let name = xxhash_rust::xxh3::xxh3_64(purpose.as_bytes());
        xxhash_rust::xxh3::xxh3_64_with_seed(&bytes, name)
    }

    /// A seed for one part of the world. It is independent of the seeds of other parts.
    pub fn derive(self, purpose: &str, entity: u64) -> Seed {
        Seed(self.hash(purpose, entity, 0x5eed))
    }
}

impl Stream {
    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
    /// Uniform in 0 ≤ x < 1, with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in 0 ≤ n < `bound`, without bias (Lemire 2019).
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing is below zero");
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.0.next_u64()) * u128::from(bound);
            if wide as u64 >= threshold {
                return (wide >> 64) as u64;
            }
        }
    }

    /// True with probability `share` (0 to 1).
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Exponential with the given mean; at least 1 ns.
    pub fn exponential(&mut self, mean: Span) -> Span {
        let x = -libm::log(1.0 - self.unit()) * mean.0 as f64;
        Span((x as u64).max(1))
    }

    /// Standard normal, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.unit())
    }

    /// Log-normal with the given median and sigma of the logarithm.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * libm::exp(sigma * self.normal())
    }
    /// Uniform between zero and `most`, both included.
    pub fn up_to(&mut self, most: Span) -> Span {
        Span(self.below(most.0.saturating_add(1).max(1)))
    }

    /// One of the items, all equally likely.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        assert!(!items.is_empty(), "nothing to pick from");
        &items[self.below(items.len() as u64) as usize]
    }

    /// Shuffles in place (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }

    /// 128 random bits, for a UUID.
    pub fn bits128(&mut self) -> u128 {
        u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_name_alone() {
        let seed = Seed(42);
        let first = seed.stream("latency", 3, 0).next_u64();
        assert_eq!(first, seed.stream("latency", 3, 0).next_u64());
        for other in [seed.stream("latency", 3, 1), seed.stream("latency", 4, 0), seed.stream("loss", 3, 0)] {
            assert_ne!(first, other.clone().next_u64());
        }
        assert_ne!(first, Seed(43).stream("latency", 3, 0).next_u64());
    }
}
