//! A line through durations, robust to outliers and to noise that grows with them.
//!
//! How: least absolute relative deviations find a line that outliers do not move (Huber 1981, §7; iteratively reweighted). A duration
//! whose logarithm is farther from it than four robust standard deviations (1.4826 × the median absolute deviation) is put aside: on the
//! logarithm, because durations are skewed and cutting their long side would make the line too low. Where nobody knows how wide rows are, wide
//! ones lie on one side: then only what is off by more than widths explain is put aside. Such a line goes through as many
//! points as it has coefficients, so that of few the median is too small (Rousseeuw and Leroy 1987, §5.1). Through the others goes a
//! weighted least-squares line (ibid., §1.2), weights 1/fit², whose covariance holds whatever the variances are
//! (HC3: MacKinnon and White 1985).

use super::matrix::{Matrix, add, dot, form, inverse, leaving_out, product};
use super::trouble::chi_square;
use crate::render::calibrate::Estimate;

/// An observation: what it depends on, what it is, and how much it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample<const K: usize> {
    pub(super) x: [f64; K],
    /// Above 0.
    pub(super) y: f64,
    pub(super) weight: f64,
}

/// A line: y = Σ coefficient × x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line<const K: usize> {
    pub(super) coefficients: [f64; K],
    pub(super) covariance: Matrix<K>,
    /// By how much more than its interval says each coefficient may be higher.
    pub(super) upward: [f64; K],
    /// By how much more than its interval says each coefficient may be lower.
    pub(super) downward: [f64; K],
    /// By how much more the upper end of each coefficient's interval lies off where what moves it is skewed (Hall 1992).
    skewed: [f64; K],
    /// What the covariance would be if noise were the same share of every duration.
    even: Matrix<K>,
    /// Standard deviation of y, as a share of the line.
    pub(super) noise: Estimate,
    /// Observations less coefficients.
    freedom: f64,
}

/// Robust standard deviations from the line that make an outlier.
const OUTLYING: f64 = 4.0;
/// On the logarithm: where nobody knows how wide rows are, no answer that takes less than e² (7.4) times as long as the line says is surely
/// an outlier. Rows that are half transfer take that long if they are 14 times as wide as most; requests that hang take longer still.
const WIDTHS_MAX: f64 = 2.0;
/// A log of exact durations has no spread to measure by: what is within 20 % of its line is none.
const SPREAD_MIN: f64 = 0.05;
/// Below this share of the mean duration a line is no weight.
const FLOOR: f64 = 1e-3;
/// Rounds in which weights settle where the line passes near zero at no sample (estimate).
const ROUNDS: usize = 5;
/// Rounds after which a line is taken as it is (estimate).
const ROUNDS_MAX: usize = 40;
/// On the logarithm: a line that moves less than this at every sample has settled. Its weights are then off by less than a fifth, which
/// widens intervals by less than a fiftieth (estimate).
const SETTLED: f64 = 0.1;

impl<const K: usize> Line<K> {
    /// The weighted line through all samples; `None` of too few, or if what they depend on cannot be told apart.
    pub(super) fn through(samples: &[Sample<K>]) -> Option<Line<K>> {
        Line::fitted(samples, None)
    }

    /// The line that leaves the coefficient `zero` out, where it would be less than nothing: the others are fitted again. Such a line need not
    /// be that of the samples, so weights are 1/fit: with these it has their mean, as a ratio of sums has (Cochran 1977, §2.11). Intervals
    /// are those of a line that leaves nothing out, as that it is nothing is not known but estimated.
    pub(super) fn without(samples: &[Sample<K>], zero: usize) -> Option<Line<K>> {
        Line::fitted(samples, Some(zero))
    }

