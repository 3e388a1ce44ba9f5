//! Sync units, and the actions of users and of the office.

use super::super::written::{Scope, scope, trigger};
use super::ResolveContext;
use super::excerpts::{check_partial_rows, excerpts};
use super::schema::attributes_known;
use crate::base::{EntityId, Ppm, Span, Time, UnitId};
use crate::config::view::{Given, View, read};
use crate::contract::{ColumnKind, Delivery, EditKind, Entity, SyncUnit, Trigger};
use crate::gateway;
use crate::workload::{
    Action, Browsing, Contention, Editing, LoginWave, Peak, Resolver, Retrying, WorkloadOptions,
};

impl ResolveContext<'_> {
    pub(super) fn units(&self, gateway: &gateway::GatewayOptions) -> Vec<SyncUnit> {
        let units: Vec<SyncUnit> =
            self.root.at("unit").entries().map(|(name, view)| self.unit(name, view)).collect();
        check_partial_rows(self, &units, gateway);
        units
    }

    fn unit(&self, name: &str, view: View<'_>) -> SyncUnit {
        let on: Vec<Trigger> = view.at("on").items().filter_map(|t| trigger(t.text())).collect();
        let pull = self.entities(view.at("pull"), |d| matches!(d, Delivery::Delta), "pulled");
        let push = self.entities(view.at("push"), |d| d.is_on_devices(), "pushed");
        let nothing = |key: &str| view.at(key).items().next().is_none();
        if nothing("pull") && nothing("push") {
            let help = "write pull = [\"*\"] or push = [\"*\"]";
            self.mistakes.at(view, format!("`unit.{name}` syncs nothing"), help);
        }
        self.mistakes.once(view, "when");
        read!(view, SyncUnit { blocking discard_pending } with {
            excerpts: excerpts(self, view, &pull),
            name: name.to_owned(),
            on,
            pull,
            push,
            when: view.at("when").items().map(View::word).collect(),
        })
    }

    fn entities(&self, list: View<'_>, can: fn(&Delivery) -> bool, done: &str) -> Vec<EntityId> {
        let mut ids: Vec<EntityId> = Vec::new();
        for item in list.items() {
            if item.text() == "*" {
                ids.extend(self.schema.ids().filter(|id| can(&self.schema.entity(*id).delivery)));
            } else if let Some(id) = self.entity(item) {
                if !can(&self.schema.entity(id).delivery) {
                    let title = format!("`{}` cannot be {done}", item.text());
                    let delivery = self.written(self.schema.entity(id)).at("delivery");
                    let help = "change the entity's `delivery`, or remove the entity from this list";
                    self.mistakes.given(&[delivery]).at(item, title, help);
                }
                ids.push(id);
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        ids.retain(|id| seen.insert(*id));
        ids
    }

    pub(super) fn entity(&self, view: View<'_>) -> Option<EntityId> {
        self.entity_named(view, view.text())
    }
    pub(super) fn entity_named(&self, view: View<'_>, name: &str) -> Option<EntityId> {
        let entities = || self.schema.entities.iter().map(|e| e.name.as_str()).collect();
        let names = self.named.entities.get_or_init(entities);
        self.given_names("entity").find_in(view, "entity", name, names).map(|i| EntityId(i as u16))
    }
    /// Reports mistakes that depend on the names in a top-level table, such as `entity`.
    pub(super) fn given_names(&self, table: &str) -> Given<'_> {
        self.mistakes.given_if(self.root.at(table).is_itself_sound())
    }
    pub(super) fn column_named(&self, view: View<'_>, entity: EntityId, name: &str) -> Option<usize> {
        let entity = self.schema.entity(entity);
        let names: Vec<&str> = entity.columns.iter().map(|c| c.name.as_str()).collect();
        let columns = self.written(entity).at("schema");
        let given = self.mistakes.given_if(columns.is_itself_sound());
        given.find(view, &format!("column of `{}`", entity.name), name, &names)
    }
    pub(super) fn written(&self, entity: &Entity) -> View<'_> {
        self.root.at("entity").key(&entity.name)
    }
    pub(super) fn attribute(&self, view: View<'_>) -> Option<usize> {
        self.attribute_named(view, view.text())
    }
    pub(super) fn attribute_named(&self, view: View<'_>, name: &str) -> Option<usize> {
        let attributes = || self.attributes.iter().map(|a| a.name.as_str()).collect();
        let names = self.named.attributes.get_or_init(attributes);
        self.mistakes.given_if(attributes_known(self.root)).find_in(view, "attribute of a fleet", name, names)
    }

    pub(super) fn unit_named(&self, view: View<'_>) -> Option<UnitId> {
        let name = view.present()?.text();
        let names = self.named.units.get_or_init(|| self.root.at("unit").entries().map(|(n, _)| n).collect());
        self.given_names("unit").find_in(view, "unit", name, names).map(|position| UnitId(position as u16))
    }

    pub(super) fn workload(&self) -> WorkloadOptions {
        let view = self.root.at("workload");
        let hours = self.stretch(view.at("hours"), "work");
        let (opens, contention, foreground) =
            (view.at("opens"), view.at("contention"), view.at("foreground"));
        let queries_per_second_milli = foreground.at("queries").milli();
        WorkloadOptions {
            hours,
            logins: self.logins(view.at("login")),
            opened_before_login: view.at("opened_before_login").span(),
            resumes_per_hour_milli: view.at("resumes_per_hour").milli(),
            foreground: if foreground.is_table() { foreground.at("stay") } else { foreground }.span(),
            browsing: (queries_per_second_milli > 0)
                .then(|| Browsing { queries_per_second_milli, rows: foreground.at("rows").count() }),
            freshness: view.at("freshness").present().map_or(Span::secs(3_600), View::span),
            peaks: self.peaks(view.at("peak")),
            actions: self.root.at("action").entries().filter_map(|(n, v)| self.action(n, v)).collect(),
            contention: read!(contention, Contention {
                by share within equal beside double_create deletes
            }),
            editing: editing(self),
            resolver: read!(view.at("resolver"), Resolver {
                takes contested delay delays never asks_again
            }),
            retrying: read!(view.at("retrying"), Retrying { share after taps }),
            opens_per_day_milli: opens.at("per_day").milli(),
            opened: opens.present().and_then(|o| self.entity(o.at("entity"))),
            role_weights: self.weights(view.at("weights")),
        }
    }

    fn stretch(&self, view: View<'_>, what: &str) -> (Time, Time) {
        let ends = self.time(view.at("from")).zip(self.time(view.at("until")));
        if ends.is_some_and(|(from, until)| from >= until) {
            let title = format!("{what} ends before it begins");
            self.mistakes.at(view, title, "`until` must be after `from`");
        }
        ends.unwrap_or_default()
    }

    fn logins(&self, view: View<'_>) -> Vec<LoginWave> {
        let wave = |(_, v): (&str, View<'_>)| read!(v, LoginWave { share spread } with { at: self.time(v.at("at")).unwrap_or_default() });
        let waves: Vec<LoginWave> = view.entries().map(wave).collect();
        let total: u64 = waves.iter().map(|w| u64::from(w.share.0)).sum();
        if !waves.is_empty() && !(998_000..=1_002_000).contains(&total) {
            let title = format!("the shares of `workload.login` add up to {}, not to 1", total as f64 / 1e6);
            self.mistakes.at(view, title, "every device must log in with exactly one wave");
        }
        waves
    }

    fn peaks(&self, view: View<'_>) -> Vec<Peak> {
        let peak = |(name, v): (&str, View<'_>)| {
            let (from, until) = self.stretch(v, &format!("the peak `{name}`"));
            Peak { from, until, share: v.at("share").share() }
        };
        let mut peaks: Vec<Peak> = view.entries().map(peak).collect();
        peaks.sort_by_key(|p| p.from);
        let total: u64 = peaks.iter().map(|p| u64::from(p.share.0)).sum();
        if total > u64::from(Ppm::ONE.0) {
            let help = "reduce the shares: their sum must be at most 1";
            self.mistakes.at(view, "the shares of the peaks add up to more than 1", help);
        }
        peaks
    }

    fn weights(&self, view: View<'_>) -> Vec<(String, u32)> {
        let fleets = self.root.at("fleet").entries();
        let roles: Vec<&str> = fleets.flat_map(|(_, fleet)| fleet.at("role").names()).collect();
        let weight = |(name, v): (&str, View<'_>)| {
            self.given_fleets("role").find(v, "role", name, &roles)?;
            Some((name.to_owned(), v.count()))
        };
        view.entries().filter_map(weight).collect()
    }

    fn action(&self, name: &str, view: View<'_>) -> Option<Action> {
        let kind: EditKind = view.at("kind").word();
        let columns = view.at("columns");
        let entity = self.entity(view.at("entity"))?;
        if (kind == EditKind::Update) == columns.items().next().is_none() {
            let title = format!("`columns` of `action.{name}` does not fit its `kind`");
            self.mistakes.at(view, title, "an update must name `columns`; a create or a delete must not");
        }
        let per_device_milli = view.at("per_device").milli();
        if per_device_milli > 0 && view.at("on_devices").share() > Ppm(0) {
            let written = ["on_devices", "entity"].map(|key| view.at(key));
            let at = written.into_iter().find(|at| at.place().is_some()).unwrap_or(view);
            self.on_devices(entity, at, &format!("`action.{name}` is for devices"));
        }
        self.mistakes.once(view, "columns");
        let position = |at: View<'_>| {
            if at.text() == self.schema.entity(entity).key {
                let title = format!("`{}` is the key and cannot be updated", at.text());
                self.mistakes.at(at, title, "name other columns");
                return None;
            }
            let column = self.column_named(at, entity, at.text())?;
            if !self.schema.entity(entity).projection.contains(&column) {
                let title = format!("devices do not hold `{}`", at.text());
                let project = self.written(self.schema.entity(entity)).at("project");
                let help = "add the column to the entity's `project`, or name another column";
                self.mistakes.given(&[project]).at(at, title, help);
            }
            Some(column)
        };
        let action = Action {
            name: name.to_owned(),
            entity,
            kind,
            columns: columns.items().filter_map(position).collect(),
            per_device_milli,
            on_devices: view.at("on_devices").share(),
            near: view.at("near").present().and_then(|near| self.near(near, entity)),
            aim: view.at("aim").word(),
        };
        self.check_rename_aim(&action, columns);
        Some(action)
    }

    pub(super) fn on_devices(&self, entity: EntityId, at: View<'_>, what: &str) {
        let entity = self.schema.entity(entity);
        if entity.delivery.is_on_devices() {
            return;
        }
        let title =
            format!("{what}, but devices have no `{}`: its delivery is \"backend-only\"", entity.name);
        let help = "write on_devices = 0 to leave the edits to the office, or delivery = \"upload-only\" if apps create rows and upload them";
        self.mistakes.given(&[self.written(entity).at("delivery")]).at(at, title, help);
    }

    fn near(&self, view: View<'_>, entity: EntityId) -> Option<(usize, Span, Span)> {
        let named = view.at("column").text();
        let column = self.column_named(view.at("column"), entity, named)?;
        if self.schema.entity(entity).columns[column].kind != ColumnKind::Timestamp {
            let title = format!("`{named}` is not a timestamp");
            let written = self.written(self.schema.entity(entity)).at("schema").key(named);
            self.mistakes.given(&[written]).at(
                view.at("column"),
                title,
                "name a column of type \"timestamp\"",
            );
        }
        Some((column, view.at("before").span(), view.at("after").span()))
    }
}

