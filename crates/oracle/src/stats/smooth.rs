//! Smooths noisy points to a curve by Gaussian process regression.

/// A noisy point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// The position of the point, as a base-2 logarithm.
    pub octave: f64,
    /// The observed value, as a natural logarithm.
    pub value: f64,
    /// The variance of the value's noise.
    pub luck: f64,
}

/// The correlation length of the curve in octaves: how far a point influences other points.
const REACH: f64 = 1.5;
/// The standard deviation of the curve (`BEND`), and of a real offset of a single point from its
/// neighbours (`DENT`): for example, one row less per request may need one more request.
const BEND: f64 = 0.6;
const DENT: f64 = 0.04;

/// The smoothed value of each point, from the point itself and its neighbours. A point with less
/// noise gets more weight. This is the mean of a Gaussian process at its own points (Rasmussen and
/// Williams 2006, algorithm 2.1).
pub fn smoothed(points: &[Drawn]) -> Vec<f64> {
    let n = points.len();
    let mut covariance = vec![vec![0.0; n]; n];
    for (i, one) in points.iter().enumerate() {
        for (j, other) in points.iter().enumerate() {
            let far = (one.octave - other.octave) / REACH;
            covariance[i][j] = BEND * BEND * libm::exp(-far * far / 2.0);
        }
        covariance[i][i] += DENT * DENT + one.luck;
    }
    let lower = cholesky(covariance);
    let ones = solved(&lower, &vec![1.0; n]);
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let solved_values = solved(&lower, &values);
    let mean = solved_values.iter().sum::<f64>() / ones.iter().sum::<f64>();
    let off = solved_values.iter().zip(&ones).map(|(value, one)| value - mean * one);
    points.iter().zip(off).map(|(point, off)| point.value - point.luck * off).collect()
}

/// The Cholesky factor of a matrix: the lower triangular matrix L for which L·Lᵀ is the matrix.
fn cholesky(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for i in 0..matrix.len() {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - sum;
            matrix[i][j] = if i == j { libm::sqrt(rest) } else { rest / matrix[j][j] };
        }
    }
    matrix
}

/// Solves the linear system with the matrix L·Lᵀ, where `lower` is L.
fn solved(lower: &[Vec<f64>], values: &[f64]) -> Vec<f64> {
    let mut x = values.to_vec();
    for i in 0..x.len() {
        let sum: f64 = (0..i).map(|k| lower[i][k] * x[k]).sum();
        x[i] = (x[i] - sum) / lower[i][i];
    }
    for i in (0..x.len()).rev() {
        let sum: f64 = (i + 1..x.len()).map(|k| lower[k][i] * x[k]).sum();
        x[i] = (x[i] - sum) / lower[i][i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(luck: f64, values: &[f64]) -> Vec<Drawn> {
        let point = |(i, value): (usize, &f64)| Drawn { octave: i as f64 / 2.0, value: *value, luck };
        values.iter().enumerate().map(point).collect()
    }

    #[test]
    fn points_without_luck_stay_where_they_are() {
        let values = [0.4, 0.1, 0.0, 0.08, 0.02, 0.5];
        for (smooth, value) in smoothed(&curve(0.0, &values)).iter().zip(values) {
            assert!((smooth - value).abs() < 1e-12, "{smooth} {value}");
        }
    }

    #[test]
    fn a_lucky_point_among_dear_ones_is_dearer_than_cheap_ones() {
        let values = [0.4, 0.05, 0.02, 0.05, 0.3, 0.0, 0.5];
        let smooth = smoothed(&curve(0.01, &values));
        assert!(smooth[2] + 0.01 < smooth[5], "{smooth:?}");
        // With much less noise, the curve follows the point.
        let smooth = smoothed(&curve(0.000_1, &values));
        assert!(smooth[5] < smooth[2], "{smooth:?}");
    }

    #[test]
    fn a_curve_keeps_its_level_and_points_at_one_place_meet() {
        let smooth = smoothed(&curve(1e6, &[2.0, 4.0]));
        assert!(smooth.iter().all(|value| (value - 3.0).abs() < 1e-3), "{smooth:?}");
        let twice = [0.2, 0.4].map(|value| Drawn { octave: 5.0, value, luck: 1.0 });
        let smooth = smoothed(&twice);
        assert!((smooth[0] - smooth[1]).abs() < 0.01, "{smooth:?}");
    }
}
