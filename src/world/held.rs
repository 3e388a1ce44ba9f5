//! Rows that devices hold back from one round of the drain to the next.

use crate::base::Span;

/// So many more rounds follow at once than an engine tries a row that fails by itself.
const AT_ONCE: u32 = 3;

/// What the devices held back when a round was over.
#[derive(Default)]
pub(super) struct HeldBack {
    rows: Vec<u64>,
    /// Rounds in a row that changed nothing of it.
    futile: u32,
}

impl HeldBack {
    /// How long to wait before the next round, when this one has left these rows of each device.
    /// Rounds that change nothing of them come later and later: what a row waits for may never
    /// come.
    pub(super) fn wait_after(&mut self, rows: Vec<u64>, tries: u32, first: Span) -> Span {
        self.futile = if rows == self.rows { self.futile + 1 } else { 0 };
        self.rows = rows;
        match self.futile.checked_sub(tries.saturating_add(AT_ONCE)) {
            None | Some(0) => Span::ZERO,
            Some(late) => Span(first.0.saturating_mul(1_u64.checked_shl(late).unwrap_or(u64::MAX))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_that_change_nothing_come_later_and_later() {
        let mut held = HeldBack::default();
        let mut waits = |rows: u64, rounds: usize| -> Vec<u64> {
            let wait = |_| held.wait_after(vec![0, rows], 1, Span::secs(2)).0 / 1_000_000_000;
            (0..rounds).map(wait).collect()
        };
        assert_eq!(waits(9, 8), [0, 0, 0, 0, 0, 4, 8, 16]);
        assert_eq!(waits(8, 6), [0, 0, 0, 0, 0, 4], "some were applied");
    }
}
