//! Foreign text in the output: whatever a scenario, table, log, record or argument contains, it has
//! no effect on a terminal, CI job or page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use crate::cli::syncdyno;

/// Each table with names of its own, and each kind of text that a report repeats.
const WORLD: &str = r#"
name = "clinic"
duration = "2m"
drain = "10m"
covers = ["R1"]
[entity.task]
rows = 12
scope = { ward = "device.ward" }
[entity.task.schema]
id = "uuid key"
title = "text 5..10"
ward = "attribute ward"
state = "one of open|done"
[entity.depot]
rows = { csv = "depots.csv", key = "code" }
[fleet.phones]
devices = 2
attributes = { ward = ["w1", "w2"] }
link = "mast"
class = "small"
role = "nurse"
[link.mast]
rtt = "50ms"
down = "1Mbit/s"
up = "1Mbit/s"
[class.small]
cpu = 2
parse_rate = "10MB"
managed_rate = "5MB"
read_latency = "1ms"
read_rate = "100MB"
write_rate = "50MB"
sync = "5ms"
memory = "64MiB"
[unit.Full]
on = ["login", "every 30s"]
pull = ["*"]
push = ["*"]
[workload.login.all]
at = "+1s"
spread = "1s"
[workload.peak.noon]
from = "+10s"
until = "+40s"
share = 0.5
[backend.maintenance.night]
from = "+60s"
for = "3s"
[action.tick]
entity = "task"
kind = "update"
columns = ["state", "title"]
per_device = 3
[event.cellar]
at = "+20s"
outage = { share = 0.5, for = "20s" }
[event.note]
at = "+50s"
edits = { action = "tick", set = { title = "seen" } }
[gate.quick]
metric = "engine.session.duration"
stat = "p95"
max = "1ms"
[query.open]
of = "task"
[variant.few]
set = { "engine.pull.chunk_rows" = 2 }
expect = { "engine.requests.count" = 1 }
[variant.strict]
set = { "engine.pull.chunk_rows" = 3, "entity.task.one_stamp" = "5d" }
[question.checklist-1-rows]
asks = "why so"
without = "few"
with = "strict"
says = "because of {a}"
figure.a = { metric = "engine.requests.count", less = 1.5 }
"#;

const HOSTILE: [&str; 6] = [
    "::error::pwn\n ::warning::pwn",
    "\u{1b}[31mred\u{202e}\u{9b}2J##[error]pwn",
    "![x](http://host.invalid/x.png) @somebody <h1>\n```\n<!--",
    "a\r\n\t::stop-commands::x\u{2028}::set-output name=x::y\u{85}##vso[task.complete]",
    "</details><img src=x> [x](http://host.invalid)\n~~~\n````\n| a | b |\n|---|---|",
    "\u{2066}\u{feff}::group::x\u{1b}]8;;http://host.invalid\u{7}x\u{1b}]8;;\u{7}",
];

/// All names and texts of a table.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => _ = found.insert(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Table(table) => table.iter().for_each(|(name, value)| {
            found.insert(name.clone());
            texts(value, found);
        }),
        _ => {}
    }
}

/// Replaces this text by another one everywhere.
fn replaced(value: &Value, from: &str, to: &str) -> Value {
    let other = |text: &str| if text == from { to.to_owned() } else { text.to_owned() };
    match value {
        Value::String(text) => Value::String(other(text)),
        Value::Array(items) => items.iter().map(|item| replaced(item, from, to)).collect::<Vec<_>>().into(),
        Value::Table(table) => Value::Table(
            table.iter().map(|(name, value)| (other(name), replaced(value, from, to))).collect::<Table>(),
        ),
        other => other.clone(),
    }
}

/// What would act on a terminal or a CI log. Our own annotations begin with their level.
fn acts(text: &str) -> Option<&str> {
    const OURS: [&str; 4] = ["::error title=", "::error file=", "::warning title=", "::notice title="];
    let steers = |c: char| {
        let is_bidi = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        c.is_control() && c != '\n' || is_bidi
    };
    text.lines().find(|line| {
        let is_command = line.trim_start().starts_with("::") && !OURS.iter().any(|own| line.starts_with(own));
        is_command || line.contains("##[") || line.contains("##vso") || line.contains(steers)
    })
}

