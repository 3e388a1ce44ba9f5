//! Compares the speed at the end of each device's first load with the speed at its start.

use super::{Board, Id};
use crate::base::{DeviceId, Span};
use crate::contract::{EngineEvent, Event};

/// A load with fewer transactions has no figures: a tenth of them must be at least 2.
const TRANSACTIONS: usize = 20;

#[derive(Clone, Debug, Default)]
enum Load {
    /// By transaction so far: its rows, and how long it took.
    UnderWay(Vec<(u32, Span)>),
    #[default]
    Over,
}

#[derive(Debug)]
pub(super) struct Pace(Vec<Load>);

impl Pace {
    pub(super) fn new(devices: usize) -> Pace {
        Pace(vec![Load::UnderWay(Vec::new()); devices])
    }

    pub(super) fn on(&mut self, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let load = &mut self.0[device.0 as usize];
        let Load::UnderWay(written) = load else { return };
        match event {
            Event::Engine(EngineEvent::ChunkApplied { unit: Some(_), changes, took, .. })
                if !changes.is_empty() =>
            {
                written.push((changes.len() as u32, *took));
            }
            Event::Engine(EngineEvent::SyncComplete { .. }) if !written.is_empty() => {
                if let Some(ppm) = slowdown(written) {
                    board.observe(Id::ApplySlowdown, ppm);
                }
                *load = Load::Over;
            }
            _ => {}
        }
    }
}

/// The time per row in the last tenth of the load, in millionths of the time per row in the first
/// tenth. `None` if there are too few transactions.
fn slowdown(written: &[(u32, Span)]) -> Option<u64> {
    let tenth = written.len() / 10;
    if written.len() < TRANSACTIONS {
        return None;
    }
    let first = median(&written[..tenth]);
    let last = median(&written[written.len() - tenth..]);
    (first > 0).then(|| last.saturating_mul(1_000_000) / first)
}

/// The lower median of the picoseconds per row. A single slow transaction does not change it.
fn median(written: &[(u32, Span)]) -> u64 {
    let mut each: Vec<u64> =
        written.iter().map(|(rows, took)| took.0.saturating_mul(1_000) / u64::from((*rows).max(1))).collect();
    each.sort_unstable();
    each[(each.len() - 1) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_has_a_pace_from_twenty_transactions_on() {
        let growing: Vec<(u32, Span)> = (1..=20).map(|n| (10, Span::millis(n))).collect();
        // 19 ms / 1 ms: each is the lower of 2 values.
        assert_eq!(slowdown(&growing), Some(19_000_000));
        assert_eq!(slowdown(&growing[1..]), None);
    }

    #[test]
    fn a_long_wait_or_a_short_page_at_the_end_moves_no_pace() {
        let mut even = vec![(10, Span::millis(5)); 30];
        even[28] = (10, Span::millis(500));
        even[29] = (2, Span::millis(1));
        assert_eq!(slowdown(&even), Some(1_000_000));
    }
}
