//! What is allowed and probably not meant.

use std::collections::{BTreeMap, BTreeSet};

use super::super::column::{ColumnType, column_type};
use super::super::diagnostic::{Diagnostic, closest};
use super::super::plan::{ASKED_EVERY, Fleet, Plan};
use super::super::rows::Brought;
use super::super::words::ReadFrom;
use super::conflict::undecided;
use super::futile::{combinations, futile};
use super::links::kept_gaps;
use super::undelivered::{
    never_due, nothing_to_cache, unopened, unpulled, unpushed, unstarted, without_parents,
};
use super::unheld::unheld;
use super::view::View;
use crate::backend::{Provisioning, Trimmed};
use crate::base::words::{count, thousands};
use crate::base::{EntityId, Ppm, Stamp, Time, Value};
use crate::contract::{ColumnKind, EditKind, Entity, ScopeRule};
use crate::engine::MissingParent;
use crate::gateway::{Capture, LastModifiedBound, LastModifiedPaging, LastModifiedSource, Mode};
use crate::net::Moves;
use crate::scenario::plan::{Happening, Planned, Who};
use crate::workload::{Action, DataError, Dataset, GivenRow, LoginWave, Maker};

/// Values that are written out in a warning.
const NAMED: usize = 6;
/// A share of the processor from which on queries that come at random would wait for each other for
/// as long as they take: of the same length, ρ / (2 (1 − ρ)) of it (Pollaczek 1930).
const OVERWORKED: f64 = 2.0 / 3.0;

/// What no run can do as the scenario asks; told here so that nobody has to run it to learn that.
pub(super) fn impossible(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    no_time_to_drain(plan, root).or_else(|| unpulled(plan, root)).or_else(|| no_such_data(plan, root))
}

/// A drain that is over before its last device is asked to sync: every run of it would be stuck.
fn no_time_to_drain(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let devices: u64 = plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum();
    let asked = ASKED_EVERY * devices;
    if plan.drain > asked {
        return None;
    }
    let at = [root.at("drain"), root.at("fleet")].into_iter().find_map(View::place);
    let title = format!(
        "a drain of {} is over before all of {} are asked to sync",
        plan.drain,
        count(devices, "device")
    );
    let help = format!("one is asked every {ASKED_EVERY}, which takes {asked}: write a longer `drain`");
    Some(Diagnostic::new(at, title).help(help))
}

/// Data that cannot be made.
fn no_such_data(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let error = Dataset::check(plan.schema.clone(), &plan.data, &plan.attribute_values()).err()?;
    let (place, help) = match &error {
        DataError::TooFewNames { entity, .. } => {
            let help = "fewer rows, or columns with more values: a text has no end of them";
            (root.at("entity").key(entity).at("unique"), help)
        }
        DataError::Circle { entity, column } => {
            let help = "follow the folded columns: one must hold a value of its own";
            (root.at("entity").key(entity).at("schema").key(column), help)
        }
    };
    Some(Diagnostic::new(place.place(), error.to_string()).help(help))
}

