//! From a log of requests to a scenario that reproduces the requests.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use syncdyno::base::Span;
use syncdyno::campaign::calibrate::calibrate;
use syncdyno::record;
use syncdyno::render::calibrate::{Calibration, Figures, Given};
use syncdyno::scenario::Request;
use syncdyno::world::{self, RequestLog, Stacks, Unwatched};
use tempfile::TempDir;

use crate::worlds;

const HEADER: &str = "start,rows,bytes,duration_ms,outcome\n";

fn syncdyno(folder: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(folder).env_remove("GITHUB_STEP_SUMMARY");
    command
}

fn read(path: &Path) -> Calibration {
    calibrate("log.csv", &fs::read(path).unwrap(), &[], None, &Given::default()).unwrap().remove(0)
}

fn committed(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_committed_log_says_what_its_scenario_was_made_of() {
    let calibration = read(&committed("reference/requests.csv"));
    let Figures { overhead, row, between, .. } = calibration.figures.expect("sizes differ");
    // 250 ms and a round trip of 90 ms; 1.2 ms per row, and its bytes at 2 Mbit/s; one failure per
    // minute.
    let bytes = calibration.census.bytes_a_row.expect("it has bytes") as f64;
    for (found, truth) in [(overhead, 0.34), (row, 1.2e-3 + bytes * 8.0 / 2e6), (between, 60.0)] {
        assert!(found.holds(truth), "{truth}: {found:?}");
    }
}

/// Logs of the world in `reference/request-log.toml`, with fewer rows, each twenty times as
/// expensive, and twice as many failures.
fn simulated(sets: &[&str]) -> impl Iterator<Item = (RequestLog, Calibration)> {
    let smaller = [
        "fleet.phones.devices=10",
        "backend.row_cost=\"24ms\"",
        "link.measured.down=\"100kbit/s\"",
        "link.measured.gaps.mtbf=\"30s\"",
        "engine.pull.chunk_rows=10",
    ];
    let request = Request {
        sets: smaller.iter().chain(sets).map(|set| (*set).to_owned()).collect(),
        seeds: (1..=logs()).collect(),
        ..Request::default()
    };
    worlds::plans(&worlds::document("reference/request-log.toml"), &request).into_iter().map(|plan| {
        let logged = world::run_logging(&plan, &Stacks::builtin(), &Unwatched, 10_000);
        let (_, log) = logged.unwrap_or_else(|error| panic!("{error}"));
        let mut csv = Vec::new();
        record::requests(&log.requests, plan.start, &mut csv).unwrap();
        (log, calibrate("log.csv", &csv, &[], None, &Given::default()).unwrap().remove(0))
    })
}

/// The number of simulated seeds; a hundred with `SYNCDYNO_EVERY=1`.
fn logs() -> u64 {
    if std::env::var_os("SYNCDYNO_EVERY").is_some() { 100 } else { 40 }
}

/// Each parameter lies in its 95 % interval in nine of ten logs; with forty logs, one less.
fn hold<const N: usize>(names: [&str; N], logged: impl Iterator<Item = [bool; N]>) {
    let mut held = [0; N];
    for holds in logged {
        held.iter_mut().zip(holds).for_each(|(count, holds)| *count += u64::from(holds));
    }
    let told: Vec<String> = names.iter().zip(held).map(|(name, n)| format!("{name} {n}")).collect();
    assert!(held.iter().all(|n| *n >= if logs() < 100 { 35 } else { 90 }), "{}", told.join(", "));
}

/// One table, chunks of many sizes: bytes are proportional to rows.
#[test]
fn intervals_hold_what_a_simulated_request_costs() {
    let sets = [
        "unit.Login.pull=[\"machine\"]",
        "entity.customer.delivery=backend-only",
        "entity.order.delivery=backend-only",
        "entity.price.delivery=backend-only",
        "action.nothing={entity=\"machine\",kind=\"update\",columns=[\"serial\"],per_device=0}",
        "entity.machine.rows=400",
        "engine.pull.controller=aimd",
        "engine.pull.control={min_rows=2,max_rows=40,aimd={step=5,target=\"800ms\"}}",
    ];
    let logs = simulated(&sets).map(|(log, calibration)| {
        // All rows have the same width, so two responses give the bytes of the page around them.
        let full = || log.requests.iter().filter(|request| request.rows > 0);
        let small = full().min_by_key(|request| request.rows).expect("there are rows");
        let large = full().max_by_key(|request| request.rows).expect("there are rows");
        let wide = (large.bytes - small.bytes) as f64 / f64::from(large.rows - small.rows);
        let around = small.bytes as f64 - wide * f64::from(small.rows);
        let byte = 8.0 / 100e3;
        let Figures { overhead, row, between, .. } = calibration.figures.expect("sizes differ");
        [overhead.holds(0.250 + 0.090 + around * byte), row.holds(24e-3 + wide * byte), between.holds(30.0)]
    });
    hold(["overhead", "row with its bytes", "rate"], logs);
}

#[test]
fn a_calibrated_scenario_gives_the_durations_of_its_log() {
    let desk = TempDir::new().unwrap();
    let log = committed("reference/requests.csv");
    let log = log.to_str().unwrap();
    let run =
        syncdyno(desk.path()).args(["calibrate", log, "-o", "app.toml", "--rtt", "90ms"]).assert().success();
    let told = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    syncdyno(desk.path()).args(["check", "app.toml"]).assert().success();
    // The next step is the search, and its command can be copied.
    let next = told.lines().find_map(|line| line.trim().strip_prefix("syncdyno tune ")).unwrap();
    let quick = ["--set", "entity.row.rows=400", "--set", "fleet.phones.devices=1", "--no-field", "-q"];
    syncdyno(desk.path()).arg("tune").args(next.split(' ')).args(quick).assert().success();
    syncdyno(desk.path()).args(["replay", "app.toml", "--requests", "again.csv"]).assert().success();
    let (before, after) = (read(Path::new(log)), read(&desk.path().join("again.csv")));
    let Figures { overhead: request, row, between: was, .. } = before.figures.unwrap();
    let rows = after.census.rows_mean_milli as f64 / 1e3;
    // A sync ends with a request that finds nothing more, so the mean is a little lower.
    assert!((rows / (before.census.rows_mean_milli as f64 / 1e3) - 1.0).abs() < 0.05, "{rows} rows a chunk");
    let mean = after.census.duration_mean_ns.as_secs_f64();
    let (low, high) = (request.low + row.low * rows, request.high + row.high * rows);
    assert!((low..=high).contains(&mean), "{mean} s is not within {low} s to {high} s");
    // The scenario has chunks of one size, so its log does not show the overhead.
    let overhead = Some(Span::from_secs_f64(request.value));
    let given = Given { overhead, mtbf: None };
    let again = fs::read(desk.path().join("again.csv")).unwrap();
    let again = calibrate("again.csv", &again, &[], None, &given).unwrap().remove(0);
    let is = again.figures.unwrap().between;
    assert!(is.low <= was.high && was.low <= is.high, "{was:?} {is:?}");
}

#[test]
fn a_log_that_does_not_tell_the_best_size_gives_a_scenario() {
    let desk = TempDir::new().unwrap();
    // The time per row is not distinguishable from zero, and nothing fails.
    let lines: String =
        (0..80).map(|n| format!("{},{},400,{},ok\n", n * 10, 1 + n % 5, 500 + n % 7 * 40)).collect();
    fs::write(desk.path().join("log.csv"), format!("{HEADER}{lines}")).unwrap();
    let run = syncdyno(desk.path()).args(["calibrate", "log.csv", "-q", "-o", "app.toml"]).assert();
    let told = contains("[row.unknown]").and(contains("syncdyno tune app.toml"));
    run.success().stdout(told.and(contains("failures.none")));
    syncdyno(desk.path()).args(["calibrate", "log.csv"]).assert().success().stdout(contains("rows or more"));
    syncdyno(desk.path()).args(["check", "app.toml"]).assert().success();
}

#[test]
fn values_of_a_column_get_a_fit_each_and_no_common_scenario() {
    let desk = TempDir::new().unwrap();
    let log = fs::read_to_string(committed("reference/requests.csv")).unwrap();
    let mut n = 0;
    let split = log.lines().map(|line| {
        n += 1;
        format!("{line},{}\n", if n == 1 { "net" } else { ["lte", "wifi"][n / 25 % 2] })
    });
    fs::write(desk.path().join("log.csv"), split.collect::<String>()).unwrap();
    let run = |args: &str| {
        let args = args.split(' ');
        syncdyno(desk.path()).args(["calibrate", "log.csv"]).args(args).assert()
    };
    run("--by net").success().stdout(contains("lte").and(contains("wifi")));
    let json = run("--by net --format json").success();
    let value: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(value["fits"][1]["group"]["value"], "wifi");
    run("--by net -o app.toml").code(2).stderr(contains("--only net=VALUE"));
    run("--by nets").code(3);
    run("--by start").code(3);
}

#[test]
fn a_scenario_is_written_once_and_only_if_there_is_one() {
    let desk = TempDir::new().unwrap();
    let log = committed("reference/requests.csv");
    let log = log.to_str().unwrap();
    let run = |args: &[&str]| syncdyno(desk.path()).arg("calibrate").args(args).assert();
    run(&[log, "-o", "app.toml"]).success();
    run(&[log, "-o", "app.toml"]).code(2);
    run(&[log, "-o", "app.csv"]).code(2);
    run(&[log, "-o", "none/app.toml"]).code(20);
    fs::create_dir(desk.path().join("part.toml.part")).unwrap();
    run(&[log, "-o", "part.toml"]).success();
    let beside = fs::read_dir(desk.path()).unwrap().filter_map(Result::ok).filter(|file| {
        let name = file.file_name();
        name.to_string_lossy().ends_with(".part")
    });
    assert_eq!(beside.count(), 1, "what lies beside is somebody's, and nothing is left there");
    run(&[log, "-o", "far.toml", "--rtt", "5s"]).code(2);
    run(&[log, "--only", "kind"]).code(2).stderr(contains("kind=pull"));
    let one_size: String =
        (0..40).map(|n| format!("{n},500,500,100,{}\n", if n % 9 == 5 { "reset" } else { "ok" })).collect();
    fs::write(desk.path().join("flat.csv"), format!("{HEADER}{one_size}")).unwrap();
    // The overhead is open, so there is no chunk without it.
    run(&["flat.csv"]).code(4).stdout(contains("[sizes.one]"));
    run(&["flat.csv", "-o", "flat.toml"]).code(3).stderr(contains("[sizes.one]"));
    assert!(!desk.path().join("flat.toml").exists());
    run(&["flat.csv", "--overhead", "20ms", "-o", "flat.toml"]).success().stdout(contains("given"));
    let few: String = (0..9).map(|n| format!("{n},500,500,100,ok\n")).collect();
    fs::write(desk.path().join("few.csv"), format!("{HEADER}{few}")).unwrap();
    run(&["few.csv", "-o", "few.toml"]).code(3).stderr(contains("[responses.few]"));
    // If there is no chunk to recommend, the exit code says so, and the last line says why.
    let chunkless = run(&["few.csv"]).code(4).stdout(contains("[responses.few]"));
    let said = String::from_utf8_lossy(&chunkless.get_output().stderr).into_owned();
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: no chunk can be recommended: [responses.few]"), "{said}");
    let json = run(&[log, "--format", "json"]).success();
    let value: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert!(value["overhead_ns"]["value"].is_u64(), "{value}");
}
