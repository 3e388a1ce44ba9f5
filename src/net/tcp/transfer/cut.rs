//! A message that outages meet.

use super::super::bbr::Bbr;
use super::super::outage::{GIVE_UP, staircase};
use super::super::sender::Sender;
use super::super::step::{Pace, Step};
use super::super::traffic::Broken;
use super::Transfer;
use crate::base::Span;
use crate::net::{Conditions, Outage, OutageMode};

impl Transfer {
    /// Adds to `lost` what outages swallow of a step, before which BBR had `rested`, while later
    /// packets come through. The first outage that outlasts what is in flight ends the step: it
    /// becomes what leaves before it, or nothing of it passes, which is told.
    pub(super) fn cut(
        &mut self,
        sender: &mut Sender,
        conditions: &dyn Conditions,
        pace: &Pace,
        step: &mut Step,
        rested: Option<&Bbr>,
        lost: &mut Vec<u64>,
    ) -> bool {
        for outage in conditions.outages(pace.start).iter().take_while(|outage| outage.from < step.end) {
            let before = self.leave_by(outage.from, conditions, pace, step, rested);
            if outage.mode == OutageMode::Drop {
                let behind = self.begun_by(outage.until, conditions, pace, step, rested);
                // Of a round the end may be swallowed: what arrived of it tells, or what follows.
                let told = !step.stretch && before > 0;
                if behind <= before || told || behind < self.goes_out_by_itself(before, sender, pace, step) {
                    lost.extend(before..behind);
                    continue;
                }
            }
            if outage.from <= pace.start || before == 0 {
                self.silenced(outage, sender, conditions, pace, step, rested);
                return true;
            }
            self.shorten(step, before, sender, conditions, pace, rested);
            lost.retain(|packet| *packet < before);
            break;
        }
        false
    }

    /// Packets of a step that go out though from the first `before` on no acknowledgement comes:
    /// those in the queue, which are the window less what has left and is not acknowledged; what is
    /// paced goes on to the end of the window.
    fn goes_out_by_itself(&self, before: u64, sender: &Sender, pace: &Pace, step: &Step) -> u64 {
        let on_its_way = if sender.bbr.is_some() { 0 } else { pace.back().0 / pace.round.segment.0.max(1) };
        match step.stretch {
            true => before.saturating_add(step.window.saturating_sub(on_its_way)).min(step.n),
            false => step.n,
        }
    }

    /// An outage swallows all that a step has in flight, and the tries after it; or it breaks the
    /// connection.
    fn silenced(
        &mut self,
        outage: &Outage,
        sender: &mut Sender,
        conditions: &dyn Conditions,
        pace: &Pace,
        step: &mut Step,
        rested: Option<&Bbr>,
    ) {
        if let Some(rested) = rested {
            step.window = rested.window().max(1);
            let mut bbr = Box::new(rested.clone());
            bbr.loaded = false;
            sender.bbr = Some(bbr);
        }
        let from = outage.from.max(self.at);
        let flight = match sender.bbr {
            None if !self.burst => self.in_flight(from, conditions).min(step.n),
            _ => step.n.min(step.window),
        };
        if outage.mode == OutageMode::Reset {
            if outage.from > self.at {
                self.vanish(flight, 0);
            }
            self.broken = Some(Broken { at: from, cut: true });
            return;
        }
        let queued = if self.limited { pace.round.segment * self.queued_at_most(step) } else { Span::ZERO };
        let srtt = queued.max(pace.turn);
        let steps = staircase(outage.until.since(from), srtt);
        let tries = staircase(outage.until.min(self.patience).since(from), srtt).vain;
        self.vanish(flight, tries);
        self.traffic.retransmitted += tries;
        let Some(after) = steps.over else {
            self.broken = Some(Broken { at: from + GIVE_UP, cut: false });
            return;
        };
        self.at = from + after;
        // What comes next is all of it again.
        self.traffic.retransmitted += if self.at < self.patience { flight } else { 0 };
        if sender.bbr.is_none() {
            sender.window.loss(self.at);
        }
    }

    /// Packets in the queue that its last ones can have met: its window, if it sent as many; while
    /// that grew by a packet an acknowledgement, half of what it grew by was still to be handed
    /// over when the packets left that are acknowledged now.
    fn queued_at_most(&self, step: &Step) -> u64 {
        let sent = self.traffic.packets;
        step.window.min(sent).min((sent + self.flight.opened) / 2)
    }

    /// Books what an outage swallows: what a step has in flight, and `tries` with its first packet.
    fn vanish(&mut self, flight: u64, tries: u64) {
        self.traffic.packets += flight + tries;
        self.traffic.bytes += self.bytes(flight) + tries * self.bytes(1);
        self.flight.goes_on(self.traffic.packets, 0);
    }
}
