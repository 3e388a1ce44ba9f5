//! Entities: columns, scopes, row generators, and the values that the backend derives from a
//! commit.

use std::collections::{BTreeMap, BTreeSet};

use super::super::column::{
    COLUMNS_MAX, COLUMNS_WHY, ColumnType, KeyType, Shares, column_type, without_shares,
};
use super::super::rows::CsvFiles;
use super::super::written::{Scope, scope};
use super::naming::{attachment, naming};
use crate::backend::Effect;
use crate::base::{EntityId, Ppm, Span, Stamp};
use crate::config::view::{Mistakes, Names, View};
use crate::config::written::Calendar;
use crate::contract::{
    Attachment, Column, ColumnKind, Copied, CutOrder, Delivery, Entity, MovingWindow, OnDelete, Reference,
    Schema, ScopeRule,
};
use crate::gateway::Mode;
use crate::setup::Attribute;
use crate::workload::{EntityData, Maker};

pub(super) struct Entities {
    pub(super) schema: Schema,
    pub(super) before: Option<Schema>,
    pub(super) data: Vec<EntityData>,
    pub(super) effects: Vec<Effect>,
}

pub(super) struct Draft<'a> {
    pub(super) name: &'a str,
    pub(super) view: View<'a>,
    pub(super) kind: ColumnType,
    pub(super) shares: Shares,
    pub(super) is_brought: bool,
}

pub(super) struct EntityDraft<'a> {
    pub(super) name: &'a str,
    pub(super) view: View<'a>,
    pub(super) key: &'a str,
    pub(super) key_type: KeyType,
    pub(super) columns: Vec<Draft<'a>>,
}

pub(super) struct Lookup<'a> {
    pub(super) sketches: Vec<EntityDraft<'a>>,
    pub(super) names: Names,
    pub(super) attributes: Names,
    pub(super) root: View<'a>,
    /// `None` if the date of the start is wrong.
    pub(super) calendar: Option<Calendar>,
    pub(super) mistakes: &'a Mistakes,
}

/// The entities, parents first, then by name. So a plan does not depend on the order of the file.
pub(super) fn entities<'a>(
    root: View<'a>,
    calendar: Option<Calendar>,
    attributes: &'a [Attribute],
    csv_files: &CsvFiles,
    mistakes: &'a Mistakes,
) -> Entities {
    let mut sketches =
        parents_first(root.at("entity").entries().map(|(n, v)| sketch(n, v, mistakes)).collect());
    bring_columns(&mut sketches, root, mistakes);
    let names = sketches.iter().map(|s| s.name).collect();
    let attributes = attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    let lookup = Lookup { sketches, names, attributes, root, calendar, mistakes };
    let mut effects = lookup.folds();
    let schema = Schema {
        entities: lookup.sketches.iter().enumerate().map(|(id, s)| lookup.entity(s, id)).collect(),
        references: lookup.references(),
        copies: effects.iter().flat_map(copies).collect(),
        naming: lookup.sketches.iter().map(|s| naming(s.view, mistakes)).collect(),
        version: u32::from(lookup.sketches.iter().any(|s| s.brought() > 0)),
        moving_windows: lookup.moving_windows(),
        attachments: lookup.attachments(),
    };
    lookup.check_cuts();
    let before = (schema.version > 0).then(|| before(&schema, &lookup.sketches));
    for (id, sketch) in lookup.sketches.iter().enumerate() {
        let counters = sketch.view.at("count").entries();
        effects.extend(counters.filter_map(|(column, view)| lookup.counter(id, column, view)));
    }
    lookup.strays(csv_files);
    let data = |(id, s): (usize, &EntityDraft<'_>)| lookup.data(id, s, csv_files.get(s.name));
    let data = lookup.sketches.iter().enumerate().map(data).collect();
    Entities { schema, before, data, effects }
}

fn sketch<'a>(name: &'a str, view: View<'a>, mistakes: &Mistakes) -> EntityDraft<'a> {
    let mut columns = Vec::new();
    let mut keys = Vec::new();
    for (name, column) in view.at("schema").entries() {
        let kind = column_type(column.text()).unwrap_or(ColumnType::Made(Maker::Bool));
        match kind {
            ColumnType::Key(kind) => keys.push((name, kind, column)),
            kind => {
                let shares = without_shares(column.text()).map_or(Shares::default(), |(_, shares)| shares);
                columns.push(Draft { name, view: column, kind, shares, is_brought: false });
            }
        }
    }
    if view.at("schema").present().is_none() {
        let help = "write the columns as schema = { id = \"uuid key\", … }";
        mistakes.at(view, format!("`entity.{name}` has no columns"), help);
    } else if keys.len() != 1 {
        let title = format!("`entity.{name}` has {} key columns", keys.len());
        mistakes.at(view.at("schema"), title, "exactly one column is the key: id = \"uuid key\"");
    }
    if columns.len() >= COLUMNS_MAX {
        let title = format!("`entity.{name}` has {} columns", columns.len() + keys.len());
        mistakes.at(view.at("schema"), title, format!("at most {COLUMNS_MAX} are allowed: {COLUMNS_WHY}"));
    }
    // If no rows are generated, the engines and servers under test choose the keys.
    let own_rows = view.at("rows").is_table() || view.at("rows").count() == 0;
    for (_, kind, column) in &keys {
        if !own_rows && !matches!(kind, KeyType::Uuid | KeyType::Uuid7) {
            let help = "write \"uuid key\" or \"uuid7 key\" for generated rows; other keys need \
                        `rows = { csv = … }` or `rows = 0`";
            let title = format!("rows of `{name}` cannot be generated with such keys");
            mistakes.given(&[view.at("rows")]).at(*column, title, help);
        }
    }
    let (key, key_type) = keys.first().map_or(("id", KeyType::Text), |k| (k.0, k.1));
    EntityDraft { name, view, key, key_type, columns }
}

impl EntityDraft<'_> {
    fn brought(&self) -> usize {
        self.columns.iter().filter(|column| column.is_brought).count()
    }
}

