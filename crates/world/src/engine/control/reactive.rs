//! Controllers that react to the last chunk. Each gets its last choice of rows and the outcome of
//! that chunk. It returns the rows of the next chunk.

use super::seam::{Fate, Observed};
use crate::base::Span;

/// The least time per row seen is multiplied by this factor per chunk. So the controller adapts to
/// a link that became slower. An estimate: the value doubles in 70 chunks.
const FORGETTING: f64 = 1.01;
/// The smallest gradient. It limits the reduction of the size per chunk (Gradient2).
const STEEPEST: f64 = 0.5;

/// Chooses the rows that take the target time at the speed of the last chunk.
///
/// Products use such rules: clamp(5 s ÷ seconds per record, 10, 500). The rule does not measure
/// overhead or outages. The author of the target must guess both.
pub(super) fn clamp(target: Span, rows: f64, seen: &Observed) -> f64 {
    match seen.seconds_a_row() {
        Some(seconds) => target.as_secs_f64() / seconds.max(1e-9),
        None if seen.was_too_large() => f64::from(seen.asked.rows) / 2.0,
        None => rows,
    }
}

/// Adds rows after a good chunk and multiplies the size by `backoff` after a bad one. A chunk is
/// bad if it was cut, timed out, or took longer than `target`. Source: Chiu and Jain 1989. TCP Reno
/// multiplies by 0.5, Netflix's concurrency-limits by 0.9.
pub(super) fn aimd((step, backoff, target): (u32, f64, Span), rows: f64, seen: &Observed) -> f64 {
    if seen.was_too_large() || seen.whole > target {
        f64::from(seen.asked.rows) * backoff
    } else if seen.seconds_a_row().is_some() {
        // Start from the rows received: the server may cap chunks below the requested size.
        f64::from(seen.rows.min(seen.asked.rows)) + f64::from(step)
    } else {
        rows
    }
}

/// Halves the size after a slow chunk. Doubles it after a chunk that took less than half of `slow`.
///
/// Corrosion halves its messages from 8 KiB down to 1 KiB when a send takes over 500 ms. If the
/// overhead alone takes longer than `slow`, the size falls to the minimum. The minimum is then the
/// worst size.
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

/// Compares the time per row with the least time per row seen. While the time per row is at most
/// `tolerance` times the least, the size grows by a constant headroom. Above that, the size shrinks
/// in proportion to the time per row.
///
/// After Gradient2 of Netflix's concurrency-limits (tolerance 1.5, smoothing 0.2, gradient within
/// 0.5 to 1, headroom 4 of a start of 20). There are 2 differences. The least time replaces the
/// long average, as in TCP Vegas (Brakmo 1994). Time per row replaces latency, because latency
/// always grows with the size.
pub(super) fn gradient(tolerance: f64, headroom: f64, smoothing: f64) -> impl FnMut(f64, &Observed) -> f64 {
    // The least seconds per row.
    let mut least: Option<f64> = None;
    move |rows, seen| {
        // Requests have whole rows, but the size may have a fraction of a row. Keep that fraction.
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