    fn fitted(samples: &[Sample<K>], zero: Option<usize>) -> Option<Line<K>> {
        if samples.len() <= K {
            return None;
        }
        let mean = mean(samples);
        let weight = |sample: &Sample<K>, at: f64| match zero {
            None => sample.weight / (at * at),
            Some(_) => sample.weight / (at * mean),
        };
        let mut coefficients = solve(samples, |_| 1.0 / (mean * mean))?.0;
        let mut inverse = [[0.0; K]; K];
        let mut fit = coefficients;
        for round in 1..=ROUNDS_MAX {
            let at = |fit: &[f64; K], sample: &Sample<K>| dot(fit, &sample.x).max(FLOOR * mean);
            (coefficients, inverse) = solve(samples, |sample| weight(sample, at(&fit, sample)))?;
            if let Some(zero) = zero {
                coefficients = leaving_out(zero, &coefficients, &inverse);
            }
            let moved = |sample: &Sample<K>| libm::log(at(&coefficients, sample) / at(&fit, sample)).abs();
            if round >= ROUNDS && samples.iter().all(|sample| moved(sample) < SETTLED) {
                break;
            }
            // A line near zero at a few samples weighs these so much that the next one is far above it there, and leaves them no weight:
            // the two take turns, and what lies between them settles.
            let way = if round < ROUNDS { 1.0 } else { 0.5 };
            fit = std::array::from_fn(|i| fit[i] + way * (coefficients[i] - fit[i]));
        }
        let freedom = (samples.len() - K + usize::from(zero.is_some())) as f64;
        let (mut meat, mut even) = ([[0.0; K]; K], [[0.0; K]; K]);
        let mut third = [0.0; K];
        let (mut second, mut fourth, mut total) = (0.0, 0.0, 0.0);
        for sample in samples {
            let at = dot(&coefficients, &sample.x).max(FLOOR * mean);
            let w = weight(sample, at);
            let leverage = (w * form(&inverse, &sample.x)).min(0.99);
            let residual = sample.y - dot(&coefficients, &sample.x);
            let pull = w * residual / (1.0 - leverage);
            add(&mut meat, pull * pull, &sample.x);
            for (sum, row) in third.iter_mut().zip(&inverse) {
                let moved = pull * dot(row, &sample.x);
                *sum += moved * moved * moved;
            }
            add(&mut even, w * at * w * at, &sample.x);
            let relative = residual * residual / (at * at);
            second += sample.weight * relative;
            fourth += sample.weight * relative * relative;
            total += sample.weight;
        }
        let around = |meat: &Matrix<K>| product(&product(&inverse, meat), &inverse);
        let covariance = around(&meat);
        let noise = spread(second / total, fourth / total, samples.len() as f64, freedom);
        let even = around(&even).map(|row| row.map(|cell| cell * noise.value * noise.value));
        let skewed = std::array::from_fn(|i| skewed(third[i], covariance[i][i]));
        Some(Line {
            coefficients,
            covariance,
            upward: [0.0; K],
            downward: [0.0; K],
            skewed,
            even,
            noise,
            freedom,
        })
    }

    /// A sum of coefficients with its interval; what cannot be negative is not told as such. It is no narrower than even noise has it:
    /// what hangs on a few of the answers has few residuals to go by.
    pub(super) fn estimate(&self, of: [f64; K]) -> Estimate {
        self.estimate_chosen(of, 1.0)
    }

    /// The same of a line that was chosen for how little it leaves open, as residuals are small where a line follows its own errors: `wider`
    /// so many times.
    pub(super) fn estimate_chosen(&self, of: [f64; K], wider: f64) -> Estimate {
        let value = dot(&self.coefficients, &of);
        let half = wider * student(self.freedom) * self.error(of);
        let high = value + half + dot(&self.upward, &of);
        let low = value - half - dot(&self.downward, &of);
        Estimate { value: value.max(0.0), low: low.max(0.0), high: high.max(0.0) }
    }

    /// The standard error of a sum of coefficients, no less than even noise has it.
    pub(super) fn error(&self, of: [f64; K]) -> f64 {
        libm::sqrt(form(&self.covariance, &of).max(form(&self.even, &of)).max(0.0))
    }

    /// Half of an interval that knows of the residuals only how much noise there is.
    pub(super) fn open_by_noise(&self, of: [f64; K]) -> f64 {
        student(self.freedom) * libm::sqrt(form(&self.even, &of).max(0.0))
    }

    /// By how much the noise is understated in a line that is told only with at most `room` times its noise. The logarithm of the noise is
    /// about normal, and one that is known to lie below a bound is less than its mean by τφ(z)/Φ(z) (Johnson, Kotz and Balakrishnan 1994,
    /// §13.10.1), z being the way to the bound from the mean, for which the noise itself stands first.
    pub(super) fn chosen(&self, room: f64) -> f64 {
        let spread = libm::log(self.noise.high / self.noise.low) / (2.0 * student(self.freedom));
        if !(spread > 0.0 && room.is_finite()) {
            return 1.0;
        }
        let less = |z: f64| {
            let density = libm::exp(-z * z / 2.0) / libm::sqrt(std::f64::consts::TAU);
            density / (0.5 * libm::erfc(-z / std::f64::consts::SQRT_2))
        };
        let to_bound = libm::log(room.max(1.0)) / spread;
        libm::exp(spread * less(to_bound - less(to_bound)))
    }

