//! Waiting for one of c servers. Poisson arrivals; mean service time S; load ρ = λ·S/c < 1.
//!
//! Times are in units of S: a wait of 4.0 is four mean service times. Sources: Erlang 1917;
//! Pollaczek 1930, Khinchine 1932; Lee and Longton 1959; all in Gross and Harris, "Fundamentals of
//! Queueing Theory".

/// Erlang B: the share of requests that find all `servers` busy and go away, at `offered` = λ·S.
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, k| offered * blocked / (f64::from(k) + offered * blocked))
}

/// Erlang C: the share of requests that wait in an M/M/c at load ρ.
pub fn erlang_c(servers: u32, load: f64) -> f64 {
    assert!((0.0..1.0).contains(&load), "a queue at load {load} has no mean");
    let blocked = erlang_b(servers, f64::from(servers) * load);
    blocked / (1.0 - load * (1.0 - blocked))
}

/// Mean wait in an M/M/c, in service times: C ÷ (c(1 − ρ)).
pub fn mmc_wait(servers: u32, load: f64) -> f64 {
    erlang_c(servers, load) / (f64::from(servers) * (1.0 - load))
}

/// The share of requests that wait longer than `t` service times in an M/M/c: C·e^{−c(1 − ρ)t}.
pub fn mmc_wait_exceeds(servers: u32, load: f64, t: f64) -> f64 {
    erlang_c(servers, load) * libm::exp(-f64::from(servers) * (1.0 - load) * t)
}

/// Mean wait in an M/G/1, in service times: ρ(1 + cv²) ÷ (2(1 − ρ)) (Pollaczek and Khinchine); cv²
/// is the squared coefficient of variation of the service time.
pub fn mg1_wait(load: f64, cv2: f64) -> f64 {
    assert!((0.0..1.0).contains(&load), "a queue at load {load} has no mean");
    load * (1.0 + cv2) / (2.0 * (1.0 - load))
}

/// Mean wait in an M/G/c, in service times: the M/M/c's times (1 + cv²)/2 (Lee and Longton). Exact
/// for one server, else an approximation.
pub fn mgc_wait(servers: u32, load: f64, cv2: f64) -> f64 {
    mmc_wait(servers, load) * (1.0 + cv2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchors_come_out() {
        for (servers, load, wait, waits) in [
            (1, 0.8, 4.0, 0.8),
            (4, 0.8, 0.7455, 0.5964),
            (8, 0.8, 0.2860, 0.4576),
            (16, 0.8, 0.0953, 0.3049),
            (8, 0.9, 0.8769, 0.7015),
            (32, 0.9, 0.1432, 0.4582),
            (16, 0.95, 0.9752, 0.7802),
        ] {
            assert!(
                (mmc_wait(servers, load) - wait).abs() < 6e-5,
                "c = {servers}: {}",
                mmc_wait(servers, load)
            );
            assert!((erlang_c(servers, load) - waits).abs() < 6e-5, "c = {servers}");
        }
        assert!((erlang_b(8, 6.4) - 0.1444).abs() < 5e-5);
        assert!((mg1_wait(0.8, 0.0) - 2.0).abs() < 1e-12, "M/D/1");
        assert!((mg1_wait(0.8, 4.0) - 10.0).abs() < 1e-12, "a service time that varies a lot");
    }

    #[test]
    fn the_general_forms_meet_the_special_ones() {
        assert!((mgc_wait(1, 0.8, 4.0) - mg1_wait(0.8, 4.0)).abs() < 1e-12);
        assert!((mgc_wait(8, 0.8, 1.0) - mmc_wait(8, 0.8)).abs() < 1e-12);
        assert!((mmc_wait_exceeds(8, 0.8, 0.0) - erlang_c(8, 0.8)).abs() < 1e-12);
        // The mean is the integral of the tail.
        let tail: f64 =
            (0..100_000).map(|n| mmc_wait_exceeds(4, 0.8, (f64::from(n) + 0.5) * 1e-3) * 1e-3).sum();
        assert!((tail - mmc_wait(4, 0.8)).abs() < 1e-5, "{tail}");
    }
}
