//! Lints: settings that are allowed but probably not meant. No run would reveal them, or a run
//! would only report that it is stuck. A run itself reports the parts that it did not use
//! (`world/parts`).

use std::collections::BTreeSet;

use super::super::plan::Plan;
use super::super::rows::CsvFiles;
use super::links::kept_gaps;
use super::own::csv_row_lints;
use super::scopes::of_scopes;
use crate::backend::Provisioning;
use crate::base::words::count;
use crate::base::{EntityId, Ppm, Span, Time, UnitId, Word};
use crate::config::diagnostic::{Diagnostic, closest};
use crate::config::view::View;
use crate::contract::{
    Column, ColumnKind, Delivery, EditKind, Hook, NetworkKind, ScopeRule, SyncUnit, Trigger,
};
use crate::engine::{CursorBook, MissingParent, SyncDate};
use crate::faults;
use crate::gateway::{LastModifiedBound, LastModifiedOptions, LastModifiedPaging, LastModifiedSource, Mode};
use crate::setup::{ASKED_EVERY, Happening, HookPlan, Planned, Who};
use crate::workload::{Action, DataError, Dataset, Maker};

/// Reports settings that make the run impossible, before the run.
pub(super) fn impossible(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    no_time_to_drain(plan, root).or_else(|| unpulled(plan, root)).or_else(|| no_such_data(plan, root))
}

fn no_time_to_drain(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let devices: u64 = plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum();
    let asked = ASKED_EVERY * devices;
    if plan.drain > asked {
        return None;
    }
    let at = [root.at("drain"), root.at("fleet")].into_iter().find_map(View::place);
    let all = count(devices, "device");
    let title = format!("a drain of {} ends before all of {all} are asked to sync", plan.drain);
    let help = format!("write a `drain` of more than {asked}: one device is asked every {ASKED_EVERY}");
    Some(Diagnostic::new(at, title).help(help))
}

/// Reports entities that no unit pulls, because the oracle could not check their rows.
fn unpulled(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let pulled = |id: EntityId| plan.units.iter().any(|unit| unit.pull.contains(&id));
    let forgotten = |id: &EntityId| plan.schema.entity(*id).delivery == Delivery::Delta && !pulled(*id);
    let names: Vec<&str> =
        plan.schema.ids().filter(forgotten).map(|id| &*plan.schema.entity(id).name).collect();
    let first = *names.first()?;
    let entity = root.at("entity").key(first);
    let at = [entity.at("delivery"), entity].into_iter().find_map(View::place);
    let title = format!("no unit pulls `{}`: its rows would never come to a device", names.join("`, `"));
    let help = format!(
        "write pull = [\"{first}\"] in a unit; if no row should come, write delivery = \"upload-only\" or \"backend-only\""
    );
    Some(Diagnostic::new(at, title).help(help))
}

fn no_such_data(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let (schema, values) = (plan.schema.clone(), plan.attribute_values());
    let error =
        Dataset::new(plan.seed, schema, &plan.data, plan.start, plan.utc_offset, &values, &|| true).err()?;
    let (place, help) = match &error {
        DataError::TooFewNames { entity, .. } => {
            let help =
                "write fewer rows, or columns with more possible values: a text has an unlimited number";
            (root.at("entity").key(entity).at("unique"), help)
        }
        DataError::Circle { entity, column } => {
            let help = "give one column of the circle a type other than \"fold …\"";
            (root.at("entity").key(entity).at("schema").key(column), help)
        }
    };
    Some(Diagnostic::new(place.place(), error.to_string()).help(help))
}

pub(super) fn lints(plan: &Plan, root: View<'_>, csv_files: &CsvFiles) -> Vec<Diagnostic> {
    let all = [
        csv_row_lints(plan, root, csv_files),
        unpushed(plan, root),
        unedited(plan, root).into_iter().collect(),
        without_parents(plan, root),
        of_scopes(plan, root),
        unstarted(plan, root),
        longer_than_the_script(plan, root),
        never_allowed(plan, root),
        starts_itself(plan, root),
        kept_gaps(root),
        of_nobody(plan, root),
        of_nothing(root),
        of_no_trouble(root),
        read_again(plan, root).into_iter().collect(),
        waits_for_what_is_gone(plan, root).into_iter().collect(),
        asks_behind(plan, root).into_iter().collect(),
        loads_again(plan, root).into_iter().collect(),
        after_the_script(plan, root),
        unused_attributes(plan, root),
    ];
    all.into_iter().flatten().map(Diagnostic::warning).collect()
}

