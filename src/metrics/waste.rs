//! What brought nothing: rows that a device held in that version, and bytes of requests and answers
//! that changed nothing.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, EntityId, Stamp};
use crate::contract::{Event, KillReason, RequestKind, UnitEvent};

/// What a device is known to hold, and what its rows weigh.
#[derive(Clone, Debug, Default)]
struct Shelf {
    /// The version of each row that came to it or that it wrote in the run, by a digest of the row.
    held: FxHashMap<u64, Stamp>,
    rows: u64,
    bytes: u64,
}

impl Shelf {
    /// So many rows came for nothing, each of the mean size.
    fn wasted(&self, rows: u64, board: &mut Board) {
        board.add(Id::WastedRows, rows);
        board.add(Id::WastedBytes, self.bytes * rows / self.rows.max(1));
    }
}

#[derive(Debug)]
pub(super) struct Waste(Vec<Shelf>);

impl Waste {
    pub(super) fn new(devices: usize) -> Waste {
        Waste(vec![Shelf::default(); devices])
    }

    /// `sent` is the size of the request that the event is about.
    pub(super) fn on(&mut self, device: DeviceId, event: &Event<'_>, sent: u64, board: &mut Board) {
        let shelf = &mut self.0[device.0 as usize];
        match event {
            Event::ResponseReceived { kind, bytes, rows: 0, .. } if !kind.pushes() => {
                board.add(Id::WastedBytes, sent + bytes);
            }
            Event::ResponseReceived { kind, bytes, rows, .. } if *kind != RequestKind::Push => {
                shelf.rows += u64::from(*rows);
                shelf.bytes += bytes;
            }
            Event::RequestRefused { .. } => board.add(Id::WastedBytes, sent),
            Event::EditAcknowledged { entity, key, stamp, .. } => {
                shelf.held.insert(row(*entity, key.as_str()), *stamp);
            }
            Event::ChunkApplied { changes, .. } => {
                let mut again = 0;
                for change in *changes {
                    let row = row(change.entity, change.key);
                    let before = if change.removed {
                        shelf.held.remove(&row);
                        None
                    } else {
                        shelf.held.insert(row, change.stamp)
                    };
                    again += u64::from(before == Some(change.stamp));
                }
                shelf.wasted(again, board);
            }
            Event::Unit(UnitEvent::ThrownAway { rows, .. }) => shelf.wasted(u64::from(*rows), board),
            // What it holds then, nobody told.
            Event::Restored { .. }
            | Event::BecameCopy { .. }
            | Event::ProcessKilled { reason: KillReason::PowerLoss } => shelf.held.clear(),
            _ => {}
        }
    }
}

fn row(entity: EntityId, key: &str) -> u64 {
    xxh3_64(key.as_bytes()).wrapping_add(u64::from(entity.0).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{EditId, Key, Span};
    use crate::contract::{AppliedChange, ServerError};

    const PHONE: DeviceId = DeviceId(0);
    const JOB: EntityId = EntityId(0);

    struct Bench {
        waste: Waste,
        board: Board,
    }

    impl Bench {
        fn new() -> Bench {
            Bench { waste: Waste::new(1), board: Board::new(&["day".to_owned()], Vec::new()) }
        }

        fn tell(&mut self, event: &Event<'_>, sent: u64) {
            self.waste.on(PHONE, event, sent, &mut self.board);
        }

        fn answered(&mut self, rows: u32, bytes: u64) {
            let (kind, took) = (RequestKind::Pull, Span::ZERO);
            let answer = Event::ResponseReceived { request: 0, kind, unit: None, bytes, rows, took };
            self.tell(&answer, 40);
        }

        /// The phone is given rows in versions; one without is removed.
        fn given(&mut self, rows: &[(&str, Option<i64>)]) {
            let changes: Vec<AppliedChange<'_>> = rows
                .iter()
                .map(|(key, version)| AppliedChange {
                    entity: JOB,
                    key,
                    stamp: Stamp(version.unwrap_or(9)),
                    removed: version.is_none(),
                })
                .collect();
            let applied = Event::ChunkApplied { unit: None, changes: &changes, echoed: 0, took: Span::ZERO };
            self.tell(&applied, 0);
        }

        fn wasted(&self) -> (u64, u64) {
            (self.board.value(Id::WastedRows), self.board.value(Id::WastedBytes))
        }
    }

    #[test]
    fn a_row_in_a_version_that_is_held_is_wasted() {
        let mut bench = Bench::new();
        bench.answered(2, 200);
        bench.given(&[("a", Some(1)), ("b", Some(1))]);
        assert_eq!(bench.wasted(), (0, 0));
        bench.answered(2, 200);
        bench.given(&[("a", Some(1)), ("b", Some(2))]);
        assert_eq!(bench.wasted(), (1, 100));
    }

    #[test]
    fn a_row_that_was_removed_comes_back_unwasted() {
        let mut bench = Bench::new();
        bench.answered(1, 100);
        [Some(1), None, Some(1)].iter().for_each(|version| bench.given(&[("a", *version)]));
        assert_eq!(bench.wasted(), (0, 0));
    }

    #[test]
    fn the_echo_of_an_own_edit_is_wasted() {
        let mut bench = Bench::new();
        let (edit, key, stamp) = (EditId { device: PHONE, number: 0 }, &Key::new("a"), Stamp(7));
        bench.tell(&Event::EditAcknowledged { edit, entity: JOB, key, stamp }, 0);
        bench.answered(1, 100);
        bench.given(&[("a", Some(7))]);
        assert_eq!(bench.wasted(), (1, 100));
    }

    #[test]
    fn answers_without_rows_and_refusals_bring_nothing() {
        let mut bench = Bench::new();
        bench.answered(0, 60);
        let (kind, took) = (RequestKind::Pull, Span::ZERO);
        let error = &ServerError::Unavailable;
        bench.tell(&Event::RequestRefused { request: 1, kind, error, took }, 40);
        assert_eq!(bench.wasted(), (0, 60 + 40 + 40));
    }

    #[test]
    fn what_is_thrown_away_unseen_is_wasted() {
        let mut bench = Bench::new();
        bench.answered(4, 400);
        bench.tell(&Event::Unit(UnitEvent::ThrownAway { unit: crate::base::UnitId(0), rows: 3 }), 0);
        assert_eq!(bench.wasted(), (3, 300));
    }

    #[test]
    fn what_a_phone_went_back_from_it_does_not_hold() {
        let mut bench = Bench::new();
        bench.answered(1, 100);
        bench.given(&[("a", Some(1))]);
        bench.tell(&Event::Restored { to: crate::base::Time::ZERO, life: 1 }, 0);
        bench.given(&[("a", Some(1))]);
        assert_eq!(bench.wasted(), (0, 0));
    }
}
