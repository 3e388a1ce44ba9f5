//! Engines that are broken on purpose, each hunted in a small world until its own check catches it.
//!
//! A catch by another check does not count. The correct engine passes the same worlds.
//! `scenarios/BUGS.md` has the results.

use std::collections::BTreeSet;

use syncdyno::bugs::{self, Bug};
use syncdyno::oracle;
use syncdyno::scenario::{Plan, Request};
use syncdyno::world::Outcome;

use crate::hunts::{self, Hunted};
use crate::worlds::{self, trouble};

/// The world in which a bug is hunted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ground {
    path: &'static str,
    sets: &'static [&'static str],
    /// The most seeds, from 1.
    seeds: u64,
}

/// Everything at once, on few rows.
const CROWD: Ground = Ground { path: "tests/it/worlds/crowd.toml", sets: &[], seeds: 200 };
/// First loads that are killed after a chunk.
const KILLED_LOADS: Ground = Ground {
    path: "scenarios/kill-in-pull.toml",
    sets: &["duration=5m", "drain=20m", "entity.task.rows=400"],
    seeds: 5,
};
/// A short time, for engines that spin.
const MOMENT: Ground =
    Ground { path: "tests/it/worlds/crowd.toml", sets: &["duration=40s", "drain=1m"], seeds: 5 };

/// A backend that is down for a while.
const DOWN: Ground = Ground { path: "scenarios/backend/request-storm.toml", sets: &[], seeds: 5 };

/// The crowd, with one side that always wins.
const CLIENT_WINS: Ground = Ground { sets: &["engine.conflict.policy=client-wins"], ..CROWD };
const SERVER_WINS: Ground = Ground { sets: &["engine.conflict.policy=server-wins"], ..CROWD };
const PAGE: Ground = Ground {
    sets: &["engine.conflict.policy=manual", "workload.resolver={takes=\"columns\",delay=\"90s\",never=0.1}"],
    ..CROWD
};
/// People who decide minutes later.
const DECIDED: Ground = Ground { path: "scenarios/conflicts/page.toml", sets: &[], seeds: 5 };
const KEEP_BOTH: Ground = Ground {
    sets: &[
        "engine.conflict.policy=keep-both",
        "chaos.response_loss=30%",
        "entity.task.unique=[]",
        "workload.contention.double_create=0",
    ],
    ..CROWD
};
const FIELD_MERGE: Ground = Ground { sets: &["engine.conflict.policy=field-merge"], ..CROWD };

/// The crowd, whose people delete what they see, even if it was given to others since.
const SHOWN: Ground = Ground {
    sets: &["action.hand-over.per_device=6", "action.drop.per_device=6", "action.drop.aim=shown"],
    ..CROWD
};
/// The crowd with edits that are refused for good, and with a sync of all that discards edits.
const POISONED: Ground = Ground { sets: &["backend.poison=5%"], ..CROWD };
/// A few rows that everybody edits: edits behind refused ones, over others' edits, and repeated.
const FEW_ROWS: Ground = Ground { path: "scenarios/conflicts/few-rows.toml", sets: &[], seeds: 40 };
const DISCARDING: Ground = Ground { sets: &["unit.Online.discard_pending=true"], ..CROWD };

/// The crowd, whose changes are read from a lagging copy of the backend.
const LAGGING: Ground = Ground {
    sets: &["backend.replica_lag=15s", "action.drop.per_device=6", "action.drop.aim=shown"],
    ..CROWD
};
/// People who make rows and rows that refer to them.
const MADE: Ground = Ground { path: "scenarios/scripts/made.toml", sets: &["duration=1h"], seeds: 5 };

