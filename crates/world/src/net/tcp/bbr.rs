//! BBR's start-up (version 1, `net/ipv4/tcp_bbr.c`). It sends at 2.89 times the bandwidth seen so
//! far, in grains (bursts) of 1/32 of the window. Each acknowledged grain gives a sample of the
//! bandwidth. Once the pipe is full, the rest leaves at the link's own rate. Every 10 s, BBR probes
//! for 200 ms to measure the round trip without load.

use std::collections::VecDeque;

use super::step::Pace;
use crate::base::{Span, Time};

/// Pacing gain of the start-up: 2/ln 2.
pub(super) const GAIN: f64 = 2.885;
/// Linux paces 1 % below its bandwidth estimate.
pub(super) const MARGIN: f64 = 0.99;
const UNPACED: f64 = 10.0;
/// From this rate on, packets leave in pairs. In packets per second: 1.2 Mbit/s, 1 448 bytes each.
const PAIRS_FROM: f64 = 1_200_000.0 / 8.0 / 1_448.0;
const INITIAL: f64 = super::window::INITIAL;
/// The pipe is full if the bandwidth grew by less than this factor in each of `ROUNDS` rounds.
pub(super) const GROWTH: f64 = 1.25;
pub(super) const ROUNDS: u32 = 3;
/// How long the smallest round trip stays valid.
const FORGETS: Span = Span::secs(10);
/// If a round trip is at most this many times the smallest one, the link is empty.
const EMPTY: f64 = 1.01;
/// To measure the smallest round trip again, BBR keeps four packets in flight for this long.
pub(super) const PROBE: Span = Span::millis(200);

#[derive(Clone, Debug, Default)]
pub(super) struct Bbr {
    pub(super) window: f64,
    /// Highest delivery rate in packets per second, and the round in which it was seen.
    pub(super) rate: (f64, u64),
    pub(super) pacing: f64,
    pub(super) delivered: f64,
    /// While `delivered` is at most this, samples are application-limited.
    starved: f64,
    pub(super) rounds: u64,
    pub(super) round_ends: f64,
    pub(super) full: (f64, u32),
    pub(super) sent: f64,
    /// When the link was last seen empty.
    pub(super) seen: Time,
    /// True if its start-up continues behind packets in flight, so the link is not empty.
    pub(super) loaded: bool,
}

struct Grain {
    size: f64,
    sent: f64,
    back: f64,
    delivered: f64,
    delivered_at: f64,
    first_sent: f64,
    starved: bool,
}

impl Bbr {
    pub(super) fn new(rtt: Span, now: Time) -> Bbr {
        let pacing = GAIN * INITIAL / rtt.as_secs_f64().max(0.001);
        Bbr { window: INITIAL, pacing, seen: now, ..Bbr::default() }
    }

    pub(super) fn window(&self) -> u64 {
        self.window as u64
    }
    pub(super) fn delivered(&self) -> u64 {
        self.delivered as u64
    }
    /// Smallest burst, in packets (`bbr_min_tso_segs`).
    fn least_burst(&self) -> f64 {
        if self.pacing < PAIRS_FROM { 1.0 } else { 2.0 }
    }
    fn is_full(&self) -> bool {
        self.full.1 >= ROUNDS
    }

    /// Sends `n` packets. `natural(from, done, k)` is the time when the `k` packets after the first
    /// `done` have left, if they start at `from`. Calls `handed` with time and size of each part of
    /// the start-up. Returns the time when all have left, and how many the start-up sent.
    pub(super) fn send(
        &mut self,
        n: u64,
        pace: &Pace,
        natural: impl Fn(Time, u64, u64) -> Time,
        mut handed: impl FnMut(Time, u64),
    ) -> (Time, u64) {
        self.starved = self.delivered;
        if pace.start.since(self.seen) > FORGETS {
            // The first packets after a rest see an empty link.
            self.seen = pace.start;
        }
        let after = |seconds: f64| pace.start + Span::from_secs_f64(seconds);
        let leaves = |from, done, k| {
            let left: Time = natural(after(from), done as u64, k as u64);
            (left - pace.start).as_secs_f64()
        };
        let (free, left) = self.start(n, pace, leaves, |at, size| handed(after(at), size as u64));
        let (mut end, opening) = (after(free), n - left as u64);
        if left >= 1.0 {
            self.delivered += left;
            end = natural(end, opening, left as u64);
        }
        match self.probes(end, pace) {
            Span::ZERO => (end, opening),
            // The delayed packets may fall into a time without capacity.
            idle => (natural(end + idle, n, 0), opening),
        }
    }

