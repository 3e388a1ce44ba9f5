//! A cell's time by the machine's clock, and precise timers.

#![expect(clippy::disallowed_types, reason = "a cell runs at real time")]

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use syncdyno_contract::base::{Span, Time};
use tokio::io::unix::AsyncFd;

use crate::live::kernel;

/// When a cell began; the same instant for all its threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace(Instant);

impl Pace {
    /// A cell that begins after this time.
    pub(crate) fn beginning_in(span: Span) -> Pace {
        Pace(Instant::now() + Duration::from_nanos(span.0))
    }
    /// The time of the cell; zero before it begins.
    pub(crate) fn now(self) -> Time {
        Time(Instant::now().saturating_duration_since(self.0).as_nanos() as u64)
    }
    /// How long until `time`; zero if it is past.
    pub(crate) fn until(self, time: Time) -> Duration {
        let at = self.0 + Duration::from_nanos(time.0.min(1 << 60));
        at.saturating_duration_since(Instant::now())
    }
    /// Waits until `time`. Tokio's timers are late by up to a millisecond; this one is not.
    pub(crate) async fn sleep_until(self, time: Time) {
        let wait = self.until(time);
        if wait.is_zero() {
            return tokio::task::yield_now().await;
        }
        match timer(wait) {
            Ok(timer) => _ = timer.readable().await,
            Err(_) => tokio::time::sleep(wait).await,
        }
    }
}

fn timer(wait: Duration) -> std::io::Result<AsyncFd<OwnedFd>> {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let it_value = timespec(wait);
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once)?;
    kernel::awaited(timer)
}

/// A duration in the kernel's format.
pub(crate) fn timespec(wait: Duration) -> Timespec {
    Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() }
}

/// Latenesses, in nanoseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Late(Vec<u64>);

/// Shared by the tasks of one thread.
pub(crate) type SharedLateness = Rc<RefCell<Late>>;

impl Late {
    /// Notes something that was due at `due` and happened at `at`.
    pub(crate) fn note(&mut self, due: Time, at: Time) {
        self.0.push(at.since(due).0);
    }
    pub(crate) fn join(&mut self, other: Late) {
        self.0.extend(other.0);
    }
    /// The 99th percentile.
    pub(crate) fn p99(&self) -> Span {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        Span(sorted.get(last * 99 / 100).copied().unwrap_or(0))
    }
    pub(crate) fn max(&self) -> Span {
        Span(self.0.iter().copied().max().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_of_lates_is_told_and_the_longest() {
        let mut late = Late::default();
        (1..=1_000).for_each(|n| late.note(Time(5), Time(5 + n)));
        assert_eq!((late.p99(), late.max()), (Span(990), Span(1_000)));
        assert_eq!(Late::default().p99(), Span::ZERO);
        late.note(Time(9), Time(3));
        assert_eq!(late.max(), Span(1_000), "early is not late");
    }
}
