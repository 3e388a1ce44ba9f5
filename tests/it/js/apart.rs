//! Which edits a request and a write stand for: apps that are right are not accused, whatever they
//! send and call it, and what is planted in them is found.

use std::fs;

use syncdyno::world::Outcome;

use super::{bundled, run_seed};

/// Many edits of few rows wait together, answers are lost, phones and the office write beside.
const HOT: [&str; 7] = [
    "entity.visit.rows=6",
    "entity.photo.rows=6",
    "action.tick-off={ entity=\"visit\", kind=\"update\", columns=[\"done\"], per_device=30, on_devices=1.0, aim=\"shown\" }",
    "action.note={ entity=\"visit\", kind=\"update\", columns=[\"note\"], per_device=15, on_devices=1.0, aim=\"shown\" }",
    "action.caption={ entity=\"photo\", kind=\"update\", columns=[\"caption\"], per_device=15, on_devices=1.0, aim=\"shown\" }",
    "workload.contention={ share=\"60%\", within=\"3m\", by=\"both\", beside=\"50%\", deletes=\"8%\", equal=\"20%\" }",
    "expect={}",
];

/// The app of `family.js` that goes this way: what it sends, in how many requests, by what names,
/// and by what rule its server takes it.
fn way([sends, requests, names, rule]: [&str; 4]) -> String {
    let text = fs::read_to_string("tests/it/js/family.js").expect("it is there");
    let from = "{ sends: 'columns', requests: 'all', names: 'edit', rule: 'last' }";
    assert!(text.contains(from));
    let to = format!("{{ sends: '{sends}', requests: '{requests}', names: '{names}', rule: '{rule}' }}");
    text.replace(from, &to)
}

/// Runs an app in a hot world, with these changes.
fn hot(name: &str, text: &str, changes: &[(&str, &str)], seed: u64) -> Outcome {
    let mut text = text.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the app says {from}");
        text = text.replace(from, to);
    }
    let folder = tempfile::tempdir().expect("there is a folder");
    let set = bundled(&folder, &text);
    let sets: Vec<&str> = HOT.into_iter().chain([&*set]).collect();
    run_seed(name, &sets, seed)
}

/// All ways that there are.
fn ways() -> Vec<[&'static str; 4]> {
    let mut ways = Vec::new();
    for sends in ["rows", "columns"] {
        for requests in ["all", "one"] {
            for names in ["edit", "own", "none"] {
                for rule in ["last", "keeps", "refuses", "cuts"] {
                    // A row says nothing of which of its columns somebody changed.
                    if (sends, rule) != ("rows", "keeps") {
                        ways.push([sends, requests, names, rule]);
                    }
                }
            }
        }
    }
    ways
}

fn alarms(outcome: &Outcome) -> Vec<String> {
    let mut found: Vec<String> =
        outcome.violations.iter().map(|found| format!("{}: {}", found.check, found.text)).collect();
    found.sort();
    found
}

/// A seed a way, and the worlds in turn; `SYNCDYNO_SEEDS` says how many more.
#[test]
fn no_way_of_a_right_app_is_accused() {
    let seeds: u64 = std::env::var("SYNCDYNO_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut accused = Vec::new();
    for (at, way_of) in (0..).zip(ways()) {
        let text = way(way_of);
        for seed in 1..=seeds {
            let name = ["lossy", "kills"][(at as usize + seed as usize) & 1];
            let found = alarms(&hot(name, &text, &[], seed));
            accused.extend(found.into_iter().map(|text| format!("{way_of:?} {name} {seed}: {text}")));
        }
    }
    assert!(accused.is_empty(), "{}:\n{}", accused.len(), accused.join("\n"));
}
