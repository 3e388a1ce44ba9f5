//! Additive increase, multiplicative decrease: a chunk that went well makes the next a step larger,
//! one that failed or took too long makes it a good deal smaller.
//!
//! Chiu and Jain 1989; TCP Reno halves, Netflix's concurrency-limits takes 0.9.

use super::seam::{ChunkController, Observed};
use crate::base::Span;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AimdOptions {
    /// Rows added after a chunk that went well.
    pub step: u32,
    /// Factor after one that did not, below 1.
    pub backoff: f64,
    /// A chunk that takes longer than this did not go well.
    pub target: Span,
}

impl ChunkController for AimdOptions {
    fn next(&mut self, rows: f64, seen: &Observed) -> f64 {
        if seen.was_too_large() || seen.whole > self.target {
            f64::from(seen.asked.rows) * self.backoff
        } else if seen.seconds_a_row().is_some() {
            // What the server's cap cut off is not asked for again.
            f64::from(seen.rows.min(seen.asked.rows)) + f64::from(self.step)
        } else {
            rows
        }
    }
}
