//! Where in a transfer a message of several ends.

use crate::base::Time;

/// The end of one stream's message among the packets of a transfer. It has passed when its last
/// packet has, and every packet before it: TCP hands over bytes in order, so a loss holds back all
/// streams behind it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) stream: u64,
    /// Packets up to it; none if all of them went out before.
    pub(super) packets: u64,
    /// Packets before it that are lost and not repaired.
    pub(super) owed: u64,
    /// The last of its packets, or their repairs, leave no earlier.
    pub(super) earliest: Time,
    pub(super) passed: Option<Time>,
}

/// Packets of a step as a mark sees them.
pub(super) struct Seen<'s> {
    /// Packets of the transfer that went out before.
    pub(super) sent: u64,
    /// Packets of the step that were sent again; they come first.
    pub(super) repairs: u64,
    /// All of the step.
    pub(super) n: u64,
    /// Which of them are lost.
    pub(super) lost: &'s [u64],
    /// When repairs of these leave.
    pub(super) repaired: Time,
}

impl Mark {
    /// A step was sent; `left` says when its first k packets have left.
    pub(super) fn see(&mut self, seen: &Seen<'_>, left: impl Fn(u64) -> Time) {
        if self.passed.is_some() {
            return;
        }
        let again = seen.repairs.min(self.owed);
        let fresh = self.packets.saturating_sub(seen.sent).min(seen.n - seen.repairs);
        let mine = |k: u64| k < again || (seen.repairs..seen.repairs + fresh).contains(&k);
        let lost = seen.lost.iter().filter(|k| mine(**k)).count() as u64;
        self.owed = self.owed - again + lost;
        let last = if fresh > 0 { seen.repairs + fresh } else { again };
        if last > 0 {
            self.earliest = self.earliest.max(left(last));
        }
        if lost > 0 {
            self.earliest = self.earliest.max(seen.repaired);
        }
        if self.owed == 0 && self.packets <= seen.sent + seen.n - seen.repairs {
            self.passed = Some(self.earliest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_ms as at;

    fn mark(packets: u64) -> Mark {
        Mark { stream: 1, packets, owed: 0, earliest: at(0), passed: None }
    }

    /// Ten packets from `sent` on, one a millisecond from `start` on.
    fn ten(mark: &mut Mark, start: u64, sent: u64, repairs: u64, lost: &[u64]) -> Option<Time> {
        mark.see(&Seen { sent, repairs, n: 10, lost, repaired: at(start + 70) }, |k| at(start + k));
        mark.passed
    }

    #[test]
    fn a_message_has_passed_with_its_last_packet() {
        let (mut third, mut later) = (mark(3), mark(14));
        assert_eq!(ten(&mut third, 0, 0, 0, &[]), Some(at(3)));
        assert_eq!(ten(&mut later, 0, 0, 0, &[]), None);
        assert_eq!(ten(&mut later, 70, 10, 0, &[]), Some(at(74)));
    }

    #[test]
    fn a_loss_holds_back_who_is_behind_it_and_nobody_before_it() {
        let (mut before, mut behind) = (mark(3), mark(8));
        assert_eq!(ten(&mut before, 0, 0, 0, &[5]), Some(at(3)));
        assert_eq!(ten(&mut behind, 0, 0, 0, &[5]), None);
        assert_eq!(ten(&mut behind, 65, 10, 1, &[]), Some(at(70)), "not before the repair is there");
    }

    #[test]
    fn a_repair_that_is_lost_is_waited_for_again() {
        let mut behind = mark(8);
        ten(&mut behind, 0, 0, 0, &[5, 6]);
        assert_eq!(ten(&mut behind, 70, 10, 2, &[1]), None);
        assert_eq!(behind.owed, 1);
        assert_eq!(ten(&mut behind, 140, 18, 1, &[4]), Some(at(141)), "the other loss is behind it");
    }
}
