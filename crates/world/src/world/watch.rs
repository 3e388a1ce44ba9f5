//! Lets a caller watch and interrupt a run. Row iterators stop when the run is interrupted.

use crate::base::{Span, Time};

/// Watches a run from outside. The thread of the cell (one simulation) calls it.
pub trait Watch: Sync {
    /// The cell has reached `now`. `of` is the length of its script.
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

/// An iterator checks for an interruption each time it has given this many rows.
pub const ASKED_EVERY: u64 = 1_024;

/// An iterator over rows that ends early if the run is interrupted.
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
    // The size hint lets the receiver reserve memory for all rows at once.
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}
