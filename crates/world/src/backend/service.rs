//! How the backend serves requests: it admits them, queues them, lets some fail, and computes their
//! service times.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::options::{Availability, BackendOptions, Busy};
use super::quota::Quotas;
use crate::base::{DeviceId, Seed, Span, Time};
use crate::contract::{Event, RequestKind, ServerError};

/// The workers, and the number of requests from each device.
#[derive(Debug)]
pub struct Service {
    options: Arc<BackendOptions>,
    seed: Seed,
    /// The time when each worker becomes free.
    free: BinaryHeap<Reverse<Time>>,
    /// The start of service of each waiting request; requests are in the order of arrival.
    waiting: VecDeque<Time>,
    /// The time when the write lock becomes free.
    unlocked: Time,
    /// The backend refuses requests in these intervals (`from <= now < until`).
    pub down: Vec<(Time, Time)>,
    quotas: Option<Quotas>,
    asked: FxHashMap<DeviceId, u64>,
}

/// An admitted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what is let in is served"]
pub struct Admitted {
    at: Time,
    device: DeviceId,
    pub fails: Option<Failing>,
    /// The request's number among those of its device.
    nth: u64,
}

/// The moment at which a random failure hits a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Before it took effect.
    Before,
    /// After it took effect: only the response is lost.
    After,
}

/// The work of a request, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Rows read.
    pub scanned: u64,
    /// Rows delivered.
    pub rows: u64,
    /// Mutations handled; delivered rows do not count here.
    pub pushed: u64,
    /// Rows written for the sync's own marks.
    pub written: u64,
    /// Rows read before a write.
    pub read: u64,
}

/// The service of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    pub device: DeviceId,
    pub kind: RequestKind,
    pub queued: Span,
    /// The time in which the request had a worker and waited for the write lock.
    locked: Span,
    pub service: Span,
    pub scanned: u64,
    pub rows: u64,
    pub(crate) done_at: Time,
}

impl Served {
    pub fn event(&self, device: Option<DeviceId>) -> Event<'static> {
        let Served { kind, queued, locked, service, scanned, rows, .. } = *self;
        Event::BackendServed { device, kind, queued, locked, service, scanned, rows }
    }
}

impl Service {
    pub(super) fn new(options: Arc<BackendOptions>, seed: Seed) -> Service {
        Service {
            seed,
            free: vec![Reverse(Time::ZERO); options.workers.max(1) as usize].into(),
            waiting: VecDeque::new(),
            unlocked: Time::ZERO,
            down: options.down.clone(),
            quotas: options.quota.clone().map(Quotas::new),
            asked: FxHashMap::default(),
            options,
        }
    }

    /// Admits a request that arrives at `now`. Call it once per request, in the order of arrival.
    /// Requests admitted before an outage are served to the end.
    pub fn admit(&mut self, now: Time, device: DeviceId) -> Result<Admitted, ServerError> {
        let asked = self.asked.entry(device).or_default();
        let nth = *asked;
        *asked += 1;
        // A free worker takes the request at once.
        let (waits, queue) = (self.begins(now) > now, self.options.queue);
        let full = waits && queue.is_some_and(|most| self.waiting(now) >= most as usize);
        if full || self.down.iter().any(|&(from, until)| (from..until).contains(&now)) {
            return Err(ServerError::Unavailable);
        }
        if let Some(quotas) = &mut self.quotas {
            quotas.admit(now, device).map_err(ServerError::Throttled)?;
        }
        Ok(Admitted { at: now, device, fails: self.fails(device, nth), nth })
    }

    fn fails(&self, device: DeviceId, nth: u64) -> Option<Failing> {
        if self.options.errors.0 == 0 {
            return None;
        }
        let mut stream = self.seed.stream("backend.error", u64::from(device.0), nth);
        let fails = stream.chance(self.options.errors.share());
        fails.then(|| if stream.chance(0.5) { Failing::Before } else { Failing::After })
    }

    /// The start of service of a request that arrives at `now`.
    pub fn begins(&self, now: Time) -> Time {
        self.free.peek().expect("there is a worker").0.max(now)
    }

    fn waiting(&mut self, now: Time) -> usize {
        while self.waiting.front().is_some_and(|begins| *begins <= now) {
            self.waiting.pop_front();
        }
        self.waiting.len()
    }

    /// Notes that another transaction holds the write lock until `until`.
    pub fn hold_lock(&mut self, until: Time) {
        self.unlocked = self.unlocked.max(until);
    }

    /// Waits for the write lock from `begins`, then holds it for `held`. Returns the wait.
    fn lock(&mut self, begins: Time, held: Span) -> Span {
        let locked = self.unlocked.since(begins);
        if held > Span::ZERO {
            self.unlocked = begins + locked + held;
        }
        locked
    }

