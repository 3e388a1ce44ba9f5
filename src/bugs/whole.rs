//! Bugs in what is there as a whole or not at all, and in what goes on that was cut.

use std::rc::Rc;

use super::bug::{Breaks, Bug};
use super::order;
use crate::engine::{CursorRule, Rules};

/// What they break shows once something was cut.
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
    Bug {
        id: "forgets-as-it-begins",
        check: "idle-with-work",
        mechanism: "a unit leaves the queue on disk as a run of it begins, and not as one has ended well: a kill in between forgets it",
        seen_in: "a table of jobs from which a worker deletes what it takes",
        breaks: Breaks::Rule(|rules| Rules { order: order::forgets_as_it_begins(), ..rules }),
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
