//! Practices about data: the columns and rows that phones hold, and the rows that their lists read.

use std::collections::{BTreeMap, BTreeSet};

use super::super::plan::Plan;
use super::seen::{Mend, Seen, all_do, listed, outbox, pulled, texts};
use crate::base::{EntityId, Ppm, Word};
use crate::contract::{ColumnKind, Delivery, EditKind, Entity, NamedBy, ScopeRule};
use crate::setup::Fleet;
use crate::workload::{Action, Maker};

/// From this size in bytes, a phone should not hold a column that it does not show.
const LONG: u64 = 100;
/// From this size in bytes, a column counts as a photo.
const PHOTO: u64 = 8_000;

pub(super) fn shown_columns(plan: &Plan) -> Seen {
    let (named, mut mends, mut long) = (naming(plan), Vec::new(), Vec::new());
    let ids = pulled(plan);
    for id in &ids {
        let entity = plan.schema.entity(*id);
        let needed = needed(plan, *id);
        let is_idle = |at: &usize| bytes(plan, *id, *at) >= LONG && !needed.contains(at);
        let idle: Vec<usize> = entity.projection.iter().copied().filter(is_idle).collect();
        if idle.is_empty() || named.contains(&entity.name) {
            continue;
        }
        let kept = entity.projection.iter().filter(|at| !idle.contains(at));
        let kept = kept.map(|at| &entity.columns[*at].name).chain([&entity.key]);
        mends.push(Mend::set(&["entity", &entity.name, "project"], texts(kept)));
        long.extend(idle.iter().map(|at| format!("`{}.{}`", entity.name, entity.columns[*at].name)));
    }
    if !long.is_empty() {
        let come = all_do(&long, ["comes", "come"]);
        let because = format!("{come} to phones, and the file does not say which columns the app shows");
        return Seen::does_not(because).mended(mends);
    }
    if ids.iter().any(|id| named.contains(&plan.schema.entity(*id).name)) {
        return Seen::does();
    }
    Seen::moot(
        "no entity has `project`, so the file does not say which columns the app shows, and no column is long",
    )
}

pub(super) fn flat_lists(plan: &Plan) -> Seen {
    if plan.queries.is_empty() {
        return Seen::moot("the file does not say which lists the screens show (`query`)");
    }
    let joins = plan.queries.iter().filter(|list| !list.query.through.is_empty());
    let (mut mends, mut names) = (Vec::new(), Vec::new());
    let mut folds = BTreeMap::<EntityId, BTreeMap<String, String>>::new();
    for list in joins {
        names.push(format!("`{}`", list.name));
        let of = plan.schema.entity(list.query.of);
        let via = |place: usize| &of.columns[of.projection[place]].name;
        let narrows = list.query.like.and_then(|like| Some((like.through?, like.column)));
        let narrows = narrows.map(|(number, held)| {
            let (place, to) = list.query.through[number];
            (place, to, not_copied(plan, to, plan.schema.entity(to).projection[held]))
        });
        let shown = list.query.through.iter().flat_map(|(place, to)| {
            let columns = plan.schema.entity(*to).projection.iter();
            columns.filter(|at| is_shown(plan, *to, **at)).map(|at| (*place, *to, *at))
        });
        for (place, to, at) in shown.chain(narrows) {
            let to = plan.schema.entity(to);
            let (name, fold) = folded(to, &to.columns[at].name, via(place));
            folds.entry(list.query.of).or_default().insert(name, fold);
        }
        mends.push(Mend::set(&["query", &list.name, "through"], texts::<&str>([])));
        if let Some((place, to, at)) = narrows {
            let to = plan.schema.entity(to);
            let (name, _) = folded(to, &to.columns[at].name, via(place));
            mends.push(Mend::set(&["query", &list.name, "like"], name));
        }
    }
    let named = naming(plan);
    for (id, folds) in &folds {
        let entity = plan.schema.entity(*id);
        let is_new = |name: &String| !entity.columns.iter().any(|own| own.name == *name);
        let new = folds.iter().filter(|(name, _)| is_new(name));
        mends.extend(new.map(|(name, fold)| Mend::set(&["entity", &entity.name, "schema", name], &**fold)));
        let more = folds.keys().filter(|name| !held(entity).any(|own| own == *name));
        mends.extend(project(entity, &named, held(entity).chain(more)));
    }
    Seen::if_so(names.is_empty(), || all_do(&names, ["joins", "join"]) + " entities").mended(mends)
}

