//! Bugs in what starts units and in their order, and in what the app shows of them.

use super::bug::{Bug, bug};
use crate::base::Span;
use crate::contract::Progress;
use crate::engine::{OrderRule, StatusRule, WakeRule, Wheel};

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
    bug!(
        "misses-saves-in-a-run" caught by "idle-with-work",
        "an edit that is saved while a run is under way is not followed by another run: it waits for the next one",
        "a flag \"syncing\" that a wake-up finds set and leaves",
        wake: WakeRule::heeds_saving(running: bool) -> bool { !running }
    ),
    bug!(
        "ignores-the-network" caught by "idle-with-work",
        "a network that comes back starts nothing: what failed without one waits for the next trigger",
        "a listener that was removed with the screen that set it",
        wake: WakeRule::heeds_network() -> bool { false }
    ),
    bug!(
        "never-ends-plans" caught by "idle-with-work",
        "a start that was put off once counts as planned for ever: no later trigger that comes too soon after a run starts anything",
        "a debounce whose timer is set once",
        wake: WakeRule::ends_plans() -> bool { false }
    ),
    bug!(
        "never-forgives" caught by "idle-with-work",
        "a good run does not end the row of failures: each failure waits longer than the one before, for days",
        "a counter of attempts that only grows",
        wake: WakeRule::forgives() -> bool { false }
    ),
    bug!(
        "waits-without-a-ceiling" caught by "idle-with-work",
        "waits between tries double without an end",
        "an exponential back-off without a cap",
        wake: WakeRule::wait(tries: u32, drawn: Span) -> Span {
            drawn.max(Span::secs(1 << tries.min(20)))
        }
    ),
    bug!(
        "forgets-late-rows" caught by "idle-with-work",
        "rows that could not be applied are kept on a list that nobody reads",
        "a table of pending rows whose reader was never written",
        wake: WakeRule::tries_late_rows() -> bool { false }
    ),
    bug!(
        "rests-in-the-middle" caught by "event-without-end",
        "between two pages a run waits minutes for a connection that nobody gives back",
        "a pool of one connection, and a reader that is not closed",
        wake: WakeRule::rests_after(request: u64) -> Span {
            if request % 5 == 4 { Span::secs(400) } else { Span::ZERO }
        }
    ),
    bug!(
        "waits-for-what-is-gone" caught by "event-without-end",
        "a request whose end comes after its deadline is nobody's any more, and its run waits on",
        "a watchdog that reckons with an app that runs all the time, in one that was suspended",
        wake: WakeRule::heeds_late(took: Span, limit: Span) -> bool { took <= limit }
    ),
    bug!(
        "all-synced-too-soon" caught by "wrong-status",
        "the app says that all is synced, and has looked at runs alone: edits that wait are not counted",
        "readest #5674, and people who find their reports on the phone two weeks later",
        status: StatusRule::pending(_: u32) -> u32 { 0 }
    ),
    bug!(
        "syncing-for-ever" caught by "wrong-status",
        "a run that fails does not end what is shown: \"syncing\" stays until one ends well",
        "powersync.dart #307, behind a captive portal",
        status: StatusRule::heeds_failures() -> bool { false }
    ),
    bug!(
        "progress-never-moves" caught by "wrong-status",
        "the progress of a run is shown as it was when the run began",
        "realm-java #6005",
        status: StatusRule::progress(_: Wheel) -> Progress { Progress::default() }
    ),
    bug!(
        "progress-beyond-its-end" caught by "wrong-status",
        "rows that came are counted against the steps that were known: more than all is done",
        "a progress bar that is fed with rows and sized by entities",
        status: StatusRule::progress(wheel: Wheel) -> Progress {
            let percent = (u64::from(wheel.rows) * 100 / u64::from(wheel.steps.max(1))).min(255);
            Progress { percent: percent as u8, rows: wheel.rows }
        }
    ),
    bug!(
        "offline-for-ever" caught by "wrong-status",
        "what is shown follows the network as it goes, and not as it comes back",
        "rxdb #6257",
        status: StatusRule::heeds_network() -> bool { false }
    ),
    bug!(
        "failed-for-ever" caught by "wrong-status",
        "a run that ends well does not take back what a failed one has shown",
        "an error banner that somebody has to close",
        status: StatusRule::forgives() -> bool { false }
    ),
];
