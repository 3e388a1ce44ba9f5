//! Unused files: sources that no module declares, tables and pictures that nothing names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::code::Modules;
use super::{CODE, files, root};

/// The sources that all others are reached from, except benches, which are separate.
const ROOTS: [&str; 15] = [
    "crates/config/src/lib.rs",
    "crates/contract/src/lib.rs",
    "crates/history/src/lib.rs",
    "crates/js/src/lib.rs",
    "crates/live/src/lib.rs",
    "crates/live/tests/live/main.rs",
    "crates/oracle/src/lib.rs",
    "crates/scenario/src/lib.rs",
    "crates/servers/src/lib.rs",
    "crates/trust/src/main.rs",
    "crates/world/src/lib.rs",
    "src/lib.rs",
    "src/main.rs",
    "tests/it/main.rs",
    "build.rs",
];
/// Folders whose files must be named somewhere.
const NAMED: [&str; 9] =
    ["benches", "contrib", "crates", "docs", "reference", "reports/baseline", "scenarios", "src", "tests"];
/// Folders whose texts may name a file.
const NAMING: [&str; 9] =
    [".ci", "benches", "contrib", "crates", "docs", "reference", "scenarios", "src", "tests"];

#[test]
fn every_source_is_declared_by_another() {
    let benches = fs::read_dir(root().join("benches")).expect("there are benches");
    let benches = benches.map(|entry| entry.expect("an entry can be read").path());
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("there is a manifest");
    let is_declared = |path: &PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        path.extension().is_some_and(|e| e == "rs") && manifest.contains(&format!("name = \"{stem}\""))
    };
    let roots = ROOTS.iter().map(|name| root().join(name)).chain(benches.filter(is_declared));
    let reached: BTreeSet<PathBuf> = roots
        .flat_map(|root| Modules::of(&root).0)
        .map(|module| fs::canonicalize(module.file).expect("it was read"))
        .collect();
    let all = CODE.iter().flat_map(|folder| files(folder));
    let unused: Vec<PathBuf> = all
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .filter(|path| !reached.contains(&fs::canonicalize(path).expect("it is there")))
        .collect();
    assert!(unused.is_empty(), "no module declares {unused:#?}");
}

#[test]
fn every_table_picture_and_page_is_named_somewhere() {
    let tops = fs::read_dir(root()).expect("the folder is there");
    let tops = tops.map(|entry| entry.expect("an entry can be read").path()).filter(|path| path.is_file());
    let texts: BTreeMap<PathBuf, String> = NAMING
        .iter()
        .flat_map(|folder| files(folder))
        .chain(tops)
        .filter_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)))
        .collect();
    let unused: Vec<PathBuf> = NAMED
        .iter()
        .flat_map(|folder| files(folder))
        .filter(|path| !is_source(path) && !texts.iter().any(|(at, text)| at != path && names(text, path)))
        .collect();
    assert!(unused.is_empty(), "nothing names {unused:#?}");
}

/// True for files that modules declare or the suite runs, which takes all scenarios.
fn is_source(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    extension == "rs" || extension == "toml" && path.starts_with(root().join("scenarios"))
}

/// True if a text names a file. A snapshot is named by its test, and a world of the tests without
/// its extension.
fn names(text: &str, path: &Path) -> bool {
    let file = path.file_name().and_then(|name| name.to_str()).expect("names are text");
    match file.rsplit_once('.') {
        Some((snapshot, "snap")) => {
            let test = snapshot.rsplit("__").next().expect("there is a last part");
            // The second snapshot of a test has a number after its name.
            let is_number = |tail: &str| tail.chars().all(|c| c.is_ascii_digit());
            let test =
                test.rsplit_once('-').filter(|(_, tail)| is_number(tail)).map_or(test, |(name, _)| name);
            text.contains(&format!("fn {test}("))
        }
        Some((scenario, "toml")) if text.contains(&format!("\"{scenario}\"")) => true,
        _ => text.contains(file),
    }
}

#[test]
fn a_snapshot_is_named_by_its_test_and_a_table_by_its_file() {
    let of = |text: &str, path: &str| names(text, Path::new(path));
    assert!(of("fn it_is_told() {", "a/crate__report__it_is_told.snap"));
    assert!(!of("it_is_told", "a/crate__report__it_is_told.snap"));
    assert!(of("run(\"calm\")", "worlds/calm.toml") && !of("a calm day", "worlds/calm.toml"));
    assert!(of("file = \"jobs.csv\"", "own/jobs.csv") && !of("jobs", "own/jobs.csv"));
}
