//! What runs nothing: `check`, `plan`, `new`, `profiles`, `schema`, `completions`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use clap::CommandFactory;

use super::args::{Cli, Grid, Profiles, SchemaOf, Selection};
use super::console::Console;
use super::grid;
use super::refusal::Refusal;
use super::sources;
use crate::campaign::Runner;
use crate::report::{self, Exit, human};
use crate::scenario::{self, Document, Library, Plan};

/// Says of each scenario that it is well and how many cells it has.
pub(super) fn check(
    selection: &Selection,
    runner: &dyn Runner,
    console: &mut Console<'_>,
) -> anyhow::Result<Exit> {
    let documents = sources::documents(&selection.paths, console)?;
    let plans = sources::expand(&documents, selection, runner, console)?;
    for document in &documents {
        let path = document.path();
        let cells = plans.iter().filter(|plan| plan.path == path && plan.scenario == document.name()).count();
        let shown = if path.is_empty() { document.name() } else { path };
        console.result(&format!("ok  {shown}: {}\n", human::count(cells as u64, "cell")));
    }
    Ok(Exit::Success)
}

/// Shows the cells and how large they are. What a cell takes on this host is not known before it ran, so it is not told.
pub(super) fn plan(grid: &Grid, runner: &dyn Runner, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let plans = grid::plans(grid, runner, console)?;
    let ids = report::cell_ids(&plans);
    let sizes: Vec<report::CellSize> = plans.iter().zip(&ids).map(|(plan, id)| size(plan, id)).collect();
    console.result(&report::sizes(&sizes));
    for note in plans.first().into_iter().flat_map(|plan| &plan.notes) {
        console.remark(&format!("{note}\n"));
    }
    Ok(Exit::Success)
}

fn size(plan: &Plan, id: &str) -> report::CellSize {
    report::CellSize {
        cell: id.to_owned(),
        engine: plan.engine_name.clone(),
        devices: plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum(),
        backend_rows: plan.data.iter().map(|data| data.rows).sum(),
        script: plan.duration,
        drain: plan.drain,
        gates: plan.gates.len() as u64,
    }
}

/// Writes a scenario to start from; never over a file that is there.
pub(super) fn new(name: &Path, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    let path = match name.extension() {
        Some(extension) if extension == "toml" => name.to_owned(),
        _ => {
            let mut with = name.as_os_str().to_owned();
            with.push(".toml");
            with.into()
        }
    };
    let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| !stem.is_empty());
    let stem = stem.ok_or_else(|| Refusal::usage(format!("{} is no name", name.display())))?;
    let shown = path.display();
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(&path).map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => Refusal::usage(format!("{shown} is already there")),
            _ => Refusal::environment(format!("cannot write {shown}: {e}")),
        })?;
    file.write_all(scenario::template(stem).as_bytes())
        .map_err(|e| Refusal::environment(format!("cannot write {shown}: {e}")))?;
    console.result(&format!("{shown}\n"));
    console.remark(&format!("run it: syncdyno run {shown}\n"));
    Ok(Exit::Success)
}

const LIBRARIES: [(&str, Library); 3] =
    [("links", Library::Links), ("device classes", Library::Classes), ("backends", Library::Backends)];

/// Lists the profiles or shows one.
pub(super) fn profiles(command: &Profiles, console: &mut Console<'_>) -> anyhow::Result<Exit> {
    match command {
        Profiles::Ls => {
            for (kind, library) in LIBRARIES {
                console.result(&format!("{kind}\n"));
                for profile in library.profiles() {
                    console.result(&format!("  {}\n", profile.name));
                }
            }
        }
        Profiles::Show { name } => {
            let found = LIBRARIES.iter().find_map(|(kind, library)| Some((kind, library.find(name)?)));
            let (kind, profile) = found.ok_or_else(|| {
                Refusal::usage(format!("there is no profile {name}; `syncdyno profiles ls` lists them"))
            })?;
            let rows =
                profile.figures.iter().map(|f| [f.key.to_owned(), f.value.clone(), f.source.to_owned()]);
            console.result(&format!("{name} ({kind})\n{}", report::texts(["key", "value", "source"], rows)));
        }
    }
    Ok(Exit::Success)
}

/// Prints a JSON Schema.
pub(super) fn schema(which: SchemaOf, console: &mut Console<'_>) -> Exit {
    console.result(&match which {
        SchemaOf::Scenario => scenario::schema_json(),
        SchemaOf::Report => report::schema_json(),
    });
    Exit::Success
}

/// Prints a completion script.
pub(super) fn completions(shell: clap_complete::Shell, console: &mut Console<'_>) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "syncdyno", &mut script);
    console.result(&String::from_utf8_lossy(&script));
    Exit::Success
}

/// What a document covers, in the words of the requirements.
pub(super) fn covered(document: &Document) -> report::Covered {
    report::Covered {
        scenario: document.name().to_owned(),
        ids: document.covers().into_iter().map(str::to_owned).collect(),
    }
}