/// The crowd, with a fault that it does not have otherwise.
const FOREIGN: Ground = Ground { sets: &["chaos.foreign_responses=15%"], ..CROWD };
const MIXED_UP: Ground = Ground {
    path: "scenarios/links/foreign-answers.toml",
    sets: &["event.proxy.foreign_responses.what=earlier"],
    seeds: 5,
};
const CANCELLED: Ground = Ground { sets: &["chaos.cancel_mtbf=20s"], ..CROWD };
const PUT_OFF: Ground = Ground { sets: &["chaos.put_off=15%"], ..CROWD };
const BAD_ROWS: Ground = Ground { sets: &["chaos.bad_rows=3%"], ..CROWD };
const KEPT_ROWS: Ground = Ground {
    sets: &["chaos.refused_deletes=50%", "action.drop.per_device=6", "action.drop.aim=shown"],
    ..CROWD
};
const PROXY: Ground = Ground { path: "scenarios/links/caching-proxy.toml", sets: &[], seeds: 5 };

/// The crowd, with titles of a sentence's length.
const SENTENCES: Ground = Ground { sets: &["entity.task.schema.title=text 10..40"], ..CROWD };

/// Changes to natural keys that others have.
const TAKEN: Ground = Ground { path: "scenarios/conflicts/taken-updates.toml", sets: &[], seeds: 5 };

/// Loads during the day, when the last commits are not visible yet.
const MIDLIFE: Ground = Ground {
    path: "scenarios/backend/load-in-midlife.toml",
    sets: &["backend.stamp_precision=10s", "backend.ticks=shared"],
    seeds: 10,
};

/// Two units of one entity, a cursor each, and responses to other requests.
const FOREIGN_PAGES: Ground = Ground { path: "scenarios/links/foreign-pages.toml", sets: &[], seeds: 10 };

/// People who make rows and rows that refer to them, and delete all of them again.
const APART: Ground = Ground { path: "scenarios/scripts/taken-apart.toml", sets: &[], seeds: 5 };
/// Edits that win over deletes on several phones; several edits of a row, of which the first is
/// merged.
const BEHIND: Ground = Ground { path: "scenarios/conflicts/behind-a-merge.toml", sets: &[], seeds: 5 };
const AGAIN: Ground = Ground { path: "scenarios/conflicts/made-again.toml", sets: &[], seeds: 5 };
/// Rows that go and come back, read from a lagging copy.
const BACK: Ground = Ground { path: "scenarios/backend/gone-and-back.toml", sets: &[], seeds: 5 };
/// The crowd, whose cursors expire while phones have no network.
const EXPIRING: Ground = Ground {
    sets: &["backend.tombstones_kept=10s", "chaos.outage_mean=40s", "action.drop.per_device=2"],
    ..CROWD
};
/// The crowd, whose people delete what they have just made, and miss many responses.
const REGRETTED: Ground = Ground {
    sets: &[
        "action.drop.per_device=12",
        "action.drop.aim=made",
        "action.add.per_device=12",
        "chaos.response_loss=40%",
    ],
    ..CROWD
};
/// All kinds of faults, with beds that move to the other ward and back.
const MOVED: Ground =
    Ground { path: "scenarios/chaos.toml", sets: &["swarm.on=1", "swarm.sizes=false"], seeds: 10 };

/// Rows that get their keys from the backend, with lost responses.
const NAMED: Ground = Ground { path: "scenarios/conflicts/server-ids.toml", sets: &[], seeds: 10 };
/// Keys that are given out in advance.
const POOL: Ground = Ground { path: "scenarios/conflicts/id-pool.toml", sets: &[], seeds: 5 };

/// The same on a phone whose storage is copied.
const POOL_COPIED: Ground = Ground { path: "scenarios/conflicts/id-pool-copied.toml", sets: &[], seeds: 5 };

/// Orders that the office deletes, with foreign keys on the phones.
const KEYS: Ground = Ground {
    path: "scenarios/conflicts/keys-on-the-phone.toml",
    sets: &["entity.line.on_delete={order=\"cascade\"}"],
    seeds: 5,
};