/// A column that identifies the owner of a row by an attribute of phones.
struct Owned {
    column: String,
    attribute: usize,
    /// True if the column is already a copy for a scope. Such a column cannot be folded (copied)
    /// again.
    is_folded: bool,
}

/// Whether a screen shows this column of a joined row, and a flat row can contain it. A screen does
/// not show a reference, and a folded column (a copy) cannot be folded again.
fn is_shown(plan: &Plan, of: EntityId, at: usize) -> bool {
    !matches!(plan.schema.entity(of).columns[at].kind, ColumnKind::Ref(_)) && not_copied(plan, of, at) == at
}

/// The column itself. For a folded column, its reference, which has one value in the same rows.
fn not_copied(plan: &Plan, of: EntityId, at: usize) -> usize {
    if let Maker::Folded { via, .. } = plan.data[usize::from(of.0)].columns[at] { via } else { at }
}

pub(super) fn own_rows(plan: &Plan) -> Seen {
    let mut whose = BTreeMap::<EntityId, Vec<Owned>>::new();
    let (mut open, mut apart, mut mends) = (Vec::new(), Vec::new(), Vec::new());
    let (ids, named) = (pulled(plan), naming(plan));
    let mut is_scoped = false;
    for id in &ids {
        let (entity, data) = (plan.schema.entity(*id), &plan.data[usize::from(id.0)]);
        let owned = |(at, attribute): (usize, usize)| {
            // A column that is copied for a scope is generated like the attribute.
            let is_folded = plan.schema.copies.iter().any(|copy| (copy.of, copy.column) == (*id, at));
            Owned { column: entity.columns[at].name.clone(), attribute, is_folded }
        };
        // A scope of days alone admits all rows of these days.
        is_scoped |= !entity.scope.is_empty();
        let mut own: Vec<Owned> = entity.scope.iter().filter_map(ScopeRule::attribute).map(owned).collect();
        let written = own.len();
        if own.is_empty() {
            own.extend(data.columns.iter().enumerate().find_map(|(at, maker)| match maker {
                Maker::Attribute(attribute) => Some(owned((at, *attribute))),
                _ => None,
            }));
        }
        let parents = beneath(plan, *id, &whose, &mut own, &mut mends);
        let scope = own.iter().skip(written).map(|owned| {
            let device = format!("device.{}", plan.attributes[owned.attribute].name);
            (owned.column.clone(), device.into())
        });
        let scope = toml::Table::from_iter(scope);
        if scope.is_empty() {
            whose.extend((!own.is_empty()).then_some((*id, own)));
            continue;
        }
        if !parents.is_empty() {
            let columns =
                held(entity).chain(scope.keys().filter(|column| held(entity).all(|own| own != *column)));
            mends.extend(project(entity, &named, columns));
        }
        if written == 0 {
            mends.push(Mend::set(&["entity", &entity.name, "scope"], scope));
            open.push(format!("`{}`", entity.name));
        } else {
            let set = |(column, device)| Mend::set(&["entity", &entity.name, "scope", column], device);
            mends.extend(scope.iter().map(|(column, device)| set((column, device.clone()))));
            let parents: Vec<String> = parents.iter().map(|parent| format!("`{parent}`")).collect();
            let (name, parents) = (&entity.name, listed(&parents));
            apart.push(format!("rows of `{name}` come to phones that do not hold their {parents}"));
        }
        whose.insert(*id, own);
    }
    if !open.is_empty() {
        apart.insert(0, format!("all rows of {} come to every phone", listed(&open)));
    }
    if !apart.is_empty() {
        return Seen::does_not(apart.join("; ")).mended(mends);
    }
    if is_scoped {
        return Seen::does();
    }
    Seen::moot(
        "no entity has a `scope` or a column \"attribute …\", so the file does not say which people own which rows",
    )
}

