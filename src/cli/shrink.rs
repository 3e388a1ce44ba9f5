//! `shrink`: makes a failing cell (simulation) small and writes it as a scenario.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::console::Console;
use super::hunt_args::ShrinkArgs;
use super::refusal::{Refusal, near};
use super::{replay, sources, work, written};
use crate::base::escape_path;
use crate::campaign::shrink::{self, About, End, Found, Goal, Means, PANIC, Script, Shrunk};
use crate::metrics::human::count;
use crate::oracle;
use crate::record::{EndingKind, Exit, Reason};
use crate::scenario::{Document, Plan, Request};

/// The largest number of runs for one failure. Usually the time limit ends the search earlier.
pub(super) const RUNS_MAX: u64 = 3_000;

/// A failing cell: the scenario in the words of its file, and the plan that runs.
pub(super) struct Failing {
    pub(super) script: Script,
    pub(super) path: PathBuf,
    pub(super) plan: Plan,
    /// The user's own keys, if others have been added to them.
    pub(super) own: Option<toml::Table>,
}

pub(super) fn shrink(args: &ShrinkArgs, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    is_folder(&args.out)?;
    let failing = failing(args, console)?;
    console.surroundings.signals.heed();
    let signals = console.surroundings.signals.clone();
    let jobs = args.jobs.map_or_else(work::processors, usize::from);
    let means =
        Means { runner: console.runner, signals: &signals, jobs, budget: args.budget, runs: RUNS_MAX };
    let goal = goal(&failing.plan, args.check.as_deref(), means)?;
    let shrunk = shrink::shrink(&failing.script, &failing.path, &goal, means);
    let Some(shrunk) = shrunk else {
        let exit = signals.exit().unwrap_or(Exit::Nothing);
        return Err(Refusal::because(
            exit,
            "stopped: nothing was made small; to try again, repeat the command",
        ));
    };
    let Kept { found, path, .. } = keep(&shrunk, &failing, &args.out, means)?;
    console.result(&told(&shrunk, &found, &path));
    if !console.voice.quiet {
        console.result(&format!("\n{}", found.text));
    }
    Ok(signals.exit().unwrap_or(Exit::Success))
}

/// Refuses a path for found failures that is a file.
pub(super) fn is_folder(out: &Path) -> anyhow::Result<()> {
    if out.exists() && !out.is_dir() {
        let out = escape_path(out);
        return Err(Refusal::usage(format!("{out} is a file; --out names the folder for found failures")));
    }
    Ok(())
}

/// A line for the user about the written file.
pub(super) fn told(shrunk: &Shrunk, found: &Found, path: &Path) -> String {
    let runs = count(shrunk.runs, "run");
    let end = match shrunk.end {
        End::Complete => "",
        End::Budget => "; the budget is spent: a higher --budget may shrink the file further",
        End::Stopped => "; stopped: the file still fails, but could be smaller",
    };
    let lines = count(found.lines as u64, "line");
    let what = shrink::headline(&shrunk.script);
    format!("{}: {lines}, {what}; {runs}{end}\n", escape_path(path))
}

fn failing(args: &ShrinkArgs, console: &Console<'_>) -> anyhow::Result<Failing> {
    let sets: Vec<String> = args.set.clone();
    if let Some((run, cell)) = replay::recorded(&args.what)? {
        let plan = replay::from_record(&run, cell.as_deref(), console)?.plan;
        return Ok(as_written(plan, &sets, console));
    }
    let path = Path::new(&args.what);
    let variants = args.variant.clone().into_iter().collect();
    let request = Request {
        sets: sets.clone(),
        seeds: args.seed.into_iter().collect(),
        variants,
        ..Request::default()
    };
    let plan = sources::of_one_variant(path, &sources::read(path)?, &request, console)?;
    Ok(as_written(plan, &sets, console))
}

