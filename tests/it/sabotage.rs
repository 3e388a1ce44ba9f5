//! Engines that are broken on purpose, each hunted in a small world until its own check catches it.
//!
//! A catch by another check does not count. The correct engine passes the very same worlds and seeds. What a hunt took is
//! written down in `scenarios/BUGS.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use syncdyno::bugs::{self, Bug};
use syncdyno::oracle;
use syncdyno::scenario::{Plan, Request};
use syncdyno::world::Outcome;

use crate::worlds::{self, trouble};

/// Where a bug is hunted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ground {
    path: &'static str,
    sets: &'static [&'static str],
    /// So many seeds at most, from 1.
    seeds: u64,
}

/// Everything at once, on few rows.
const CROWD: Ground = Ground { path: "tests/it/worlds/crowd.toml", sets: &[], seeds: 60 };
/// First loads that are killed after a chunk.
const KILLED_LOADS: Ground = Ground {
    path: "scenarios/kill-in-pull.toml",
    sets: &["duration=5m", "drain=20m", "entity.task.rows=400"],
    seeds: 5,
};
/// A short time, for what spins.
const MOMENT: Ground =
    Ground { path: "tests/it/worlds/crowd.toml", sets: &["duration=40s", "drain=1m"], seeds: 5 };

/// A backend that is down for a while.
const DOWN: Ground = Ground { path: "scenarios/backend/request-storm.toml", sets: &[], seeds: 5 };

/// The crowd, with one side that always wins.
const CLIENT_WINS: Ground = Ground { sets: &["engine.conflict.policy=client-wins"], ..CROWD };
const SERVER_WINS: Ground = Ground { sets: &["engine.conflict.policy=server-wins"], ..CROWD };
const FIELD_MERGE: Ground = Ground { sets: &["engine.conflict.policy=field-merge"], ..CROWD };

/// The crowd, whose people delete what they see, be it given to others meanwhile.
const SHOWN: Ground = Ground {
    sets: &["action.hand-over.per_device=6", "action.drop.per_device=6", "action.drop.aim=shown"],
    ..CROWD
};
/// The crowd where some edits are refused for good, and where a sync of all discards what waits.
const POISONED: Ground = Ground { sets: &["backend.poison=5%"], ..CROWD };
const DISCARDING: Ground = Ground { sets: &["unit.Online.discard_pending=true"], ..CROWD };

/// The crowd, whose changes are read from a copy of the backend that lags.
const LAGGING: Ground = Ground {
    sets: &["backend.replica_lag=15s", "action.drop.per_device=6", "action.drop.aim=shown"],
    ..CROWD
};
/// People who make rows and rows that refer to them.
const MADE: Ground = Ground { path: "scenarios/scripts/made.toml", sets: &["duration=1h"], seeds: 5 };