/// Scopes an entity by its parents. Adds to `own` the missing columns that are copied from scoped
/// parents. Returns the names of these parents.
fn beneath(
    plan: &Plan,
    id: EntityId,
    whose: &BTreeMap<EntityId, Vec<Owned>>,
    own: &mut Vec<Owned>,
    mends: &mut Vec<Mend>,
) -> BTreeSet<String> {
    let (entity, mut parents) = (plan.schema.entity(id), BTreeSet::new());
    let refs = entity.projection.iter().filter_map(|at| match entity.columns[*at].kind {
        ColumnKind::Ref(to) => Some((&entity.columns[*at].name, plan.schema.entity(to), whose.get(&to)?)),
        _ => None,
    });
    let come = |entity: &Entity| entity.delivery == Delivery::Delta;
    for (via, to, of) in refs.filter(|(_, to, _)| come(entity) && come(to)) {
        for of in of {
            let is_said = own.iter().any(|own| own.attribute == of.attribute);
            if is_said || !splits(plan, of.attribute) {
                continue;
            }
            let (column, fold) = folded(to, &of.column, via);
            let attribute = || format!("attribute {}", plan.attributes[of.attribute].name);
            let kind = if of.is_folded { attribute() } else { fold };
            mends.push(Mend::set(&["entity", &entity.name, "schema", &column], kind));
            own.push(Owned { column, attribute: of.attribute, is_folded: !of.is_folded });
            parents.insert(to.name.clone());
        }
    }
    parents
}

/// Whether phones differ in the value of an attribute.
fn splits(plan: &Plan, attribute: usize) -> bool {
    let of = &plan.attributes[attribute];
    let numbers = |fleet: &Fleet| {
        let devices = fleet.devices;
        (0..devices).map(move |device| of.number(device, devices)).collect::<BTreeSet<_>>()
    };
    plan.fleets.iter().flat_map(numbers).collect::<BTreeSet<_>>().len() > 1
}

pub(super) fn natural_key(plan: &Plan) -> Seen {
    let twice = |id: &EntityId| !plan.schema.entity(*id).unique.is_empty();
    let ids: Vec<EntityId> = plan.schema.ids().filter(twice).collect();
    if ids.is_empty() {
        return Seen::moot("no entity has a natural key; write its columns in `unique`");
    }
    let other = ids.iter().find(|id| plan.schema.naming(**id).by != NamedBy::NaturalKey);
    let because = |id: &EntityId| {
        format!("`entity.{}.ids` is \"{}\"", plan.schema.entity(*id).name, plan.schema.naming(*id).by.word())
    };
    let doubles = ids.iter().filter(|id| plan.schema.naming(**id).doubles);
    let mends = doubles.map(|id| Mend::set(&["entity", &plan.schema.entity(*id).name, "doubles"], false));
    let Some(id) = other else { return Seen::does() };
    Seen::does_not(because(id)).mended(mends.chain(outbox(plan)).collect())
}

/// Finds columns with the size of photos that phones write. Such photos travel inside their rows.
pub(super) fn photos_in_rows(plan: &Plan) -> Seen {
    let (named, mut mends, mut photos) = (naming(plan), Vec::new(), Vec::new());
    for id in plan.schema.ids() {
        let entity = plan.schema.entity(id);
        let is_updated = |at: &usize| updates(plan, id).any(|action| action.columns.contains(at));
        let is_created = on_phones(plan, id).any(|action| action.kind == EditKind::Create);
        let is_photo = |at: &usize| bytes(plan, id, *at) >= PHOTO && (is_created || is_updated(at));
        let own: Vec<usize> = entity.projection.iter().copied().filter(is_photo).collect();
        let names: Vec<&String> = own.iter().map(|at| &entity.columns[*at].name).collect();
        photos.extend(names.iter().map(|name| format!("`{}.{name}`", entity.name)));
        // Only a created row gets an attachment, and no edit replaces the attachment.
        if own.is_empty() || !is_created || own.iter().any(is_updated) {
            continue;
        }
        let mean: u64 = own.iter().map(|at| bytes(plan, id, *at)).sum();
        let sizes = [("least", mean * 2 / 3), ("most", mean * 4 / 3)];
        let sizes = sizes.map(|(key, bytes)| (key.to_owned(), toml::Value::from(format!("{bytes}B"))));
        mends.extend(names.iter().map(|name| Mend::unset(&["entity", &entity.name, "schema", name])));
        mends.push(Mend::set(&["entity", &entity.name, "attachment"], toml::Table::from_iter(sizes)));
        mends.extend(project(entity, &named, held(entity).filter(|name| !names.contains(name))));
    }
    let go = || all_do(&photos, ["goes in its row", "go in their rows"]);
    Seen::if_so(photos.is_empty(), go).mended(mends)
}

