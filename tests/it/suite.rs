//! The committed scenarios meet what they expect.

use std::path::Path;

use syncdyno::report::{Judged, judge};
use syncdyno::scenario::Request;

use crate::worlds::{self, run};

/// Runs the scenario with the seeds from 1 to `seeds`, all variants; what is not as expected is told.
fn meets_its_expectations(path: &str, seeds: u64) {
    let request = Request { seeds: (1..=seeds).collect(), ..Request::default() };
    let plans = worlds::plans(&worlds::document(path), &request);
    let mut wrong = Vec::new();
    for plan in &plans {
        let cell = format!("{} {:?} seed {}", plan.scenario, plan.variant, plan.seed.0);
        let Judged { cell: judged, .. } = judge(plan, &cell, &run(plan));
        wrong.extend(judged.reasons.iter().map(|reason| format!("{cell}: {}", reason.text)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every scenario of the suite but the day, which is a run of its own, with as many seeds as its size allows in debug.
const SUITE: &[(&str, u64)] = &[
    ("answers-lost", 8),
    ("chaos", 50),
    ("chunk-sizes", 1),
    ("hospital-hour", 2),
    ("kill-in-pull", 8),
    ("kill-in-push", 8),
    ("own-rows", 16),
];

#[test]
fn suite_has_every_scenario() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .filter_map(|entry| entry.expect("an entry can be read").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .filter(|name| name != "hospital-day")
        .collect();
    found.sort();
    assert_eq!(found, SUITE.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

/// A test for each scenario, so that they share the machine.
macro_rules! suite {
    ($($test:ident: $name:literal;)*) => {
        $(#[test]
        fn $test() {
            let (_, seeds) = SUITE.iter().find(|(name, _)| *name == $name).expect("it is in the suite");
            meets_its_expectations(concat!("scenarios/", $name, ".toml"), *seeds);
        })*

        #[test]
        fn suite_runs_every_scenario() {
            assert_eq!(SUITE.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [$($name,)*]);
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
    suite_own_rows_meets_its_expectations: "own-rows";
}
