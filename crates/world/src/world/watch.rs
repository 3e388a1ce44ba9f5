//! Lets a caller watch and interrupt a run; row iterators that stop when interrupted.

use crate::base::{Span, Time};

/// Watches a run from outside; called from the thread of the cell.
pub trait Watch: Sync {
    /// The cell has reached `now`; its script ends at `of`.
    fn progress(&self, now: Time, of: Span);
    /// True if the run should end as soon as possible.
    fn interrupted(&self) -> bool;
}

/// A watcher that does nothing and never interrupts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&self, _: Time, _: Span) {}
    fn interrupted(&self) -> bool {
        false
    }
}

/// The number of rows after which the interruption is checked again.
pub const ASKED_EVERY: u64 = 1_024;

/// Rows that end early when interrupted.
pub(super) struct Wanted<'a, I> {
    pub(super) rows: I,
    pub(super) given: u64,
    pub(super) stops: &'a dyn Fn() -> bool,
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
    // Lets the receiver reserve memory for all rows at once.
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}
