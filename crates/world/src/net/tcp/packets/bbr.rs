//! BBR, one acknowledgement at a time (version 1, `net/ipv4/tcp_bbr.c`).

use super::super::bbr::{Bbr as Rounds, GAIN, GROWTH, MARGIN, PROBE, ROUNDS};
use super::board::{Board, Rate};
use super::state::State;
use crate::base::{Span, Time};

/// 1/GAIN.
const DRAIN: f64 = 88.0 / 256.0;
/// Pacing gains of the phases, one per round trip.
const PHASES: [f64; 8] = [1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
/// Linux starts in a random phase. This one is as likely as any other.
const FIRST_PHASE: usize = 2;
/// Rounds for which a bandwidth estimate, and an aggregation estimate, is valid.
const BELIEVED: u64 = 10;
const AGGREGATION: u64 = 5;
/// Packets in flight while BBR probes for the round trip; also the smallest window.
const FEW: u64 = 4;
const FORGETS: Span = Span::secs(10);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Startup,
    Drain,
    Cruise,
    Look,
}

pub(super) struct Told {
    pub(super) now: Time,
    pub(super) state: State,
    pub(super) rate: Rate,
    pub(super) acked: u64,
    pub(super) losses: u64,
    pub(super) rtt: Option<Span>,
    pub(super) in_flight: u64,
    pub(super) paced: Time,
    pub(super) least: Span,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Bbr {
    mode: Mode,
    /// The three best bandwidths as (round, packets per second).
    best: [(u64, f64); 3],
    least: Span,
    least_at: Time,
    look_ends: Option<Time>,
    look_round: bool,
    rounds: u64,
    round_ends: u64,
    begins: bool,
    before: State,
    conserves: bool,
    restarts: bool,
    full: (f64, u32),
    saved: u64,
    phase: usize,
    phase_at: Time,
    gain: f64,
    /// Pacing rate in payload bytes per second.
    pub(super) pacing: f64,
    payload: f64,
    extra: [u64; 2],
    extra_rounds: u64,
    /// Start of the current acknowledgement burst, and packets acknowledged since.
    burst: (Time, u64),
    long: Long,
}

/// The bandwidth that a policer (it drops packets above a rate) allows. It is measured over
/// intervals with many losses.
#[derive(Clone, Copy, Debug, Default)]
struct Long {
    uses: bool,
    samples: bool,
    rounds: u64,
    bandwidth: f64,
    losses: u64,
    delivered: u64,
    at: Time,
}

impl Long {
    fn begins(&mut self, board: &Board) {
        (self.losses, self.delivered) = (board.losses, board.delivered);
        (self.at, self.rounds) = (board.delivered_at, 0);
    }

    /// Updates the estimate. Returns true if the estimate was used for 48 rounds and is dropped.
    fn looks(&mut self, board: &Board, losses: u64, starved: bool, begins: bool, cruises: bool) -> bool {
        if self.uses {
            self.rounds += u64::from(cruises && begins);
            if self.rounds >= 48 {
                *self = Long::default();
                return true;
            }
            return false;
        }
        if !self.samples {
            if losses == 0 {
                return false;
            }
            self.samples = true;
            self.begins(board);
        }
        self.rounds += u64::from(begins);
        if starved || self.rounds > 16 {
            *self = Long::default();
        } else if self.rounds >= 4 && losses > 0 {
            let (lost, delivered) = (board.losses - self.losses, board.delivered - self.delivered);
            let time = board.delivered_at.since(self.at).as_secs_f64();
            if delivered > 0 && 256 * lost >= 50 * delivered && time >= 0.001 {
                self.interval(delivered as f64 / time, board);
            }
        }
        false
    }

    fn interval(&mut self, bandwidth: f64, board: &Board) {
        let apart = (bandwidth - self.bandwidth).abs();
        if self.bandwidth > 0.0 && apart * 8.0 <= self.bandwidth {
            self.bandwidth = (self.bandwidth + bandwidth) / 2.0;
            (self.uses, self.rounds) = (true, 0);
        } else {
            self.bandwidth = bandwidth;
            self.begins(board);
        }
    }
}

impl Bbr {
    /// Continues from the model in rounds. `least`: smallest round trip. `payload`: bytes per
    /// packet.
    pub(super) fn of(rounds: &Rounds, least: Span, payload: u64, now: Time) -> Bbr {
        let full = rounds.full;
        let mode = if full.1 >= ROUNDS { Mode::Cruise } else { Mode::Startup };
        let payload = payload as f64;
        let bandwidth = rounds.rate.0;
        let pacing = if mode == Mode::Cruise { bandwidth * MARGIN } else { rounds.pacing };
        Bbr {
            mode,
            best: [(rounds.rounds, bandwidth); 3],
            least,
            least_at: rounds.seen,
            rounds: rounds.rounds,
            round_ends: rounds.round_ends as u64,
            full,
            phase: FIRST_PHASE,
            phase_at: now,
            gain: if mode == Mode::Cruise { 1.0 } else { GAIN },
            pacing: pacing * payload,
            payload,
            burst: (now, 0),
            ..Bbr::default()
        }
    }