/// A unit that brings a part of what another one brings in full; dates of the last sync.
const PARTS: Ground = Ground { path: "scenarios/units/light-splash.toml", sets: &[], seeds: 5 };
const LAST_SYNC_ON: Ground = Ground { path: "scenarios/units/last-sync-on.toml", sets: &[], seeds: 5 };
/// Phones that are killed before a requested unit has succeeded.
const KEPT_QUEUE: Ground =
    Ground { path: "scenarios/units/kept-queue.toml", sets: &["engine.queue_kept=disk"], seeds: 5 };
/// Two units with an entity each.
const DATES: Ground = Ground { path: "scenarios/units/dates.toml", sets: &[], seeds: 5 };

/// Loads over an unreliable line, with the date of the last sync or shown only as a whole.
const CUT: Ground = Ground { path: "scenarios/interrupted/date-moved.toml", sets: &[], seeds: 5 };

/// Phones that are often idle, and a backend and a network that are gone for minutes.
const QUIET: Ground = Ground { path: "tests/it/worlds/quiet.toml", sets: &[], seeds: 10 };
/// The same, but each run fails at its first failure.
const HASTY: Ground = Ground { sets: &["engine.retry.attempts=1"], ..QUIET };
/// The same, with rows that cannot be applied at once.
const LISTING: Ground =
    Ground { sets: &["engine.pull.bad_rows=0.2", "engine.pull.on_bad_row=retry-list"], ..QUIET };

/// Apps that the operating system suspends during a load.
const SUSPENDED: Ground = Ground { path: "scenarios/device/suspended.toml", sets: &[], seeds: 5 };

/// All kinds of faults, with networks that come and go.
const CHAOS: Ground = Ground { path: "scenarios/chaos.toml", sets: &[], seeds: 10 };

/// Edits that are squashed, with lost responses: of one person, and of rows that are deleted as
/// soon as they are made.
const SQUASHED: Ground = Ground {
    sets: &[
        "engine.push.squash=true",
        "action.tick-off.per_device=30",
        "action.retitle.on_devices=1",
        "action.retitle.per_device=15",
        "chaos.response_loss=40%",
    ],
    ..CROWD
};
const DROPPED: Ground = Ground {
    sets: &[
        "engine.push.squash=true",
        "action.drop.per_device=12",
        "action.drop.aim=made",
        "action.add.per_device=12",
        "chaos.response_loss=40%",
    ],
    ..CROWD
};

/// A thin line, a captive portal, and a forest.
const SHOWN_TO_PEOPLE: Ground = Ground { path: "scenarios/units/status.toml", sets: &[], seeds: 5 };

/// Photos on a thin line with dead spots.
const PHOTOS: Ground = Ground { path: "scenarios/device/photos.toml", sets: &[], seeds: 5 };
/// The same with all kinds of faults, and earlier responses in place of others.
const PHOTOS_MIXED_UP: Ground = Ground {
    path: "scenarios/device/photos-chaos.toml",
    sets: &["chaos.foreign_responses=20%", "swarm.on=1"],
    seeds: 10,
};

/// The same with records that are discarded.
const PHOTOS_GIVEN_UP: Ground =
    Ground { path: "scenarios/device/photos-given-up.toml", sets: &["engine.on_logout=discard"], seeds: 5 };

