//! Entities that no sync carries, whose rows never come or whose edits never leave, and units that
//! nothing starts.

use std::collections::BTreeSet;

use super::super::diagnostic::Diagnostic;
use super::super::plan::Plan;
use super::view::View;
use crate::base::{EntityId, Ppm, UnitId};
use crate::contract::{ColumnKind, Delivery, EditKind, SyncUnit, Trigger};
use crate::scenario::plan::{Happening, Planned};
use crate::workload::Action;

/// Entities whose rows come to devices as deltas, and that no unit pulls. Nothing of them would
/// ever come, and the oracle would look for nothing.
pub(super) fn unpulled(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let pulled = |id: EntityId| plan.units.iter().any(|unit| unit.pull.contains(&id));
    let forgotten = |id: &EntityId| plan.schema.entity(*id).delivery == Delivery::Delta && !pulled(*id);
    let names: Vec<&str> =
        plan.schema.ids().filter(forgotten).map(|id| &*plan.schema.entity(id).name).collect();
    let first = *names.first()?;
    let entity = root.at("entity").key(first);
    let at = [entity.at("delivery"), entity].into_iter().find_map(View::place);
    let title = format!("no unit pulls `{}`: no row would ever come to a device", names.join("`, `"));
    let help = format!(
        "write pull = [\"{first}\"] in a unit; delivery = \"upload-only\" or \"backend-only\" says that no row is to come"
    );
    Some(Diagnostic::new(at, title).help(help))
}

/// Entities that people edit on devices, and that no unit pushes.
pub(super) fn unpushed(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let pushed = |entity: EntityId| plan.units.iter().any(|unit| unit.push.contains(&entity));
    let mut told = BTreeSet::new();
    let mut doubts = Vec::new();
    for action in edited(plan) {
        if !pushed(action.entity) && told.insert(action.entity) {
            let entity = &plan.schema.entity(action.entity).name;
            let written = root.at("action").key(&action.name).at("entity");
            let at = written.place().or_else(|| root.at("unit").place());
            let title = format!("no unit pushes `{entity}`, which people edit on devices");
            let help = format!("their edits wait for ever; write push = [\"{entity}\"] in a unit");
            doubts.push(Diagnostic::new(at, title).help(help));
        }
    }
    doubts
}

/// Units that push rows which refer to others that people make, and leave those to another unit:
/// what goes out before its parent is refused, or has to wait for it.
pub(super) fn without_parents(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let made = |entity: EntityId| {
        edited(plan).any(|action| action.entity == entity && action.kind == EditKind::Create)
    };
    let mut doubts = Vec::new();
    for unit in plan.units.iter() {
        for child in unit.push.iter().filter(|child| made(**child)) {
            let parents = plan.schema.entity(*child).projected().filter_map(|column| match column.kind {
                ColumnKind::Ref(parent) => Some(parent),
                _ => None,
            });
            for parent in parents.filter(|parent| !unit.push.contains(parent) && made(*parent)) {
                let [child, parent] = [*child, parent].map(|id| &plan.schema.entity(id).name);
                let title = format!(
                    "`unit.{}` pushes `{child}` and not `{parent}`, which that refers to and people make, too",
                    unit.name
                );
                let help =
                    format!("a `{child}` that goes before its `{parent}` is refused: push both in one unit");
                let at = root.at("unit").key(&unit.name).at("push");
                doubts.push(Diagnostic::new(at.place(), title).help(help));
            }
        }
    }
    doubts
}

