//! Searches of generated apps by the README's recipe: how far the result is from the true best.

mod generator;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use generator::{app, is_rich};
use serde_json::Value;
use tempfile::TempDir;

use crate::worlds;

const KEY: &str = "engine.pull.chunk_rows";
/// The recipe of the README for a user's own app.
const RECIPE: [&str; 4] = ["--set", "fleet.*.start=empty", "--set", "action.*.per_device=0"];
const APPS: std::ops::RangeInclusive<u64> = 1..=10;
/// The sizes that are tried for the true best, besides those that searches find.
const SIZES: [&str; 9] = ["16", "32", "48", "64", "100", "150", "225", "340", WHOLE];
/// All rows of a device in one response, in every app.
const WHOLE: &str = "3000";
/// The largest cost of a search's result relative to the true best, in millionths.
const CLOSE: u64 = 1_050_000;

fn program(desk: &Path, command: &str, app: &Path) -> Command {
    let mut of = worlds::program();
    of.current_dir(desk).arg(command).arg(app).args(RECIPE);
    of.args(["--progress", "none", "-j", "1", "--out", "out"]);
    of
}

fn written(desk: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = desk.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The result of a search at its only place.
pub(crate) fn tuned(desk: &TempDir, app: &Path, seeds: &str, more: &[&str]) -> Value {
    let run = program(desk.path(), "tune", app)
        .args(["--format", "json", "--seeds", seeds])
        .args(more)
        .assert()
        .success();
    let mut tune: Value = serde_json::from_slice(&run.get_output().stdout).expect("stdout carries JSON");
    tune["places"][0].take()
}

pub(crate) fn best(place: &Value) -> String {
    place["best"][KEY].as_str().expect("it has a best").to_owned()
}

/// The cost of each size relative to the best of them under these seeds, in millionths.
fn costs(desk: &TempDir, app: &Path, sizes: &BTreeSet<String>, seeds: &str) -> BTreeMap<String, u64> {
    let sizes: Vec<&str> = sizes.iter().map(String::as_str).collect();
    let axis = format!("{KEY}={}", sizes.join(","));
    let run = program(desk.path(), "sweep", app)
        .args(["--format", "csv", "--seeds", seeds, "--axis", &axis])
        .assert()
        .success();
    let table = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[1].to_owned(), cells[6].parse().expect("each size has a cost"))
    };
    table.lines().skip(1).map(row).collect()
}

/// The app without its gates, by which a sweep would exclude settings.
fn ungated(text: &str) -> &str {
    text.split("[gate.").next().expect("a text has a beginning")
}

/// True if the interval of a search contains a size; an open end contains all.
fn holds(place: &Value, size: &str) -> bool {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok());
    let between = &place["knobs"][0]["between"];
    let (low, high) = (number(&between[0]).unwrap_or(0.0), number(&between[1]).unwrap_or(f64::INFINITY));
    let size: f64 = size.parse().unwrap();
    low < size && size < high
}

#[test]
fn the_recipe_finds_a_best_of_an_app_with_gates_and_photos() {
    let desk = TempDir::new().unwrap();
    let text = app(1);
    let place = tuned(&desk, &written(&desk, "app.toml", &text), "1..=2", &["--no-field"]);
    let notes = place["notes"].to_string();
    // The gate is for phones that synced a day ago, and there are none.
    assert!(notes.contains("gate usual") && place["rules"].is_null(), "{place}");
    let sizes = SIZES[..1].iter().map(|size| (*size).to_owned()).chain([best(&place)]).collect();
    let costs = costs(&desk, &written(&desk, "bare.toml", ungated(&text)), &sizes, "101..=104");
    assert_eq!(costs[&best(&place)], 1_000_000, "{costs:?}");
}

/// One hour of a processor in a release build: only with `SYNCDYNO_EVERY=1`.
#[test]
#[expect(clippy::print_stderr, reason = "who measures wants the numbers")]
fn the_recipe_finds_the_true_best_of_generated_apps() {
    if !worlds::every_place() {
        return;
    }
    let (mut close, mut searches, mut held, mut intervals, mut inner) = (0, 0, 0, 0, 0);
    for n in APPS {
        let desk = TempDir::new().unwrap();
        let text = app(n);
        let file = written(&desk, "app.toml", &text);
        let found: Vec<Value> =
            ["1..=2", "1..=8", "1..=24"].map(|seeds| tuned(&desk, &file, seeds, &[])).to_vec();
        let sizes = SIZES.iter().map(|size| (*size).to_owned()).chain(found.iter().map(best)).collect();
        let costs = costs(&desk, &written(&desk, "bare.toml", ungated(&text)), &sizes, "10001..=10200");
        inner += u32::from(is_rich(n) && costs[WHOLE] > CLOSE);
        eprintln!("app {n}: {costs:?}");
        for place in &found {
            searches += 1;
            close += u32::from(costs[&best(place)] <= CLOSE);
            eprintln!("app {n}: {} costs {}", best(place), costs[&best(place)]);
        }
        // If several sizes have the same cost, each is the best.
        let least = costs.values().min().expect("there are sizes");
        let truth: Vec<&String> = costs.iter().filter(|(_, cost)| *cost == least).map(|(at, _)| at).collect();
        for set in 0..16 {
            let seeds = format!("{}..={}", 100 * set + 101, 100 * set + 108);
            let place = tuned(&desk, &file, &seeds, &["--no-field"]);
            intervals += 1;
            let holds = truth.iter().any(|size| holds(&place, size));
            held += u32::from(holds);
            if !holds {
                eprintln!("app {n}, {seeds}: {} does not hold {truth:?}", place["knobs"][0]["between"]);
            }
        }
    }
    eprintln!("{close} of {searches} within 5 %, {held} of {intervals} intervals hold the best");
    eprintln!("of {inner} apps all rows in one response cost more than 5 %");
    assert!(inner >= 3, "{inner} apps have a best size between one row and all");
    assert!(close * 30 >= searches * 28, "{close} of {searches}");
    assert!(held * 100 >= intervals * 95, "{held} of {intervals}");
}

