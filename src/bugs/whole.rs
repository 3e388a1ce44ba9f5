//! Bugs in what is there as a whole or not at all, and in where a sync goes on that was cut.

use std::rc::Rc;

use super::bug::{Breaks, Bug};
use crate::engine::{CursorRule, Rules};

/// Each is caught by rows that never come.
pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "dates-what-was-cut",
        check: "lost",
        mechanism: "a sync that was cut sets the date of the last sync, as one does that ended well",
        seen_in: "a date that is written in the block that runs whatever happened",
        breaks: Breaks::Rule(|rules| Rules { cursor: dates_what_was_cut(), ..rules }),
    },
    Bug {
        id: "forgets-what-waits",
        check: "lost",
        mechanism: "rows wait for the rest of their sync in a table that goes with it, and where it had come to stays",
        seen_in: "a staging table that is temporary, beside a cursor that is not",
        breaks: Breaks::Rule(|rules| Rules { cursor: forgets_what_waits(), ..rules }),
    },
];

fn dates_what_was_cut() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn dates_what_was_cut(&self) -> bool {
            true
        }
    }
    Rc::new(Broken)
}

fn forgets_what_waits() -> Rc<dyn CursorRule> {
    struct Broken;
    impl CursorRule for Broken {
        fn keeps_what_waits(&self) -> bool {
            false
        }
    }
    Rc::new(Broken)
}
