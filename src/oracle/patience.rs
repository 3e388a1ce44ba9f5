//! How long a run of a unit may say nothing.

use crate::base::Span;

/// How long a run that goes on may say nothing.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// It follows from what the built-in engine was told of waiting.
    Computed {
        /// A request without an answer is given up after this.
        request: Span,
        /// No wait before another try is longer.
        wait: Span,
        /// Failures in a row after which a run ends.
        attempts: u32,
    },
    /// The stack says it of itself.
    Stated(Span),
}

/// However short the times are that an engine was told: a transaction on a slow disk takes a while.
const LEAST: Span = Span::secs(600);

impl Patience {
    /// (request + wait) × attempts: as if none of them had been told. At least ten minutes.
    pub(super) fn longest(&self) -> Span {
        self.said().max(LEAST)
    }

    fn said(&self) -> Span {
        match self {
            Patience::Computed { request, wait, attempts } => {
                let one = request.0.saturating_add(wait.0);
                Span(one.saturating_mul(u64::from((*attempts).max(1))))
            }
            Patience::Stated(span) => *span,
        }
    }

    /// In words, as the end of a sentence.
    pub(super) fn told(&self) -> String {
        let said = self.said();
        let least = if said < LEAST { format!(", but {LEAST} at least") } else { String::new() };
        match self {
            Patience::Computed { request, wait, attempts } => format!(
                "no run is silent for (request_timeout + retry.cap) × retry.attempts = ({request} + {wait}) × {attempts} = {said}{least}"
            ),
            Patience::Stated(_) => {
                format!("no run is silent for {said}, as its stack says{least}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_of_silence_is_told_with_its_formula() {
        let computed = |wait: Span, attempts| Patience::Computed { request: Span::secs(30), wait, attempts };
        let usual = computed(Span::secs(300), 5);
        assert_eq!(usual.longest(), Span::secs(1_650));
        assert!(usual.told().ends_with("(30s + 5m) × 5 = 27m30s"), "{}", usual.told());
        let hasty = computed(Span::secs(30), 1);
        assert_eq!(hasty.longest(), LEAST);
        assert!(hasty.told().ends_with("(30s + 30s) × 1 = 1m, but 10m at least"), "{}", hasty.told());
    }

    #[test]
    fn the_bound_that_a_stack_states_is_told_as_its_own() {
        let stated = Patience::Stated(Span::secs(1_200));
        assert_eq!(stated.longest(), Span::secs(1_200));
        assert!(stated.told().ends_with("20m, as its stack says"), "{}", stated.told());
        assert_eq!(Patience::Stated(Span::secs(1)).longest(), LEAST);
    }
}
