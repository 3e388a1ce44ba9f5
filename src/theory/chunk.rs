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

    /// The best chunk to first order, in rows: √(2·o/λ) ÷ c (Young 1974).
    pub fn best_to_first_order(self) -> f64 {
        libm::sqrt(2.0 * self.chunk * self.mtbf) / self.row
    }

    /// The share of time that goes into rows at `rows` a chunk: c ÷ time a row.
    pub fn efficiency(self, rows: f64) -> f64 {
        self.row / self.time_a_row(rows)
    }

    /// How much more a row costs at `rows` a chunk than at the best: 0.07 is 7 %.
    pub fn excess(self, rows: f64) -> f64 {
        self.time_a_row(rows) / self.time_a_row(self.best()) - 1.0
    }

    /// What a chunk of `rows` rows adds to the cost of its rows if nothing ever fails: o ÷ (c·s).
    /// It is the price of a cap.
    pub fn amortisation(self, rows: f64) -> f64 {
        self.chunk / (self.row * rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Links with o, c and 1/λ in seconds, the best chunk in rows, its efficiency, and the excess
    /// at a quarter and at four times of it in per cent.
    type Row = (&'static str, (f64, f64, f64), f64, f64, (f64, f64));
    const LINKS: [Row; 6] = [
        ("LTE good", (0.25, 0.4e-3, 120.0), 18_951.0, 0.937, (7.0, 8.0)),
        ("LTE driving", (0.35, 0.8e-3, 30.0), 5_440.0, 0.855, (16.0, 19.0)),
        ("3G", (0.9, 2e-3, 60.0), 4_901.0, 0.837, (18.0, 22.0)),
        ("EDGE", (2.6, 20e-3, 45.0), 681.0, 0.697, (32.0, 47.0)),
        ("drive-by Wi-Fi", (0.15, 0.3e-3, 13.0), 6_254.0, 0.856, (16.0, 19.0)),
        ("GEO", (1.9, 0.3e-3, 600.0), 154_971.0, 0.923, (9.0, 9.0)),
    ];

    #[test]
    fn the_best_chunks_of_six_links_come_out() {
        for (name, (chunk, row, mtbf), best, efficiency, (quarter, four)) in LINKS {
            let cost = Cost { chunk, row, mtbf };
            let ours = cost.best();
            assert!((ours - best).abs() < 0.6, "{name}: {ours} rows, not {best}");
            assert!((cost.efficiency(ours) - efficiency).abs() < 0.0006, "{name}: {}", cost.efficiency(ours));
            for (times, excess) in [(0.25, quarter), (4.0, four)] {
                let percent = cost.excess(times * ours) * 100.0;
                assert!((percent - excess).abs() < 0.6, "{name}: {percent} % at {times} times");
            }
        }
    }

    #[test]
    fn the_best_chunk_is_better_than_its_neighbours_and_the_repair_moves_nothing() {
        for (name, (chunk, row, mtbf), ..) in LINKS {
            let cost = Cost { chunk, row, mtbf };
            let best = cost.best();
            for repair in [0.0, 5.0, 500.0] {
                let a_row = |rows: f64| cost.time(rows, repair) / rows;
                assert!(a_row(best) < a_row(best * 0.98) && a_row(best) < a_row(best * 1.02), "{name}");
            }
        }
    }

    #[test]
    fn the_first_order_is_near_where_outages_are_rare() {
        let rare = Cost { chunk: 0.01, row: 0.001, mtbf: 10_000.0 };
        assert!((rare.best_to_first_order() / rare.best() - 1.0).abs() < 0.001);
        let often = Cost { chunk: 2.6, row: 0.02, mtbf: 45.0 };
        let second_order = (libm::sqrt(2.0 * 2.6 * 45.0) - 2.0 * 2.6 / 3.0) / 0.02;
        assert!((second_order / often.best() - 1.0).abs() < 0.02, "the next term is -2o/3");
    }

    #[test]
    fn a_cap_costs_the_chunks_overhead_over_its_rows() {
        let cost = Cost { chunk: 0.25, row: 0.4e-3, mtbf: 120.0 };
        assert!((cost.amortisation(1_000.0) - 0.625).abs() < 1e-12);
    }
}
