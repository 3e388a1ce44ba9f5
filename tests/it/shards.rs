//! Shards as processes: killed, started again, on a full disk, and merged all the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::cli::desk;

const SWEEP: &str =
    "sweep small.toml --axis engine.pull.chunk_rows=16..64*2 --seeds 1..=4 --progress none -j 1";

/// A command in a folder, with a limit on file size in units of 512 or 1 024 bytes, if `limit` is a
/// number.
fn command(desk: &TempDir, limit: &str, words: &str) -> Command {
    let mut command = Command::new("bash");
    let script = format!("ulimit -f {limit}; exec \"$@\"");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_syncdyno")]).args(words.split(' '));
    command.current_dir(desk.path()).env_remove("GITHUB_STEP_SUMMARY");
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn ended(desk: &TempDir, limit: &str, words: &str) -> (Option<i32>, String) {
    let output = command(desk, limit, words).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn kept(desk: &TempDir, shard: u32) -> PathBuf {
    desk.path().join(format!("shards/{shard}/shard.jsonl"))
}

fn lines(path: &Path) -> usize {
    fs::read(path).map_or(0, |text| text.iter().filter(|byte| **byte == b'\n').count())
}

/// Kills a process by SIGKILL once its file has `least` lines, unless it ends before.
fn kill_at(mut child: Child, file: &Path, least: usize) {
    while lines(file) < least && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn assert_as_alone(desk: &TempDir) {
    for name in ["run.json", "cells.csv", "series.csv", "report.html", "summary.md", "junit.xml"] {
        let read = |folder: &str| fs::read(desk.path().join(folder).join(name)).unwrap();
        assert!(read("alone") == read("out"), "{name} differs");
    }
    let logs = |folder: &str| fs::read_dir(desk.path().join(folder).join("hist")).unwrap().count();
    assert!(logs("out") > 0 && logs("out") == logs("alone"));
}

/// The report of one machine, in `alone`, as if it were in `out`.
fn alone(desk: &TempDir) {
    assert_eq!(ended(desk, "unlimited", &format!("{SWEEP} --out out")).0, Some(0));
    fs::rename(desk.path().join("out"), desk.path().join("alone")).unwrap();
}

#[test]
fn shards_that_are_killed_and_run_again_merge_as_if_never_cut() {
    let desk = desk();
    alone(&desk);
    let start = |shard: u32| {
        let words = format!("{SWEEP} --partition balanced:{shard}/3 --out shards/{shard}");
        command(&desk, "unlimited", &words).spawn().unwrap()
    };
    let children: Vec<(u32, Child)> = (1..=3).map(|shard| (shard, start(shard))).collect();
    for (shard, child) in children {
        // Where it is cut is random: nothing may depend on it.
        let least = (std::process::id() + shard) as usize % 4;
        kill_at(child, &kept(&desk, shard), least);
    }
    for shard in 1..=3 {
        let again = start(shard).wait_with_output().unwrap();
        assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
    }
    let before: Vec<Vec<u8>> = (1..=3).map(|shard| fs::read(kept(&desk, shard)).unwrap()).collect();
    let merge = "merge shards --out out --progress none";
    kill_at(command(&desk, "unlimited", merge).spawn().unwrap(), &desk.path().join("out/cells.jsonl"), 1);
    let after: Vec<Vec<u8>> = (1..=3).map(|shard| fs::read(kept(&desk, shard)).unwrap()).collect();
    assert!(before == after, "a merge that is killed leaves the shards as they were");
    let (code, said) = ended(&desk, "unlimited", merge);
    assert_eq!(code, Some(0), "{said}");
    assert_as_alone(&desk);
}

#[test]
fn a_full_disk_ends_a_shard_and_a_merge_which_go_on_later() {
    let desk = desk();
    alone(&desk);
    let whole = format!("{SWEEP} --partition slice:1/1 --out shards/1");
    let (code, said) = ended(&desk, "60", &whole);
    assert_eq!(code, Some(20), "{said}");
    let before = lines(&kept(&desk, 1));
    assert!(before > 1, "a cell was kept before");
    assert!(before < 8, "it stops where it can keep no more");
    assert_eq!(ended(&desk, "unlimited", &whole).0, Some(0));
    let merge = "merge shards/1 --out out --progress none";
    let (code, said) = ended(&desk, "60", merge);
    assert_eq!(code, Some(20), "{said}");
    assert!(!desk.path().join("out/cells.jsonl").exists(), "what is not whole needs no room");
    let (code, said) = ended(&desk, "unlimited", merge);
    assert_eq!(code, Some(0), "{said}");
    assert_as_alone(&desk);
}
