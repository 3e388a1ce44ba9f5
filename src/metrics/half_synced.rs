//! How long people look at a part of what a unit brings.

use std::collections::BTreeMap;

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, Time, UnitId};
use crate::contract::{Event, UnitEvent};

/// What is shown of a pull.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    /// The first and the last time at which rows of it were there.
    times: Option<(Time, Time)>,
    /// An answer came in the run under way: what is written now is what was pulled.
    answered: bool,
}

/// By device and unit.
#[derive(Debug, Default)]
pub(super) struct HalfSynced(BTreeMap<(DeviceId, UnitId), Shown>);

impl HalfSynced {
    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::SyncStart { unit, .. } => self.of(device, *unit).answered = false,
            Event::ResponseReceived { unit: Some(unit), kind, .. } if kind.pulls() => {
                self.of(device, *unit).answered = true;
            }
            Event::ChunkApplied { unit: Some(unit), .. } | Event::Unit(UnitEvent::Excerpt { unit, .. }) => {
                let shown = self.of(device, *unit);
                if shown.answered {
                    shown.times = Some((shown.times.map_or(at, |(first, _)| first), at));
                }
            }
            Event::SyncComplete { unit, .. } => {
                if let Some((first, last)) = self.of(device, *unit).times.take() {
                    board.add(Id::HalfSynced, last.since(first).0);
                }
            }
            _ => {}
        }
    }

    pub(super) fn finish(&self, at: Time, board: &mut Board) {
        for (first, _) in self.0.values().filter_map(|shown| shown.times) {
            board.add(Id::HalfSynced, at.since(first).0);
        }
    }

    fn of(&mut self, device: DeviceId, unit: UnitId) -> &mut Shown {
        self.0.entry((device, unit)).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::contract::{RequestKind, SyncError};

    const UNIT: UnitId = UnitId(0);

    fn told(events: &[(u64, Event<'_>)], end: u64) -> u64 {
        let (mut half, mut board) = (HalfSynced::default(), Board::new(&["day".to_owned()], Vec::new()));
        for (at, event) in events {
            half.on(Time(*at), DeviceId(0), event, &mut board);
        }
        half.finish(Time(end), &mut board);
        board.value(Id::HalfSynced)
    }

    fn start(run: u64) -> Event<'static> {
        Event::SyncStart { unit: UNIT, run, waited: Span::ZERO }
    }
    fn answer(kind: RequestKind) -> Event<'static> {
        let (unit, took) = (Some(UNIT), Span::ZERO);
        Event::ResponseReceived { request: 0, kind, unit, bytes: 9, rows: 1, took }
    }
    fn shown() -> Event<'static> {
        Event::ChunkApplied { unit: Some(UNIT), changes: &[], echoed: 0, took: Span::ZERO }
    }
    fn end(run: u64) -> Event<'static> {
        Event::SyncComplete { unit: UNIT, run, took: Span::ZERO, blocking: false }
    }

    #[test]
    fn a_pull_is_half_there_from_its_first_rows_to_its_last() {
        let pull = || answer(RequestKind::Pull);
        assert_eq!(told(&[(1, start(1)), (2, pull()), (3, shown()), (9, shown()), (20, end(1))], 50), 6);
        assert_eq!(told(&[(1, start(1)), (2, pull()), (3, shown()), (20, end(1))], 50), 0);
        let failed = Event::SyncError { unit: UNIT, run: 1, error: &SyncError::Cancelled };
        let cut = [(1, start(1)), (2, pull()), (3, shown()), (4, failed)];
        assert_eq!(told(&cut, 50), 47, "it stays so until a run ends well");
        let later = [(30, start(2)), (31, pull()), (33, shown()), (40, end(2))];
        assert_eq!(told(&[&cut[..], &later].concat(), 50), 30);
    }

    #[test]
    fn what_a_push_brings_is_no_pull() {
        let verdicts = [(1, start(1)), (2, answer(RequestKind::Push)), (3, shown())];
        let pulled = [(5, answer(RequestKind::Pull)), (9, shown()), (20, end(1))];
        assert_eq!(told(&[&verdicts[..], &pulled].concat(), 50), 0);
    }
}
