//! The program as a person or a CI job uses it: processes, exit codes, signals, pipes.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use predicates::prelude::*;
use syncdyno::record::{RunRecord, Verdict};
use tempfile::TempDir;

const SMALL: &str = r#"name = "small"
start = "2026-03-02T08:00:00+01:00"
duration = "5m"

[entity.task]
rows = 200
schema = { id = "uuid key", title = "text 10..60", state = "one of open|done" }

[fleet.phones]
devices = 3

[action.add]
entity = "task"
kind = "create"
per_device = 5
on_devices = 1.0

[expect]
"oracle.lost.rows" = 0
"#;

pub(crate) fn syncdyno(folder: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(folder).env_remove("GITHUB_STEP_SUMMARY");
    command
}

pub(crate) fn desk() -> TempDir {
    let desk = TempDir::new().unwrap();
    fs::write(desk.path().join("small.toml"), SMALL).unwrap();
    desk
}

fn record(desk: &TempDir, folder: &str) -> RunRecord {
    RunRecord::parse(&fs::read_to_string(desk.path().join(folder).join("run.json")).unwrap()).unwrap()
}

#[test]
fn a_scenario_runs_and_its_report_lies_where_it_says() {
    let desk = desk();
    let assert = syncdyno(desk.path()).args(["run", "small.toml", "--seed", "5"]).assert().success();
    let out = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let folder = PathBuf::from(out.lines().last().unwrap().strip_prefix("report: ").unwrap());
    assert!(folder.starts_with("reports") && folder.to_str().unwrap().contains("small-5-"), "{folder:?}");
    let run = record(&desk, folder.to_str().unwrap());
    assert_eq!((run.exit_code, run.verdict, run.cells[0].seed.as_str()), (0, Verdict::Pass, "5"));
    assert!(run.cells[0].metrics.contains_key("oracle.lost.rows"));
}

#[test]
fn edits_for_which_deletes_leave_no_row_are_told_and_counted() {
    let desk = desk();
    let more = r#"
[action.drop]
entity = "task"
kind = "delete"
per_device = 2

[action.ren]
entity = "task"
kind = "update"
columns = ["state"]
per_device = 4
"#;
    let few = SMALL.replace("rows = 200", "rows = 6").replace("\n[expect]", &format!("{more}\n[expect]"));
    fs::write(desk.path().join("few.toml"), few).unwrap();
    let told = "none of 12 edits was made";
    let run = ["few.toml", "--out", "out"];
    syncdyno(desk.path()).arg("run").args(run).assert().code(10).stdout(predicate::str::contains(told));
    let axis = ["few.toml", "--out", "swept", "--axis", "engine.pull.chunk_rows=5,10"];
    syncdyno(desk.path()).arg("sweep").args(axis).assert().code(10).stdout(predicate::str::contains(told));
    let record = record(&desk, "out");
    let unplaced = &record.cells[0].unplaced;
    assert_eq!((unplaced.len(), unplaced[0].asked, unplaced[0].left_out, unplaced[0].astray), (1, 12, 12, 0));
}

#[test]
fn two_processes_and_any_number_of_threads_come_to_the_same_bytes() {
    let desk = desk();
    let bytes = |jobs: &str| {
        let args = ["run", "small.toml", "--seeds", "1..=4", "-j", jobs, "--out", "out"];
        syncdyno(desk.path()).args(args).assert().success();
        let hist = "hist/engine.session.duration.hlog";
        ["run.json", "cells.csv", "series.csv", "summary.md", "junit.xml", hist]
            .map(|f| fs::read(desk.path().join("out").join(f)).unwrap())
    };
    assert!(bytes("1") == bytes("3"));
}

#[test]
fn a_recorded_cell_is_replayed_with_the_same_digest() {
    let desk = desk();
    syncdyno(desk.path()).args(["run", "small.toml", "--seeds", "1..=2", "--out", "out"]).assert().success();
    let same = predicate::str::ends_with("the same as recorded\n");
    syncdyno(desk.path()).args(["replay", "out#small.s2"]).assert().success().stdout(same);
    let path = desk.path().join("out/run.json");
    let mut other = record(&desk, "out");
    other.cells[1].digest = "feed".to_owned();
    fs::write(&path, other.to_json()).unwrap();
    syncdyno(desk.path()).args(["replay", "out#small.s2"]).assert().code(15);
}

