//! Keeps the largest observations of some metrics, with the device and the time of each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Id;
use crate::base::{DeviceId, Time};
use crate::contract::{EngineEvent, Event};

/// An observation, with its device and its period of virtual time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Observation {
    /// The observed value, in the unit of the metric.
    pub value: u64,
    /// The number of the device.
    pub device: u32,
    /// The start of the period.
    pub from: u64,
    /// The end of the period.
    pub until: u64,
}

/// By metric, its largest observations in descending order.
pub type Tails = BTreeMap<String, Vec<Observation>>;

impl Observation {
    /// True if both observations are of the same device, in overlapping periods.
    pub fn meets(&self, other: &Observation) -> bool {
        self.device == other.device && self.from <= other.until && other.from <= self.until
    }
}

/// The largest 1 in 50 observations are kept.
const ONE_OF: usize = 50;
/// At least this many are kept.
const LEAST: usize = 32;

#[derive(Debug, Default)]
pub(super) struct TailCollector(BTreeMap<&'static str, (Vec<Observation>, usize)>);

impl TailCollector {
    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>) {
        let (id, value, from) = match event {
            Event::Engine(EngineEvent::ResponseReceived { took, .. }) => {
                (Id::RequestDuration, took.0, at.0.saturating_sub(took.0))
            }
            Event::AppQueried { took, .. } => (Id::DeviceQuery, took.0, at.0.saturating_sub(took.0)),
            // A device may need this memory at any time, so the period is unbounded.
            Event::Decoded { peak, .. } => (Id::DeviceMemoryPeak, *peak, 0),
            _ => return,
        };
        let until = if id == Id::DeviceMemoryPeak { u64::MAX } else { at.0 };
        let (kept, seen) = self.0.entry(id.metric().name).or_default();
        *seen += 1;
        kept.push(Observation { value, device: device.0, from, until });
        if kept.len() > 8 * (LEAST + *seen / ONE_OF) {
            cut(kept, 2 * (LEAST + *seen / ONE_OF));
        }
    }

    pub(super) fn finish(self) -> Tails {
        let tail = |(metric, (mut kept, seen)): (&str, (Vec<_>, usize))| {
            cut(&mut kept, LEAST + seen / ONE_OF);
            (metric.to_owned(), kept)
        };
        self.0.into_iter().map(tail).collect()
    }
}

fn cut(kept: &mut Vec<Observation>, most: usize) {
    kept.sort_unstable_by(|a, b| b.cmp(a));
    kept.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Seed, Span};

    #[test]
    fn the_largest_fiftieth_is_kept_with_its_places() {
        let mut stream = Seed(1).stream("tails", 0, 0);
        let mut all = TailCollector::default();
        let mut waits: Vec<u64> = (0..20_000).map(|n| n * 1_000 + stream.below(1_000)).collect();
        stream.shuffle(&mut waits);
        for (n, took) in waits.into_iter().enumerate() {
            let event = Event::AppQueried { took: Span(took), waited: Span::ZERO };
            all.on(Time(1 << 40), DeviceId(n as u32 % 7), &event);
        }
        let tails = all.finish();
        let tail = &tails["device.query.duration"];
        assert_eq!(tail.len(), 432);
        assert!(tail.iter().all(|one| one.value >= 19_568_000 && one.until - one.from == one.value));
        assert!(tail.is_sorted_by(|a, b| a.value >= b.value));
    }

    #[test]
    fn two_are_at_one_place_on_one_device_at_times_that_overlap() {
        let at = |device, from, until| Observation { value: 0, device, from, until };
        assert!(at(1, 10, 20).meets(&at(1, 15, 30)) && at(1, 15, 30).meets(&at(1, 10, 20)));
        assert!(!at(1, 10, 20).meets(&at(1, 21, 30)) && !at(1, 10, 20).meets(&at(2, 10, 20)));
    }
}
