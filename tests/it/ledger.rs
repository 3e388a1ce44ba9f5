//! How many worlds it takes to find a planted bug from a calm scenario: by a hunt, and by random
//! faults of all kinds. `docs/hunting.md` has the table.
//!
//! Measuring takes long, so a test only holds the table to the list of bugs. `SYNCDYNO_BLESS=1`
//! measures bugs that the table lacks, those in `SYNCDYNO_LEDGER` if it names some, and writes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syncdyno::base::Span;
use syncdyno::bugs::{self, Bug};
use syncdyno::campaign::hunt::{Game, Length, hunt};
use syncdyno::campaign::shrink::Means;
use syncdyno::campaign::{InProcess, Signals};
use syncdyno::scenario::Request;
use syncdyno::world::Stacks;

use crate::worlds;

const NOTES: &str = "tests/it/worlds/notes.toml";
/// The first seed of each of five measurements.
const RANGES: [u64; 5] = [1, 1_001, 2_001, 3_001, 4_001];
/// The most worlds of a measurement.
const MOST: u64 = 64;
/// Candidates of a generation in a measurement.
const SIZE: u64 = 16;
/// All kinds of random faults, of which each seed has some: what a hunt is compared with.
const CHAOS: &[&str] = &[
    "chaos={kill_mtbf=\"1m\",power_loss_mtbf=\"2m\",outage_mtbf=\"1m\",outage_mean=\"6s\",response_loss=0.1,\
     foreign_responses=0.03,cancel_mtbf=\"1m\",put_off=0.05,bad_rows=0.02,refused_deletes=0.15,\
     backend_mtbf=\"2m\",backend_mean=\"10s\"}",
    "workload.contention={share=0.3,within=\"15s\",equal=0.2,double_create=0.3,deletes=0.05}",
    "swarm={}",
];
const BEGIN: &str = "<!-- measured: SYNCDYNO_BLESS=1 cargo test --test it -- ledger -->";

/// In how many worlds each range found a bug; `None` if not.
type Worlds = [Option<u64>; 5];

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hunting.md")
}

fn by_hunt(bug: &Bug, from: u64) -> Option<u64> {
    let document = worlds::document(NOTES);
    let sets = vec![format!("engine.name=broken:{}", bug.id)];
    let game = Game { document: &document, variant: None, sets, seed: from };
    let runner = InProcess(Stacks::builtin());
    let signals = Signals::default();
    let means = Means { runner: &runner, signals: &signals, jobs: 2, budget: Span::ZERO, runs: 0 };
    let length = Length { size: SIZE, generations: MOST / SIZE, time: None };
    let is_own = |failures: &[syncdyno::campaign::hunt::Failure]| {
        failures.iter().find(|failure| failure.goal.check == bug.check).map(|failure| failure.candidates)
    };
    let hunted = hunt(&game, means, length, &mut |hunted| is_own(&hunted.failures).is_none());
    is_own(&hunted.failures)
}

fn by_chaos(bug: &Bug, from: u64) -> Option<u64> {
    let document = worlds::document(NOTES);
    let engine = format!("engine.name=broken:{}", bug.id);
    let sets: Vec<String> = CHAOS.iter().map(|set| (*set).to_owned()).chain([engine]).collect();
    (1..=MOST).find(|n| {
        let request = Request { sets: sets.clone(), seeds: vec![from + n - 1], ..Request::default() };
        let plan = worlds::plans(&document, &request).remove(0);
        worlds::run(&plan).violations.iter().any(|v| v.check == bug.check)
    })
}

fn told(worlds: Worlds) -> String {
    let of = |n: Option<u64>| n.map_or_else(|| format!("> {MOST}"), |n| n.to_string());
    let mut sorted = worlds;
    sorted.sort_by_key(|n| n.unwrap_or(u64::MAX));
    let each: Vec<String> = worlds.into_iter().map(of).collect();
    format!("{} ({})", of(sorted[2]), each.join(", "))
}

/// The lines of the table, by bug.
fn committed(text: &str) -> BTreeMap<String, String> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(|line| Some((line.split('`').nth(1)?.to_owned(), line.to_owned()))).collect()
}

#[test]
fn the_table_of_hunts_names_only_planted_bugs() {
    let text = std::fs::read_to_string(page()).expect("the page is there");
    let mut rows = committed(&text);
    if std::env::var_os("SYNCDYNO_BLESS").is_some() {
        let asked = std::env::var_os("SYNCDYNO_LEDGER").unwrap_or_default().to_string_lossy().into_owned();
        let is_asked = |bug: &&&'static Bug| asked.is_empty() || asked.split(',').any(|id| id == bug.id);
        for bug in bugs::all().collect::<Vec<_>>().iter().filter(is_asked) {
            let line = || {
                let [hunt, chaos] =
                    [RANGES.map(|from| by_hunt(bug, from)), RANGES.map(|from| by_chaos(bug, from))];
                format!("| `{}` | `{}` | {} | {} |", bug.id, bug.check, told(hunt), told(chaos))
            };
            rows.entry(bug.id.to_owned()).or_insert_with(line);
        }
        let head = text.split(BEGIN).next().unwrap_or_default();
        let table: String = rows.values().map(|row| format!("{row}\n")).collect();
        let titles = "| bug | check | worlds of a hunt, median (each) | worlds of chaos, median (each) |";
        let page_text = format!("{head}{BEGIN}\n\n{titles}\n|---|---|---|---|\n{table}");
        std::fs::write(page(), page_text).expect("the page can be written");
    }
    let known: Vec<&str> = bugs::all().map(|bug| bug.id).collect();
    let strange: Vec<&String> = rows.keys().filter(|id| !known.contains(&id.as_str())).collect();
    assert!(strange.is_empty(), "no such bugs: {strange:?}");
    assert!(!rows.is_empty(), "the page has a table");
}