/// What would act in Markdown: outside of code, no foreign text is an image, a mention or HTML.
fn acts_in_markdown(page: &str) -> Option<String> {
    let mut fence: Option<usize> = None;
    for line in page.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) if ticks >= open && line.len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => {
                let line = line.replace("\\`", "").replace("\\[", "").replace("\\]", "");
                let outside: String = line.split('`').step_by(2).collect();
                if ["![", "](", "@somebody", "<h1", "<!--\n", "<img", "</details><"]
                    .iter()
                    .any(|sign| outside.contains(sign))
                {
                    return Some(line);
                }
            }
        }
    }
    fence.map(|_| "a fence that is not closed".to_owned())
}

fn said(folder: &Path, args: &[&str]) -> [String; 2] {
    let page = folder.join("step.md");
    let _ = fs::remove_file(&page);
    let ran = syncdyno(folder).env("GITHUB_STEP_SUMMARY", &page).args(args).assert();
    let [out, err] = [&ran.get_output().stdout, &ran.get_output().stderr];
    let text = format!("{}\n{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    [text, fs::read_to_string(page).unwrap_or_default()]
}

fn assert_inert(folder: &Path, args: &[&str], how: &str) {
    let [text, page] = said(folder, args);
    assert_eq!(acts(&text), None, "{how} by {args:?}:\n{text}");
    assert_eq!(acts_in_markdown(&page), None, "{how} by {args:?}:\n{page}");
    assert_eq!(acts(&page), None, "{how} by {args:?}:\n{page}");
}

#[test]
fn no_name_or_text_of_a_scenario_acts_in_a_message() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("depots.csv"), "code,town\nd1,north\nd2,south\n").unwrap();
    let world = Value::Table(WORLD.parse::<Table>().unwrap());
    let mut all = BTreeSet::new();
    texts(&world, &mut all);
    assert!(all.len() > 80, "{all:?}");
    let mut ran = 0;
    for (at, from) in all.iter().enumerate() {
        // These names meet every hostile text; the other names take one text each, in turn.
        let names = ["clinic", "task", "why so", "few", "tick", "quick", "w1", "small", "title"];
        let hostile = if names.contains(&&**from) {
            &HOSTILE[..]
        } else {
            std::slice::from_ref(&HOSTILE[at % HOSTILE.len()])
        };
        for hostile in hostile {
            let text = toml::to_string(&replaced(&world, from, hostile)).unwrap();
            fs::write(folder.path().join("clinic.toml"), text).unwrap();
            let how = format!("{from:?} as {hostile:?}");
            let args = ["run", "clinic.toml", "--format", "github", "--out", "out", "--progress", "none"];
            assert_inert(folder.path(), &args, &how);
            if let Ok(summary) = fs::read_to_string(folder.path().join("out/summary.md")) {
                ran += 1;
                assert_eq!(acts_in_markdown(&summary), None, "{how}:\n{summary}");
                assert_inert(folder.path(), &["report", "out", "--format", "md"], &how);
                fs::remove_dir_all(folder.path().join("out")).unwrap();
            }
        }
    }
    assert!(ran > 20, "only {ran} worlds ran");
}

