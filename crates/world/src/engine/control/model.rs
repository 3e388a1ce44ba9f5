//! A controller that learns 3 numbers: the time per chunk, the time per row, and the time between
//! failures. A closed formula gives the best chunk size from these numbers.
//!
//! A chunk of s rows takes o + c·s seconds. This line is fitted to past chunks, by least squares of
//! relative deviations; older chunks have less weight. The failure rate is (failures + ½) ÷
//! (exposed time + T₀). Exposed time is the time in which a failure could happen. The best size is
//! [`Cost::best`]. Each step changes the size by at most a factor of 4. The expected time of a
//! chunk is at most the target time.

use super::seam::{Fate, Observed, Trouble};
use crate::base::Span;
use crate::theory::chunk::Cost;

/// The assumed seconds of a chunk without rows: a round trip and a service call. This is an
/// estimate. It counts as `BELIEF` chunks, so it matters only until chunks of 2 sizes were seen.
const OVERHEAD: f64 = 0.5;
const BELIEF: f64 = 0.01;
/// T₀ in seconds. With the half failure, the time between outages is 120 s at the start, as on an
/// average mobile link.
const EXPOSED: f64 = 60.0;
/// A failure within this share of the overhead o counts as part of the previous outage.
const STILL_DOWN: f64 = 0.5;
/// The largest factor per step, because the fitted line is unreliable far from past sizes. An
/// estimate.
const STEP: f64 = 4.0;
/// After a chunk that was too slow, the size is divided by at least this factor.
const LESS: f64 = 2.0;

/// Options of the controller that learns costs and failures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelOptions {
    /// The longest expected time of a chunk, even if the formula gives a larger chunk.
    pub target: Span,
    /// The number of chunks remembered: each new chunk reduces the weight of older chunks by
    /// 1/`memory`.
    pub memory: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    options: ModelOptions,
    line: Sums,
    /// The weighted number of failures. `exposed` is the weighted seconds in which failures could
    /// happen.
    failures: f64,
    exposed: f64,
}

/// Sums for the fit over chunks of x rows and y seconds. Each chunk has the weight 1/y².
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    w: f64,
    x: f64,
    xx: f64,
    y: f64,
    xy: f64,
}

impl Sums {
    fn add(&mut self, rows: f64, seconds: f64, times: f64) {
        let y = seconds.max(1e-6);
        let weight = times / (y * y);
        self.w += weight;
        self.x += weight * rows;
        self.xx += weight * rows * rows;
        self.y += weight * y;
        self.xy += weight * rows * y;
    }

    fn forget(&mut self, keep: f64) {
        for sum in [&mut self.w, &mut self.x, &mut self.xx, &mut self.y, &mut self.xy] {
            *sum *= keep;
        }
    }

    /// The seconds per chunk and per row, both above 0; `None` before the first chunk with rows.
    fn fit(mut self) -> Option<(f64, f64)> {
        self.add(0.0, OVERHEAD, BELIEF);
        let determinant = self.w * self.xx - self.x * self.x;
        if determinant <= 0.0 {
            return None;
        }
        let row = (self.w * self.xy - self.x * self.y) / determinant;
        let chunk = (self.xx * self.y - self.x * self.xy) / determinant;
        if chunk > 0.0 && row > 0.0 {
            return Some((chunk, row));
        }
        // Noise made one cost negative or 0. Then assume `OVERHEAD` and fit only the cost per row,
        // above 0.
        let row = ((self.xy - OVERHEAD * self.x) / self.xx).max(1e-6);
        Some((OVERHEAD, row))
    }
}

impl Model {
    pub(super) fn new(options: ModelOptions) -> Model {
        Model { options, line: Sums::default(), failures: 0.0, exposed: 0.0 }
    }

    /// The current estimates of o, c and the time between failures, in seconds.
    fn cost(&self) -> Option<Cost> {
        let (chunk, row) = self.line.fit()?;
        let mtbf = (self.exposed + EXPOSED) / (self.failures + 0.5);
        Some(Cost { chunk, row, mtbf })
    }

    fn take_in(&mut self, seen: &Observed) {
        let keep = 1.0 - 1.0 / f64::from(self.options.memory.max(2));
        self.line.forget(keep);
        self.failures *= keep;
        self.exposed *= keep;
        self.exposed += seen.wire.as_secs_f64();
        match seen.fate {
            Fate::Done => self.line.add(f64::from(seen.rows), seen.whole.as_secs_f64(), 1.0),
            // The time is a lower bound, because the chunk did not end before the deadline.
            Fate::Failed(Trouble::TooSlow) => {
                self.line.add(f64::from(seen.asked.rows), seen.whole.as_secs_f64(), 1.0);
            }
            Fate::Failed(_) => self.failures += 1.0,
        }
    }

    pub(super) fn next(&mut self, rows: f64, seen: &Observed) -> f64 {
        let overhead = self.cost().map_or(0.0, |cost| cost.chunk);
        let still_down =
            seen.fate == Fate::Failed(Trouble::Cut) && seen.wire.as_secs_f64() < STILL_DOWN * overhead;
        if seen.fate == Fate::Failed(Trouble::Other) || still_down {
            return rows;
        }
        self.take_in(seen);
        let asked = f64::from(seen.asked.rows);
        let Some(cost) = self.cost() else {
            return if seen.was_too_large() { asked / LESS } else { asked };
        };
        let in_time = (self.options.target.as_secs_f64() - cost.chunk) / cost.row;
        let highest = if seen.was_too_large() { asked } else { asked * STEP };
        let rows = cost.best().min(in_time).clamp((asked / STEP).min(highest), highest);
        if seen.fate == Fate::Failed(Trouble::TooSlow) { rows.min(asked / LESS) } else { rows }
    }
}

#[cfg(test)]
mod tests {
    use super::super::seam::Size;
    use super::*;

    fn done(rows: u32, seconds: f64) -> Observed {
        let took = Span::from_secs_f64(seconds);
        let asked = Size { rows, bytes: 1 << 20 };
        Observed { asked, rows, full: true, wire: took, whole: took, fate: Fate::Done }
    }

    #[test]
    fn it_learns_the_line_that_chunks_follow() {
        let mut model = Model::new(ModelOptions { target: Span::secs(1_000), memory: 100 });
        for n in 0..100 {
            let rows = 50 + 37 * (n % 13);
            model.next(100.0, &done(rows, 0.8 + 0.02 * f64::from(rows)));
        }
        let cost = model.cost().unwrap();
        assert!((cost.chunk / 0.8 - 1.0).abs() < 0.02, "{}", cost.chunk);
        assert!((cost.row / 0.02 - 1.0).abs() < 0.02, "{}", cost.row);
    }
}
