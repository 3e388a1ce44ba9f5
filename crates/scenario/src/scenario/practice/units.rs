//! Practices about units: the entities that they sync, and the triggers that start them.

use std::collections::BTreeSet;

use super::super::plan::Plan;
use super::super::written::trigger_text;
use super::data::on_phones;
use super::seen::{Mend, Seen, all_do, listed, texts};
use crate::base::{EntityId, Span, Word};
use crate::contract::{SyncUnit, Trigger};

/// The period of a unit that should start without a user.
const FROM_TIME_TO_TIME: Trigger = Trigger::Every(Span::secs(15 * 60));

pub(super) fn free_screen(plan: &Plan) -> Seen {
    let blocking: Vec<&SyncUnit> = plan.units.iter().filter(|unit| unit.blocking).collect();
    let figure = |SyncUnit { name, .. }: &&SyncUnit| {
        (format!("runs of `{name}` end within"), format!("engine.session.duration.p95/{name}"))
    };
    let figures = blocking.iter().map(figure).collect();
    let block = || all_do(&named(&blocking), ["blocks", "block"]) + " the screen";
    Seen { figures, ..Seen::if_so(blocking.is_empty(), block) }
}

pub(super) fn unit_for_moment(plan: &Plan) -> Seen {
    let units = &plan.units;
    let [first, others @ ..] = &**units else { return Seen::moot("there is no unit") };
    let everything = all(plan, |unit| &unit.pull);
    let is_all_pulled = |unit: &SyncUnit| {
        !everything.is_empty() && everything.iter().all(|entity| unit.pull.contains(entity))
    };
    let same = |unit: &SyncUnit| synced(unit) == synced(first);
    let at_saves = units.iter().find(|unit| unit.on.contains(&Trigger::Save) && is_all_pulled(unit));
    let because = match (others, at_saves) {
        ([], _) => format!("`{}` is the only unit", first.name),
        _ if others.iter().all(same) => "all units sync the same".to_owned(),
        (_, Some(unit)) => format!("`{}` pulls all entities after each save", unit.name),
        _ => return Seen::does(),
    };
    Seen::does_not(because).mended(by_moment(plan))
}

/// Whether entities can be synced one by one: some unit syncs only a part of them.
pub(super) fn one_by_one(plan: &Plan) -> Seen {
    let of = |unit: &SyncUnit| unit.pull.iter().chain(&unit.push).copied().collect::<BTreeSet<_>>();
    let every: BTreeSet<EntityId> = plan.units.iter().flat_map(of).collect();
    let is_part = |unit: &SyncUnit| of(unit).len() < every.len() && !of(unit).is_empty();
    let so = every.len() < 2 || plan.units.iter().any(is_part);
    let because = || match &*plan.units {
        [only] => format!("`{}` syncs all entities together", only.name),
        _ => "each unit syncs all entities together".to_owned(),
    };
    Seen::if_so(so, because).mended(by_entity(plan))
}

pub(super) fn full_sync_replaces(plan: &Plan) -> Seen {
    let [pulled, pushed] = [all(plan, |unit| &unit.pull), all(plan, |unit| &unit.push)];
    let covers = |of: &[EntityId], all: &BTreeSet<EntityId>| all.iter().all(|entity| of.contains(entity));
    let is_full = |unit: &&SyncUnit| covers(&unit.pull, &pulled) && covers(&unit.push, &pushed);
    let full: Vec<&SyncUnit> = plan.units.iter().filter(is_full).collect();
    if full.is_empty() {
        return Seen::moot("no unit syncs all entities, so no unit could replace the others");
    }
    let because = || all_do(&named(&full), ["syncs", "sync"]) + " everything without `discard_pending`";
    let so = full.iter().any(|unit| unit.discard_pending);
    let mend = |unit: &&SyncUnit| Mend::set(&["unit", &unit.name, "discard_pending"], true);
    Seen::if_so(so, because).mended(full.iter().map(mend).collect())
}

