//! The list of planted bugs.

use std::rc::Rc;

use super::{app, named, order, pull, push, send, wake};
use crate::contract::EngineFactory;
use crate::engine::{self, BuiltinFactory, Rules};
use crate::store;

/// One planted bug.
#[derive(Clone, Copy)]
pub struct Bug {
    /// Its name; the engine is `broken:<id>`.
    pub id: &'static str,
    /// The check that must catch it.
    pub check: &'static str,
    /// What it does wrong.
    pub mechanism: &'static str,
    /// Where it was seen.
    pub seen_in: &'static str,
    /// What is broken.
    pub breaks: Breaks,
}

/// What a planted bug breaks.
#[derive(Clone, Copy)]
pub enum Breaks {
    /// A rule of the engine: puts the broken one among those of the plan.
    Rule(fn(Rules) -> Rules),
    /// The app's own code, around a correct engine.
    App(fn(Rc<dyn EngineFactory>) -> Rc<dyn EngineFactory>),
}

impl Bug {
    /// Its engines, with these options.
    pub fn engine(&self, options: engine::Options, store: store::Options) -> Rc<dyn EngineFactory> {
        let factory = BuiltinFactory::new(options, store);
        match self.breaks {
            Breaks::Rule(breaks) => {
                Rc::new(BuiltinFactory { rules: breaks(factory.rules.clone()), ..factory })
            }
            Breaks::App(app) => app(Rc::new(factory)),
        }
    }
}

