//! The committed scenarios meet what they expect.

use std::path::Path;

use syncdyno::report::{Judged, judge};
use syncdyno::scenario::Request;

use crate::worlds::{self, run};

/// Runs the scenario with all seeds and all variants; what is not as expected is told.
fn meets_its_expectations(path: &str) {
    let request = Request { seeds: (1..=SEEDS).collect(), ..Request::default() };
    let plans = worlds::plans(&worlds::document(path), &request);
    let mut wrong = Vec::new();
    for plan in &plans {
        let cell = format!("{} {:?} seed {}", plan.scenario, plan.variant, plan.seed.0);
        let Judged { cell: judged, .. } = judge(plan, &cell, &run(plan));
        wrong.extend(judged.reasons.iter().map(|reason| format!("{cell}: {}", reason.text)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Seeds of each scenario, from 1.
const SEEDS: u64 = 50;

/// Every scenario but the day, which is a run of its own.
const SUITE: &[&str] = &[
    "answers-lost",
    "chaos",
    "chunk-sizes",
    "hospital-hour",
    "kill-in-pull",
    "kill-in-push",
    "links/captive-portal",
    "links/field-worker",
    "links/flapping",
    "links/half-open",
    "links/movers",
    "links/outages",
    "links/profiles",
    "links/trace-replay",
    "links/vpn",
    "own-rows",
];

/// The scenarios below a folder, by their paths in it without ending.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let entry = entry.expect("an entry can be read");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        if entry.path().is_dir() {
            found.extend(below(&entry.path()).iter().map(|inner| format!("{name}/{inner}")));
        }
        found.extend(name.strip_suffix(".toml").map(str::to_owned));
    }
    found
}

#[test]
fn suite_has_every_scenario() {
    let mut found = below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"));
    found.retain(|name| name != "hospital-day");
    found.sort();
    assert_eq!(found, SUITE);
}

/// A test for each scenario, so that they share the machine.
macro_rules! suite {
    ($($test:ident: $name:literal;)*) => {
        $(#[test]
        fn $test() {
            meets_its_expectations(concat!("scenarios/", $name, ".toml"));
        })*

        #[test]
        fn suite_runs_every_scenario() {
            assert_eq!(SUITE, [$($name,)*]);
        }
    };
}

suite! {
    suite_answers_lost_meets_its_expectations: "answers-lost";
    suite_chaos_meets_its_expectations: "chaos";
    suite_chunk_sizes_meets_its_expectations: "chunk-sizes";
    suite_hospital_hour_meets_its_expectations: "hospital-hour";
    suite_kill_in_pull_meets_its_expectations: "kill-in-pull";
    suite_kill_in_push_meets_its_expectations: "kill-in-push";
    suite_links_captive_portal_meets_its_expectations: "links/captive-portal";
    suite_links_field_worker_meets_its_expectations: "links/field-worker";
    suite_links_flapping_meets_its_expectations: "links/flapping";
    suite_links_half_open_meets_its_expectations: "links/half-open";
    suite_links_movers_meets_its_expectations: "links/movers";
    suite_links_outages_meets_its_expectations: "links/outages";
    suite_links_profiles_meets_its_expectations: "links/profiles";
    suite_links_trace_replay_meets_its_expectations: "links/trace-replay";
    suite_links_vpn_meets_its_expectations: "links/vpn";
    suite_own_rows_meets_its_expectations: "own-rows";
}
