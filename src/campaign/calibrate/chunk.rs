//! The chunk to recommend: by the closed form of [`theory::chunk`](crate::theory::chunk), or, where
//! time bends, the cheapest of the sizes that the log has.

use super::fit::{BEND, BYTE, Line};
use crate::render::calibrate::{Advice, Estimate};
use crate::theory::chunk::Cost;

/// Costs as they are, or might be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Draw {
    pub(super) line: Line,
    pub(super) noise: f64,
    /// Bytes a row.
    pub(super) width: f64,
    /// Failures a second.
    pub(super) rate: f64,
}

/// A chunk counts as good where a row costs at most so much more than at best.
const FLAT: f64 = 0.03;
/// Between two sizes that are compared.
const STEP: f64 = 1.02;
/// Where hardly anything fails a good chunk has no end.
const STEPS_MAX: usize = 1_000;

impl Draw {
    /// Seconds a row with its bytes.
    pub(super) fn row(&self) -> f64 {
        self.line[1] + if self.line[BYTE] == 0.0 { 0.0 } else { self.line[BYTE] * self.width }
    }

    /// Seconds a row in chunks of so many, with repeats.
    fn time_a_row(&self, rows: f64) -> f64 {
        let took = self.line[0] + self.row() * rows + self.line[BEND] * rows * rows;
        if self.rate > 0.0 { libm::expm1(self.rate * took) / self.rate / rows } else { took / rows }
    }

    /// The best chunk; of a line that bends among the sizes `seen`.
    fn best(&self, seen: (f64, f64)) -> f64 {
        if self.line[BEND] == 0.0 {
            let [chunk, row] = [self.line[0], self.row()].map(|cost| cost.max(1e-9));
            return Cost { chunk, row, mtbf: 1.0 / self.rate.max(1e-12) }.best().max(1.0);
        }
        let sizes = std::iter::successors(Some(seen.0.max(1.0)), |rows| Some(rows * STEP));
        let sizes = sizes.take_while(|rows| *rows <= seen.1).chain([seen.1]);
        let cheaper = |a: &f64, b: &f64| self.time_a_row(*a).total_cmp(&self.time_a_row(*b));
        sizes.min_by(cheaper).unwrap_or(1.0)
    }
}

/// The best chunk of costs `at`; `rows` is the log's mean one, and `seen` its least and largest.
/// `estimate` gives a figure of costs its interval.
pub(super) fn advise(
    at: &Draw,
    rows: f64,
    seen: (f64, f64),
    estimate: impl Fn(&dyn Fn(&Draw) -> f64) -> Estimate,
) -> Advice {
    let within_log = at.line[BEND] > 0.0;
    let best = at.best(seen);
    let edge = |step: f64| {
        let most = (1.0 + FLAT) * at.time_a_row(best);
        let inside =
            |rows: &f64| at.time_a_row(*rows) <= most && (!within_log || (seen.0..=seen.1).contains(rows));
        let sizes = std::iter::successors(Some(best), |rows| Some(rows * step));
        sizes.take(STEPS_MAX).take_while(inside).last().unwrap_or(best)
    };
    let excess = |costs: &Draw| costs.time_a_row(rows) / costs.time_a_row(costs.best(seen)) - 1.0;
    Advice {
        best: estimate(&|costs| costs.best(seen)),
        flat: (edge(1.0 / STEP), edge(STEP)),
        excess: estimate(&excess),
        within_log,
    }
}

/// The least chunk of a link that was not seen to fail: of the least overhead and the dearest row,
/// and as many failures as there may be.
pub(super) fn at_least(request: Estimate, row: Estimate, rate: f64) -> f64 {
    Cost { chunk: request.low, row: row.high, mtbf: 1.0 / rate }.best()
}
