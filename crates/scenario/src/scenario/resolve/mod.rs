//! Resolves a checked tree to a plan: names become positions, clock times become instants, shares
//! become counts.
//!
//! Each key already has its form and its default. Here values are checked against each other. An
//! error that may be a consequence of another error is reported only if no other error remains.
//! Lints (`lints`) report settings that are allowed but probably not meant.
//!
//! Reading order: `context` has the data that all parts need. `schema` and `makers` resolve
//! entities; `fleet` and `links` resolve devices; `people` resolves units and edits; `trouble`
//! resolves events and bounds. `lints` has the lints.

mod about;
mod app;
mod backend;
mod context;
mod engine;
mod excerpts;
mod fleet;
mod gateway;
mod integration;
mod links;
mod lints;
mod makers;
mod measured;
mod naming;
mod own;
mod paths;
mod people;
mod phone;
mod schema;
mod scopes;
mod shows;
mod size;
mod stack;
mod trouble;
mod waits;
mod window;

use std::path::Path;
use std::sync::Arc;

use self::context::ResolveContext;
pub(super) use self::lints::of_no_edits;
pub(super) use self::shows::{claims, questions, unit_named};
pub(super) use self::stack::unheeded;
use super::plan::{Judging, Origin, Plan};
use super::rows::CsvFiles;
use super::traces::Traces;
use super::written::{TITLE_WANT, is_title};
use crate::base::{Seed, Span, Time};
use crate::config::diagnostic::Diagnostic;
use crate::config::tree::Node;
use crate::config::view::{Mistakes, View, read};
use crate::config::written::{calendar, clock};
use crate::contract::StackDescription;
use crate::engine::Identity;
use crate::gateway::GatewayOptions;
use crate::metrics;
use crate::setup::{Planned, Setup, Shared};
use crate::store;

/// Resolves a checked tree whose files are in `dir`. `no_errors_so_far` is true if no mistake was
/// found earlier.
///
/// # Errors
/// All mistakes that are found here.
pub(super) fn resolve(
    tree: &Node,
    csv_files: &CsvFiles,
    traces: &Traces,
    stacks: &[StackDescription],
    (dir, no_errors_so_far): (Option<&Path>, bool),
) -> Result<Plan, Vec<Diagnostic>> {
    let root = View::new(tree);
    let mistakes = &Mistakes::default();
    let calendar = calendar(root.at("start").text());
    let attributes = fleet::attributes(root, mistakes);
    let links = fleet::links(root, traces, mistakes);
    let entities = schema::entities(root, calendar, &attributes, csv_files, mistakes);
    let calendar = calendar.unwrap_or_default();
    fleet::budgets(root, mistakes);
    let (duration, schema, named) = (root.at("duration").span(), entities.schema, Default::default());
    let context =
        ResolveContext { root, stacks, dir, calendar, duration, schema, attributes, links, mistakes, named };
    let fleets = fleet::fleets(&context);
    fleet::check_row_memory(&context, &fleets, &entities.data);
    context.check_name();
    let chosen = context.chosen();
    context.baseline_metrics();
    let gateway = context.gateway();
    let (engine, events) = (context.engine(&gateway), context.events());
    context.check_combinations((&gateway, engine.identity), &events);
    let (judged, source) = (context.judging(), context.origin());
    let mut shared = Shared {
        start: calendar.start,
        utc_offset: calendar.utc_offset,
        duration,
        drain: root.at("drain").span(),
        units: context.units(&gateway).into(),
        backend: context.backend(entities.effects),
        integration: integration::integration(&context),
        engine,
        gateway,
        fleets,
        is_third_party: context.stack().is_some_and(|stack| !stack.is_builtin),
        chosen,
        engine_name: root.at("engine.name").owned_text(),
        store: context.store(),
        transport: links::transport(root.at("transport")),
        push_messages: links::push_messages(root.at("push_messages")),
        workload: context.workload(),
        hooks: Arc::new(context.hooks()),
        queries: context.queries(),
        events,
        chaos: context.chaos(),
        proxy: root.at("proxy.ttl").present().map(|ttl| ttl.span()).filter(|ttl| *ttl > Span::ZERO),
        before: entities.before.map(Arc::new),
        data: Arc::new(entities.data),
        attributes: context.attributes,
        schema: Arc::new(context.schema),
    };
    shared.engine.pull.live = engine::live(root, &shared.units, mistakes);
    let setup = Setup { seed: Seed(root.at("seed").int() as u64), rest: Arc::new(shared) };
    let mut plan = Plan { setup, judged: Arc::new(judged), source: Arc::new(source) };
    let mistakes = mistakes.taken(no_errors_so_far);
    if !no_errors_so_far || !mistakes.is_empty() {
        return Err(mistakes);
    }
    if let Some(impossible) = size::too_large(&plan, root).or_else(|| lints::impossible(&plan, root)) {
        return Err(vec![impossible]);
    }
    plan.source_mut().warnings = lints::lints(&plan, root, csv_files).into();
    Ok(plan)
}