    pub(super) fn tells(&self, rounds: &mut Rounds, window: u64, board: &Board) {
        rounds.window = window.max(FEW) as f64;
        rounds.rate = (self.best[0].1, self.rounds);
        rounds.pacing = self.pacing / self.payload;
        (rounds.delivered, rounds.sent) = (board.delivered as f64, rounds.sent.max(board.next as f64));
        (rounds.rounds, rounds.round_ends) = (self.rounds, self.round_ends as f64);
        (rounds.full, rounds.seen) = (self.full, self.least_at);
        rounds.loaded = false;
    }

    fn is_full(&self) -> bool {
        self.full.1 >= ROUNDS
    }
    fn bandwidth(&self) -> f64 {
        if self.long.uses { self.long.bandwidth } else { self.best[0].1 }
    }

    /// Updates the windowed maximum of the bandwidth (by Kathleen Nichols, `lib/win_minmax.c`).
    fn believes(&mut self, rate: f64) {
        let (now, best) = (self.rounds, &mut self.best);
        let new = (now, rate);
        if rate >= best[0].1 || now - best[2].0 > BELIEVED {
            *best = [new; 3];
            return;
        }
        if rate >= best[1].1 {
            (best[1], best[2]) = (new, new);
        } else if rate >= best[2].1 {
            best[2] = new;
        }
        let age = now - best[0].0;
        if age > BELIEVED {
            *best = [best[1], best[2], new];
            if now - best[0].0 > BELIEVED {
                *best = [best[1], best[2], new];
            }
        } else if best[1].0 == best[0].0 && age > BELIEVED / 4 {
            (best[1], best[2]) = (new, new);
        } else if best[2].0 == best[1].0 && age > BELIEVED / 2 {
            best[2] = new;
        }
    }

    /// Packets per burst: the packets of a millisecond, but at least two (one on a slow path).
    pub(super) fn together(&self) -> u64 {
        let least = if self.pacing < 150_000.0 { 1 } else { 2 };
        ((self.pacing / 1024.0 / self.payload) as u64).clamp(least, 44)
    }

    /// Packets for `gain` times the bandwidth-delay product, plus `more` and three bursts.
    fn holds(&self, gain: f64, more: f64) -> u64 {
        let pipe = libm::ceil(self.bandwidth() * self.least.as_secs_f64() * gain);
        let packets = (pipe + more) as u64 + 3 * self.together();
        let probes = self.mode == Mode::Cruise && self.phase == 0;
        packets.next_multiple_of(2) + if probes { 2 } else { 0 }
    }

    /// How many of `in_flight` packets are still in the network when the next packet leaves.
    fn left(&self, told: &Told, in_flight: u64) -> u64 {
        let wait = told.paced.since(told.now).as_secs_f64();
        let burst = if self.gain > 1.0 { self.together() } else { 0 };
        (in_flight + burst).saturating_sub((self.bandwidth() * wait) as u64)
    }

    pub(super) fn saves(&mut self, window: u64) {
        let fresh = self.before < State::Recovery && self.mode != Mode::Look;
        self.saved = if fresh { window } else { self.saved.max(window) };
    }

    pub(super) fn times_out(&mut self, board: &Board) {
        (self.before, self.full.0, self.begins) = (State::Loss, 0.0, true);
        let cruises = self.mode == Mode::Cruise;
        if self.long.looks(board, 1, false, true, cruises) {
            self.cruise(board.delivered_at);
        }
    }

    pub(super) fn undoes(&mut self) {
        self.full = (0.0, if self.is_full() { ROUNDS } else { 0 });
        self.long = Long::default();
    }

    pub(super) fn wakes(&mut self, now: Time, window: &mut u64) {
        self.restarts = true;
        self.burst = (now, 0);
        match self.mode {
            Mode::Cruise => self.paces(1.0),
            Mode::Look => self.end_look(now, window),
            _ => (),
        }
    }

    fn paces(&mut self, gain: f64) {
        let pacing = self.bandwidth() * self.payload * gain * MARGIN;
        if self.is_full() || pacing > self.pacing {
            self.pacing = pacing;
        }
    }

    fn cruise(&mut self, at: Time) {
        (self.mode, self.phase, self.phase_at) = (Mode::Cruise, FIRST_PHASE, at);
    }

    fn end_look(&mut self, now: Time, window: &mut u64) {
        if self.look_ends.is_some_and(|ends| now > ends) {
            self.least_at = now;
            *window = (*window).max(self.saved);
            match self.is_full() {
                true => self.cruise(now),
                false => self.mode = Mode::Startup,
            }
        }
    }

    pub(super) fn hears(&mut self, told: &Told, board: &mut Board, window: &mut u64) {
        self.measures(told, board, *window);
        self.moves_on(told, board);
        self.looks(told, board, window);
        self.gain = match self.mode {
            Mode::Startup => GAIN,
            Mode::Drain => DRAIN,
            Mode::Cruise if !self.long.uses => PHASES[self.phase],
            Mode::Cruise | Mode::Look => 1.0,
        };
        self.paces(self.gain);
        self.opens(told, board, window);
    }

