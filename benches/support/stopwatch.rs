//! A stopwatch that does not count the time of other processes.

use std::time::{Duration, Instant};

/// Measures the processor time of this thread. If the system does not report it, measures wall
/// time.
pub(crate) struct Stopwatch {
    start: Instant,
    on_processor: Option<Duration>,
}

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { on_processor: on_processor(), start: Instant::now() }
    }

    pub(crate) fn read(&self) -> Duration {
        let wall = self.start.elapsed();
        let on_processor = self.on_processor.zip(on_processor());
        on_processor.map_or(wall, |(before, now)| now - before)
    }
}

/// Linux counts processor time in nanoseconds, but updates the count only every few milliseconds.
fn on_processor() -> Option<Duration> {
    let counts = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(counts.split(' ').next()?.parse().ok()?))
}