/// Every planted bug, at least one for each check.
pub const ALL: &[Bug] = &[
    Bug {
        id: "cursor-before-rows",
        check: "lost",
        mechanism: "the cursor is saved when a page arrives, its rows later: a kill in between loses them",
        seen_in: "apache/pouchdb #1240",
        breaks: Breaks::Rule(|rules| Rules { cursor: pull::cursor_before_rows(), ..rules }),
    },
    Bug {
        id: "one-date-for-all",
        check: "stale",
        mechanism: "one date of the last sync for all units: whichever syncs moves it past what others lack",
        seen_in: "RocketChat.ReactNative PR 7506, alex-soldatkin/payload-expo-tauri #9",
        breaks: Breaks::Rule(|rules| Rules { cursor: pull::one_date_for_all(), ..rules }),
    },
    Bug {
        id: "cursor-before-the-last-page",
        check: "delivered-again",
        mechanism: "the cursor points to the first row of a sync's last page and not behind its last: that page comes again each time",
        seen_in: "a cursor that is read before the page and saved after it",
        breaks: Breaks::Rule(|rules| Rules { cursor: pull::cursor_before_the_last_page(), ..rules }),
    },
    Bug {
        id: "passes-over-errors",
        check: "lost",
        mechanism: "writing a row fails for one key in twelve, nobody looks at the errors of single rows, and the cursor moves on",
        seen_in: "apache/pouchdb #1087",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::passes_over_errors(), ..rules }),
    },
    Bug {
        id: "first-batch-of-a-page",
        check: "lost",
        mechanism: "the rows of a page are written in batches of three, and nobody writes the second",
        seen_in: "apache/pouchdb #6809",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::first_batch_of_a_page(), ..rules }),
    },
    Bug {
        id: "one-row-a-stamp",
        check: "lost",
        mechanism: "a new row with the stamp of the one before it is taken for that one, coming twice",
        seen_in: "a deduplication by last modification",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::one_row_a_stamp(), ..rules }),
    },
    Bug {
        id: "inserts-only",
        check: "stale",
        mechanism: "a pulled row that the device has already is ignored",
        seen_in: "pubkey/rxdb #5571",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::inserts_only(), ..rules }),
    },
    Bug {
        id: "ignores-tombstones",
        check: "undetected-delete",
        mechanism: "tombstones are skipped",
        seen_in: "RocketChat.ReactNative PR 7506",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::ignores_tombstones(), ..rules }),
    },
    Bug {
        id: "never-sweeps",
        check: "undetected-delete",
        mechanism: "after a cursor expired everything comes again, and what does not come stays",
        seen_in: "couchdb 0d2002dbc: purges that were trimmed",
        breaks: Breaks::Rule(|rules| Rules { cursor: pull::never_sweeps(), ..rules }),
    },
    Bug {
        id: "sweeps-what-waits",
        check: "lost-edit",
        mechanism: "what a full load did not bring is removed, also what was made here and never sent",
        seen_in: "3lvis/SwiftSync PR 625",
        breaks: Breaks::Rule(|rules| Rules { cursor: pull::sweeps_what_waits(), ..rules }),
    },
    Bug {
        id: "sweeps-what-is-withheld",
        check: "went-back",
        mechanism: "what a full load did not bring is removed at once, also rows whose latest version cannot be seen yet",
        seen_in: "the built-in engine, until its loads told what they leave out",
        breaks: Breaks::Rule(|rules| Rules { cursor: pull::sweeps_what_is_withheld(), ..rules }),
    },
    Bug {
        id: "takes-anothers-page",
        check: "lost",
        mechanism: "an answer that can be read as a page is taken for the one that was asked for, with its cursor",
        seen_in: "pages asked for by address, whose answers named no question",
        breaks: Breaks::Rule(|rules| Rules { cursor: pull::takes_anothers_page(), ..rules }),
    },
    Bug {
        id: "tombstones-for-ever",
        check: "lost",
        mechanism: "of what went from the device a note is kept, and a row that comes back is passed over",
        seen_in: "vlcn-io/cr-sqlite #271, apache/couchdb #1418",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::tombstones_for_ever(), ..rules }),
    },
    Bug {
        id: "keeps-what-left-scope",
        check: "orphan",
        mechanism: "tombstones are skipped, here for rows that were given to another group",
        seen_in: "one-way sync by last modification: a change of scope is invisible to it",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::ignores_tombstones(), ..rules }),
    },
    Bug {
        id: "merges-without-nulls",
        check: "divergent",
        mechanism: "a pulled value of null or an empty text does not replace what is there",
        seen_in: "powersync-ja/powersync-sqlite-core PR 45",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::merges_without_nulls(), ..rules }),
    },
    Bug {
        id: "pulls-over-edits",
        check: "lost-edit",
        mechanism: "a pulled row takes the place of one with edits, and those are forgotten",
        seen_in: "adrianco/the-goodies #69, Azure/azure-mobile-apps #817",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::pulls_over_edits(), ..rules }),
    },
    Bug {
        id: "ignores-what-comes-meanwhile",
        check: "stale",
        mechanism: "what comes down for a row with edits is passed over, and the cursor moves on",
        seen_in: "pubkey/rxdb #5571",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::ignores_what_comes_meanwhile(), ..rules }),
    },
    Bug {
        id: "goes-over-what-came",
        check: "silent-discard",
        mechanism: "edits that wait are told to be made on the version that came down meanwhile, and go over it unseen",
        seen_in: "orbitinghail/graft 281cf052, turtl/tracker #317",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::goes_over_what_came_meanwhile(), ..rules }),
    },
    Bug {
        id: "marks-clean-what-changed",
        check: "lost-edit",
        mechanism: "an acknowledgement marks its row clean, also where it was edited since the push left",
        seen_in: "Nozbe/WatermelonDB PR 1073",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::marks_clean_what_changed(), ..rules }),
    },
    Bug {
        id: "cancels-what-was-sent",
        check: "lost-edit",
        mechanism: "a create that got no answer and the delete of its row cancel each other, though it may have arrived",
        seen_in: "Azure/azure-mobile-services #413",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::cancels_what_was_sent(), ..rules }),
    },
    Bug {
        id: "forgets-what-was-superseded",
        check: "stuck",
        mechanism: "an edit after which its row was edited again is never marked as done, and goes out for ever",
        seen_in: "couchbase-lite-core f811bbb77",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::forgets_what_was_superseded(), ..rules }),
    },
    Bug {
        id: "new-identity-each-try",
        check: "duplicate",
        mechanism: "a create that is sent again gets a new idempotency key and a new row key",
        seen_in: "SalesforceMobileSDK-iOS #2632, dartway #105",
        breaks: Breaks::Rule(|rules| Rules { send: send::new_identity_each_try(), ..rules }),
    },
    Bug {
        id: "drops-after-refusal",
        check: "lost-edit",
        mechanism: "a refusal that would pass, such as a backend that is down, is taken for good: the edits are dropped",
        seen_in: "hercycle-ai PR 313, WorkSphere #712",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::drops_after_refusal(), ..rules }),
    },
    Bug {
        id: "drops-after-timeout",
        check: "lost-edit",
        mechanism: "edits whose push got no answer are dropped",
        seen_in: "powersync-swift #179",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::drops_after_silence(), ..rules }),
    },
    Bug {
        id: "silence-is-consent",
        check: "acknowledged-without-commit",
        mechanism: "edits whose push got no answer are shown as saved",
        seen_in: "electric-sql/electric PR 4731",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::silence_is_consent(), ..rules }),
    },
    Bug {
        id: "foreign-answer-is-ack",
        check: "acknowledged-without-commit",
        mechanism: "whatever answers a push with the status of a good answer is taken for its answer: the edits are shown as saved",
        seen_in: "a proxy's error page with status 200",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::any_answer_is_consent(), ..rules }),
    },
    Bug {
        id: "verdicts-by-place",
        check: "acknowledged-without-commit",
        mechanism: "verdicts are taken for those on the edits in their places: the answer to another push settles edits that it does not speak of",
        seen_in: "answers of a connection that are shifted by one",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::takes_verdicts_by_place(), ..rules }),
    },
    Bug {
        id: "cancel-drops-in-flight",
        check: "lost-edit",
        mechanism: "a sync that is cancelled takes the edits with it that were under way",
        seen_in: "a queue whose requests carry what they send",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::drops_after_cancel(), ..rules }),
    },
    Bug {
        id: "put-off-is-done",
        check: "acknowledged-without-commit",
        mechanism: "a push whose answer says that it went well is done as a whole: an edit in it that was put off is shown as saved",
        seen_in: "bulk writes whose errors stand in each item of a good answer",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::takes_later_for_done(), ..rules }),
    },
    Bug {
        id: "one-bad-row-drops-page",
        check: "lost",
        mechanism: "a page with a row that cannot be read is thrown away with all its rows, and its cursor is saved",
        seen_in: "a loop over a page inside one handler of errors",
        breaks: Breaks::Rule(|rules| Rules { cursor: pull::passes_what_failed(), ..rules }),
    },
    Bug {
        id: "refused-delete-stays-gone",
        check: "lost",
        mechanism: "a delete that the backend refuses is told, and its row is not shown again",
        seen_in: "optimistic removals without a way back",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::keeps_refused_deletes_away(), ..rules }),
    },
    Bug {
        id: "asks-caches",
        check: "lost",
        mechanism: "pages are asked for by an address that says nothing of when: a proxy on the way answers with what it kept",
        seen_in: "a GET without Cache-Control behind a company's proxy",
        breaks: Breaks::Rule(|rules| Rules { send: send::asks_caches(), ..rules }),
    },
    Bug {
        id: "keeps-what-is-refused",
        check: "stuck",
        mechanism: "an edit that was refused for good stays in the outbox, and what is behind it waits for ever",
        seen_in: "laurent22/joplin #16504, rocicorp/mono PR 5982",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::keeps_what_is_refused(), ..rules }),
    },
    Bug {
        id: "discards-edits",
        check: "lost-edit",
        mechanism: "the edits that a waiting unit was to send are dropped with it, when another discards it",
        seen_in: "a queue whose requests carry what they send",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::discards_edits(), ..rules }),
    },
    Bug {
        id: "says-nothing",
        check: "silent-discard",
        mechanism: "an edit that was refused or superseded is dropped without a line that the user can read",
        seen_in: "adrianco/the-goodies #69",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::says_nothing(), ..rules }),
    },
    Bug {
        id: "update-brings-back",
        check: "resurrected",
        mechanism: "an edit of a row that is deleted meanwhile is sent as a create: the row is back, and nobody is told",
        seen_in: "apache/pouchdb #7645, Nozbe/WatermelonDB #1374",
        breaks: Breaks::Rule(|rules| Rules {
            resolve: push::update_brings_back(rules.resolve.clone()),
            outbox: push::hides_deletions(),
            ..rules
        }),
    },
    Bug {
        id: "counts-winners-as-done",
        check: "acknowledged-without-commit",
        mechanism: "an edit that wins its conflict is shown as saved and never sent again",
        seen_in: "a retry that forgets to enqueue",
        breaks: Breaks::Rule(|rules| Rules {
            resolve: push::counts_winners_as_done(rules.resolve.clone()),
            ..rules
        }),
    },
    Bug {
        id: "gives-way-in-silence",
        check: "silent-discard",
        mechanism: "an edit that gives way to a newer version is dropped, and the log says nothing of it",
        seen_in: "server-wins without a page of conflicts",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::hides_newer_versions(), ..rules }),
    },
    Bug {
        id: "merges-in-silence",
        check: "silent-discard",
        mechanism: "a merge in which one side's value of a column gives way to the other's leaves no line that the user can read",
        seen_in: "merges by columns of document stores",
        breaks: Breaks::Rule(|rules| Rules { resolve: push::merges_in_silence(rules.resolve), ..rules }),
    },
    Bug {
        id: "taken-is-done",
        check: "acknowledged-without-commit",
        mechanism: "an edit that is refused because another row has its natural key counts as there already",
        seen_in: "a client to whom every 409 says that its request came twice",
        breaks: Breaks::Rule(|rules| Rules { resolve: push::takes_taken_for_done(rules.resolve), ..rules }),
    },
    Bug {
        id: "deletes-what-left-scope",
        check: "misfiled",
        mechanism: "a delete of a row that was given to others meanwhile is sent again over the version that the device is not shown",
        seen_in: "partial replication whose rules guard reads alone",
        breaks: Breaks::Rule(|rules| Rules {
            resolve: push::deletes_what_left_scope(rules.resolve.clone()),
            ..rules
        }),
    },
    Bug {
        id: "deletes-as-updates",
        check: "unasked-commit",
        mechanism: "a delete is sent as an update that marks the row by a column of the device's own: the backend keeps the row",
        seen_in: "a record flag that the service does not map",
        breaks: Breaks::Rule(|rules| Rules { send: send::deletes_as_updates(), ..rules }),
    },
    Bug {
        id: "deletes-what-failed",
        check: "unasked-commit",
        mechanism: "a record flag means both that an upload failed and that the row is deleted: an update that is tried again deletes its row",
        seen_in: "flags of an upload queue that are not those of the service",
        breaks: Breaks::Rule(|rules| Rules { send: send::deletes_what_failed(), ..rules }),
    },
    Bug {
        id: "cleans-up-at-the-backend",
        check: "unasked-commit",
        mechanism: "what was uploaded is removed from the upload table, and the removal goes out as a delete of the row",
        seen_in: "change tracking that records what the sync itself writes",
        breaks: Breaks::Rule(|rules| Rules { send: send::cleans_up_at_the_backend(), ..rules }),
    },
    Bug {
        id: "values-of-the-one-before",
        check: "unasked-commit",
        mechanism: "a buffer is not cleared between the edits of a request: an update goes out with the values of the one before it",
        seen_in: "a record object that is reused in a loop",
        breaks: Breaks::Rule(|rules| Rules { send: send::values_of_the_one_before(), ..rules }),
    },
    Bug {
        id: "key-of-the-one-before",
        check: "unasked-commit",
        mechanism: "an edit is sent under the key and version of the one before it in the request",
        seen_in: "two lists of a request that are matched by position, one of them filtered",
        breaks: Breaks::Rule(|rules| Rules { send: send::key_of_the_one_before(), ..rules }),
    },
    Bug {
        id: "newest-first",
        check: "reordered",
        mechanism: "of a row's edits the newest goes out first, each on the version that the one before it made: the last word is lost",
        seen_in: "an outbox that is read from its end",
        breaks: Breaks::Rule(|rules| Rules { send: send::newest_first(), ..rules }),
    },
    Bug {
        id: "children-first",
        check: "reordered",
        mechanism: "rows go out newest first: a row that refers to another which the device made before it comes first, and is refused",
        seen_in: "Azure/azure-mobile-apps-net-client #161",
        breaks: Breaks::Rule(|rules| Rules { send: send::children_first(), ..rules }),
    },
    Bug {
        id: "parents-first",
        check: "reordered",
        mechanism: "rows go out table by table, parents first, which is right for what is made: a row that is deleted goes before the rows that refer to it and were deleted before it",
        seen_in: "uploads in the order of foreign keys",
        breaks: Breaks::Rule(|rules| Rules { send: send::parents_first(), ..rules }),
    },
    Bug {
        id: "whole-rows-again",
        check: "unasked-commit",
        mechanism: "an edit that was to make its row again goes over the row that somebody else has made again with all its columns",
        seen_in: "an upsert of the whole record as the answer to a conflict",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::sends_whole_rows(), ..rules }),
    },
    Bug {
        id: "merge-speaks-for-all",
        check: "silent-discard",
        mechanism: "an edit that was merged into another version takes the edits of its row behind it along: they go over what somebody else wrote in other columns, which nobody compared",
        seen_in: "a row's base that moves on with the first of its edits that is accepted",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::speaks_for_those_behind(), ..rules }),
    },
    Bug {
        id: "forgets-the-shadow",
        check: "stale",
        mechanism: "a newer version that came while the row had edits is thrown away when they are acknowledged",
        seen_in: "Nozbe/WatermelonDB PR 1073",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::forgets_the_shadow(), ..rules }),
    },
    Bug {
        id: "takes-older-versions",
        check: "went-back",
        mechanism: "a version that comes down is taken for newer than what is there, also from a copy of the backend that lags",
        seen_in: "reads from a replica without a session token",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::takes_older_versions(), ..rules }),
    },
    Bug {
        id: "takes-older-tombstones",
        check: "went-back",
        mechanism: "a tombstone takes whatever version there is, also one that is newer, as of a row that came back",
        seen_in: "reads from a replica without a session token",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::takes_older_tombstones(), ..rules }),
    },
    Bug {
        id: "forgets-ends",
        check: "own-write-vanished",
        mechanism: "a row that was deleted here and on the backend comes down once more as it was before, and is shown",
        seen_in: "reads from a replica without a session token",
        breaks: Breaks::Rule(|rules| Rules { apply: pull::forgets_ends(), ..rules }),
    },
    Bug {
        id: "shows-the-shadow",
        check: "own-write-vanished",
        mechanism: "a version that came while the row had edits is shown when they are acknowledged, though they are newer",
        seen_in: "pubkey/rxdb #5571, Azure/azure-mobile-apps #817",
        breaks: Breaks::Rule(|rules| Rules { outbox: push::shows_the_shadow(), ..rules }),
    },
    Bug {
        id: "turn-never-given-back",
        check: "stuck",
        mechanism: "the in-flight flag is not cleared after a failure: nothing syncs any more",
        seen_in: "automerge/automerge #702, rocicorp/replicache #42",
        breaks: Breaks::Rule(|rules| Rules { order: order::turn_never_given_back(), ..rules }),
    },
    Bug {
        id: "fails-without-a-word",
        check: "event-without-end",
        mechanism: "a failed run is not told to the app, which shows \"syncing\" for ever",
        seen_in: "powersync.dart #307",
        breaks: Breaks::Rule(|rules| Rules { order: order::fails_without_a_word(), ..rules }),
    },
    Bug {
        id: "two-at-once",
        check: "two-syncs-of-one-unit",
        mechanism: "a unit starts although one runs",
        seen_in: "powersync-ja/powersync.dart #253",
        breaks: Breaks::Rule(|rules| Rules { order: order::two_at_once(), ..rules }),
    },
    Bug {
        id: "sync-starts-sync",
        check: "sync-loop",
        mechanism: "the completion hook triggers the same unit again",
        seen_in: "the seed products' own warning",
        breaks: Breaks::App(app::sync_starts_sync),
    },
    Bug {
        id: "tries-without-a-pause",
        check: "request-storm",
        mechanism: "what fails is sent again at once, and for as long as it fails",
        seen_in: "a stack where the wait before a retry was left out",
        breaks: Breaks::Rule(|rules| Rules { order: order::tries_without_a_pause(), ..rules }),
    },
    Bug {
        id: "last-in-first-out",
        check: "unit-out-of-order",
        mechanism: "the unit that came last runs first",
        seen_in: "a stack where a queue was meant",
        breaks: Breaks::Rule(|rules| Rules { order: order::last_in_first_out(), ..rules }),
    },
    Bug {
        id: "misses-saves-in-a-run",
        check: "idle-with-work",
        mechanism: "an edit that is saved while a run is under way is not followed by another run: it waits for the next one",
        seen_in: "a flag \"syncing\" that a wake-up finds set and leaves",
        breaks: Breaks::Rule(|rules| Rules { wake: wake::misses_saves_in_a_run(), ..rules }),
    },
    Bug {
        id: "ignores-the-network",
        check: "idle-with-work",
        mechanism: "a network that comes back starts nothing: what failed without one waits for the next trigger",
        seen_in: "a listener that was removed with the screen that set it",
        breaks: Breaks::Rule(|rules| Rules { wake: wake::ignores_the_network(), ..rules }),
    },
    Bug {
        id: "never-ends-plans",
        check: "idle-with-work",
        mechanism: "a start that was put off once counts as planned for ever: no later trigger that comes too soon after a run starts anything",
        seen_in: "a debounce whose timer is set once",
        breaks: Breaks::Rule(|rules| Rules { wake: wake::never_ends_plans(), ..rules }),
    },
    Bug {
        id: "never-forgives",
        check: "idle-with-work",
        mechanism: "a good run does not end the row of failures: each failure waits longer than the one before, for days",
        seen_in: "a counter of attempts that only grows",
        breaks: Breaks::Rule(|rules| Rules { wake: wake::never_forgives(), ..rules }),
    },
    Bug {
        id: "waits-without-a-ceiling",
        check: "idle-with-work",
        mechanism: "waits between tries double without an end",
        seen_in: "an exponential back-off without a cap",
        breaks: Breaks::Rule(|rules| Rules { wake: wake::waits_without_a_ceiling(), ..rules }),
    },
    Bug {
        id: "gives-up-for-good",
        check: "idle-with-work",
        mechanism: "what failed three times in a row is not tried again",
        seen_in: "a limit of attempts that nobody resets",
        breaks: Breaks::Rule(|rules| Rules { order: order::gives_up_for_good(), ..rules }),
    },
    Bug {
        id: "forgets-late-rows",
        check: "idle-with-work",
        mechanism: "rows that could not be applied are kept on a list that nobody reads",
        seen_in: "a table of pending rows whose reader was never written",
        breaks: Breaks::Rule(|rules| Rules { wake: wake::forgets_late_rows(), ..rules }),
    },
    Bug {
        id: "rests-in-the-middle",
        check: "event-without-end",
        mechanism: "between two pages a run waits minutes for a connection that nobody gives back",
        seen_in: "a pool of one connection, and a reader that is not closed",
        breaks: Breaks::Rule(|rules| Rules { wake: wake::rests_in_the_middle(), ..rules }),
    },
    Bug {
        id: "rename-forgets-edits",
        check: "dangling-id",
        mechanism: "when the backend names a row, edits that wait still refer to it by the key that it was made with",
        seen_in: "temporary ids that are replaced in tables and not in the queue",
        breaks: Breaks::Rule(|rules| Rules { outbox: named::forgets_waiting_edits(), ..rules }),
    },
    Bug {
        id: "rename-forgets-rows",
        check: "dangling-id",
        mechanism: "when the backend names a row, rows that refer to it keep the key that it was made with",
        seen_in: "temporary ids that are replaced in one table alone",
        breaks: Breaks::Rule(|rules| Rules { outbox: named::forgets_other_rows(), ..rules }),
    },
    Bug {
        id: "rename-forgets-newer",
        check: "stale",
        mechanism: "the answer to a create was lost, the row comes down and changes, and the create's answer puts the old one in its place",
        seen_in: "an insert that is told again after its row was pulled",
        breaks: Breaks::Rule(|rules| Rules { outbox: named::forgets_what_came(), ..rules }),
    },
    Bug {
        id: "pool-gives-again",
        check: "id-twice",
        mechanism: "the next key of a pool is worked out from its first one, not from the last that was given",
        seen_in: "a counter that lives in memory while its block lives on disk",
        breaks: Breaks::Rule(|rules| Rules { send: named::gives_keys_again(), ..rules }),
    },
];

/// The bug of this name.
pub fn find(id: &str) -> Option<&'static Bug> {
    ALL.iter().find(|bug| bug.id == id)
}
