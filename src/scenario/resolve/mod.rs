//! From a checked tree to a plan: names become positions, clock times become instants, shares
//! become counts.
//!
//! The tree has every key with its form and default, so nothing here asks whether a value is there
//! or what it is written like; what is asked is whether values go together: whether what is named
//! exists, whether an instant lies within the script. A mistake is told at its place, and all of
//! them at once; what may only follow from another mistake is kept back until there is no other.
//! What can be run, but is probably not meant, is a doubt (`doubts`).

mod about;
mod backend;
mod background;
mod conflict;
mod doubts;
mod excerpts;
mod figure;
mod flag;
mod fleet;
mod gateway;
mod hooks;
mod links;
mod makers;
mod measured;
mod naming;
mod own;
mod paths;
mod people;
mod phone;
mod query;
mod questions;
mod schema;
mod shows;
mod size;
mod stack;
mod steering;
mod trouble;
mod tunnel;
mod whole;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use self::questions::questions;
pub(super) use self::shows::claims;
use super::diagnostic::Diagnostic;
use super::plan::{Attribute, Plan, Settled};
use super::rows::Brought;
use super::traces::Traces;
use super::tree::Node;
use super::view::{Mistakes, View, read};
use super::written::{Calendar, TITLE_WANT, calendar, clock, is_title};
use crate::base::{Seed, Span, Time};
use crate::contract::{Described, Schema};
use crate::gateway::{GatewayOptions as Gateway, Mode};
use crate::metrics::Unit;
use crate::{engine, store};

/// The names that a scenario may use and that this room does not know.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// Metrics with their units.
    pub metrics: &'a [(&'a str, Unit)],
    /// Checks of the oracle.
    pub checks: &'a [&'a str],
    /// Stacks.
    pub stacks: &'a [Described],
}

struct World<'a> {
    root: View<'a>,
    names: &'a Names<'a>,
    calendar: Calendar,
    duration: Span,
    schema: Schema,
    attributes: Vec<Attribute>,
    links: fleet::Links<'a>,
    wrong: &'a Mistakes,
}

/// What was found wrong while a tree was resolved; empty if that was before.
pub(super) struct Wrong {
    /// In any case.
    pub(super) told: Vec<Diagnostic>,
    /// What may only follow from other mistakes.
    pub(super) following: Vec<Diagnostic>,
}

/// Resolves a tree that was checked; `sound` says whether nothing was found wrong. The plan's names
/// of file, variant and digest are left to the caller.
///
/// # Errors
/// Names that nothing has, times outside the script, columns of the wrong kind.
pub(super) fn resolve(
    tree: &Node,
    brought: &BTreeMap<String, Brought>,
    traces: &Traces,
    names: &Names<'_>,
    sound: bool,
) -> Result<Plan, Wrong> {
    let root = View::new(tree);
    let wrong = Mistakes::default();
    let calendar = calendar(root.at("start").text());
    let attributes = fleet::attributes(root, &wrong);
    let links = fleet::links(root, traces, &wrong);
    let entities = schema::entities(root, calendar, &attributes, brought, &wrong);
    let calendar = calendar.unwrap_or_default();
    background::budgets(root, &wrong);
    let fleets = fleet::fleets(root, &links, calendar, &wrong);
    let duration = root.at("duration").span();
    fleet::room_for_a_row(root, &fleets, &entities, &wrong);
    let schema = entities.schema;
    let world = World { root, names, calendar, duration, schema, attributes, links, wrong: &wrong };
    world.name();
    let chosen = world.chosen();
    world.baseline_metrics();
    let gateway = world.gateway();
    let (engine, events) = (world.engine(&gateway), world.events());
    naming::keys_fit(root, world.mode(), &wrong);
    naming::stay_together(root, world.mode(), &wrong);
    phone::fits(root, &wrong);
    naming::are_sent(root, &wrong);
    world.namesakes(&gateway, engine.identity, &events);
    let settled = Settled {
        scenario: root.at("name").text().to_owned(),
        path: String::new(),
        digest: String::new(),
        variant: None,
        axes: BTreeMap::new(),
        resolved: Arc::from(""),
        start: calendar.start,
        utc_offset: calendar.utc_offset,
        duration,
        drain: root.at("drain").span(),
        units: world.units(&gateway).into(),
        backend: world.backend(entities.effects),
        engine,
        gateway,
        fleets,
        brought: world.stack().is_some_and(|stack| !stack.is_builtin),
        chosen,
        engine_name: root.at("engine.name").text().to_owned(),
        store: world.store(),
        transport: links::transport(root.at("transport")),
        workload: world.workload(),
        hooks: Arc::new(world.hooks()),
        queries: world.queries(),
        events,
        chaos: world.chaos(),
        swarm: world.swarm().map(Arc::new),
        drawn: None,
        situations: world.situations(),
        proxy: root.at("proxy.ttl").present().map(|ttl| ttl.span()).filter(|ttl| *ttl > Span::ZERO),
        expect: world.expect(),
        gates: world.gates(),
        claims: Arc::from([]),
        questions: Arc::from([]),
        before: entities.before.map(Arc::new),
        data: Arc::new(entities.data),
        attributes: world.attributes,
        schema: Arc::new(world.schema),
        baseline_metrics: root.at("baseline_metrics").items().map(|m| m.text().to_owned()).collect(),
        files: Vec::new(),
        notes: Arc::from([]),
        warnings: Arc::from([]),
    };
    let mut plan = Plan { seed: Seed(root.at("seed").int() as u64), rest: Arc::new(settled) };
    let (told, following) = wrong.into_inner();
    if !sound || !told.is_empty() || !following.is_empty() {
        return Err(Wrong { told, following });
    }
    if let Some(impossible) = size::too_large(&plan, root).or_else(|| doubts::impossible(&plan, root)) {
        return Err(Wrong { told: vec![impossible], following });
    }
    plan.warnings = doubts::doubts(&plan, root, brought).into();
    Ok(plan)
}