fn before(schema: &Schema, sketches: &[EntityDraft<'_>]) -> Schema {
    let mut before = Schema { version: 0, ..schema.clone() };
    for (entity, sketch) in before.entities.iter_mut().zip(sketches) {
        entity.projection.truncate(entity.projection.len().saturating_sub(sketch.brought()));
    }
    before
}

/// Places the columns that upgrades add last. A column that the schema does not have is empty in
/// all rows of the backend.
fn bring_columns<'a>(sketches: &mut [EntityDraft<'a>], root: View<'a>, mistakes: &Mistakes) {
    let names: Names = sketches.iter().map(|sketch| sketch.name).collect();
    for (_, event) in root.at("event").entries() {
        let Some(adds) = event.at("upgrade.adds").present() else { continue };
        let given = mistakes.given_if(root.at("entity").is_itself_sound());
        let (entity, name, typed) = (adds.at("entity"), adds.at("column"), adds.at("type").present());
        let Some(at) = given.find_in(entity, "entity", entity.text(), &names) else { continue };
        let sketch = &mut sketches[at];
        let held = sketch.columns.iter().position(|column| column.name == name.text());
        let kind = typed.and_then(|typed| column_type(typed.text()));
        let (at, title, help) = match (held, typed, kind) {
            (Some(held), ..) if sketch.columns[held].is_brought => continue,
            (Some(held), None, _) => {
                let draft = sketch.columns.remove(held);
                sketch.columns.push(Draft { is_brought: true, ..draft });
                continue;
            }
            (None, Some(view), Some(kind @ ColumnType::Made(_))) => {
                let shares = Shares { null: Some(Ppm::ONE), empty: None };
                sketch.columns.push(Draft { name: name.text(), view, kind, shares, is_brought: true });
                continue;
            }
            (None, Some(typed), _) => {
                let help = "write a text, a number, a bool, a timestamp or \"one of a|b\"";
                (typed, "an upgrade cannot add a column of this type".to_owned(), help)
            }
            (Some(_), Some(typed), _) => {
                let help = "leave out its type: then the new version delivers this column, and the old version does not";
                (typed, format!("`{}` has a column `{}`", sketch.name, name.text()), help)
            }
            (None, None, _) => {
                let help = "add its type, such as type = \"real\": then the column is new on the backend too";
                (name, format!("`{}` has no column `{}`", sketch.name, name.text()), help)
            }
        };
        mistakes.at(at, title, help);
    }
}

