//! Planted bugs in the triggers and the order of sync units, and in the status that the app shows.

use super::bug::bugs;
use crate::base::Span;
use crate::contract::Progress;
use crate::engine::{StatusRule, WakeRule, Wheel};

bugs! {
    "turn-never-given-back" caught by "stuck",
    seen in "automerge/automerge #702, rocicorp/replicache #42":
        "the in-flight flag is not cleared after a failure: nothing syncs any more"
        { flaw TurnNeverGivenBack }
    "fails-without-a-word" caught by "event-without-end", seen in "powersync-ja/powersync.dart #307":
        "a failed run is not reported to the app, which shows \"syncing\" for ever"
        { flaw FailsWithoutAWord }
    "two-at-once" caught by "two-syncs-of-one-unit", seen in "powersync-ja/powersync.dart #253":
        "a unit starts although it is already running"
        { flaw TwoAtOnce }
    "tries-without-a-pause" caught by "request-storm",
    seen in "a stack without the wait before a retry":
        "a failed request is repeated at once, for as long as it fails"
        { flaw TriesWithoutAPause }
    "last-in-first-out" caught by "unit-out-of-order", seen in "a stack where a queue was meant":
        "the unit that was queued last runs first"
        { flaw LastInFirstOut }
    "gives-up-for-good" caught by "idle-with-work", seen in "a limit of attempts that is never reset":
        "a unit that failed three times in a row is not retried"
        { flaw GivesUpForGood }
    "completes-twice" caught by "event-without-end",
    seen in "services that sync objects concurrently, each of which signals the end":
        "the good end of a run is reported twice, and the app reacts twice"
        { flaw CompletesTwice }
    "forgets-as-it-begins" caught by "idle-with-work",
    seen in "a table of jobs from which a worker deletes a job when it takes it":
        "a unit leaves the queue on disk when its run begins, not when it has ended well: a kill in between forgets the unit"
        { flaw ForgetsAsItBegins }
    "misses-saves-in-a-run" caught by "idle-with-work",
    seen in "a flag \"syncing\" that makes a wake-up return at once":
        "an edit that is saved during a run does not cause another run: it waits for the next one"
        { flaw MissesSavesInARun }
    "ignores-the-network" caught by "idle-with-work",
    seen in "a listener that was removed with the screen that set it":
        "the return of the network starts nothing: a unit that failed offline waits for the next trigger"
        { flaw IgnoresTheNetwork }
    "never-ends-plans" caught by "idle-with-work", seen in "a debounce whose timer is set once":
        "a postponed start counts as planned for ever: later triggers that come too soon after a run start nothing"
        { flaw NeverEndsPlans }
    "never-forgives" caught by "idle-with-work", seen in "a counter of attempts that only grows":
        "a successful run does not reset the count of failures: for days, each failure waits longer than the previous one"
        { flaw NeverForgives }
    "waits-without-a-ceiling" caught by "idle-with-work", seen in "an exponential back-off without a cap":
        "waits between tries double without an end"
        { wake: WakeRule::wait(tries: u32, drawn: Span) -> Span {
            drawn.max(Span::secs(1 << tries.min(20)))
        } }
    "forgets-late-rows" caught by "idle-with-work",
    seen in "a table of pending rows whose reader was never written":
        "rows that could not be applied are put on a list that nobody reads"
        { flaw ForgetsLateRows }
    "rests-in-the-middle" caught by "event-without-end",
    seen in "a pool of one connection, and a reader that is not closed":
        "between two pages a run waits minutes for a connection that is never released"
        { wake: WakeRule::rests_after(request: u64) -> Span {
            if request % 5 == 4 { Span::secs(400) } else { Span::ZERO }
        } }
    "waits-for-what-is-gone" caught by "event-without-end",
    seen in "a watchdog that assumes that the app always runs, in an app that was suspended":
        "a request that ends after its deadline is ignored, and its run waits on"
        { flaw WaitsForWhatIsGone }
    "all-synced-too-soon" caught by "wrong-status",
    seen in "readest/readest #5674, and people who find their reports on the phone two weeks later":
        "the app says that all is synced because no run is active: waiting edits are not counted"
        { flaw AllSyncedTooSoon }
    "syncing-for-ever" caught by "wrong-status", seen in "powersync-ja/powersync.dart #307, behind a captive portal":
        "the end of a failed run does not end the display: \"syncing\" stays until a run ends well"
        { flaw SyncingForEver }
    "progress-never-moves" caught by "wrong-status", seen in "realm/realm-java #6005":
        "the shown progress of a run stays as it was when the run began"
        { status: StatusRule::progress(_: Wheel) -> Progress { Progress::default() } }
    "progress-beyond-its-end" caught by "wrong-status",
    seen in "a progress bar that is fed with rows and sized by entities":
        "received rows are counted against the known steps: more than 100 % is done"
        { status: StatusRule::progress(wheel: Wheel) -> Progress {
            let percent = (u64::from(wheel.rows) * 100 / u64::from(wheel.steps.max(1))).min(255);
            Progress { percent: percent as u8, rows: wheel.rows }
        } }
    "offline-for-ever" caught by "wrong-status", seen in "pubkey/rxdb #6257":
        "the display follows the network when it goes, and not when it comes back"
        { flaw OfflineForEver }
    "failed-for-ever" caught by "wrong-status", seen in "an error banner that somebody has to close":
        "a successful run does not clear the error of a failed one"
        { flaw FailedForEver }
}
