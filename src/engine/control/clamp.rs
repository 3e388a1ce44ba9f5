//! As many rows as fit a target time at the speed of the last chunk.
//!
//! An adaptive size in the field: clamp(5 s ÷ seconds a record, 10, 500). It knows nothing of
//! overhead or outages: the target is where the guess is hidden.

use super::seam::{ChunkController, Observed};
use crate::base::Span;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClampOptions {
    pub target: Span,
}

impl ChunkController for ClampOptions {
    fn next(&mut self, rows: f64, seen: &Observed) -> f64 {
        match seen.seconds_a_row() {
            Some(seconds) => self.target.as_secs_f64() / seconds.max(1e-9),
            None if seen.was_too_large() => f64::from(seen.asked.rows) / 2.0,
            None => rows,
        }
    }
}