    /// The same line, its intervals wide enough for those of another one through the same samples.
    pub(super) fn as_open_as(mut self, other: &Line<K>) -> Line<K> {
        let wider: [f64; K] = std::array::from_fn(|i| {
            let error = libm::sqrt(self.covariance[i][i]);
            let off = (self.coefficients[i] - other.coefficients[i]).abs() / NORMAL;
            if error > 0.0 { (libm::sqrt(other.covariance[i][i]).max(error) + off) / error } else { 1.0 }
        });
        for (row, by_row) in self.covariance.iter_mut().zip(wider) {
            row.iter_mut().zip(wider).for_each(|(cell, by)| *cell *= by_row * by);
        }
        self
    }

    /// The same line, no coefficient of which ends below where that of `other` does, nor below so many `times` the way to it from `near`, but
    /// for what is above `bound`.
    pub(super) fn as_high_as(
        mut self,
        other: &Line<K>,
        near: &Line<K>,
        times: f64,
        bound: [f64; K],
    ) -> Line<K> {
        self.upward = std::array::from_fn(|i| {
            let part = std::array::from_fn(|j| f64::from(u8::from(i == j)));
            let way = times * (other.coefficients[i] - near.coefficients[i]);
            let end = other.estimate(part).high.max(near.coefficients[i] + way).min(bound[i]);
            self.upward[i] + (end - self.estimate(part).high).max(0.0)
        });
        self
    }

    /// The same line, no coefficient of which ends above `bound` but by what it may be higher beside that; where it begins stays.
    pub(super) fn within(mut self, bound: [f64; K]) -> Line<K> {
        for (i, bound) in bound.into_iter().enumerate() {
            let part = std::array::from_fn(|j| f64::from(u8::from(i == j)));
            let Estimate { low, high, .. } = self.estimate(part);
            let (half, room) = (high - self.upward[i] - self.coefficients[i], bound - self.coefficients[i]);
            if !(room >= 0.0 && half > room) {
                continue;
            }
            self.narrow(i, room / half);
            self.downward[i] += (self.estimate(part).low - low).max(0.0);
        }
        self
    }

    /// Has a coefficient's deviation be so many times what it is.
    pub(super) fn narrow(&mut self, i: usize, times: f64) {
        for matrix in [&mut self.covariance, &mut self.even] {
            matrix[i].iter_mut().for_each(|cell| *cell *= times);
            matrix.iter_mut().for_each(|row| row[i] *= times);
        }
    }

    /// The same line, no coefficient of which begins above where that of `other` does.
    pub(super) fn as_low_as(mut self, other: &Line<K>) -> Line<K> {
        self.downward = std::array::from_fn(|i| {
            let part = std::array::from_fn(|j| f64::from(u8::from(i == j)));
            self.downward[i] + (self.estimate(part).low - other.estimate(part).low).max(0.0)
        });
        self
    }

    /// The same line, its intervals as far to above as what moves it is skewed.
    pub(super) fn as_skewed(mut self) -> Line<K> {
        self.upward = std::array::from_fn(|i| self.upward[i] + self.skewed[i]);
        self
    }

    /// By how much each coefficient moves at most if each of `samples`, which the line goes through, is off by up to `error`: the sum of
    /// what each of them moves it.
    pub(super) fn moved_most(&self, samples: &[Sample<K>], error: f64) -> [f64; K] {
        let mean = mean(samples);
        let weight = |sample: &Sample<K>| {
            let at = self.at(&sample.x).max(FLOOR * mean);
            sample.weight / (at * at)
        };
        let Some((_, inverse)) = solve(samples, weight) else { return [0.0; K] };
        let moved = |i: usize| samples.iter().map(|s| weight(s) * dot(&inverse[i], &s.x).abs()).sum::<f64>();
        std::array::from_fn(|i| error * moved(i))
    }

