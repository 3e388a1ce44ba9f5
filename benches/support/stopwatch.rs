//! Time that does not count what others do on the machine.

use std::time::{Duration, Instant};

/// Measures the time that this thread was on a processor; wall time where the system does not tell.
pub(crate) struct Stopwatch {
    start: Instant,
    on_processor: Option<Duration>,
}

impl Stopwatch {
    /// Starts now.
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { on_processor: on_processor(), start: Instant::now() }
    }

    /// The time since the start.
    pub(crate) fn read(&self) -> Duration {
        let wall = self.start.elapsed();
        let on_processor = self.on_processor.zip(on_processor());
        on_processor.map_or(wall, |(before, now)| now - before)
    }
}

/// Linux counts it in nanoseconds, but brings the count up to date every few milliseconds only.
fn on_processor() -> Option<Duration> {
    let counts = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(counts.split(' ').next()?.parse().ok()?))
}
