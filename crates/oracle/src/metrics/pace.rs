//! Compares the end of each device's first load with its begin.

use super::{Board, Id};
use crate::base::{DeviceId, Span};
use crate::contract::{EngineEvent, Event};

/// The fewest transactions of a load with figures: a tenth of them is two.
const TRANSACTIONS: usize = 20;

#[derive(Clone, Debug, Default)]
enum Load {
    /// The rows and the time of each transaction so far.
    UnderWay(Vec<(u32, Span)>),
    #[default]
    Over,
}

/// Follows the transactions of first loads.
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

/// The time per row of the last tenth, in millionths of that of the first; `None` if there are too
/// few transactions.
fn slowdown(written: &[(u32, Span)]) -> Option<u64> {
    let tenth = written.len() / 10;
    if written.len() < TRANSACTIONS {
        return None;
    }
    let first = median(&written[..tenth]);
    let last = median(&written[written.len() - tenth..]);
    (first > 0).then(|| last.saturating_mul(1_000_000) / first)
}

/// The lower median of the picoseconds per row: a single wait for the flash does not move it.
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
        // 19 ms over 1 ms: of two, the lower one.
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