#[test]
fn no_header_or_cell_of_a_table_acts_in_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let world = "name = \"s\"\nduration = \"3m\"\n[fleet.f]\ndevices = 2\n[entity.r]\n\
        rows = { csv = \"rows.csv\", key = \"id\" }\n[action.a]\nentity = \"r\"\nkind = \"delete\"\nper_device = 1\n";
    fs::write(folder.path().join("rows.toml"), world).unwrap();
    let log = "start,device,rows,bytes,duration_ms,outcome,net";
    for hostile in [HOSTILE[2], HOSTILE[3], HOSTILE[5]] {
        let quoted = format!("\"{hostile}\"");
        for table in [
            format!("id,{quoted}\nk,1\n"),
            format!("id,a\n{quoted},1\n"),
            format!("id,a\n{quoted},1\n{quoted},2\n"),
            format!("{quoted},a\nk,1\n"),
            format!("id,a\nk,1,{quoted}\n"),
        ] {
            fs::write(folder.path().join("rows.csv"), table).unwrap();
            for command in ["check", "plan"] {
                assert_inert(folder.path(), &[command, "rows.toml"], hostile);
            }
            let run = ["run", "rows.toml", "--format", "github", "--out", "out", "--progress", "none", "-v"];
            assert_inert(folder.path(), &run, hostile);
        }
        let lines: String = (1..=60)
            .map(|n| format!("{n},d{},{},{},{},ok,{quoted}\n", n % 4, n * 9, n * 900, 80 + n * 4))
            .collect();
        let header = log.replace("net", &quoted);
        for (header, by) in [(log, "net"), (&header, hostile)] {
            fs::write(folder.path().join("log.csv"), format!("{header}\n{lines}")).unwrap();
            assert_inert(folder.path(), &["calibrate", "log.csv", "--by", by], hostile);
        }
        fs::write(folder.path().join("log.csv"), format!("{log}\n1,d,1,1,1,{quoted},x\n")).unwrap();
        assert_inert(folder.path(), &["calibrate", "log.csv"], hostile);
    }
}

#[test]
fn no_field_of_a_record_or_baseline_acts_in_a_message() {
    let folder = crate::cli::desk();
    let run = ["run", "small.toml", "--seeds", "1..=2", "--out", "out", "--progress", "none"];
    syncdyno(folder.path()).args(run).assert().success();
    let save = ["baseline", "save", "main", "out", "--reason", HOSTILE[0]];
    assert_inert(folder.path(), &save, "a reason");
    let files = ["out/run.json", "reports/baseline/main.json"].map(|file| folder.path().join(file));
    let whole = files.clone().map(|file| fs::read_to_string(file).unwrap());
    for hostile in HOSTILE {
        let text = serde_json::to_string(hostile).unwrap();
        for (file, whole) in files.iter().zip(&whole) {
            for field in ["\"small\"", "\"small.s1\"", "\"p95\"", "\"0.2.0\"", "\"oracle.lost.rows\""] {
                fs::write(file, whole.replace(field, &text)).unwrap();
                for args in [
                    &["report", "out"][..],
                    &["compare", "main", "out"],
                    &["baseline", "show", "main"],
                    &["baseline", "list"],
                    &["replay", "out#small.s1"],
                ] {
                    assert_inert(folder.path(), args, &format!("{field} as {hostile:?}"));
                }
            }
            fs::write(file, whole).unwrap();
        }
    }
}

#[test]
fn no_argument_or_path_acts_in_a_message() {
    let folder = crate::cli::desk();
    for hostile in HOSTILE {
        let file = hostile.replace('/', "-") + ".toml";
        fs::copy(folder.path().join("small.toml"), folder.path().join(&file)).unwrap();
        let set = format!("name={}", Value::from(hostile));
        for args in [
            &["check", &file][..],
            &["run", &file, "--out", "out", "--progress", "none", "--format", "github"],
            &["run", ".", "--out", hostile, "--progress", "none"],
            &["run", "small.toml", "--out", hostile, "--progress", "none"],
            &["run", "small.toml", "--set", &set, "--out", "out2", "--progress", "none"],
            &["run", "small.toml", "--set", hostile],
            &["run", "small.toml", "--variant", hostile],
            &["run", "small.toml", "--filter", hostile],
            &["run", "small.toml", hostile],
            &["run", "small.toml", "--seed", hostile],
            &[hostile],
            &["report", hostile],
            &["calibrate", hostile],
            &["baseline", "show", hostile],
            &["sweep", "small.toml", "--axis", hostile],
            &["new", hostile],
        ] {
            assert_inert(folder.path(), args, "an argument");
        }
        fs::remove_file(folder.path().join(&file)).unwrap();
    }
}
