//! Holds the source to the import table and the size limits of ARCHITECTURE.md.

mod circles;
mod code;
mod spread;
mod tuples;
mod unused;
mod verdicts;
mod wide;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use code::{code, tokens};

/// Rooms by layer: a room imports only from rooms of earlier layers, none of its own layer.
const LAYERS: &[&[&str]] = &[
    &["base"],
    &["config", "contract", "theory", "stats"],
    &["sim", "disk", "backend", "protocol", "servers"],
    &["store", "net", "gateway"],
    &["engine", "integration", "workload", "oracle", "metrics"],
    &["bugs", "faults", "history"],
    &["setup"],
    &["scenario", "world"],
    &["record", "runtime", "live"],
    &["analysis", "host"],
    &["render", "phone"],
    &["campaign", "server"],
    &["bench"],
    &["cli"],
];
/// What a room must not import although its layer would allow it.
const STRANGERS: &[(&str, &[&str])] = &[
    ("store", &["backend", "protocol"]),
    ("history", &["sim", "disk", "backend", "protocol", "store", "net", "gateway", "engine", "workload"]),
    ("oracle", &["config", "sim", "disk", "backend", "protocol", "store", "net", "gateway"]),
    ("metrics", &["config", "sim", "disk", "backend", "protocol", "store", "net", "gateway"]),
    ("engine", &["config", "sim", "disk", "backend", "net", "gateway"]),
    ("integration", &["sim", "disk", "protocol", "store", "net"]),
    ("workload", &["config", "sim", "disk", "backend", "protocol", "store", "net", "gateway"]),
    ("record", SIMULATION),
    ("analysis", SIMULATION),
    ("render", SIMULATION),
    ("stats", &["config", "contract", "theory"]),
    (
        "live",
        &[
            "config", "theory", "stats", "disk", "backend", "protocol", "store", "engine", "metrics",
            "scenario",
        ],
    ),
    ("runtime", NO_STACK),
    ("host", NO_STACK),
    ("phone", NO_STACK),
    ("server", NO_STACK),
];
/// An engine in JavaScript sees only the contract, like any stack.
const NO_STACK: &[&str] = &[
    "config",
    "theory",
    "stats",
    "sim",
    "disk",
    "backend",
    "protocol",
    "store",
    "net",
    "gateway",
    "engine",
    "integration",
    "workload",
    "oracle",
    "metrics",
    "bugs",
    "faults",
    "setup",
    "scenario",
    "world",
    "record",
    "analysis",
    "render",
];
/// What reports never use.
const SIMULATION: &[&str] =
    &["sim", "disk", "backend", "protocol", "store", "net", "gateway", "engine", "workload", "bugs"];
/// The folders with rooms: the crates, and the bench.
pub(crate) const ROOMS: [&str; 10] = [
    "crates/config/src",
    "crates/contract/src",
    "crates/history/src",
    "crates/js/src",
    "crates/live/src",
    "crates/oracle/src",
    "crates/scenario/src",
    "crates/servers/src",
    "crates/world/src",
    "src",
];
/// The folders with code.
const CODE: [&str; 4] = ["crates", "src", "tests", "benches"];
const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 70;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files in a folder and its subfolders, sorted.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let sources = files(folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source is text");
        (path, text)
    };
    let found: Vec<_> = sources.map(read).collect();
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

/// The room of a source file, by the first part of its path in [`ROOMS`].
fn room_of(path: &Path) -> Option<String> {
    let under = ROOMS.iter().find_map(|rooms| path.strip_prefix(root().join(rooms)).ok())?;
    let first = under.components().next()?.as_os_str().to_str()?;
    (!first.ends_with(".rs")).then(|| first.to_owned())
}

/// Every room that a source names after `crate::`, alone or in braces.
fn imports(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let code: String =
        text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let mut depth = 0;
        let mut word = String::new();
        let mut at_start = true;
        for c in rest.chars() {
            match c {
                '{' if word.is_empty() => depth += 1,
                c if c.is_alphanumeric() || c == '_' => {
                    if at_start {
                        word.push(c);
                    }
                }
                _ => {
                    if !word.is_empty() {
                        rooms.push(std::mem::take(&mut word));
                    }
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    at_start = depth == 1 && (c == ',' || c.is_whitespace() && at_start);
                    if depth <= 0 {
                        break;
                    }
                }
            }
            if depth == 1 && c == '{' {
                at_start = true;
            }
        }
    }
    rooms
}

#[test]
fn imports_of_a_group_and_of_a_single_room_are_seen() {
    let text = "use crate::base::{Time, Span};\nuse crate::{backend, net::Link, store};\n// crate::cli\nlet x = crate::sim::Sim;";
    assert_eq!(imports(text), ["base", "backend", "net", "store", "sim"]);
}