fn parents_first(sketches: Vec<EntityDraft<'_>>) -> Vec<EntityDraft<'_>> {
    let names: Names = sketches.iter().map(|sketch| sketch.name).collect();
    let parent = |child: usize, column: &Draft<'_>| match &column.kind {
        ColumnType::Ref(to) => names.place(to).filter(|parent| *parent != child),
        _ => None,
    };
    let parents = |(child, sketch): (usize, &EntityDraft<'_>)| {
        sketch.columns.iter().filter_map(|column| parent(child, column)).collect()
    };
    let mut waits: Vec<BTreeSet<usize>> = sketches.iter().enumerate().map(parents).collect();
    let mut children = vec![Vec::new(); sketches.len()];
    for (child, parents) in waits.iter().enumerate() {
        parents.iter().for_each(|parent| children[*parent].push(child));
    }
    let mut left: BTreeMap<usize, EntityDraft<'_>> = sketches.into_iter().enumerate().collect();
    let mut ready: BTreeSet<usize> = left.keys().copied().filter(|at| waits[*at].is_empty()).collect();
    let mut sorted = Vec::new();
    // Entities that refer to each other in a cycle come in the order of their names.
    while let Some(next) = ready.pop_first().or_else(|| left.keys().next().copied()) {
        sorted.extend(left.remove(&next));
        for child in &children[next] {
            waits[*child].remove(&next);
            if waits[*child].is_empty() && left.contains_key(child) {
                ready.insert(*child);
            }
        }
    }
    sorted
}

