//! Bugs in what becomes of conflicts that wait for a person, and of what is kept as two rows.

use std::rc::Rc;

use super::bug::{Breaks, Bug};
use crate::base::{EntityId, Key};
use crate::contract::{EditKind, Mutation};
use crate::engine::{Correct, PageRule, Rules, SendRule};
use crate::store::{Conflicts, Entry, StoreError, Tx};

/// What was done here is kept in memory alone.
pub(super) fn forgets_local_versions() -> Rc<dyn PageRule> {
    struct Broken;
    impl PageRule for Broken {
        fn outlives_the_process(&self) -> bool {
            false
        }
    }
    Rc::new(Broken)
}

/// The choice of what was done here is shown, and not sent.
pub(super) fn keeps_the_choice() -> Rc<dyn PageRule> {
    struct Broken;
    impl PageRule for Broken {
        fn sends_the_choice(&self) -> bool {
            false
        }
    }
    Rc::new(Broken)
}

/// The flag of a conflict stays set when that is decided.
pub(super) fn keeps_the_flag() -> Rc<dyn PageRule> {
    struct Broken;
    impl PageRule for Broken {
        fn closes(&self) -> bool {
            false
        }
    }
    Rc::new(Broken)
}

/// Nothing is sent while a conflict is open, and nobody is told.
pub(super) fn stops_at_a_conflict() -> Rc<dyn SendRule> {
    struct Broken;
    impl SendRule for Broken {
        fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Result<Vec<Entry>, StoreError> {
            // Where there is no page there is nothing to stop at.
            let stops = Conflicts::of(tx).all().is_ok_and(|open| !open.is_empty());
            if stops { Ok(Vec::new()) } else { tx.outbox(entities, limit) }
        }
    }
    Rc::new(Broken)
}

/// The row that an edit becomes gets another key, and is another mutation, with each try.
pub(super) fn another_key_each_try() -> Rc<dyn SendRule> {
    struct Broken;
    impl SendRule for Broken {
        fn mutation(&self, entry: &Entry, attempt: u64) -> Mutation {
            let told = Correct.mutation(entry, attempt);
            if told.kind != EditKind::Create || told.edit.to_string() == told.id {
                return told;
            }
            let key = Key::new(&format!("{}-{attempt}", told.key.as_str()));
            Mutation { key, id: format!("{}-{attempt}", told.id), ..told }
        }
    }
    Rc::new(Broken)
}

/// Bugs of a page of conflicts.
pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "page-in-memory",
        check: "lost-edit",
        mechanism: "what was done here is beside a conflict in memory alone: who restarts the app finds the backend's version",
        seen_in: "a page of conflicts that is a list in a view model",
        breaks: Breaks::Rule(|rules| Rules { page: forgets_local_versions(), ..rules }),
    },
    Bug {
        id: "choice-stays-here",
        check: "lost-edit",
        mechanism: "a person takes what they did themselves, and it is shown, but not sent",
        seen_in: "a page of conflicts that writes past the outbox",
        breaks: Breaks::Rule(|rules| Rules { page: keeps_the_choice(), ..rules }),
    },
    Bug {
        id: "flag-stays-set",
        check: "stuck",
        mechanism: "the flag of a conflict is not reset when a person has decided: what they took waits on",
        seen_in: "a flag `isConflict` that two screens write",
        breaks: Breaks::Rule(|rules| Rules { page: keeps_the_flag(), ..rules }),
    },
    Bug {
        id: "stops-at-a-conflict",
        check: "idle-with-work",
        mechanism: "while a conflict is open nothing is sent, and runs end as if all were well",
        seen_in: "a queue that stops at its first failure",
        breaks: Breaks::Rule(|rules| Rules { send: stops_at_a_conflict(), ..rules }),
    },
    Bug {
        id: "another-copy-each-try",
        check: "unasked-commit",
        mechanism: "where both sides of a conflict are kept, the copy goes out under a new key with each try, and the device shows it under none of them",
        seen_in: "a conflicted copy that is named by the clock",
        breaks: Breaks::Rule(|rules| Rules { send: another_key_each_try(), ..rules }),
    },
];
