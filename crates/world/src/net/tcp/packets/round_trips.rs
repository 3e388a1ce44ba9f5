//! The round-trip estimator of a sender (`tcp_rtt_estimator`, RFC 6298). Timers tick at 250 Hz.

use crate::base::Span;

/// Minimum of a sender's variation, and of the time that the timeout adds (TCP_RTO_MIN).
pub(super) const LEAST: Span = Span::millis(200);
/// Maximum of the timeout (TCP_RTO_MAX).
const MOST: Span = Span::secs(120);
/// A tick of the kernel's clock: CONFIG_HZ is 250.
pub(super) const TICK: Span = Span::millis(4);

#[derive(Clone, Copy, Debug)]
pub(super) struct RoundTrips {
    pub(super) smoothed: Span,
    /// Four times the mean deviation.
    deviation: Span,
    /// Largest deviation in the current round trip.
    largest: Span,
    /// Timeout minus smoothed round trip. Per round trip, it falls by a quarter of its part above
    /// `largest`.
    pub(super) variation: Span,
    /// The acknowledgement of this packet starts a new round trip.
    round: u64,
    pub(super) least: Span,
    /// Retransmission timeout. It doubles while nothing is acknowledged.
    pub(super) timeout: Span,
}

pub(super) fn ticks(wait: Span) -> Span {
    TICK * wait.0.div_ceil(TICK.0)
}

/// Mean duration of a timer set to `wait`. Long timers are rounded up, by at most an eighth of the
/// wait (`kernel/time/timer.c`).
pub(super) fn timer(wait: Span) -> Span {
    let wait = ticks(wait);
    let bucket = match wait.0 / TICK.0 {
        0..63 => 1,
        63..504 => 8,
        504..4_032 => 64,
        _ => 512,
    };
    wait + Span((TICK * bucket).0 / 2)
}

impl RoundTrips {
    /// Starts with a smoothed round trip and four times its deviation. `least`: the smallest round
    /// trip.
    pub(super) fn new(smoothed: Span, spread: Span, least: Span) -> RoundTrips {
        let variation = spread.max(LEAST);
        let mut trips = RoundTrips {
            smoothed,
            deviation: spread,
            largest: variation,
            variation,
            round: 0,
            least,
            timeout: Span::ZERO,
        };
        trips.set_timeout();
        trips
    }

    fn set_timeout(&mut self) {
        self.timeout = ticks(self.smoothed + self.variation);
    }
    pub(super) fn backs_off(&mut self) {
        self.timeout = (self.timeout * 2).min(MOST);
    }

    /// Takes a sample. Packets before `una` are acknowledged; `next` is the next packet to send.
    pub(super) fn seen(&mut self, rtt: Span, una: u64, next: u64) {
        let error = rtt.0 as i64 - self.smoothed.0 as i64;
        self.smoothed = Span(self.smoothed.0.saturating_add_signed(error / 8));
        let mut change = error.abs() - (self.deviation.0 / 4) as i64;
        if error < 0 && change > 0 {
            // Falling round trips are not a sign of an unstable path.
            change /= 8;
        }
        self.deviation = Span(self.deviation.0.saturating_add_signed(change));
        self.largest = self.largest.max(self.deviation);
        self.variation = self.variation.max(self.largest);
        if una > self.round {
            let excess = self.variation.saturating_sub(self.largest);
            self.variation = Span(self.variation.0 - excess.0 / 4);
            (self.round, self.largest) = (next, LEAST);
        }
        self.set_timeout();
    }
}