    /// The same line, each coefficient of which may be off by so much more.
    pub(super) fn off_by(mut self, by: [f64; K]) -> Line<K> {
        for (i, by) in by.into_iter().enumerate() {
            self.upward[i] += by;
            self.downward[i] += by;
        }
        self
    }

    pub(super) fn freedom(&self) -> f64 {
        self.freedom
    }

    pub(super) fn at(&self, x: &[f64; K]) -> f64 {
        dot(&self.coefficients, x)
    }
}

impl Line<3> {
    /// The line by rows alone, of a line by rows and bytes: of so many bytes `around` the rows and of
    /// `a_row`, each with its variance, where a row may have so many more (`upward`).
    pub(super) fn by_rows(&self, around: (f64, f64), a_row: (f64, f64), upward: f64) -> Line<2> {
        let of = [[1.0, 0.0, around.0], [0.0, 1.0, a_row.0]];
        let [_, _, byte] = self.coefficients;
        let by_rows = |matrix: &Matrix<3>| {
            let cell = |i: usize, j: usize| {
                let half = |k: usize| dot(&matrix[k], &of[j]);
                dot(&of[i], &[half(0), half(1), half(2)])
            };
            let mut by_rows = [0, 1].map(|i| [0, 1].map(|j| cell(i, j)));
            by_rows[0][0] += byte * byte * around.1;
            by_rows[1][1] += byte * byte * a_row.1;
            by_rows
        };
        Line {
            coefficients: of.map(|of| dot(&self.coefficients, &of)),
            covariance: by_rows(&self.covariance),
            upward: [0.0, byte.max(0.0) * upward],
            downward: [0.0; 2],
            skewed: [0.0; 2],
            even: by_rows(&self.even),
            noise: self.noise,
            freedom: self.freedom,
        }
    }
}

/// A part of the line by rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    Overhead,
    Row,
}

/// How far samples are from the line that most of them follow.
pub(super) struct Far {
    /// Of each sample the logarithm of what it is of the line, from the median.
    logs: Vec<f64>,
    /// What noise alone does not reach.
    limit: f64,
}

impl Far {
    /// `None` if there is no line.
    pub(super) fn of<const K: usize>(samples: &[Sample<K>]) -> Option<Far> {
        let mean = mean(samples);
        let fit = least_deviations(samples)?;
        let log = |sample: &Sample<K>| libm::log(sample.y / dot(&fit, &sample.x).max(FLOOR * mean));
        let logs: Vec<f64> = samples.iter().map(log).collect();
        let centre = median(logs.clone());
        let logs: Vec<f64> = logs.iter().map(|log| log - centre).collect();
        let few = 1.0 + 5.0 / (samples.len() as f64 - K as f64).max(1.0);
        let spread = few * 1.4826 * median(logs.iter().map(|log| log.abs()).collect());
        Some(Far { logs, limit: OUTLYING * spread.max(SPREAD_MIN) })
    }

    /// The samples that noise alone does not explain.
    pub(super) fn by_noise(&self) -> Vec<bool> {
        self.logs.iter().map(|log| log.abs() > self.limit).collect()
    }

    /// Whether this sample lies above the line.
    pub(super) fn is_above(&self, n: usize) -> bool {
        self.logs[n] > 0.0
    }

    /// How many times as long as the line says an answer takes that neither noise nor rows of unlike widths explain.
    pub(super) fn beyond(&self) -> f64 {
        libm::exp(self.limit.max(WIDTHS_MAX))
    }

    /// Those that neither noise nor rows of unlike widths explain.
    pub(super) fn by_noise_and_widths(&self) -> Vec<bool> {
        self.logs.iter().map(|log| log.abs() > self.limit.max(WIDTHS_MAX)).collect()
    }
}

/// The logarithms that lie farther above the others than noise and skewness.
pub(super) fn outlying(logs: &[f64]) -> Vec<bool> {
    let centre = median(logs.to_vec());
    let spread = 1.4826 * median(logs.iter().map(|log| (log - centre).abs()).collect());
    logs.iter().map(|log| log - centre > OUTLYING * spread.max(SPREAD_MIN)).collect()
}

