//! The parts of entities that units pull: some columns of some rows.

use super::super::written::{Scope, scope};
use super::ResolveContext;
use super::schema::scope_rule;
use crate::base::EntityId;
use crate::config::view::View;
use crate::contract::{Entity, Excerpt, ScopeRule, SyncUnit};
use crate::gateway::{GatewayOptions as Gateway, Mode};

pub(super) fn excerpts(context: &ResolveContext<'_>, unit: View<'_>, pull: &[EntityId]) -> Vec<Excerpt> {
    let mut excerpts = Vec::new();
    for (name, view) in unit.at("entity").entries() {
        let at = unit.at("entity").name(name);
        let Some(id) = context.entity_named(at, name) else { continue };
        if !pull.contains(&id) {
            let help = "name the entity in `pull` too";
            context.mistakes.given(&[unit.at("pull")]).at(
                at,
                format!("the unit does not pull `{name}`"),
                help,
            );
            continue;
        }
        let columns = columns_brought(context, view, id);
        let rows = rows_brought(context, view, id);
        if columns != context.schema.entity(id).projection || !rows.is_empty() {
            excerpts.push(Excerpt { entity: id, columns, rows });
        }
    }
    excerpts
}

fn columns_brought(context: &ResolveContext<'_>, view: View<'_>, id: EntityId) -> Vec<usize> {
    let entity = context.schema.entity(id);
    let Some(named) = view.at("columns").present() else { return entity.projection.clone() };
    if named.items().all(|column| column.text() != entity.key) {
        let title = format!("the partial row has no key: `{}` is not among its columns", entity.key);
        let help = "name the key with the other columns";
        context.mistakes.given(&[named, context.written(entity).at("schema")]).at(named, title, help);
    }
    context.mistakes.once(view, "columns");
    let mut columns = Vec::new();
    for column in named.items().filter(|column| column.text() != entity.key) {
        let Some(position) = context.column_named(column, id, column.text()) else { continue };
        if !entity.projection.contains(&position) {
            let title = format!("devices do not hold `{}` of `{}`", column.text(), entity.name);
            let help = "add the column to the entity's `project`";
            context.mistakes.given(&[context.written(entity).at("project")]).at(column, title, help);
        }
        columns.push(position);
    }
    if columns.is_empty() && named.is_sound() {
        let title = "the partial row has no column besides the key".to_owned();
        context.mistakes.at(named, title, "name the columns that it brings");
    }
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn rows_brought(context: &ResolveContext<'_>, view: View<'_>, id: EntityId) -> Vec<ScopeRule> {
    let rows = view.at("rows");
    let entity = context.schema.entity(id);
    let rule = |(name, rule): (&str, View<'_>)| {
        let column = context.column_named(rows.name(name), id, name)?;
        if matches!(scope(rule.text()), Some(Scope::Moving(..))) {
            let title = "the days of rows that a unit brings cannot move with the date";
            let help = "write days around the start, such as \"-7d..28d\"; only a `scope` may move";
            context.mistakes.at(rule, title, help);
        }
        if matches!(scope(rule.text()), Some(Scope::Cut(..))) {
            let title = "the rows that a unit brings are not cut";
            let help = "a `scope` may be cut: scope = { at = \"newest 50\" } in the entity";
            context.mistakes.at(rule, title, help);
        }
        let of = (name, column, &entity.columns[column].kind, context.written(entity).at("schema").key(name));
        scope_rule(rule, of, context.calendar, context.mistakes, |name| context.attribute_named(rule, name))
    };
    rows.entries().filter_map(rule).collect()
}

/// Refuses a part of an entity that no unit pulls in full. Also refuses a part that the gateway
/// cannot track separately: flags, hashes and replicas know only one reader per entity.
pub(super) fn check_partial_rows(context: &ResolveContext<'_>, units: &[SyncUnit], gateway: &Gateway) {
    for (unit, excerpt) in units.iter().flat_map(|unit| unit.excerpts.iter().map(move |e| (unit, e))) {
        let entity: &Entity = context.schema.entity(excerpt.entity);
        let parts = context.root.at("unit").key(&unit.name).at("entity");
        let at = parts.name(&entity.name);
        if !units.iter().any(|other| other.brings_whole(excerpt.entity)) {
            let title = format!("no unit brings `{}` in full", entity.name);
            let help =
                "let another unit pull the entity in full, or remove the missing columns from its `project`";
            context.mistakes.given(&[context.root.at("unit")]).at(at, title, help);
        }
        if gateway.mode == Mode::Persistent || !gateway.serve.reads_parts {
            let title =
                "this gateway keeps one cursor per device and entity, but partial rows need their own cursor";
            let help = "write gateway.mode = \"ota\" and a capture by `last_modified` without `reconcile`";
            context.mistakes.given(&[context.root.at("gateway")]).at(at, title, help);
        }
    }
}
