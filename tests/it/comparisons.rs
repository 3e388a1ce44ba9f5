//! Baselines and comparisons of real runs.

use std::fs;
use std::path::Path;
use syncdyno::{analysis, record, render};

use syncdyno::analysis::compare::{Basis, Finding, Side, compare};
use syncdyno::analysis::{Against, Trial};
use syncdyno::base::Seed;
use syncdyno::engine::BuiltinFactory;
use syncdyno::metrics::{Figure, Unit};
use syncdyno::record::{Baseline, Exit, Reason, RunRecord};
use syncdyno::world::{self, Stacks, Unwatched};
use tempfile::TempDir;

use crate::worlds;

pub(crate) const SMALL: &str = r#"name = "small"
duration = "5m"
baseline_metrics = ["engine.rows.rate", "engine.session.duration"]

[entity.task]
rows = 100
schema = { id = "uuid key", title = "text 10..60", state = "one of open|done" }

[fleet.phones]
devices = 2
link = "slow"

[link.slow]
rtt = "200ms"
down = "1Mbit/s"
up = "1Mbit/s"
jitter = "10ms"

[action.add]
entity = "task"
kind = "create"
per_device = 5
on_devices = 1.0
"#;

const VARIANTS: &str = r#"
[variant.as-is]

[variant.slower]
set = { "link.slow.rtt" = "260ms" }
"#;