/// All doubts about a plan without mistakes.
pub(super) fn doubts(plan: &Plan, root: View<'_>, brought: &BTreeMap<String, Brought>) -> Vec<Diagnostic> {
    let mut doubts = Vec::new();
    let combinations = combinations(plan);
    for (entity, data) in plan.schema.entities.iter().zip(plan.data.iter()) {
        let Some(rows) = &data.given else { continue };
        let scope = root.at("entity").key(&entity.name).at("scope");
        let file = brought.get(&entity.name).map_or("", |brought| &brought.file);
        if rows.is_empty() {
            let csv = root.at("entity").key(&entity.name).at("rows.csv");
            let title = format!("{file} has a header and no rows: nobody has a `{}`", entity.name);
            doubts.push(Diagnostic::new(csv.place(), title).help("add a line for each row"));
            continue;
        }
        doubts.extend(of_made_rows(root.at("entity").key(&entity.name), file));
        if brought.get(&entity.name).is_some_and(|brought| !brought.is_dated()) {
            doubts.extend(too_new(plan, &entity.name, file, root));
        }
        doubts.extend(made_equal(plan, &entity.name, rows, file, root));
        let rows: Vec<&[Value]> = rows.iter().map(|row| &row.values[..]).collect();
        doubts.extend(nobodys(plan, entity, &rows, &combinations, file, scope));
        doubts.extend(out_of_days(entity, &rows, file, scope));
    }
    doubts.extend(unpushed(plan, root));
    doubts.extend(without_parents(plan, root));
    doubts.extend(unopened(plan, root));
    doubts.extend(unstarted(plan, root));
    doubts.extend(never_due(plan, root));
    doubts.extend(nothing_to_cache(plan, root));
    doubts.extend(kept_gaps(root));
    doubts.extend(unmoved(plan, root));
    doubts.extend(asleep(plan, root));
    doubts.extend(too_rare(plan, root));
    doubts.extend(late_logins(plan, root));
    doubts.extend(late_replacements(plan, root));
    doubts.extend(futile(plan, root));
    doubts.extend(undecided(plan, root));
    doubts.extend(read_again(plan, root));
    doubts.extend(loaded_each_time(plan, root));
    doubts.extend(lone_attributes(plan, root));
    doubts.extend(overworked(plan, root));
    doubts.extend(unheld(plan, root));
    doubts.extend(waits_for_what_is_gone(plan, root));
    doubts.into_iter().map(Diagnostic::warning).collect()
}

/// What is written of the past of rows that have their own.
fn of_made_rows(entity: View<'_>, file: &str) -> Vec<Diagnostic> {
    let keys = ["one_stamp", "age", "changed_daily", "created_daily", "deleted_daily"];
    let written = keys.into_iter().filter_map(|key| Some((key, entity.at(key).place()?)));
    let told = |(key, place)| {
        let title = format!("`{key}` says nothing of rows of one's own: {file} has them as they are");
        let help =
            "take it out; when each was changed last stands in the column that `rows.updated_at` names";
        Diagnostic::new(Some(place), title).help(help)
    };
    written.map(told).collect()
}

/// Rows of one's own that came at the start, which people edit whose devices were synced before it
/// and hold none of them.
fn too_new(plan: &Plan, entity: &str, file: &str, root: View<'_>) -> Option<Diagnostic> {
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
        "`{entity}`: the rows of {file} have no date and came at the start; devices that were synced before it (`{}`) hold \
         none of them, and `action.{}` finds no row there until they sync",
        synced.0.name, action.name
    );
    let help = "name the column with the time of the last change: `rows.updated_at`; or let all devices start \"empty\"";
    Some(Diagnostic::new(root.at("entity").key(entity).at("rows.csv").place(), title).help(help))
}

/// People's queries that a processor cannot bear: the model has them not wait for each other.
fn overworked(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let browsing = plan.workload.browsing?;
    let classes = plan.fleets.iter().flat_map(|fleet| &fleet.classes).filter(|(_, devices)| *devices > 0);
    let (class, _) = classes.max_by_key(|(class, _)| class.step_picos)?;
    let (cost, every) = (browsing.cost(class.step_picos), browsing.every());
    let load = cost.0 as f64 / every.0 as f64;
    if load < OVERWORKED {
        return None;
    }
    let title = format!(
        "people's queries alone keep the processor of class `{}` busy for {:.0} % of the time that people look at the app: one takes {cost}, and one comes \
         every {every}; as the model has them not wait for each other, what is told of them is too good",
        class.name,
        100.0 * load
    );
    let place = root.at("workload.foreground.queries").place();
    Some(Diagnostic::new(place, title).help("fewer `queries`, fewer `rows`, or a faster class"))
}

/// A backend that is in maintenance for the whole of the drain.
fn asleep(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let (from, until) = (Time::ZERO + plan.duration, Time::ZERO + plan.duration + plan.drain);
    plan.backend.down.iter().find(|down| down.0 <= from && down.1 >= until)?;
    let title = "the script ends in maintenance that lasts longer than the drain: nothing can come to rest";
    let place = root.at("backend.maintenance").place();
    Some(Diagnostic::new(place, title).help("a longer `drain`, or a script that ends at another time"))
}

