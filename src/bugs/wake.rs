//! Bugs in what starts a unit, and in how long it waits.

use super::bug::{Bug, bug};
use crate::base::Span;
use crate::engine::WakeRule;

/// Those that this file plants.
pub(super) const BUGS: &[Bug] = &[
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
];
