//! How long a run of a unit may say nothing.

use crate::base::Span;

/// What an engine was told of waiting, of which follows how long a run that goes on may say
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// A request without an answer is given up after this.
    pub request: Span,
    /// No wait before another try is longer.
    pub wait: Span,
    /// Failures in a row after which a run ends.
    pub attempts: u32,
}

/// However short the times are that an engine was told: a transaction on a slow disk takes a while.
const LEAST: Span = Span::secs(600);

impl Patience {
    /// (request + wait) × attempts: as if none of them had been told. At least ten minutes.
    pub(super) fn longest(&self) -> Span {
        self.computed().max(LEAST)
    }

    fn computed(&self) -> Span {
        Span((self.request.0.saturating_add(self.wait.0)).saturating_mul(u64::from(self.attempts.max(1))))
    }

    /// In words, as the end of a sentence.
    pub(super) fn told(&self) -> String {
        let Patience { request, wait, attempts } = self;
        let computed = self.computed();
        let formula =
            format!("(request_timeout + retry.cap) × retry.attempts = ({request} + {wait}) × {attempts}");
        let least = if computed < LEAST { format!(", but {LEAST} at least") } else { String::new() };
        format!("no run is silent for {formula} = {computed}{least}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_of_silence_is_told_with_its_formula() {
        let usual = Patience { request: Span::secs(30), wait: Span::secs(300), attempts: 5 };
        assert_eq!(usual.longest(), Span::secs(1_650));
        assert!(usual.told().ends_with("(30s + 5m) × 5 = 27m30s"), "{}", usual.told());
        let hasty = Patience { wait: Span::secs(30), attempts: 1, ..usual };
        assert_eq!(hasty.longest(), LEAST);
        assert!(hasty.told().ends_with("(30s + 30s) × 1 = 1m, but 10m at least"), "{}", hasty.told());
    }
}
