//! How long a request takes: workers, a queue, office hours, and times of no service.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::options::{BackendOptions, Busy};
use crate::base::{DeviceId, Seed, Span, Time};
use crate::contract::{Event, RequestKind};

/// What a request asks of the backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Rows looked at.
    pub scanned: u64,
    /// Rows delivered, or mutations handled.
    pub rows: u64,
    /// Mutations handled beside rows that are delivered.
    pub pushed: u64,
    /// Rows marked for the sync's own sake.
    pub written: u64,
    /// Rows read before they are written.
    pub read: u64,
}

/// How a request was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// For whom.
    pub device: DeviceId,
    /// Its kind.
    pub kind: RequestKind,
    /// Time in the queue.
    pub queued: Span,
    /// Time in which a worker held it and the write lock was another's.
    pub locked: Span,
    /// Time at work.
    pub service: Span,
    /// Rows looked at.
    pub scanned: u64,
    /// Rows delivered or mutations handled.
    pub rows: u64,
    /// When the worker is done with it.
    pub done_at: Time,
}

impl Served {
    /// For listeners: it was of this device, or of the gateway itself.
    pub fn event(&self, device: Option<DeviceId>) -> Event<'static> {
        let Served { kind, queued, locked, service, scanned, rows, .. } = *self;
        Event::BackendServed { device, kind, queued, locked, service, scanned, rows }
    }
}

/// Workers that take requests in the order in which they come.
#[derive(Debug)]
pub(super) struct Pool {
    /// When each worker is free.
    free: BinaryHeap<Reverse<Time>>,
    /// When each request that waits is begun, in the order in which they came, which is that of
    /// these times.
    waiting: VecDeque<Time>,
    /// When the write lock is free.
    unlocked: Time,
    down: Vec<(Time, Time)>,
}

impl Pool {
    pub(super) fn new(options: &BackendOptions) -> Pool {
        let workers = options.workers.max(1) as usize;
        Pool {
            free: vec![Reverse(Time::ZERO); workers].into(),
            waiting: VecDeque::new(),
            unlocked: Time::ZERO,
            down: options.down.clone(),
        }
    }

    pub(super) fn set_down(&mut self, from: Time, until: Time) {
        self.down.push((from, until));
    }

    pub(super) fn is_up(&self, now: Time) -> bool {
        !self.down.iter().any(|&(from, until)| (from..until).contains(&now))
    }

    /// Requests that wait for a worker at `now`.
    pub(super) fn waiting(&mut self, now: Time) -> usize {
        while self.waiting.front().is_some_and(|begins| *begins <= now) {
            self.waiting.pop_front();
        }
        self.waiting.len()
    }

    /// When a request that comes at `now` is begun.
    pub(super) fn begins(&self, now: Time) -> Time {
        self.free.peek().expect("there is a worker").0.max(now)
    }

    /// Waits for the write lock from `begins` on, and then holds it for `held`; gives the wait.
    pub(super) fn lock(&mut self, begins: Time, held: Span) -> Span {
        let locked = self.unlocked.since(begins);
        if held > Span::ZERO {
            self.unlocked = begins + locked + held;
        }
        locked
    }

    /// Queues a request that comes at `now` and takes `service`; gives when it is begun and when it
    /// is done.
    pub(super) fn serve(&mut self, now: Time, service: Span) -> (Time, Time) {
        let begins = self.begins(now);
        let ends = begins + service;
        self.free.pop();
        self.free.push(Reverse(ends));
        if begins > now {
            self.waiting.push_back(begins);
        }
        (begins, ends)
    }
}

/// The service time that the costs give, before chance and office hours.
pub(super) fn mean_service(options: &BackendOptions, kind: RequestKind, load: Load) -> Span {
    let Load { scanned, rows, pushed, written, read } = load;
    options.write_row_cost * written
        + (options.scan_cost + options.row_cost) * read
        + match kind {
            RequestKind::Push => options.write_fixed_cost + options.write_row_cost * rows,
            RequestKind::Sync => {
                let writes = options.write_fixed_cost + options.write_row_cost * pushed;
                writes + options.scan_cost * scanned + options.row_cost * rows
            }
            RequestKind::Pull | RequestKind::Fetch => {
                options.fixed_cost + options.scan_cost * scanned + options.row_cost * rows
            }
        }
}

