//! The lateness of responses: the time from the planned end to the write on the socket.

use std::fmt;

use hdrhistogram::Histogram;

use crate::contract::Span;

/// The highest 99th percentile of lateness at which a session counts as paced, in nanoseconds of
/// real time.
const LATEST: u64 = 10_000_000;

/// The lateness of responses, and the duration of requests in virtual time.
#[derive(Clone, Debug)]
pub struct Lateness {
    late: Histogram<u64>,
    took: Histogram<u64>,
    speed: f64,
}

impl Lateness {
    pub(super) fn new(speed: f64) -> Lateness {
        let empty = || Histogram::new(3).expect("three digits are a precision");
        Lateness { late: empty(), took: empty(), speed }
    }
    /// Adds a response. `late` is by the machine's clock, and `took` is in virtual time.
    pub(super) fn add(&mut self, late: u64, took: Span) {
        // The histogram resizes itself, so the only possible error does not occur.
        _ = self.late.record(late);
        _ = self.took.record(took.0);
    }
    /// The number of written responses.
    pub fn responses(&self) -> u64 {
        self.late.len()
    }
    /// The lateness at a quantile, in nanoseconds of the machine's clock.
    pub fn quantile(&self, share: f64) -> u64 {
        self.late.value_at_quantile(share)
    }
    /// The greatest lateness, in nanoseconds of the machine's clock.
    pub fn most(&self) -> u64 {
        self.late.max()
    }
    /// The median duration of requests, in virtual time.
    pub fn median_took(&self) -> Span {
        Span(self.took.value_at_quantile(0.5))
    }
    /// True if the 99th percentile of lateness is at most 10 ms, and at most 5 % of the median
    /// request.
    pub fn is_paced(&self) -> bool {
        let (late, took) = (self.quantile(0.99), self.median_took().0 as f64);
        self.responses() == 0 || late <= LATEST && late as f64 * self.speed <= took * 0.05
    }
}

impl fmt::Display for Lateness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.responses() == 0 {
            return f.write_str("no response was written");
        }
        let ms = |nanos: u64| nanos as f64 / 1e6;
        let (p50, p99, most) = (ms(self.quantile(0.5)), ms(self.quantile(0.99)), ms(self.most()));
        write!(
            f,
            "{} responses, late by p50 {p50:.2} ms, p99 {p99:.2} ms, at most {most:.2} ms",
            self.responses()
        )?;
        let took = ms(self.median_took().0);
        match self.is_paced() {
            true => write!(f, "; the median request took {took:.1} ms"),
            false => write!(
                f,
                "\nNOT PACED: p99 is over 10 ms, or over 5 % of the median request ({took:.1} ms by the scenario's clock); apps saw times that differ from the scenario"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_paced_by_ten_ms_and_a_twentieth_of_a_request() {
        let with = |late: u64, took: Span, speed: f64| {
            let mut all = Lateness::new(speed);
            (0..100).for_each(|_| all.add(late, took));
            all
        };
        assert!(with(1_000_000, Span::millis(30), 1.0).is_paced());
        assert!(!with(1_000_000, Span::millis(30), 2.0).is_paced(), "virtual time is twice as fast");
        assert!(!with(2_000_000, Span::millis(30), 1.0).is_paced());
        assert!(!with(11_000_000, Span::secs(30), 1.0).is_paced());
        assert!(with(11_000_000, Span::secs(30), 1.0).to_string().contains("NOT PACED"));
        assert_eq!(Lateness::new(1.0).to_string(), "no response was written");
    }
}
