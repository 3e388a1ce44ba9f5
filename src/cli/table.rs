//! `sweep` with `--table`, or with a file that declares a table.

use std::path::Path;

use anyhow::Result;

use super::args::{Selection, SweepArgs, SweepFormat};
use super::console::Console;
use super::refusal::{Refusal, near};
use super::run::{self, Order};
use super::sources::{self, Values};
use crate::analysis::Asks;
use crate::analysis::table::{Table, Tried};
use crate::base::{Ppm, Span};
use crate::campaign::CELLS_MAX;
use crate::contract::EditKind;
use crate::record::Exit;
use crate::render::tables::Own;
use crate::scenario::{Document, Invalid, Plan, TABLES, TableAxis, TablePlan};
use crate::setup::Happening;

/// A table and its scenarios.
type Chosen = (TablePlan, Vec<Document>);

/// The table that the user named or that the file declares. `None` if the sweep has axes instead.
pub(super) fn chosen(args: &SweepArgs, console: &Console<'_>) -> Result<Option<Chosen>> {
    let selection = &args.grid.selection;
    let owners = match &args.table {
        Some(name) => owners(name, console)?,
        None if !args.grid.axis.is_empty() || selection.paths.is_empty() => return without(args),
        None => sources::documents(&selection.paths, console)?,
    };
    let mut tables = Vec::new();
    for owner in &owners {
        let wrong = |wrong: Invalid| Refusal::because(Exit::Invalid, wrong.render(console.err_paint().0));
        tables.extend(owner.table().map_err(wrong)?);
    }
    let mut table = match (tables.pop(), &args.table) {
        (Some(table), _) if tables.is_empty() => table,
        (None, None) => return without(args),
        (None, Some(name)) => return Err(Refusal::usage(format!("{name} declares no [table]"))),
        _ => return Err(Refusal::usage("several files have a [table]: name one of them with --table")),
    };
    let is_own = args.table.is_none() || selection.paths.is_empty();
    let documents = if is_own { owners.clone() } else { sources::documents(&selection.paths, console)? };
    let of = |axis: &crate::campaign::Axis| TableAxis {
        title: axis.key.clone(),
        key: Some(axis.key.clone()),
        values: axis.values.clone(),
        ..TableAxis::default()
    };
    table.axis.splice(0..0, args.grid.axis.iter().map(of));
    args.only.iter().try_for_each(|(title, values)| narrow(&mut table, title, values))?;
    Ok(Some((table, documents)))
}

/// Checks the arguments of a sweep without a table.
fn without(args: &SweepArgs) -> Result<Option<Chosen>> {
    match args.only.is_empty() {
        true => Ok(None),
        false => Err(Refusal::usage("--only selects values of a table's axis: name a table with --table")),
    }
}

/// Keeps only these values of an axis, in the order of the table.
fn narrow(table: &mut TablePlan, title: &str, values: &str) -> Result<()> {
    let titles = table.axis.iter().map(|axis| axis.title.clone()).collect::<Vec<_>>();
    let Some(axis) = table.axis.iter_mut().find(|axis| axis.title == title) else {
        let near = near(title, titles.iter().map(String::as_str));
        let titles = titles.join(", ");
        return Err(Refusal::usage(format!("the table has no axis `{title}`; it has {titles}{near}")));
    };
    let values: Vec<&str> = values.split(',').map(str::trim).collect();
    if let Some(value) = values.iter().find(|value| !axis.values.iter().any(|known| known == *value)) {
        let near = near(value, axis.values.iter().map(String::as_str));
        let values = axis.values.join(", ");
        return Err(Refusal::usage(format!(
            "the axis `{title}` has no value `{value}`; it has {values}{near}"
        )));
    }
    axis.values.retain(|value| values.contains(&value.as_str()));
    // The rule of a table needs all values of the axes that it compares.
    if table.rule.as_ref().is_some_and(|rule| [&rule.between, &rule.each].contains(&&axis.title)) {
        table.rule = None;
    }
    Ok(())
}

/// The scenarios of a built-in table, or of the file that declares the table.
fn owners(name: &str, console: &Console<'_>) -> Result<Vec<Document>> {
    if let Some(owners) = Document::of_table(name) {
        return Ok(owners);
    }
    if Path::new(name).exists() {
        return sources::documents(&[name.into()], console);
    }
    let tables = || TABLES.iter().map(|(name, _)| *name);
    let near = near(name, tables());
    let known = tables().collect::<Vec<_>>().join(", ");
    let text = format!("there is no table or file `{name}`; the tables are {known}{near}");
    Err(Refusal::usage(text))
}

/// Runs each setting of a table, and prints the table.
pub(super) fn table(args: &SweepArgs, (table, documents): Chosen, console: &mut Console<'_>) -> Result<Exit> {
    let selection = &args.grid.selection;
    sources::combined(&documents, selection, Values::new(), console)?;
    let own = own(&table, &documents[0], selection);
    let documents = fitting(&table, documents, selection, console)?;
    let (plans, tried) = plans(&table, &documents, selection, console)?;
    let Some(first) = plans.first() else {
        // An error in the unchanged file can name its place in the file.
        sources::combined(&documents, selection, Values::new(), console)?;
        let why = tried.into_iter().find_map(|(_, refused)| refused).unwrap_or_default();
        let why = format!("error: no setting of the table can be run: {why}");
        return Err(Refusal::because(Exit::Invalid, why));
    };
    let never = never(first);
    let order = Order { asks: Asks::Matrix, ..Order::of(&args.place, &args.work) };
    run::carry_out(&plans, &order, console, |ran, console| {
        let shown = Table::new(&table, &tried, &ran.record.cells, &never);
        let place = ran.place_line();
        console.result(&match args.format {
            SweepFormat::Human if console.voice.quiet => shown.told(&own) + &place,
            SweepFormat::Human => format!("{}\n{place}", shown.story(&own)),
            SweepFormat::Md => shown.to_markdown(),
            SweepFormat::Json => shown.to_json(&own),
            SweepFormat::Csv => shown.to_csv(),
        });
    })
}

