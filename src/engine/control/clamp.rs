//! As many rows as fit a target time at the speed of the last chunk.
//!
//! An adaptive size in the field: clamp(5 s ÷ seconds a record, 10, 500). It knows nothing of
//! overhead or outages: the target is where the guess is hidden.

use super::seam::{ChunkController, Observed};
use crate::base::{EntityId, Span, Time};

/// Options of the time-targeted controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClampOptions {
    /// What a chunk is to take.
    pub target: Span,
}

/// Aims at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clamp {
    pub(super) options: ClampOptions,
    pub(super) rows: f64,
}

impl ChunkController for Clamp {
    fn rows(&self, _: Time, _: EntityId) -> f64 {
        self.rows
    }
    fn observe(&mut self, _: Time, seen: &Observed) {
        if let Some(seconds) = seen.seconds_a_row() {
            self.rows = self.options.target.as_secs_f64() / seconds.max(1e-9);
        } else if seen.was_too_large() {
            self.rows = f64::from(seen.asked.rows) / 2.0;
        }
    }
}
