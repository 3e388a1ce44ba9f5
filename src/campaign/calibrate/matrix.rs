//! Small square matrices, of as many coefficients as a line has.

pub(super) type Matrix<const K: usize> = [[f64; K]; K];

/// A pivot smaller than this is a column that the others make up.
const PIVOT_MIN: f64 = 1e-9;

/// The coefficients of least squares without one of them, from those with it and the inverse of
/// XᵀWX.
pub(super) fn leaving_out<const K: usize>(zero: usize, with: &[f64; K], inverse: &Matrix<K>) -> [f64; K] {
    let share = with[zero] / inverse[zero][zero];
    std::array::from_fn(|i| if i == zero { 0.0 } else { with[i] - inverse[i][zero] * share })
}

pub(super) fn dot<const K: usize>(a: &[f64; K], b: &[f64; K]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// xᵀ·M·x.
pub(super) fn form<const K: usize>(matrix: &Matrix<K>, x: &[f64; K]) -> f64 {
    matrix.iter().zip(x).map(|(row, x_i)| x_i * dot(row, x)).sum()
}

/// Adds so many times x·xᵀ.
pub(super) fn add<const K: usize>(matrix: &mut Matrix<K>, times: f64, x: &[f64; K]) {
    for (row, x_i) in matrix.iter_mut().zip(x) {
        for (cell, x_j) in row.iter_mut().zip(x) {
            *cell += times * x_i * x_j;
        }
    }
}

pub(super) fn product<const K: usize>(a: &Matrix<K>, b: &Matrix<K>) -> Matrix<K> {
    let cell = |i: usize, j: usize| (0..K).map(|k| a[i][k] * b[k][j]).sum();
    std::array::from_fn(|i| std::array::from_fn(|j| cell(i, j)))
}

/// The inverse of a symmetric positive matrix, by Gauss and Jordan on its scaled form; `None` if it
/// has none.
pub(super) fn inverse<const K: usize>(matrix: &Matrix<K>) -> Option<Matrix<K>> {
    let scale: [f64; K] = std::array::from_fn(|i| libm::sqrt(matrix[i][i]));
    if scale.iter().any(|s| !(*s > 0.0 && s.is_finite())) {
        return None;
    }
    let mut left: Matrix<K> =
        std::array::from_fn(|i| std::array::from_fn(|j| matrix[i][j] / scale[i] / scale[j]));
    let mut right: Matrix<K> = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    for pivot in 0..K {
        let by = left[pivot][pivot];
        if by < PIVOT_MIN {
            return None;
        }
        for j in 0..K {
            left[pivot][j] /= by;
            right[pivot][j] /= by;
        }
        for i in (0..K).filter(|i| *i != pivot) {
            let factor = left[i][pivot];
            for j in 0..K {
                left[i][j] -= factor * left[pivot][j];
                right[i][j] -= factor * right[pivot][j];
            }
        }
    }
    Some(std::array::from_fn(|i| std::array::from_fn(|j| right[i][j] / scale[i] / scale[j])))
}
