//! Bugs in what becomes of conflicts that wait for a person, and of what is kept as two rows.

use super::bug::{Bug, bug};
use crate::base::Key;
use crate::contract::{EditKind, Mutation};
use crate::engine::{Correct, PageRule, SendRule};
use crate::store::Conflicts;

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "page-in-memory" caught by "lost-edit",
        "what was done here is beside a conflict in memory alone: who restarts the app finds the backend's version",
        "a page of conflicts that is a list in a view model",
        page: PageRule::outlives_the_process() -> bool { false }
    ),
    bug!(
        "choice-stays-here" caught by "lost-edit",
        "a person takes what they did themselves, and it is shown, but not sent",
        "a page of conflicts that writes past the outbox",
        page: PageRule::sends_the_choice() -> bool { false }
    ),
    bug!(
        "flag-stays-set" caught by "stuck",
        "the flag of a conflict is not reset when a person has decided: what they took waits on",
        "a flag `isConflict` that two screens write",
        page: PageRule::closes() -> bool { false }
    ),
    bug!(
        "stops-at-a-conflict" caught by "idle-with-work",
        "while a conflict is open nothing is sent, and runs end as if all were well",
        "a queue that stops at its first failure",
        next |tx, entities, limit| {
            // Where there is no page there is nothing to stop at.
            let stops = Conflicts::of(tx).all().is_ok_and(|open| !open.is_empty());
            if stops { Ok(Vec::new()) } else { tx.outbox(entities, limit) }
        }
    ),
    bug!(
        "another-copy-each-try" caught by "unasked-commit",
        "where both sides of a conflict are kept, the copy goes out under a new key with each try, and the device shows it under none of them",
        "a conflicted copy that is named by the clock",
        mutation |entry, attempt| {
            let told = Correct.mutation(entry, attempt);
            if told.kind != EditKind::Create || told.edit.to_string() == told.id {
                return told;
            }
            let key = Key::new(&format!("{}-{attempt}", told.key.as_str()));
            Mutation { key, id: format!("{}-{attempt}", told.id), ..told }
        }
    ),
];
