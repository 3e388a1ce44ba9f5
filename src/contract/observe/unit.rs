//! What can be observed of what units have of their own.

use crate::base::{EntityId, Span, Stamp, UnitId};

/// A unit's part of an entity, and where its cursors stand.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "said by the variant")]
pub enum UnitEvent<'a> {
    /// Rows of which a unit brings a part are committed on the device, beside those that it holds
    /// in full. The device was busy for so long.
    Excerpt { unit: UnitId, rows: u32, took: Span },
    /// Rows that a unit pulled are committed on the device beside what people see, and wait for the
    /// rest of their run. The device was busy for so long.
    SetAside { unit: UnitId, rows: u32, took: Span },
    /// Such rows went, and were never shown.
    ThrownAway { unit: UnitId, rows: u32 },
    /// The world: the app calls a unit at once, beside the queue and without the engine's events.
    Called { unit: UnitId },
    /// The world: such a call has come back. One whose process dies never does.
    CameBack { unit: UnitId },
    /// Where all cursors stand, if somebody looks: before a run, after it, and as a process starts.
    /// `at` has the unit whose it is, or none of all together; the entity; and what tells it from
    /// others. `dates` say when units last completed.
    Cursors { at: &'a [(Option<UnitId>, EntityId, u64)], dates: &'a [(UnitId, Stamp)] },
}
