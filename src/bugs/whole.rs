//! Bugs in what is there as a whole or not at all, and in what goes on that was cut.

use super::bug::{Bug, bug};
use crate::engine::CursorRule;

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "dates-what-was-cut" caught by "lost",
        "a sync that was cut sets the date of the last sync, as one does that ended well",
        "a date that is written in the block that runs whatever happened",
        cursor: CursorRule::dates_what_was_cut() -> bool { true }
    ),
    bug!(
        "forgets-what-waits" caught by "lost",
        "rows wait for the rest of their sync in a table that goes with it, and where it had come to stays",
        "a staging table that is temporary, beside a cursor that is not",
        cursor: CursorRule::keeps_what_waits() -> bool { false }
    ),
];
