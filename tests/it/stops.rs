//! Signals and limits at any time: the report is complete, or says that it is not, and the printed
//! command continues it.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "processes live in host time")]

use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use syncdyno::record::{RunRecord, Verdict};
use tempfile::TempDir;

use crate::cli::desk;

const CELLS: usize = 16;
const RUN: &str = "run small.toml --seeds 1..=16 -j 1 --progress none";

fn start(desk: &TempDir, words: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(desk.path()).env_remove("GITHUB_STEP_SUMMARY").args(words.split_whitespace());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// The exit code, and stderr.
fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn until(mut is: impl FnMut() -> bool) {
    while !is() {
        thread::yield_now();
    }
}

fn lines(file: &Path) -> usize {
    fs::read(file).map_or(0, |text| text.iter().filter(|byte| **byte == b'\n').count())
}

fn record(desk: &TempDir) -> RunRecord {
    RunRecord::parse(&fs::read_to_string(desk.path().join("out/run.json")).unwrap()).unwrap()
}

/// Every file of the report, except host times.
fn files(desk: &TempDir) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in ["out", "out/hist"] {
        for entry in fs::read_dir(desk.path().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with("timing.json") {
                found.push((
                    path.file_name().unwrap().to_string_lossy().into_owned(),
                    fs::read(&path).unwrap(),
                ));
            }
        }
    }
    found.sort();
    found
}

/// The report must be complete, or continue by the printed command to the same result.
fn assert_goes_on(
    desk: &TempDir,
    how: &str,
    (code, said): (Option<i32>, String),
    whole: &[(String, Vec<u8>)],
) {
    if code == Some(0) {
        assert!(record(desk).complete && files(desk) == whole, "{how}: {said}");
        return;
    }
    let left = record(desk);
    assert!(!left.complete && left.verdict == Verdict::Incomplete, "{how}: {said}");
    assert_eq!(Some(i32::from(left.exit_code)), code, "{how}: {said}");
    let command = "the same command with --resume out\n";
    assert!(said.contains(command), "{how}: {said}");
    let (code, said) = ended(start(desk, &format!("{RUN} --resume out")));
    assert_eq!(code, Some(0), "{how}: {said}");
    assert!(files(desk) == whole, "{how}");
}

#[test]
fn a_run_that_is_stopped_at_any_time_is_whole_or_goes_on() {
    let desk = desk();
    assert_eq!(ended(start(&desk, &format!("{RUN} --out out"))).0, Some(0));
    let whole = files(&desk);
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        // Where it is cut is random: nothing may depend on it.
        let least = (std::process::id() + code) as usize % (CELLS - 2) + 2;
        let child = start(&desk, &format!("{RUN} --out out"));
        until(|| lines(&desk.path().join("out/cells.jsonl")) >= least);
        signal(&child, name);
        let end = ended(child);
        assert!([Some(0), Some(code as i32)].contains(&end.0), "{}", end.1);
        assert_goes_on(&desk, &format!("{name} after {least} lines"), end, &whole);
        // Now all cells have run, and a file of the report is there.
        let child = start(&desk, &format!("{RUN} --out out"));
        until(|| lines(&desk.path().join("out/cells.jsonl")) >= 2);
        until(|| desk.path().join("out/timing.json").is_file());
        signal(&child, name);
        let end = ended(child);
        assert_eq!(end.0, Some(0), "{}", end.1);
        assert_goes_on(&desk, &format!("{name} while the report is written"), end, &whole);
    }
    let end = ended(start(&desk, &format!("{RUN} --out out --time-limit 700ms")));
    assert!([Some(0), Some(124)].contains(&end.0), "{}", end.1);
    assert_goes_on(&desk, "the time limit", end, &whole);
}

/// Loses rows in every cell: lives and remedies are found after the last cell.
const FAILING: &str = r#"name = "failing"
duration = "6m"
drain = "2h"
[entity.task]
rows = 60
one_stamp = "10d"
[entity.task.schema]
id = "uuid key"
title = "text 5..40"
state = "one of open|done"
[gateway]
serve.capture = { last_modified = { bound = "strict" } }
[fleet.phones]
devices = 3
[engine.pull]
chunk_rows = 20
[action.tick]
entity = "task"
kind = "update"
columns = ["state"]
per_device = 8
on_devices = 0.7
"#;

/// Signals at various times, every third of them after the last cell; 300 with `SYNCDYNO_EVERY=1`.
#[test]
fn a_failing_run_stopped_at_any_time_resumes_to_the_byte() {
    let kills: u32 = if crate::worlds::every_place() { 300 } else { 9 };
    const RUN: &str = "run failing.toml --seeds 1..=3 -j 2 --progress none";
    let desk = desk();
    fs::write(desk.path().join("failing.toml"), FAILING).unwrap();
    let after_cells = || lines(&desk.path().join("out/cells.jsonl")) >= 4;
    let started = Instant::now();
    let child = start(&desk, &format!("{RUN} --out out"));
    until(after_cells);
    let all_cells = started.elapsed();
    let (found, said) = ended(child);
    let after_them = started.elapsed() - all_cells;
    assert_eq!(found, Some(11), "{said}");
    let whole = fs::read(desk.path().join("out/run.json")).unwrap();
    assert!(record(&desk).cells.iter().any(|cell| !cell.lives.is_empty() && !cell.remedies.is_empty()));
    let mut stopped_after_cells = 0;
    for kill in 0..kills {
        let (name, code) = [("-INT", 130), ("-TERM", 143)][kill as usize % 2];
        // Far from the previous times, wherever they are.
        let moment = f64::from(kill) * 0.618 % 1.0;
        fs::remove_dir_all(desk.path().join("out")).unwrap();
        let mut child = start(&desk, &format!("{RUN} --out out"));
        if kill % 3 == 0 {
            until(|| after_cells() || child.try_wait().unwrap().is_some());
            thread::sleep(after_them.mul_f64(moment));
        } else {
            until(|| desk.path().join("out/cells.jsonl").is_file());
            thread::sleep(all_cells.mul_f64(moment));
        }
        let was_after_cells = after_cells();
        signal(&child, name);
        let (end, said) = ended(child);
        let how = format!("{name} {kill}, ended as {end:?}: {said}");
        if end == found {
            assert!(record(&desk).complete, "{how}");
        } else {
            assert_eq!(end, Some(code), "{how}");
            let left = record(&desk);
            assert!(!left.complete && i32::from(left.exit_code) == code, "{how}");
            stopped_after_cells += usize::from(was_after_cells);
            let (end, said) = ended(start(&desk, &format!("{RUN} --resume out")));
            assert_eq!(end, found, "{how}, then {said}");
        }
        assert!(fs::read(desk.path().join("out/run.json")).unwrap() == whole, "{how}");
    }
    assert!(stopped_after_cells > 0, "no signal came between the last cell and the record");
}