/// Turns of the gateway that do not come in the drain, though something waits for them.
fn too_rare(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let told = |key: &str| {
        let view = root.at(key).present()?;
        let title = format!("the drain lasts {}, and this comes every {}", plan.drain, view.span());
        let help =
            "what waits for it at the end of the script ends as stuck: a longer `drain`, or more often";
        (view.span() > plan.drain).then(|| Diagnostic::new(view.place(), title).help(help))
    };
    let capture = match plan.gateway.mode {
        Mode::Ota => "gateway.serve.capture",
        Mode::Persistent => "gateway.refresh.capture",
    };
    let file = format!("{capture}.hash.file_every");
    let from_files = root
        .at(capture)
        .at("hash")
        .present()
        .is_some_and(|hash| hash.at("source").word::<ReadFrom>() == ReadFrom::File);
    let reconcile = format!("{capture}.last_modified.reconcile.every");
    let forgets = matches!(plan.backend.provisioning, Provisioning::StampsOnly);
    let uploads = "gateway.refresh.upload_every".to_owned();
    let rare = [(file, from_files), (reconcile, forgets), (uploads, plan.gateway.mode == Mode::Persistent)];
    rare.iter().filter(|(_, matters)| *matters).filter_map(|(key, _)| told(key)).collect()
}

/// How changes are found, and where that is written.
fn capture(plan: &Plan) -> (&Capture, &'static str) {
    match plan.gateway.mode {
        Mode::Ota => (&plan.gateway.serve, "gateway.serve.capture"),
        Mode::Persistent => (&plan.gateway.refresh.capture, "gateway.refresh.capture"),
    }
}

/// Rows that wait for a parent, where no pull tells that it was deleted.
fn waits_for_what_is_gone(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let untold = match capture(plan).0 {
        Capture::LastModified(options) => options.reconcile.is_none(),
        Capture::Flag(_) => true,
        Capture::ChangeLog(_) | Capture::Hash(_) => false,
    };
    let keeps_none = matches!(plan.backend.provisioning, Provisioning::StampsOnly);
    if plan.engine.pull.missing_parent != MissingParent::Wait || !(untold && keeps_none) {
        return None;
    }
    let is_deleted = |parent: EntityId| {
        let mut actions = plan.workload.actions.iter();
        actions.any(|action| action.entity == parent && action.kind == EditKind::Delete)
    };
    let parent =
        plan.schema.ids().flat_map(|id| plan.schema.entity(id).projected()).find_map(
            |column| match column.kind {
                ColumnKind::Ref(parent) if is_deleted(parent) => Some(&plan.schema.entity(parent).name),
                _ => None,
            },
        )?;
    let title =
        format!("a row waits for its `{parent}`, and no pull says that one was deleted: it waits for ever");
    let at = root.at("engine.pull.missing_parent").place()?;
    Some(Diagnostic::new(at.into(), title).help(
        "`provisioning = \"full\"`, `capture = { hash = {} }`, or `reconcile` find deletes; or missing_parent = \"ignore\"",
    ))
}

/// Pages that end at a time that a coarse filter cannot ask for.
fn read_again(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let (Capture::LastModified(options), place) = capture(plan) else { return None };
    let by_stamp = options.bound != LastModifiedBound::Keyset
        && options.paging == LastModifiedPaging::Keyset
        && options.source == LastModifiedSource::Records;
    let filter = plan.backend.filter_precision;
    if !by_stamp || filter <= plan.backend.stamp_precision {
        return None;
    }
    let bound = root.at(&format!("{place}.last_modified.bound"));
    let title = format!(
        "pages end at exact times, and the backend is asked for changes since a multiple of {filter}: a page that holds \
         no more than such a time comes again for ever"
    );
    let help = "`bound = \"keyset\"`, which passes over what was read, or pages larger than what changes in that time";
    Some(Diagnostic::new(bound.place(), title).help(help))
}

