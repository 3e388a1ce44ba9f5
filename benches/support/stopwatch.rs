//! Time without that of other processes on the machine.

use std::time::{Duration, Instant};

/// Measures the processor time of this thread, or wall time if the system does not report it.
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

/// Linux counts it in nanoseconds, but updates the count only every few milliseconds.
fn on_processor() -> Option<Duration> {
    let counts = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(counts.split(' ').next()?.parse().ok()?))
}