/// Entities whose rows come as a record is opened, where nobody opens such a record.
pub(super) fn unopened(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let record_of = |id: EntityId| match plan.schema.entity(id).delivery {
        Delivery::OnOpen { by } => match plan.schema.entity(id).columns[by].kind {
            ColumnKind::Ref(record) => Some(record),
            _ => None,
        },
        _ => None,
    };
    let opened = plan.workload.opened.filter(|_| plan.workload.opens_per_day_milli > 0);
    // Who edits such a row has opened its record before.
    let edited = edited(plan).filter_map(|action| record_of(action.entity));
    let read: BTreeSet<EntityId> = edited.chain(opened.map(|id| record_of(id).unwrap_or(id))).collect();
    let told = |id: EntityId| {
        let record = record_of(id).filter(|record| !read.contains(record))?;
        let [name, record] = [id, record].map(|id| &plan.schema.entity(id).name);
        let at = root.at("entity").key(name).at("delivery");
        let title = format!("rows of `{name}` come as a `{record}` is opened, and nobody opens one");
        let help = format!("write [workload] opens = {{ entity = \"{record}\", per_day = 5 }}");
        Some(Diagnostic::new(at.place(), title).help(help))
    };
    plan.schema.ids().filter_map(told).collect()
}

/// Units that nothing starts: they run when the script is over. Who writes that they are started by
/// hand (`manual`) knows that.
pub(super) fn unstarted(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let by_events = plan.events.iter().filter_map(|event| match event.what {
        Happening::Trigger { unit, .. } => Some(unit),
        _ => None,
    });
    let by_hooks = plan.hooks.values().filter_map(|hook| hook.triggers);
    let triggered: BTreeSet<UnitId> = by_events.chain(by_hooks).collect();
    let started =
        |number: usize, unit: &SyncUnit| !unit.on.is_empty() || triggered.contains(&UnitId(number as u16));
    let told = |(number, unit): (usize, &SyncUnit)| {
        let written = root.at("unit").key(&unit.name);
        let at = [written.at("on"), written].into_iter().find_map(View::place);
        let title = format!("nothing starts `unit.{}` before the script is over", unit.name);
        let help = "name what does in `on`, such as [\"login\"], or trigger it by an event or a hook";
        (!started(number, unit)).then(|| Diagnostic::new(at, title).help(help))
    };
    plan.units.iter().enumerate().filter_map(told).collect()
}

/// Units that are due so rarely that the script is over before they are.
pub(super) fn never_due(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let mut doubts = Vec::new();
    for unit in plan.units.iter() {
        for trigger in &unit.on {
            let Trigger::Every(period) = *trigger else { continue };
            // Of units that nobody wrote nobody asked when they are due.
            let at = root.at("unit").key(&unit.name).at("on").place();
            if period <= plan.duration || at.is_none() {
                continue;
            }
            let title = format!(
                "`unit.{}` is due every {period}, and the script lasts {}: it never is",
                unit.name, plan.duration
            );
            doubts.push(Diagnostic::new(at, title).help("a shorter period, or a longer `duration`"));
        }
    }
    doubts
}

/// Proxies that keep answers, where each request is another: who writes how pages are asked for
/// knows that.
pub(super) fn nothing_to_cache(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let requests = root.at("engine").at("pull").at("requests");
    if plan.engine_name != "builtin" || requests.place().is_some() {
        return None;
    }
    let is_proxy = |event: &&Planned| matches!(event.what, Happening::CachingProxy { .. });
    let event = plan.events.iter().find(is_proxy).map(|event| root.at("event").key(&event.name));
    let always = plan.proxy.map(|_| root.at("proxy"));
    let at = event.or(always)?.place();
    let title = "each page is asked for by a request of its own, so that a proxy finds none that it has kept";
    let help =
        "[engine.pull] requests = \"plain\" asks for pages by an address; \"unique\" says that this is meant";
    Some(Diagnostic::new(at, title).help(help))
}

/// The actions that people do on devices.
fn edited(plan: &Plan) -> impl Iterator<Item = &Action> {
    let by_events: BTreeSet<usize> = plan.events.iter().filter_map(Planned::action).collect();
    let actions = plan.workload.actions.iter().enumerate().filter(move |(number, action)| {
        action.on_devices > Ppm(0) && action.per_device_milli > 0 || by_events.contains(number)
    });
    actions.map(|(_, action)| action)
}