    pub fn serve(&mut self, admitted: Admitted, kind: RequestKind, load: Load) -> Served {
        let Admitted { at: now, device, nth, .. } = admitted;
        let mean = mean_service(&self.options, kind, load);
        let varied = varied(mean, self.options.service_cv_milli, self.seed, device, nth);
        let begins = self.begins(now);
        let service = slowed(varied, self.options.busy.as_ref(), begins);
        let Load { scanned, rows, pushed, written, read } = load;
        let locked = if kind.pushes() || written > 0 {
            let marks = self.options.write_row_cost * written;
            self.lock(begins, service.scaled(marks.0, mean.0.max(1)))
        } else {
            Span::ZERO
        };
        let done_at = begins + locked + service;
        self.free.pop();
        self.free.push(Reverse(done_at));
        if begins > now {
            self.waiting.push_back(begins);
        }
        if let Some(quotas) = &mut self.quotas {
            quotas.served(now, device, service, done_at);
        }
        Served {
            device,
            kind,
            queued: begins.since(now),
            locked,
            service,
            scanned: scanned + read,
            rows: rows + pushed,
            done_at,
        }
    }

    /// The time when a read that arrives at `now` would end, with an average service time.
    pub fn done(&self, now: Time, scanned: u64, rows: u64) -> Time {
        let load = Load { scanned, rows, ..Load::default() };
        self.begins(now) + mean_service(&self.options, RequestKind::Pull, load)
    }
}

fn mean_service(options: &BackendOptions, kind: RequestKind, load: Load) -> Span {
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

/// `mean` times a log-normal variable of mean 1 and this coefficient of variation: σ² = ln(1 +
/// cv²), µ = −σ²/2. It depends only on the device and the request's number.
fn varied(mean: Span, cv_milli: u32, seed: Seed, of: DeviceId, nth: u64) -> Span {
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

fn slowed(service: Span, busy: Option<&Busy>, begins: Time) -> Span {
    match busy {
        Some(busy) if busy.hours.iter().any(|&(from, until)| (from..until).contains(&begins)) => {
            service.scaled(u64::from(busy.factor_milli), 1_000)
        }
        _ => service,
    }
}

/// The random outages up to `end`, in order. Up times and down times alternate and are exponential.
/// The process is in its steady state from the start.
pub(crate) fn outages(availability: Availability, seed: Seed, end: Time) -> Vec<(Time, Time)> {
    let share = availability.share.share();
    let mean_down = availability.mean_outage;
    if share >= 1.0 || mean_down == Span::ZERO {
        return Vec::new();
    }
    let mean_up = Span::from_secs_f64(mean_down.as_secs_f64() * share / (1.0 - share));
    let mut stream = seed.stream("backend.availability", 0, 0);
    let mut outages = Vec::new();
    // An exponential time has no memory: its remaining part is exponential too.
    let mut from = if stream.chance(share) { Time::ZERO + stream.exponential(mean_up) } else { Time::ZERO };
    while from < end {
        let until = from + stream.exponential(mean_down);
        outages.push((from, until.min(end)));
        from = until + stream.exponential(mean_up);
    }
    outages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_ms as at;

    #[test]
    fn who_writes_waits_until_marks_are_set_and_a_push_keeps_nobody_waiting() {
        let mut service = Service::new(Arc::new(BackendOptions::default()), Seed(1));
        let mut lock = |ms, held| service.lock(at(ms), Span::millis(held));
        assert_eq!(lock(0, 100), Span::ZERO, "marks of one transaction");
        assert_eq!(lock(30, 0), Span::millis(70), "a push");
        assert_eq!(lock(40, 100), Span::millis(60), "marks come after marks, and not after the push");
        assert_eq!(lock(150, 0), Span::millis(50));
        assert_eq!(lock(200, 0), Span::ZERO);
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
}

#[cfg(test)]
mod availability_tests {
    use super::*;
    use crate::base::Ppm;

    #[test]
    fn the_share_of_time_and_the_length_of_outages_come_out() {
        let end = Time::ZERO + Span::secs(20_000 * 3_600);
        for (ppm, minutes) in [(995_000, 30), (500_000, 4), (900_000, 240)] {
            let availability = Availability { share: Ppm(ppm), mean_outage: Span::secs(minutes * 60) };
            let outages = outages(availability, Seed(3), end);
            let down: u64 = outages.iter().map(|(from, until)| (*until - *from).0).sum();
            let up = 1e6 - down as f64 / end.0 as f64 * 1e6;
            let mean = down as f64 / outages.len() as f64 / 60e9;
            let off = (1e6 - up) / (1e6 - f64::from(ppm)) - 1.0;
            assert!(off.abs() < 0.15, "up {up} of a million, not {ppm}");
            assert!((mean / minutes as f64 - 1.0).abs() < 0.15, "{mean} minutes, not {minutes}");
            assert!(outages.windows(2).all(|pair| pair[0].1 < pair[1].0), "outages lie apart");
        }
    }
}