pub(super) fn starts_by_itself(plan: &Plan) -> Seen {
    let sends = |unit: &&SyncUnit| unit.on.iter().any(|on| matches!(on, Trigger::Save | Trigger::Online));
    let brings = |on: &Trigger| {
        matches!(on, Trigger::Online | Trigger::Resume | Trigger::Background | Trigger::Every(_))
    };
    // Each entity that users edit needs a unit that pushes it on save or when the device comes
    // online. One unit that pulls without a user is enough, because some data seldom changes.
    let sent: BTreeSet<EntityId> =
        plan.units.iter().filter(sends).flat_map(|unit| unit.push.iter().copied()).collect();
    let mut waiting = &all(plan, |unit| &unit.push) - &sent;
    waiting.retain(|id| on_phones(plan, *id).next().is_some());
    let mut pulling = plan.units.iter().filter(|unit| !unit.pull.is_empty()).peekable();
    let brought = pulling.peek().is_none() || pulling.any(|unit| unit.on.iter().any(brings));
    let names: Vec<String> = waiting.iter().map(|id| format!("`{}`", plan.schema.entity(*id).name)).collect();
    let mut because = Vec::new();
    if !waiting.is_empty() {
        let what = listed(&names);
        because.push(format!("no unit that pushes {what} starts when people save or when the network comes"));
    }
    if !brought {
        let why = "no unit that pulls starts when the network comes, when people return to the app, or periodically";
        because.push(why.to_owned());
    }
    let mut mends = Vec::new();
    // The unit that pulls the most entities gets the triggers for changes.
    let most = plan.units.iter().max_by_key(|unit| unit.pull.len()).map(|unit| &unit.name);
    for unit in plan.units.iter() {
        let mut on = unit.on.clone();
        let mut too = |more: &[Trigger]| on.extend(more.iter().filter(|one| !unit.on.contains(one)));
        if unit.push.iter().any(|id| waiting.contains(id)) {
            too(&[Trigger::Save, Trigger::Online]);
        }
        if !brought && Some(&unit.name) == most {
            too(&[Trigger::Online, Trigger::Resume, FROM_TIME_TO_TIME]);
        }
        if on.len() > unit.on.len() {
            on.sort();
            on.dedup();
            mends.push(Mend::set(&["unit", &unit.name, "on"], triggers(&on)));
        }
    }
    Seen::if_so(because.is_empty(), || because.join("; ")).mended(mends)
}

fn named(units: &[&SyncUnit]) -> Vec<String> {
    units.iter().map(|unit| format!("`{}`", unit.name)).collect()
}

fn all(plan: &Plan, of: fn(&SyncUnit) -> &[EntityId]) -> BTreeSet<EntityId> {
    plan.units.iter().flat_map(of).copied().collect()
}

fn synced(unit: &SyncUnit) -> [BTreeSet<EntityId>; 2] {
    [&unit.pull, &unit.push].map(|of| of.iter().copied().collect())
}

fn triggers(on: &[Trigger]) -> toml::Value {
    texts(on.iter().map(|trigger| trigger_text(*trigger)))
}

/// Splits units: one pulls at login, one pushes on each save, and the rest stays as before.
fn by_moment(plan: &Plan) -> Vec<Mend> {
    let mut mends = Vec::new();
    for unit in plan.units.iter() {
        let at = |trigger: &Trigger| unit.on.contains(trigger);
        let rest: Vec<Trigger> =
            unit.on.iter().copied().filter(|on| !matches!(on, Trigger::Login | Trigger::Save)).collect();
        // A unit that only a login starts already serves one occasion.
        if rest.len() == unit.on.len() || unit.on == [Trigger::Login] {
            continue;
        }
        let rest = if rest.is_empty() { vec![Trigger::Manual] } else { rest };
        mends.push(Mend::set(&["unit", &unit.name, "on"], triggers(&rest)));
        if at(&Trigger::Login) {
            mends.push(part(plan, unit, "login", &[Trigger::Login], &unit.pull, &[]));
        }
        if at(&Trigger::Save) {
            mends.push(part(plan, unit, "save", &[Trigger::Save], &[], &unit.push));
        }
    }
    mends
}

/// One unit per entity, for each unit. The original unit then starts only by hand.
fn by_entity(plan: &Plan) -> Vec<Mend> {
    let mut mends = Vec::new();
    for unit in plan.units.iter() {
        mends.push(Mend::set(&["unit", &unit.name, "on"], triggers(&[Trigger::Manual])));
        let of: BTreeSet<EntityId> = unit.pull.iter().chain(&unit.push).copied().collect();
        for entity in of {
            let only = |of: &[EntityId]| of.iter().copied().filter(|one| *one == entity).collect::<Vec<_>>();
            let name = &plan.schema.entity(entity).name;
            mends.push(part(plan, unit, name, &unit.on, &only(&unit.pull), &only(&unit.push)));
        }
    }
    mends
}

fn part(
    plan: &Plan,
    unit: &SyncUnit,
    name: &str,
    on: &[Trigger],
    pull: &[EntityId],
    push: &[EntityId],
) -> Mend {
    let names = |of: &[EntityId]| texts(of.iter().map(|entity| &plan.schema.entity(*entity).name));
    let when = texts(unit.when.iter().map(|condition| condition.word()));
    let lists = [("on", triggers(on)), ("pull", names(pull)), ("push", names(push)), ("when", when)];
    let written = lists.into_iter().filter(|(_, list)| list.as_array().is_some_and(|all| !all.is_empty()));
    let blocking = unit.blocking.then(|| ("blocking", true.into()));
    let table: toml::Table = written.chain(blocking).map(|(key, value)| (key.to_owned(), value)).collect();
    Mend::set(&["unit", &format!("{}-{name}", unit.name)], table)
}
