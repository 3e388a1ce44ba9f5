//! Samples a few figures over virtual time.

use super::Sample;
use crate::base::{Span, Time};

/// The name and the meaning of each series.
pub static SERIES: &[(&str, &str)] = &[
    ("engine.requests.count", "Requests sent so far."),
    ("engine.apply.rows", "Changes made durable so far."),
    ("workload.edits.waiting", "Edits made and neither acknowledged nor given up."),
    ("device.online.count", "Devices whose process runs and whose link is up."),
    (SYNCED, "Longest sync that ended well since the last sample, in nanoseconds."),
    (QUEUED, "Longest wait in the backend's queue since the last sample, in nanoseconds."),
];

/// The series of waits in the backend's queue. Its samples are the longest wait since the last
/// sample.
pub const QUEUED: &str = "backend.request.queued";
/// The series of sync lengths. Its samples are the longest sync since the last sample. All other
/// series except [`QUEUED`] are current values.
pub const SYNCED: &str = "engine.session.longest";

const SAMPLES: u64 = 240;

/// Takes 240 samples during the script, at most 240 after it, and 1 at the end.
#[derive(Debug)]
pub(super) struct Series {
    every: Span,
    next: Time,
    last: Time,
    samples: Vec<Sample>,
    pub(super) longest_queued: Span,
    pub(super) longest_synced: Span,
}

/// The current values of the first 4 series, in the order of [`SERIES`].
pub(super) type Levels = [u64; 4];

impl Series {
    pub(super) fn new(script: Span) -> Series {
        let every = Span((script.0 / SAMPLES).max(1));
        let last = Time::ZERO + every * (2 * SAMPLES);
        let (longest_queued, longest_synced) = (Span::ZERO, Span::ZERO);
        Series { every, next: Time::ZERO + every, last, samples: Vec::new(), longest_queued, longest_synced }
    }
    pub(super) fn due(&self, at: Time) -> bool {
        self.next < at && self.next <= self.last
    }
    pub(super) fn advance(&mut self, at: Time, levels: Levels) {
        while self.due(at) {
            self.sample(self.next, levels);
            self.next += self.every;
        }
    }
    pub(super) fn finish(mut self, at: Time, levels: Levels) -> Vec<Sample> {
        self.advance(at, levels);
        self.sample(at, levels);
        self.samples
    }
    fn sample(&mut self, at: Time, levels: Levels) {
        let waits = [&mut self.longest_synced, &mut self.longest_queued].map(|wait| std::mem::take(wait).0);
        for ((series, _), value) in SERIES.iter().zip(levels.into_iter().chain(waits)) {
            self.samples.push(Sample { at_ns: at.0, series, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_at_even_distances_and_are_bounded_however_long_it_takes() {
        let mut series = Series::new(Span::secs(240));
        series.advance(Time::ZERO + Span::millis(2_500), [1, 0, 0, 0]);
        series.longest_queued = Span(7);
        let samples = series.finish(Time::ZERO + Span::secs(1_000_000), [5, 0, 0, 0]);
        let requests: Vec<(u64, u64)> = samples
            .iter()
            .filter(|s| s.series == "engine.requests.count")
            .map(|s| (s.at_ns, s.value))
            .collect();
        assert_eq!(requests[..3], [(1_000_000_000, 1), (2_000_000_000, 1), (3_000_000_000, 5)]);
        assert_eq!(requests.len(), 2 * 240 + 1);
        let queued: Vec<u64> =
            samples.iter().filter(|s| s.series == "backend.request.queued").map(|s| s.value).collect();
        assert_eq!((queued[2], queued[3]), (7, 0), "the longest wait belongs to one sample");
    }
}