#[test]
fn a_timeline_holds_the_sessions_of_the_run_and_changes_nothing() {
    let desk = desk();
    syncdyno(desk.path()).args(["run", "small.toml", "--out", "out"]).assert().success();
    let same = predicate::str::ends_with("the same as recorded\n");
    syncdyno(desk.path()).args(["replay", "out", "--trace", "time.json"]).assert().success().stdout(same);
    let text = fs::read_to_string(desk.path().join("time.json")).unwrap();
    let entries: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    // The backend's second worker has this row too, in its own process.
    let of_devices = entries.iter().filter(|entry| entry["pid"].as_u64() >= Some(100));
    let slices = of_devices.filter(|entry| entry["ph"] == "X" && entry["tid"] == 2).count() as u64;
    let run = record(&desk, "out");
    assert_eq!(Some(slices), run.cells[0].metrics["engine.session.count"].stat("value"));
}

#[test]
fn an_expectation_that_is_not_met_exits_10_and_leaves_a_scenario_that_fails_alike() {
    let desk = desk();
    fs::write(
        desk.path().join("small.toml"),
        SMALL.replace("\"oracle.lost.rows\" = 0", "\"engine.requests.count\" = 1"),
    )
    .unwrap();
    let said = predicate::str::contains("\nlook closer: syncdyno replay out#small.s1\n");
    syncdyno(desk.path()).args(["run", "small.toml", "--out", "out"]).assert().code(10).stdout(said);
    // Another digest would exit with 15.
    syncdyno(desk.path()).args(["replay", "out#small.s1"]).assert().code(10);
    syncdyno(desk.path()).args(["replay", "out/repro/small.s1.toml"]).assert().code(10);
    syncdyno(desk.path()).args(["run", "out/repro/small.s1.toml", "--out", "again"]).assert().code(10);
    assert_eq!(record(&desk, "again").cells[0].digest, record(&desk, "out").cells[0].digest);
}

#[test]
fn a_new_scenario_passes_and_is_never_written_over_another() {
    let desk = desk();
    syncdyno(desk.path()).args(["new", "mine"]).assert().success().stdout("mine.toml\n");
    syncdyno(desk.path()).args(["check", "mine.toml"]).assert().success().stdout("ok  mine.toml: 1 cell\n");
    let before = fs::read(desk.path().join("mine.toml")).unwrap();
    syncdyno(desk.path()).args(["new", "mine"]).assert().code(2);
    assert_eq!(fs::read(desk.path().join("mine.toml")).unwrap(), before);
}

#[test]
fn a_file_of_former_names_is_refused_and_mended_in_place() {
    const FORMER: &str = "# of 2025\nname = \"old\"\nduration = \"10m\"\n\
        entity.note = { rows = 5, schema = { id = \"uuid key\", text = \"text 9\" } }\n\
        unit.All = { on = [\"start\"], pull = [\"note\"] }\n\
        fleet.phones = { devices = 1 }\n\
        event.cut = { at = \"+1m\", answer_loss = { for = \"1m\", loss = 1 } } # as it was\n\
        [expect]\n\"net.answers_lost.count\" = { min = 0 }\n";
    let (desk, mended) = (desk(), FORMER.replace("answer_loss", "response_loss"));
    let file = desk.path().join("old.toml");
    fs::write(&file, FORMER).unwrap();
    syncdyno(desk.path()).args(["check", "old.toml"]).assert().code(3);
    assert_eq!(fs::read_to_string(&file).unwrap(), FORMER);
    syncdyno(desk.path()).args(["check", "--fix", "old.toml"]).assert().success();
    assert_eq!(fs::read_to_string(&file).unwrap(), mended.replace("answers_lost", "responses_lost"));
    syncdyno(desk.path()).args(["check", "--fix", "old.toml"]).assert().stdout("ok  old.toml: 1 cell\n");
    // The key would be there twice, under both names.
    let both = FORMER.replace(" } } # as", " }, response_loss = { for = \"1m\", loss = 1 } } # as");
    fs::write(&file, &both).unwrap();
    syncdyno(desk.path()).args(["check", "--fix", "old.toml"]).assert().code(3);
    assert_eq!(fs::read_to_string(&file).unwrap(), both);
}

