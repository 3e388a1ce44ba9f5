//! Limits of chunk sizes after a message was too large for the server or for a proxy.

use std::cell::Cell;

use super::control::Size;
use super::options::OnTooLarge;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cap {
    size: Size,
    /// The limit ends after this many further rows; `None`: the limit ends with the process.
    rows: Option<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Caps(Cell<Option<Cap>>);

impl Caps {
    /// Reduces a chunk size to the limit.
    pub(super) fn hold(&self, size: Size) -> Size {
        let Some(Cap { size: cap, .. }) = self.0.get() else { return size };
        Size { rows: size.rows.min(cap.rows), bytes: size.bytes.min(cap.bytes) }
    }

    /// Halves the limit after a chunk of this size was too large. Returns false if the limit cannot
    /// be halved.
    pub(super) fn shrink(&self, how: OnTooLarge, sent: Size) -> bool {
        // A chunk may be larger than the limit: edits of a family (a row and its parts) stay
        // together.
        let sent = self.hold(sent);
        if how == OnTooLarge::GiveUp || sent.rows < 2 {
            return false;
        }
        let size = Size { rows: sent.rows / 2, bytes: (sent.bytes / 2).max(1) };
        let left = self.0.get().and_then(|cap| cap.rows).unwrap_or(sent.rows);
        self.0.set(Some(Cap { size, rows: (how == OnTooLarge::Split).then_some(left) }));
        true
    }

    pub(super) fn gone(&self, rows: u32) {
        if let Some(Cap { size, rows: Some(left) }) = self.0.get() {
            let left = left.saturating_sub(rows);
            self.0.set((left > 0).then_some(Cap { size, rows: Some(left) }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Size = Size { rows: 100, bytes: 1_000 };

    #[test]
    fn halves_are_kept_and_end_at_one_row() {
        let caps = Caps::default();
        assert_eq!(caps.hold(WHOLE), WHOLE);
        let mut sent = WHOLE;
        for rows in [50, 25, 12, 6, 3, 1] {
            assert!(caps.shrink(OnTooLarge::Halve, sent));
            sent = caps.hold(WHOLE);
            assert_eq!(sent.rows, rows);
            caps.gone(rows);
        }
        assert!(!caps.shrink(OnTooLarge::Halve, sent), "one row has no half");
        assert_eq!(caps.hold(WHOLE).rows, 1);
    }

    #[test]
    fn what_was_split_goes_and_then_chunks_are_whole_again() {
        let caps = Caps::default();
        assert!(caps.shrink(OnTooLarge::Split, WHOLE));
        assert!(caps.shrink(OnTooLarge::Split, caps.hold(WHOLE)));
        for _ in 0..4 {
            assert_eq!(caps.hold(WHOLE), Size { rows: 25, bytes: 250 });
            caps.gone(25);
        }
        assert_eq!(caps.hold(WHOLE), WHOLE);
    }

    #[test]
    fn what_is_never_parted_is_not_tried_for_ever() {
        let caps = Caps::default();
        let tries = (0..100).take_while(|_| caps.shrink(OnTooLarge::Halve, WHOLE)).count();
        assert_eq!(tries, 6);
    }

    #[test]
    fn who_gives_up_learns_nothing() {
        let caps = Caps::default();
        assert!(!caps.shrink(OnTooLarge::GiveUp, WHOLE));
        assert_eq!(caps.hold(WHOLE), WHOLE);
    }
}
