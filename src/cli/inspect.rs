//! Commands that run no simulation: `check`, `plan`, `new`, `profiles`, `schema`, `completions`.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::iter;
use std::path::Path;

use clap::CommandFactory;

use super::args::{Cli, Grid, Profiles, SchemaOf, Selection, Table};
use super::console::Console;
use super::refusal::Refusal;
use super::sources::{self, Values};
use super::work::processors;
use super::{cost, grid, shard};
use crate::base::escape_path;
use crate::bugs::{self, Bug};
use crate::metrics::human;
use crate::record::{self, Exit};
use crate::scenario::{self, Cost, Library, Plan};
use crate::setup::Happening;
use crate::{analysis, render};

pub(super) fn check(selection: &Selection, fix: bool, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    if fix {
        sources::mend(&selection.paths, console)?;
    }
    let documents = sources::documents(&selection.paths, console)?;
    let plans = sources::combined(&documents, selection, Values::new(), console)?;
    sources::remark_on(&plans, console);
    remark_on_edits(&plans, console)?;
    for document in &documents {
        let path = document.path();
        // Built-in scenarios have no path, so names are compared, too. `--set` may change the name.
        let is_its = |plan: &&Plan| {
            plan.source.path == path && (!path.is_empty() || plan.source.scenario == document.name())
        };
        let cells = plans.iter().filter(is_its).count();
        if cells == 0 && !selection.filter.is_empty() {
            continue;
        }
        let shown = if path.is_empty() { document.name() } else { path };
        console.result(&format!("ok  {shown}: {}\n", human::count(cells as u64, "cell")));
    }
    Ok(Exit::Success)
}

/// `check` generates scripts up to this number of rows and edits, and this number of devices. This
/// takes 1 or 2 seconds.
const WRITTEN: (u64, u64) = (500_000, 1_000);

fn remark_on_edits(plans: &[Plan], console: &mut Console<'_>) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    for plan in plans {
        let of_edits = |what: &Happening| matches!(what, Happening::Edits { .. } | Happening::Import { .. });
        let asks = plan.workload.actions.iter().any(|action| action.per_device_milli > 0)
            || plan.events.iter().any(|event| of_edits(&event.what));
        let imported = plan.events.iter().map(|event| match event.what {
            Happening::Import { rows, .. } => rows,
            _ => 0,
        });
        let cost = Cost::of(plan);
        let made = cost.backend_rows.saturating_add(imported.sum()).saturating_add(cost.edits);
        let small = made <= WRITTEN.0 && cost.devices <= WRITTEN.1;
        if !asks || !small || !seen.insert(&plan.source.digest) {
            continue;
        }
        // Errors in the generated data were already reported.
        for line in render::unplaced_in(&console.runner.placed(plan).unwrap_or_default()) {
            let id = &analysis::cell_ids(std::slice::from_ref(plan))[0];
            console.complaint(&format!("warning: {id}: {line}\n"));
        }
    }
    Ok(())
}

pub(super) fn plan(grid: &Grid, format: Table, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let plans = grid::plans(grid, console)?;
    if format == Table::Json {
        console.result(&listed(&plans)?);
        return Ok(Exit::Success);
    }
    let ids = analysis::cell_ids(&plans);
    let costs = cost::of(&plans);
    let sized = plans.iter().zip(&costs).zip(&ids).map(|((plan, cost), id)| (id.as_str(), plan, cost));
    console.result(&render::sizes(&sized.collect::<Vec<_>>()));
    console.result(&cost::estimate(&costs, processors(), console));
    sources::remark_on(&plans, console);
    Ok(Exit::Success)
}

fn listed(plans: &[Plan]) -> anyhow::Result<String> {
    let costs = cost::of(plans);
    let roll = shard::roll(plans, &costs)?;
    let cell = |((plan, cost), at): ((&Plan, &Cost), usize)| {
        let axes: serde_json::Map<_, _> =
            plan.source.axes.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        serde_json::json!({
            "id": roll.id(at), "scenario": plan.source.scenario, "path": plan.source.path, "variant": plan.source.variant,
            "axes": axes, "seed": plan.seed.0.to_string(), "digest": plan.source.digest,
            "estimated_seconds": cost.time().as_secs_f64(), "estimated_memory_bytes": Cost::memory(&[*cost], 1).1,
        })
    };
    let cells: Vec<_> = plans.iter().zip(&costs).zip(0..).map(cell).collect();
    let plan = serde_json::json!({ "plan": roll.digest, "build": record::Build::this(), "cells": cells });
    Ok(format!("{plan:#}\n"))
}

pub(super) fn new(name: &Path, like: Option<&str>, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let written = name.file_name().and_then(|name| name.to_str());
    let stem = written.map(|name| name.strip_suffix(".toml").unwrap_or(name).trim()).unwrap_or_default();
    if !stem.contains(char::is_alphanumeric) || !scenario::is_title(stem) {
        let shown = escape_path(name);
        let want = scenario::TITLE_WANT;
        let text = format!("`{shown}` cannot name a scenario: a letter or a digit, and {want}");
        return Err(Refusal::usage(text));
    }
    // The scenario gets the name that the user typed. The name of the file has no shell characters.
    let plain = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let path = name.with_file_name(format!("{}.toml", stem.chars().map(plain).collect::<String>()));
    let shown = escape_path(&path);
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(&path).map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => Refusal::usage(format!("{shown} already exists")),
            _ => Refusal::environment(format!("cannot write {shown}: {e}")),
        })?;
    file.write_all(scenario::template(stem, like).as_bytes()).map_err(|e| {
        // Removes the new file, because an incomplete file is not a scenario.
        let _ = fs::remove_file(&path);
        Refusal::environment(format!("cannot write {shown}: {e}"))
    })?;
    console.result(&format!("{shown}\n"));
    // Without `./`, a name with a dash at its start would be an option.
    let typed = if shown.to_string().starts_with('-') { format!("./{shown}") } else { shown.to_string() };
    console.remark(&format!("run it: syncdyno run {}\n", record::shell_word(&typed)));
    Ok(Exit::Success)
}

