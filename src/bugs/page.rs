//! Bugs in what becomes of conflicts that wait for a person, and of what is kept as two rows.

use std::rc::Rc;

use crate::base::{EntityId, Key};
use crate::contract::{EditKind, Mutation};
use crate::engine::{Correct, PageRule, SendRule};
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