fn editing(context: &ResolveContext<'_>) -> Editing {
    let view = context.root.at("workload.editing");
    let lease = view.at("lease");
    if lease.place().is_some() && context.stack().is_some_and(|stack| !stack.is_builtin) {
        let title = "this stack's server gives no leases";
        context.mistakes.at(lease, title, "leave out `lease`, or use the built-in stack");
    }
    let mut editing = Editing {
        offline: view.at("offline").word(),
        lease: lease.present().map(|lease| lease.span()),
        ..Editing::default()
    };
    for (number, entity) in context.schema.entities.iter().enumerate() {
        let id = EntityId(number as u16);
        if let Some(owner) = owner(context, id) {
            editing.owners.insert(id, owner);
        }
        let list = context.root.at("entity").key(&entity.name).at("editable_offline");
        let Some(list) = list.present() else { continue };
        let columns = list.items().filter_map(|item| context.column_named(item, id, item.text()));
        editing.columns.insert(id, columns.collect());
    }
    editing
}

fn owner(context: &ResolveContext<'_>, id: EntityId) -> Option<(usize, usize)> {
    let entity = context.schema.entity(id);
    let owned = context.root.at("entity").key(&entity.name).at("owned_by");
    let mut entries = owned.entries();
    let (name, view) = entries.next()?;
    if entries.next().is_some() {
        context.mistakes.at(owned, "a row must have one owner", "name one column in `owned_by`");
    }
    let column = context.column_named(owned.name(name), id, name)?;
    let Some(Scope::Attribute(attribute)) = scope(view.text()) else {
        context.mistakes.at(view, "a time cannot own a row", "write an attribute, such as \"device.person\"");
        return None;
    };
    if entity.projection.binary_search(&column).is_err() {
        let title = format!("devices do not hold `{name}`, and cannot know the owner of a row");
        context.mistakes.at(view, title, "add the column to `project`");
    }
    Some((column, context.attribute_named(view, &attribute)?))
}
