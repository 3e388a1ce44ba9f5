//! How a sender handles an acknowledgement (`tcp_ack`).

use super::bbr::Told;
use super::board::News;
use super::receiver::Ack;
use super::{Control, Feed, Packets, Repairs, State, Timer};
use crate::base::{Span, Time};

#[derive(Clone, Copy)]
pub(super) struct Heard {
    pub(super) advances: bool,
    pub(super) beyond: bool,
    /// The newly acknowledged packets include one that was sent once, before a loss was found.
    pub(super) original: bool,
    pub(super) twice: bool,
    pub(super) echo: Time,
}

impl Packets {
    pub(super) fn hears(&mut self, ack: &Ack, feed: &mut Feed<'_>) {
        if ack.next < self.board.una {
            return;
        }
        let before = (self.board.delivered, self.board.losses, self.board.in_flight());
        (self.room, self.heard) = (self.room.max(ack.room), ack.sent);
        let advances = ack.next > self.board.una;
        if advances {
            (self.timeouts, self.silent) = (0, None);
        }
        if let Some(twice) = ack.twice {
            self.came_twice(twice);
        }
        let (now, high, least) = (self.now, self.high, self.trips.least);
        let mut news = self.board.sack(now, ack.blocks(), high, least);
        self.board.acknowledge(now, (ack.next, ack.echo), high, least, &mut news);
        let (rtt, rearms) = self.times(ack, advances, &news);
        self.answers_probe(ack, advances, news.beyond);
        let heard = Heard {
            advances,
            beyond: news.beyond,
            original: news.original,
            twice: ack.twice.is_some(),
            echo: ack.echo,
        };
        let dubious = !advances || heard.beyond || heard.twice || self.state != State::Open;
        let timer = self.timer;
        let repairs = if dubious { self.alert(&heard) } else { Repairs::None };
        let waits = self.timer != timer && matches!(self.timer, Some((Timer::Reordering, _)));
        if self.board.out() == 0 {
            self.timer = None;
        } else if rearms && !waits && !self.arm_probe(true) {
            self.arm_timeout();
        }
        self.moves_window(&heard, &news, rtt, before);
        match repairs {
            Repairs::None => (),
            Repairs::Lost => self.resend(feed),
            Repairs::New => {
                self.send(feed);
                if self.board.next <= self.high {
                    self.doubts = false;
                    self.resend(feed);
                }
            }
        }
        self.send(feed);
    }

    fn came_twice(&mut self, k: u64) {
        if self.board.came_twice(k) && self.undo.from.is_some_and(|from| k >= from) {
            self.undo.again = self.undo.again.map(|again| again.saturating_sub(1));
        }
    }

    /// Takes round-trip samples. Returns the last packet's sample, and true if the timer must
    /// restart.
    fn times(&mut self, ack: &Ack, advances: bool, news: &News) -> (Option<Span>, bool) {
        let now = self.now;
        let sacked = news.sacked.map(|(first, _)| now.since(first));
        let fresh = news.acked.filter(|_| !news.repeated);
        let mut rearms = advances;
        if let Some(sacked) = sacked.filter(|_| !advances) {
            rearms = self.board.head().is_some_and(|head| sacked > now.since(head.sent));
        }
        let (sample, last) = match (fresh, news.sacked) {
            (Some((first, last)), _) => (now.since(first), now.since(last)),
            (None, Some((first, last))) => (now.since(first), now.since(last)),
            (None, None) if advances => (now.since(ack.echo), now.since(ack.echo)),
            (None, None) => return (None, rearms),
        };
        self.trips.least = self.trips.least.min(last);
        self.trips.seen(sample, self.board.una, self.board.next);
        if advances && let Control::Cubic(cubic) = &mut self.control {
            let (una, next) = (self.board.una, self.board.next);
            if cubic.sees(now, last, self.course, una, next) {
                self.course.threshold = self.course.window;
            }
        }
        (Some(last), rearms)
    }

    /// Evaluates a tail-loss probe (`tcp_process_tlp_ack`).
    fn answers_probe(&mut self, ack: &Ack, advances: bool, beyond: bool) {
        let Some(probe) = self.probe.filter(|probe| ack.next >= probe.high) else { return };
        let twice = ack.twice.is_some_and(|twice| twice + 1 == probe.high);
        if !probe.again || twice {
            self.probe = None;
        } else if ack.next > probe.high {
            // The probe repaired a loss.
            self.begin_reduction();
            self.enter(State::Reduction);
            self.end_reduction();
            self.keep_open();
        } else if !advances && !beyond {
            self.probe = None;
        }
    }

    /// Updates the window. `before`: packets delivered, lost and in flight before this
    /// acknowledgement.
    fn moves_window(&mut self, heard: &Heard, news: &News, rtt: Option<Span>, before: (u64, u64, u64)) {
        let board = &mut self.board;
        let (acked, losses) = (board.delivered - before.0, board.losses - before.1);
        if board.delivered > board.starved {
            board.starved = 0;
        }
        if acked > 0 {
            board.delivered_at = self.now;
        }
        match &mut self.control {
            Control::Bbr(bbr) => {
                let told = Told {
                    now: self.now,
                    state: self.state,
                    rate: news.rate,
                    acked,
                    losses,
                    rtt,
                    in_flight: before.2,
                    paced: self.paced,
                    least: self.trips.least,
                };
                bbr.hears(&told, board, &mut self.course.window);
            }
            Control::Cubic(_) if self.state.reduces() => self.reduces(acked, losses, heard.advances),
            Control::Cubic(cubic) => {
                let progress = heard.advances || self.board.reorders && heard.beyond;
                let below = self.course.in_slow_start() && self.course.window < 2 * self.usage.most;
                if progress && (self.usage.limited || below) {
                    cubic.grows(self.now, &mut self.course, acked);
                }
            }
        }
    }
}