/// The cell in the words of its file. If the file has changed its meaning, the resolved scenario.
pub(super) fn as_written(plan: Plan, sets: &[String], console: &Console<'_>) -> Failing {
    let path = PathBuf::from(&plan.source.path);
    let axes = plan.source.axes.iter().map(|(key, value)| format!("{key}={value}"));
    let sets: Vec<String> = sets.iter().cloned().chain(axes).collect();
    let document = match plan.source.path.as_str() {
        "" => Some(Document::hospital_day()),
        _ => sources::read(&path).ok().and_then(|text| Document::of_file(&path, &text).ok()),
    };
    let table = document.and_then(|document| document.written_cell(plan.source.variant.as_deref(), &sets));
    let seed = plan.seed.0;
    let is_same = |table: &toml::Table| {
        let script = Script { table: table.clone(), seed };
        let other = shrink::plan(&script, &path, console.runner);
        other.is_some_and(|other| other.source.digest == plan.source.digest)
    };
    let resolved = || plan.source.resolved.parse().unwrap_or_default();
    let table = table.filter(is_same).unwrap_or_else(resolved);
    Failing { script: Script::of(table, seed), path, plan, own: None }
}

/// The failure that must stay: of `check`, or of the gravest check if `check` is `None`.
fn goal(plan: &Plan, check: Option<&str>, means: Means<'_>) -> anyhow::Result<Goal> {
    let signals = means.signals.clone();
    let (judged, goals) = shrink::judged(plan, means, &|| signals.any());
    let cell = judged.cell;
    if cell.ending.kind == EndingKind::Broken {
        return Ok(Goal { check: PANIC.to_owned(), entity: None });
    }
    if let Some(check) = check {
        let found = goals.iter().find(|goal| goal.check == check).cloned();
        let others: BTreeSet<&str> = goals.iter().map(|goal| goal.check.as_str()).collect();
        let known = match oracle::check_names().any(|name| name == check) {
            false => near(check, oracle::check_names()),
            true if others.is_empty() => String::new(),
            true => format!("; these did: {}", others.into_iter().collect::<Vec<_>>().join(", ")),
        };
        return found.ok_or_else(|| {
            Refusal::because(Exit::Nothing, format!("the check `{check}` found nothing in this cell{known}"))
        });
    }
    let named = cell.gravest_first().into_iter().find_map(|reason| match reason {
        Reason::Violation { check } => Some(check.clone()),
        Reason::Stuck {} => Some("stuck".to_owned()),
        _ => None,
    });
    let found = match named {
        Some(check) => goals.into_iter().find(|goal| goal.check == check),
        None => goals.into_iter().next(),
    };
    let nothing = "no check finds anything in this cell, so there is nothing to make smaller: give a cell that \
                   fails (RUN#CELL, or a scenario with --seed or --variant), or look for one with `syncdyno hunt`";
    found.ok_or_else(|| Refusal::because(Exit::Nothing, nothing))
}

/// The file of a failure.
pub(super) struct Kept {
    pub(super) found: Found,
    pub(super) path: PathBuf,
    /// Settings with which the failure does not occur.
    pub(super) mends: Vec<String>,
}

/// Writes a failure to a folder. The file's name has a digest of the content.
pub(super) fn keep(
    shrunk: &Shrunk,
    failing: &Failing,
    folder: &Path,
    means: Means<'_>,
) -> anyhow::Result<Kept> {
    let from =
        failing.path.file_name().map_or_else(|| "hospital-day.toml".into(), |name| name.to_string_lossy());
    let about = shrink::about(shrunk, &failing.path, &from, means);
    let added = failing.own.as_ref().map_or_else(Vec::new, |own| shrink::added(&shrunk.script, own));
    let about = About { added, ..about };
    let home = failing.path.parent().unwrap_or(Path::new(""));
    let way = way(&absolute(folder), &absolute(home));
    let named = |file: &str| way.join(file).to_string_lossy().into_owned();
    let beside = shrink::beside(shrunk, &failing.plan.source.files, &named);
    let found = shrink::found(&beside, &about);
    let path = folder.join(format!("{}.toml", found.name));
    written::replace(&path, found.text.as_bytes())?;
    Ok(Kept { found, path, mends: about.mends })
}

fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    std::fs::canonicalize(&whole).unwrap_or(whole)
}

/// The relative path from one folder to another.
fn way(from: &Path, to: &Path) -> PathBuf {
    let from: Vec<Component<'_>> = from.components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    up.chain(to[shared..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_the_folder_of_the_failure() {
        let way = |from: &str, to: &str| way(Path::new(from), Path::new(to)).join("rows.csv");
        assert_eq!(way("/app/found", "/app/scenarios"), Path::new("../scenarios/rows.csv"));
        assert_eq!(way("/app", "/app"), Path::new("rows.csv"));
    }
}
