//! A sender's round trips (`tcp_rtt_estimator`, RFC 6298), on timers that tick 250 times a second.

use crate::base::Span;

/// Neither variation nor timeout of a sender is taken to be less (TCP_RTO_MIN).
pub(super) const LEAST: Span = Span::millis(200);
/// The timeout is never longer (TCP_RTO_MAX).
const MOST: Span = Span::secs(120);
/// A tick of the kernel's clock: CONFIG_HZ is 250.
pub(super) const TICK: Span = Span::millis(4);

#[derive(Clone, Copy, Debug)]
pub(super) struct RoundTrips {
    pub(super) smoothed: Span,
    /// Four times the mean deviation.
    deviation: Span,
    /// Its largest value of this round trip.
    largest: Span,
    /// What the timeout adds to the smoothed round trip: falls by a quarter in each.
    pub(super) variation: Span,
    /// With the acknowledgement of this packet a new round trip begins.
    round: u64,
    pub(super) least: Span,
    /// The timeout, which doubles while nothing is heard.
    pub(super) timeout: Span,
}

pub(super) fn ticks(wait: Span) -> Span {
    TICK * wait.0.div_ceil(TICK.0)
}

/// How long a timer set to `wait` takes: far ones lie in buckets of an eighth of the wait at the
/// most, rounded up (`kernel/time/timer.c`); the mean of that.
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
    /// With a smoothed round trip and four times its deviation, over a path that takes `least`.
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

    /// A round trip was seen, with all packets before `una` acknowledged and `next` the next one.
    pub(super) fn seen(&mut self, rtt: Span, una: u64, next: u64) {
        let error = rtt.0 as i64 - self.smoothed.0 as i64;
        self.smoothed = Span(self.smoothed.0.saturating_add_signed(error / 8));
        let mut change = error.abs() - (self.deviation.0 / 4) as i64;
        if error < 0 && change > 0 {
            // Round trips that fall are no sign of a wild path.
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