/// A user's own app: eight phones with 180 rows each, on a link that stalls now and then.
fn visits(gaps: &str, timeout: &str) -> String {
    format!(
        "name = \"visits\"\nduration = \"20m\"\n\n\
         [backend]\ngateway_timeout = \"{timeout}\"\n\n\
         [entity.visit]\nrows = 240\nscope = {{ who = \"device.who\" }}\n[entity.visit.schema]\n\
         id = \"uuid key\"\nwho = \"text\"\nplace = \"text 20..80\"\n\n\
         [entity.finding]\nrows = 1_200\nscope = {{ who = \"device.who\" }}\n[entity.finding.schema]\n\
         id = \"uuid key\"\nvisit = \"ref visit\"\nwho = \"fold visit.who via visit\"\n\
         what = \"text 20..300\"\n\n\
         [fleet.people]\ndevices = 8\nattributes = {{ who = 8 }}\nclass = {{ low = 0.5, mid = 0.5 }}\n\
         link = \"lte-poor\"\nstart = {{ empty = 0.1, 1d = 0.9 }}\n\n\
         [link.lte-poor]\ngaps = {{ {gaps}, mode = \"hold\" }}\n\n\
         [unit.All]\non = [\"login\", \"online\"]\npull = [\"*\"]\npush = [\"*\"]\n\n\
         [action.finish]\nentity = \"visit\"\nkind = \"update\"\ncolumns = [\"place\"]\nper_device = 2\n"
    )
}

fn rows(size: &str) -> u64 {
    size.parse().unwrap()
}

/// Whether a rule excludes, and the best size on its other side.
fn other_side(place: &Value, name: &str) -> (bool, u64) {
    let rules = place["rules"].as_array().unwrap_or_else(|| panic!("a rule decides: {place}"));
    let rule = rules.iter().find(|rule| rule["name"] == name).unwrap_or_else(|| panic!("{name}: {place}"));
    (rule["excludes"] == true, rows(&best(rule)))
}

#[test]
fn gaps_that_every_size_meets_exclude_no_size() {
    let desk = TempDir::new().unwrap();
    let sets: &[&str] =
        if worlds::every_place() { &["1..=2", "1..=4", "1..=8", "1..=24"] } else { &["1..=4"] };
    let limit = "15s";
    for gaps in [
        "mtbf = \"60s\", mean = \"5s\"",
        "mtbf = \"150s\", mean = \"20s\"",
        "mtbf = \"300s\", mean = \"40s\"",
    ] {
        let app = written(&desk, "visits.toml", &visits(gaps, "30s"));
        for seeds in sets {
            let place = tuned(&desk, &app, seeds, &["--no-field", &format!("--limit=chunk={limit}")]);
            let knob = &place["knobs"][0];
            assert!(
                rows(&best(&place)) * 10 >= knob["reach"].as_u64().unwrap() * 9,
                "{gaps}, {seeds}: {place}"
            );
            assert_eq!(knob["whole"], true);
            assert!(place["rules"].is_null(), "{gaps}, {seeds}: {}", place["rules"]);
            let asked = knob["points"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|p| p["asked"].as_array().into_iter().flatten());
            let asked: Vec<&Value> = asked.filter(|asked| asked["names"][0] == "default").collect();
            assert_eq!((asked.len(), &asked[0]["value"]), (1, &"500".into()));
        }
    }
}

#[test]
fn a_limit_that_binds_is_named_with_what_it_costs() {
    let desk = TempDir::new().unwrap();
    let app = written(&desk, "visits.toml", &visits("mtbf = \"10m\", mean = \"1s\"", "30s"));
    for (limit, name) in [("chunk=900ms", "chunk"), ("memory=20kB", "memory")] {
        let place = tuned(&desk, &app, "1..=4", &["--no-field", "--limit", limit]);
        let (excludes, without) = other_side(&place, name);
        assert!(excludes && rows(&best(&place)) * 2 < without, "{limit}: {place}");
        assert!(place["rules"][0]["cost_ppm"].as_u64().unwrap() < 900_000, "{limit}: {}", place["rules"]);
    }
    // A limit that was not given, here half of the gateway's timeout, excludes nothing.
    let app = written(&desk, "hasty.toml", &visits("mtbf = \"10m\", mean = \"1s\"", "1800ms"));
    let place = tuned(&desk, &app, "1..=4", &["--no-field"]);
    let (excludes, within) = other_side(&place, "chunk");
    assert!(!excludes && within * 2 < rows(&best(&place)), "{place}");
    assert!(place["rules"][0]["cost_ppm"].as_u64().unwrap() > 1_100_000, "{}", place["rules"]);
}
