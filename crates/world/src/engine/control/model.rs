//! Learns the cost of a chunk, the cost of a row and how often chunks are cut. Chooses the size
//! that is best by the closed form of these three numbers.
//!
//! A chunk of s rows takes o + c·s seconds. This line is fitted to the chunks seen, by least
//! squares of relative deviations; old chunks fade. The failure rate is (failures + ½) ÷ (exposed
//! time + T₀). The best size is [`Cost::best`]. A step changes the size by at most a factor of
//! four. The size stays small enough to take at most the target time, as expected.

use super::seam::{Fate, Observed, Trouble};
use crate::base::Span;
use crate::theory::chunk::Cost;

/// Assumed seconds of a chunk without rows: a round trip and a service call. An estimate with the
/// weight `BELIEF`, in chunks: it counts only until chunks of two sizes were seen.
const OVERHEAD: f64 = 0.5;
const BELIEF: f64 = 0.01;
/// T₀ in seconds. With half a failure, it assumes two minutes between outages until more is known,
/// as on a fair mobile link.
const EXPOSED: f64 = 60.0;
/// A failure sooner than this share of the overhead counts as the same outage.
const STILL_DOWN: f64 = 0.5;
/// The largest factor per step: the line is not trusted further away from the chunks that it was
/// fitted to. An estimate.
const STEP: f64 = 4.0;
/// A chunk that was too slow is divided by at least this.
const LESS: f64 = 2.0;

/// Options of the controller that learns costs and failures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelOptions {
    /// The longest time that a chunk should take, even if a larger chunk is best.
    pub target: Span,
    /// Number of chunks remembered: each new chunk takes 1/memory of the weight of older ones.
    pub memory: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    options: ModelOptions,
    line: Sums,
    /// Failures, by weight. `exposed` is the seconds in which they could happen.
    failures: f64,
    exposed: f64,
}

/// Weighted sums over chunks of x rows and y seconds, each with the weight 1/y².
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

    /// Seconds per chunk and per row, both above 0; `None` before the first chunk with rows.
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
        // Noise tilted the line: assume the overhead and fit only the cost per row, above 0.
        let row = ((self.xy - OVERHEAD * self.x) / self.xx).max(1e-6);
        Some((OVERHEAD, row))
    }
}

impl Model {
    pub(super) fn new(options: ModelOptions) -> Model {
        Model { options, line: Sums::default(), failures: 0.0, exposed: 0.0 }
    }

    /// The current estimates of o, c and 1/λ, in seconds.
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
            // The time is a lower bound: the chunk would have taken longer still.
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