impl ResolveContext<'_> {
    fn judging(&self) -> Judging {
        let kept = self.root.at("baseline_metrics").items();
        Judging {
            situations: self.situations(),
            expect: self.expect(),
            gates: self.root.at("gate").entries().filter_map(|(name, of)| self.gate(name, of)).collect(),
            baseline_metrics: kept.map(View::owned_text).collect(),
            ..Judging::default()
        }
    }

    fn origin(&self) -> Origin {
        Origin {
            scenario: self.root.at("name").owned_text(),
            swarm: self.swarm().map(Arc::new),
            ..Origin::default()
        }
    }

    fn check_combinations(&self, (gateway, identity): (&GatewayOptions, Identity), events: &[Planned]) {
        naming::check_key_owners(self.root, self.mode(), self.mistakes);
        naming::check_families(self.root, self.mode(), self.mistakes);
        phone::fits(self.root, self.mistakes);
        naming::check_attachments_sent(self.root, self.mistakes);
        self.check_shared_identity(gateway, identity, events);
    }

    fn time(&self, view: View<'_>) -> Option<Time> {
        let clock = clock(view.text())?;
        let start = self.root.at("start");
        // A time relative to the start is valid even if the start is wrong.
        if clock.since_midnight().is_some() && !start.is_sound() {
            return None;
        }
        let time = self.calendar.time(clock);
        if time.is_none() {
            let title = format!("{} is before the scenario starts", view.text());
            self.mistakes.at(
                view,
                title,
                format!("write a later time: the scenario starts at {}", start.text()),
            );
        }
        time
    }

    /// Checks the name, because folder and file names contain it and terminals show it.
    fn check_name(&self) {
        let name = self.root.at("name");
        if !is_title(name.text()) {
            self.mistakes.given(&[name]).at(name, "this is not a valid name of a scenario", TITLE_WANT);
        }
    }
    fn baseline_metrics(&self) {
        let known: Vec<&str> = metrics::names().collect();
        for name in self.root.at("baseline_metrics").items() {
            self.mistakes.find(name, "metric", name.text(), &known);
        }
    }

    fn indexes(&self) -> Vec<store::Index> {
        let mut indexes = Vec::new();
        for (at, entity) in self.schema.ids().zip(&self.schema.entities) {
            let what = format!("column of `{}` on devices", entity.name);
            let held: Vec<&str> = entity.projected().map(|column| &*column.name).collect();
            for written in self.root.at("entity").key(&entity.name).at("indexes").items() {
                let place = |name: &str| {
                    self.mistakes.find(written, &what, name, &held).map(|place| entity.projection[place])
                };
                let columns: Vec<usize> =
                    written.text().split(',').filter_map(|name| place(name.trim())).collect();
                let twice = columns.iter().enumerate().find(|(n, column)| columns[..*n].contains(column));
                if let Some((_, column)) = twice {
                    let title = format!("an index of `{}` names a column twice", entity.name);
                    self.mistakes.at(written, title, format!("`{}` once", entity.columns[*column].name));
                }
                if indexes.iter().any(|one: &store::Index| (one.entity, &one.columns) == (at, &columns)) {
                    let title = format!("`{}` already has this index", entity.name);
                    self.mistakes.at(written, title, "name each index once");
                }
                if entity.delivery.is_on_devices() && !columns.is_empty() {
                    indexes.push(store::Index { entity: at, columns });
                }
            }
        }
        indexes
    }

    fn store(&self) -> store::StoreOptions {
        let view = self.root.at("store");
        let page_size = view.at("page_size");
        if page_size.int() > 0 && !page_size.count().is_power_of_two() {
            self.mistakes.at(
                page_size,
                "`page_size` must be a power of two",
                "SQLite takes 512, 1024, … 65536",
            );
        }
        read!(view, store::StoreOptions {
            journal synchronous cache_pages foreign_keys watch_references keep_settled watch_cursors
            extra_rows extra_found_by encrypted indexes_made
        } with {
            page_size: page_size.count(),
            on_mismatch: phone::on_mismatch(self.root),
            indexes: self.indexes(),
        })
    }
}
