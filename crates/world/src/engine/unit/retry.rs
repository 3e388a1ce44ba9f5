//! The wait before a retry, after Brooker 2015, "Exponential backoff and jitter".

use crate::base::{Span, Stream};
use crate::engine::options::{Jitter, RetryOptions};

/// The wait after `failures` failures in a row, by [`Jitter`]. `previous` is the wait before this
/// one; with `None` it is the base. Panics if `failures` is 0.
pub fn backoff(options: &RetryOptions, failures: u32, previous: Option<Span>, random: &mut Stream) -> Span {
    assert!(failures > 0, "nothing failed yet");
    let doublings = (failures - 1).min(63);
    let bound = Span(options.base.0.saturating_mul(1 << doublings)).min(options.cap);
    match options.jitter {
        Jitter::None => bound,
        Jitter::Full => random.up_to(bound),
        Jitter::Equal => Span(bound.0 / 2) + random.up_to(Span(bound.0 - bound.0 / 2)),
        Jitter::Decorrelated => {
            let most = previous.unwrap_or(options.base) * 3;
            (options.base + random.up_to(most.saturating_sub(options.base))).min(options.cap)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn options(jitter: Jitter) -> RetryOptions {
        RetryOptions { base: Span::secs(1), cap: Span::secs(300), jitter, attempts: 5, heeds_after: true }
    }

    #[test]
    fn without_jitter_the_wait_doubles_up_to_the_cap() {
        let mut random = Seed(1).stream("retry", 0, 0);
        let waits: Vec<u64> = (1..=12)
            .map(|n| backoff(&options(Jitter::None), n, None, &mut random).0 / 1_000_000_000)
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(backoff(&options(Jitter::None), u32::MAX, None, &mut random), Span::secs(300));
    }
}
