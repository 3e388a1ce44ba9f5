//! What an outage that drops packets does to a transfer.

use crate::base::Span;

/// How long Linux retransmits into silence: with the first timeout after it it sends no more and
/// gives the connection up (`tcp_retries2` = 15; `Documentation/networking/ip-sysctl.rst`).
pub const GIVE_UP: Span = Span::secs(924);

/// No wait for an answer is longer (TCP_RTO_MAX).
pub(super) const LONGEST_WAIT: Span = Span::secs(120);

/// What a sender does through an outage that drops packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staircase {
    /// How long after its start the outage is over for the sender; nothing if it has given up by
    /// then.
    pub over: Option<Span>,
    /// Packets that it sends for nothing meanwhile, one a step.
    pub vain: u64,
}

/// What a sender does through an outage of length `lasts`. It is over for it at t_k = a + RTO·(2^k
/// − 1) for the smallest k with t_k ≥ `lasts`, a = 2·SRTT (the tail-loss probe), RTO = SRTT + 0.2
/// s; `srtt` is that under load. Measured on Linux 6.18; RFC 6298, RFC 8985.
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
        let srtt = Span::millis(130);
        let steps = [100, 300, 800, 2_000, 5_000, 8_000, 12_000]
            .map(|ms| staircase(Span::millis(ms), srtt))
            .map(|steps| (steps.over.expect("it ends").0 / 1_000_000, steps.vain));
        let expected = [(260, 0), (590, 1), (1_250, 2), (2_570, 3), (5_210, 4), (10_490, 5), (21_050, 6)];
        assert_eq!(steps, expected);
    }

    #[test]
    fn a_sender_gives_up_in_the_end() {
        let srtt = Span::millis(100);
        // Timeouts at 873.5 s and 993.5 s.
        assert!(staircase(Span::secs(873), srtt).over.is_some());
        for outage in [874, 900, 993, 1_100] {
            assert_eq!(staircase(Span::secs(outage), srtt).over, None, "{outage}");
        }
    }
}