#[test]
fn rooms_import_only_from_the_layers_above_them() {
    let layer: BTreeMap<&str, usize> =
        LAYERS.iter().enumerate().flat_map(|(i, rooms)| rooms.iter().map(move |r| (*r, i))).collect();
    let mut wrong = Vec::new();
    for (path, text) in ROOMS.into_iter().flat_map(sources) {
        let Some(room) = room_of(&path) else { continue };
        let own = layer.get(room.as_str()).unwrap_or_else(|| panic!("{room} is not in the import table"));
        for other in imports(&text).iter().filter(|other| **other != room) {
            let Some(theirs) = layer.get(other.as_str()) else { continue };
            let stranger = STRANGERS.iter().any(|(r, s)| *r == room && s.contains(&other.as_str()));
            if theirs >= own || stranger {
                wrong.push(format!("{} imports {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// True if a line begins a function of any visibility; `pub(in …)` is not a parameter list.
fn begins_function(line: &str) -> bool {
    let line = line.trim_start();
    let after =
        line.strip_prefix("pub(").and_then(|rest| rest.split_once(')')).map_or(line, |(_, rest)| rest);
    after.split(['(', ':']).next().is_some_and(|head| head.split(' ').any(|word| word == "fn"))
}

#[test]
fn functions_of_every_visibility_are_seen() {
    for seen in ["fn f() {", "  pub fn f() {", "pub(super) fn f(", "    pub(in crate::oracle) async fn f() {"]
    {
        assert!(begins_function(seen), "{seen}");
    }
    for other in ["pub(super) what: fn(u8),", "let f = g(fn_of);", "pub(crate) struct S("] {
        assert!(!begins_function(other), "{other}");
    }
}

#[test]
fn no_file_and_no_function_is_too_long() {
    let mut long = Vec::new();
    for (path, text) in CODE.into_iter().flat_map(sources) {
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > FILE_LINES {
            long.push(format!("{} has {} lines, {FILE_LINES} are allowed", path.display(), lines.len()));
        }
        let mut open: Option<(usize, usize)> = None;
        for (number, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match open {
                None if begins_function(line)
                    && !line.trim_start().starts_with("//")
                    && !line.trim_end().ends_with(';') =>
                {
                    open = (!line.trim_end().ends_with('}')).then_some((number, indent));
                }
                Some((from, depth)) if indent == depth && line.trim_start().starts_with('}') => {
                    if number - from + 1 > FUNCTION_LINES {
                        long.push(format!(
                            "{}:{} is a function of {} lines",
                            path.display(),
                            from + 1,
                            number - from + 1
                        ));
                    }
                    open = None;
                }
                // A signature without a body.
                Some((_, depth)) if indent == depth && line.trim_end().ends_with(';') => open = None,
                _ => {}
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// The files that may be unsafe: SQLite's VFS and the JavaScript interpreter are C interfaces.
const UNSAFE: [&str; 2] = ["crates/js/src/runtime/raw.rs", "crates/world/src/disk/vfs.rs"];

/// True if code is unsafe or allows unsafe code, in any spelling.
fn is_unsafe(text: &str) -> bool {
    let plain = code(text);
    tokens(&plain).iter().any(|word| ["unsafe", "unsafe_code"].contains(word))
}

#[test]
fn unsafe_code_lives_in_two_files() {
    let mut all: Vec<_> = CODE.into_iter().flat_map(sources).collect();
    all.push((root().join("build.rs"), fs::read_to_string(root().join("build.rs")).expect("it is there")));
    let with = all.into_iter().filter(|(_, text)| is_unsafe(text)).map(|(path, _)| path);
    assert_eq!(with.collect::<Vec<_>>(), UNSAFE.map(|file| root().join(file)));
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("there is a manifest");
    assert!(manifest.contains("unsafe_code = \"deny\""), "elsewhere the compiler refuses it");
}

#[test]
fn unsafe_code_is_seen_in_every_spelling_and_not_in_prose() {
    for seen in [
        "unsafe{ f() }",
        "unsafe\n  fn f() {}",
        "#![allow(unsafe_code)]",
        "x!(r#unsafe)",
        "unsafe impl A for B {}",
    ] {
        assert!(is_unsafe(seen), "{seen}");
    }
    let prose = "// unsafe {}\n/* unsafe */ let x = \"unsafe {\"; let y = r#\"unsafe\"#; let z = '\"'; fn not_unsafe<'a>() {}";
    assert!(!is_unsafe(prose));
}

#[test]
fn every_door_tells_what_its_room_is_for() {
    let all = ROOMS.into_iter().flat_map(sources);
    for (path, text) in all.filter(|(path, _)| path.ends_with("mod.rs")) {
        let prose: usize = text.lines().take_while(|l| l.starts_with("//!")).count();
        assert!(prose >= 1, "{} starts with a page of prose", path.display());
        let code = text.lines().filter(|l| l.starts_with("pub fn") || l.starts_with("impl")).count();
        let is_room = path.parent().and_then(Path::parent).is_some_and(|p| p.ends_with("src"));
        assert!(!is_room || code == 0, "{} is only a door", path.display());
    }
}

/// Looking for examples takes as long as checking the crate's types.
#[test]
fn doc_tests_run_for_crates_with_examples_alone() {
    for rooms in ROOMS {
        let home = root().join(rooms).parent().expect("it is in a crate").join("Cargo.toml");
        let manifest = fs::read_to_string(&home).expect("there is a manifest");
        let is_example = |line: &str| line.trim_start().starts_with("//") && line.contains("```");
        let has_examples = sources(rooms).iter().any(|(_, text)| text.lines().any(is_example));
        assert_eq!(manifest.contains("\ndoctest = false\n"), !has_examples, "{}", home.display());
    }
}
