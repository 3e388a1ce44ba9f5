//! Searches of the committed chunk scenarios: the answer agrees with theory, without a full grid.

use std::path::Path;

use serde_json::Value;
use syncdyno::theory::chunk::Cost;
use tempfile::TempDir;

/// Searches a scenario of the repository; returns its JSON and the record of the run.
fn tune(scenario: &str, args: &[&str]) -> (Value, Value) {
    let out = TempDir::new().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario);
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(out.path()).env_remove("GITHUB_STEP_SUMMARY").arg("tune").arg(scenario).args(args);
    let run = command.args(["--out", "out", "--progress", "none", "--format", "json"]).assert().success();
    let record = std::fs::read(out.path().join("out/run.json")).unwrap();
    let told = serde_json::from_slice(&run.get_output().stdout).expect("stdout carries JSON");
    (told, serde_json::from_slice(&record).unwrap())
}

/// The six links, with the number of rows that a row of the scenario stands for; see there.
const LINKS: [(&str, Cost, f64); 6] = [
    ("theory-lte-good", Cost { chunk: 0.25, row: 0.4e-3, mtbf: 120.0 }, 256.0),
    ("theory-lte-driving", Cost { chunk: 0.35, row: 0.8e-3, mtbf: 30.0 }, 64.0),
    ("theory-3g", Cost { chunk: 0.9, row: 2e-3, mtbf: 60.0 }, 64.0),
    ("theory-edge", Cost { chunk: 2.6, row: 20e-3, mtbf: 45.0 }, 8.0),
    ("theory-wifi-drive-by", Cost { chunk: 0.15, row: 0.3e-3, mtbf: 13.0 }, 64.0),
    ("theory-geo", Cost { chunk: 1.9, row: 0.3e-3, mtbf: 600.0 }, 2_048.0),
];

#[test]
fn a_search_of_pushes_goes_by_what_a_sweep_of_them_goes_by() {
    let (told, _) = tune(
        "push-curve.toml",
        &["--variant=whole", "--knob=engine.push.chunk_rows=1..256", "--seeds=1..=2", "--no-field"],
    );
    assert_eq!(told["metric"], "engine.push.rate");
}

#[test]
fn the_interval_of_a_search_holds_the_optimum_of_the_closed_form_on_six_links() {
    let links: Vec<&str> = LINKS.iter().map(|(link, ..)| *link).collect();
    let (told, record) = tune(
        "chunk-theory.toml",
        &[
            "--knob=engine.pull.chunk_rows=16..512",
            &format!("--link={}", links.join(",")),
            "--seeds=1..=3",
            "--no-field",
            "--limit=chunk=off",
            "--set=entity.order.rows=1024",
            "--set=expect.\"engine.pull.rows\"=4096",
        ],
    );
    for ((link, cost, weight), place) in LINKS.into_iter().zip(told["places"].as_array().unwrap()) {
        assert_eq!(place["name"], link);
        let knob = &place["knobs"][0];
        // With three seeds one end may be open; two open ends would say nothing.
        let end = |n: usize| knob["between"][n].as_str().map(|text| text.parse::<f64>().unwrap());
        assert!(end(0).or(end(1)).is_some(), "{link}: no setting is better beyond the noise: {place}");
        let (low, high) = (end(0).unwrap_or(0.0), end(1).unwrap_or(f64::INFINITY));
        let best = cost.best() / weight;
        assert!(low < best && best < high, "{link}: {best} does not lie between {low} and {high}");
        let found: f64 = knob["best"].as_str().unwrap().parse().unwrap();
        let excess = cost.excess(found * weight);
        assert!(excess < 0.1, "{link}: {found} costs {excess} more than {best}");
    }
    let cells = |key: &str| told["cells"][key].as_u64().unwrap();
    assert!(cells("search") * 2 <= cells("full_grid"), "{}", told["cells"]);
    assert_eq!(cells("search") + cells("beside"), record["cells"].as_array().unwrap().len() as u64);
    assert_eq!(record["tune"], told);
}

