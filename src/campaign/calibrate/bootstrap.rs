//! How sure figures are: what is alike is resampled as a whole.
//!
//! A bootstrap over devices (Efron and Tibshirani 1993, §8.6), or over blocks of time where there
//! are few devices, as responses next to each other are alike. Weights and trimming are those of
//! the log. Percentiles of few units are too near each other: they are widened as Student's law is.

use super::fit::{Fit, Line, Sums};
use super::request::Log;
use crate::base::Stream;
use crate::render::calibrate::Estimate;

/// So many devices are resampled; of fewer, blocks of time are.
pub(super) const DEVICES_MIN: u64 = 10;
/// So many blocks a log has, of at least so many requests.
const BLOCKS: usize = 12;
const BLOCK_MIN: usize = 4;
pub(super) const DRAWS: usize = 400;

/// The unit of each request, and how many there are.
pub(super) fn units(log: &Log) -> (Vec<usize>, usize) {
    if log.devices.is_some_and(|n| n >= DEVICES_MIN) {
        let all = log.devices.unwrap_or_default() as usize;
        return (log.requests.iter().map(|r| r.device as usize).collect(), all);
    }
    let size = log.requests.len().div_ceil(BLOCKS).max(BLOCK_MIN);
    let devices = log.devices.unwrap_or(1).max(1) as usize;
    // Of each device its block, and how many of its requests that has.
    let mut open = vec![(0, size); devices];
    let mut units = 0;
    let of = |device: u32| {
        let (unit, filled) = &mut open[device as usize];
        if *filled == size {
            (*unit, *filled) = (units, 0);
            units += 1;
        }
        *filled += 1;
        *unit
    };
    (log.requests.iter().map(|r| r.device).map(of).collect(), units)
}

/// Sums as they might have been.
pub(super) struct Drawn {
    pub(super) lines: Vec<Line>,
    pub(super) noises: Vec<f64>,
    pub(super) widths: Vec<f64>,
    /// By how much percentiles are too near each other.
    pub(super) wider: f64,
}

impl Drawn {
    /// The standard errors of the line's parts, each a share of it, in all.
    fn error(&self, line: &Line) -> f64 {
        let of = |i: usize| {
            let draws = || self.lines.iter().map(|line| line[i]);
            let n = self.lines.len() as f64;
            let mean = draws().sum::<f64>() / n;
            libm::sqrt(draws().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n)
        };
        let share = |i: usize| if line[i] > 0.0 { of(i) / line[i] } else { 0.0 };
        self.wider * (0..3).map(share).sum::<f64>()
    }
}

/// Draws of units and of single responses, the less sure first: ten devices may be alike by chance.
pub(super) fn draw(fit: &Fit, stream: &mut Stream) -> [Drawn; 2] {
    let mut of = |sums: &[Sums]| resample(sums, fit.parts, stream);
    let (units, even) = (of(&fit.sums), of(&fit.even));
    if even.error(&fit.line) > units.error(&fit.line) { [even, units] } else { [units, even] }
}

/// The interval of a figure that holds those by both.
pub(super) fn interval_by_both(value: f64, drawn: &[Drawn; 2], of: impl Fn(&Drawn) -> Vec<f64>) -> Estimate {
    let [a, b] = drawn.each_ref().map(|drawn| interval(value, of(drawn), drawn.wider));
    Estimate { value, low: a.low.min(b.low), high: a.high.max(b.high) }
}

/// Draws groups, with replacement. What has no line is left out.
fn resample(sums: &[Sums], parts: [bool; 3], stream: &mut Stream) -> Drawn {
    let sums: Vec<Sums> = sums.iter().filter(|sums| sums.responses > 0.0).copied().collect();
    let all: f64 = sums.iter().map(|sums| sums.responses).sum();
    let squares: f64 = sums.iter().map(|sums| sums.responses * sums.responses).sum();
    // Units of equal size that would be as sure (Kish 1965).
    let units = (all * all / squares).max(3.0);
    let wider = student(units - 1.0) / NORMAL * libm::sqrt(units / (units - 1.0));
    let mut drawn = Drawn { lines: Vec::new(), noises: Vec::new(), widths: Vec::new(), wider };
    for _ in 0..DRAWS {
        let mut sum = Sums::default();
        (0..sums.len()).for_each(|_| sum.merge(stream.pick(&sums)));
        if let Some(line) = sum.line(parts) {
            drawn.lines.push(line);
            drawn.noises.push(sum.noise());
            drawn.widths.push(sum.width());
        }
    }
    drawn
}

/// The interval of 95 % of a figure from its draws: percentiles, widened on a log scale about the
/// middle.
pub(super) fn interval(value: f64, mut draws: Vec<f64>, wider: f64) -> Estimate {
    if draws.is_empty() {
        return Estimate { value, low: 0.0, high: f64::INFINITY };
    }
    draws.sort_by(f64::total_cmp);
    let at = |share: f64| draws[((draws.len() - 1) as f64 * share).round() as usize];
    let (low, middle, high) = (at(0.025), at(0.5), at(0.975));
    let far = |end: f64| middle * libm::pow(end / middle, wider);
    let (low, high) = match low > 0.0 && high.is_finite() {
        true => (far(low), far(high)),
        false => (0.0, middle + wider * (high - middle)),
    };
    Estimate { value, low: low.min(value), high: high.max(value) }
}

/// The normal law's factor of a standard error for 95 %.
const NORMAL: f64 = 1.959_963_985;

/// Student's factor of a standard error for an interval of 95 % (Abramowitz and Stegun 1964,
/// 26.7.5; within 0.1 % from six degrees of freedom on).
pub(in crate::campaign) fn student(freedom: f64) -> f64 {
    let z = NORMAL;
    let square = z * z;
    let first = z * (square + 1.0) / 4.0;
    let second = z * ((5.0 * square + 16.0) * square + 3.0) / 96.0;
    let third = z * (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0;
    z + (first + (second + third / freedom) / freedom) / freedom
}

/// A gamma variable of scale 1 and a shape above a third (Marsaglia and Tsang 2000).
pub(super) fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = stream.normal();
        let v = 1.0 + c * x;
        let v = v * v * v;
        if v > 0.0 && libm::log(1.0 - stream.unit()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}
