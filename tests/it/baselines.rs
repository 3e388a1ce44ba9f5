//! Messages about baselines that cannot be read, and runs that cannot become one.

use std::fs;

use crate::comparisons::{SMALL, desk, run, syncdyno};

#[test]
fn a_baseline_that_cannot_be_read_is_neither_used_nor_replaced() {
    let desk = desk(SMALL);
    run(&desk, "1..=1", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    let file = desk.path().join("reports/baseline/main.json");
    let whole = fs::read_to_string(&file).unwrap();
    let later = whole.replacen("\"schema_version\": \"2.", "\"schema_version\": \"3.", 1);
    for text in ["{ cut off", "call them", &later] {
        fs::write(&file, text).unwrap();
        for command in ["save", "update"] {
            let (exit, _, told) =
                syncdyno(&desk, &["baseline", command, "main", "first", "--reason", "again"]);
            assert_eq!(exit, 14, "{told}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn a_name_with_its_ending_is_that_of_the_same_file() {
    let desk = desk(SMALL);
    run(&desk, "1..=1", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main.json", "first"]).0, 0);
    let folder = desk.path().join("reports/baseline");
    fs::rename(folder.join("main.json"), folder.join("main.json.json")).unwrap();
    let (exit, told, _) = syncdyno(&desk, &["baseline", "save", "main.json", "first"]);
    assert_eq!((exit, told.as_str()), (0, "reports/baseline/main.json: 1 cell\n"));
}

#[test]
fn a_run_that_was_stopped_is_not_offered_to_be_accepted() {
    let desk = desk(SMALL);
    run(&desk, "1..=1", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    let file = desk.path().join("reports/baseline/main.json");
    let text = fs::read_to_string(&file).unwrap();
    let line = text.lines().find(|line| line.starts_with("[\"engine.rows.rate\",")).unwrap();
    let faster = "[\"engine.rows.rate\",\"milli-rows-per-second\",[99999999]],";
    fs::write(&file, text.replace(line, faster)).unwrap();
    let many = ["run", "small.toml", "--seeds", "1..=20000", "-j", "1", "--time-limit", "3s"];
    let held = ["--baseline", "main", "--out", "cut", "--progress", "none"];
    let (exit, told, remarks) = syncdyno(&desk, &[&many[..], &held[..]].concat());
    assert_eq!(exit, 124, "{told}{remarks}");
    assert!(told.contains("engine.rows.rate") && told.contains("small.s2"), "{told}");
    assert!(!told.contains("baseline update") && !remarks.contains("baseline update"), "{told}{remarks}");
}

#[test]
fn a_run_that_misses_an_expectation_is_not_offered_to_be_accepted_where_it_is_not_comparable() {
    let desk = desk(SMALL);
    run(&desk, "1..=1", "first");
    assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    let held = ["run", "small.toml", "--out", "out", "--baseline", "main", "--progress", "none"];
    for (expected, acceptable) in [(1, true), (0, false)] {
        let expect = format!(
            "{SMALL}\n[expect]\n\"engine.requests.count\" = {{ min = 1, max = {} }}\n",
            expected * 1_000_000 + 1
        );
        fs::write(desk.path().join("small.toml"), expect).unwrap();
        let (exit, told, _) = syncdyno(&desk, &held);
        assert_eq!(exit, 14, "{told}");
        assert_eq!(told.contains("syncdyno baseline update"), acceptable, "{told}");
        let (exit, ..) = syncdyno(&desk, &["baseline", "update", "main", "out", "--reason", "changed"]);
        assert_eq!(exit == 0, acceptable, "what is offered is taken");
        fs::remove_file(desk.path().join("reports/baseline/main.json")).unwrap();
        assert_eq!(syncdyno(&desk, &["baseline", "save", "main", "first"]).0, 0);
    }
}

/// The commands of the page on gates in its section on CI jobs, in their order.
fn commands_of_the_gate() -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/gates.md");
    let page = fs::read_to_string(page).unwrap();
    let section = page.split("## Fail a CI job ").nth(1).unwrap().split("\n## ").next().unwrap();
    section.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

#[test]
fn the_gate_of_the_page_works_as_printed() {
    let desk = tempfile::TempDir::new().unwrap();
    assert_eq!(syncdyno(&desk, &["new", "my-app"]).0, 0);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_syncdyno")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var_os("PATH").unwrap().to_string_lossy());
    let commands = commands_of_the_gate();
    let exits = commands.iter().map(|command| {
        let mut shell = assert_cmd::Command::new("bash");
        let shell = shell.current_dir(desk.path()).env("PATH", &path).env_remove("GITHUB_STEP_SUMMARY");
        let output = shell.args(["-c", command]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), said)
    });
    let exits: Vec<_> = exits.collect();
    let codes: Vec<_> = exits.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [0, 0, 0, 0, 0, 13].map(Some), "{commands:?} {exits:?}");
    let first = exits[5].1.lines().find(|line| line.contains("worse  ")).unwrap_or_default();
    assert!(first.contains("engine.usable_after_login.duration"), "{}", exits[5].1);
}
