//! The packets that a sender has handed over to the link by a given time.

use super::super::segment::Traffic;
use super::super::step::{Pace, Step};
use crate::base::Time;

/// Packets and windows of the last two runs (packets without a pause) and of the last step. A pause
/// is shorter than a round trip. So acknowledgements that arrive now belong to one of the two runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flight {
    pub(super) from: Time,
    packets: u64,
    pub(super) bytes: u64,
    window: u64,
    last: Last,
    most: u64,
    /// Packets that are handed over without a wait for acknowledgements.
    least: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Last {
    until: Time,
    packets: u64,
    window: u64,
}

impl Flight {
    /// Starts a step after the traffic `sent`. Its last packet left by `free`.
    pub(super) fn begins(&mut self, step: &Step, burst: bool, sent: &Traffic, free: Time) {
        if burst {
            self.last = Last { until: step.start, packets: sent.packets, window: step.window };
        } else if step.start > free {
            self.last = Last { until: free, packets: self.packets, window: self.window };
        }
        if burst || step.start > free {
            (self.from, self.packets, self.bytes) = (step.start, sent.packets, sent.bytes);
            self.window = step.window;
        }
    }

    /// Starts a run after the traffic `sent`. All of that is handed over.
    pub(super) fn begins_behind(&mut self, sent: &Traffic, free: Time, window: u64) {
        (self.from, self.packets, self.bytes, self.window) = (free, sent.packets, sent.bytes, window);
        self.last = Last { until: free, packets: sent.packets, window };
        self.goes_on(sent.packets, 0);
    }

    /// Sets limits: `least` packets are handed over at once, more when acknowledgements come. At
    /// most `most` are in flight.
    pub(super) fn goes_on(&mut self, least: u64, most: u64) {
        (self.least, self.most) = (least, most);
    }

    /// Packets handed over by `now`, if `sent` packets leave by `free`: the acknowledged packets
    /// and a window. In slow start each acknowledgement opens the window by a packet.
    pub(super) fn handed_over(&self, sent: u64, free: Time, now: Time, pace: &Pace) -> u64 {
        let segment = pace.round.segment.0.max(1);
        let by = |at: Time, first: u64, end: u64, until: Time| {
            end - (end - first).min(until.since(at).0.div_ceil(segment))
        };
        let heard = Time(now.0.saturating_sub(pace.back().0));
        let acknowledged = match by(heard, self.packets, sent, free) {
            none if none == self.packets => by(heard, self.last.packets, none, self.last.until),
            some => some,
        };
        let window = self.last.window + (acknowledged - self.last.packets);
        let left = by(now, self.packets, sent, free);
        (acknowledged + window.min(self.most)).max(left).max(self.least)
    }
}
