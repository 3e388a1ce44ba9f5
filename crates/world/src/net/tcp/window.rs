//! The congestion window of Linux's CUBIC (RFC 9438, `net/ipv4/tcp_cubic.c`).

use crate::base::{Span, Time};

/// Initial window in segments (RFC 6928).
pub(super) const INITIAL: f64 = 10.0;
pub(super) const BETA: f64 = 717.0 / 1024.0;
pub(super) const C: f64 = 0.4;
/// Smallest window that HyStart checks.
const LOW: f64 = 16.0;
/// Round-trip samples before HyStart assumes a queue.
const SAMPLES: f64 = 8.0;
/// Before the first loss, CUBIC adds a segment per this many acknowledged segments: 5 % per round
/// trip.
pub(super) const SEARCHING: f64 = 20.0;

/// Minimum time between two computations of the cubic function in Linux.
pub(super) const LOOKS: Span = Span::micros(31_250);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub(super) size: f64,
    pub(super) threshold: f64,
    /// Window before the last loss; zero before the first.
    pub(super) peak: f64,
    pub(super) epoch: Option<Epoch>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Epoch {
    pub(super) began: Time,
    /// Seconds after the loss until the cubic function is back at the peak.
    pub(super) k: f64,
    pub(super) reno: f64,
    /// The time when the window was last set to the value of the cubic function.
    pub(super) looked: Time,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    pub(super) rtt: Span,
    pub(super) segment: Span,
}

impl Default for Window {
    fn default() -> Window {
        Window { size: INITIAL, threshold: f64::INFINITY, peak: 0.0, epoch: None }
    }
}

impl Window {
    pub(super) fn segments(&self) -> u64 {
        (self.size as u64).max(1)
    }
    pub(super) fn in_slow_start(&self) -> bool {
        self.size < self.threshold
    }

    /// `n` segments were acknowledged in a round. The window was the limit in this round.
    pub(super) fn acknowledged(&mut self, n: u64, now: Time, round: Round) {
        let mut n = n as f64;
        if self.in_slow_start() {
            if self.threshold.is_infinite()
                && let Some(exit) = self.exit(n, round)
            {
                self.threshold = exit;
            }
            let grown = n.min(self.threshold - self.size);
            self.size += grown;
            n -= grown;
        }
        if n > 0.0 {
            self.avoid(n, now, round);
        }
    }

    /// `n` segments were acknowledged, and the window was not the limit. In slow start, Linux lets
    /// the window grow to twice the packets in flight.
    pub(super) fn acknowledged_below(&mut self, n: u64, now: Time, round: Round) {
        let room = 2.0 * n as f64 - self.size;
        if self.in_slow_start() && room > 0.0 {
            self.acknowledged((room as u64).min(n), now, round);
        }
    }

    /// The window at which HyStart ends slow start. If acknowledgements come in a train, it is the
    /// window plus half a round trip of acknowledgements. Otherwise it is the window a few samples
    /// after a queue builds up.
    fn exit(&self, n: f64, round: Round) -> Option<f64> {
        let segment = round.segment.as_secs_f64();
        let rtt = round.rtt.as_secs_f64();
        // Acknowledgements more than 2 ms apart are not a train.
        let train = (segment <= 0.002).then(|| {
            let half = rtt / 2.0 / segment;
            let mut window = self.size;
            while window - SAMPLES < half || window + half < LOW {
                window *= 2.0;
            }
            window + half
        });
        let margin = (rtt / 8.0).clamp(0.004, 0.016);
        let mut window = self.size;
        while window * segment <= rtt + segment + margin || window < LOW {
            window *= 2.0;
        }
        let queue = 2.0 * window + SAMPLES;
        let exit = train.map_or(queue, |train| train.min(queue));
        (self.size + n >= exit).then_some(exit)
    }

    /// Number of acknowledgements until the window has grown to `size`. `u64::MAX`: unknown.
    pub(super) fn until(&self, size: u64) -> u64 {
        let away = size as f64 - self.size;
        if self.epoch.is_some() || away <= 0.0 || size > 1 << 40 {
            return u64::MAX;
        }
        let slow =
            if self.threshold.is_finite() { (self.threshold - self.size).clamp(0.0, away) } else { 0.0 };
        (slow + (away - slow) * SEARCHING) as u64
    }

    fn avoid(&mut self, n: f64, now: Time, round: Round) {
        let Some(epoch) = &mut self.epoch else {
            self.size += n / SEARCHING;
            return;
        };
        let since = now.since(epoch.began).as_secs_f64() + round.rtt.as_secs_f64();
        let away = since - epoch.k;
        let cubic = self.peak + C * away * away * away;
        epoch.reno += n * 3.0 * (1.0 - BETA) / (1.0 + BETA) / self.size;
        if now.since(epoch.looked) <= LOOKS {
            return;
        }
        epoch.looked = now;
        // At most half a segment per acknowledged segment.
        let most = self.size + n / 2.0;
        self.size = cubic.max(libm::trunc(epoch.reno)).clamp(self.size, most);
    }

    pub(super) fn loss(&mut self, now: Time) {
        // Fast convergence: a flow that did not reach its old peak leaves room for others.
        self.peak = if self.size < self.peak { self.size * (1.0 + BETA) / 2.0 } else { self.size };
        self.threshold = libm::trunc(libm::trunc(self.size) * BETA).max(2.0);
        self.size = self.threshold;
        let k = libm::cbrt((self.peak - self.size).max(0.0) / C);
        self.epoch = Some(Epoch { began: now, k, reno: self.size, looked: now });
    }

    pub(super) fn overflowed(&mut self, room: u64, now: Time) {
        if self.size > room as f64 {
            self.size = room as f64;
            self.loss(now);
        }
    }

    /// Handles a retransmission timeout. The window falls to one segment; slow start then grows it
    /// up to the window after a loss.
    pub(super) fn timeout(&mut self, now: Time) {
        self.loss(now);
        self.size = 1.0;
    }

    /// Halves the window for each timeout of idle time, down to the initial one (Linux's
    /// `tcp_cwnd_restart`).
    pub(super) fn rest(&mut self, idle: Span, timeout: Span) {
        let mut left = idle.saturating_sub(timeout);
        if left == Span::ZERO || self.size <= INITIAL {
            return;
        }
        if self.threshold.is_finite() {
            self.threshold = self.threshold.max(0.75 * self.size);
        }
        while left > Span::ZERO && self.size > INITIAL {
            self.size /= 2.0;
            left = left.saturating_sub(timeout);
        }
        self.size = self.size.max(INITIAL);
        self.epoch = None;
    }
}