/// The approximate size of a row in a response, in bytes: the columns that phones hold, with their
/// names.
pub(super) fn row_bytes(plan: &Plan, id: EntityId) -> u64 {
    let entity = plan.schema.entity(id);
    let column = |at: &usize| 6 + entity.columns[*at].name.len() as u64 + bytes(plan, id, *at);
    KEY + entity.projection.iter().map(column).sum::<u64>()
}

/// The size of a key and of the framing of a row, in bytes.
const KEY: u64 = 80;
const PLAIN: u64 = 12;
const REFERENCE: u64 = 36;

/// The approximate size of a column's value, in bytes.
fn bytes(plan: &Plan, id: EntityId, column: usize) -> u64 {
    let maker = &plan.data[usize::from(id.0)].columns[column];
    if let Some(fat) = maker.fat_bytes() {
        return fat;
    }
    match maker {
        Maker::Words(min, max, _) | Maker::Prose(min, max) => u64::from(min.midpoint(*max)),
        Maker::Ref(_) => REFERENCE,
        Maker::Folded { entity, column, .. } => bytes(plan, *entity, *column),
        _ => PLAIN,
    }
}

/// The columns that the app needs: edits write them, a scope or a search uses them, or a natural
/// key contains them.
fn needed(plan: &Plan, id: EntityId) -> BTreeSet<usize> {
    let entity = plan.schema.entity(id);
    let written = updates(plan, id).flat_map(|action| action.columns.iter().copied());
    let scope = entity.scope.iter().map(ScopeRule::column);
    let queries = plan.queries.iter().filter(|list| list.query.of == id);
    let likes = queries.filter_map(|list| list.query.like.filter(|like| like.through.is_none()));
    let likes = likes.map(|like| entity.projection[like.column]);
    written.chain(scope).chain(likes).chain(entity.unique.iter().copied()).collect()
}

pub(super) fn on_phones(plan: &Plan, id: EntityId) -> impl Iterator<Item = &Action> {
    plan.workload.actions.iter().filter(move |action| action.entity == id && action.on_devices > Ppm(0))
}
fn updates(plan: &Plan, id: EntityId) -> impl Iterator<Item = &Action> {
    on_phones(plan, id).filter(|action| action.kind == EditKind::Update)
}

/// The name and the type of a column that copies `column` of the entity `to`.
fn folded(to: &Entity, column: &str, via: &str) -> (String, String) {
    (format!("{via}_{column}"), format!("fold {}.{column} via {via}", to.name))
}

/// Sets the columns of an entity that phones hold, if the file names these columns.
fn project<'e>(
    entity: &Entity,
    named: &BTreeSet<String>,
    columns: impl Iterator<Item = &'e String>,
) -> Option<Mend> {
    named.contains(&entity.name).then(|| Mend::set(&["entity", &entity.name, "project"], texts(columns)))
}

fn held(entity: &Entity) -> impl Iterator<Item = &String> {
    let columns = entity.projection.iter().map(|at| &entity.columns[*at].name);
    [&entity.key].into_iter().chain(columns)
}

/// The entities with a `project`, which names the columns that phones hold.
fn naming(plan: &Plan) -> BTreeSet<String> {
    let resolved: toml::Table = toml::from_str(&plan.source.resolved).unwrap_or_default();
    let entities = resolved.get("entity").and_then(toml::Value::as_table).into_iter().flatten();
    let names = entities.filter(|(_, entity)| entity.get("project").is_some());
    names.map(|(name, _)| name.clone()).collect()
}
