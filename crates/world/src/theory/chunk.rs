//! The time of a chunk of rows on a link with outages. A chunk of s rows takes o + c·s seconds: o
//! is the overhead per chunk, c the time per row. If an outage interrupts the chunk, it starts
//! again. Outages are a Poisson process with rate λ.

/// Cost of chunks on a link; all in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Fixed overhead per chunk: o.
    pub chunk: f64,
    /// Time per row: c.
    pub row: f64,
    /// Mean time between outages: 1/λ.
    pub mtbf: f64,
}

impl Cost {
    /// Mean time of a chunk in seconds. Each outage lasts `repair` seconds (R): E\[T\] = (1/λ +
    /// R)(e^{λ(o + c·s)} − 1). Source: restart law, e.g. Asmussen, Lipsky, Thompson, ASMTA 2014;
    /// Daly 2006.
    pub fn time(self, rows: f64, repair: f64) -> f64 {
        (self.mtbf + repair) * libm::expm1((self.chunk + self.row * rows) / self.mtbf)
    }
    /// Mean time per row in seconds, without time for repair.
    pub fn time_a_row(self, rows: f64) -> f64 {
        self.time(rows, 0.0) / rows
    }

    /// The best chunk size in rows, s*: c·s* = (1/λ)(1 + W₀(−e^{−λ·o − 1})). Source: the derivative
    /// of [`Cost::time_a_row`] set to zero; Daly 2006, equation 34, has the same root.
    pub fn best(self) -> f64 {
        let exposed = 1.0 + w0(-libm::exp(-self.chunk / self.mtbf - 1.0));
        self.mtbf * exposed / self.row
    }

    /// The additional cost of a row with chunks of `rows`, compared with the best size: 0.07 means
    /// 7 %.
    pub fn excess(self, rows: f64) -> f64 {
        self.time_a_row(rows) / self.time_a_row(self.best()) - 1.0
    }
}

/// Lambert's W₀ of x ≥ −1/e: the w ≥ −1 with w·eʷ = x. Halley's iteration starts from the series at
/// the branch point or from ln(1 + x). Source: Corless et al. 1996, equations 4.22 and 5.9. Panics
/// if x is below −1/e by more than a rounding error.
fn w0(x: f64) -> f64 {
    let above_branch = 1.0 + std::f64::consts::E * x;
    assert!(above_branch > -1e-12, "W is real from -1/e on, and {x} is below");
    if above_branch <= 0.0 {
        return -1.0;
    }
    let p = libm::sqrt(2.0 * above_branch);
    let near_branch = -1.0 + p * (1.0 - p * (1.0 / 3.0 - p * 11.0 / 72.0));
    if p < 1e-4 {
        // Halley's iteration divides by w + 1, which is almost 0 here. The series is exact to the
        // last digit.
        return near_branch;
    }
    let mut w = if x < 0.5 { near_branch } else { libm::log1p(x) };
    for _ in 0..32 {
        let e = libm::exp(w);
        let miss = w * e - x;
        let step = miss / (e * (w + 1.0) - (w + 2.0) * miss / (2.0 * w + 2.0));
        w -= step;
        if step.abs() <= 1e-15 * (1.0 + w.abs()) {
            break;
        }
    }
    w
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

    #[test]
    fn lamberts_w_is_the_inverse_on_its_whole_branch() {
        for step in 0..4_000 {
            let w = -0.999 + f64::from(step) * 0.003;
            let x = w * libm::exp(w);
            assert!((w0(x) - w).abs() < 1e-9 * (1.0 + w.abs()), "W({x}) = {}, not {w}", w0(x));
        }
        assert_eq!(w0(-1.0 / std::f64::consts::E), -1.0);
    }
}
