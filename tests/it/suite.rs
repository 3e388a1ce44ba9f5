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
    "chunk-curve",
    "chunk-sizes",
    "chunk-theory",
    "hospital-hour",
    "kill-in-pull",
    "kill-in-push",
    "own-rows",
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
    suite_chunk_curve_meets_its_expectations: "chunk-curve";
    suite_chunk_sizes_meets_its_expectations: "chunk-sizes";
    suite_chunk_theory_meets_its_expectations: "chunk-theory";
    suite_hospital_hour_meets_its_expectations: "hospital-hour";
    suite_kill_in_pull_meets_its_expectations: "kill-in-pull";
    suite_kill_in_push_meets_its_expectations: "kill-in-push";
    suite_own_rows_meets_its_expectations: "own-rows";
}
