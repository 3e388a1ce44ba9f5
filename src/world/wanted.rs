//! Rows that are read until nobody waits for them any more.

/// After so many rows it is asked again whether anybody waits for them.
pub(super) const ASKED_EVERY: u64 = 1_024;

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
