//! A chunk that starts over when an outage cuts it: its time and its best size.
//!
//! A chunk of s rows takes o + c·s: o is what it costs whatever its size (round trip, fixed service
//! time, commit), c what a row costs. Outages are a Poisson process while it is under way.

use super::lambert;

/// What chunks cost on a link: all in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Of a chunk, whatever its size: o.
    pub chunk: f64,
    /// Of a row: c.
    pub row: f64,
    /// Mean time between outages: 1/λ.
    pub mtbf: f64,
}

impl Cost {
    /// Mean time of a chunk of `rows` rows with its repeats, in seconds, if a repair takes `repair`
    /// seconds and nothing fails during it: E\[T\] = (1/λ + R)(e^{λ(o + c·s)} − 1).
    ///
    /// Source: the restart law with exponential failures, e.g. Asmussen, Lipsky, Thompson, ASMTA
    /// 2014; Daly 2006 with an immune restart.
    pub fn time(self, rows: f64, repair: f64) -> f64 {
        (self.mtbf + repair) * libm::expm1((self.chunk + self.row * rows) / self.mtbf)
    }

    /// Mean time a row, in seconds, while nothing is under repair.
    pub fn time_a_row(self, rows: f64) -> f64 {
        self.time(rows, 0.0) / rows
    }

    /// The best chunk in rows: c·s* = (1/λ)(1 + W₀(−e^{−λ·o − 1})). The repair has no part in it.
    ///
    /// Source: the derivative of [`Cost::time_a_row`] set to zero; Daly 2006, equation 34, has the
    /// same root.
    pub fn best(self) -> f64 {
        let exposed = 1.0 + lambert::w0(-libm::exp(-self.chunk / self.mtbf - 1.0));
        self.mtbf * exposed / self.row
    }

    /// How much more a row costs at `rows` a chunk than at the best: 0.07 is 7 %.
    pub fn excess(self, rows: f64) -> f64 {
        self.time_a_row(rows) / self.time_a_row(self.best()) - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_chunk_is_better_than_its_neighbours_and_the_repair_moves_nothing() {
        for (chunk, row, mtbf) in [(0.25, 0.4e-3, 120.0), (2.6, 20e-3, 45.0), (1.9, 0.3e-3, 600.0)] {
            let cost = Cost { chunk, row, mtbf };
            let best = cost.best();
            for repair in [0.0, 5.0, 500.0] {
                let a_row = |rows: f64| cost.time(rows, repair) / rows;
                assert!(a_row(best) < a_row(best * 0.98) && a_row(best) < a_row(best * 1.02), "{cost:?}");
            }
        }
    }
}
