//! A sender's reaction to losses, and its undo of a wrong reaction (`tcp_fastretrans_alert`).

use super::acks::Heard;
use super::board::earlier;
use super::{Control, Feed, Packets, Reduction, Repairs, State, Timer, Undo, cubic};
use crate::base::{Span, Time};

/// A missing packet counts as lost, not reordered, if this many packets after it are SACKed.
const BEYOND: u64 = 3;

impl Packets {
    /// Handles an acknowledgement that reports a gap or a duplicate, or that comes in a state other
    /// than `Open`.
    pub(super) fn alert(&mut self, heard: &Heard) -> Repairs {
        if self.state == State::Open {
            self.undo.since = None;
        } else if self.board.una >= self.high {
            self.reaches_high(heard.echo);
        }
        match self.state {
            State::Recovery => {
                if heard.advances && self.undo.from.is_some() && self.is_delayed(heard.echo) {
                    // The original arrived, late.
                    self.board.reorders = true;
                    if self.board.again > 0 {
                        return Repairs::Lost;
                    }
                    self.take_back(true);
                    self.keep_open();
                }
                if self.all_came_twice() {
                    self.take_back(false);
                    self.try_open();
                }
                self.find_lost();
                if self.state != State::Recovery && !self.recovers() {
                    return Repairs::None;
                }
            }
            State::Loss => {
                let repairs = self.goes_on_after_timeout(heard);
                let again = self.board.again;
                self.find_lost();
                if self.state != State::Open && self.board.again >= again {
                    return repairs;
                }
                if !self.recovers() {
                    return repairs;
                }
            }
            _ => {
                if self.state <= State::Disorder && self.all_came_twice() {
                    self.take_back(false);
                }
                self.find_lost();
                if !self.recovers() {
                    return Repairs::None;
                }
            }
        }
        Repairs::Lost
    }

    fn reaches_high(&mut self, echo: Time) {
        match self.state {
            State::Reduction if self.board.una > self.high => {
                self.end_reduction();
                self.enter(State::Open);
            }
            State::Recovery => {
                let fresh = self.undo.from.is_some();
                if self.may_take_back(echo) {
                    self.take_back(false);
                } else if fresh {
                    self.end_reduction();
                }
                self.enter(State::Open);
            }
            _ => (),
        }
    }

    fn recovers(&mut self) -> bool {
        if self.board.lost == 0 {
            self.try_open();
            return false;
        }
        self.enter_recovery();
        true
    }

    fn enter_recovery(&mut self) {
        let before = (self.course.window, self.kept_threshold());
        self.notes_undo();
        if self.state.reduces() {
            self.undo.threshold = 0;
        } else {
            self.begin_reduction();
            (self.undo.window, self.undo.threshold) = before;
        }
        self.enter(State::Recovery);
    }

    /// The reordering timer fired: the missing packets did not arrive in time.
    pub(super) fn waited_for_others(&mut self) {
        let before = self.board.in_flight();
        self.find_lost();
        if self.board.in_flight() != before && self.state != State::Recovery {
            self.enter_recovery();
            if matches!(self.control, Control::Cubic(_)) {
                self.reduces(1, 0, false);
            }
        }
    }

    fn find_lost(&mut self) {
        let surely = self.state >= State::Recovery || self.board.sacked >= BEYOND;
        let patience = match !self.board.reorders && surely {
            true => Span::ZERO,
            false => Span(self.trips.least.0 / 4).min(self.trips.smoothed),
        };
        if let Some(left) = self.board.find_lost(self.now, patience) {
            self.arm(Timer::Reordering, left + super::TICK * 2);
        }
    }

    pub(super) fn enter(&mut self, state: State) {
        if state == State::Loss {
            match &mut self.control {
                Control::Cubic(cubic) => cubic.forgets(self.now, self.board.next),
                Control::Bbr(bbr) => bbr.times_out(&self.board),
            }
        }
        self.state = state;
    }

    pub(super) fn times_out(&mut self, feed: &mut Feed<'_>) {
        if self.board.out() == 0 {
            return;
        }
        let fresh = self.state < State::Recovery;
        self.board.time_out(self.now);
        let first = self.state == State::Loss && self.timeouts == 0;
        if self.state <= State::Disorder || self.board.una >= self.high || first {
            let before = (self.course.window, self.kept_threshold());
            self.lowers_threshold();
            self.notes_undo();
            (self.undo.window, self.undo.threshold) = before;
        }
        self.course.window = self.board.in_flight() + 1;
        self.enter(State::Loss);
        (self.high, self.probe) = (self.board.next, None);
        self.doubts = fresh || self.timeouts > 0;
        self.timeouts += 1;
        self.repair(self.board.una, feed);
        self.trips.backs_off();
        self.arm(Timer::Timeout, self.trips.timeout);
    }

