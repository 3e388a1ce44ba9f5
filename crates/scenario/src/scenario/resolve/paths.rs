//! What the path between devices and the backend does to values.

use super::super::column::without_shares;
use super::super::written::path;
use crate::config::view::{Mistakes, View};
use crate::contract::{Entity, Schema};
use crate::engine::{Bend, Path, Paths};

pub(super) fn paths(root: View<'_>, schema: &Schema, wrong: &Mistakes) -> Paths {
    let mut paths = Paths::default();
    for id in schema.ids() {
        let entity = schema.entity(id);
        let of = root.at("entity").key(&entity.name);
        let written = of.at("path");
        let names: Vec<&str> = entity.columns.iter().map(|column| column.name.as_str()).collect();
        let given = wrong.given_if(of.at("schema").is_itself_sound());
        for (name, view) in written.entries() {
            let at = written.name(name);
            let what = format!("column of `{}`", entity.name);
            let Some(column) = given.find(at, &what, name, &names) else { continue };
            let (Some((bend, [up, down])), true) = (path(view.text()), view.is_sound()) else { continue };
            let Some(place) = way_of((of, wrong), entity, column, bend, (at, view)) else { continue };
            let kind = entity.columns[column].kind.clone();
            paths.add(id, Path { column, place, kind, bend, up, down });
        }
        if let Some(path) = written.present().filter(|path| path.entries().next().is_some()) {
            comes_whole((root, wrong), entity, path);
        }
    }
    paths
}

fn way_of(
    (written, wrong): (View<'_>, &Mistakes),
    entity: &Entity,
    column: usize,
    bend: Bend,
    (at, view): (View<'_>, View<'_>),
) -> Option<usize> {
    let of = &entity.columns[column];
    let name = &of.name;
    let typed = written.at("schema").key(name);
    let place = entity.projection.binary_search(&column).ok();
    let scoped = entity.scope.iter().any(|rule| rule.column() == column);
    let nullable = without_shares(typed.text()).is_some_and(|(_, shares)| shares.null.is_some());
    let (title, help) = if place.is_none() || !entity.delivery.is_on_devices() {
        (format!("devices do not hold `{name}`"), "a path belongs to a column that devices hold")
    } else if scoped {
        (format!("`{name}` says in whose scope a row is"), "such a column must go unchanged")
    } else if !bend.fits(&of.kind) {
        (format!("`{name}` contains nothing that `{}` converts", view.text()), BENDS)
    } else if bend == Bend::NullNotSent && !nullable {
        let title = format!("`{name}` is never null, so no null could be sent");
        (title, "write \"null 10%\" behind its type, or choose another word")
    } else {
        return place;
    };
    wrong.given(&[typed]).at(at, title, help);
    None
}

fn comes_whole((root, wrong): (View<'_>, &Mistakes), entity: &Entity, path: View<'_>) {
    let parts = |(_, unit): (&str, View<'_>)| unit.at("entity").key(&entity.name).present().is_some();
    if root.at("unit").entries().any(parts) {
        let title = format!("a unit brings only some columns of `{}`, which go unchanged", entity.name);
        wrong.at(path, title, "leave out `path`, or the unit's table for the entity");
    }
}

const BENDS: &str = "the list of keys says which word converts which types";
