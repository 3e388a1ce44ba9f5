//! Lists that the app's screens show.

use super::super::hook::AppQuery;
use super::super::view::View;
use super::World;
use crate::base::EntityId;
use crate::contract::{ColumnKind, Like, LocalQuery};

struct Lists<'r, 'w>(&'r World<'w>);

pub(super) fn queries(world: &World<'_>) -> Vec<AppQuery> {
    Lists(world).all()
}

impl Lists<'_, '_> {
    fn all(&self) -> Vec<AppQuery> {
        let query = |(name, view): (&str, View<'_>)| {
            if self.0.stack().is_some_and(|stack| !stack.is_builtin) {
                let title = "only the built-in stack's database can be asked";
                self.0.wrong.at(view, title, "leave `query` out with a stack of your own");
            }
            let every = view.at("every").span();
            Some(AppQuery { name: name.to_owned(), query: self.query(view)?, every })
        };
        self.0.root.at("query").entries().filter_map(query).collect()
    }

    fn query(&self, view: View<'_>) -> Option<LocalQuery> {
        let name = view.at("of");
        let of = self.0.entity(name)?;
        self.held(name, of)?;
        self.0.wrong.once(view, "through");
        let through: Option<Vec<_>> =
            view.at("through").items().map(|item| self.reference(item, of)).collect();
        let through = through?;
        let like = match view.at("like").present() {
            Some(like) => Some(self.like(like, of, &through)?),
            None => None,
        };
        Some(LocalQuery { of, through, like })
    }

    /// The place among the device's columns of a reference, and where it leads.
    fn reference(&self, view: View<'_>, of: EntityId) -> Option<(usize, EntityId)> {
        let place = self.place(view, of, view.text())?;
        let entity = self.0.schema.entity(of);
        let ColumnKind::Ref(to) = entity.columns[entity.projection[place]].kind else {
            let title = format!("`{}` of `{}` refers to no row", view.text(), entity.name);
            self.0.wrong.at(view, title, "`through` takes columns of type \"ref ENTITY\"");
            return None;
        };
        self.held(view, to)?;
        Some((place, to))
    }

    fn like(&self, view: View<'_>, of: EntityId, through: &[(usize, EntityId)]) -> Option<Like> {
        let Some((by, column)) = view.text().split_once('.') else {
            return Some(Like { through: None, column: self.place(view, of, view.text())? });
        };
        let entity = self.0.schema.entity(of);
        let name = |(place, _): &(usize, EntityId)| &*entity.columns[entity.projection[*place]].name;
        let Some(number) = through.iter().position(|one| name(one) == by) else {
            let title = format!("`{by}` is not in `through`");
            self.0.wrong.at(view, title, "a list is narrowed by what it shows: name the reference there too");
            return None;
        };
        Some(Like { through: Some(number), column: self.place(view, through[number].1, column)? })
    }

    /// The place of a column among those that devices hold.
    fn place(&self, view: View<'_>, of: EntityId, column: &str) -> Option<usize> {
        let at = self.0.column_named(view, of, column)?;
        let entity = self.0.schema.entity(of);
        let place = entity.projection.iter().position(|held| *held == at);
        if place.is_none() {
            let title = format!("devices do not hold `{column}` of `{}`", entity.name);
            self.0.wrong.at(view, title, format!("add it to `entity.{}.project`", entity.name));
        }
        place
    }

    /// Whether devices have a table of the entity.
    fn held(&self, view: View<'_>, of: EntityId) -> Option<()> {
        let entity = self.0.schema.entity(of);
        if !entity.delivery.is_on_devices() {
            let title = format!("devices hold no `{}`", entity.name);
            let help = "it lives on the backend alone; list what is delivered, or copies: \"fold ENTITY.COLUMN via REFERENCE\"";
            self.0.wrong.at(view, title, help);
            return None;
        }
        Some(())
    }
}