impl Lookup<'_> {
    fn attachments(&self) -> Vec<(EntityId, Attachment)> {
        let of = |(id, sketch): (usize, &EntityDraft<'_>)| {
            let attachment = attachment(sketch.name, sketch.view, self.mistakes)?;
            Some((EntityId(id as u16), attachment))
        };
        self.sketches.iter().enumerate().filter_map(of).collect()
    }
    fn moving_windows(&self) -> Vec<MovingWindow> {
        let mut found = Vec::new();
        for (id, sketch) in self.sketches.iter().enumerate() {
            for (rule, (_, view)) in sketch.view.at("scope").entries().enumerate() {
                if !matches!(scope(view.text()), Some(Scope::Moving(..))) {
                    continue;
                }
                if self.root.at("gateway.mode").says(Mode::Persistent) {
                    let why = "a replica decides on the scope of a row when the row arrives, and would not move the row at midnight";
                    let help =
                        "write gateway.mode = \"ota\", or a window around the start, such as \"-30d..1d\"";
                    self.mistakes.at(view, why, help);
                }
                found.push(MovingWindow { entity: EntityId(id as u16), rule });
            }
        }
        found
    }
    /// Refuses cuts of scopes that the gateway could not keep up to date.
    fn check_cuts(&self) {
        for scope_view in self.sketches.iter().map(|sketch| sketch.view.at("scope")) {
            let is_cut = |(_, view): &(&str, View<'_>)| matches!(scope(view.text()), Some(Scope::Cut(..)));
            let Some((_, view)) = scope_view.entries().find(is_cut) else { continue };
            if scope_view.entries().count() > 1 {
                let why = "a scope is cut by one column, and from all rows";
                let help = "leave out the other conditions: a phone would hold fewer rows than it says";
                self.mistakes.at(view, why, help);
            }
            if self.root.at("gateway.mode").says(Mode::Persistent) {
                let why = "a replica places a row when it arrives, and would not move it when others come";
                self.mistakes.at(view, why, "gateway.mode = \"ota\"");
            }
            let mut events = self.root.at("event").entries();
            if let Some((_, event)) =
                events.find(|(_, event)| event.at("restore_backend").present().is_some())
            {
                let why = "which rows were the first before a backup is not followed";
                let help = "not supported together with a scope such as \"newest 50\"";
                self.mistakes.at(event.at("restore_backend"), why, help);
            }
        }
    }
    pub(super) fn entity_id(&self, view: View<'_>, name: &str) -> Option<EntityId> {
        let given = self.mistakes.given_if(self.root.at("entity").is_itself_sound());
        given.find_in(view, "entity", name, &self.names).map(|position| EntityId(position as u16))
    }
    pub(super) fn column(&self, view: View<'_>, entity: usize, name: &str) -> Option<usize> {
        let sketch = self.sketches.get(entity)?;
        let columns: Vec<&str> = sketch.columns.iter().map(|c| c.name).collect();
        let given = self.mistakes.given_if(sketch.view.at("schema").is_itself_sound());
        given.find(view, &format!("column of `{}`", sketch.name), name, &columns)
    }

    fn entity(&self, sketch: &EntityDraft<'_>, id: usize) -> Entity {
        let column = |c: &Draft<'_>| Column { name: c.name.to_owned(), kind: self.kind(c, c.view, id, 0) };
        let columns: Vec<Column> = sketch.columns.iter().map(column).collect();
        let named = || sketch.view.at("unique").items();
        let unique: Vec<usize> = named().filter_map(|c| self.column(c, id, c.text())).collect();
        let is_twice = |item: &View<'_>| named().filter(|other| other.text() == item.text()).count() > 1;
        if let Some(item) = named().find(is_twice) {
            let title = format!("`{}` is in `unique` twice", item.text());
            self.mistakes.at(item, title, "name each column once");
        }
        let projection = self.projection(sketch, id, columns.len());
        let delivery = self.delivery(sketch, id, &columns);
        self.says_something(sketch, &unique);
        if projection.is_empty() && delivery.is_on_devices() {
            let at = ["project", "schema"].iter().find_map(|key| sketch.view.at(key).present());
            let title = format!("devices hold nothing of `{}` except its key", sketch.name);
            let help = "add a column to `project`, or write delivery = \"backend-only\"";
            self.mistakes.given(&[sketch.view.at("schema")]).at(at.unwrap_or(sketch.view), title, help);
        }
        Entity {
            name: sketch.name.to_owned(),
            key: sketch.key.to_owned(),
            projection,
            scope: self.scope(sketch, id, &columns),
            delivery,
            columns,
            unique,
        }
    }

    fn says_something(&self, sketch: &EntityDraft<'_>, unique: &[usize]) {
        let by = sketch.view.at("delivery").text().strip_prefix("on-open of ");
        for (at, column) in sketch.columns.iter().enumerate().filter(|(_, c)| c.shares != Shares::default()) {
            let why = if unique.contains(&at) {
                "is part of the natural key"
            } else if sketch.view.at("scope").key(column.name).present().is_some() {
                "decides which devices hold a row"
            } else if by == Some(column.name) {
                "names the record with which a row is opened"
            } else {
                continue;
            };
            let what = if column.shares.null.is_some() { "null" } else { "empty" };
            let title = format!("`{}` {why}, and is never {what}", column.name);
            self.mistakes.at(column.view, title, format!("leave out the share of {what} values"));
        }
    }

    fn kind(&self, column: &Draft<'_>, at: View<'_>, of: usize, depth: u32) -> ColumnKind {
        match &column.kind {
            ColumnType::Ref(entity) => ColumnKind::Ref(self.entity_id(at, entity).unwrap_or_default()),
            ColumnType::Fold { .. } if depth > 0 => {
                let help = "name the column that the value originally comes from";
                self.mistakes.at(at, "a folded column cannot be folded again", help);
                ColumnKind::Text
            }
            ColumnType::Fold { .. } => match self.fold(column, of) {
                Some((from, source, _)) => {
                    self.kind(&self.sketches[from].columns[source], at, from, depth + 1)
                }
                None => ColumnKind::Text,
            },
            own => own.kind(),
        }
    }

    pub(super) fn fold(&self, column: &Draft<'_>, of: usize) -> Option<(usize, usize, usize)> {
        let ColumnType::Fold { entity, column: source, via } = &column.kind else { return None };
        let from = usize::from(self.entity_id(column.view, entity)?.0);
        let via_at = self.column(column.view, of, via)?;
        let pointer = &self.sketches[of].columns[via_at];
        if pointer.kind != ColumnType::Ref(entity.clone()) {
            let title = format!("`{via}` does not refer to `{entity}`");
            // A reference to a missing entity has already been reported.
            let leads = match &pointer.kind {
                ColumnType::Ref(to) => self.names.place(to).is_some(),
                _ => pointer.view.is_sound(),
            };
            self.mistakes.given_if(leads).at(
                column.view,
                title,
                format!("write its type as \"ref {entity}\", or name another column"),
            );
            return None;
        }
        if from == of {
            let help = "fold from another entity: a row cannot follow rows of its own entity";
            self.mistakes.at(column.view, format!("`{entity}` is folded into rows of the same entity"), help);
            return None;
        }
        Some((from, self.column(column.view, from, source)?, via_at))
    }

    fn projection(&self, sketch: &EntityDraft<'_>, id: usize, columns: usize) -> Vec<usize> {
        let Some(project) = sketch.view.at("project").present() else { return (0..columns).collect() };
        let held = project.items().filter(|c| c.text() != sketch.key);
        let mut positions: Vec<usize> = held.filter_map(|c| self.column(c, id, c.text())).collect();
        positions.extend(columns - sketch.brought()..columns);
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    fn scope(&self, sketch: &EntityDraft<'_>, id: usize, columns: &[Column]) -> Vec<ScopeRule> {
        let rule = |(name, view): (&str, View<'_>)| {
            let column = self.column(sketch.view.at("scope").name(name), id, name)?;
            let kind = &columns[column].kind;
            let of = (name, column, kind, sketch.columns[column].view);
            let calendar = self.calendar.unwrap_or_default();
            scope_rule(view, of, calendar, self.mistakes, |name| self.attribute(view, name))
        };
        sketch.view.at("scope").entries().filter_map(rule).collect()
    }

    pub(super) fn attribute(&self, view: View<'_>, name: &str) -> Option<usize> {
        let given = self.mistakes.given_if(attributes_known(self.root));
        given.find_in(view, "attribute of a fleet", name, &self.attributes)
    }

    fn delivery(&self, sketch: &EntityDraft<'_>, id: usize, columns: &[Column]) -> Delivery {
        let view = sketch.view.at("delivery");
        let Some(name) = view.text().strip_prefix("on-open of ") else {
            return match view.text() {
                "backend-only" => Delivery::BackendOnly,
                "upload-only" => Delivery::UploadOnly,
                _ => Delivery::Delta,
            };
        };
        let by = self.column(view, id, name).unwrap_or(0);
        if columns.get(by).is_some_and(|c| !matches!(c.kind, ColumnKind::Ref(_))) {
            let given = self.mistakes.given(&[sketch.view.at("schema").key(name)]);
            given.at(
                view,
                format!("`{name}` does not refer to a record"),
                "name a column of type \"ref ENTITY\"",
            );
        }
        Delivery::OnOpen { by }
    }

    /// The effects for folded columns (copies of columns of a referenced row). Columns with the
    /// same source entity, target entity and reference form one effect.
    fn folds(&self) -> Vec<Effect> {
        let mut folds: BTreeMap<(usize, usize, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for (to, sketch) in self.sketches.iter().enumerate() {
            for (position, column) in sketch.columns.iter().enumerate() {
                if let ColumnType::Fold { .. } = column.kind
                    && let Some((from, source, via)) = self.fold(column, to)
                {
                    folds.entry((from, to, via)).or_default().push((source, position));
                }
            }
        }
        let effect = |((from, to, via), columns)| Effect::Fold {
            from: EntityId(from as u16),
            to: EntityId(to as u16),
            via,
            columns,
        };
        folds.into_iter().map(effect).collect()
    }

    fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        for (of, sketch) in self.sketches.iter().enumerate() {
            for (name, view) in sketch.view.at("on_delete").entries() {
                let at = sketch.view.at("on_delete").name(name);
                let Some(column) = self.column(at, of, name) else { continue };
                let draft = &sketch.columns[column];
                let ColumnType::Ref(to) = &draft.kind else {
                    let given = self.mistakes.given(&[draft.view]);
                    given.at(
                        at,
                        format!("`{name}` does not refer to a row"),
                        "name a column of type \"ref ENTITY\"",
                    );
                    continue;
                };
                let to = self.entity_id(draft.view, to).unwrap_or_default();
                let on_delete: OnDelete = view.word();
                if on_delete == OnDelete::SetNull && draft.shares.null.is_none() {
                    let title = format!("`{name}` is never null, so a delete cannot set it to null");
                    let to = self.sketches[usize::from(to.0)].name;
                    let help =
                        format!("write `{name} = \"ref {to} null 0%\"` in the schema, or another word here");
                    self.mistakes.given(&[draft.view]).at(view, title, help);
                }
                if on_delete != OnDelete::Nothing {
                    references.push(Reference { of: EntityId(of as u16), column, to, on_delete });
                }
            }
        }
        references
    }

    fn counter(&self, to: usize, column: &str, view: View<'_>) -> Option<Effect> {
        let counter = self.column(view, to, column)?;
        if !matches!(self.sketches[to].columns[counter].kind, ColumnType::Made(Maker::Int(..))) {
            let given = self.mistakes.given(&[self.sketches[to].columns[counter].view]);
            given.at(view, format!("`{column}` is not an \"int\""), "name a column of type \"int\"");
        }
        let of = usize::from(self.entity_id(view.at("of"), view.at("of").text())?.0);
        if of == to {
            let title = format!("`{}` counts rows of the same entity", self.sketches[to].name);
            self.mistakes.at(view.at("of"), title, "write another entity in `of`");
            return None;
        }
        let mut on = Vec::new();
        let mut by_day = None;
        for (own, other) in view.at("where").entries() {
            let name = other.text().strip_prefix("day of ");
            if name.is_some() && by_day.replace(on.len()).is_some() {
                self.mistakes.at(
                    other,
                    "only one column can be compared by day",
                    "compare the others by value",
                );
            }
            let own_at = view.at("where").name(own);
            on.push((self.column(other, of, name.unwrap_or(other.text()))?, self.column(own_at, to, own)?));
        }
        let utc_offset = self.calendar.unwrap_or_default().utc_offset;
        let shift = i64::from(utc_offset).rem_euclid(86_400) as u64;
        Some(Effect::Count {
            of: EntityId(of as u16),
            to: EntityId(to as u16),
            on,
            by_day,
            day_offset: Span::secs(shift),
            counter,
            step: view.at("step").int(),
        })
    }

    /// Reports references between CSV rows whose target row does not exist.
    fn strays(&self, csv_files: &CsvFiles) {
        for sketch in &self.sketches {
            let Some(own) = csv_files.get(sketch.name) else { continue };
            for column in sketch.columns.iter().filter(|column| column.view.is_sound()) {
                if let ColumnType::Ref(to) = &column.kind
                    && let Some(target) = csv_files.get(to)
                {
                    let key = self.key_type(to).unwrap_or(KeyType::Text);
                    let strays = own.strays(column.name, to, (target, key));
                    strays.into_iter().for_each(|stray| self.mistakes.add(stray));
                }
            }
        }
    }

    pub(super) fn key_type(&self, entity: &str) -> Option<KeyType> {
        self.names.place(entity).map(|at| self.sketches[at].key_type)
    }
}

/// The scope rule of `"device.NAME"` or `"-7d..28d"` for a column, which is given by name,
/// position, kind and type.
pub(super) fn scope_rule(
    view: View<'_>,
    (name, column, kind, typed): (&str, usize, &ColumnKind, View<'_>),
    calendar: Calendar,
    mistakes: &Mistakes,
    attribute: impl Fn(&str) -> Option<usize>,
) -> Option<ScopeRule> {
    let scope = scope(view.text())?;
    let (wants, help) = match &scope {
        Scope::Attribute(attribute) => {
            (ColumnKind::Text, format!("write {name} = \"text\" or {name} = \"attribute {attribute}\""))
        }
        Scope::Cut(CutOrder::Least, _) => (ColumnKind::Int, "name a column of type \"int\"".to_owned()),
        Scope::Cut(CutOrder::Greatest, _) => {
            (ColumnKind::Timestamp, "name a column of type \"timestamp\"".to_owned())
        }
        Scope::Window(..) | Scope::Moving(..) => {
            (ColumnKind::Timestamp, "name a column of type \"timestamp\"".to_owned())
        }
    };
    if *kind != wants {
        // If the file contains the type, the mistake is shown at the type.
        let what = match wants {
            ColumnKind::Text => "text, but the `scope` compares it with a text",
            ColumnKind::Int => "whole number",
            _ => "timestamp",
        };
        mistakes.among(&[typed, view], format!("`{name}` is not a {what}"), help);
        return None;
    }
    Some(match scope {
        Scope::Attribute(name) => ScopeRule::Attribute { column, attribute: attribute(&name)? },
        Scope::Cut(order, count) => ScopeRule::Cut { column, count, order, bound: order.whole() },
        Scope::Window(from, until) | Scope::Moving(from, until) => {
            let midnight = calendar.midnight().0;
            ScopeRule::Window { column, from: Stamp(midnight + from), until: Stamp(midnight + until) }
        }
    })
}

fn copies(effect: &Effect) -> Vec<Copied> {
    let Effect::Fold { from, to, via, columns } = effect else { return Vec::new() };
    let copied = |&(source, column)| Copied { of: *to, column, via: *via, from: *from, source };
    columns.iter().map(copied).collect()
}

pub(super) fn attributes_known(root: View<'_>) -> bool {
    let fleets = root.at("fleet");
    let known =
        |(_, fleet): (&str, View<'_>)| fleet.is_itself_sound() && fleet.at("attributes").is_itself_sound();
    fleets.is_itself_sound() && fleets.entries().all(known)
}
