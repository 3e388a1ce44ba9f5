//! Lints on scopes. They report rows that reach devices without the rows that they refer to, and
//! rows that stay in a scope when the row that they refer to leaves it.

use std::collections::BTreeSet;

use super::super::plan::Plan;
use crate::base::{EntityId, Ppm, Value};
use crate::config::diagnostic::Diagnostic;
use crate::config::view::View;
use crate::contract::{ColumnKind, Copied, Delivery, EditKind, Entity, ScopeRule};
use crate::setup::{Happening, Planned};
use crate::workload::{Action, Dataset, Maker, Rivals};

/// The number of rows that are sampled in larger tables: every nth row.
const ROWS: u64 = 1_000;
/// The maximum number of distinct attribute sets of devices that are considered.
const KINDS: usize = 64;

/// A reference from an entity that devices hold (the child) to an entity with a scope (the parent).
#[derive(Clone, Copy)]
struct ScopedReference<'p> {
    plan: &'p Plan,
    child: EntityId,
    via: usize,
    parent: EntityId,
}

/// The number of child rows that devices with the same attributes hold, and how many of them lack
/// the parent.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Apart {
    alone: u64,
    held: u64,
}

pub(super) fn of_scopes(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let bonds: Vec<ScopedReference<'_>> = plan.schema.ids().flat_map(|child| bonds(plan, child)).collect();
    if bonds.is_empty() {
        return Vec::new();
    }
    // References of CSV rows need an index. References of generated rows are computed.
    let own = plan.data.iter().any(|data| data.given.is_some());
    let values = plan.attribute_values();
    let (schema, start) = (plan.schema.clone(), plan.start);
    let dataset = Dataset::new(plan.seed, schema, &plan.data, start, plan.utc_offset, &values, &|| !own);
    let Ok(dataset) = dataset else { return Vec::new() };
    let kinds = kinds(plan);
    let mut seen = BTreeSet::new();
    let told = |bond: &ScopedReference<'_>| {
        let apart = bond.without_parent(root, &dataset, &kinds);
        let doubt = apart.or_else(|| bond.left_behind(root))?;
        seen.insert((bond.child, bond.parent)).then_some(doubt)
    };
    bonds.iter().filter_map(told).collect()
}

fn bonds(plan: &Plan, child: EntityId) -> impl Iterator<Item = ScopedReference<'_>> {
    let (entity, of) = (plan.schema.entity(child), |id| plan.schema.entity(id));
    let held = entity.projection.iter().filter(|_| entity.delivery == Delivery::Delta);
    held.filter_map(move |&via| {
        let ColumnKind::Ref(parent) = entity.columns[via].kind else { return None };
        let scoped = of(parent).delivery == Delivery::Delta && !of(parent).scope.is_empty();
        (scoped && parent != child).then_some(ScopedReference { plan, child, via, parent })
    })
}

