//! What can be observed of what units have of their own.

use crate::base::{EntityId, Span, Stamp, UnitId};

/// A unit's part of an entity, and where its cursors stand.
#[derive(Clone, Copy, Debug)]
pub enum UnitEvent<'a> {
    /// Rows of which a unit brings a part are committed on the device, beside those that it holds
    /// in full.
    Excerpt {
        /// For which unit.
        unit: UnitId,
        /// Rows.
        rows: u32,
        /// Time it kept the device busy.
        took: Span,
    },
    /// Rows that a unit pulled are committed on the device beside what people see, and wait for the
    /// rest of their run.
    SetAside {
        /// For which unit.
        unit: UnitId,
        /// Rows.
        rows: u32,
        /// Time it kept the device busy.
        took: Span,
    },
    /// Such rows went, and were never shown.
    ThrownAway {
        /// Of which unit.
        unit: UnitId,
        /// Rows.
        rows: u32,
    },
    /// The world: the app calls a unit at once, beside the queue and without the engine's events.
    Called {
        /// Which.
        unit: UnitId,
    },
    /// The world: such a call has come back. One whose process dies never does.
    CameBack {
        /// Of which unit.
        unit: UnitId,
    },
    /// Where all cursors stand, if somebody looks: before a run, after it, and as a process starts.
    Cursors {
        /// The unit whose it is, or of all together; the entity; what tells it from others.
        at: &'a [(Option<UnitId>, EntityId, u64)],
        /// When units last completed.
        dates: &'a [(UnitId, Stamp)],
    },
}