fn unpushed(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let pushed = |entity: EntityId| plan.units.iter().any(|unit| unit.push.contains(&entity));
    let told = |action: &Action| {
        let entity = &plan.schema.entity(action.entity).name;
        let written = root.at("action").key(&action.name).at("entity");
        let at = written.place().or_else(|| root.at("unit").place());
        let help = format!("write push = [\"{entity}\"] in a unit; without it these edits wait for ever");
        Diagnostic::new(at, format!("no unit pushes `{entity}`, which people edit on devices")).help(help)
    };
    let mut seen = BTreeSet::new();
    edited(plan).filter(|action| !pushed(action.entity) && seen.insert(action.entity)).map(told).collect()
}

/// Reports entities that only the office edits by default. Without `[action]`, users edit only the
/// entities that units push.
fn unedited(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let of_office = |action: &&Action| action.on_devices == Ppm(0);
    let by_default = root.at("action").place().is_none();
    let actions = plan.workload.actions.iter().filter(|_| by_default).filter(of_office);
    let names: Vec<&str> = actions.map(|action| &*plan.schema.entity(action.entity).name).collect();
    let first = names.first()?;
    let title = format!("no unit pushes `{}`, so by default only the office edits it", names.join("`, `"));
    let help = format!(
        "to let people edit `{first}`, write push = [\"{first}\"] in a unit; to choose who edits, write [action.NAME], with per_device = 0 for no edits"
    );
    Some(Diagnostic::new(root.at("unit").place(), title).help(help))
}

/// Reports units that push new child rows without their parents. The backend refuses such a child,
/// or the child waits.
fn without_parents(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let made = |entity: EntityId| {
        edited(plan).any(|action| action.entity == entity && action.kind == EditKind::Create)
    };
    let mut lints = Vec::new();
    for unit in plan.units.iter() {
        for child in unit.push.iter().filter(|child| made(**child)) {
            let parents = parents(plan, *child);
            for parent in parents.filter(|parent| !unit.push.contains(parent) && made(*parent)) {
                let [child, parent] = [*child, parent].map(|id| &plan.schema.entity(id).name);
                let title = format!(
                    "`unit.{}` pushes `{child}` but not `{parent}`: people create both, and `{child}` refers to `{parent}`",
                    unit.name
                );
                let help = format!(
                    "push both in one unit: the backend refuses a `{child}` that is sent before its `{parent}`"
                );
                let at = root.at("unit").key(&unit.name).at("push");
                lints.push(Diagnostic::new(at.place(), title).help(help));
            }
        }
    }
    lints
}

fn parents(plan: &Plan, of: EntityId) -> impl Iterator<Item = EntityId> {
    let parent = |column: &Column| if let ColumnKind::Ref(to) = column.kind { Some(to) } else { None };
    plan.schema.entity(of).projected().filter_map(parent)
}

/// Reports units that nothing starts. A unit with an explicit `manual` is meant to be started by
/// hand.
fn unstarted(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let of_event =
        |event: &Planned| if let Happening::Trigger(unit, _) = event.what { Some(unit) } else { None };
    let by_events = plan.events.iter().filter_map(of_event);
    let by_hooks = plan.hooks.values().filter_map(|hook| hook.triggers);
    let triggered: BTreeSet<UnitId> = by_events.chain(by_hooks).collect();
    let started =
        |number: usize, unit: &SyncUnit| !unit.on.is_empty() || triggered.contains(&UnitId(number as u16));
    let told = |(number, unit): (usize, &SyncUnit)| {
        let written = root.at("unit").key(&unit.name);
        let at = [written.at("on"), written].into_iter().find_map(View::place);
        let title = format!("nothing starts `unit.{}` before the script is over", unit.name);
        let help = "name a trigger in `on`, such as [\"login\"], or trigger it by an event or a hook";
        (!started(number, unit)).then(|| Diagnostic::new(at, title).help(help))
    };
    plan.units.iter().enumerate().filter_map(told).collect()
}