fn kinds(plan: &Plan) -> Vec<Vec<Value>> {
    let mut kinds: Vec<Vec<Value>> = Vec::new();
    for fleet in &plan.fleets {
        for device in 0..fleet.devices {
            let value =
                |of: &crate::setup::Attribute| of.values[of.number(device, fleet.devices) as usize].clone();
            let kind: Vec<Value> = plan.attributes.iter().map(value).collect();
            if kinds.len() < KINDS && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    kinds
}

impl<'p> ScopedReference<'p> {
    fn child(self) -> &'p Entity {
        self.plan.schema.entity(self.child)
    }
    fn parent(self) -> &'p Entity {
        self.plan.schema.entity(self.parent)
    }

    fn without_parent(self, root: View<'_>, dataset: &Dataset, kinds: &[Vec<Value>]) -> Option<Diagnostic> {
        let rule = *self.unlike(root).first()?;
        let (child, parent) = (&self.child().name, &self.parent().name);
        let apart = self.apart(dataset, kinds);
        let how = match dataset.live(self.child) {
            // Rows that come during the run have no known references yet.
            0 => self.splits(rule, kinds).then(String::new)?,
            _ if apart.alone == 0 => return None,
            _ => {
                let share = match apart.alone * 100 / apart.held {
                    0 => "under 1".to_owned(),
                    percent => percent.to_string(),
                };
                format!(": {share} % of the `{child}` rows on a device")
            }
        };
        let title =
            format!("rows of `{child}` come to devices that do not hold the `{parent}` of these rows{how}");
        let at = [root.at("entity").key(child).at("scope"), root.at("entity").key(child)];
        let place = at.into_iter().find_map(View::place);
        Some(Diagnostic::new(place, title).help(self.mend(root, rule)))
    }

    /// The scope rules of the parent that no rule of the child copies through this reference.
    fn unlike(self, root: View<'_>) -> Vec<&'p ScopeRule> {
        let follows = |rule: &&ScopeRule| !self.child().scope.iter().any(|own| self.copies(root, own, rule));
        self.parent().scope.iter().filter(follows).collect()
    }

    /// Whether the child's rule is on a copy of the column that the parent's rule is on.
    fn copies(self, root: View<'_>, own: &ScopeRule, rule: &ScopeRule) -> bool {
        let named = |entity: &Entity, rule: &ScopeRule| {
            let scope = root.at("entity").key(&entity.name).at("scope");
            scope.key(&entity.columns[rule.column()].name).text()
        };
        let copied = |copy: &&Copied| {
            (copy.of, copy.column, copy.via) == (self.child, own.column(), self.via)
                && copy.source == rule.column()
        };
        named(self.child(), own) == named(self.parent(), rule)
            && self.plan.schema.copies.iter().any(|copy| copied(&copy))
    }

    fn apart(self, dataset: &Dataset, kinds: &[Vec<Value>]) -> Apart {
        let live = dataset.live(self.child);
        let step = live.div_ceil(ROWS).max(1);
        let mut apart = vec![Apart::default(); kinds.len()];
        for row in (0..live).step_by(step as usize) {
            let Some(of) = dataset.target(self.child, row, self.via) else { continue };
            let [own, its] = [(self.child, row), (self.parent, of)].map(|(id, row)| {
                let scope = &self.plan.schema.entity(id).scope;
                scope.iter().map(|rule| (rule, dataset.value(id, row, rule.column()))).collect::<Vec<_>>()
            });
            for (kind, apart) in kinds.iter().zip(&mut apart) {
                let is_held = |rules: &[(&ScopeRule, Value)]| {
                    rules.iter().all(|(rule, value)| rule.is_met(value, kind))
                };
                apart.held += u64::from(is_held(&own));
                apart.alone += u64::from(is_held(&own) && !is_held(&its));
            }
        }
        apart.into_iter().max().unwrap_or_default()
    }

    /// Whether devices differ in the attribute of a parent's rule, and no rule of the child is on
    /// this attribute.
    fn splits(self, rule: &ScopeRule, kinds: &[Vec<Value>]) -> bool {
        let Some((_, attribute)) = rule.attribute() else { return false };
        let mut own = self.child().scope.iter().filter_map(ScopeRule::attribute);
        let is_apart = kinds.iter().any(|kind| kind[attribute] != kinds[0][attribute]);
        is_apart && own.all(|(_, of)| of != attribute)
    }

    /// The lines that add the parent's rule to the scope of the child.
    fn mend(self, root: View<'_>, rule: &ScopeRule) -> String {
        let [child, parent] = [self.child(), self.parent()];
        let [(child, of), (parent, _)] = [child, parent].map(|entity| (&entity.name, &entity.columns));
        let column = &self.parent().columns[rule.column()].name;
        let via = &of[self.via].name;
        let written = root.at("entity").key(parent);
        let by = written.at("scope").key(column).text();
        // A folded column is a copy and cannot be folded again. A column of type `attribute` takes
        // its value from the row that its own row refers to.
        let kind = match (written.at("schema").key(column).text().starts_with("fold "), rule.attribute()) {
            (true, Some((_, attribute))) => format!("attribute {}", self.plan.attributes[attribute].name),
            _ => format!("fold {parent}.{column} via {via}"),
        };
        let has = of.iter().any(|own| own.name == *column && column != via);
        let verb = if has { "write in its schema" } else { "add to its schema" };
        let scoped = match root.at("entity").key(child).at("scope").entries().next() {
            Some(_) => format!("{column} = \"{by}\" in its `scope`"),
            None => format!("scope = {{ {column} = \"{by}\" }}"),
        };
        format!("{verb} {column} = \"{kind}\", and write {scoped}")
    }

    /// Warns if a parent row can leave a scope while its child row keeps the original value.
    fn left_behind(self, root: View<'_>) -> Option<Diagnostic> {
        let as_made = root.at("backend.copies").text() == "as-made";
        let own = self.child().scope.iter().filter_map(ScopeRule::attribute);
        let (rule, (column, _)) = self.parent().scope.iter().find_map(|rule| {
            let (_, attribute) = rule.attribute()?;
            own.clone().find(|(_, of)| *of == attribute).map(|own| (rule, own))
        })?;
        let copied = self.unlike(root).iter().all(|unlike| unlike.column() != rule.column());
        let action = moving(self.plan, self.parent, rule.column()).filter(|_| as_made || !copied)?;
        let [child, parent] = [self.child(), self.parent()];
        let [column, source] = [&child.columns[column].name, &parent.columns[rule.column()].name];
        let (child, parent) = (&child.name, &parent.name);
        let title = format!(
            "`action.{}` moves a `{parent}` to other devices, but its rows of `{child}` stay: their `{column}` keeps its first value",
            action.name
        );
        let (at, help) = if copied {
            (root.at("backend.copies"), "write copies = \"follow\" in [backend] to update them".to_owned())
        } else {
            (root.at("entity").key(child).at("scope").key(column), self.mend(root, rule))
        };
        let place = at.place().or_else(|| root.at("action").key(&action.name).at("columns").place());
        let help = format!("{help}; `{source}` decides which devices hold a `{parent}`");
        Some(Diagnostic::new(place, title).help(help))
    }
}

/// An action that runs and changes this column, or the source of this column.
fn moving(plan: &Plan, entity: EntityId, column: usize) -> Option<&Action> {
    let by_events: BTreeSet<usize> = plan.events.iter().filter_map(Planned::action).collect();
    let taken =
        |(number, action): &(usize, &Action)| action.per_device_milli > 0 || by_events.contains(number);
    let mut sources = vec![(entity, column)];
    let copies = plan.schema.copies.iter();
    sources.extend(
        copies.filter(|copy| (copy.of, copy.column) == (entity, column)).map(|copy| (copy.from, copy.source)),
    );
    let changes = |(number, action): &(usize, &Action)| {
        let changed = |(of, column): &(EntityId, usize)| {
            *of == action.entity && action.columns.contains(column) && !keeps_own(plan, *number, *column)
        };
        action.kind == EditKind::Update && sources.iter().any(changed)
    };
    let actions = plan.workload.actions.iter().enumerate().filter(taken);
    actions.filter(changes).map(|(_, action)| action).next()
}

/// Whether an action only writes the user's own attribute to this column. Users do that unless an
/// event names another value.
fn keeps_own(plan: &Plan, action: usize, column: usize) -> bool {
    let made = &plan.workload.actions[action];
    let maker = &plan.data[usize::from(made.entity.0)].columns[column];
    let contention = &plan.workload.contention;
    let by_office = made.per_device_milli > 0 && made.on_devices < Ppm(1_000_000)
        || contention.share > Ppm(0) && contention.by != Rivals::Devices;
    let is_set = |planned: &Planned| match &planned.what {
        Happening::Edits { action: of, about, .. } => {
            *of == action && about.set.iter().any(|(of, _)| *of == column)
        }
        _ => false,
    };
    matches!(maker, Maker::Attribute(_)) && !by_office && !plan.events.iter().any(is_set)
}