/// The kinds of profiles, each with the figures in which its profiles differ.
const SHELVES: [(&str, Library, &[&str]); 5] = [
    ("links", Library::Links, &["rtt", "down", "up"]),
    ("device classes", Library::Classes, &["cpu", "sync", "memory"]),
    ("what operating systems allow in the background", Library::Backgrounds, &["window", "every", "growth"]),
    (
        "backends",
        Library::Backends,
        &[
            "fixed_cost",
            "row_cost",
            "page_cap",
            "gateway_timeout",
            "quota.requests",
            "quota.per",
            "quota.concurrent",
        ],
    ),
    (
        "architectures of products",
        Library::Products,
        &["gateway.mode", "engine.pull.chunk_rows", "engine.push.chunk_rows"],
    ),
];

pub(super) fn profiles(command: &Profiles, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    match command {
        Profiles::Ls => {
            for (shelf, library, telling) in SHELVES {
                let columns = iter::once("name").chain(telling.iter().copied());
                let mut grid = render::Grid::new(1 + telling.len(), columns);
                for profile in library.profiles() {
                    let figure = |key: &&str| profile.figures.iter().find(|f| f.key == *key);
                    let figures = telling.iter().map(|key| figure(key).map_or("", |f| f.value.as_str()));
                    grid.row(iter::once(profile.name.as_str()).chain(figures));
                }
                console.result(&format!("{shelf}\n{}", grid.terminal("  ")));
            }
            console.result(&faulty_engines());
            console.result(&stack_options(console));
        }
        Profiles::Show { name } => {
            let faulty = bugs::all().find(|bug| bug.engine_name() == *name);
            if let Some(bug) = faulty {
                console.result(&faulty_engine(bug));
                return Ok(Exit::Success);
            }
            let found = SHELVES.iter().find_map(|(shelf, library, _)| Some((shelf, library.find(name)?)));
            let (shelf, profile) = found.ok_or_else(|| Refusal::usage(no_profile(name)))?;
            let rows =
                profile.figures.iter().map(|f| [f.key.to_owned(), f.value.clone(), f.source.to_owned()]);
            let table = render::texts(["key", "value", "source"], rows);
            console.result(&format!("{name} ({shelf})\n{table}"));
        }
    }
    Ok(Exit::Success)
}

/// Lists the built-in engines with a bug that a real product has.
fn faulty_engines() -> String {
    let reported = bugs::all().filter(|bug| !bug.reports().is_empty());
    let rows = reported.map(|bug| [bug.engine_name(), bug.said(), bug.seen_in.to_owned()]);
    let table = render::texts(["engine.name", "the engine", "seen in"], rows);
    let others = bugs::all().filter(|bug| bug.reports().is_empty()).count();
    format!("faulty engines\n{table}  and {others} made-up ones: docs/faulty-engines.md\n\n")
}

fn faulty_engine(bug: &Bug) -> String {
    let reports = bug.reports().into_iter().filter_map(|report| report.address);
    let texts = [("what it does wrong", bug.mechanism), ("found by", bug.check), ("seen in", bug.seen_in)];
    let own = texts.into_iter().map(|(key, text)| [key.to_owned(), text.to_owned()]);
    let rows = own.chain(reports.map(|address| ["report".to_owned(), address]));
    format!("{} (faulty engines)\n{}", bug.engine_name(), render::texts(["about", "text"], rows))
}

fn stack_options(console: &Console<'_>) -> String {
    let stacks = console.runner.stacks();
    let rows = stacks.iter().flat_map(|stack| {
        stack.options.iter().map(|option| {
            let texts = [option.form.to_string(), option.preset.to_string(), option.about.to_owned()];
            let [form, preset, about] = texts;
            [stack.name.clone(), format!("engine.options.{}", option.name), form, preset, about]
        })
    });
    let rows: Vec<[String; 5]> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let header = ["stack", "key", "takes", "default", "what it is"];
    format!("options of stacks\n{}", render::texts(header, rows.into_iter()))
}

fn no_profile(name: &str) -> String {
    let known = SHELVES.iter().flat_map(|(_, library, _)| library.profiles()).map(|p| p.name.as_str());
    match scenario::closest(name, known) {
        Some(near) => format!("there is no profile {name}; did you mean {near}?"),
        None => format!("there is no profile {name}; `syncdyno profiles ls` lists them"),
    }
}

pub(super) fn schema(which: SchemaOf, console: &mut Console<'_>) -> Exit {
    console.result(&match which {
        SchemaOf::Scenario => scenario::schema_json(&console.runner.stacks()),
        SchemaOf::Report => record::schema_json(),
        SchemaOf::History => crate::history::schema_json(),
    });
    Exit::Success
}

pub(super) fn completions(shell: clap_complete::Shell, console: &mut Console<'_>) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "syncdyno", &mut script);
    console.result(&String::from_utf8_lossy(&script));
    Exit::Success
}