#[test]
fn mending_a_name_leaves_what_stands_around_it() {
    use std::os::unix::fs::PermissionsExt;
    const HEAD: &str = "name = \"old\"\nduration = \"10m\"\n\
        entity.note = { rows = 5, schema = { id = \"uuid key\", text = \"text 9\" } }\n\
        unit.All = { on = [\"start\"], pull = [\"note\"] }\n\
        fleet.phones = { devices = 1 }\n\
        event.cut = { at = \"+1m\", response_loss = { for = \"1m\", loss = 1 } }\n";
    let desk = desk();
    let file = desk.path().join("old.toml");
    let fixed = |text: &str| {
        fs::write(&file, format!("{HEAD}{text}")).unwrap();
        syncdyno(desk.path()).args(["check", "--fix", "old.toml"]).output().unwrap();
        fs::read_to_string(&file).unwrap().strip_prefix(HEAD).map(str::to_owned)
    };
    for (old, new) in [
        // A path in one text, a figure of several metrics, a part of a metric.
        (
            "variant.a.set.\"event.cut.answer_loss.loss\" = 0.5",
            "variant.a.set.\"event.cut.response_loss.loss\" = 0.5",
        ),
        ("variant.a.unset = [\"event.cut.answer_loss\"]", "variant.a.unset = [\"event.cut.response_loss\"]"),
        (
            "expect.\"net.answers_lost.count@1d\" = { max = 3 }",
            "expect.\"net.responses_lost.count@1d\" = { max = 3 }",
        ),
        ("[expect]\nnet.answers_lost.count = 1", "[expect]\nnet.answers_lost.count = 1"),
        // No key of that table has the new name.
        ("answers = 5", "answers = 5"),
    ] {
        assert_eq!(fixed(&format!("{old}\n")), Some(format!("{new}\n")), "{old}");
    }
    // A file beside it belongs to the user, and the permissions stay.
    fs::write(desk.path().join("old.toml.part"), "precious").unwrap();
    fs::write(&file, format!("{HEAD}variant.a.set.\"event.cut.answer_loss.loss\" = 0.5\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    syncdyno(desk.path()).args(["check", "--fix", "old.toml"]).assert().success();
    assert_eq!(fs::read_to_string(desk.path().join("old.toml.part")).unwrap(), "precious");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    syncdyno(desk.path()).args(["check", "--fix", "/dev/null"]).assert().code(2);
    syncdyno(desk.path()).args(["check", "--fix"]).assert().code(2);
}

#[test]
fn a_network_that_no_app_could_use_is_remarked() {
    let desk = desk();
    let remarked = |lost_for: &str| {
        let text = format!(
            "name = \"net\"\nduration = \"10m\"\n\
            entity.note = {{ rows = 5, schema = {{ id = \"uuid key\", text = \"text 9\" }} }}\n\
            unit.All = {{ on = [\"start\", \"every 30s\"], pull = [\"note\"] }}\n\
            fleet.phones = {{ devices = 1 }}\n\
            event.cut = {{ at = \"+1s\", response_loss = {{ for = \"{lost_for}\", loss = 1 }} }}\n"
        );
        fs::write(desk.path().join("net.toml"), text).unwrap();
        let run = syncdyno(desk.path()).args(["run", "net.toml", "--out", "net"]).output().unwrap();
        let said = |text: &[u8]| String::from_utf8_lossy(text).contains("more than half of the requests");
        let summary = fs::read(desk.path().join("net/summary.md")).unwrap();
        assert_eq!(said(&run.stdout), said(&summary));
        said(&summary)
    };
    assert_eq!([remarked("9m"), remarked("20s")], [true, false]);
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let desk = desk();
    let mut child = Command::new(env!("CARGO_BIN_EXE_syncdyno"))
        .current_dir(desk.path())
        .args(["run", "small.toml", "--out", "out"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let said: Vec<&str> = err.lines().filter(|line| !line.starts_with("on this host: ")).collect();
    assert_eq!((child.wait().unwrap().code(), said), (Some(0), Vec::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_finds_no_room_is_told_and_exits_20() {
    let desk = desk();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    run.current_dir(desk.path()).args(["run", "small.toml", "--out", "out"]).stdout(full);
    let output = run.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(20), "{said}");
    assert!(record(&desk, "out").complete, "the report is written all the same");
}

#[test]
fn a_github_job_finds_the_summary_on_its_page() {
    let desk = desk();
    let page = desk.path().join("page.md");
    let mut command = syncdyno(desk.path());
    command
        .env("GITHUB_STEP_SUMMARY", &page)
        .args(["run", "small.toml", "--format", "github"])
        .assert()
        .success();
    assert!(fs::read_to_string(page).unwrap().starts_with("## small: pass"));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_goes_on_where_it_was_and_comes_to_the_same_bytes() {
    const RUN: [&str; 6] = ["run", "small.toml", "--seeds", "1..=12", "-j", "1"];
    let files = |desk: &TempDir| {
        ["run.json", "cells.csv", "series.csv", "summary.md"]
            .map(|file| fs::read(desk.path().join("out").join(file)).unwrap())
    };
    let whole = desk();
    syncdyno(whole.path()).args(RUN).args(["--out", "out"]).assert().success();

    let desk = desk();
    let mut child = Command::new(env!("CARGO_BIN_EXE_syncdyno"))
        .current_dir(desk.path())
        .args(RUN)
        .args(["--out", "out", "--progress", "none"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = desk.path().join("out/cells.jsonl");
    let lines = || fs::read(&journal).map_or(0, |text| text.iter().filter(|byte| **byte == b'\n').count());
    while lines() < 4 {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = lines() - 1;
    assert!((3..12).contains(&kept), "{kept} cells were kept");
    assert_eq!(record(&desk, "out").exit_code, 130, "what lies there says that it was cut off");
    // A line that was being written.
    let mut torn = fs::OpenOptions::new().append(true).open(&journal).unwrap();
    std::io::Write::write_all(&mut torn, b"{\"plan\":\"5f").unwrap();

    let other = ["run", "small.toml", "--seeds", "1..=13", "--resume", "out"];
    syncdyno(desk.path()).args(other).assert().code(2);
    let said = predicate::str::contains(format!(" {kept} cells "));
    syncdyno(desk.path()).args(RUN).args(["--resume", "out"]).assert().success().stderr(said);
    assert!(files(&desk) == files(&whole));
    assert!(!journal.exists());
}

#[cfg(unix)]
#[test]
fn a_record_for_which_there_is_no_room_leaves_nothing_that_was_rendered_of_it() {
    let desk = desk();
    let run = |limit: &str, more: &[&str]| {
        // A larger file cannot be written, as on a full disk; here the system also sends a signal.
        let script = format!("ulimit -f {limit}; exec \"$@\"");
        let mut args = vec!["-c", script.as_str(), "sh", env!("CARGO_BIN_EXE_syncdyno"), "run", "small.toml"];
        args.extend(["--seeds", "1..=30", "--progress", "none"]);
        args.extend(more);
        let out = Command::new("bash").current_dir(desk.path()).args(args).output().unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let there = |name: &str| desk.path().join("out").join(name).is_file();
    let (code, said) = run("40", &["--out", "out"]);
    assert_eq!(code, Some(20), "{said}");
    for name in ["timing.json", "cells.csv", "series.csv", "junit.xml", "summary.md", "report.html"] {
        assert!(!there(name), "{name} is of no record");
    }
    assert!(!record(&desk, "out").complete);
    let (code, said) = run("unlimited", &["--resume", "out"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(there("junit.xml") && record(&desk, "out").complete);
}

#[cfg(unix)]
#[test]
fn a_scenario_for_which_there_is_no_room_is_not_there_in_part() {
    let desk = desk();
    let script = "ulimit -f 0; exec \"$@\"";
    let args = ["-c", script, "sh", env!("CARGO_BIN_EXE_syncdyno"), "new", "mine"];
    let out = Command::new("bash").current_dir(desk.path()).args(args).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(20), "{said}");
    assert!(!desk.path().join("mine.toml").exists());
}

#[test]
fn an_action_that_finds_no_row_is_told_to_who_wants_quiet() {
    let desk = desk();
    let none =
        SMALL.replace("rows = 200", "rows = 0") + "[action.rename]\nentity = \"task\"\nkind = \"update\"\n";
    fs::write(desk.path().join("none.toml"), none + "columns = [\"title\"]\nper_device = 2\n").unwrap();
    let told = predicate::str::contains("rename");
    let run = ["run", "none.toml", "-q", "--out", "out", "--progress", "none"];
    syncdyno(desk.path()).args(run).assert().code(10).stdout(told);
    let told = predicate::str::contains("rename");
    syncdyno(desk.path()).args(["check", "none.toml", "-q"]).assert().success().stderr(told);
}
