//! Events, random faults (chaos), expectations and gates (thresholds on figures).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::chaos::chaos;
use super::super::plan::{Bound, Expect, Gate};
use super::super::swarm::{Situations, Swarm};
use super::ResolveContext;
use super::fleet::{all_devices, named_link};
use super::measured::{bound, ends, has_stat, unit, with_stat};
use crate::base::{DeviceId, EntityId, Ppm, Span, Time, Value, Word};
use crate::config::view::{Given, Mistakes, View, read};

use crate::engine::Identity;
use crate::faults::{self, Asks};
use crate::gateway::{Capture, GatewayOptions, Mode};
use crate::metrics::{self, Situation, Unit};
use crate::net::Profile;
use crate::oracle;
use crate::setup::{Asking, Chaos, Happening, Planned, Who};

/// The maximum number of random faults. They are drawn before the run, and each is reported.
const FAULTS_MAX: u128 = 500_000;

/// The default number of cells from which a swarm must reach its lower bounds.
const CELLS: u64 = 200;

/// The start of the year 10000, in microseconds since 1970 (UTC).
const YEAR_10000: i64 = 253_402_300_800_000_000;

impl ResolveContext<'_> {
    pub(super) fn events(&self) -> Vec<Planned> {
        let mut events: Vec<Planned> =
            self.root.at("event").entries().filter_map(|(name, view)| self.event(name, view)).collect();
        events.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
        events
    }

    /// Refuses a third phone with the same identity. With 3 such phones, each load makes the
    /// receipts of the others invalid, so they load forever.
    pub(super) fn check_shared_identity(
        &self,
        gateway: &GatewayOptions,
        identity: Identity,
        events: &[Planned],
    ) {
        if identity != Identity::Database || !gateway.reloads_copies() {
            return;
        }
        let mut named: BTreeMap<DeviceId, DeviceId> = BTreeMap::new();
        for event in events {
            let Some((from, to)) = event.what.fault().and_then(|fault| fault.copies) else { continue };
            let name = *named.entry(from).or_insert(from);
            named.insert(to, name);
            if named.values().filter(|other| **other == name).count() > 2 {
                let free = Capture::such(|capture| !capture.knows_devices);
                let help = format!(
                    "at most two phones can share an identity here: write engine.identity = \"device\" to give each its own, or cursors held by the client and a capture by {free}"
                );
                let at = self.root.at("event").key(&event.name).at("clone");
                let title =
                    "with this clone, three phones have one identity and make each other reload for ever";
                return self.mistakes.at(at, title, help);
            }
        }
    }

    fn event(&self, name: &str, view: View<'_>) -> Option<Planned> {
        let at = self.time(view.at("at")).unwrap_or_default();
        if at >= Time::ZERO + self.duration {
            let help = format!("the script lasts {}", self.duration);
            let title = format!("`event.{name}` comes after the end of the script");
            self.mistakes.given(&[self.root.at("duration")]).at(view.at("at"), title, help);
        }
        let (kind, own) = view.entries().find(|(key, _)| *key != "at")?;
        let fault = faults::KINDS.iter().find(|fault| fault.key.name == kind);
        let what = match fault {
            Some(fault) => {
                let asks = InFile { context: self, event: view, at };
                Happening::Fault(fault.key.name, Arc::new((fault.read)(own, &asks)?))
            }
            None => self.deed(kind, own)?,
        };
        // For a clock jump, `by` is a time. For other faults, `by` names an attribute.
        let by = own.at("by").present().filter(|_| fault.is_none_or(|fault| !fault.jumps));
        let who = self.who(own, by);
        let length = ["for", "restart_after", "over"].iter().find_map(|key| own.at(key).present());
        let length = length.map_or(Span::ZERO, View::span);
        let is_nothing = fault.is_some_and(|fault| (fault.is_nothing)(own));
        (!is_nothing).then(|| Planned { name: name.to_owned(), at, length, who, what })
    }

    fn who(&self, view: View<'_>, by: Option<View<'_>>) -> Who {
        if let Some(list) = view.at("devices").present() {
            if by.is_some() {
                let help = "write `devices`, or `by` with a share of an attribute's values";
                self.mistakes.at(list, "`devices` and `by` exclude each other", help);
            }
            // The resolved text of every scenario contains this default.
            let share = view.at("share");
            if share.present().is_some() && share.share() != Ppm::ONE {
                let help = "write `devices`, or `share` for a share of all devices";
                self.mistakes.given(&[share]).at(share, "`devices` and `share` exclude each other", help);
            }
            return Who::Devices(list.items().map(|one| self.one_device(one)).collect());
        }
        let share = view.at("share").present().map_or(Ppm::ONE, View::share);
        let attribute = by.and_then(|by| self.attribute(by));
        attribute.map_or(Who::Share(share), |attribute| Who::ShareOf { share, attribute })
    }

    fn one_device(&self, view: View<'_>) -> DeviceId {
        let total = all_devices(self.root);
        if view.count() >= total {
            let help = format!("devices are numbered from 0 to {}", total.saturating_sub(1));
            self.given_fleets("devices").at(view, format!("there is no device {}", view.count()), help);
        }
        DeviceId(view.count())
    }

    /// The event as an act of users or of the office. The check has already reported an unknown
    /// kind.
    fn deed(&self, kind: &str, view: View<'_>) -> Option<Happening> {
        match kind {
            "edits" => self.edits(view),
            "trigger" => {
                let how: Option<Asking> = view.of("how");
                Some(Happening::Trigger(self.unit_named(view.at("unit"))?, how.unwrap_or_default()))
            }
            "bulk_import" => Some(Happening::Import {
                entity: self.entity(view.at("entity"))?,
                rows: u64::from(view.at("rows").count()),
                of_one: view.at("of_one").present().and_then(|a| self.attribute(a)),
            }),
            _ => None,
        }
    }

    fn edits(&self, view: View<'_>) -> Option<Happening> {
        let (actions, action) = (self.root.at("action"), view.at("action"));
        let names = self.named.actions.get_or_init(|| actions.entries().map(|(name, _)| name).collect());
        let number = self.given_names("action").find_in(action, "action", action.text(), names)?;
        let written = actions.key(action.text());
        if let Some(entity) = self.schema.find(written.at("entity").text()) {
            self.on_devices(entity, action, "these edits are made on devices");
        }
        let about = self.about(view, written);
        Some(Happening::Edits { action: number, count: view.at("count").count(), about })
    }

    pub(super) fn not_too_many(&self, key: View<'_>, faults: u128) {
        if faults > FAULTS_MAX {
            let help = format!(
                "write a longer time between faults, fewer devices or a shorter scenario: the limit is {FAULTS_MAX} faults"
            );
            self.mistakes.at(key, format!("about {faults} faults would be drawn"), help);
        }
    }
    pub(super) fn chaos(&self) -> Option<Chaos> {
        let view = self.root.at("chaos").present()?;
        let devices = all_devices(self.root);
        for (name, mtbf) in view.entries().filter(|(name, _)| name.ends_with("_mtbf")) {
            let places = if name == "backend_mtbf" { 1 } else { devices };
            let faults = u128::from(places) * u128::from(self.duration.0) / u128::from(mtbf.span().0.max(1));
            if mtbf.span() > Span::ZERO {
                self.not_too_many(mtbf, faults);
            }
        }
        Some(chaos(view))
    }

    pub(super) fn swarm(&self) -> Option<Swarm> {
        let view = self.root.at("swarm").present()?;
        let kinds = self.kinds();
        let known: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let always = view.at("always").items().inspect(|kind| {
            self.mistakes.find(*kind, "fault kind", kind.text(), &known);
        });
        if view.at("on").share().0 == 0 {
            let help = "write a share above 0 and at most 1, such as 0.75 or \"75%\"";
            self.mistakes.at(view.at("on"), "with `swarm.on` = 0 no seed has any fault", help);
        }
        let always = always.map(View::owned_text).collect();
        Some(read!(view, Swarm { on sizes } with { always }))
    }

    fn kinds(&self) -> Vec<String> {
        let under = |table: &'static str| {
            let names = self.root.at(table).entries().map(|(name, _)| name);
            names.map(move |name| format!("{table}.{name}")).collect::<Vec<_>>()
        };
        let singles = ["workload.contention", "backend.poison"].map(str::to_owned);
        [under("chaos"), under("event"), under("action"), singles.into()].concat()
    }

    pub(super) fn situations(&self) -> Situations {
        let view = self.root.at("situations");
        let Some(view) = view.present() else { return Situations { seeds: CELLS, ..Situations::default() } };
        let is_asked = |situation: &&Situation| {
            view.at("occur").items().any(|one| ["all", situation.word()].contains(&one.text()))
        };
        let occur = Situation::VALUES.iter().filter(is_asked).copied().collect();
        Situations { occur, seeds: u64::from(view.at("seeds").count()) }
    }

    pub(super) fn expect(&self) -> Expect {
        let view = self.root.at("expect");
        let checks: Vec<&str> = oracle::check_names().collect();
        let mut violations = Vec::new();
        for name in view.at("violation").items() {
            self.mistakes.find(name, "check", name.text(), &checks);
            violations.push(name.owned_text());
        }
        let mut metrics = BTreeMap::new();
        for (name, bound) in view.entries().filter(|(name, _)| *name != "violation") {
            let (metric, stat) = with_stat(name);
            let named = view.name(name);
            if let Some(unit) = self.metric(named, &metric)
                && has_stat(named, &metric, stat, self.mistakes)
            {
                metrics.insert(name.to_owned(), self.bound(bound, unit.of_stat(stat)));
            }
        }
        let actions = self.root.at("action").entries();
        let optional = actions.filter(|(_, action)| action.at("optional").flag());
        Expect { violations, metrics, optional: optional.map(|(name, _)| name.to_owned()).collect() }
    }

    /// The unit of a metric. Its name may end with `@` and a start state, or with `/` and a sync
    /// unit or an entity.
    fn metric(&self, view: View<'_>, name: &str) -> Option<Unit> {
        let (metric, part) = metrics::parts(name);
        match part {
            Some(('@', state)) => self.start_state(view, state),
            Some((_, entity)) if metrics::is_by_entity(metric) => {
                self.entity_named(view, entity);
            }
            Some((_, unit)) => {
                self.mistakes.find(view, "sync unit", unit, &self.root.at("unit").names());
            }
            None => {}
        }
        let found = unit(view, metric, self.mistakes)?;
        if metrics::find(name).is_none() && metrics::find(metric).is_some() {
            let by = if name.contains('@') { "state at the start" } else { "sync unit" };
            let help = format!("write `{metric}`, the figure of all together");
            self.mistakes.at(view, format!("`{metric}` is not measured by {by}"), help);
        }
        Some(found)
    }

    /// Reports an unknown start state. If `--set` or a variant changed the start states, it is not
    /// an error: the metric then has no figure.
    fn start_state(&self, view: View<'_>, state: &str) {
        let mut fleets = self.root.at("fleet").entries();
        if fleets.any(|(_, fleet)| fleet.at("start").is_changed()) {
            return;
        }
        let fleets = self.root.at("fleet").entries();
        let states: Vec<&str> = fleets.flat_map(|(_, fleet)| fleet.at("start").names()).collect();
        self.given_fleets("start").find(view, "state at the start", state, &states);
    }
    /// Reports mistakes that depend on this key of the fleets.
    pub(super) fn given_fleets(&self, key: &str) -> Given<'_> {
        let fleets = self.root.at("fleet");
        let known = |(_, fleet): (&str, View<'_>)| fleet.is_itself_sound() && fleet.at(key).is_sound();
        self.mistakes.given_if(fleets.is_itself_sound() && fleets.entries().all(known))
    }
    fn bound(&self, view: View<'_>, unit: Unit) -> Bound {
        if !view.is_table() {
            let exactly = bound(view, unit, self.mistakes);
            return Bound { min: exactly, max: exactly };
        }
        ends(view, unit, self.mistakes)
    }
    pub(super) fn gate(&self, name: &str, view: View<'_>) -> Option<Gate> {
        let metric = view.at("metric").present()?;
        let unit = self.metric(metric, metric.text())?;
        let (asked, stat) = (view.at("stat"), view.at("stat").text());
        let asked = if asked.place().is_some() { asked } else { metric };
        if !view.at("stat").is_sound() || !has_stat(asked, metric.text(), stat, self.mistakes) {
            return None;
        }
        let bound = ends(view, unit.of_stat(stat), self.mistakes);
        if let Some(start) = view.at("start").present() {
            self.start_state(start, start.text());
        }
        Some(read!(view, Gate { metric stat start } with { name: name.to_owned(), bound }))
    }
}

