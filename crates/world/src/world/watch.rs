//! Who watches a run from outside, and rows that are read until nobody waits for them.

use crate::base::{Span, Time};

/// Who watches a run from outside; called from the thread that runs the cell.
pub trait Watch: Sync {
    /// The cell has come to `now`; its script ends at `of`.
    fn progress(&self, now: Time, of: Span);
    /// Whether the run is to end as soon as it can.
    fn interrupted(&self) -> bool;
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&self, _: Time, _: Span) {}
    fn interrupted(&self) -> bool {
        false
    }
}

/// After so many rows it is asked again whether anybody waits for them.
pub const ASKED_EVERY: u64 = 1_024;

/// Rows, until somebody says that nobody waits for them.
pub(super) struct Wanted<'a, I> {
    rows: I,
    given: u64,
    stops: &'a dyn Fn() -> bool,
}

impl<'a, I> Wanted<'a, I> {
    pub(super) fn new(rows: I, stops: &'a dyn Fn() -> bool) -> Wanted<'a, I> {
        Wanted { rows, given: 0, stops }
    }
}

impl<I: Iterator> Iterator for Wanted<'_, I> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        if self.given.is_multiple_of(ASKED_EVERY) && (self.stops)() {
            return None;
        }
        self.given += 1;
        self.rows.next()
    }
    // A holder of rows makes room for them at once.
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}
