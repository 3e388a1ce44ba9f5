//! `baseline`: manages baselines, which are named files of figures that later runs must reproduce.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::args::BaselineCommand;
use super::console::Console;
use super::refusal::{Refusal, near};
use super::{report, sources, written};
use crate::base::{escape_control, escape_path};
use crate::metrics::human;
use crate::record::{Baseline, Exit, shell_word};

const HOME: &str = "reports/baseline";

pub(super) fn baseline(command: &BaselineCommand, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    match command {
        BaselineCommand::Save { name, run, reason } => {
            let path = file_of(name)?;
            if path.exists() {
                let run = shell_word(&escape_path(run));
                let hint = format!("syncdyno baseline update {name} {run} --reason \"…\"");
                // An unreadable baseline cannot be updated. Then the read error helps the user
                // more.
                read(name, &path)?;
                let text = format!("there is already a baseline {name}; to replace it, run: {hint}");
                return Err(Refusal::usage(text));
            }
            reasoned(reason)?;
            let baseline = of_run(run, vec![reason.clone()])?;
            keep(&path, &baseline, console)?;
            let cells = human::count(baseline.cells.len() as u64, "cell");
            console.result(&format!("{}: {cells}\n", escape_path(path)));
            Ok(Exit::Success)
        }
        BaselineCommand::Update { name, run, reason, prune } => {
            reasoned(reason)?;
            let path = named(name)?;
            let mut baseline = load(name)?;
            let [new, other, rest] = baseline.take_in(of_run(run, Vec::new())?, *prune);
            if new + other == 0 && !(*prune && rest > 0) {
                console.result(&format!(
                    "{}: the figures are the same, so the file is unchanged\n",
                    escape_path(path)
                ));
                return Ok(Exit::Success);
            }
            // A repeated reason is stored once, at its latest place.
            baseline.reasons.retain(|before| before != reason);
            baseline.reasons.push(reason.clone());
            keep(&path, &baseline, console)?;
            let cells = |n: usize| human::count(n as u64, "cell");
            let other =
                if other > 0 { format!("{} with other figures, ", cells(other)) } else { String::new() };
            let rest =
                format!("{} {}", cells(rest), if *prune { "removed" } else { "kept, but not in this run" });
            let told = format!("{} new, {other}{rest}", cells(new));
            console.result(&format!("{}: {}; {told}\n", escape_path(path), cells(baseline.cells.len())));
            Ok(Exit::Success)
        }
        BaselineCommand::Ls => list(console),
        BaselineCommand::Show { name } => {
            let baseline = load(name)?;
            console.result(&shown(name, &baseline));
            Ok(Exit::Success)
        }
    }
}

/// Writes a baseline. A signal takes effect only after the file is complete.
fn keep(path: &Path, baseline: &Baseline, console: &Console<'_>) -> anyhow::Result<()> {
    console.surroundings.signals.heed();
    written::replace(path, baseline.to_json().as_bytes())
}

fn reasoned(reason: &str) -> anyhow::Result<()> {
    if reason.trim().is_empty() {
        return Err(Refusal::usage("--reason is empty: say why the figures may change"));
    }
    Ok(())
}

pub(super) fn load(name: &str) -> anyhow::Result<Baseline> {
    read(name, &named(name)?)
}

fn read(name: &str, path: &Path) -> anyhow::Result<Baseline> {
    let damaged = |e: &dyn Display| Refusal::because(Exit::NoBaseline, format!("{}: {e}", escape_path(path)));
    let text = match sources::read_record(path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::InvalidData => return Err(damaged(&format!("not a baseline: {e}"))),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let known = names()?;
            let near = near(name, known.iter().map(String::as_str));
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let text = format!(
                "there is no report or baseline `{name}` (baselines in {HOME}: {known}){near}; \
                 `syncdyno baseline save {name} RUN` saves the figures of a run as this baseline"
            );
            return Err(Refusal::because(Exit::NoBaseline, text));
        }
        Err(e) => return Err(Refusal::unreadable(path, &e)),
    };
    Baseline::parse(&text).map_err(|e| damaged(&e))
}

fn named(name: &str) -> anyhow::Result<PathBuf> {
    if Path::new(name).is_file() { Ok(PathBuf::from(name)) } else { file_of(name) }
}

fn file_of(name: &str) -> anyhow::Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let stem = name.strip_suffix(".json").unwrap_or(name);
    if stem.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        let text =
            format!("`{name}` is not a valid name for a baseline: use letters, digits, `-`, `_` and `.`");
        return Err(Refusal::usage(text));
    }
    Ok(Path::new(HOME).join(format!("{stem}.json")))
}

fn names() -> anyhow::Result<Vec<String>> {
    let entries = match std::fs::read_dir(HOME) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Refusal::environment(format!("cannot read {HOME}: {e}"))),
    };
    let files = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = files.filter_map(|f| f.strip_suffix(".json").map(str::to_owned)).collect();
    names.sort();
    Ok(names)
}

pub(super) fn of_run(run: &Path, reasons: Vec<String>) -> anyhow::Result<Baseline> {
    let (file, record) = report::read(run)?;
    if !record.complete {
        return Err(Refusal::usage(format!(
            "{}: the run was stopped before its end; continue it with --resume first",
            escape_path(file)
        )));
    }
    Baseline::of(&record, reasons).map_err(|e| Refusal::usage(format!("{}: {e}", escape_path(file))))
}

fn list(console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let names = names()?;
    if names.is_empty() {
        console.remark(&format!("there is no baseline in {HOME}: save one with `syncdyno baseline save`\n"));
    }
    for name in names {
        let line = load(&name).map_or_else(
            |e| e.to_string(),
            |baseline| {
                let cells = human::count(baseline.cells.len() as u64, "cell");
                format!("{cells}  {}", escape_control(baseline.reasons.last().map_or("", String::as_str)))
            },
        );
        console.result(&format!("{name}  {line}\n"));
    }
    Ok(Exit::Success)
}

fn shown(name: &str, baseline: &Baseline) -> String {
    let mut text = format!("{name}, of syncdyno {}\n", baseline.tool.version);
    for reason in &baseline.reasons {
        text.push_str(&format!("  reason: {}\n", escape_control(reason)));
    }
    for (id, cell) in &baseline.cells {
        let resolved = &cell.resolved;
        let figures = cell.metrics.len();
        let gated = cell.gated_metrics_text();
        text.push_str(&format!("{id}: scenario {resolved}, {figures} figures; gated: {gated}\n"));
    }
    text
}
