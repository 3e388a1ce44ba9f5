//! How requests are served: which are let in, which fail, and how long they take.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::options::BackendOptions;
use super::pool::{Load, Pool, Served, mean_service, slowed, varied};
use super::quota::Quotas;
use crate::base::{DeviceId, Seed, Span, Time};
use crate::contract::{RequestKind, ServerError};

/// The workers, and who has had what of them.
#[derive(Debug)]
pub struct Service {
    options: Arc<BackendOptions>,
    seed: Seed,
    pool: Pool,
    quotas: Option<Quotas>,
    asked: FxHashMap<DeviceId, u64>,
}

/// A request that was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what is let in is served"]
pub struct Admitted {
    /// When it came.
    pub at: Time,
    /// Of whom.
    pub device: DeviceId,
    /// Whether it will fail by accident.
    pub fails: Option<Failing>,
    /// Its number among those of its device.
    nth: u64,
}

/// When a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failing {
    /// Before it has had any effect.
    Before,
    /// After it took effect: only the answer is lost.
    After,
}

impl Service {
    pub(super) fn new(options: Arc<BackendOptions>, seed: Seed) -> Service {
        let (pool, quotas) = (Pool::new(&options), options.quota.clone().map(Quotas::new));
        Service { options, seed, pool, quotas, asked: FxHashMap::default() }
    }

    /// Lets a request of `device` in that comes at `now`: called once for each, in the order in
    /// which they come.
    ///
    /// # Errors
    /// [`ServerError::Unavailable`] inside a window of no service and where the queue is full;
    /// [`ServerError::Throttled`] beyond the quota. What was taken before a window is served to its
    /// end.
    pub fn admit(&mut self, now: Time, device: DeviceId) -> Result<Admitted, ServerError> {
        let asked = self.asked.entry(device).or_default();
        let nth = *asked;
        *asked += 1;
        let full = self.options.queue.is_some_and(|most| {
            // A free worker takes it without a wait.
            self.pool.begins(now) > now && self.pool.waiting(now) >= most as usize
        });
        if full || !self.pool.is_up(now) {
            return Err(ServerError::Unavailable);
        }
        if let Some(quotas) = &mut self.quotas {
            quotas.admit(now, device).map_err(ServerError::Throttled)?;
        }
        Ok(Admitted { at: now, device, fails: self.fails(device, nth), nth })
    }

    /// Whether the request of this number of a device will fail by accident.
    fn fails(&self, device: DeviceId, nth: u64) -> Option<Failing> {
        if self.options.errors.0 == 0 {
            return None;
        }
        let mut stream = self.seed.stream("backend.error", u64::from(device.0), nth);
        let fails = stream.chance(self.options.errors.share());
        fails.then(|| if stream.chance(0.5) { Failing::Before } else { Failing::After })
    }

    /// Takes no requests in `from <= now < until`, besides the windows of [`BackendOptions::down`].
    pub fn set_down(&mut self, from: Time, until: Time) {
        self.pool.set_down(from, until);
    }

    /// When a request that comes at `now` is begun.
    pub fn begins(&self, now: Time) -> Time {
        self.pool.begins(now)
    }

    /// Charges a request that was let in.
    pub fn serve(&mut self, admitted: Admitted, kind: RequestKind, load: Load) -> Served {
        let Admitted { at: now, device, nth, .. } = admitted;
        let mean = mean_service(&self.options, kind, load);
        let varied = varied(mean, self.options.service_cv_milli, self.seed, device, nth);
        let begins = self.pool.begins(now);
        let service = slowed(varied, self.options.busy.as_ref(), begins);
        let Load { scanned, rows, pushed, written, read } = load;
        let locked = if kind.pushes() || written > 0 {
            let marks = self.options.write_row_cost * written;
            self.pool.lock(begins, service.scaled(marks.0, mean.0.max(1)))
        } else {
            Span::ZERO
        };
        let (begins, done_at) = self.pool.serve(now, locked + service);
        if let Some(quotas) = &mut self.quotas {
            quotas.served(now, device, service, done_at);
        }
        Served {
            device: admitted.device,
            kind,
            queued: begins.since(now),
            locked,
            service,
            scanned: scanned + read,
            rows: rows + pushed,
            done_at,
        }
    }

    /// When a read that comes at `now` is done, if it takes as long as such reads do on average.
    pub fn done(&self, now: Time, scanned: u64, rows: u64) -> Time {
        let load = Load { scanned, rows, ..Load::default() };
        self.begins(now) + mean_service(&self.options, RequestKind::Pull, load)
    }
}