/// The crowd, and a kind of trouble besides that it does not have.
const FOREIGN: Ground = Ground { sets: &["chaos.foreign_answers=15%"], ..CROWD };
const MIXED_UP: Ground = Ground {
    path: "scenarios/links/foreign-answers.toml",
    sets: &["event.proxy.foreign_answers.what=earlier"],
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

/// Changes to natural keys that others have.
const TAKEN: Ground = Ground { path: "scenarios/conflicts/taken-updates.toml", sets: &[], seeds: 5 };

/// People who make rows and what refers to them, and take all apart again.
const APART: Ground = Ground { path: "scenarios/scripts/taken-apart.toml", sets: &[], seeds: 5 };
/// Edits that win over deletes on several phones.
const AGAIN: Ground = Ground { path: "scenarios/conflicts/made-again.toml", sets: &[], seeds: 5 };
/// Rows that go and come back, read from a copy that lags.
const BACK: Ground = Ground { path: "scenarios/backend/gone-and-back.toml", sets: &[], seeds: 5 };

/// Two units with an entity each.
const DATES: Ground = Ground { path: "scenarios/units/dates.toml", sets: &[], seeds: 5 };

/// Phones that are often idle, and a backend and a network that are gone for minutes.
const QUIET: Ground = Ground { path: "tests/it/worlds/quiet.toml", sets: &[], seeds: 10 };
/// The same where each run fails at its first failure.
const HASTY: Ground = Ground { sets: &["engine.retry.attempts=1"], ..QUIET };
/// The same, with rows that cannot be applied at once.
const LISTING: Ground =
    Ground { sets: &["engine.pull.bad_rows=0.2", "engine.pull.on_bad_row=retry-list"], ..QUIET };

fn ground(bug: &Bug) -> Ground {
    match bug.id {
        "misses-saves-in-a-run" | "ignores-the-network" => QUIET,
        "gives-up-for-good" | "rests-in-the-middle" => QUIET,
        "never-forgives" | "waits-without-a-ceiling" => HASTY,
        "forgets-late-rows" => LISTING,
        "cursor-before-rows" => KILLED_LOADS,
        "sync-starts-sync" => MOMENT,
        "tries-without-a-pause" => DOWN,
        "counts-winners-as-done" => CLIENT_WINS,
        "gives-way-in-silence" => SERVER_WINS,
        "merges-in-silence" => FIELD_MERGE,
        "deletes-what-left-scope" => SHOWN,
        "keeps-what-is-refused" => POISONED,
        "discards-edits" => DISCARDING,
        "taken-is-done" => TAKEN,
        "children-first" => MADE,
        "parents-first" => APART,
        "whole-rows-again" => AGAIN,
        "takes-older-tombstones" => BACK,
        "one-date-for-all" => DATES,
        "foreign-answer-is-ack" => FOREIGN,
        "verdicts-by-place" => MIXED_UP,
        "cancel-drops-in-flight" => CANCELLED,
        "put-off-is-done" => PUT_OFF,
        "one-bad-row-drops-page" => BAD_ROWS,
        "refused-delete-stays-gone" => KEPT_ROWS,
        "asks-caches" => PROXY,
        "takes-older-versions" | "forgets-ends" => LAGGING,
        _ => CROWD,
    }
}

impl Ground {
    fn plans(self, engine: &str) -> Vec<Plan> {
        let mut sets: Vec<String> = self.sets.iter().map(|set| (*set).to_owned()).collect();
        sets.push(format!("engine.name={engine}"));
        let request = Request { sets, seeds: (1..=self.seeds).collect(), ..Request::default() };
        worlds::plans(&worlds::document(self.path), &request)
    }
}

/// Whether the bug's own check fired. A device is divergent whenever one of its rows is wrong in any way, so that counts only
/// if no other check has a name for it.
fn catches(bug: &Bug, outcome: &Outcome) -> bool {
    let fired = |check: &str| outcome.violations.iter().any(|v| v.check == check);
    let named = |check: &str| oracle::implied(check).contains(&"divergent") && fired(check);
    fired(bug.check) && (bug.check != "divergent" || !oracle::check_names().any(named))
}

/// The first seed with which the bug's own check catches it.
fn hunt(bug: &Bug) -> Option<u64> {
    let plans = ground(bug).plans(&format!("broken:{}", bug.id));
    plans.iter().find(|plan| catches(bug, &worlds::run(plan))).map(|plan| plan.seed.0)
}

/// Hunts all bugs; gives the catches by bug, or who got away.
fn hunt_all() -> Result<BTreeMap<&'static str, u64>, Vec<&'static str>> {
    let mut caught = BTreeMap::new();
    let mut away = Vec::new();
    for bug in bugs::ALL {
        match hunt(bug) {
            Some(seed) => _ = caught.insert(bug.id, seed),
            None => away.push(bug.id),
        }
    }
    if away.is_empty() { Ok(caught) } else { Err(away) }
}

fn written(caught: &BTreeMap<&str, u64>) -> String {
    let mut text = String::from(
        "# Planted bugs, and what it took to catch them\n\n\
         Each is the built-in engine with one rule broken, registered as the engine `broken:<id>`; `syncdyno run FILE --set\n\
         engine.name=broken:<id>` runs it. It counts as caught when its own check fires, `divergent` only\n\
         where no check that implies it does. Worlds are tried with the seeds 1, 2, 3 …; the\n\
         correct engine passes each of these worlds with all seeds of the hunt. Written by `cargo test --test it -- sabotage`\n\
         with `SYNCDYNO_BLESS=1`, and checked by it without.\n\n\
         | bug | what it does wrong | caught by | worlds tried | hunted in | seen in |\n|---|---|---|---|---|---|\n",
    );
    for bug in bugs::ALL {
        let ground = ground(bug);
        let world = std::iter::once(format!("`{}`", ground.path))
            .chain(ground.sets.iter().map(|set| format!("`{set}`")))
            .collect::<Vec<_>>()
            .join(" ");
        let Bug { id, mechanism, check, seen_in, .. } = bug;
        let seeds = caught[id];
        let line = writeln!(text, "| `{id}` | {mechanism} | `{check}` | {seeds} | {world} | {seen_in} |");
        line.expect("a text takes what is written");
    }
    text
}

#[test]
fn sabotage_is_caught_by_its_own_check_and_written_down() {
    let caught = hunt_all().unwrap_or_else(|away| panic!("not caught: {}", away.join(", ")));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/BUGS.md");
    let fresh = written(&caught);
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        std::fs::write(&path, &fresh).expect("the ledger can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "scenarios/BUGS.md is not what the hunts say; SYNCDYNO_BLESS=1 writes:\n{fresh}"
    );
}

#[test]
fn sabotage_leaves_no_check_without_a_bug() {
    let caught: BTreeSet<&str> = bugs::ALL.iter().map(|bug| bug.check).collect();
    assert_eq!(caught, oracle::check_names().collect());
    let names: BTreeSet<&str> = bugs::ALL.iter().map(|bug| bug.id).collect();
    assert_eq!(names.len(), bugs::ALL.len(), "no two bugs have one name");
}

#[test]
fn sabotage_grounds_let_the_correct_engine_pass() {
    let grounds: BTreeSet<Ground> = bugs::ALL.iter().map(ground).collect();
    let mut wrong = Vec::new();
    for ground in grounds {
        for plan in ground.plans("builtin") {
            let found = trouble(&worlds::run(&plan));
            wrong.extend(found.iter().map(|text| format!("{} seed {}: {text}", ground.path, plan.seed.0)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
