//! Where in a transfer a message of several ends.

use crate::base::Time;

/// The end of one stream's message in a transfer. TCP hands over bytes in order, so a loss holds
/// back all streams behind it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) stream: u64,
    /// Packets up to it; none if all of them went out before.
    pub(super) packets: u64,
    pub(super) owed: u64,
    pub(super) earliest: Time,
    pub(super) passed: Option<Time>,
}

pub(super) struct Seen<'s> {
    pub(super) sent: u64,
    /// Packets of the step that were sent again; they come first.
    pub(super) repairs: u64,
    pub(super) n: u64,
    pub(super) lost: &'s [u64],
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
