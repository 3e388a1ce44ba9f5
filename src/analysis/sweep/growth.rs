//! The growth of a figure along the first axis of a sweep: the exponent of a power law.

use super::series::{Series, Sweep};
use crate::metrics::Better;

const POINTS_MIN: usize = 3;
const REACH_MIN: f64 = 10.0;
/// A power law does not fit if a point differs from the line by more than this factor.
const OFF_MAX: f64 = 1.25;

/// The slope of the least-squares line through (ln x, ln y); `None` if a point is off the line.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let positive = points.iter().filter(|(x, y)| *x > 0.0 && *y > 0.0);
    let logs: Vec<(f64, f64)> = positive.map(|(x, y)| (libm::log(*x), libm::log(*y))).collect();
    let (first, last) = (logs.first()?, logs.last()?);
    if logs.len() < points.len() || logs.len() < POINTS_MIN || last.0 - first.0 < libm::log(REACH_MIN) {
        return None;
    }
    let count = logs.len() as f64;
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covered: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = covered / logs.iter().map(|(x, _)| (x - mean_x) * (x - mean_x)).sum::<f64>();
    let off = |(x, y): &(f64, f64)| (y - mean_y - slope * (x - mean_x)).abs();
    logs.iter().all(|point| off(point) <= libm::log(OFF_MAX)).then_some(slope)
}

/// The exponent of the power law; `None` if no power law fits, or if higher figures are better.
pub fn exponent(sweep: &Sweep<'_>, series: &Series<'_>) -> Option<f64> {
    if sweep.objective.better == Better::Higher {
        return None;
    }
    let points: Option<Vec<(f64, f64)>> =
        series.points.iter().map(|point| Some((point.number()?, point.price()?))).collect();
    slope(&points?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(figure: impl Fn(f64) -> f64) -> Option<f64> {
        slope(&[1e3, 1e4, 1e5, 1e6].map(|x| (x, figure(x))))
    }
    #[test]
    fn a_power_is_found_through_noise() {
        for power in [0.0, 0.5, 1.0, 2.0, -1.0] {
            let noisy = of(|x| 7.0 * libm::pow(x, power) * if x == 1e4 { 1.1 } else { 0.95 });
            assert!((noisy.unwrap() - power).abs() < 0.03, "{noisy:?}, not {power}");
        }
    }
    #[test]
    fn what_follows_no_power_has_no_exponent() {
        assert_eq!(of(|x| (x - 3e4).abs()), None, "it falls and rises");
        assert_eq!(of(|x| x + 1e5), None, "it begins to grow late");
        assert_eq!(of(|_| 0.0), None);
        assert_eq!(slope(&[(1.0, 1.0), (100.0, 100.0)]), None, "two points lie on any line");
        assert_eq!(slope(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]), None, "too short");
    }
}
