//! What an outage that drops packets does to a transfer.

use crate::base::Span;

/// How long Linux retransmits into silence before it gives the connection up: `tcp_retries2` = 15.
pub const GIVE_UP: Span = Span::secs(924);

/// How long after its start an outage of length `lasts` is over for the sender, or `None` if it has given up by then:
/// t_k = a + RTO·(2^k − 1) for the smallest k with t_k ≥ `lasts`, a = 2·SRTT (the tail-loss probe), RTO = SRTT + 0.2 s; `srtt` is that
/// under load. Measured on Linux 6.18; RFC 6298, RFC 8985.
pub fn staircase(lasts: Span, srtt: Span) -> Option<Span> {
    let probe = srtt * 2;
    let timeout = srtt + Span::millis(200);
    // No wait is longer than two minutes (TCP_RTO_MAX).
    let mut wait = timeout;
    let mut step = probe;
    while step < lasts {
        if step > GIVE_UP {
            return None;
        }
        step += wait;
        wait = Span((wait * 2).0.min(Span::secs(120).0));
    }
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_staircase_is_that_of_linux() {
        // 12 Mbit/s, 70 ms, a window of about 130 segments: a = 0.26 s, RTO = 0.33 s.
        let srtt = Span::millis(130);
        let steps = [100, 300, 800, 2_000, 5_000, 8_000, 12_000]
            .map(|ms| staircase(Span::millis(ms), srtt).expect("it ends").0 / 1_000_000);
        assert_eq!(steps, [260, 590, 1_250, 2_570, 5_210, 10_490, 21_050]);
    }

    #[test]
    fn a_sender_gives_up_in_the_end() {
        let srtt = Span::millis(100);
        assert!(staircase(Span::secs(900), srtt).is_some());
        assert_eq!(staircase(Span::secs(1_100), srtt), None);
    }
}