    /// Idle time of the probes for the round trip. In each probe, the link transmits only four
    /// packets per round trip until the smallest round trip is seen again.
    fn probes(&mut self, end: Time, pace: &Pace) -> Span {
        let lasts = PROBE.max(pace.round.rtt) + pace.round.rtt;
        let share = (4.0 * pace.round.segment.as_secs_f64() / pace.turn.as_secs_f64()).min(1.0);
        let idle = Span::from_secs_f64(lasts.as_secs_f64() * (1.0 - share));
        let due = end.since(self.seen).saturating_sub(FORGETS);
        let probes = due.0.div_ceil((FORGETS + lasts.saturating_sub(idle)).0);
        self.seen += (FORGETS + lasts) * probes;
        idle * probes
    }

    /// The paced start-up, in seconds from the start of `pace`. Returns the time when the
    /// bottleneck is free, and the packets left once the pipe is full.
    fn start(
        &mut self,
        n: u64,
        pace: &Pace,
        leaves: impl Fn(f64, f64, f64) -> f64,
        mut handed: impl FnMut(f64, f64),
    ) -> (f64, f64) {
        let segment = pace.round.segment.as_secs_f64();
        let back = pace.back().as_secs_f64();
        let mut left = n as f64;
        let (mut now, mut free, mut next) = (0.0_f64, 0.0_f64, 0.0_f64);
        let (mut first_sent, mut delivered_at) = (0.0, 0.0);
        let mut flight: VecDeque<Grain> = VecDeque::new();
        let mut out = 0.0;
        while !self.is_full() || !flight.is_empty() {
            while !self.is_full() && left >= 1.0 && next <= now && out + 1.0 <= self.window {
                let size = (self.window / 32.0).max(self.least_burst()).min(left).min(self.window - out);
                let size = size.trunc();
                free = leaves(now.max(free), n as f64 - left, size);
                let starved = self.delivered <= self.starved;
                let delivered = self.delivered;
                flight.push_back(Grain {
                    size,
                    sent: now,
                    back: free + back,
                    delivered,
                    delivered_at,
                    first_sent,
                    starved,
                });
                handed(now, size);
                out += size;
                left -= size;
                self.sent += size;
                if self.sent > UNPACED {
                    // After a rest, up to half of a wait is saved (`tcp_update_skb_after_send`).
                    let wait = size / self.pacing;
                    next = next.max(now) + wait - (wait / 2.0).min((now - next).max(0.0));
                }
            }
            let Some(grain) = flight.front() else { break };
            now = grain.back;
            if !self.is_full() && left >= 1.0 && out + 1.0 <= self.window && next < now {
                now = next;
                continue;
            }
            let Some(grain) = flight.pop_front() else { break };
            if !self.loaded && now - grain.sent <= EMPTY * (grain.size * segment + back) {
                self.seen = pace.start + Span::from_secs_f64(now);
            }
            out -= grain.size;
            first_sent = grain.sent;
            self.delivered += grain.size;
            delivered_at = now;
            self.sample(&grain, now, back + segment);
        }
        (free, left)
    }

    fn sample(&mut self, grain: &Grain, now: f64, rtt: f64) {
        let starts_round = grain.delivered >= self.round_ends;
        if starts_round {
            self.round_ends = self.delivered;
            self.rounds += 1;
        }
        let interval = (grain.sent - grain.first_sent).max(now - grain.delivered_at);
        if interval >= rtt * 0.999 {
            let rate = (self.delivered - grain.delivered) / interval;
            let forgotten = self.rounds > self.rate.1 + 10 && !grain.starved;
            if rate >= self.rate.0 || forgotten {
                self.rate = (rate, self.rounds);
            }
        }
        if starts_round && !grain.starved && !self.is_full() {
            self.full = if self.rate.0 >= self.full.0 * GROWTH {
                (self.rate.0, 0)
            } else {
                (self.full.0, self.full.1 + 1)
            };
        }
        self.pacing = self.pacing.max(self.rate.0 * GAIN * MARGIN);
        let target = self.rate.0 * rtt * GAIN + 6.0;
        if self.window < target || self.delivered < INITIAL {
            self.window += grain.size;
        }
    }
}
