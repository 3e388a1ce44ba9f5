//! The app: its hooks, and the lists that its screens show.

use super::ResolveContext;
use crate::base::{EntityId, Word};
use crate::config::view::{View, read};
use crate::contract::{ColumnKind, Hook, Like, LocalQuery};
use crate::setup::{AppCall, AppQuery, HookPlan, Hooks};

impl ResolveContext<'_> {
    pub(super) fn hooks(&self) -> Hooks {
        let view = self.root.at("hooks");
        let there = |hook: &Hook| Some((*hook, hook_plan(self, view.at(hook.word()).present()?)));
        Hook::VALUES.iter().filter_map(there).collect()
    }

    pub(super) fn queries(&self) -> Vec<AppQuery> {
        let query = |(name, view): (&str, View<'_>)| {
            if self.stack().is_some_and(|stack| !stack.is_builtin) {
                let title = "only the database of the built-in stack can be queried";
                self.mistakes.at(view, title, "remove `query`: this stack is not built in");
            }
            Some(AppQuery {
                name: name.to_owned(),
                query: query(self, view)?,
                every: view.at("every").span(),
            })
        };
        self.root.at("query").entries().filter_map(query).collect()
    }
}

fn hook_plan(context: &ResolveContext<'_>, view: View<'_>) -> HookPlan {
    let call = |view: View<'_>| read!(view, AppCall { request response takes timeout });
    read!(view, HookPlan { takes hangs throws } with {
        unit: context.unit_named(view.at("unit")),
        calls: view.at("calls").present().map(call),
        triggers: context.unit_named(view.at("triggers")),
    })
}

fn query(context: &ResolveContext<'_>, view: View<'_>) -> Option<LocalQuery> {
    let name = view.at("of");
    let of = context.entity(name)?;
    held(context, name, of)?;
    context.mistakes.once(view, "through");
    let through: Option<Vec<_>> =
        view.at("through").items().map(|item| reference(context, item, of)).collect();
    let through = through?;
    let like =
        if let Some(at) = view.at("like").present() { Some(like(context, at, of, &through)?) } else { None };
    Some(LocalQuery { of, through, like })
}

fn reference(context: &ResolveContext<'_>, view: View<'_>, of: EntityId) -> Option<(usize, EntityId)> {
    let place = place(context, view, of, view.text())?;
    let entity = context.schema.entity(of);
    let ColumnKind::Ref(to) = entity.columns[entity.projection[place]].kind else {
        let title = format!("`{}` of `{}` does not refer to a row", view.text(), entity.name);
        context.mistakes.at(view, title, "`through` takes columns of type \"ref ENTITY\"");
        return None;
    };
    held(context, view, to)?;
    Some((place, to))
}

fn like(
    context: &ResolveContext<'_>,
    view: View<'_>,
    of: EntityId,
    through: &[(usize, EntityId)],
) -> Option<Like> {
    let Some((by, column)) = view.text().split_once('.') else {
        return Some(Like { through: None, column: place(context, view, of, view.text())? });
    };
    let entity = context.schema.entity(of);
    let name = |(place, _): &(usize, EntityId)| &*entity.columns[entity.projection[*place]].name;
    let Some(number) = through.iter().position(|one| name(one) == by) else {
        let help =
            "a list can be narrowed only by columns that it shows: name the reference in `through` too";
        context.mistakes.at(view, format!("`{by}` is not in `through`"), help);
        return None;
    };
    Some(Like { through: Some(number), column: place(context, view, through[number].1, column)? })
}

fn place(context: &ResolveContext<'_>, view: View<'_>, of: EntityId, column: &str) -> Option<usize> {
    let at = context.column_named(view, of, column)?;
    let entity = context.schema.entity(of);
    let place = entity.projection.iter().position(|held| *held == at);
    if place.is_none() {
        let title = format!("devices do not hold `{column}` of `{}`", entity.name);
        context.mistakes.at(view, title, format!("add the column to `entity.{}.project`", entity.name));
    }
    place
}

fn held(context: &ResolveContext<'_>, view: View<'_>, of: EntityId) -> Option<()> {
    let entity = context.schema.entity(of);
    if !entity.delivery.is_on_devices() {
        let help = "its rows exist only on the backend: list an entity that is delivered, or copy a column with \"fold ENTITY.COLUMN via REFERENCE\"";
        context.mistakes.at(view, format!("devices hold no `{}`", entity.name), help);
        return None;
    }
    Some(())
}
