//! Many clients at once: after an outage, and under a quota. Fluid limits; times in seconds.

/// How long after an outage of `outage` seconds the queue is gone: (N + λ·T₀) ÷ (c/S − λ), with
/// `waiting` clients that wait in any case, `arrivals` more a second, and `capacity` = c/S requests
/// a second. `None` if more come than are served.
pub fn drain(waiting: f64, arrivals: f64, outage: f64, capacity: f64) -> Option<f64> {
    (capacity > arrivals).then(|| (waiting + arrivals * outage) / (capacity - arrivals))
}

/// The longest wait if all `clients` come at once: N·S/c.
pub fn peak_wait(clients: f64, capacity: f64) -> f64 {
    clients / capacity
}

/// The shortest time over which `clients` must spread their starts so that no queue builds up
/// beside `arrivals` a second; `None` if there is no such time.
pub fn spread(clients: f64, arrivals: f64, capacity: f64) -> Option<f64> {
    (capacity > arrivals).then(|| clients / (capacity - arrivals))
}

/// When a client that needs `requests` requests is done under a token bucket of `burst` tokens that
/// fills with `rate` a second: (R − b)/r, at once if the burst is enough.
pub fn token_bucket(requests: f64, burst: f64, rate: f64) -> f64 {
    ((requests - burst) / rate).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_herd_drains_at_what_is_left_of_the_capacity() {
        // 1 000 phones, 2 a second more, 5 minutes down, 8 workers of 100 ms.
        assert!((drain(1_000.0, 2.0, 300.0, 80.0).unwrap() - 1_600.0 / 78.0).abs() < 1e-12);
        assert_eq!(drain(1_000.0, 80.0, 300.0, 80.0), None);
        assert!((peak_wait(1_000.0, 80.0) - 12.5).abs() < 1e-12);
        assert!((spread(1_000.0, 30.0, 80.0).unwrap() - 20.0).abs() < 1e-12);
        assert_eq!(spread(1_000.0, 90.0, 80.0), None);
    }

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_then_its_rate() {
        assert_eq!(token_bucket(10.0, 20.0, 2.0), 0.0);
        assert!((token_bucket(6_300.0, 6_000.0, 20.0) - 15.0).abs() < 1e-12);
    }
}
