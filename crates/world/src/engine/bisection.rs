//! Finds the edit that makes the server reject a whole push request. After each failure the next
//! request has half as many edits, until it has only the edit that fails.

use std::cell::Cell;

use super::control::Size;

/// The most edits per request after a request failed; `None` means no limit.
#[derive(Debug, Default)]
pub(super) struct Bisection(Cell<Option<u32>>);

impl Bisection {
    /// Reduces a chunk size to the limit.
    pub(super) fn hold(&self, size: Size) -> Size {
        match self.0.get() {
            Some(rows) if rows < size.rows => Size { rows, ..size },
            _ => size,
        }
    }

    /// Halves the limit after a request of `sent` edits failed. Returns false if the request had
    /// only one edit.
    pub(super) fn halve(&self, sent: u32) -> bool {
        // A request may be larger than the limit: edits of a family (a row and its parts) stay
        // together.
        let sent = self.0.get().map_or(sent, |limit| limit.min(sent));
        if sent > 1 {
            self.0.set(Some(sent / 2));
        }
        sent > 1
    }

    /// Doubles the limit after the server accepted a request of `sent` edits.
    pub(super) fn served(&self, sent: u32) {
        // A request below the limit does not show that a larger one succeeds.
        if let Some(limit) = self.0.get().filter(|limit| sent >= *limit) {
            self.0.set(limit.checked_mul(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends edits in chunks of 32; the edits in `poisoned` fail. Returns the number of requests,
    /// and the edits that were found to fail alone.
    fn sends(edits: u32, poisoned: &[u32]) -> (u32, Vec<u32>) {
        let (limit, mut requests, mut alone) = (Bisection::default(), 0, Vec::new());
        let mut left: Vec<u32> = (0..edits).collect();
        while !left.is_empty() {
            let rows = limit.hold(Size { rows: 32, bytes: 1 }).rows.min(left.len() as u32);
            let (batch, rest) = left.split_at(rows as usize);
            requests += 1;
            if !batch.iter().any(|edit| poisoned.contains(edit)) {
                limit.served(rows);
                left = rest.to_vec();
            } else if !limit.halve(rows) {
                alone.extend_from_slice(batch);
                left = rest.to_vec();
            }
        }
        (requests, alone)
    }

    #[test]
    fn the_poisoned_edits_are_found_and_no_others() {
        assert_eq!(sends(32, &[]), (1, vec![]));
        assert_eq!(sends(1, &[0]), (1, vec![0]));
        for poisoned in [&[0][..], &[13], &[31], &[3, 4], &[0, 16, 31]] {
            let (requests, alone) = sends(32, poisoned);
            assert_eq!(alone, poisoned);
            assert!(requests <= 18 * poisoned.len() as u32, "{poisoned:?} took {requests} requests");
        }
    }

    #[test]
    fn the_limit_is_gone_once_enough_was_served() {
        let limit = Bisection::default();
        let chunk = Size { rows: 8, bytes: 100 };
        assert!(limit.halve(8) && limit.halve(4) && limit.halve(2));
        for rows in [1, 2, 4, 8, 8] {
            assert_eq!(limit.hold(chunk).rows, rows);
            limit.served(rows);
        }
        assert!(!limit.halve(1), "one edit has no half");
    }

    #[test]
    fn what_is_never_parted_is_not_tried_for_ever() {
        let limit = Bisection::default();
        assert_eq!((0..100).take_while(|_| limit.halve(100)).count(), 6);
    }
}