    /// The threshold to restore: at least 75 % of the window.
    fn kept_threshold(&self) -> u64 {
        match self.state.reduces() {
            true => self.course.threshold,
            false => self.course.threshold.max(self.course.window * 3 / 4),
        }
    }

    fn lowers_threshold(&mut self) {
        match &mut self.control {
            Control::Cubic(cubic) => self.course.threshold = cubic.loses(self.course.window),
            Control::Bbr(bbr) => bbr.saves(self.course.window),
        }
    }

    fn notes_undo(&mut self) {
        let again = Some(self.board.again).filter(|again| *again > 0);
        self.undo = Undo { from: Some(self.board.una), again, ..self.undo };
    }

    pub(super) fn begin_reduction(&mut self) {
        (self.high, self.probe) = (self.board.next, None);
        self.reduction = Reduction { from: self.course.window, ..Reduction::default() };
        self.lowers_threshold();
    }

    pub(super) fn end_reduction(&mut self) {
        let bounded = self.course.threshold < cubic::NONE;
        if bounded && matches!(self.control, Control::Cubic(_)) {
            self.course.window = self.course.threshold;
        }
    }

    /// Proportional rate reduction: sends less per delivered packet (RFC 6937).
    pub(super) fn reduces(&mut self, acked: u64, losses: u64, advances: bool) {
        let Reduction { from, sent, .. } = self.reduction;
        if acked == 0 || from == 0 {
            return;
        }
        self.reduction.delivered += acked;
        let (delivered, threshold) = (self.reduction.delivered, self.course.threshold);
        let in_flight = self.board.in_flight();
        let more = if in_flight > threshold {
            (threshold * delivered).div_ceil(from).saturating_sub(sent)
        } else {
            let more = delivered.saturating_sub(sent).max(acked) + u64::from(advances && losses == 0);
            more.min(threshold - in_flight)
        };
        self.course.window = in_flight + more.max(u64::from(sent == 0));
    }

    fn all_came_twice(&self) -> bool {
        self.undo.from.is_some() && self.undo.again == Some(0)
    }
    /// True if the echoed packet was sent before any retransmission (RFC 3522).
    fn is_delayed(&self, echo: Time) -> bool {
        self.undo.since.is_some_and(|since| earlier(echo, since))
    }
    fn may_take_back(&self, echo: Time) -> bool {
        self.all_came_twice() || self.undo.from.is_some() && self.is_delayed(echo)
    }

    /// Restores the window. With `all`, no packet counts as lost any more.
    fn take_back(&mut self, all: bool) {
        if all {
            self.board.unmark();
        }
        if self.undo.threshold > 0 {
            match &mut self.control {
                Control::Cubic(_) => self.course.window = self.course.window.max(self.undo.window),
                Control::Bbr(bbr) => bbr.undoes(),
            }
            self.course.threshold = self.course.threshold.max(self.undo.threshold);
        }
        self.undo.from = None;
        self.board.look_again();
    }

    pub(super) fn keep_open(&mut self) {
        let board = &self.board;
        let missing = board.sacked + board.lost > 0 || board.has_repeated();
        let state = if missing { State::Disorder } else { State::Open };
        if self.state != state {
            self.enter(state);
            self.high = self.board.next;
        }
    }

    fn try_open(&mut self) {
        if !self.board.has_repeated() {
            self.undo.since = None;
        }
        if self.state != State::Reduction {
            self.keep_open();
        }
    }

    fn takes_timeout_back(&mut self, surely: bool, echo: Time) -> bool {
        let vain = surely || self.may_take_back(echo);
        if vain {
            self.take_back(true);
            self.timeouts = 0;
            self.enter(State::Open);
        }
        vain
    }

    /// Handles acknowledgements after a timeout (`tcp_process_loss`).
    fn goes_on_after_timeout(&mut self, heard: &Heard) -> Repairs {
        let recovered = self.board.una >= self.high;
        if heard.advances && self.takes_timeout_back(false, heard.echo) {
            return Repairs::None;
        }
        if self.doubts {
            if heard.original && self.takes_timeout_back(true, heard.echo) {
                return Repairs::None;
            }
            if self.board.next > self.high {
                let same = !heard.advances && !heard.twice;
                self.doubts &= !(heard.beyond || same);
            } else if heard.advances && !recovered {
                self.high = self.board.next;
                return Repairs::New;
            }
        }
        if recovered {
            if self.may_take_back(heard.echo) {
                self.take_back(false);
            }
            self.enter(State::Open);
            return Repairs::None;
        }
        Repairs::Lost
    }
}