/// Reports periods and a debounce that are longer than the script. What they delay never happens.
fn longer_than_the_script(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let held = |trigger: &Trigger| matches!(trigger, Trigger::Online | Trigger::Resume | Trigger::Every(_));
    let any_held = plan.units.iter().any(|unit| unit.on.iter().any(held));
    let debounce = any_held.then_some(("engine.debounce".to_owned(), plan.engine.debounce));
    let poll = plan.engine.network_poll.map(|poll| ("engine.network_poll".to_owned(), poll));
    let periods = plan.units.iter().flat_map(|unit| {
        unit.on.iter().filter_map(|trigger| match trigger {
            Trigger::Every(period) => Some((format!("unit.{}.on", unit.name), *period)),
            _ => None,
        })
    });
    let told = |(path, span): (String, Span)| {
        // A default has no place in the file and is not reported.
        let at = root.at(&path).place().filter(|_| span > plan.duration)?;
        let title = format!(
            "`{path}` has {span}, but the script lasts only {}: this time ends too late",
            plan.duration
        );
        Some(Diagnostic::new(Some(at), title).help("write a shorter time, or a longer `duration`"))
    };
    debounce.into_iter().chain(poll).chain(periods).filter_map(told).collect()
}

fn never_allowed(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let links = plan.fleets.iter().flat_map(|fleet| &fleet.links).filter(|(_, devices)| *devices > 0);
    let changes = plan.events.iter().filter_map(|event| Some(event.what.fault()?.link.as_ref()?.kind));
    let networks: BTreeSet<NetworkKind> = links.map(|(link, _)| link.kind).chain(changes).collect();
    let never = |unit: &&SyncUnit| {
        let allowed = |network: &NetworkKind| unit.when.iter().all(|condition| network.allows(*condition));
        !networks.is_empty() && !networks.iter().any(allowed)
    };
    let told = |unit: &SyncUnit| {
        let words: Vec<&str> = unit.when.iter().map(|condition| condition.word()).collect();
        let title = format!(
            "`unit.{}` never starts automatically: it waits for \"{}\", and no device is ever on such a network",
            unit.name,
            words.join("\" and \"")
        );
        let at = root.at("unit").key(&unit.name).at("when").place();
        Diagnostic::new(at, title).help("give a fleet a `link` of kind \"wifi\", or write another condition")
    };
    plan.units.iter().filter(never).map(told).collect()
}

fn starts_itself(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let hooks = plan.hooks.iter().filter(|(hook, _)| matches!(hook, Hook::SyncStart | Hook::SyncComplete));
    let told = |(hook, does): (&Hook, &HookPlan)| {
        let unit = does.triggers.filter(|unit| does.unit.is_none_or(|own| own == *unit))?;
        let name = &plan.units[usize::from(unit.0)].name;
        let hook = hook.word();
        let title = format!(
            "`hooks.{hook}` triggers `{name}` after runs of `{name}` too: the unit starts itself for ever"
        );
        let at = root.at("hooks").key(hook).at("triggers").place();
        let help = format!("set `unit` in the hook to another unit, whose runs should trigger `{name}`");
        Some(Diagnostic::new(at, title).help(help))
    };
    hooks.filter_map(told).collect()
}

/// Reports events whose share rounds to 0 devices. A share of 0 is allowed, because a variant or an
/// axis may change it.
fn of_nobody(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let devices: u64 = plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum();
    let told = |event: &Planned| {
        let (key, share, of) = match &event.who {
            Who::Devices(devices) => ("devices", Ppm::ONE, devices.len() as u64),
            Who::Share(share) => ("share", *share, devices),
            Who::ShareOf { share, attribute } => {
                ("share", *share, plan.attributes[*attribute].values.len() as u64)
            }
        };
        let (_, kind) = root.at("event").key(&event.name).entries().find(|(_, kind)| kind.is_table())?;
        let at = kind.at(key).place().filter(|_| share > Ppm(0) && share.of(of) == 0)?;
        let title = format!("`event.{}` affects no device", event.name);
        Some(
            Diagnostic::new(Some(at), title)
                .help(format!("write a larger share: {share} of {of} rounds to 0")),
        )
    };
    plan.events.iter().filter_map(told).collect()
}

/// Reports events without length or size. An event is not reported if an axis or a variant changes
/// it.
fn of_nothing(root: View<'_>) -> Vec<Diagnostic> {
    let told = |(name, event): (&str, View<'_>)| {
        let (kind, own) = event.entries().find(|(key, _)| *key != "at")?;
        let figures = ["for", "by", "factor"].map(|key| own.at(key));
        let changed =
            event.is_changed() || own.is_changed() || figures.iter().any(|figure| figure.is_changed());
        let place = figures.iter().find_map(|figure| figure.place())?;
        let title = format!("`event.{name}` has no effect: its `{kind}` has a length or size of 0");
        let help = "write a length or a size; only an axis or a variant may begin with 0";
        let is_nothing = faults::KINDS.iter().any(|fault| fault.key.name == kind && (fault.is_nothing)(own));
        (is_nothing && !changed).then(|| Diagnostic::new(Some(place), title).help(help))
    };
    root.at("event").entries().filter_map(told).collect()
}

