//! Retransmissions of a transfer during an outage that drops packets.

use crate::base::Span;

/// How long Linux retransmits without a response (`tcp_retries2` = 15; `ip-sysctl.rst`).
pub const GIVE_UP: Span = Span::secs(924);

/// Longest retransmission timeout (TCP_RTO_MAX).
pub(super) const LONGEST_WAIT: Span = Span::secs(120);

/// Retransmissions through an outage that drops packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staircase {
    /// Time until the outage is over for the sender; `None`: the sender has given up before.
    pub over: Option<Span>,
    /// Retransmissions that the outage drops.
    pub vain: u64,
}

/// Retransmissions through an outage of length `lasts`. The sender continues at t_k = a + RTO·(2^k
/// − 1), with the smallest k for which t_k ≥ `lasts`. Here a = 2·SRTT (the tail-loss probe), and
/// RTO = SRTT + 0.2 s. `srtt` is the SRTT (smoothed round trip) under load. Measured on Linux 6.18;
/// RFC 6298, RFC 8985.
pub fn staircase(lasts: Span, srtt: Span) -> Staircase {
    let probe = srtt * 2;
    let timeout = srtt + Span::millis(200);
    let (mut wait, mut step, mut vain) = (timeout, probe, 0);
    loop {
        if step >= GIVE_UP {
            return Staircase { over: None, vain };
        }
        if step >= lasts {
            return Staircase { over: Some(step), vain };
        }
        vain += 1;
        step += wait;
        wait = Span((wait * 2).0.min(LONGEST_WAIT.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_staircase_is_that_of_linux() {
        // 12 Mbit/s, 70 ms, a window of about 130 segments: a = 0.26 s, RTO = 0.33 s.
        let over = |lasts, srtt| {
            let stairs = staircase(Span::millis(lasts), Span::millis(srtt));
            (stairs.over.map(|over| over.0 / 1_000_000), stairs.vain)
        };
        let steps = [100, 300, 800, 2_000, 5_000, 8_000, 12_000].map(|ms| over(ms, 130));
        let expected = [(260, 0), (590, 1), (1_250, 2), (2_570, 3), (5_210, 4), (10_490, 5), (21_050, 6)];
        assert_eq!(steps, expected.map(|(ms, vain)| (Some(ms), vain)));
        // Timeouts come at 873.5 s and 993.5 s. At the second one the sender gives up.
        assert!(over(873_000, 100).0.is_some());
        assert!([874, 900, 993, 1_100].iter().all(|outage| over(outage * 1_000, 100).0.is_none()));
    }
}
