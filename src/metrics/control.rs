//! Chunk sizes that an engine adapts.

use std::collections::BTreeMap;

use super::board::{Board, Part};
use super::table::Id;
use crate::base::{DeviceId, Time};
use crate::contract::{Event, RequestKind};

#[derive(Debug, Default)]
pub(super) struct Control {
    courses: BTreeMap<(DeviceId, RequestKind), Course>,
}

#[derive(Clone, Copy, Debug)]
struct Course {
    since: Time,
    rows: u32,
    /// A bit for each power of two at which it has been.
    been: u32,
}

impl Control {
    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let Event::ChunkSized { kind, rows } = event else { return };
        let first = Course { since: at, rows: *rows, been: 0 };
        let course = self.courses.entry((device, *kind)).or_insert(first);
        // A process that starts over tells its first size again.
        board.add(Id::ControlChanges, u64::from(course.rows != *rows));
        course.rows = *rows;
        let power = rows.max(&1).ilog2();
        if course.been & 1 << power == 0 {
            course.been |= 1 << power;
            let reached = (at - course.since).0;
            board.observe(Id::ControlReached, reached);
            board.observe_part(Id::ControlReached, Part::Size(*kind, power), reached);
        }
    }
}
