//! Follows the gradient of the time a row against the least one seen: as long as rows cost little
//! more than that it grows by a constant headroom, and shrinks in proportion when they cost more.
//!
//! After Gradient2 of Netflix's concurrency-limits (tolerance 1.5, smoothing 0.2, gradient within
//! 0.5 to 1, headroom 4 of a start of 20), with the least time in place of the long average as TCP
//! Vegas has it (Brakmo 1994), and time a row in place of latency, since a chunk's latency grows
//! with its size anyhow.

use super::seam::{ChunkController, Observed};

/// The least time a row is forgotten by this much a chunk, so that a link that has become worse is
/// not held against a better one for ever. An estimate: half is forgotten in 70 chunks.
const FORGETTING: f64 = 1.01;
/// The steepest descent (Gradient2).
const STEEPEST: f64 = 0.5;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientOptions {
    /// Rows may cost this many times the least before it shrinks.
    pub tolerance: f64,
    /// What it grows by, as a share of the size that it starts at.
    pub headroom: f64,
    /// How far it goes to where it wants to be in one step.
    pub smoothing: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Gradient {
    options: GradientOptions,
    headroom: f64,
    /// The least seconds a row.
    least: Option<f64>,
}

impl Gradient {
    pub(super) fn new(options: GradientOptions, start: f64) -> Gradient {
        Gradient { options, headroom: options.headroom * start, least: None }
    }
}

impl ChunkController for Gradient {
    fn next(&mut self, rows: f64, seen: &Observed) -> f64 {
        // A part of a row is not lost where whole rows were asked for.
        let asked = f64::from(seen.asked.rows);
        let from = if (asked..asked + 1.0).contains(&rows) { rows } else { asked };
        let towards = if let Some(seconds) = seen.seconds_a_row() {
            let least = self.least.map_or(seconds, |least| (least * FORGETTING).min(seconds));
            self.least = Some(least);
            let gradient = (self.options.tolerance * least / seconds.max(1e-9)).clamp(STEEPEST, 1.0);
            from * gradient + self.headroom
        } else if seen.was_too_large() {
            from * STEEPEST
        } else {
            return rows;
        };
        from + self.options.smoothing * (towards - from)
    }
}
