//! What a response takes: overhead + rows × time a row (+ bytes × time a byte), times noise whose
//! mean is 1.
//!
//! Weighted least squares for the mean (weights 1/f², as noise is a share of the duration), in
//! rounds. Responses that lie 6 scales off the line on the log scale are trimmed. A transfer of t
//! seconds comes through with e^{−λt}, so it counts e^{λt} times (Horvitz and Thompson 1952).
//! Estimators that bound the influence of residuals (Huber's) are not used: noise is skewed, and
//! they underestimate its mean.

/// A response; what the fit looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Response {
    pub(super) rows: f64,
    pub(super) bytes: f64,
    pub(super) took: f64,
    /// What is resampled as a whole: a device, or a block of time.
    pub(super) unit: usize,
    /// The timeout of its device; infinite without one.
    pub(super) timeout: f64,
    /// Its place among the log's requests.
    pub(super) at: usize,
}

/// Seconds a request, a row and a byte.
pub(super) type Line = [f64; 3];

pub(super) fn says(line: &Line, rows: f64, bytes: f64) -> f64 {
    line[0] + line[1] * rows + line[2] * bytes
}

/// Sums over responses that tell a line and its noise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    xx: [[f64; 3]; 3],
    xy: [f64; 3],
    /// Of the shares duration / line: weights, first and second moment.
    share: [f64; 3],
    rows: f64,
    bytes: f64,
    pub(super) responses: f64,
}

impl Sums {
    fn add(&mut self, r: &Response, weight: f64, share: f64, survived: f64) {
        let x = [1.0, r.rows, r.bytes];
        for i in 0..3 {
            for j in 0..3 {
                self.xx[i][j] += weight * x[i] * x[j];
            }
            self.xy[i] += weight * x[i] * r.took;
        }
        for (i, moment) in self.share.iter_mut().enumerate() {
            *moment += survived * libm::pow(share, i as f64);
        }
        self.rows += r.rows;
        self.bytes += r.bytes;
        self.responses += 1.0;
    }

    pub(super) fn merge(&mut self, other: &Sums) {
        for i in 0..3 {
            for j in 0..3 {
                self.xx[i][j] += other.xx[i][j];
            }
            self.xy[i] += other.xy[i];
            self.share[i] += other.share[i];
        }
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.responses += other.responses;
    }

    /// The line of the parts that it may have; the others are zero. `None` if the sizes do not
    /// tell.
    pub(super) fn line(&self, parts: [bool; 3]) -> Option<Line> {
        let active: Vec<usize> = (0..3).filter(|i| parts[*i]).collect();
        let mut rest: Vec<Vec<f64>> = active
            .iter()
            .map(|i| active.iter().map(|j| self.xx[*i][*j]).chain([self.xy[*i]]).collect())
            .collect();
        let mut line = [0.0; 3];
        for k in 0..active.len() {
            // The pivot is what of a column its predecessors do not tell.
            if rest[k][k] <= 1e-9 * self.xx[active[k]][active[k]] {
                return None;
            }
            for i in k + 1..active.len() {
                let times = rest[i][k] / rest[k][k];
                let pivot = rest[k].clone();
                rest[i].iter_mut().zip(pivot).for_each(|(x, p)| *x -= times * p);
            }
        }
        for k in (0..active.len()).rev() {
            let known: f64 = (k + 1..active.len()).map(|j| rest[k][j] * line[active[j]]).sum();
            line[active[k]] = (rest[k][active.len()] - known) / rest[k][k];
        }
        Some(line)
    }

    /// The standard deviation of a duration as a share of it.
    pub(super) fn noise(&self) -> f64 {
        let mean = self.share[1] / self.share[0];
        libm::sqrt((self.share[2] / self.share[0] - mean * mean).max(0.0)) / mean
    }

    /// Bytes a row.
    pub(super) fn width(&self) -> f64 {
        self.bytes / self.rows
    }
}

/// A line through responses.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fit {
    pub(super) line: Line,
    /// Which parts of the line may differ from zero.
    pub(super) parts: [bool; 3],
    pub(super) noise: f64,
    /// By unit.
    pub(super) sums: Vec<Sums>,
    /// By groups of responses that have nothing in common.
    pub(super) even: Vec<Sums>,
    /// Of each response: how often it counts, as the longer ones fail; zero if it was left out.
    pub(super) counts: Vec<f64>,
    /// Responses that lie too far off.
    pub(super) trimmed: usize,
    /// Responses of sizes that a timeout may cut off, and the most rows of the others.
    pub(super) censored: usize,
    pub(super) reach: f64,
}

