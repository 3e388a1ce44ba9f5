//! The changes that the path between devices and the backend makes to values.

use super::super::column::may_be_null;
use super::super::written::path;
use super::ResolveContext;
use crate::config::view::View;
use crate::contract::Entity;
use crate::engine::{Bend, Path, Paths};

pub(super) fn paths(context: &ResolveContext<'_>) -> Paths {
    let mut paths = Paths::default();
    for (id, entity) in context.schema.ids().zip(&context.schema.entities) {
        let written = context.written(entity).at("path");
        for (name, view) in written.entries() {
            let Some(column) = context.column_named(written.name(name), id, name) else { continue };
            let (Some((bend, [up, down])), true) = (path(view.text()), view.is_sound()) else { continue };
            let Some(place) = way_of(context, entity, column, bend, view) else { continue };
            let kind = entity.columns[column].kind.clone();
            paths.add(id, Path { column, place, kind, bend, up, down });
        }
        if let Some(path) = written.present().filter(|path| path.entries().next().is_some()) {
            comes_whole(context, entity, path);
        }
    }
    paths
}

fn way_of(
    context: &ResolveContext<'_>,
    entity: &Entity,
    column: usize,
    bend: Bend,
    view: View<'_>,
) -> Option<usize> {
    let of = &entity.columns[column];
    let name = &of.name;
    let typed = context.written(entity).at("schema").key(name);
    let place = entity.projection.binary_search(&column).ok();
    let scoped = entity.scope.iter().any(|rule| rule.column() == column);
    let nullable = may_be_null(typed.text());
    let (title, help) = if place.is_none() || !entity.delivery.is_on_devices() {
        (format!("devices do not hold `{name}`"), "name a column that devices hold")
    } else if scoped {
        (
            format!("`{name}` decides which devices hold a row, and must go unchanged"),
            "remove the column from `path`",
        )
    } else if !bend.fits(&of.kind) {
        (format!("the values of `{name}` cannot be converted by `{}`", view.text()), BENDS)
    } else if bend == Bend::NullNotSent && !nullable {
        let title = format!("`{name}` is never null: there is no null to leave out");
        (title, "add \"null 10%\" to its type, or write another word")
    } else {
        return place;
    };
    let at = context.written(entity).at("path").name(name);
    context.mistakes.given(&[typed]).at(at, title, help);
    None
}

fn comes_whole(context: &ResolveContext<'_>, entity: &Entity, path: View<'_>) {
    let parts = |(_, unit): (&str, View<'_>)| unit.at("entity").key(&entity.name).present().is_some();
    if context.root.at("unit").entries().any(parts) {
        let title = format!(
            "a unit brings only some columns of `{}`, and such columns always go unchanged",
            entity.name
        );
        context.mistakes.at(path, title, "leave out `path`, or the unit's table for the entity");
    }
}

const BENDS: &str =
    "write a word that converts this column's type; `syncdyno keys` lists the words and their types";