/// Reports actions that make no edits if other actions make edits. If no action makes edits, that
/// is meant.
pub(in super::super) fn of_no_edits(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let says_how = plan.workload.contention.beside > Ppm(0) || plan.taken().next().is_none();
    let taken: BTreeSet<&str> = plan.taken().map(|action| action.name.as_str()).collect();
    let is_idle = |action: &&Action| !says_how && !taken.contains(action.name.as_str());
    let told = |action: &Action| {
        let at = root.at("action").key(&action.name).at("per_device");
        let title = format!("`action.{}` has no effect: it makes no edits", action.name);
        let help =
            "write more than 0, or an event with `edits` of this action; only an axis or a variant may set 0";
        (!at.is_changed()).then(|| Diagnostic::new(at.place(), title).help(help).warning())
    };
    plan.workload.actions.iter().filter(is_idle).filter_map(told).collect()
}

/// Reports keys of random faults that are off. An explicit `0s` is meant.
fn of_no_trouble(root: View<'_>) -> Vec<Diagnostic> {
    let chaos = root.at("chaos");
    let told = |(key, view): (&str, View<'_>)| {
        let mtbf = format!("{}_mtbf", key.split('_').next()?);
        let often = chaos.at(&mtbf).present()?;
        let at = view.place().filter(|_| often.place().is_none() && often.span() == Span::ZERO)?;
        let title = format!("`chaos.{key}` has no effect: `chaos.{mtbf}` is missing");
        let help = format!("write {mtbf} = \"1h\" for one fault per hour, or \"0s\" for none");
        Some(Diagnostic::new(Some(at), title).help(help))
    };
    chaos.entries().filter_map(told).collect()
}

fn waits_for_what_is_gone(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let untold = !plan.capture().1.finds_absence;
    let keeps_none = matches!(plan.backend.provisioning, Provisioning::StampsOnly);
    if plan.engine.pull.missing_parent != MissingParent::Wait {
        return None;
    }
    let (actions, contended) = (&plan.workload.actions, plan.workload.contention.deletes > Ppm(0));
    let deletes =
        |action: &Action| action.kind == EditKind::Delete || contended && action.kind == EditKind::Update;
    let is_deleted = |of: EntityId| actions.iter().any(|action| action.entity == of && deletes(action));
    let families = || plan.schema.ids().flat_map(|id| parents(plan, id).map(move |parent| (parent, id)));
    let at = root.at("engine.pull.missing_parent").place()?;
    let name = |of: EntityId| &plan.schema.entity(of).name;
    if let Some((parent, _)) = families().find(|(parent, _)| untold && keeps_none && is_deleted(*parent)) {
        let parent = name(parent);
        let title = format!(
            "a row may wait for ever for its `{parent}`: no pull reports that a `{parent}` was deleted"
        );
        return Some(Diagnostic::new(Some(at), title).help(
            "to find deletes, write `provisioning = \"full\"`, `capture = { hash = {} }` or `reconcile`; or set missing_parent = \"ignore\"",
        ));
    }
    let unheard = |of: EntityId| plan.schema.entity(of).delivery != Delivery::Delta;
    let (parent, child) = families().find(|(parent, child)| is_deleted(*parent) && unheard(*child))?;
    let (parent, child) = (name(parent), name(child));
    let title = format!(
        "the delete of a `{parent}` may wait for ever for each `{child}` that refers to it: no pull reports the delete of a `{child}`"
    );
    Some(Diagnostic::new(Some(at), title).help("set missing_parent = \"ignore\""))
}

fn read_again(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let (place, capture) = plan.capture();
    let options: &LastModifiedOptions = capture.of()?;
    let by_stamp = options.bound != LastModifiedBound::Keyset
        && options.paging == LastModifiedPaging::Keyset
        && options.source == LastModifiedSource::Records;
    let filter = plan.backend.filter_precision;
    if !by_stamp || filter <= plan.backend.stamp_precision {
        return None;
    }
    let bound = root.at(&format!("{place}.last_modified.bound"));
    let title = format!(
        "a page may come again for ever: pages end at exact times, but the backend returns changes only since a multiple of {filter}"
    );
    let help = format!(
        "write `bound = \"keyset\"` to skip rows already read, or pages with more rows than change in {filter}"
    );
    Some(Diagnostic::new(bound.place(), title).help(help))
}