/// The scenarios of the table. Unless an axis varies them, only one scenario and one variant
/// remain.
fn fitting(
    table: &TablePlan,
    documents: Vec<Document>,
    selection: &Selection,
    console: &mut Console<'_>,
) -> Result<Vec<Document>> {
    for (axis, all) in [("scenario", documents.len()), ("variant", selection.variant.len())] {
        if all > 1 && !table.has(axis) {
            return Err(Refusal::usage(format!("this table needs one {axis}, but {all} are given")));
        }
    }
    let fitting = |document: Document| {
        let variants = document.variants().join(", ");
        if variants.is_empty() || selection.variant.len() == 1 || table.has("variant") {
            return document;
        }
        let note = "note: the table shows the file without its variants; --variant selects one of them";
        console.remark(&format!("{note} ({variants})\n"));
        document.base()
    };
    Ok(documents.into_iter().map(fitting).collect())
}

/// The properties of the user's file that the rule needs.
fn own(table: &TablePlan, document: &Document, selection: &Selection) -> Own {
    let variant = selection.variant.first().map(String::as_str);
    let said = document.provenance(variant, &selection.set).unwrap_or_default();
    let of = |key: &str| Some(said.iter().find(|said| said.key == key)?.value.trim_matches('"').to_owned());
    let each = table.axis.iter().find(|axis| table.rule.as_ref().is_some_and(|rule| rule.each == axis.title));
    let time = |key: &str| Some(of(key)?.parse::<Span>().ok()?.0);
    let has_modes = table.axis.iter().any(|axis| axis.key.as_deref() == Some("gateway.mode"));
    Own {
        value: each.and_then(|axis| of(axis.key.as_ref()?)),
        wanted: time("workload.freshness"),
        refreshed: time("gateway.refresh.every").filter(|_| has_modes),
    }
}

fn plans(
    table: &TablePlan,
    documents: &[Document],
    selection: &Selection,
    console: &Console<'_>,
) -> Result<(Vec<Plan>, Vec<Tried>)> {
    let (keyed, of_cells): (Vec<_>, Vec<_>) = table.axis.iter().partition(|axis| !axis.values.is_empty());
    let points = keyed.iter().map(|axis| axis.values.len() as u128).fold(1, u128::saturating_mul);
    let cells = points.saturating_mul(documents.len() as u128);
    if cells > CELLS_MAX {
        return Err(sources::too_large("the table", cells));
    }
    let mut points = vec![(Vec::new(), Values::new())];
    for axis in keyed {
        let longer = |(labels, sets): &(Vec<String>, Values), value: &String| {
            let own = axis.sets(value).into_iter().map(|(key, to)| (key, vec![to])).collect();
            ([&labels[..], std::slice::from_ref(value)].concat(), [sets.clone(), own].concat())
        };
        let of = |point| axis.values.iter().map(move |value| longer(point, value));
        points = points.iter().flat_map(of).collect();
    }
    let (mut plans, mut tried) = (Vec::new(), Vec::<Tried>::new());
    for (point, sets) in points {
        let keys: Vec<&str> = sets.iter().map(|(key, _)| key.as_str()).collect();
        for document in documents {
            // Removes these keys first, so that no part of their old values stays.
            let document = &document.clone().without(&keys);
            let labels = |variant: Option<&str>| {
                let of = |axis: &&TableAxis| match &*axis.title {
                    "scenario" => document.name().to_owned(),
                    _ => variant.unwrap_or_default().to_owned(),
                };
                point.iter().cloned().chain(of_cells.iter().map(of)).collect::<Vec<String>>()
            };
            match sources::with(document, selection, sets.clone(), console) {
                Ok(cells) => {
                    for mut plan in cells {
                        plan.source_mut().called.clone_from(&point);
                        tried.push((labels(plan.source.variant.as_deref()), None));
                        plans.push(plan);
                    }
                }
                Err(invalid) => {
                    let titles: Vec<&str> = invalid.diagnostics.iter().map(|d| d.title.as_str()).collect();
                    tried.push((labels(None), Some(titles.join("; "))));
                }
            }
        }
    }
    // The seeds of a setting are neighbours.
    tried.dedup();
    Ok((plans, tried))
}

/// The kinds of changes that the plan never makes.
fn never(plan: &Plan) -> Vec<&'static str> {
    let of = |kind| plan.taken().any(|action| action.kind == kind);
    let before = plan.data.iter().any(|data| data.deleted_daily > Ppm(0));
    let deletes = before || of(EditKind::Delete) || plan.workload.contention.deletes > Ppm(0);
    let mut scopes = plan.taken().map(|action| (action, &plan.schema.entity(action.entity).scope));
    let moves = scopes.any(|(action, of)| of.iter().any(|rule| action.columns.contains(&rule.column())));
    let imports = plan.events.iter().any(|event| matches!(event.what, Happening::Import { .. }));
    let (inserts, updates) = (imports || of(EditKind::Create), of(EditKind::Update));
    let made = [("inserts", inserts), ("updates", updates), ("deletes", deletes), ("moves", moves)];
    made.into_iter().filter_map(|(kind, is_made)| (!is_made).then_some(kind)).collect()
}
