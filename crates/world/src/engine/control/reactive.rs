//! Controllers that follow the last chunk: each is told the rows that it said and what came of
//! them, and says how many the next may have.

use super::seam::{Fate, Observed};
use crate::base::Span;

/// The least time a row is forgotten by this much a chunk, so that a link that has become worse is
/// not held against a better one for ever. An estimate: half is forgotten in 70 chunks.
const FORGETTING: f64 = 1.01;
/// The steepest descent (Gradient2).
const STEEPEST: f64 = 0.5;

/// As many rows as fit a target time at the speed of the last chunk.
///
/// An adaptive size in the field: clamp(5 s ÷ seconds a record, 10, 500). It knows nothing of
/// overhead or outages: the target is where the guess is hidden.
pub(super) fn clamp(target: Span, rows: f64, seen: &Observed) -> f64 {
    match seen.seconds_a_row() {
        Some(seconds) => target.as_secs_f64() / seconds.max(1e-9),
        None if seen.was_too_large() => f64::from(seen.asked.rows) / 2.0,
        None => rows,
    }
}

/// Additive increase, multiplicative decrease, where a chunk that takes longer than `target` did
/// not go well. Chiu and Jain 1989; TCP Reno halves, Netflix's concurrency-limits takes 0.9.
pub(super) fn aimd((step, backoff, target): (u32, f64, Span), rows: f64, seen: &Observed) -> f64 {
    if seen.was_too_large() || seen.whole > target {
        f64::from(seen.asked.rows) * backoff
    } else if seen.seconds_a_row().is_some() {
        // What the server's cap cut off is not asked for again.
        f64::from(seen.rows.min(seen.asked.rows)) + f64::from(step)
    } else {
        rows
    }
}

/// Half of it when a chunk was slow, double when one took less than half of that.
///
/// Corrosion halves its messages from 8 KiB down to 1 KiB when a send takes over 500 ms. Where the
/// overhead alone takes longer than that it ends at the least size, which is the worst one there.
pub(super) fn halve_when_slow(slow: Span, rows: f64, seen: &Observed) -> f64 {
    let was_slow = seen.fate == Fate::Done && seen.whole > slow;
    if seen.was_too_large() || was_slow {
        f64::from(seen.asked.rows) / 2.0
    } else if seen.seconds_a_row().is_some() && seen.whole * 2 < slow {
        f64::from(seen.rows.min(seen.asked.rows)) * 2.0
    } else {
        rows
    }
}

/// Follows the gradient of the time a row against the least one seen: as long as rows cost no more
/// than `tolerance` times that it grows by a constant headroom, and shrinks in proportion when they
/// cost more.
///
/// After Gradient2 of Netflix's concurrency-limits (tolerance 1.5, smoothing 0.2, gradient within
/// 0.5 to 1, headroom 4 of a start of 20), with the least time in place of the long average as TCP
/// Vegas has it (Brakmo 1994), and time a row in place of latency, since a chunk's latency grows
/// with its size anyhow.
pub(super) fn gradient(tolerance: f64, headroom: f64, smoothing: f64) -> impl FnMut(f64, &Observed) -> f64 {
    // The least seconds a row.
    let mut least: Option<f64> = None;
    move |rows, seen| {
        // A part of a row is not lost where whole rows were asked for.
        let asked = f64::from(seen.asked.rows);
        let from = if (asked..asked + 1.0).contains(&rows) { rows } else { asked };
        let towards = if let Some(seconds) = seen.seconds_a_row() {
            let now = least.map_or(seconds, |least| (least * FORGETTING).min(seconds));
            least = Some(now);
            from * (tolerance * now / seconds.max(1e-9)).clamp(STEEPEST, 1.0) + headroom
        } else if seen.was_too_large() {
            from * STEEPEST
        } else {
            return rows;
        };
        from + smoothing * (towards - from)
    }
}