fn asks_behind(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    if plan.engine.pull.cursor != CursorBook::LastSyncOn || !plan.judged.expect.violations.is_empty() {
        return None;
    }
    let lag = plan.backend.replica_lag;
    let (title, help) = match plan.engine.push.sync_date {
        _ if lag > Span::ZERO => (
            format!(
                "changes may never come: the next pull asks by the date of a sync, but reads see what was committed {lag} before"
            ),
            "write cursor = \"entity\": then the next pull asks by what the last one brought",
        ),
        SyncDate::End => (
            "changes may never come: the next pull asks by the date of a sync's end, but the server may commit changes between its response and that end".to_owned(),
            "write sync_date = \"start\" in [engine.push], or cursor = \"entity\"",
        ),
        SyncDate::Start => return None,
    };
    let place = root.at("engine.pull.cursor").place()?;
    Some(Diagnostic::new(Some(place), title).help(help))
}

fn loads_again(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let options: &LastModifiedOptions = plan.capture().1.of()?;
    let by_date = plan.engine.pull.cursor == CursorBook::LastSyncOn && plan.gateway.mode == Mode::Ota;
    let at = root.at("engine.pull.cursor").place().filter(|_| by_date && options.reconcile.is_some())?;
    let title = "with `reconcile`, each sync reloads all rows: a date does not say which deletes a phone already knows";
    Some(
        Diagnostic::new(Some(at), title)
            .help("write cursor = \"entity\", or use another way to find deletes"),
    )
}

/// Reports working hours and logins that begin after the end of the script.
fn after_the_script(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let waves = plan.workload.logins.iter().map(|wave| wave.at);
    let logins = root.at("workload.login").entries().map(|(_, wave)| wave.at("at"));
    let hours = (root.at("workload.hours.from"), plan.workload.hours.0);
    let told = |(written, begins): (View<'_>, Time)| {
        let at = written.place().filter(|_| begins >= Time::ZERO + plan.duration)?;
        let title = "this begins after the end of the script, when nobody works";
        Some(Diagnostic::new(Some(at), title).help("write an earlier time, or a longer `duration`"))
    };
    logins.zip(waves).chain([hours]).filter_map(told).collect()
}

fn unused_attributes(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let of_events = plan.events.iter().filter_map(|event| match (&event.who, &event.what) {
        (Who::ShareOf { attribute, .. }, _) | (_, Happening::Import { of_one: Some(attribute), .. }) => {
            Some(*attribute)
        }
        _ => None,
    });
    let of_owners = plan.workload.editing.owners.values().map(|(_, attribute)| *attribute);
    let scopes = plan.schema.entities.iter().flat_map(|entity| &entity.scope);
    let of_scopes = scopes.filter_map(ScopeRule::attribute).map(|(_, attribute)| attribute);
    let attribute = |maker: &Maker| if let Maker::Attribute(of) = maker { Some(*of) } else { None };
    let of_columns = plan.data.iter().flat_map(|data| &data.columns).filter_map(attribute);
    let used = of_events.chain(of_owners).chain(of_scopes).chain(of_columns);
    let used: BTreeSet<&str> = used.map(|attribute| &*plan.attributes[attribute].name).collect();
    let fleets = root.at("fleet").entries().map(|(_, fleet)| fleet.at("attributes"));
    // An attribute that only a scope names has no place in the file.
    let written = fleets.flat_map(View::entries).filter(|(_, view)| view.place().is_some());
    let told = |(name, view): (&str, View<'_>)| {
        let title = format!("nothing uses the attribute `{name}`: no scope, no column and no event names it");
        let help = match closest(name, used.iter().copied()) {
            Some(meant) => format!("the scenario uses `{meant}`: did you mean that?"),
            None => "name the attribute in a scope: column = \"device.NAME\"".to_owned(),
        };
        Diagnostic::new(view.place(), title).help(help)
    };
    written.filter(|(name, _)| !used.contains(name)).map(told).collect()
}

fn edited(plan: &Plan) -> impl Iterator<Item = &Action> {
    let by_events: BTreeSet<usize> = plan.events.iter().filter_map(Planned::action).collect();
    let actions = plan.workload.actions.iter().enumerate().filter(move |(number, action)| {
        action.on_devices > Ppm(0) && action.per_device_milli > 0 || by_events.contains(number)
    });
    actions.map(|(_, action)| action)
}