pub(crate) fn syncdyno(desk: &TempDir, args: &[&str]) -> (i32, String, String) {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    let output =
        command.current_dir(desk.path()).env_remove("GITHUB_STEP_SUMMARY").args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

pub(crate) fn desk(scenario: &str) -> TempDir {
    let desk = TempDir::new().unwrap();
    fs::write(desk.path().join("small.toml"), scenario).unwrap();
    desk
}

pub(crate) fn run(desk: &TempDir, seeds: &str, out: &str) -> RunRecord {
    let args = ["run", "small.toml", "--seeds", seeds, "--out", out, "--progress", "none", "-q"];
    let (exit, told, wrong) = syncdyno(desk, &args);
    assert_eq!(exit, 0, "{told}{wrong}");
    RunRecord::parse(&fs::read_to_string(desk.path().join(out).join("run.json")).unwrap()).unwrap()
}

/// Why the first cell of a report fails.
fn reasons(desk: &TempDir, out: &str) -> Vec<Reason> {
    let json = fs::read_to_string(desk.path().join(out).join("run.json")).unwrap();
    RunRecord::parse(&json).unwrap().cells[0].reasons.clone()
}

fn as_json(desk: &TempDir, base: &str, candidate: &str) -> serde_json::Value {
    let (_, json, _) = syncdyno(desk, &["compare", base, candidate, "--format", "json"]);
    serde_json::from_str(&json).unwrap()
}

/// Replaces a text that the file must have.
fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// A duration without observations.
fn silence() -> Figure {
    Figure::Distribution {
        unit: Unit::Ns,
        count: 0,
        min: 0,
        p50: 0,
        p95: 0,
        p99: 0,
        max: 0,
        mean: Some(0),
        never: 0,
        waited: 0,
    }
}

#[test]
fn a_run_is_held_against_its_baseline_and_a_changed_figure_is_named_with_cell_and_replay() {
    let desk = desk(SMALL);
    let held = ["run", "small.toml", "--out", "again", "--baseline", "main", "--progress", "none"];
    assert_eq!(syncdyno(&desk, &held).0, 14, "there is no baseline yet");
    run(&desk, "1..=1", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    let (exit, _, wrong) = syncdyno(&desk, &held);
    assert_eq!(exit, 0, "{wrong}");

    // As if sync had become slower: the baseline's session took less time than this one's.
    let file = desk.path().join("reports/baseline/main.json");
    let text = fs::read_to_string(&file).unwrap();
    let line = text.lines().find(|line| line.contains("[\"engine.rows.rate\",\"milli")).unwrap();
    fs::write(&file, text.replace(line, "[\"engine.rows.rate\",\"milli-rows-per-second\",[99999999]],"))
        .unwrap();
    let (exit, told, remarks) = syncdyno(&desk, &held);
    assert_eq!(exit, 13, "{told}");
    let accept = "syncdyno baseline update main again --reason \"…\"\n";
    assert_eq!(remarks.matches(accept).count(), 1, "{remarks}");
    let (_, _, remarks) = syncdyno(&desk, &[&held[..], &["-q"]].concat());
    assert!(remarks.ends_with(accept) && remarks.lines().count() == 1, "quiet is told that alone: {remarks}");
    let summary = fs::read_to_string(desk.path().join("again/summary.md")).unwrap();
    assert!(summary.contains("`syncdyno baseline update main again"), "{summary}");
    let (exit, _, remarks) = syncdyno(&desk, &["compare", "main", "again", "--fail-on-worse"]);
    assert!(exit == 13 && remarks.contains(accept), "{remarks}");
    fs::copy(desk.path().join("first/run.json"), desk.path().join("older.json")).unwrap();
    let (_, _, remarks) = syncdyno(&desk, &["compare", "older.json", "again", "--fail-on-worse"]);
    assert!(!remarks.contains("baseline update"), "a run is not a baseline: {remarks}");
    let [Reason::Differs { text: why }] = &reasons(&desk, "again")[..] else { panic!("{told}") };
    assert!(why.contains("engine.rows.rate"), "{why}");
    assert!(told.contains("syncdyno replay again#small.s1"), "{told}");
    fs::write(&file, &text).unwrap();

    // A metric that is not gated is reported but does not fail.
    replace(&file, "[\"workload.edits.made\",\"count\",[", "[\"workload.edits.made\",\"count\",[9");
    let (exit, _, remarks) = syncdyno(&desk, &held);
    assert_eq!(exit, 0, "{remarks}");
    assert!(remarks.contains("workload.edits.made"), "{remarks}");
}

#[test]
fn a_baseline_that_has_lost_what_it_gates_is_none_and_cells_that_are_not_run_are_told() {
    let desk = desk(SMALL);
    run(&desk, "1..=2", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first", "--reason", " "]).0, 2);
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    let held = ["run", "small.toml", "--out", "again", "--baseline", "main", "--progress", "none", "-q"];
    let (exit, _, said) = syncdyno(&desk, &held);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("small.s2"), "{said}");
    for file in ["summary.md", "report.html", "run.json"] {
        let told = fs::read_to_string(desk.path().join("again").join(file)).unwrap();
        assert!(told.contains("small.s2"), "{file}: {told}");
    }
    let held =
        ["run", "small.toml", "--out", "a", "--baseline", "main", "--progress", "none", "--format", "github"];
    let (_, told, _) = syncdyno(&desk, &held);
    let of_baseline = |line: &&str| line.starts_with("::warning title=baseline::");
    assert!(told.lines().filter(of_baseline).all(|line| line.contains("small.s2")), "{told}");
    let file = desk.path().join("reports/baseline/main.json");
    let text = fs::read_to_string(&file).unwrap();
    let gated = |line: &&str| !line.contains("[\"engine.rows.rate\",\"milli");
    fs::write(&file, text.lines().filter(gated).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let (exit, told, _) = syncdyno(&desk, &held);
    assert_eq!(exit, 14, "{told}");
    fs::write(&file, text.replace("\"seed\":\"1\"", "\"seed\":\"9\"")).unwrap();
    let (exit, told, _) = syncdyno(&desk, &held);
    assert_eq!(exit, 14, "{told}");
}

#[test]
fn a_baseline_has_one_ending_by_any_writer() {
    let desk = desk(SMALL);
    run(&desk, "1..=1", "first");
    let baselines = desk.path().join("reports/baseline");
    let (exit, told, wrong) = syncdyno(&desk, &["baseline", "save", "base.json", "first"]);
    assert!(exit == 0 && told.starts_with("reports/baseline/base.json: "), "{told}{wrong}");
    assert_eq!(fs::read_dir(&baselines).unwrap().count(), 1);
    for name in ["base", "base.json"] {
        assert_eq!(syncdyno(&desk, &["baseline", "save", name, "first"]).0, 2, "there is one");
        assert_eq!(syncdyno(&desk, &["baseline", "show", name]).0, 0);
        assert_eq!(syncdyno(&desk, &["baseline", "update", name, "first", "--reason", "why"]).0, 0);
    }
    assert_eq!(syncdyno(&desk, &["baseline", "save", ".json", "first"]).0, 2);
}

#[test]
fn a_baseline_in_a_file_of_ones_own_is_updated_where_it_lies_by_the_command_that_is_printed() {
    let desk = desk(SMALL);
    run(&desk, "1..=1", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    fs::create_dir(desk.path().join("own")).unwrap();
    let file = desk.path().join("own/kept.json");
    fs::rename(desk.path().join("reports/baseline/main.json"), &file).unwrap();
    let rate = |text: &str| {
        text.lines().find(|line| line.contains("[\"engine.rows.rate\",\"milli")).map(str::to_owned)
    };
    for name in ["own/kept.json".to_owned(), "./own/kept.json".to_owned(), file.display().to_string()] {
        let right = rate(&fs::read_to_string(&file).unwrap()).unwrap();
        replace(&file, &right, &right.replace("\",[", "\",[9"));
        let held = ["run", "small.toml", "--out", "out", "--baseline", &name, "--progress", "none"];
        let (exit, told, _) = syncdyno(&desk, &held);
        assert_eq!((exit, told.contains("engine.rows.rate")), (13, true), "{told}");
        let missing =
            ["run", "small.toml", "--seed", "2", "--out", "two", "--baseline", &name, "--progress", "none"];
        let (exit, told, _) = syncdyno(&desk, &missing);
        let command = format!("syncdyno baseline update {name} two --reason \"…\"");
        assert_eq!((exit, told.contains(&command)), (14, true), "{told}");
        for run in ["out", "two"] {
            let update = ["baseline", "update", &name, run, "--reason", "on purpose"];
            let (exit, told, wrong) = syncdyno(&desk, &update);
            assert!(exit == 0 && told.starts_with(&format!("{name}: ")), "{told}{wrong}");
        }
        let updated = rate(&fs::read_to_string(&file).unwrap()).unwrap();
        assert!(updated.starts_with(right.trim_end_matches("]],")), "{updated}");
        assert_eq!(syncdyno(&desk, &held).0, 0, "{name}");
        assert_eq!(syncdyno(&desk, &missing).0, 0, "{name}");
        // The next update has to change this, too.
        let text = fs::read_to_string(&file).unwrap().replace("\"small.s2\"", "\"small.s3\"");
        fs::write(&file, text).unwrap();
    }
    let others = fs::read_dir(desk.path().join("reports/baseline")).unwrap().count();
    assert_eq!(
        (others, fs::read_dir(desk.path().join("own")).unwrap().count()),
        (0, 1),
        "nothing else is written"
    );
    let update = ["baseline", "update", "own/other.json", "out", "--reason", "on purpose"];
    assert_eq!(syncdyno(&desk, &update).0, 2, "it is not a name for a baseline");
}

#[test]
fn what_a_baseline_gates_is_for_its_scenario_to_say() {
    let desk = desk(SMALL);
    run(&desk, "1..=1", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    let file = desk.path().join("reports/baseline/main.json");
    let wanted = "[\"engine.rows.rate\",\"engine.session.duration\"]";
    replace(&file, wanted, "[\"device.kills.count\"]");
    let held = ["run", "small.toml", "--out", "again", "--baseline", "main", "--progress", "none", "-q"];
    let (exit, told, _) = syncdyno(&desk, &held);
    assert_eq!(exit, 14, "{told}");
}

#[test]
fn what_the_candidate_lacks_is_no_pass_and_neither_are_cells_that_fail() {
    let desk = desk(SMALL);
    let base = run(&desk, "1..=3", "base");
    let mut fewer = base.clone();
    fewer.cells.pop();
    fewer.planned_cells = 2;
    fs::write(desk.path().join("fewer.json"), fewer.to_json()).unwrap();
    let (exit, told, said) = syncdyno(&desk, &["compare", "base", "fewer.json", "--fail-on-worse"]);
    assert_eq!(exit, 14, "{told}{said}");
    assert_eq!(as_json(&desk, "base", "fewer.json")["groups"][0]["missing_seeds"][0], "3");
    // Who gets nothing through waits for nothing: that is not better.
    let mut silent = base.clone();
    for cell in &mut silent.cells {
        cell.verdict = record::Verdict::Fail;
        cell.ending.kind = record::EndingKind::Stuck;
        cell.reasons = vec![Reason::Stuck {}];
        cell.metrics.insert("engine.session.duration".into(), silence());
    }
    (silent.verdict, silent.exit_code) = (record::Verdict::Fail, Exit::Stuck.code());
    let side = |record: &RunRecord| Side::of_record("a side", record, None).unwrap();
    let comparison = compare(&side(&base), &side(&silent));
    assert_eq!((comparison.found(Finding::Better).count(), comparison.failed()), (0, (0, 3)));
    // A cell without observations does not hide what the others show.
    let mut slower = base.clone();
    for (n, cell) in slower.cells.iter_mut().enumerate() {
        let Some(figure) = cell.metrics.get_mut("engine.session.duration") else {
            panic!("sessions are measured");
        };
        match figure {
            Figure::Distribution { p95, p99, max, .. } if n > 0 => {
                [p95, p99, max].into_iter().for_each(|end| *end *= 2);
            }
            other => *other = silence(),
        }
    }
    let comparison = compare(&side(&base), &side(&slower));
    let worse = comparison
        .found(Finding::Worse)
        .any(|(_, d)| (d.metric.as_str(), d.stat) == ("engine.session.duration", "p95"));
    assert!(worse, "two cells of three are slower");
    fs::write(desk.path().join("silent.json"), silent.to_json()).unwrap();
    let (exit, told, _) = syncdyno(&desk, &["compare", "base", "silent.json", "--fail-on-worse"]);
    assert_eq!(exit, 12, "it is what they failed with: {told}");
    let group = as_json(&desk, "base", "silent.json")["groups"][0].clone();
    assert_eq!([&group["base_failed"], &group["candidate_failed"], &group["new_failure"]], [0, 3, 12]);
    // Even if nothing failed, a headline figure that is missing does not pass.
    for cell in &mut silent.cells {
        cell.verdict = record::Verdict::Pass;
        cell.ending.kind = record::EndingKind::Drained;
        cell.reasons.clear();
    }
    (silent.verdict, silent.exit_code) = (record::Verdict::Pass, Exit::Success.code());
    fs::write(desk.path().join("silent.json"), silent.to_json()).unwrap();
    let gated = ["compare", "base", "silent.json", "--fail-on-worse"];
    let named = |metric| [&gated[..], &["--metric", metric]].concat();
    let (exit, told, said) = syncdyno(&desk, &gated);
    assert!(exit == 14 && said.contains("engine.session.duration"), "{exit} {told}{said}");
    assert_eq!(syncdyno(&desk, &named("engine.session.duration")).0, 14);
    assert_eq!(syncdyno(&desk, &named("engine.rows.rate")).0, 0, "nobody asked for what is gone");
    assert_eq!(syncdyno(&desk, &gated[..3]).0, 0, "without a gate it is told");
}

#[test]
fn a_changed_scenario_is_not_comparable_and_an_update_needs_a_reason() {
    let desk = desk(SMALL);
    run(&desk, "1..=1", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    assert_eq!(
        syncdyno(&desk, &["baseline", "save", "main", "first"]).0,
        2,
        "a baseline is not overwritten in silence"
    );
    replace(&desk.path().join("small.toml"), "per_device = 5", "per_device = 6");
    let held = ["run", "small.toml", "--out", "out", "--baseline", "main", "--progress", "none"];
    let (exit, told, _) = syncdyno(&desk, &held);
    assert_eq!(exit, 14, "{told}");
    assert!(matches!(reasons(&desk, "out")[..], [Reason::ScenarioChanged { .. }]), "{told}");
    assert_eq!(syncdyno(&desk, &["baseline", "update", "main", "out"]).0, 2, "without a reason");
    // The record failed only because of the baseline: it is run again, to be saved.
    run(&desk, "1..=1", "new");
    assert_eq!(syncdyno(&desk, &["baseline", "update", "main", "new", "--reason", "six edits each"]).0, 0);
    assert_eq!(syncdyno(&desk, &held).0, 0);
    let (_, shown, _) = syncdyno(&desk, &["baseline", "show", "main"]);
    assert!(shown.contains("six edits each"), "{shown}");
    let (_, listed, _) = syncdyno(&desk, &["baseline", "ls"]);
    assert!(listed.starts_with("main  ") && listed.contains("six edits each"), "{listed}");
    fs::write(desk.path().join("reports/baseline/main.json"), "{ \"schema_version\": \"1.0").unwrap();
    assert_eq!(syncdyno(&desk, &held).0, 14, "a damaged baseline is not a baseline");
}

#[test]
fn a_comparison_of_different_seeds_of_one_thing_sees_no_difference() {
    let desk = desk(SMALL);
    let record = run(&desk, "1..=240", "many");
    let mut false_alarms = 0;
    let attempts = if worlds::every_place() { 100 } else { 25 };
    for attempt in 0..attempts {
        let mut stream = Seed(attempt).stream("test.halves", 0, 0);
        let mut order: Vec<usize> = (0..record.cells.len()).collect();
        stream.shuffle(&mut order);
        let half = |cells: &[usize]| {
            let cells = cells.iter().map(|&index| record.cells[index].clone()).collect();
            Side::of_record("a half", &RunRecord { cells, ..record.clone() }, None).unwrap()
        };
        let comparison = compare(&half(&order[..12]), &half(&order[12..24]));
        assert_eq!(comparison.groups[0].basis, Basis::Samples);
        let seen = [Finding::Worse, Finding::Better, Finding::Changed];
        false_alarms += usize::from(seen.iter().any(|&finding| comparison.found(finding).next().is_some()));
    }
    assert!(
        false_alarms <= 1,
        "{false_alarms} of {attempts} comparisons of a thing with itself saw something"
    );
}

#[test]
fn a_comparison_of_paired_seeds_of_two_like_worlds_sees_no_difference() {
    // Another entity name gives other random rows, and no other difference.
    let desk = desk(SMALL);
    // The metric of the entity has the entity's name, but is the same metric.
    let named = |name: &str| {
        fs::write(desk.path().join("small.toml"), SMALL.replace("task", name)).unwrap();
        let mut record = run(&desk, "1..=80", name);
        for cell in &mut record.cells {
            let figures = std::mem::take(&mut cell.metrics).into_iter();
            let named = |of: &str| of.replace(&format!("/{name}"), "/task").into();
            cell.metrics = figures.map(|(of, figure)| (named(&of), figure)).collect();
        }
        record
    };
    let (one, other) = (named("task"), named("tbsk"));
    let part = |record: &RunRecord, from: usize| {
        let cells = record.cells[from..from + 8].to_vec();
        Side::of_record("a part", &RunRecord { cells, ..record.clone() }, None).unwrap()
    };
    for from in (0..80).step_by(8) {
        let comparison = compare(&part(&one, from), &part(&other, from));
        assert_eq!(comparison.groups[0].basis, Basis::Paired);
        let seen = [Finding::Worse, Finding::Better, Finding::Changed];
        let seen: Vec<_> =
            seen.iter().flat_map(|finding| comparison.found(*finding)).map(|(_, d)| d).collect();
        assert!(seen.is_empty(), "{seen:?}");
    }
}

#[test]
fn a_slow_down_of_two_per_cent_is_seen() {
    let desk = desk(SMALL);
    let record = run(&desk, "1..=3", "base");
    // No percentile may exceed the next one, so here the base was faster.
    let mut faster = record.clone();
    for cell in &mut faster.cells {
        let Some(Figure::Distribution { p95, .. }) = cell.metrics.get_mut("engine.session.duration") else {
            panic!("sessions are measured");
        };
        *p95 -= *p95 / 50;
    }
    let side = |record: &RunRecord| Side::of_record("a side", record, None).unwrap();
    let comparison = compare(&side(&faster), &side(&record));
    let worse: Vec<_> = comparison.found(Finding::Worse).map(|(_, d)| (d.metric.as_str(), d.stat)).collect();
    assert_eq!(worse, [("engine.session.duration", "p95")]);
    let mended = compare(&side(&record), &side(&faster));
    assert_eq!(mended.found(Finding::Better).count(), 1);

    fs::write(desk.path().join("faster.json"), faster.to_json()).unwrap();
    let compared = ["compare", "faster.json", "base", "--fail-on-worse"];
    assert_eq!(syncdyno(&desk, &compared).0, 13);
    assert_eq!(syncdyno(&desk, &["compare", "base", "base", "--fail-on-worse"]).0, 0);
    let json = as_json(&desk, "faster.json", "base");
    assert_eq!((json["worse"].as_u64(), json["better"].as_u64()), (Some(1), Some(0)));
}

#[test]
fn variants_are_compared_under_the_same_seeds_with_an_interval() {
    let desk = desk(&format!("{SMALL}{VARIANTS}"));
    run(&desk, "1..=12", "both");
    let question = ["compare", "both#as-is", "both#slower", "--metric", "engine.session.duration"];
    let (exit, _, wrong) = syncdyno(&desk, &question);
    assert_eq!(exit, 0, "{wrong}");
    let json = as_json(&desk, "both#as-is", "both#slower");
    let mut figures = json["groups"][0]["differences"].as_array().unwrap().iter();
    let median = figures.find(|one| one["metric"] == question[4] && one["stat"] == "p50").unwrap();
    assert!(median["finding"] == "worse" && median["interval_ppm"].is_array(), "{median}");
    assert_eq!(syncdyno(&desk, &["compare", "both#as-is", "both#sloer"]).0, 2);
    assert_eq!(syncdyno(&desk, &["compare", "both", "nowhere"]).0, 14);
    fs::write(desk.path().join("damaged.json"), "{ \"schema_version\": ").unwrap();
    assert_eq!(syncdyno(&desk, &["compare", "both", "damaged.json"]).0, 2);
}

#[test]
fn the_script_for_ci_services_gates_against_a_baseline_and_says_how_to_save_one() {
    let desk = desk(SMALL);
    let gate = |github: bool| {
        let mut command = assert_cmd::Command::new("bash");
        command.current_dir(desk.path()).env("SYNCDYNO", env!("CARGO_BIN_EXE_syncdyno"));
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
        if github {
            command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", desk.path().join("page.md"));
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/contrib/gate.sh");
        let output =
            command.args([script, "small.toml", "main", "reports/ci", "--seeds", "1..=1"]).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (exit, _, said) = gate(false);
    assert_eq!(exit, 14, "what is held against nothing is no pass: {said}");
    let (exit, told, _) = gate(true);
    assert!(exit == 14 && told.contains("::error title=no baseline::"), "{told}");
    let page = fs::read_to_string(desk.path().join("reports/ci/summary.md")).unwrap();
    assert!(page.contains("nothing was compared"), "{page}");
    let save = said.lines().last().unwrap().trim().strip_prefix("syncdyno ").unwrap().replace('\'', "");
    let words: Vec<&str> = save.splitn(6, ' ').collect();
    assert_eq!(syncdyno(&desk, &words).0, 0, "{save}");
    assert_eq!(gate(false).0, 0, "the same figures again");

    let baseline = desk.path().join("reports/baseline/main.json");
    let text = fs::read_to_string(&baseline).unwrap();
    let rows = text.lines().find(|line| line.contains("[\"engine.rows.rate\",\"milli")).unwrap();
    let digit = rows.rfind(|c: char| c.is_ascii_digit()).unwrap();
    let other = if &rows[digit..=digit] == "1" { "2" } else { "1" };
    let changed = format!("{}{other}{}", &rows[..digit], &rows[digit + 1..]);
    replace(&baseline, rows, &changed);
    let (exit, told, _) = gate(true);
    assert_eq!(exit, 13, "{told}");
    assert!(told.contains("::error") && told.contains("engine.rows.rate"), "{told}");
    assert!(fs::read_to_string(desk.path().join("page.md")).unwrap().contains("engine.rows.rate"));

    // A comparison judges the changed scenario, and its exit code is printed.
    let file = desk.path().join("small.toml");
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, whole.replace("200ms", "300ms")).unwrap();
    let (exit, told, said) = gate(false);
    fs::write(&file, whole).unwrap();
    assert!(exit == 14 && told.contains("syncdyno compare main reports/ci --fail-on-worse"), "{told}");
    assert!(said.contains("compare exits with 14"), "one seed is too few: {said}");
    assert_eq!(gate(true).0, 13);

    // To accept an intended change, the refused run is taken; cells of other scenarios stay.
    fs::write(desk.path().join("other.toml"), SMALL.replace("\"small\"", "\"other\"")).unwrap();
    let other = ["run", "other.toml", "--out", "other", "--baseline", "main", "--progress", "none"];
    assert_eq!(syncdyno(&desk, &other).0, 14, "the baseline has no such cell");
    let (exit, told, _) =
        syncdyno(&desk, &["baseline", "update", "main", "other", "--reason", "a second one"]);
    assert_eq!(exit, 0);
    assert!(told.contains("2 cells"), "{told}");
    assert_eq!(syncdyno(&desk, &["baseline", "update", "main", "reports/ci", "--reason", "slower"]).0, 0);
    let (exit, told, _) = gate(false);
    assert!(exit == 14 && told.contains("other.s1"), "{told}");
    assert_eq!(syncdyno(&desk, &other).0, 0);
}

/// The built-in engine with another chunk than the scenario says.
fn with_broken_chunks() -> Stacks {
    Stacks::builtin().with_builtin("builtin", |mut options, store| {
        options.pull.chunk_rows = 7;
        BuiltinFactory::new(options, store)
    })
}

#[test]
fn an_engine_whose_chunking_broke_is_red_against_the_projects_own_baseline() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/baseline/project.json");
    let baseline = Baseline::parse(&fs::read_to_string(path).unwrap()).unwrap();
    let plan = worlds::plan("scenarios/hospital-hour.toml", &[]);
    let id = analysis::cell_ids(std::slice::from_ref(&plan)).remove(0);
    let outcome = world::run(&plan, &with_broken_chunks(), &Unwatched).unwrap();
    assert!(outcome.violations.is_empty(), "small chunks lose nothing: {:?}", outcome.violations);
    let judged = analysis::judge(&plan, &id, &outcome);
    let against = Against {
        name: "project",
        baseline: &baseline,
        tolerance_ppm: None,
        require_all: false,
        is_asked: &|_| true,
        told: render::compare::shift,
    };
    let (folder, plans) = ("reports/ci", std::slice::from_ref(&plan));
    let trial = Trial { folder, plans, against: Some(against), ..Trial::default() };
    let record = analysis::judge_run(&trial, vec![judged]).record;
    assert_eq!(record.exit_code, Exit::Regression.code());
    let told = render::reasons(&record) + &render::last_lines(&record, "reports/ci");
    for part in ["engine.rows.rate", id.as_str(), "syncdyno replay reports/ci#"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
