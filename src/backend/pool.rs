//! How long a request takes: workers, a queue, and times of no service.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::options::Options;
use crate::base::{Span, Time};
use crate::contract::{Event, RequestKind, ServerError};

/// How a request was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its kind.
    pub kind: RequestKind,
    /// Time in the queue.
    pub queued: Span,
    /// Time at work.
    pub service: Span,
    /// Rows looked at.
    pub scanned: u64,
    /// Rows delivered or mutations handled.
    pub rows: u64,
    /// When the gateway has the answer, or gives up.
    pub done_at: Time,
    /// The gateway gave up waiting. What was written is written.
    pub timed_out: bool,
}

impl Served {
    /// For listeners.
    pub fn event(&self) -> Event<'static> {
        let Served { kind, queued, service, scanned, rows, .. } = *self;
        Event::BackendServed { kind, queued, service, scanned, rows }
    }
}

/// Workers that take requests in the order in which they come.
#[derive(Debug)]
pub(super) struct Pool {
    /// When each worker is free.
    free: BinaryHeap<Reverse<Time>>,
    down: Vec<(Time, Time)>,
}

impl Pool {
    pub(super) fn new(options: &Options) -> Pool {
        let workers = options.workers.max(1) as usize;
        Pool { free: vec![Reverse(Time::ZERO); workers].into(), down: options.down.clone() }
    }

    pub(super) fn set_down(&mut self, from: Time, until: Time) {
        self.down.push((from, until));
    }

    /// Whether requests are taken at `now`.
    pub(super) fn admit(&self, now: Time) -> Result<(), ServerError> {
        let down = self.down.iter().any(|&(from, until)| (from..until).contains(&now));
        if down { Err(ServerError::Unavailable) } else { Ok(()) }
    }

    /// When a request that comes at `now` is begun.
    pub(super) fn begins(&self, now: Time) -> Time {
        self.free.peek().expect("there is a worker").0.max(now)
    }

    /// Queues and serves a request that comes at `now`.
    pub(super) fn serve(
        &mut self,
        options: &Options,
        now: Time,
        kind: RequestKind,
        scanned: u64,
        rows: u64,
    ) -> Served {
        let service = match kind {
            RequestKind::Push => options.write_fixed_cost + options.write_row_cost * rows,
            RequestKind::Pull | RequestKind::Fetch => options.fixed_cost + options.row_cost * scanned,
        };
        let begins = self.begins(now);
        let ends = begins + service;
        self.free.pop();
        self.free.push(Reverse(ends));
        let gives_up = now + options.gateway_timeout;
        Served {
            kind,
            queued: begins.since(now),
            service,
            scanned,
            rows,
            done_at: ends.min(gives_up),
            timed_out: ends > gives_up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(workers: u32) -> Options {
        Options {
            workers,
            fixed_cost: Span::millis(100),
            row_cost: Span::millis(1),
            write_fixed_cost: Span::millis(200),
            write_row_cost: Span::millis(10),
            gateway_timeout: Span::secs(1),
            ..Options::default()
        }
    }

    #[test]
    fn reads_are_charged_by_rows_looked_at_and_writes_by_mutations() {
        let options = options(1);
        let service =
            |kind| Pool::new(&options).serve(&options, Time::ZERO, kind, 7, 3).service.as_micros() / 1_000;
        assert_eq!(service(RequestKind::Pull), 107);
        assert_eq!(service(RequestKind::Fetch), 107);
        assert_eq!(service(RequestKind::Push), 230);
    }

    #[test]
    fn requests_wait_for_the_first_free_worker_in_the_order_in_which_they_came() {
        let options = options(2);
        let mut pool = Pool::new(&options);
        let mut at = |ms: u64, scanned| {
            let now = Time(ms * 1_000_000);
            let served = pool.serve(&options, now, RequestKind::Pull, scanned, 0);
            (served.queued.as_micros() / 1_000, served.done_at.0 / 1_000_000)
        };
        assert_eq!(at(0, 0), (0, 100));
        assert_eq!(at(0, 100), (0, 200));
        assert_eq!(at(10, 0), (90, 200));
        assert_eq!(at(10, 0), (190, 300));
        assert_eq!(at(1_000, 0), (0, 1_100), "an idle pool has no memory");
    }

    #[test]
    fn a_gateway_gives_up_while_the_worker_works_on() {
        let options = options(1);
        let mut pool = Pool::new(&options);
        let slow = pool.serve(&options, Time::ZERO, RequestKind::Pull, 1_900, 0);
        assert_eq!((slow.timed_out, slow.done_at), (true, Time::ZERO + Span::secs(1)));
        let next = pool.serve(&options, slow.done_at, RequestKind::Pull, 0, 0);
        assert_eq!((next.queued, next.timed_out), (Span::secs(1), true));
        let last = pool.serve(&options, Time::ZERO + Span::secs(3), RequestKind::Pull, 900, 0);
        assert_eq!((last.queued, last.timed_out), (Span::ZERO, false), "exactly the timeout is in time");
    }

    #[test]
    fn nothing_is_taken_in_a_window_and_everything_around_it() {
        let (from, until) = (Time(10), Time(20));
        let mut pool = Pool::new(&Options { down: vec![(from, until)], ..options(1) });
        pool.set_down(Time(30), Time(31));
        let up: Vec<bool> = [9, 10, 19, 20, 29, 30, 31].map(|t| pool.admit(Time(t)).is_ok()).into();
        assert_eq!(up, [true, false, false, true, true, false, true]);
    }
}
