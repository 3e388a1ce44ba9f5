//! A message that BBR paces.

use super::super::bbr::Bbr;
use super::super::sender::Sender;
use super::super::step::{Pace, Step, search};
use super::Transfer;
use crate::base::Time;
use crate::net::{Conditions, Outage, OutageMode};

impl Transfer {
    /// BBR: all that is left, or what leaves by `until`: what of it is on its way then is known to arrive.
    pub(super) fn paced_by(
        &self,
        bbr: &mut Box<Bbr>,
        conditions: &dyn Conditions,
        pace: &Pace,
        until: Time,
    ) -> Step {
        let rested = (until < Time::FAR).then(|| bbr.clone());
        let whole = self.paced(bbr, conditions, pace, self.left());
        let Some(rested) = rested.filter(|_| until < whole.end) else { return whole };
        let part = |n: u64| self.part(&rested, conditions, pace, n);
        let (after, step) = part(search(whole.n, |n| part(n).1.end <= until).max(1));
        *bbr = after;
        Step { stretch: whole.stretch, ..step }
    }

    /// BBR: the next `n`, paced.
    fn paced(&self, bbr: &mut Bbr, conditions: &dyn Conditions, pace: &Pace, n: u64) -> Step {
        let natural = |from: Time, done: u64, k: u64| {
            conditions.leaves_by(self.way, from, self.bytes(done + k) - self.bytes(done))
        };
        let (end, opening) = bbr.send(n, pace, natural);
        let window = bbr.window();
        Step { n, window: window.max(1), stretch: n > window, opening, told: false, start: pace.start, end }
    }

    /// BBR: no more than the next `n` of a step before which it had `rested`, and how it is then.
    pub(super) fn part(
        &self,
        rested: &Bbr,
        conditions: &dyn Conditions,
        pace: &Pace,
        n: u64,
    ) -> (Box<Bbr>, Step) {
        let mut bbr = Box::new(rested.clone());
        let step = self.paced(&mut bbr, conditions, pace, n);
        (bbr, step)
    }

    /// Makes a step, before which BBR had `rested`, one of `n` packets.
    pub(super) fn shorten(
        &self,
        step: &mut Step,
        n: u64,
        sender: &mut Sender,
        conditions: &dyn Conditions,
        pace: &Pace,
        rested: Option<&Bbr>,
    ) {
        match rested {
            Some(rested) => {
                let (bbr, part) = self.part(rested, conditions, pace, n);
                // Cut short in its start it goes on when it is told of what arrived; until then it knows of no larger window.
                let told = part.opening == n && n < step.opening;
                sender.bbr = Some(bbr);
                *step = Step { stretch: step.stretch, told, ..part };
            }
            None => {
                let end = conditions.leaves_by(self.way, pace.start, self.bytes(n));
                *step = Step { n, end, ..*step };
            }
        }
    }

    /// How many packets of a step, before which BBR had `rested`, leave by a time.
    pub(super) fn leave_by(
        &self,
        by: Time,
        conditions: &dyn Conditions,
        pace: &Pace,
        step: &Step,
        rested: Option<&Bbr>,
    ) -> u64 {
        search(step.n, |n| self.left_after(n, conditions, pace, rested) <= by)
    }

    /// When the first `n` packets of a step have left.
    fn left_after(&self, n: u64, conditions: &dyn Conditions, pace: &Pace, rested: Option<&Bbr>) -> Time {
        match rested {
            Some(rested) => self.part(rested, conditions, pace, n).1.end,
            None => conditions.leaves_by(self.way, pace.start, self.bytes(n)),
        }
    }

    /// Whether an outage that drops falls into a pause of BBR's start, in which nothing leaves.
    pub(super) fn pauses(
        &self,
        outage: &Outage,
        conditions: &dyn Conditions,
        pace: &Pace,
        step: &Step,
        rested: Option<&Bbr>,
    ) -> bool {
        if rested.is_none()
            || step.opening == 0
            || outage.mode != OutageMode::Drop
            || outage.from <= pace.start
        {
            return false;
        }
        let before = self.leave_by(outage.from, conditions, pace, step, rested);
        let next = self.bytes(before + 1) - self.bytes(before);
        before > 0
            && self.left_after(before + 1, conditions, pace, rested)
                >= conditions.leaves_by(self.way, outage.until, next)
    }
}