fn ground(bug: &Bug) -> Ground {
    match bug.id {
        "last-stretch-is-all" => PHOTOS,
        "takes-anothers-word" => PHOTOS_MIXED_UP,
        "sends-what-came-to-nothing" => PHOTOS_GIVEN_UP,
        "squashes-into-what-was-sent" | "sends-the-last-update-alone" => SQUASHED,
        "takes-back-what-was-sent" => DROPPED,
        "never-ends-plans" => CHAOS,
        "all-synced-too-soon" | "failed-for-ever" | "offline-for-ever" => SHOWN_TO_PEOPLE,
        "progress-beyond-its-end" | "progress-never-moves" | "syncing-for-ever" => SHOWN_TO_PEOPLE,
        "misses-saves-in-a-run" | "ignores-the-network" => QUIET,
        "gives-up-for-good" | "rests-in-the-middle" => QUIET,
        "waits-for-what-is-gone" => SUSPENDED,
        "never-forgives" | "waits-without-a-ceiling" => HASTY,
        "forgets-late-rows" => LISTING,
        "cursor-before-rows" => KILLED_LOADS,
        "sync-starts-sync" => MOMENT,
        "tries-without-a-pause" => DOWN,
        "counts-winners-as-done" => CLIENT_WINS,
        "gives-way-in-silence" => SERVER_WINS,
        "merges-in-silence" => FIELD_MERGE,
        "page-in-memory" | "choice-stays-here" | "flag-stays-set" => PAGE,
        "stops-at-a-conflict" => DECIDED,
        "another-copy-each-try" => KEEP_BOTH,
        "deletes-what-left-scope" => SHOWN,
        "keeps-what-is-refused" => POISONED,
        "discards-edits" => DISCARDING,
        "taken-is-done" => TAKEN,
        "sends-rows-as-shown" | "keeps-refused-drafts" | "hands-on-what-was-refused" => FEW_ROWS,
        "tries-what-was-refused" | "asks-twice" | "updates-under-another-name" => FEW_ROWS,
        "one-line-a-row" | "one-message-a-session" | "wins-once-wins-for-ever" => FEW_ROWS,
        "name-of-the-one-before" | "days-as-names" | "moves-by-days" => FEW_ROWS,
        "restores-its-own-word" | "sends-its-tail-again" | "tries-over-what-came" => FEW_ROWS,
        "writes-one-row-behind" | "takes-away-before-it-writes" | "removes-one-row-behind" => CROWD,
        "acknowledges-without-a-stamp" | "names-no-rows" | "stamps-rows-with-nothing" => FEW_ROWS,
        "cuts-long-texts" | "misses-the-last-column" => SENTENCES,
        "ends-what-is-referred-to" => KEYS,
        "children-first" => MADE,
        "parents-first" => APART,
        "whole-rows-again" => AGAIN,
        "merge-speaks-for-all" => BEHIND,
        "takes-older-tombstones" => BACK,
        "rename-forgets-edits" | "rename-forgets-rows" | "rename-forgets-newer" => NAMED,
        "pool-gives-again" => POOL,
        "keeps-anothers-pool" => POOL_COPIED,
        "one-date-for-all" => DATES,
        "part-over-whole" | "part-moves-all" => PARTS,
        "dates-all-units" => LAST_SYNC_ON,
        "forgets-as-it-begins" => KEPT_QUEUE,
        "dates-what-was-cut" | "forgets-what-waits" => CUT,
        "foreign-answer-is-ack" => FOREIGN,
        "verdicts-by-place" => MIXED_UP,
        "cancel-drops-in-flight" => CANCELLED,
        "put-off-is-done" => PUT_OFF,
        "one-bad-row-drops-page" => BAD_ROWS,
        "refused-delete-stays-gone" => KEPT_ROWS,
        "asks-caches" => PROXY,
        "never-sweeps" | "sweeps-what-waits" => EXPIRING,
        "sweeps-what-is-withheld" => MIDLIFE,
        "takes-anothers-page" => FOREIGN_PAGES,
        "cancels-what-was-sent" => REGRETTED,
        "tombstones-for-ever" => MOVED,
        "takes-older-versions" | "forgets-ends" => LAGGING,
        _ => CROWD,
    }
}

impl Ground {
    fn plans(self, engine: &str, seeds: Vec<u64>) -> Vec<Plan> {
        let mut sets: Vec<String> = self.sets.iter().map(|set| (*set).to_owned()).collect();
        sets.push(format!("engine.name={engine}"));
        let request = Request { sets, seeds, ..Request::default() };
        worlds::plans(&worlds::document(self.path), &request)
    }
}

/// True if the bug's own check fired. A device is divergent if any of its rows is wrong, so that
/// counts only if no other check names it.
fn catches(bug: &Bug, outcome: &Outcome) -> bool {
    let fired = |check: &str| outcome.violations.iter().any(|v| v.check == check);
    let named = |check: &str| oracle::implied(check).contains(&"divergent") && fired(check);
    fired(bug.check) && (bug.check != "divergent" || !oracle::check_names().any(named))
}

