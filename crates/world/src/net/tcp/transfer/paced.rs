//! A message paced by BBR.

use super::super::bbr::Bbr;
use super::super::sender::Sender;
use super::super::step::{Pace, Step, search};
use super::Transfer;
use crate::base::Time;
use crate::net::Conditions;

impl Transfer {
    /// A step with all that is left, or with the packets that leave by `until`.
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
        let ahead = self.ahead_of(&rested, conditions, pace, &whole, until).saturating_sub(step.n);
        // Once the pipe is full, a bandwidth-delay product is in transit.
        let on_its_way = pace.turn.0 / pace.round.segment.0.max(1) + 1;
        let ahead = if step.n < whole.opening { ahead } else { on_its_way.min(bbr.window()) };
        Step { stretch: whole.stretch, ahead, short: true, ..step }
    }

    /// Packets of a step that BBR's start-up sends by `by`. `rested`: BBR's state before the step.
    fn ahead_of(&self, rested: &Bbr, conditions: &dyn Conditions, pace: &Pace, step: &Step, by: Time) -> u64 {
        let mut handed = 0;
        let count = |at, size| handed += if at <= by { size } else { 0 };
        rested.clone().send(step.n, pace, self.natural(conditions), count);
        handed
    }

    /// The time when the next packets have left, in the form that [`Bbr::send`] needs.
    fn natural(&self, conditions: &dyn Conditions) -> impl Fn(Time, u64, u64) -> Time {
        move |from, done, k| conditions.leaves_by(self.way, from, self.bytes(done + k) - self.bytes(done))
    }

    fn paced(&self, bbr: &mut Bbr, conditions: &dyn Conditions, pace: &Pace, n: u64) -> Step {
        let (end, opening) = bbr.send(n, pace, self.natural(conditions), |_, _| ());
        let (window, start) = (bbr.window(), pace.start);
        let (stretch, window) = (n > window, window.max(1));
        Step { n, window, stretch, opening, told: false, ahead: 0, start, end, short: false }
    }

    /// A step with the next `n` packets, and BBR's state after it. `rested` is the state before.
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

    /// Cuts a step to `n` packets. `rested` is BBR's state before the step.
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
                // The transfer continues when the acknowledgements arrive. Before that it does not
                // know the larger window.
                let told = part.opening == n && n < step.opening;
                sender.bbr = Some(bbr);
                *step = Step { stretch: step.stretch, told, ..part };
            }
            None => {
                let end = conditions.leaves_by(self.way, pace.start, self.bytes(n));
                *step = Step { n, end, short: false, ..*step };
            }
        }
    }
}
