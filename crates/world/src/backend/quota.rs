//! Request quotas per client, like those of backends that many customers share.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::base::{DeviceId, Span, Time, in_words};

/// Limits per client. All limits that are set apply together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The unit that counts as one client.
    pub by: QuotaBy,
    /// Limits within a sliding window.
    pub window: Option<Window>,
    /// Maximum number of requests in service or in the queue at the same time.
    pub concurrent: Option<u32>,
    /// A token bucket. Each request takes one token.
    pub bucket: Option<Bucket>,
}

/// The unit that counts as one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaBy {
    /// Each device: people have their own accounts.
    #[default]
    Device,
    /// All devices: the gateway has one account.
    All,
}
in_words!(QuotaBy { Device: "device", All: "all" });

/// Limits within a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The length of the window.
    pub per: Span,
    /// Maximum number of requests.
    pub requests: Option<u32>,
    /// Maximum service time in total. The last request before a wait may exceed it.
    pub execution: Option<Span>,
}

/// A bucket that tokens enter at an even rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Tokens in a full bucket.
    pub burst: u32,
    /// Tokens per 1,000 seconds.
    pub rate_milli: u32,
}

#[derive(Debug)]
pub(super) struct Quotas {
    quota: Quota,
    clients: Vec<Client>,
}

#[derive(Clone, Debug, Default)]
struct Client {
    /// Requests in the window: arrival time and service time.
    recent: VecDeque<(Time, Span)>,
    executed: Span,
    /// The end of each request that is in service or in the queue.
    ends: BinaryHeap<Reverse<Time>>,
    full_at: Time,
}

impl Quotas {
    pub(super) fn new(quota: Quota) -> Quotas {
        Quotas { quota, clients: Vec::new() }
    }

    /// Admits a request that arrives at `now`, or returns the wait until one can be admitted.
    pub(super) fn admit(&mut self, now: Time, device: DeviceId) -> Result<(), Span> {
        let index = self.index(device);
        if self.clients.len() <= index {
            self.clients.resize_with(index + 1, Client::default);
        }
        let client = &mut self.clients[index];
        let from = client.free_from(now, &self.quota);
        if from > now {
            return Err(from - now);
        }
        if let Some(bucket) = self.quota.bucket {
            client.full_at = client.full_at.max(now) + bucket.interval();
        }
        Ok(())
    }

    /// Notes that a request admitted at `now` has this service time and ends at `ends`.
    pub(super) fn served(&mut self, now: Time, device: DeviceId, service: Span, ends: Time) {
        let index = self.index(device);
        let client = &mut self.clients[index];
        if self.quota.window.is_some() {
            client.recent.push_back((now, service));
            client.executed += service;
        }
        if self.quota.concurrent.is_some() {
            client.ends.push(Reverse(ends));
        }
    }

    fn index(&self, device: DeviceId) -> usize {
        if self.quota.by == QuotaBy::All { 0 } else { device.0 as usize }
    }
}

impl Bucket {
    fn interval(self) -> Span {
        Span::secs(1_000).scaled(1, u64::from(self.rate_milli.max(1)))
    }
}

impl Client {
    /// The time when the next request can be admitted: `now` or later.
    fn free_from(&mut self, now: Time, quota: &Quota) -> Time {
        let mut from = now;
        if let Some(window) = quota.window {
            from = from.max(self.window_free_from(now, window));
        }
        if let Some(most) = quota.concurrent {
            while self.ends.peek().is_some_and(|Reverse(end)| *end <= now) {
                self.ends.pop();
            }
            if self.ends.len() >= most as usize {
                from = from.max(self.ends.peek().map_or(now, |Reverse(end)| *end));
            }
        }
        if let Some(bucket) = quota.bucket {
            // The bucket has a token if it lacks at most burst − 1 tokens.
            let depth = bucket.interval() * u64::from(bucket.burst.saturating_sub(1));
            from = from.max(Time(self.full_at.0.saturating_sub(depth.0)));
        }
        from
    }

    fn window_free_from(&mut self, now: Time, window: Window) -> Time {
        while let Some(&(at, service)) = self.recent.front() {
            if at + window.per > now {
                break;
            }
            self.recent.pop_front();
            self.executed = self.executed.saturating_sub(service);
        }
        let (mut left, mut executed) = (self.recent.len(), self.executed);
        let full = |left: usize, executed: Span| {
            window.requests.is_some_and(|most| left >= most as usize)
                || window.execution.is_some_and(|most| executed >= most)
        };
        let mut from = now;
        for &(at, service) in &self.recent {
            if !full(left, executed) {
                break;
            }
            from = at + window.per;
            left -= 1;
            executed = executed.saturating_sub(service);
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_ms as at;

    /// Sends requests at these milliseconds. Each admitted one takes `service_ms`. Returns the wait
    /// of each refused request, in milliseconds.
    fn ask(quotas: &mut Quotas, service_ms: u64, times: &[u64]) -> Vec<Option<u64>> {
        let mut one = |&ms: &u64| match quotas.admit(at(ms), DeviceId(0)) {
            Ok(()) => {
                let service = Span::millis(service_ms);
                quotas.served(at(ms), DeviceId(0), service, at(ms) + service);
                None
            }
            Err(wait) => Some(wait.0 / 1_000_000),
        };
        times.iter().map(&mut one).collect()
    }

    #[test]
    fn who_is_refused_is_told_when_there_is_room_again() {
        let window = |secs, requests, execution| {
            let window = Window { per: Span::secs(secs), requests, execution };
            Quota { by: QuotaBy::Device, window: Some(window), concurrent: None, bucket: None }
        };
        let at_once = Quota { window: None, concurrent: Some(2), ..window(1, None, None) };
        type Case<'a> = (Quota, u64, &'a [u64], &'a [Option<u64>]);
        let cases: [Case<'_>; 3] = [
            // The oldest admitted request leaves the window.
            (
                window(1, Some(2), None),
                10,
                &[0, 300, 400, 999, 1_000, 1_001],
                &[None, None, Some(600), Some(1), None, Some(299)],
            ),
            (
                window(10, None, Some(Span::secs(2))),
                1_500,
                &[0, 2_000, 4_000, 10_000],
                &[None, None, Some(6_000), None],
            ),
            // The request that ends first makes room.
            (at_once, 500, &[0, 100, 200, 499, 500], &[None, None, Some(300), Some(1), None]),
        ];
        for (quota, service_ms, times, said) in cases {
            assert_eq!(ask(&mut Quotas::new(quota.clone()), service_ms, times), said, "{quota:?}");
        }
    }

    #[test]
    fn clients_share_a_quota_only_where_it_is_for_all() {
        let window = Window { per: Span::secs(1), requests: Some(1), execution: None };
        for (by, second) in [(QuotaBy::Device, true), (QuotaBy::All, false)] {
            let mut quotas = Quotas::new(Quota { by, window: Some(window), concurrent: None, bucket: None });
            for (device, admitted) in [(0, true), (7, second), (0, false)] {
                let answer = quotas.admit(at(1), DeviceId(device));
                assert_eq!(answer.is_ok(), admitted, "{by:?}, device {device}");
                if admitted {
                    quotas.served(at(1), DeviceId(device), Span::ZERO, at(1));
                }
            }
        }
    }
}
