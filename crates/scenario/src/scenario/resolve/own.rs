//! Lints on CSV rows: rows that no device holds, and keys that have no effect on such rows.

use std::collections::BTreeSet;

use super::super::plan::Plan;
use super::super::rows::CsvFiles;
use crate::base::words::{count, thousands};
use crate::base::{Ppm, Stamp, Value};
use crate::config::diagnostic::Diagnostic;
use crate::config::view::View;
use crate::contract::{EditKind, Entity, ScopeRule};
use crate::workload::{Action, GivenRow};

pub(super) fn csv_row_lints(plan: &Plan, root: View<'_>, csv_files: &CsvFiles) -> Vec<Diagnostic> {
    let mut lints = Vec::new();
    for (entity, data) in plan.schema.entities.iter().zip(plan.data.iter()) {
        let Some((rows, own)) = data.given.as_ref().zip(csv_files.get(&entity.name)) else { continue };
        let (written, file) = (root.at("entity").key(&entity.name), &*own.file);
        if rows.is_empty() {
            let title =
                format!("{file} has a header but no rows: the scenario has no row of `{}`", entity.name);
            let place = written.at("rows.csv").place();
            lints.push(Diagnostic::new(place, title).help("add a line for each row"));
            continue;
        }
        lints.extend(of_made_rows(written, file));
        lints.extend(too_new(plan, &entity.name, written).filter(|_| own.updated_at.is_none()));
        lints.extend(nobodys(plan, entity, rows, file, written.at("scope")));
        lints.extend(out_of_days(entity, rows, file, written.at("scope")));
    }
    lints
}

fn of_made_rows(entity: View<'_>, file: &str) -> Vec<Diagnostic> {
    let keys = ["one_stamp", "age", "changed_daily", "created_daily", "deleted_daily"];
    let told = |key| {
        let title = format!("`{key}` has no effect on rows from a file: {file} contains them unchanged");
        let help =
            "remove the key; to give rows a time of their last change, name its column in `rows.updated_at`";
        Some(Diagnostic::new(Some(entity.at(key).place()?), title).help(help))
    };
    keys.into_iter().filter_map(told).collect()
}

/// Warns if users edit CSV rows without a date on devices that synced before the start. These rows
/// count as created at the start, so the devices lack them until the next sync.
fn too_new(plan: &Plan, entity: &str, written: View<'_>) -> Option<Diagnostic> {
    let edited = |action: &&Action| {
        plan.schema.entity(action.entity).name == entity
            && action.kind != EditKind::Create
            && action.on_devices > Ppm(0)
            && action.per_device_milli > 0
    };
    let action = plan.workload.actions.iter().find(edited)?;
    let states = plan.fleets.iter().flat_map(|fleet| &fleet.starts);
    let synced = states.into_iter().find(|(state, devices)| state.synced_ago.is_some() && *devices > 0)?;
    let title = format!(
        "rows of `{entity}` have no date: they count as created at the start, after the last sync of some devices (`{}`). `action.{}` finds no row there until these devices sync",
        synced.0.name, action.name
    );
    let help = "name in `rows.updated_at` the column with the time of the last change, or let all devices start \"empty\"";
    Some(Diagnostic::new(written.at("rows.csv").place(), title).help(help))
}

fn nobodys(
    plan: &Plan,
    entity: &Entity,
    rows: &[GivenRow],
    file: &str,
    scope: View<'_>,
) -> Option<Diagnostic> {
    let rules: Vec<(usize, usize)> = entity.scope.iter().filter_map(ScopeRule::attribute).collect();
    let mut held: BTreeSet<Vec<&str>> = BTreeSet::new();
    for fleet in &plan.fleets {
        for i in 0..fleet.devices {
            let value = |attribute: usize| {
                let of = &plan.attributes[attribute];
                text(&of.values[of.number(i, fleet.devices) as usize])
            };
            held.insert(rules.iter().map(|&(_, attribute)| value(attribute)).collect());
        }
    }
    let is_outside = |row: &&GivenRow| !held.contains(&values_of(row, &rules));
    let outside = rows.iter().filter(is_outside).count() as u64;
    let first = values_of(rows.iter().find(is_outside)?, &rules);
    let pairs = rules.iter().zip(&first);
    let pairs =
        pairs.map(|(&(_, attribute), value)| format!("{} `{value}`", plan.attributes[attribute].name));
    let pairs = pairs.collect::<Vec<_>>().join(" and ");
    let why =
        format!("no device has {pairs}: list the values of the rows in attributes.NAME = [\"…\"] of a fleet");
    let (all, outside) = (count(rows.len() as u64, "row"), thousands(outside));
    let title = format!("`{}`: {outside} of {all} of {file} belong to no device", entity.name);
    Some(Diagnostic::new(scope.key(&entity.columns[rules[0].0].name).place(), title).help(why))
}

fn values_of<'r>(row: &'r GivenRow, rules: &[(usize, usize)]) -> Vec<&'r str> {
    rules.iter().map(|&(column, _)| text(&row.values[column])).collect()
}

fn out_of_days(entity: &Entity, rows: &[GivenRow], file: &str, scope: View<'_>) -> Option<Diagnostic> {
    entity.scope.iter().find_map(|rule| {
        let ScopeRule::Window { column, from, until } = rule else { return None };
        let moment =
            |row: &GivenRow| if let Value::Int(at) = row.values[*column] { Some(Stamp(at)) } else { None };
        let moments = || rows.iter().filter_map(moment);
        let (first, last) = (moments().min()?, moments().max()?);
        if last >= *from && first < *until {
            return None;
        }
        let name = &entity.columns[*column].name;
        let all = count(rows.len() as u64, "row");
        let title = format!("`{}`: none of the {all} of {file} is within the days of the scope", entity.name);
        let help = format!(
            "set `start` to a day of the rows: `{name}` ranges from {first} to {last}, the scope from {from} to {until}"
        );
        Some(Diagnostic::new(scope.key(name).place(), title).help(help))
    })
}

fn text(value: &Value) -> &str {
    if let Value::Text(text) = value { text } else { "" }
}