#[test]
fn the_search_says_how_wrong_other_chunk_sizes_are() {
    let (told, _) = tune(
        "tune-phone.toml",
        &[
            "--class=low",
            "--link=3g-poor",
            "--knob=engine.pull.chunk_rows=16..4096",
            "--seeds=1..=3",
            "--set=fleet.phones.devices=2",
            "--set=expect.\"engine.pull.rows\"=16384",
        ],
    );
    let place = &told["places"][0];
    assert_eq!((&place["name"], &place["complete"]), (&"low 3g-poor".into(), &true.into()));
    let knob = &place["knobs"][0];
    let field = knob["points"].as_array().unwrap();
    let cost = |name: &str| {
        let named =
            |point: &&Value| point["names"].as_array().is_some_and(|names| names.contains(&name.into()));
        field.iter().find(named).unwrap_or_else(|| panic!("{name} is there"))["cost_ppm"].as_u64().unwrap()
    };
    assert!(cost("PouchDB") > 1_500_000, "{field:?}");
    assert!(cost("Volt MX") < cost("Couchbase Lite"), "{field:?}");
    assert_eq!(place["present"]["value"], "500");
    // All 8 192 rows at once, although products have larger defaults.
    let whole = field.iter().find(|point| point["value"] == "8192").unwrap();
    let asked: Vec<&Value> = whole["asked"].as_array().unwrap().iter().map(|a| &a["value"]).collect();
    assert_eq!(asked, ["10000", "10000000"], "{whole}");
    // Half of the gateway's timeout, a limit that was not given.
    assert_eq!(
        (&whole["breaks"], &whole["trouble"]),
        (&serde_json::json!(["chunk"]), &Value::Null),
        "{whole}"
    );
}

/// Half a minute for sixty phones that queue: only with `SYNCDYNO_EVERY=1`.
#[test]
fn a_search_over_fleet_sizes_says_how_the_herd_moves_the_best_and_where_the_backend_is_full() {
    if !crate::worlds::every_place() {
        return;
    }
    let (told, _) = tune(
        "tune-fleet.toml",
        &[
            "--fleet=1,20,60",
            "--knob=engine.pull.chunk_rows=200,2000",
            "--seeds=1..=2",
            "--no-field",
            "--limit=chunk=15s",
        ],
    );
    let places = told["places"].as_array().unwrap();
    let best: Vec<&Value> = places.iter().map(|place| &place["knobs"][0]["best"]).collect();
    assert_eq!(best, ["2000", "2000", "200"]);
    let names: Vec<&Value> = places.iter().map(|place| &place["name"]).collect();
    assert_eq!(names, ["1 device", "20 devices", "60 devices"]);
    let queued = |place: &Value| place["backend"]["queued_ppm"].as_u64().unwrap();
    assert!(queued(&places[0]) < 10_000 && queued(&places[2]) > 500_000, "{told}");
    assert_eq!(told["herd"].as_array().map(Vec::len), Some(1), "{told}");
}

#[cfg(unix)]
#[test]
fn a_search_that_was_killed_is_told_as_one_with_its_cells_and_how_to_go_on() {
    use std::process::{Command, Stdio};
    let desk = TempDir::new().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/tune-phone.toml");
    let mut child = Command::new(env!("CARGO_BIN_EXE_syncdyno"))
        .current_dir(desk.path())
        .arg("tune")
        .arg(scenario)
        .args(["--link", "3g-poor", "-j", "1", "--out", "out", "--progress", "none"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = desk.path().join("out/cells.jsonl");
    let lines = || std::fs::read(&journal).map_or(0, |text| text.split(|byte| *byte == b'\n').count());
    while lines() < 4 {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let report = Command::new(env!("CARGO_BIN_EXE_syncdyno"))
        .current_dir(desk.path())
        .args(["report", "out", "--format", "json"])
        .output()
        .unwrap();
    let record: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!((&record["complete"], &record["exit_code"]), (&false.into(), &130.into()));
    let place = &record["tune"]["places"][0];
    assert_eq!((&place["complete"], &place["best"]), (&false.into(), &Value::Null));
    let remarks = String::from_utf8(report.stderr).unwrap();
    assert!(remarks.contains("--resume out"), "{remarks}");
}