/// All bugs, as they are hunted.
pub(crate) fn hunted() -> Vec<Hunted> {
    let of = |bug: &'static Bug| {
        let ground = ground(bug);
        let sets = ground.sets.iter().map(|set| format!("`{set}`"));
        let world = std::iter::once(format!("`{}`", ground.path)).chain(sets).collect::<Vec<_>>().join(" ");
        Hunted {
            name: format!("`{}`", bug.id),
            class: class(bug.id),
            why: bug.mechanism,
            world,
            see: bug.seen_in.to_owned(),
            seeds: ground.seeds,
            caught: Box::new(move |seed| {
                let plans = ground.plans(&format!("broken:{}", bug.id), vec![seed]);
                let seen = || BTreeSet::from([format!("`{}`", bug.check)]);
                // A file may have several variants, not all of which show it.
                Ok(plans.iter().any(|plan| catches(bug, &worlds::run(plan))).then(seen))
            }),
        }
    };
    bugs::all().map(of).collect()
}

/// Where it goes wrong, and the known bug that it resembles; see the table.
fn class(id: &str) -> &'static str {
    let class = known_bug(id).or_else(|| like_no_other(id));
    class.unwrap_or_else(|| panic!("of which class is {id}?"))
}

/// The bug of the table that it resembles.
fn known_bug(id: &str) -> Option<&'static str> {
    Some(match id {
        "cursor-before-rows" => "A1",
        "one-row-a-stamp" => "A4",
        "cursor-before-the-last-page" => "A5",
        "first-batch-of-a-page" => "A15",
        "one-date-for-all" | "dates-all-units" | "part-moves-all" | "ignores-tombstones" => "A11",
        "merges-without-nulls" => "A14",
        "never-sweeps" => "A22, D",
        "sweeps-what-is-withheld" => "C14",
        "new-identity-each-try" => "B1",
        "marks-clean-what-changed" | "writes-back-its-snapshot" | "squashes-into-what-was-sent" => "B3",
        "shows-the-shadow" => "B4",
        "two-at-once" => "B7",
        "misses-saves-in-a-run" => "B5",
        "passes-over-errors" | "one-bad-row-drops-page" => "A2",
        "keeps-what-is-refused" => "B9",
        "drops-after-refusal" | "drops-after-timeout" => "B10",
        "children-first" | "parents-first" => "B11",
        "cancels-what-was-sent" | "takes-back-what-was-sent" => "B12",
        "forgets-what-was-superseded" => "B16",
        "forgets-the-shadow" => "B20",
        "silence-is-consent" => "B23",
        "update-brings-back" => "C1",
        "tombstones-for-ever" => "C3",
        "gives-way-in-silence" => "C7",
        "pulls-over-edits" => "C9",
        "inserts-only" | "ignores-what-comes-meanwhile" => "C10",
        "turn-never-given-back" => "C17",
        "taken-is-done" => "C18",
        "sweeps-what-waits" => "D2",
        "goes-over-what-came" => "D13",
        "rests-in-the-middle" => "D8",
        _ => return None,
    })
}

/// For the others, where they go wrong.
fn like_no_other(id: &str) -> Option<&'static str> {
    let of = |(place, ids): &(&'static str, &[&str])| ids.contains(&id).then_some(*place);
    BY_PLACE.iter().find_map(of)
}