impl World<'_> {
    /// The instant that a clock time names, if it can be told; a mistake before the start.
    fn time(&self, view: View<'_>) -> Option<Time> {
        let clock = clock(view.text())?;
        let start = self.root.at("start");
        // A time since the start does not depend on when that is.
        if clock.since_midnight().is_some() && !start.is_sound() {
            return None;
        }
        let time = self.calendar.time(clock);
        if time.is_none() {
            let title = format!("{} is before the scenario starts", view.text());
            self.wrong.at(view, title, format!("it starts at {}", start.text()));
        }
        time
    }

    /// Folders and files are called by it, and terminals show it.
    fn name(&self) {
        let name = self.root.at("name");
        if !is_title(name.text()) {
            self.wrong.given(&[name]).at(name, "a scenario cannot have this name", TITLE_WANT);
        }
    }

    fn baseline_metrics(&self) {
        let known: Vec<&str> = self.names.metrics.iter().map(|(n, _)| *n).collect();
        for name in self.root.at("baseline_metrics").items() {
            self.wrong.find(name, "metric", name.text(), &known);
        }
    }

    fn engine(&self, gateway: &Gateway) -> engine::EngineOptions {
        let view = self.root.at("engine");
        read!(view, engine::EngineOptions {
            request_timeout debounce hook_timeout requests decoder dates identity queue queue_kept
            network_poll status on_logout database_per row_cpu
        } with {
            pull: self.pull(view.at("pull"), gateway),
            push: self.push(view.at("push")),
            retry: self.retry(view.at("retry")),
            conflict: conflict::conflict(self.root, self.wrong),
            attachments: naming::attachments(view.at("attachments")),
            codec: gateway.codec,
            paths: paths::paths(self.root, &self.schema, self.wrong),
            sessions: self.sessions(view),
            on_unauthorized: view.at("token.on_refused").word(),
        })
    }

    fn pull(&self, view: View<'_>, gateway: &Gateway) -> engine::PullOptions {
        read!(view, engine::PullOptions {
            chunk_rows chunk_bytes apply_rows cursor streams missing_parent requests on_too_large
        } with {
            bad_rows: engine::BadRowOptions {
                share: view.at("bad_rows").share(),
                tries: view.at("bad_tries").count(),
                then: view.at("on_bad_row").word(),
            },
            steering: self.steering(view),
            prefetch: self.prefetch(view.at("prefetch"), gateway),
            replace: self.replace(view),
            atomic: whole::atomic(view, self.wrong),
            checkpoint: whole::checkpoint(view, gateway, self.wrong),
        })
    }

    fn sessions(&self, view: View<'_>) -> u32 {
        let (sessions, queue) = (view.at("sessions"), view.at("queue"));
        if sessions.count() > 1 && queue.word::<engine::AfterFailure>() == engine::AfterFailure::Blocks {
            let title = "a queue that a failed unit blocks has one unit at a time";
            self.wrong.given(&[queue]).at(sessions, title, "`sessions` must be 1, or `queue` \"makes-way\"");
        }
        sessions.count()
    }

    fn push(&self, view: View<'_>) -> engine::PushOptions {
        let (chosen, squash) = (view.at("capture"), view.at("squash"));
        let (capture, outbox) = (chosen.word(), engine::LocalCapture::Outbox);
        if capture != outbox && self.mode() == Mode::Persistent {
            let title = "a persistent gateway answers edits in a later run, which marks on rows do not await";
            self.wrong.at(chosen, title, "`capture` must be \"outbox\" there");
        }
        if capture != outbox && squash.flag() {
            let title = "only an outbox keeps edits that could go as one";
            self.wrong.given(&[chosen, squash]).at(squash, title, "`squash` needs `capture = \"outbox\"`");
        }
        let order = view.at("order");
        if capture != outbox && order.word::<engine::PushOrder>() != engine::PushOrder::TopDown {
            let title = "marks on rows have one order: those that refer to others go after them";
            self.wrong.given(&[chosen, order]).at(order, title, "`order` needs `capture = \"outbox\"`");
        }
        let policy = self.root.at("engine.conflict.policy");
        if squash.flag() && ["manual", "keep-both"].contains(&policy.text()) {
            let title = format!("\"{}\" takes edits one by one, and these go as one", policy.text());
            let help = "leave `squash` out, or take another policy";
            self.wrong.given(&[policy, squash]).at(squash, title, help);
        }
        read!(view, engine::PushOptions {
            chunk_rows chunk_bytes sends sync_date on_refused on_too_large unit
        } with {
            steering: self.steering(view),
            capture,
            squash: squash.flag(),
            order: order.word(),
        })
    }

    fn retry(&self, view: View<'_>) -> engine::RetryOptions {
        self.wrong.in_order(view, ["base", "cap"], false);
        read!(view, engine::RetryOptions { base cap jitter attempts heeds_after })
    }

    /// What pulled rows take the place of; all of it only by pages in turn.
    fn replace(&self, view: View<'_>) -> engine::Replace {
        let replace = view.at("replace");
        for (key, most) in [("prefetch", 0), ("streams", 1)] {
            let other = view.at(key);
            if replace.word::<engine::Replace>() == engine::Replace::All && other.count() > most {
                let title =
                    format!("rows that take the place of all come in turn, and `{key}` is {}", other.count());
                let help = format!("leave `{key}` out: it is {most} then");
                self.wrong.given(&[replace, other]).at(replace, title, help);
            }
        }
        let parts = |(_, unit): (&str, View<'_>)| unit.at("entity").entries().next().is_some();
        let unit = self.root.at("unit").entries().find(|unit| parts(*unit));
        if let Some((name, unit)) = unit.filter(|_| replace.word::<engine::Replace>() == engine::Replace::All)
        {
            let title = format!("rows take the place of all, and `unit.{name}` brings a part of them");
            let help = format!("leave `unit.{name}.entity` out, or `replace`");
            self.wrong.given(&[replace, unit.at("entity")]).at(replace, title, help);
        }
        replace.word()
    }

    /// Pages asked for ahead; refused where the ask would be taken for the receipt of a page that
    /// is not committed.
    fn prefetch(&self, view: View<'_>, gateway: &Gateway) -> u32 {
        let pages = view.count();
        if pages > 0
            && let Some(unfit) = gateway.takes_receipts()
        {
            self.wrong.at(view, unfit.why, format!("it takes {}, or `prefetch = 0`", unfit.instead));
        }
        pages
    }

    /// The indexes that devices have besides those of keys and references.
    fn indexes(&self) -> Vec<store::Index> {
        let mut indexes = Vec::new();
        for (at, entity) in self.schema.ids().zip(&self.schema.entities) {
            let held: Vec<&str> = entity.projected().map(|column| &*column.name).collect();
            for written in self.root.at("entity").key(&entity.name).at("indexes").items() {
                let place = |name: &str| {
                    let known = self.wrong.find(
                        written,
                        &format!("column of `{}` on devices", entity.name),
                        name,
                        &held,
                    );
                    known.map(|place| entity.projection[place])
                };
                let columns: Vec<usize> =
                    written.text().split(',').filter_map(|name| place(name.trim())).collect();
                let twice = columns.iter().enumerate().find(|(n, column)| columns[..*n].contains(column));
                if let Some((_, column)) = twice {
                    let title = format!("an index of `{}` names a column twice", entity.name);
                    let told = format!("`{}` once", entity.columns[*column].name);
                    self.wrong.at(written, title, told);
                }
                if indexes.iter().any(|one: &store::Index| (one.entity, &one.columns) == (at, &columns)) {
                    let title = format!("`{}` has this index already", entity.name);
                    self.wrong.at(written, title, "it is named once");
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
            self.wrong.at(page_size, "`page_size` must be a power of two", "SQLite takes 512, 1024, … 65536");
        }
        read!(view, store::StoreOptions {
            journal synchronous cache_pages foreign_keys watch_references keep_settled watch_cursors
            extra_rows
        } with {
            page_size: page_size.count(),
            on_mismatch: phone::on_mismatch(self.root),
            indexes: self.indexes(),
        })
    }
}