/// More edits than fit into any memory.
const BIG: &str = r#"name = "big"
[entity.t]
rows = 10
schema = { id = "uuid key", title = "text 10" }
[fleet.f]
devices = 20
[action.a]
entity = "t"
kind = "create"
per_device = 1000000
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_script_under_way_is_given_up_at_a_signal_and_at_the_limit() {
    let desk = desk();
    fs::write(desk.path().join("big.toml"), BIG).unwrap();
    let refused = ended(start(&desk, "run big.toml --out out"));
    assert_eq!(refused.0, Some(20), "{}", refused.1);
    assert!(refused.1.contains("--allow-memory"), "{}", refused.1);
    assert!(!desk.path().join("out").exists());
    for (limit, code) in [("9m", 143), ("1s", 124)] {
        let words = format!("run big.toml --allow-memory --time-limit {limit} --out out --progress none");
        let child = start(&desk, &words);
        until(|| desk.path().join("out/cells.jsonl").is_file());
        thread::sleep(Duration::from_millis(500));
        let _ = (code == 143).then(|| signal(&child, "-TERM"));
        let began = Instant::now();
        let (ended, said) = ended(child);
        assert!(began.elapsed() < Duration::from_secs(20), "{said}");
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains("warning: "), "{said}");
        let left = record(&desk);
        assert_eq!((left.complete, i32::from(left.exit_code), left.cells.len()), (false, code, 1));
        assert!(left.cells[0].metrics.is_empty() && left.cells[0].verdict == Verdict::Incomplete);
    }
}

#[test]
fn a_second_signal_ends_a_run_at_once_and_what_ended_is_kept() {
    let desk = desk();
    fs::write(desk.path().join("mid.toml"), BIG.replace("1000000", "20000")).unwrap();
    // The long cell is started first: it runs when the small one ends.
    let words = "run mid.toml small.toml -j 2 --allow-memory --progress none";
    let child = start(&desk, &format!("{words} --out out"));
    until(|| lines(&desk.path().join("out/cells.jsonl")) == 2);
    signal(&child, "-INT");
    // A sooner signal would count as the same one.
    thread::sleep(Duration::from_millis(400));
    signal(&child, "-INT");
    let (code, said) = ended(child);
    assert_eq!(code, Some(130), "{said}");
    assert!(!desk.path().join("out/report.html").exists(), "there is no report");
    assert!(!record(&desk).complete && record(&desk).exit_code == 130);
    let (code, said) = ended(start(&desk, &format!("{words} --resume out --time-limit 1s")));
    assert_eq!(code, Some(124), "{said}");
    assert!(record(&desk).cells.iter().any(|cell| cell.scenario == "small"), "it is kept: {said}");
}

/// Starts it with an input that never ends, and waits until it handles signals.
fn waits_for_input(desk: &TempDir, words: &str) -> (Child, ChildStdin) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncdyno"));
    command.current_dir(desk.path()).env_remove("GITHUB_STEP_SUMMARY").args(words.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let input = child.stdin.take().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let heeds_signals = || {
        let text = fs::read_to_string(&status).unwrap();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
        u64::from_str_radix(caught, 16).unwrap() & (1 << 14) != 0
    };
    until(heeds_signals);
    (child, input)
}

#[test]
fn a_signal_ends_who_waits_for_an_input_without_an_end() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let desk = desk();
        let (child, held) = waits_for_input(&desk, "check /dev/stdin");
        signal(&child, name);
        let end = ended(child);
        drop(held);
        assert_eq!(end.0, Some(code), "{}", end.1);
    }
}

#[test]
fn a_pipe_that_nobody_writes_to_is_refused_at_once() {
    let desk = desk();
    let pipe = desk.path().join("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (code, said) = ended(start(&desk, "check pipe.toml"));
    assert_ne!(code, Some(0), "{said}");
    assert!(said.contains("pipe.toml"), "{said}");
}

#[test]
fn a_calibration_ends_with_the_first_signal() {
    let desk = TempDir::new().unwrap();
    let (child, _held) = waits_for_input(&desk, "calibrate /dev/stdin -o out.toml");
    signal(&child, "-TERM");
    let (code, said) = ended(child);
    assert_eq!(code, Some(143), "{said}");
    assert!(!said.contains("--resume"), "{said}");
    assert!(!desk.path().join("out.toml").exists());
}