const BY_PLACE: &[(&str, &[&str])] = &[
    (
        "A",
        &[
            "keeps-what-left-scope",
            "writes-one-row-behind",
            "takes-away-before-it-writes",
            "removes-one-row-behind",
            "names-no-rows",
            "stamps-rows-with-nothing",
            "takes-anothers-page",
            "takes-older-versions",
            "takes-older-tombstones",
            "forgets-late-rows",
            "dates-what-was-cut",
            "forgets-what-waits",
            "part-over-whole",
            "misses-the-last-column",
        ],
    ),
    (
        "B",
        &[
            "foreign-answer-is-ack",
            "verdicts-by-place",
            "cancel-drops-in-flight",
            "put-off-is-done",
            "refused-delete-stays-gone",
            "ends-what-is-referred-to",
            "discards-edits",
            "last-stretch-is-all",
            "takes-anothers-word",
            "sends-what-came-to-nothing",
            "deletes-as-updates",
            "deletes-what-failed",
            "cleans-up-at-the-backend",
            "sends-rows-as-shown",
            "keeps-refused-drafts",
            "hands-on-what-was-refused",
            "tries-what-was-refused",
            "asks-twice",
            "updates-under-another-name",
            "restores-its-own-word",
            "sends-its-tail-again",
            "tries-over-what-came",
            "acknowledges-without-a-stamp",
            "values-of-the-one-before",
            "key-of-the-one-before",
            "sends-the-last-update-alone",
            "cuts-long-texts",
            "newest-first",
        ],
    ),
    (
        "D",
        &[
            "asks-caches",
            "ignores-the-network",
            "never-forgives",
            "waits-without-a-ceiling",
            "waits-for-what-is-gone",
            "gives-up-for-good",
            "fails-without-a-word",
            "sync-starts-sync",
            "last-in-first-out",
            "forgets-as-it-begins",
            "tries-without-a-pause",
            "all-synced-too-soon",
            "completes-twice",
            "failed-for-ever",
            "offline-for-ever",
            "progress-beyond-its-end",
            "progress-never-moves",
            "syncing-for-ever",
            "never-ends-plans",
        ],
    ),
    (
        "C",
        &[
            "rename-forgets-edits",
            "rename-forgets-rows",
            "rename-forgets-newer",
            "pool-gives-again",
            "keeps-anothers-pool",
            "page-in-memory",
            "merges-in-silence",
            "one-line-a-row",
            "one-message-a-session",
            "wins-once-wins-for-ever",
            "name-of-the-one-before",
            "days-as-names",
            "moves-by-days",
            "choice-stays-here",
            "flag-stays-set",
            "stops-at-a-conflict",
            "another-copy-each-try",
            "says-nothing",
            "counts-winners-as-done",
            "deletes-what-left-scope",
            "forgets-ends",
            "merge-speaks-for-all",
            "whole-rows-again",
        ],
    ),
];

#[test]
fn sabotage_is_caught_by_its_own_check() {
    hunts::seen_again(&hunted());
}

#[test]
fn sabotage_leaves_no_check_without_a_bug() {
    let mut caught: BTreeSet<&str> = bugs::all().map(|bug| bug.check).collect();
    // No engine carries rows to another system: there the bugs are settings.
    let files = ["one-way", "one-way-workers"].map(|name| format!("scenarios/strategies/{name}.toml"));
    let documents = files.map(|path| worlds::document(&path));
    let plans: Vec<Plan> =
        documents.iter().flat_map(|document| worlds::plans(document, &Request::default())).collect();
    caught.extend(plans.iter().flat_map(|plan| &plan.judged.expect.violations).map(String::as_str));
    assert_eq!(caught, oracle::check_names().collect());
}

#[test]
fn sabotage_grounds_let_the_correct_engine_pass() {
    let grounds: BTreeSet<Ground> = bugs::all().map(ground).collect();
    let mut wrong = Vec::new();
    for ground in grounds {
        let seeds = ground.seeds.min(if worlds::every_place() { 10 } else { 1 });
        // A variant may exist to show what goes wrong.
        let plans = ground.plans("builtin", (1..=seeds).collect());
        for plan in plans.into_iter().filter(|plan| plan.judged.expect.violations.is_empty()) {
            let found = trouble(&worlds::run(&plan));
            wrong.extend(found.iter().map(|text| format!("{} seed {}: {text}", ground.path, plan.seed.0)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
