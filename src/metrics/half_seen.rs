//! Rows that people see without what they refer to, for how long.

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, Time};
use crate::contract::Event;

#[derive(Debug)]
pub(super) struct HalfSeen(Vec<(u64, Time)>);

impl HalfSeen {
    pub(super) fn new(devices: usize) -> HalfSeen {
        HalfSeen(vec![(0, Time::ZERO); devices])
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::ApplyAborted => board.add(Id::ApplyAborted, 1),
            Event::Dangling { rows } => {
                let now = &mut self.0[device.0 as usize];
                count(*now, at, board);
                *now = (*rows, at);
            }
            _ => {}
        }
    }

    pub(super) fn finish(&self, at: Time, board: &mut Board) {
        self.0.iter().for_each(|now| count(*now, at, board));
    }
}

fn count((rows, since): (u64, Time), at: Time, board: &mut Board) {
    board.add(Id::DanglingTime, rows.saturating_mul(at.since(since).0));
}
