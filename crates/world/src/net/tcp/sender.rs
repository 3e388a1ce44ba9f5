//! The sending side of one end of a connection.

use super::bbr::Bbr;
use super::window::Window;
use crate::base::{Span, Time, in_words};

/// Congestion control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Congestion {
    /// CUBIC with HyStart: the default of Linux, Windows and macOS.
    #[default]
    Cubic,
    /// BBR, first version, as in Linux.
    Bbr,
}
in_words!(Congestion { Cubic: "cubic", Bbr: "bbr" });

/// Minimum of the retransmission timeout, in addition to the smoothed round trip.
const RTO_MARGIN: Span = Span::millis(200);

/// Weight of the old estimate after n samples. Each sample has weight 1/8 (RFC 6298). n is at most
/// 32.
const KEPT: [f64; 33] = {
    let mut kept = [1.0; 33];
    let mut n = 1;
    while n < kept.len() {
        kept[n] = kept[n - 1] * 0.875;
        n += 1;
    }
    kept
};

/// The state that a sender keeps from one message to the next.
#[derive(Clone, Debug)]
pub struct Sender {
    pub(super) window: Window,
    pub(super) bbr: Option<Box<Bbr>>,
    /// Smoothed round trip. It includes the delay of the sender's own queue.
    pub(super) srtt: Span,
    /// Four times the variation of the round trip.
    pub(super) spread: Span,
    pub(super) last: Time,
    restarts: bool,
}

impl Sender {
    /// A sender after a handshake that ended at `now` and took `rtt`. With `restarts`, idle windows
    /// shrink.
    pub fn new(congestion: Congestion, rtt: Span, now: Time, restarts: bool) -> Sender {
        Sender {
            window: Window::default(),
            bbr: (congestion == Congestion::Bbr).then(|| Box::new(Bbr::new(rtt, now))),
            srtt: rtt,
            spread: rtt * 2,
            last: now,
            restarts,
        }
    }

    /// Retransmission timeout (RFC 6298; Linux never goes below the round trip plus 200 ms).
    pub fn timeout(&self) -> Span {
        self.srtt + self.spread.max(RTO_MARGIN)
    }

    /// Delay of a tail-loss probe after the last acknowledgement (RFC 8985).
    pub(super) fn probe(&self, in_flight: u64) -> Span {
        let alone = if in_flight == 1 { RTO_MARGIN } else { Span::ZERO };
        (self.srtt * 2 + alone).min(self.timeout())
    }

    /// Takes the round-trip samples of a step's acknowledgements. The last sample is `rtt`.
    pub(super) fn measured(&mut self, rtt: Span, samples: u64) {
        // Two segments share an acknowledgement.
        let kept = KEPT[samples.div_ceil(2).min(32) as usize];
        let srtt = rtt.as_secs_f64() + (self.srtt.as_secs_f64() - rtt.as_secs_f64()) * kept;
        self.srtt = Span::from_secs_f64(srtt);
        self.spread = Span::from_secs_f64(self.spread.as_secs_f64() * kept);
    }

    pub(super) fn wakes(&mut self, now: Time) {
        if let Some(bbr) = &mut self.bbr {
            bbr.loaded = false;
        }
        if self.restarts && self.bbr.is_none() {
            self.window.rest(now.since(self.last), self.timeout());
        }
    }
}