/// The line of least absolute relative deviations; `None` if there is none.
fn least_deviations<const K: usize>(samples: &[Sample<K>]) -> Option<[f64; K]> {
    const ROUNDS: usize = 40;
    let mean = mean(samples);
    let mut fit = solve(samples, |_| 1.0 / (mean * mean))?.0;
    for _ in 0..ROUNDS {
        let before = fit;
        fit = solve(samples, |sample| {
            let at = dot(&before, &sample.x).max(FLOOR * mean);
            let off = ((sample.y - at) / at).abs().max(0.001);
            1.0 / (at * at * off)
        })?
        .0;
        let moved = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-6 * (a.abs() + b.abs());
        if before.iter().zip(&fit).all(moved) {
            break;
        }
    }
    Some(fit)
}

/// The normal law's.
pub(super) const NORMAL: f64 = 1.959_963_985;

/// Student's factor of a standard error for an interval of 95 % (Abramowitz and Stegun 1964, 26.7.5; within 0.1 % from six degrees of
/// freedom on).
pub(in crate::campaign) fn student(freedom: f64) -> f64 {
    let z = NORMAL;
    let square = z * z;
    let first = z * (square + 1.0) / 4.0;
    let second = z * ((5.0 * square + 16.0) * square + 3.0) / 96.0;
    let third = z * (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0;
    z + (first + (second + third / freedom) / freedom) / freedom
}

/// A standard deviation from the second and fourth moment. Its square varies as χ² does of 2/(κ − 1) degrees of freedom for each of its
/// own, κ being the kurtosis (Box 1953). Few samples seldom show their tails, so κ is no less than that of a gamma law of this spread:
/// durations are not negative, and so are skewed.
fn spread(second: f64, fourth: f64, n: f64, freedom: f64) -> Estimate {
    let value = libm::sqrt(second * n / freedom);
    if second <= 0.0 {
        return Estimate { value: 0.0, low: 0.0, high: 0.0 };
    }
    let kurtosis = (fourth / (second * second)).max(3.0 + 6.0 * value * value);
    let known = 2.0 * freedom / (kurtosis - 1.0);
    let bound = |share: f64| value * libm::sqrt(known / chi_square(known, share));
    Estimate { value, low: bound(0.975), high: bound(0.025) }
}

/// By how much the upper end of an interval of 95 % lies farther off, of a sum with this third moment and variance: the cubic of it that
/// has no skewness is normal, also where skewness is large (Hall 1992).
pub(super) fn skewed(third: f64, variance: f64) -> f64 {
    let deviation = libm::sqrt(variance);
    let skewness = third / (variance * deviation);
    if !(variance > 0.0 && skewness > 0.0) {
        return 0.0;
    }
    let end = 3.0 / skewness * (1.0 - libm::cbrt(1.0 - skewness * (NORMAL + skewness / 6.0)));
    (end - NORMAL).max(0.0) * deviation
}

fn mean<const K: usize>(samples: &[Sample<K>]) -> f64 {
    samples.iter().map(|sample| sample.y).sum::<f64>() / samples.len() as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Least squares with these weights: the coefficients and the inverse of XᵀWX.
fn solve<const K: usize>(
    samples: &[Sample<K>],
    weight: impl Fn(&Sample<K>) -> f64,
) -> Option<([f64; K], Matrix<K>)> {
    let (mut normal, mut right) = ([[0.0; K]; K], [0.0; K]);
    for sample in samples {
        let w = weight(sample);
        add(&mut normal, w, &sample.x);
        for (cell, x_i) in right.iter_mut().zip(&sample.x) {
            *cell += w * x_i * sample.y;
        }
    }
    let inverse = inverse(&normal)?;
    Some((std::array::from_fn(|i| dot(&inverse[i], &right)), inverse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Seed, Stream};

    fn samples(noise: f64) -> Vec<Sample<2>> {
        let mut stream = Seed(3).stream("line", 0, 0);
        (0..500)
            .map(|n| {
                let rows = f64::from(1 + n % 50) * 20.0;
                let y = (0.3 + 0.002 * rows) * stream.log_normal(1.0, noise);
                Sample { x: [1.0, rows], y, weight: 1.0 }
            })
            .collect()
    }

    #[test]
    fn an_exact_line_is_found_exactly() {
        let line = Line::through(&samples(0.0)).unwrap();
        let (a, b) = (line.estimate([1.0, 0.0]), line.estimate([0.0, 1.0]));
        assert!((a.value - 0.3).abs() < 1e-9 && (b.value - 0.002).abs() < 1e-12, "{line:?}");
        assert!(a.high - a.low < 1e-9 && line.noise.value < 1e-9);
        assert!((line.at(&[1.0, 100.0]) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_tenth_of_outliers_is_seen_and_no_other() {
        for noise in [0.0, 0.1, 0.3] {
            let mut samples = samples(noise);
            let planted: Vec<usize> = (0..500).step_by(10).collect();
            for n in &planted {
                samples[*n].y *= if n % 20 == 0 { 40.0 } else { 0.02 };
            }
            let outliers = Far::of(&samples).unwrap().by_noise();
            let found: Vec<usize> = (0..500).filter(|n| outliers[*n]).collect();
            assert_eq!(found, planted, "noise {noise}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_has_no_line() {
        let one_size: Vec<Sample<2>> =
            (0..50).map(|n| Sample { x: [1.0, 500.0], y: 1.0 + f64::from(n), weight: 1.0 }).collect();
        assert_eq!(Line::through(&one_size), None);
        let in_step: Vec<Sample<3>> = samples(0.1)
            .iter()
            .map(|s| Sample { x: [1.0, s.x[1], 40.0 * s.x[1] + 100.0], y: s.y, weight: 1.0 })
            .collect();
        assert_eq!(Line::through(&in_step), None);
        assert_eq!(Line::through(&samples(0.1)[..2]), None, "two points are no line with an interval");
    }

    #[test]
    fn a_line_without_a_coefficient_has_the_mean_of_the_samples_and_is_as_open_as_they_are_off_it() {
        for (zero, of) in [(0, [-40.0, 5.0]), (1, [1_000.0, -5.0])] {
            let at = |n: u32| Sample { x: [1.0, f64::from(n)], y: of[0] + of[1] * f64::from(n), weight: 1.0 };
            let samples: Vec<Sample<2>> = (10..100).map(at).collect();
            let line = Line::without(&samples, zero).unwrap();
            let off: f64 = samples.iter().map(|s| s.y - line.at(&s.x)).sum();
            assert!(off.abs() < 1e-6 && line.coefficients[zero] == 0.0, "{line:?}");
            for of in [[1.0, 0.0], [0.0, 1.0]] {
                let Estimate { value, low, high } = line.estimate(of);
                assert!(low < high && low <= value && value <= high, "{line:?}");
            }
            assert!(line.noise.value > 0.1, "{line:?}");
        }
    }

    #[test]
    fn the_noise_is_the_coefficient_of_variation() {
        let line = Line::through(&samples(0.2)).unwrap();
        // σ of the logarithm 0.2: √(e^0.04 − 1) of the mean.
        assert!(line.noise.holds(0.202) && line.noise.high - line.noise.low < 0.04, "{:?}", line.noise);
    }

    #[test]
    fn the_mean_of_few_skewed_numbers_lies_below_its_upper_end_nine_times_in_ten() {
        type Draw = fn(&mut Stream) -> f64;
        let square: Draw = |stream| {
            let waits = libm::log(1.0 - stream.unit());
            waits * waits
        };
        let log_normal: Draw = |stream| stream.log_normal(1.0, 1.0);
        for (draw, mean, n) in [(square, 2.0, 20), (log_normal, libm::exp(0.5), 30)] {
            let mut stream = Seed(1).stream("line.skewed", n, 0);
            let held = |_: &u32| {
                let drawn: Vec<f64> = (0..n).map(|_| draw(&mut stream)).collect();
                let of_drawn = drawn.iter().sum::<f64>() / n as f64;
                let off = || drawn.iter().map(|x| (x - of_drawn) / (n - 1) as f64);
                let (variance, third) =
                    (off().map(|off| off * off).sum(), off().map(|off| off * off * off).sum());
                mean < of_drawn + NORMAL * libm::sqrt(variance) + skewed(third, variance)
            };
            let held = (0..2_000).filter(held).count();
            assert!((1_800..1_950).contains(&held), "{n} numbers: {held} of 2000");
        }
    }

    #[test]
    fn students_factor_is_that_of_the_tables() {
        for (freedom, factor) in [(7.0, 2.365), (10.0, 2.228), (30.0, 2.042), (1e6, 1.960)] {
            assert!((student(freedom) / factor - 1.0).abs() < 0.001, "{freedom}");
        }
    }
}