/// A log-normal variable with mean 1 and this coefficient of variation, times `mean`: σ² = ln(1 +
/// cv²), µ = −σ²/2. It is a function of its name alone: the request's number and device.
pub(super) fn varied(mean: Span, cv_milli: u32, seed: Seed, of: DeviceId, nth: u64) -> Span {
    if cv_milli == 0 {
        return mean;
    }
    let cv = f64::from(cv_milli) / 1e3;
    let variance = libm::log(1.0 + cv * cv);
    let factor = seed
        .stream("backend.service", u64::from(of.0), nth)
        .log_normal(libm::exp(-variance / 2.0), libm::sqrt(variance));
    Span::from_secs_f64(mean.as_secs_f64() * factor)
}

/// How long what takes `service` takes if it is begun at `begins`.
pub(super) fn slowed(service: Span, busy: Option<&Busy>, begins: Time) -> Span {
    match busy {
        Some(busy) if busy.hours.iter().any(|&(from, until)| (from..until).contains(&begins)) => {
            service.scaled(u64::from(busy.factor_milli), 1_000)
        }
        _ => service,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_ms as at;

    fn pool(workers: u32) -> Pool {
        Pool::new(&BackendOptions { workers, ..BackendOptions::default() })
    }

    #[test]
    fn reads_are_charged_by_rows_looked_at_and_delivered_and_writes_by_mutations() {
        let options = BackendOptions {
            fixed_cost: Span::millis(100),
            scan_cost: Span::millis(1),
            row_cost: Span::millis(20),
            write_fixed_cost: Span::millis(200),
            write_row_cost: Span::millis(10),
            ..BackendOptions::default()
        };
        let service = |kind| mean_service(&options, kind, Load { scanned: 7, rows: 3, ..Load::default() });
        assert_eq!(service(RequestKind::Pull), Span::millis(167));
        assert_eq!(service(RequestKind::Fetch), Span::millis(167));
        assert_eq!(service(RequestKind::Push), Span::millis(230));
    }

    #[test]
    fn who_writes_waits_until_marks_are_set_and_a_push_keeps_nobody_waiting() {
        let mut pool = pool(9);
        let mut lock = |ms, held| pool.lock(at(ms), Span::millis(held));
        assert_eq!(lock(0, 100), Span::ZERO, "marks of one transaction");
        assert_eq!(lock(30, 0), Span::millis(70), "a push");
        assert_eq!(lock(40, 100), Span::millis(60), "marks come after marks, and not after the push");
        assert_eq!(lock(150, 0), Span::millis(50));
        assert_eq!(lock(200, 0), Span::ZERO);
    }

    #[test]
    fn those_that_wait_are_counted_until_they_are_begun() {
        let mut pool = pool(1);
        for ms in [0, 0, 10, 20] {
            pool.serve(at(ms), Span::millis(100));
        }
        assert_eq!([20, 99, 100, 250, 300].map(|ms| pool.waiting(at(ms))), [3, 3, 2, 1, 0]);
    }

    #[test]
    fn nothing_is_taken_in_a_window_and_everything_around_it() {
        let mut pool =
            Pool::new(&BackendOptions { down: vec![(Time(10), Time(20))], ..BackendOptions::default() });
        pool.set_down(Time(30), Time(31));
        let up = [9, 10, 19, 20, 29, 30, 31].map(|t| pool.is_up(Time(t)));
        assert_eq!(up, [true, false, false, true, true, false, true]);
    }

    #[test]
    fn service_varies_about_its_mean_as_much_as_asked_for() {
        let mean = Span::millis(10);
        assert_eq!(varied(mean, 0, Seed(1), DeviceId(5), 0), mean, "without variation it is exact");
        for cv_milli in [500, 1_000, 2_000] {
            let drawn: Vec<f64> = (0..400_000)
                .map(|n| varied(mean, cv_milli, Seed(1), DeviceId(0), n).as_secs_f64() / 0.01)
                .collect();
            let count = drawn.len() as f64;
            let average = drawn.iter().sum::<f64>() / count;
            let variance = drawn.iter().map(|x| (x - average) * (x - average)).sum::<f64>() / count;
            let cv = variance.sqrt() * 1e3;
            assert!((average - 1.0).abs() < 0.01, "{cv_milli}: mean {average}");
            assert!((cv / f64::from(cv_milli) - 1.0).abs() < 0.05, "{cv_milli}: {cv}");
        }
    }

    #[test]
    fn what_is_begun_in_office_hours_takes_longer() {
        let busy = Busy { hours: vec![(at(100), at(200))], factor_milli: 2_500 };
        let times = [99, 100, 199, 200].map(|ms| slowed(Span::millis(10), Some(&busy), at(ms)));
        assert_eq!(times, [10, 25, 25, 10].map(Span::millis));
    }
}
