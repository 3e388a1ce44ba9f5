//! Reads the host's clock. No other file does so, and no simulated result depends on it.

#![expect(clippy::disallowed_types, reason = "host time is what is measured here")]

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    pub fn start() -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
