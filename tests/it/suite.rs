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
    "device/clocks",
    "device/disk-full",
    "device/foreground",
    "device/low-memory",
    "device/power-loss",
    "hospital-hour",
    "kill-in-pull",
    "kill-in-push",
    "own-rows",
];

#[test]
fn suite_has_every_scenario() {
    let mut found = Vec::new();
    find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), "", &mut found);
    found.retain(|name| name != "hospital-day");
    found.sort();
    assert_eq!(found, SUITE);
}

/// The scenarios of a folder and those below it.
fn find(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let entry = entry.expect("an entry can be read");
        let name = entry.file_name().into_string().expect("a name is a text");
        if entry.path().is_dir() {
            find(&entry.path(), &format!("{prefix}{name}/"), found);
        } else if let Some(name) = name.strip_suffix(".toml") {
            found.push(format!("{prefix}{name}"));
        }
    }
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
    suite_device_clocks_meets_its_expectations: "device/clocks";
    suite_device_disk_full_meets_its_expectations: "device/disk-full";
    suite_device_foreground_meets_its_expectations: "device/foreground";
    suite_device_low_memory_meets_its_expectations: "device/low-memory";
    suite_device_power_loss_meets_its_expectations: "device/power-loss";
    suite_hospital_hour_meets_its_expectations: "hospital-hour";
    suite_kill_in_pull_meets_its_expectations: "kill-in-pull";
    suite_kill_in_push_meets_its_expectations: "kill-in-push";
    suite_own_rows_meets_its_expectations: "own-rows";
}
