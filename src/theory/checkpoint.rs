//! Work in segments with a checkpoint after each, where failures strike during the restart too.
//!
//! Source: Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart
//! dumps", Future Generation Computer Systems 22. A chunk of a pull is such a segment and its
//! commit the checkpoint. All times in one unit of the caller's.

use super::lambert;

/// A job that is done in segments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Job {
    /// Time of a checkpoint: δ.
    pub checkpoint: f64,
    /// Time of a restart, which a failure starts over: R.
    pub restart: f64,
    /// Mean time between failures: M.
    pub mtbf: f64,
}

impl Job {
    /// Mean time of a segment with `work` of work and its checkpoint: M·e^{R/M}(e^{(τ + δ)/M} − 1).
    /// Daly's equation 20 for one segment.
    pub fn segment(self, work: f64) -> f64 {
        self.mtbf * libm::exp(self.restart / self.mtbf) * libm::expm1((work + self.checkpoint) / self.mtbf)
    }

    /// Mean wall time of `total` work in segments of `work`: its segments one after the other
    /// (Daly's equation 20).
    pub fn wall(self, total: f64, work: f64) -> f64 {
        self.segment(work) * total / work
    }

    /// The best work a segment: M(1 + W₀(−e^{−δ/M − 1})), the exact root of Daly's equation 34.
    pub fn best(self) -> f64 {
        self.mtbf * (1.0 + lambert::w0(-libm::exp(-self.checkpoint / self.mtbf - 1.0)))
    }

    /// Daly's higher order estimate of it (equation 37): √(2δM)(1 + ⅓√(δ/2M) + ⅑·δ/2M) − δ for δ <
    /// 2M, else M.
    pub fn best_estimate(self) -> f64 {
        let half = self.checkpoint / (2.0 * self.mtbf);
        if half >= 1.0 {
            return self.mtbf;
        }
        let root = libm::sqrt(2.0 * self.checkpoint * self.mtbf);
        root * (1.0 + libm::sqrt(half) / 3.0 + half / 9.0) - self.checkpoint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Daly's figures 3 to 5: MTBF and best interval in minutes, wall time in hours; 500 hours of
    /// work.
    const FIGURES: [(f64, f64, f64); 3] =
        [(24.0 * 60.0, 116.7, 547.9), (6.0 * 60.0, 56.7, 610.2), (15.0, 9.2, 2_504.2)];

    #[test]
    fn dalys_figures_come_out() {
        for (mtbf, interval, wall) in FIGURES {
            let job = Job { checkpoint: 5.0, restart: 10.0, mtbf };
            let off = |ours: f64, theirs: f64| (ours / theirs - 1.0).abs();
            assert!(off(job.best(), interval) < 0.005, "MTBF {mtbf}: {}", job.best());
            assert!(off(job.best_estimate(), interval) < 0.01, "MTBF {mtbf}: {}", job.best_estimate());
            let ours = job.wall(500.0 * 60.0, job.best()) / 60.0;
            assert!(off(ours, wall) < 0.001, "MTBF {mtbf}: {ours} hours");
        }
    }

    #[test]
    fn a_checkpoint_that_takes_longer_than_two_failures_is_made_once_a_failure() {
        assert_eq!(Job { checkpoint: 30.0, restart: 1.0, mtbf: 10.0 }.best_estimate(), 10.0);
    }
}