/// Gives a fault access to the file that contains its event.
struct InFile<'a, 'w> {
    context: &'a ResolveContext<'w>,
    event: View<'a>,
    at: Time,
}

impl Asks for InFile<'_, '_> {
    fn event(&self) -> View<'_> {
        self.event
    }
    fn at(&self) -> Time {
        self.at
    }
    fn wrong(&self) -> &Mistakes {
        self.context.mistakes
    }
    fn link(&self, name: View<'_>) -> Option<Arc<Profile>> {
        named_link(self.context, name.text(), name)
    }
    fn entity(&self, name: View<'_>) -> Option<EntityId> {
        self.context.entity(name)
    }
    fn device(&self, number: View<'_>) -> DeviceId {
        self.context.one_device(number)
    }
    fn crash_points(&self) -> Vec<&str> {
        let points = self.context.stack().into_iter().flat_map(|stack| &stack.crash_points);
        points.map(String::as_str).collect()
    }
    fn dated(&self, by: View<'_>, micros: i64) {
        let start = self.context.calendar.start;
        let shown = start.plus(self.at.since(Time::ZERO)).0.saturating_add(micros);
        if !(0..YEAR_10000).contains(&shown) {
            let help = "write a smaller jump: the dates must be within 1970 to 9999";
            let given = self.context.mistakes.given(&[self.context.root.at("start")]);
            given.at(by, "this clock would show a date before 1970 or after 9999", help);
        }
    }
    fn not_too_many(&self, key: View<'_>, faults: u128) {
        self.context.not_too_many(key, faults);
    }
    fn attribute(&self, of: (&str, View<'_>)) -> Option<(usize, Value)> {
        let (name, value) = of;
        let position = self.context.attribute_named(value, name)?;
        let values = &self.context.attributes[position].values;
        let mut names: Vec<&str> = Vec::new();
        for value in values.iter() {
            if let Value::Text(text) = value {
                names.push(text);
            }
        }
        let given = self.context.given_fleets("attributes");
        let nth = given.find(value, &format!("value of `{name}`"), value.text(), &names)?;
        Some((position, values[nth].clone()))
    }
    fn is_builtin(&self) -> bool {
        self.context.stack().is_none_or(|stack| stack.is_builtin)
    }
    fn has_flags(&self) -> bool {
        self.context.change_log().is_some()
    }
    fn is_its_replica(&self) -> bool {
        let holds_cursors = self.context.root.at("gateway.serve.cursor_held_by").text() == "server";
        self.context.mode() == Mode::Persistent && !holds_cursors
    }
}
