//! Bugs in how units follow each other.

use super::bug::{Bug, bug};
use crate::engine::OrderRule;

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
    bug!(
        "turn-never-given-back" caught by "stuck",
        "the in-flight flag is not cleared after a failure: nothing syncs any more",
        "automerge/automerge #702, rocicorp/replicache #42",
        order: OrderRule::gives_turn_after_failure() -> bool { false }
    ),
    bug!(
        "fails-without-a-word" caught by "event-without-end",
        "a failed run is not told to the app, which shows \"syncing\" for ever",
        "powersync.dart #307",
        order: OrderRule::tells_failed_runs() -> bool { false }
    ),
    bug!(
        "two-at-once" caught by "two-syncs-of-one-unit",
        "a unit starts although one runs",
        "powersync-ja/powersync.dart #253",
        order: OrderRule::one_at_a_time() -> bool { false }
    ),
    bug!(
        "tries-without-a-pause" caught by "request-storm",
        "what fails is sent again at once, and for as long as it fails",
        "a stack where the wait before a retry was left out",
        order: OrderRule::pauses() -> bool { false }
    ),
    bug!(
        "last-in-first-out" caught by "unit-out-of-order",
        "the unit that came last runs first",
        "a stack where a queue was meant",
        order: OrderRule::takes_last() -> bool { true }
    ),
    bug!(
        "gives-up-for-good" caught by "idle-with-work",
        "what failed three times in a row is not tried again",
        "a limit of attempts that nobody resets",
        order: OrderRule::tries_again(failures: u32) -> bool { failures < 3 }
    ),
    bug!(
        "completes-twice" caught by "event-without-end",
        "that a run ended well is told twice, and the app does twice what it does then",
        "services that sync objects side by side, each of which signals the end",
        order: OrderRule::completions() -> u32 { 2 }
    ),
    bug!(
        "forgets-as-it-begins" caught by "idle-with-work",
        "a unit leaves the queue on disk as a run of it begins, and not as one has ended well: a kill in between forgets it",
        "a table of jobs from which a worker deletes what it takes",
        order: OrderRule::keeps_until_done() -> bool { false }
    ),
];
