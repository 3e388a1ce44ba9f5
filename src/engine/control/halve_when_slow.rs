//! Half of it when a chunk was slow, double when one was fast.
//!
//! Corrosion halves its messages from 8 KiB down to 1 KiB when a send takes over 500 ms. Where the
//! overhead alone takes longer than that it ends at the least size, which is the worst one there.

use super::seam::{ChunkController, Fate, Observed};
use crate::base::Span;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HalveWhenSlowOptions {
    /// A chunk that takes longer is slow; one that takes less than half of it is fast.
    pub slow: Span,
}

impl ChunkController for HalveWhenSlowOptions {
    fn next(&mut self, rows: f64, seen: &Observed) -> f64 {
        let slow = seen.fate == Fate::Done && seen.whole > self.slow;
        if seen.was_too_large() || slow {
            f64::from(seen.asked.rows) / 2.0
        } else if seen.seconds_a_row().is_some() && seen.whole * 2 < self.slow {
            f64::from(seen.rows.min(seen.asked.rows)) * 2.0
        } else {
            rows
        }
    }
}