    fn measures(&mut self, told: &Told, board: &Board, window: u64) {
        self.begins = false;
        let Some((before, at)) = told.rate.before else { return };
        let interval = told.rate.sending.max(told.now.since(at));
        if interval < told.least || interval == Span::ZERO {
            return;
        }
        if before >= self.round_ends {
            (self.round_ends, self.begins) = (board.delivered, true);
            self.rounds += 1;
            self.conserves = false;
        }
        let cruises = self.mode == Mode::Cruise;
        if self.long.looks(board, told.losses, told.rate.starved, self.begins, cruises) {
            self.cruise(board.delivered_at);
        }
        let rate = (board.delivered - before) as f64 / interval.as_secs_f64();
        if !told.rate.starved || rate >= self.best[0].1 {
            self.believes(rate);
        }
        if told.acked > 0 {
            self.aggregates(told, board, window);
        }
        if !self.is_full() && self.begins && !told.rate.starved {
            self.full = match self.best[0].1 >= self.full.0 * GROWTH {
                true => (self.best[0].1, 0),
                false => (self.full.0, self.full.1 + 1),
            };
        }
    }

    fn aggregates(&mut self, told: &Told, board: &Board, window: u64) {
        if self.begins {
            self.extra_rounds += 1;
            if self.extra_rounds >= AGGREGATION {
                (self.extra, self.extra_rounds) = ([0, self.extra[0]], 0);
            }
        }
        let since = board.delivered_at.since(self.burst.0).as_secs_f64();
        let mut expected = (self.bandwidth() * since) as u64;
        if self.burst.1 <= expected {
            self.burst = (board.delivered_at, 0);
            expected = 0;
        }
        self.burst.1 += told.acked;
        self.extra[0] = self.extra[0].max((self.burst.1 - expected).min(window));
    }

    fn moves_on(&mut self, told: &Told, board: &Board) {
        if self.mode == Mode::Cruise {
            let whole = board.delivered_at.since(self.phase_at) > self.least;
            let left = self.left(told, told.in_flight);
            let next = match self.gain {
                gain if gain > 1.0 => whole && (told.losses > 0 || left >= self.holds(gain, 0.0)),
                gain if gain < 1.0 => whole || left <= self.holds(1.0, 0.0),
                _ => whole,
            };
            if next {
                (self.phase, self.phase_at) = ((self.phase + 1) % PHASES.len(), board.delivered_at);
            }
        }
        if self.mode == Mode::Startup && self.is_full() {
            self.mode = Mode::Drain;
        }
        if self.mode == Mode::Drain && self.left(told, board.in_flight()) <= self.holds(1.0, 0.0) {
            self.cruise(board.delivered_at);
        }
    }

    /// Probes for the smallest round trip if the known one is 10 s old.
    fn looks(&mut self, told: &Told, board: &mut Board, window: &mut u64) {
        let now = told.now;
        let forgotten = now.since(self.least_at) > FORGETS;
        if let Some(rtt) = told.rtt
            && (rtt < self.least || forgotten)
        {
            (self.least, self.least_at) = (rtt, now);
        }
        if forgotten && !self.restarts && self.mode != Mode::Look {
            self.mode = Mode::Look;
            self.saves(*window);
            self.look_ends = None;
        }
        if self.mode == Mode::Look {
            board.starved = (board.delivered + board.in_flight()).max(1);
            if self.look_ends.is_none() {
                if board.in_flight() <= FEW {
                    (self.look_ends, self.look_round) = (Some(now + PROBE), false);
                    self.round_ends = board.delivered;
                }
            } else {
                self.look_round |= self.begins;
                if self.look_round {
                    self.end_look(now, window);
                }
            }
        }
        self.restarts &= told.rate.before.is_none();
    }

    fn opens(&mut self, told: &Told, board: &Board, window: &mut u64) {
        if told.acked > 0 {
            self.opens_for(told, board, window);
        }
        if self.mode == Mode::Look {
            *window = (*window).min(FEW);
        }
    }

    fn opens_for(&mut self, told: &Told, board: &Board, window: &mut u64) {
        let (before, acked) = (self.before, told.acked);
        let mut open = window.saturating_sub(told.losses).max(1);
        if told.state == State::Recovery && before != State::Recovery {
            (self.conserves, self.round_ends) = (true, board.delivered);
            open = board.in_flight() + acked;
        } else if before >= State::Recovery && told.state < State::Recovery {
            open = open.max(self.saved);
            self.conserves = false;
        }
        self.before = told.state;
        if self.conserves {
            *window = open.max(board.in_flight() + acked);
            return;
        }
        let gain = match self.mode {
            Mode::Startup | Mode::Drain => GAIN,
            Mode::Cruise => 2.0,
            Mode::Look => 1.0,
        };
        if self.is_full() {
            let extra = self.extra[0].max(self.extra[1]) as f64;
            let target = self.holds(gain, extra.min(self.bandwidth() * 0.1));
            open = (open + acked).min(target);
        } else if open < self.holds(gain, 0.0) || board.delivered < 10 {
            open += acked;
        }
        *window = open.max(FEW);
    }
}