/// Responses farther off the line than so many scales of the logarithms are trimmed.
const TRIM: f64 = 6.0;
/// A scale is no less: durations are rounded.
const SCALE_MIN: f64 = 0.01;
/// Between the 10 % and the 90 % quantile of a normal law, in standard deviations: one response in
/// ten may be of another kind and moves the scale little.
const MIDDLE: f64 = 2.563;
/// No response counts more than e² times: that would be a guess about a few.
pub(super) const COUNT_MAX: f64 = 2.0;
const ROUNDS: usize = 40;
const EVEN: usize = 60;
/// Of a size that the fit has one in a thousand at most may outlast the timeout.
const OUTLAST: f64 = 3.09;

/// The line through responses that fail at `rate` a second, with or without a part for bytes.
pub(super) fn fit(responses: &[Response], with_bytes: bool, rate: f64, units: usize) -> Option<Fit> {
    let mean =
        |of: &dyn Fn(&Response) -> f64| responses.iter().map(of).sum::<f64>() / responses.len().max(1) as f64;
    let (took, rows, bytes) = (mean(&|r| r.took), mean(&|r| r.rows), mean(&|r| r.bytes));
    let share = if with_bytes { 0.25 } else { 0.5 } * took;
    let by_byte = if with_bytes { share / bytes.max(1.0) } else { 0.0 };
    let mut start = [took / 2.0, share / rows.max(1e-9), by_byte];
    let mut parts = [true, true, with_bytes];
    loop {
        let found = rounds(responses, start, parts, rate, units)?;
        // A part that would take less than no time is left out.
        let Some(least) = (0..3).filter(|i| found.line[*i] < 0.0).max() else { return Some(found) };
        parts[least] = false;
        start = found.line.map(|x| x.max(0.0));
    }
}

fn rounds(responses: &[Response], start: Line, parts: [bool; 3], rate: f64, units: usize) -> Option<Fit> {
    let floor = 1e-3 * responses.iter().map(|r| r.took).sum::<f64>() / responses.len() as f64;
    let count = |r: &Response| libm::exp((rate * r.took).min(COUNT_MAX));
    let mut line = start;
    let mut noise = 0.0;
    for round in 0.. {
        let fitted = |r: &Response| says(&line, r.rows, r.bytes).max(floor);
        let off = |r: &Response| libm::log(r.took.max(floor) / fitted(r));
        let within = |r: &Response| round < 2 || fitted(r) * outlasts(noise) < r.timeout;
        let inside: Vec<f64> = responses.iter().filter(|r| within(r)).map(off).collect();
        let spread = scale(inside)?;
        let keeps = |r: &Response| (off(r) - spread.0).abs() <= TRIM * spread.1;
        let (mut all, mut sums) = (Sums::default(), vec![Sums::default(); units]);
        let mut even = vec![Sums::default(); EVEN];
        let mut fit = Fit {
            line,
            parts,
            noise,
            sums: Vec::new(),
            even: Vec::new(),
            counts: vec![0.0; responses.len()],
            trimmed: 0,
            censored: 0,
            reach: 0.0,
        };
        for (n, r) in responses.iter().enumerate() {
            if !within(r) {
                fit.censored += 1;
                continue;
            }
            fit.reach = fit.reach.max(r.rows);
            if !keeps(r) {
                fit.trimmed += 1;
                continue;
            }
            let (count, fitted) = (count(r), fitted(r));
            fit.counts[n] = count;
            let mut one = Sums::default();
            one.add(r, count / (fitted * fitted), r.took / fitted, count);
            all.merge(&one);
            sums[r.unit].merge(&one);
            even[n % EVEN].merge(&one);
        }
        let next = all.line(parts)?;
        noise = all.noise();
        let moved = |(a, b): (f64, f64)| (a - b).abs() > 1e-9 * (a.abs() + b.abs());
        let settled = round > 2 && !line.iter().zip(next).any(|(a, b)| moved((*a, b)));
        if settled || round == ROUNDS {
            return Some(Fit { noise, sums, even, ..fit });
        }
        line = next;
    }
    unreachable!("rounds end")
}

/// How many times its mean a response of this noise takes that one in a
/// thousand outlasts, if noise
/// is log-normal.
fn outlasts(noise: f64) -> f64 {
    let variance = libm::log1p(noise * noise);
    libm::exp(OUTLAST * libm::sqrt(variance) - variance / 2.0)
}

/// The chance that a response of mean 1 and this noise takes longer than `time`.
pub(super) fn longer(noise: f64, time: f64) -> f64 {
    let variance = libm::log1p(noise.max(1e-3) * noise.max(1e-3));
    let z = (libm::log(time) + variance / 2.0) / libm::sqrt(variance);
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// Middle and scale of logarithms.
fn scale(mut offs: Vec<f64>) -> Option<(f64, f64)> {
    offs.sort_by(f64::total_cmp);
    let last = offs.len().checked_sub(1)? as f64;
    let [low, middle, high] = [0.1, 0.5, 0.9].map(|share| offs[(share * last).round() as usize]);
    Some((middle, ((high - low) / MIDDLE).max(SCALE_MIN)))
}