/// A replica that finds its cursor expired whenever it asks.
fn loaded_each_time(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let (every, backend) = (plan.gateway.refresh.every, &plan.backend);
    let (what, kept, key, comes) = match capture(plan).0 {
        Capture::LastModified(_) if backend.provisioning.deletes() => {
            ("tombstones", backend.tombstones_kept, "tombstones_kept", "loads everything")
        }
        Capture::ChangeLog(options) => match options.trimmed {
            Trimmed::Reload => ("its log", backend.log?.kept, "log.kept", "loads everything"),
            Trimmed::Ignore => ("its log", backend.log?.kept, "log.kept", "misses what was trimmed"),
        },
        _ => return None,
    };
    (plan.gateway.mode == Mode::Persistent && kept < every).then(|| {
        let title = format!(
            "the backend keeps {what} for {kept}, and the replica is refreshed every {every}: each refresh {comes}"
        );
        let help = format!("a longer `{key}`, or a shorter `gateway.refresh.every`");
        Diagnostic::new(root.at(&format!("backend.{key}")).place(), title).help(help)
    })
}

/// Waves of logins after the end, or outside the working time.
fn late_logins(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let (end, (from, until)) = (Time::ZERO + plan.duration, plan.workload.hours);
    let told = |((name, view), wave): ((&str, View<'_>), &LoginWave)| {
        // A wave that nobody wrote is nobody's mistake.
        let place = view.at("at").place()?;
        let (why, help) = match wave.at {
            at if at >= end => (
                "comes after the end: its people log in as the script ends, and do nothing",
                format!("the script lasts {}", plan.duration),
            ),
            at if at < from && from < until => (
                "comes before the working time: its people log in as that begins",
                format!("`workload.hours` begins {} after the start", from.since(Time::ZERO)),
            ),
            at if at >= until && from < until => (
                "comes after the working time: its people log in as that ends, and do nothing",
                format!("`workload.hours` ends {} after the start", until.since(Time::ZERO)),
            ),
            _ => return None,
        };
        Some(Diagnostic::new(Some(place), format!("`workload.login.{name}` {why}")).help(help))
    };
    root.at("workload.login").entries().zip(&plan.workload.logins).filter_map(told).collect()
}

/// Gateways that are to be replaced after the end.
fn late_replacements(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let told = |event: &Planned| {
        let Happening::GatewayReplaced { times, every } = event.what else { return None };
        let last = event.at + every * u64::from(times.saturating_sub(1));
        let title = format!("`event.{}` comes after the end with the last of its {times} times", event.name);
        let times = root.at("event").key(&event.name).at("gateway_replaced.times");
        let late = last >= Time::ZERO + plan.duration;
        late.then(|| {
            Diagnostic::new(times.place(), title).help(format!("the script lasts {}", plan.duration))
        })
    };
    plan.events.iter().filter_map(told).collect()
}

/// Fleets that move over one link.
fn unmoved(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let alone = |fleet: &&Fleet| match fleet.moves.as_deref() {
        Some(Moves::Wander { links, .. }) => links.len() < 2,
        _ => false,
    };
    let told = |fleet: &Fleet| {
        let moves = root.at("fleet").key(&fleet.name).at("moves");
        Diagnostic::new(moves.place(), "there is one link, and nowhere to move")
            .help("give `link` shares, such as { wifi-good = 0.6, lte-good = 0.4 }")
    };
    plan.fleets.iter().filter(alone).map(told).collect()
}

/// Attributes that are named on one side alone: rows go by one that no fleet has and that reads
/// like one that a fleet has, and nothing goes by one that a fleet has.
fn lone_attributes(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let fleets: Vec<View<'_>> = root.at("fleet").entries().map(|(_, fleet)| fleet.at("attributes")).collect();
    // One that only a scope names has its values from there, and no place of its own.
    let all = || fleets.iter().flat_map(|fleet| fleet.entries()).filter(|(_, view)| view.place().is_some());
    let declared: BTreeSet<&str> = all().map(|(name, _)| name).collect();
    let of_events = plan.events.iter().filter_map(|event| match (&event.who, &event.what) {
        (Who::ShareOf { attribute, .. }, _) | (_, Happening::Import { of_one: Some(attribute), .. }) => {
            Some(&*plan.attributes[*attribute].name)
        }
        _ => None,
    });
    let of_owners = plan.workload.editing.owners.values();
    let of_owners = of_owners.map(|(_, attribute)| &*plan.attributes[*attribute].name);
    let mut used: BTreeSet<&str> = of_events.chain(of_owners).collect();
    let mut doubts = overridden(plan, root);
    for (entity, data) in plan.schema.entities.iter().zip(plan.data.iter()) {
        let written = root.at("entity").key(&entity.name);
        let of_scope = entity.scope.iter().filter_map(by_attribute).map(|rule| (rule, "scope"));
        let makers = data.columns.iter().enumerate();
        let scoped =
            |column: usize| entity.scope.iter().filter_map(by_attribute).any(|rule| rule.0 == column);
        let of_columns = makers.filter_map(|(column, maker)| match maker {
            Maker::Attribute(attribute) if !scoped(column) => Some(((column, *attribute), "schema")),
            _ => None,
        });
        for ((column, attribute), key) in of_scope.chain(of_columns) {
            let name = &*plan.attributes[attribute].name;
            used.insert(name);
            let place = written.at(key).key(&entity.columns[column].name).place();
            let meant = closest(name, declared.iter().copied());
            if let Some(meant) = meant.filter(|_| place.is_some() && !declared.contains(name)) {
                used.insert(meant);
                let title = format!("rows of `{}` go by `{name}`, which no fleet has", entity.name);
                doubts.push(Diagnostic::new(place, title).help(format!("did you mean `{meant}`?")));
            }
        }
    }
    let unused = all().filter(|(name, _)| !used.contains(name)).map(|(name, written)| {
        let title =
            format!("nothing goes by the attribute `{name}`: no scope, no column and no event names it");
        Diagnostic::new(written.place(), title).help("name it in a scope: column = \"device.NAME\"")
    });
    doubts.extend(unused);
    doubts
}

/// Columns that are written with one attribute and that a scope sets to another: the scope's goes.
fn overridden(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let mut doubts = Vec::new();
    for entity in &plan.schema.entities {
        let schema = root.at("entity").key(&entity.name).at("schema");
        for (column, attribute) in entity.scope.iter().filter_map(by_attribute) {
            let (column, name) = (&*entity.columns[column].name, &*plan.attributes[attribute].name);
            let Some(written) = schema.key(column).present() else { continue };
            if let Some(ColumnType::Attribute(own)) = column_type(written.text())
                && own != name
            {
                let title =
                    format!("`{column}` is scoped by `{name}`, and its own attribute `{own}` is passed over");
                let help = format!(
                    "write {column} = \"attribute {name}\" or {column} = \"text\", or scope it by device.{own}"
                );
                doubts.push(Diagnostic::new(written.place(), title).help(help));
            }
        }
    }
    doubts
}

/// Rows of one's own whose attributes no device has.
fn nobodys(
    plan: &Plan,
    entity: &Entity,
    rows: &[&[Value]],
    combinations: &BTreeSet<Vec<u32>>,
    file: &str,
    scope: View<'_>,
) -> Option<Diagnostic> {
    let rules: Vec<(usize, usize)> = entity.scope.iter().filter_map(by_attribute).collect();
    let value = |attribute: usize, number: u32| text(&plan.attributes[attribute].values[number as usize]);
    let held: BTreeSet<Vec<&str>> = combinations
        .iter()
        .map(|numbers| rules.iter().map(|&(_, attribute)| value(attribute, numbers[attribute])).collect())
        .collect();
    let of_devices = |rule: usize| held.iter().map(move |values| values[rule]).collect::<BTreeSet<&str>>();
    let alone: Vec<BTreeSet<&str>> = (0..rules.len()).map(of_devices).collect();
    let mut strangers: BTreeMap<(usize, &str), u64> = BTreeMap::new();
    let mut apart = None;
    let mut outside = 0;
    for row in rows {
        let values: Vec<&str> = rules.iter().map(|&(column, _)| text(&row[column])).collect();
        if held.contains(&values) {
            continue;
        }
        outside += 1;
        match (0..rules.len()).find(|&rule| !alone[rule].contains(values[rule])) {
            Some(rule) => *strangers.entry((rule, values[rule])).or_default() += 1,
            None => apart = apart.or(Some(values)),
        }
    }
    let name = |rule: usize| &*plan.attributes[rules[rule].1].name;
    let (rule, why) = match (strangers.iter().max_by_key(|(_, n)| **n), apart) {
        (Some((&(rule, stranger), _)), _) => {
            let others = strangers.keys().filter(|(r, _)| *r == rule).count() as u64 - 1;
            let others = match others {
                0 => String::new(),
                1 => ", nor is 1 other".to_owned(),
                more => format!(", nor are {} others", thousands(more)),
            };
            let (name, there) = (name(rule), listed(&alone[rule]));
            let what = if stranger.is_empty() { "an empty cell".to_owned() } else { format!("`{stranger}`") };
            let names = "name them as the rows do";
            let remedy = format!("devices have {there}; {names}: attributes = {{ {name} = [\"…\"] }}");
            (rule, format!("{name} {what} is not a value that a device has{others}; {remedy}"))
        }
        (None, Some(values)) => {
            let pairs: Vec<String> =
                values.iter().enumerate().map(|(rule, value)| format!("{} `{value}`", name(rule))).collect();
            (0, format!("no device has {} at once", pairs.join(" and ")))
        }
        (None, None) => return None,
    };
    let title = format!(
        "`{}`: {} of {} of {file} belong to no device",
        entity.name,
        thousands(outside),
        count(rows.len() as u64, "row")
    );
    let at = scope.key(&entity.columns[rules[rule].0].name);
    Some(Diagnostic::new(at.place(), title).help(why))
}

/// Stamps of one's own that differ and that the backend cuts to the same: ties that the rows do not
/// have.
fn made_equal(
    plan: &Plan,
    entity: &str,
    rows: &[GivenRow],
    file: &str,
    root: View<'_>,
) -> Option<Diagnostic> {
    let precision = plan.backend.stamp_precision;
    let stamps: BTreeSet<Stamp> = rows.iter().map(|row| row.stamp).collect();
    let cut: BTreeSet<Stamp> = stamps.iter().map(|stamp| stamp.truncated(precision)).collect();
    let (different, left) = (stamps.len() as u64, cut.len() as u64);
    (left < different).then(|| {
        let title = format!(
            "`{entity}`: {} of {file} become {}: the backend cuts them to multiples of {precision}",
            count(different, "different stamp"),
            thousands(left)
        );
        let written = root.at("backend.stamp_precision").place();
        let place = written.or_else(|| root.at("entity").key(entity).at("rows.csv").place());
        let help = "rows of one stamp are a tie, and some cursors lose them; `backend.stamp_precision` goes down to \"1us\"";
        Diagnostic::new(place, title).help(help)
    })
}

/// Rows of one's own none of which lies within the days that devices hold.
fn out_of_days(entity: &Entity, rows: &[&[Value]], file: &str, scope: View<'_>) -> Option<Diagnostic> {
    entity.scope.iter().find_map(|rule| {
        let ScopeRule::Window { column, from, until } = rule else { return None };
        let moments = || {
            rows.iter().filter_map(|row| match row[*column] {
                Value::Int(micros) => Some(Stamp(micros)),
                _ => None,
            })
        };
        let (first, last) = (moments().min()?, moments().max()?);
        if last >= *from && first < *until {
            return None;
        }
        let name = &entity.columns[*column].name;
        let title = format!(
            "`{}`: none of the {} of {file} lies within the scope's days",
            entity.name,
            count(rows.len() as u64, "row")
        );
        let help = format!(
            "`{name}` goes from {first} to {last}, the scope from {from} to {until}: set `start` to a day of the rows"
        );
        Some(Diagnostic::new(scope.key(name).place(), title).help(help))
    })
}

fn by_attribute(rule: &ScopeRule) -> Option<(usize, usize)> {
    match rule {
        ScopeRule::Attribute { column, attribute } => Some((*column, *attribute)),
        ScopeRule::Window { .. } => None,
    }
}

fn text(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}

/// The first few of some values, and how many more there are.
fn listed(values: &BTreeSet<&str>) -> String {
    let mut list = values.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if values.len() > NAMED {
        list.push_str(&format!(" and {} more", values.len() - NAMED));
    }
    list
}
