//! Who watches a run from outside.

use crate::base::{Span, Time};

/// Who watches a run from outside; called from the thread that runs the cell.
pub trait Watch: Sync {
    /// The cell has come to `now`; its script ends at `of`.
    fn progress(&self, now: Time, of: Span);
    /// Whether the run is to end as soon as it can.
    fn interrupted(&self) -> bool;
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&self, _: Time, _: Span) {}
    fn interrupted(&self) -> bool {
        false
    }
}
