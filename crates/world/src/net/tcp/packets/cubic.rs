//! CUBIC and HyStart, one acknowledgement at a time (`net/ipv4/tcp_cubic.c`).

use super::super::window::{BETA, C, Epoch, LOOKS, SEARCHING, Window};
use super::round_trips::TICK;
use crate::base::{Span, Time};

/// Acknowledgements closer than this form a train.
const TRAIN: Span = Span::millis(2);
/// Time that HyStart allows for aggregated acknowledgements (`hystart_ack_delay`).
const GRANTED: Span = Span::millis(1);
/// Round-trip samples before HyStart assumes a queue.
const SAMPLES: u64 = 8;
/// After a loss, no samples are taken for this long.
const AFTER_LOSS: Span = Span::secs(1);
pub(super) const NONE: u64 = u64::MAX / 4;

#[derive(Clone, Debug, Default)]
pub(super) struct Cubic {
    peak: u64,
    epoch: Option<Epoch>,
    /// Window at the cubic's inflection point.
    origin: u64,
    /// Acknowledged packets that make the window grow by one, and how many are counted so far.
    each: u64,
    counted: u64,
    /// Acknowledged packets since Reno's window last grew.
    reno: u64,
    looked: Option<(u64, Time)>,
    least: Span,
    start: Start,
}

#[derive(Clone, Debug, Default)]
struct Start {
    found: bool,
    began: Time,
    train: Time,
    ends: u64,
    shortest: Option<Span>,
    samples: u64,
}

/// Window and slow-start threshold, in packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    pub(super) window: u64,
    pub(super) threshold: u64,
}

impl Course {
    pub(super) fn in_slow_start(&self) -> bool {
        self.window < self.threshold
    }
}

fn tick(at: Time) -> u64 {
    at.0 / TICK.0
}

impl Cubic {
    pub(super) fn of(window: &Window) -> (Cubic, Course) {
        let bounded = window.threshold.is_finite();
        let threshold = if bounded { window.threshold as u64 } else { NONE };
        let start = Start { found: bounded, ..Start::default() };
        let peak = window.peak as u64;
        let cubic = Cubic { peak, epoch: window.epoch, origin: peak, start, ..Cubic::default() };
        (cubic, Course { window: window.segments(), threshold })
    }

    pub(super) fn window(&self, course: Course) -> Window {
        let threshold = match course.threshold {
            NONE => f64::INFINITY,
            threshold => threshold as f64,
        };
        Window { size: course.window as f64, threshold, peak: self.peak as f64, epoch: self.epoch }
    }

    pub(super) fn loses(&mut self, window: u64) -> u64 {
        (self.epoch, self.counted) = (None, 0);
        let smaller = window < self.peak;
        // Fast convergence: a flow that did not reach its old peak leaves room for others.
        self.peak = if smaller { (window as f64 * (1.0 + BETA) / 2.0) as u64 } else { window };
        ((window as f64 * BETA) as u64).max(2)
    }

    pub(super) fn forgets(&mut self, now: Time, next: u64) {
        let start = Start { began: now, train: now, ends: next, ..Start::default() };
        *self = Cubic { start, ..Cubic::default() };
    }

    pub(super) fn rests(&mut self, idle: Span) {
        if let Some(epoch) = &mut self.epoch {
            epoch.began += idle;
        }
    }

    /// Takes a round-trip sample. True if HyStart ends slow start.
    pub(super) fn sees(&mut self, now: Time, rtt: Span, course: Course, una: u64, next: u64) -> bool {
        if self.epoch.is_some_and(|epoch| now.since(epoch.began) < AFTER_LOSS) {
            return false;
        }
        if self.least == Span::ZERO || rtt < self.least {
            self.least = rtt;
        }
        if self.start.found || !course.in_slow_start() {
            return false;
        }
        let start = &mut self.start;
        if una > start.ends {
            *start = Start { began: now, train: now, ends: next, ..Start::default() };
        }
        if now.since(start.train) < TRAIN {
            start.train = now;
            start.found = now.since(start.began).0 > (self.least + GRANTED).0 / 2;
        }
        let shortest = start.shortest.map_or(rtt, |shortest| shortest.min(rtt));
        start.shortest = Some(shortest);
        let margin = Span((self.least.0 / 8).clamp(4_000_000, 16_000_000));
        start.found |= start.samples >= SAMPLES && shortest > self.least + margin;
        start.samples += 1;
        start.found
    }

    /// Grows the window. `acked` packets were acknowledged while the window was the limit.
    pub(super) fn grows(&mut self, now: Time, course: &mut Course, mut acked: u64) {
        if course.in_slow_start() {
            let to = (course.window + acked).min(course.threshold);
            acked -= to - course.window;
            course.window = to;
        }
        if acked == 0 {
            return;
        }
        self.look(now, course.window, acked);
        if self.counted >= self.each {
            self.counted = 0;
            course.window += 1;
        }
        self.counted += acked;
        course.window += self.counted / self.each;
        self.counted %= self.each;
    }

    /// Computes how many acknowledged packets make the window grow by one.
    fn look(&mut self, now: Time, window: u64, acked: u64) {
        self.reno += acked;
        if let Some((seen, at)) = self.looked
            && seen == window
            && now.since(at) <= LOOKS
        {
            return;
        }
        if self.epoch.is_none() || self.looked.is_none_or(|(_, at)| tick(at) < tick(now)) {
            self.looked = Some((window, now));
            let wide = window as f64;
            let epoch = *self.epoch.get_or_insert_with(|| {
                self.reno = acked;
                self.origin = self.peak.max(window);
                let k = libm::cbrt((self.origin - window) as f64 / C);
                Epoch { began: now, k, reno: wide, looked: now }
            });
            let away = (now.since(epoch.began) + self.least).as_secs_f64() - epoch.k;
            let target = self.origin as f64 + C * away * away * away;
            let more = if target > wide { (target - wide) as u64 } else { 0 };
            self.each = window.checked_div(more).unwrap_or(100 * window);
            if self.peak == 0 {
                self.each = self.each.min(SEARCHING as u64);
            }
        }
        let step = (window * 15 / 8).max(1);
        if let Some(epoch) = &mut self.epoch {
            // The window must be at least as large as Reno's would be.
            while self.reno > step {
                self.reno -= step;
                epoch.reno += 1.0;
            }
            let ahead = (epoch.reno as u64).saturating_sub(window);
            self.each = self.each.min(window.checked_div(ahead).unwrap_or(u64::MAX));
        }
        self.each = self.each.max(2);
    }
}
