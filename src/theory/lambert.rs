//! Lambert's W: the inverse of w·eʷ.

/// The principal branch W₀ of x ≥ −1/e: the w ≥ −1 with w·eʷ = x.
///
/// Halley's iteration from the series at the branch point or from ln(1 + x); Corless, Gonnet, Hare,
/// Jeffrey, Knuth 1996, "On the Lambert W function", equations 4.22 and 5.9.
///
/// # Panics
/// When x < −1/e by more than rounding.
pub(super) fn w0(x: f64) -> f64 {
    let above_branch = 1.0 + std::f64::consts::E * x;
    assert!(above_branch > -1e-12, "W is real from -1/e on, and {x} is below");
    if above_branch <= 0.0 {
        return -1.0;
    }
    let p = libm::sqrt(2.0 * above_branch);
    let near_branch = -1.0 + p * (1.0 - p * (1.0 / 3.0 - p * 11.0 / 72.0));
    if p < 1e-4 {
        // Halley divides by w + 1, and the series is exact to the last digit here.
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
    fn it_is_the_inverse_on_the_whole_branch() {
        for step in 0..4_000 {
            let w = -0.999 + f64::from(step) * 0.003;
            let x = w * libm::exp(w);
            assert!((w0(x) - w).abs() < 1e-9 * (1.0 + w.abs()), "W({x}) = {}, not {w}", w0(x));
        }
        assert_eq!(w0(-1.0 / std::f64::consts::E), -1.0);
    }
}
