//! Losses in bursts: a Markov chain of a good and a bad state, one step a packet, in which every
//! packet of the bad state is lost.
//!
//! Gilbert 1960; Elliott 1963, with no loss in the good state and nothing through in the bad one.

/// The chances of a change of state with each packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GilbertElliott {
    /// From good to bad: p.
    pub to_bad: f64,
    /// From bad to good: r.
    pub to_good: f64,
}

impl GilbertElliott {
    /// The share of packets lost: p ÷ (p + r).
    pub fn loss(self) -> f64 {
        self.to_bad / (self.to_bad + self.to_good)
    }
    /// The mean number of packets lost one after the other: 1/r.
    pub fn mean_burst(self) -> f64 {
        1.0 / self.to_good
    }
    /// The chain with this loss and mean burst.
    pub fn with(loss: f64, mean_burst: f64) -> GilbertElliott {
        assert!(
            (0.0..1.0).contains(&loss) && mean_burst >= 1.0,
            "no chain loses {loss} in bursts of {mean_burst}"
        );
        let to_good = 1.0 / mean_burst;
        GilbertElliott { to_bad: to_good * loss / (1.0 - loss), to_good }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_presets_lose_what_they_say() {
        for (to_bad, to_good, loss, burst) in [(0.004, 0.33, 0.012, 3.0), (0.0005, 0.05, 0.01, 20.0)] {
            let chain = GilbertElliott { to_bad, to_good };
            assert!((chain.loss() - loss).abs() < 0.0005, "{}", chain.loss());
            assert!((chain.mean_burst() - burst).abs() < 0.05);
        }
    }

    #[test]
    fn a_chain_is_made_from_what_is_measured() {
        let chain = GilbertElliott::with(0.02, 5.0);
        assert!((chain.loss() - 0.02).abs() < 1e-15 && (chain.mean_burst() - 5.0).abs() < 1e-12);
    }
}
