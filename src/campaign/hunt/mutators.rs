//! All changes that a hunt (search for failures) can make to a scenario. Each change sets keys of
//! the scenario, so every candidate is a scenario that a user can run.

use super::ground::{Focus, Force, Ground, millis, moment, share};
use crate::base::{Span, Stream};
use crate::contract::EditKind;

/// The number of events of one kind in a candidate. A further event replaces an earlier one.
const SLOTS: u64 = 4;
/// The probability that a random fault is switched off. Some failures occur only without it.
const OFF: f64 = 0.2;
const UPDATES: &[EditKind] = &[EditKind::Update];
const CHANGES: &[EditKind] = &[EditKind::Update, EditKind::Delete];

/// A change of a scenario. All its keys are set together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gene {
    /// A candidate has at most one change of this name.
    pub(super) name: String,
    /// `KEY=VALUE`, as `--set` takes it.
    pub(super) sets: Vec<String>,
}

/// A kind of change.
pub(super) struct Mutator {
    /// The key that the change sets, or the name of its events.
    pub(super) name: &'static str,
    /// The frequency of this change, relative to other kinds.
    pub(super) weight: u64,
    draw: Draw,
}

type Draw = fn(&Ground, Focus, &mut Stream) -> Vec<String>;

const fn of(name: &'static str, weight: u64, draw: Draw) -> Mutator {
    Mutator { name, weight, draw }
}

pub(super) const MUTATORS: &[Mutator] = &[
    of("chaos.kill_mtbf", 3, |g, f, s| rate(g, f, s, "kill_mtbf", None)),
    of("chaos.power_loss_mtbf", 2, |g, f, s| rate(g, f, s, "power_loss_mtbf", None)),
    of("chaos.outage_mtbf", 3, |g, f, s| rate(g, f, s, "outage_mtbf", Some("outage_mean"))),
    of("chaos.cancel_mtbf", 1, |g, f, s| rate(g, f, s, "cancel_mtbf", None)),
    of("chaos.suspend_mtbf", 1, |g, f, s| rate(g, f, s, "suspend_mtbf", Some("suspend_mean"))),
    of("chaos.token_mtbf", 1, |g, f, s| rate(g, f, s, "token_mtbf", None)),
    of("chaos.logout_mtbf", 1, |g, f, s| rate(g, f, s, "logout_mtbf", Some("away_mean"))),
    of("chaos.other_user_mtbf", 1, |g, f, s| rate(g, f, s, "other_user_mtbf", Some("away_mean"))),
    of("chaos.reinstall_mtbf", 1, |g, f, s| rate(g, f, s, "reinstall_mtbf", None)),
    of("chaos.restore_mtbf", 1, |g, f, s| rate(g, f, s, "restore_mtbf", None)),
    of("chaos.backend_mtbf", 2, |g, f, s| rate(g, f, s, "backend_mtbf", Some("backend_mean"))),
    of("chaos.response_loss", 4, |_, f, s| part(f, "chaos.response_loss", s)),
    of("chaos.foreign_responses", 2, |_, f, s| part(f, "chaos.foreign_responses", s)),
    of("chaos.bad_rows", 2, |_, f, s| part(f, "chaos.bad_rows", s)),
    of("chaos.put_off", 2, |_, f, s| part(f, "chaos.put_off", s)),
    of("chaos.refused_deletes", 1, |_, f, s| part(f, "chaos.refused_deletes", s)),
    of("chaos.proxy_ttl", 1, |_, _, s| vec![format!("chaos.proxy_ttl={}s", 2 + s.below(40))]),
    of("backend.poison", 2, |_, f, s| part(f, "backend.poison", s)),
    of("backend.replica_lag", 2, |_, _, s| vec![format!("backend.replica_lag={}", millis(moment(s)))]),
    of("backend.tombstones_kept", 2, |g, f, s| {
        vec![format!("backend.tombstones_kept={}", millis(g.mean_time(f.force, s)))]
    }),
    of("backend.commit_delay", 2, |_, f, s| {
        let share = share(f.force, s);
        vec![format!("backend.commit_delay={{ share = {share}, upto = \"{}\" }}", millis(moment(s)))]
    }),
    of("engine.pull.chunk_rows", 4, |g, _, s| vec![format!("engine.pull.chunk_rows={}", g.page(s))]),
    of("engine.pull.apply_rows", 2, |g, _, s| vec![format!("engine.pull.apply_rows={}", g.page(s))]),
    of("engine.push.chunk_rows", 3, |_, _, s| vec![format!("engine.push.chunk_rows={}", 1 + s.below(6))]),
    of("gateway.refresh.page", 1, |g, _, s| vec![format!("gateway.refresh.page={}", g.page(s))]),
    of("workload.contention", 5, contention),
    of("workload.resumes_per_hour", 2, |_, _, s| {
        vec![format!("workload.resumes_per_hour={}", s.pick(&[0, 30, 120, 600]))]
    }),
    of("workload.foreground", 1, |_, _, s| {
        vec![format!("workload.foreground={}", s.pick(&["10s", "40s", "5m"]))]
    }),
    of("action.per_device", 4, rhythm),
    of("action.aim", 3, aim),
    of("fleet.devices", 2, |g, f, s| {
        let least = if f.force == Force::Mild { 2 } else { 1 };
        vec![format!("fleet.{}.devices={}", s.pick(&g.fleets), least + s.below(u64::from(g.devices.max(4))))]
    }),
    of("fleet.link", 1, |g, _, s| {
        let link = s.pick(&["edge", "lte-poor", "3g-poor", "wifi-good"]);
        vec![format!("fleet.{}.link={link}", s.pick(&g.fleets))]
    }),
    of("fleet.start", 2, |g, _, s| {
        let start = s.pick(&["empty", "1d", "{ empty = 0.5, 1d = 0.5 }"]);
        vec![format!("fleet.{}.start={start}", s.pick(&g.fleets))]
    }),
    of("fleet.clock", 1, |g, _, s| {
        let offset = s.pick(&["-1h", "-90s", "-2s", "2s", "90s", "1h"]);
        vec![format!("fleet.{}.clock={{ offset = \"{offset}\" }}", s.pick(&g.fleets))]
    }),
    of("event.at", 2, shifted),
    of("entity.rows", 3, few_rows),
    of("kill at a point", 5, kill_at_a_point),
    of("power loss at an fsync", 2, power_loss),
    of("lost response", 5, lost_response),
    of("hot row", 4, hot_row),
    of("made and changed", 5, made_and_changed),
    of("deleted meanwhile", 4, deleted_meanwhile),
    of("outage", 4, outage),
    of("import", 4, import),
    of("clock step", 3, clock_step),
    of("away", 3, away),
    of("trigger", 2, trigger),
    of("network", 3, network),
    of("servers", 3, servers),
    of("clock back in a family", 2, clock_back_in_family),
];

impl Mutator {
    /// True if it switches a random fault on, or sends people to the same row.
    pub(super) fn is_random_fault(&self) -> bool {
        self.name.starts_with("chaos.") || self.name == "workload.contention"
    }

    /// Draws a change of this kind; `None` if the scenario has nothing to change.
    pub(super) fn draw(&self, ground: &Ground, focus: Focus, stream: &mut Stream) -> Option<Gene> {
        let is_of_keys = self.name.contains('.');
        let slot = stream.below(SLOTS);
        let drawn = (self.draw)(ground, focus, stream);
        let name = match drawn.first().and_then(|set| set.split_once('=')) {
            Some((key, _)) if is_of_keys => key.to_owned(),
            _ => format!("{} {slot}", self.name),
        };
        // Each event contains the name of its change, so that two changes of one kind have other
        // names.
        let stem = name.replace(' ', "-");
        let sets: Vec<String> = drawn.iter().map(|set| set.replace('@', &stem)).collect();
        (!sets.is_empty()).then_some(Gene { name, sets })
    }
}

fn rate(ground: &Ground, focus: Focus, stream: &mut Stream, key: &str, length: Option<&str>) -> Vec<String> {
    if focus.force == Force::Any && stream.chance(OFF) {
        return vec![format!("chaos.{key}=0s")];
    }
    let mut sets = vec![format!("chaos.{key}={}", millis(ground.mean_time(focus.force, stream)))];
    sets.extend(
        length.map(|length| format!("chaos.{length}={}", millis(moment(stream) + Span::millis(100)))),
    );
    sets
}

fn part(focus: Focus, key: &str, stream: &mut Stream) -> Vec<String> {
    let is_off = focus.force == Force::Any && stream.chance(OFF);
    let share = if is_off { 0.0 } else { share(focus.force, stream) };
    vec![format!("{key}={share}")]
}

fn contention(_: &Ground, _: Focus, stream: &mut Stream) -> Vec<String> {
    let by = stream.pick(&["office", "devices", "both"]);
    let share = share(Force::Any, stream);
    let within = millis(moment(stream) + Span::secs(1));
    let [equal, twice, deletes] =
        [0.0; 3].map(|none| if stream.chance(0.5) { self::share(Force::Any, stream) } else { none });
    vec![format!(
        "workload.contention={{ by = \"{by}\", share = {share}, within = \"{within}\", equal = {equal}, \
         double_create = {twice}, deletes = {deletes} }}"
    )]
}

fn rhythm(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    if ground.actions.is_empty() {
        return Vec::new();
    }
    let deed = stream.pick(&ground.actions);
    let edits: &[u64] = if focus.force == Force::Mild { &[6, 15, 40] } else { &[0, 2, 6, 15, 40] };
    vec![format!("action.{}.per_device={}", deed.name, stream.pick(edits))]
}

fn aim(ground: &Ground, _: Focus, stream: &mut Stream) -> Vec<String> {
    if ground.actions.is_empty() {
        return Vec::new();
    }
    let deed = stream.pick(&ground.actions);
    vec![format!("action.{}.aim={}", deed.name, stream.pick(&["kept", "shown", "made"]))]
}

/// Gives an entity few rows, so that many people edit the same row.
fn few_rows(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    if ground.entities.is_empty() {
        return Vec::new();
    }
    let entity = stream.pick(&ground.entities);
    let (least, most) = if focus.force == Force::Mild { (4, 16) } else { (1, 6) };
    vec![format!("entity.{entity}.rows={}", least + stream.below(most - least + 1))]
}

fn shifted(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    if ground.events.is_empty() {
        return Vec::new();
    }
    let event = stream.pick(&ground.events);
    let at = if stream.chance(0.5) { focus.at + moment(stream) } else { event.at + moment(stream) };
    if at >= ground.duration { Vec::new() } else { vec![format!("event.{}.at=+{}", event.name, millis(at))] }
}

/// An event at a time.
fn event(suffix: &str, at: Span, what: &str) -> String {
    format!("event.@{suffix}={{ at = \"+{}\", {what} }}", millis(at))
}

fn about(focus: Focus, stream: &mut Stream) -> Span {
    focus.at + moment(stream)
}

/// The key `devices` for the device in focus. In 3 of 10 draws it is empty, which means all
/// devices.
fn whom(focus: Focus, stream: &mut Stream) -> String {
    if stream.chance(0.7) { format!("devices = [{}], ", focus.device.0) } else { String::new() }
}

fn length(stream: &mut Stream) -> String {
    format!("for = \"{}\"", millis(moment(stream) + Span::millis(200)))
}

fn edits(action: &str, focus: Focus, row: &str) -> String {
    format!("edits = {{ action = \"{action}\", devices = [{}], {row} }}", focus.device.0)
}

fn kill_at_a_point(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let point = match ground.crash_points.as_slice() {
        [] => String::new(),
        points => format!("point = \"{}\", nth = {}, ", stream.pick(points), 1 + stream.below(3)),
    };
    let again = format!("restart_after = \"{}\"", millis(moment(stream) + Span::millis(500)));
    let whom = whom(focus, stream);
    vec![event("", about(focus, stream), &format!("kill = {{ {whom}{point}{again} }}"))]
}

fn power_loss(_: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let when = stream.pick(&["before", "after"]);
    let at = format!("at_sync = {}, when = \"{when}\"", 1 + stream.below(6));
    let whom = whom(focus, stream);
    vec![event("", about(focus, stream), &format!("power_loss = {{ {whom}{at} }}"))]
}

/// An edit whose push gets no response. Sometimes a second edit of the row follows before the
/// retry.
fn lost_response(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let Some(deed) = ground.action(&[EditKind::Create, EditKind::Update, EditKind::Delete], stream) else {
        return Vec::new();
    };
    let at = about(focus, stream);
    let loss = format!("response_loss = {{ devices = [{}], loss = 1, {} }}", focus.device.0, length(stream));
    let mut all =
        vec![event("", at, &edits(&deed.name, focus, "same_row = true")), event("-loss", at, &loss)];
    if let Some(next) = ground.action_like(deed, CHANGES, stream).filter(|_| deed.kind != EditKind::Delete) {
        let row = "row_of = \"@\"";
        all.push(event("-again", at + moment(stream) + Span::millis(50), &edits(&next.name, focus, row)));
    }
    all
}

fn hot_row(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let Some(deed) = ground.action(UPDATES, stream) else { return Vec::new() };
    let count = 1 + stream.below(8);
    let over = millis(moment(stream));
    let what = format!(
        "edits = {{ action = \"{}\", count = {count}, over = \"{over}\", same_row = true }}",
        deed.name
    );
    vec![event("", about(focus, stream), &what)]
}

fn made_and_changed(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let Some(made) = ground.action(&[EditKind::Create], stream) else { return Vec::new() };
    let at = about(focus, stream);
    let mut all = vec![event("", at, &edits(&made.name, focus, "same_row = true"))];
    let kinds: &[EditKind] = if stream.chance(0.4) { &[EditKind::Create] } else { CHANGES };
    let next = match kinds {
        [EditKind::Create] => ground.action(kinds, stream),
        kinds => ground.action_like(made, kinds, stream),
    };
    if let Some(next) = next {
        all.push(event(
            "-next",
            at + moment(stream) + Span::millis(50),
            &edits(&next.name, focus, "row_of = \"@\""),
        ));
    }
    all
}

/// A person creates a row, and then a second row that may refer to it. The clock steps back between
/// the two.
fn clock_back_in_family(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    const CREATES: &[EditKind] = &[EditKind::Create];
    let Some(parent) = ground.action(CREATES, stream) else { return Vec::new() };
    let Some(child) = ground.action(CREATES, stream) else { return Vec::new() };
    let at = about(focus, stream);
    let by = stream.pick(&["-1h", "-1m", "-2s"]);
    let step = format!("clock_step = {{ devices = [{}], by = \"{by}\" }}", focus.device.0);
    let next = at + moment(stream) + Span::millis(50);
    vec![
        event("", at, &edits(&parent.name, focus, "same_row = true")),
        event("-clock", at + Span::millis(20), &step),
        event("-next", next, &edits(&child.name, focus, "row_of = \"@\"")),
    ]
}

/// One person edits a row that another one deletes.
fn deleted_meanwhile(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let Some(edit) = ground.action(UPDATES, stream) else { return Vec::new() };
    let Some(delete) = ground.action_like(edit, CHANGES, stream) else { return Vec::new() };
    let other = (focus.device.0 + 1) % ground.devices.max(1);
    let at = about(focus, stream);
    let delete = format!("edits = {{ action = \"{}\", devices = [{other}], row_of = \"@\" }}", delete.name);
    let later = at + moment(stream);
    vec![event("", at, &edits(&edit.name, focus, "same_row = true")), event("-other", later, &delete)]
}

fn outage(_: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let mode = stream.pick(&["drop", "hold", "reset"]);
    let whom = whom(focus, stream);
    let length = length(stream);
    vec![event("", about(focus, stream), &format!("outage = {{ {whom}{length}, mode = \"{mode}\" }}"))]
}

fn import(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    if ground.entities.is_empty() {
        return Vec::new();
    }
    let entity = stream.pick(&ground.entities);
    let rows = ground.import(stream);
    let what = format!("bulk_import = {{ entity = \"{entity}\", rows = {rows} }}");
    vec![event("", about(focus, stream), &what)]
}

fn clock_step(_: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let by = stream.pick(&["-1h", "-1m", "-2s", "+2s", "+1m", "+1h"]);
    let what = match stream.below(4) {
        0 => format!("backend_clock_step = {{ by = \"{by}\" }}"),
        1 => format!("time_zone = {{ devices = [{}], by = \"{by}\" }}", focus.device.0),
        _ => format!("clock_step = {{ devices = [{}], by = \"{by}\" }}", focus.device.0),
    };
    vec![event("", about(focus, stream), &what)]
}

/// A person, an app or its data disappears, and usually comes back.
fn away(_: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let kind =
        stream.pick(&["logout", "other_user", "suspend", "token_expiry", "reinstall", "restore", "cancel"]);
    let whom = format!("devices = [{}]", focus.device.0);
    let what = match *kind {
        "restore" => format!("restore = {{ {whom}, of = \"{}\" }}", millis(moment(stream))),
        "token_expiry" | "reinstall" | "cancel" => format!("{kind} = {{ {whom} }}"),
        _ => format!("{kind} = {{ {whom}, {} }}", length(stream)),
    };
    vec![event("", about(focus, stream), &what)]
}

fn trigger(ground: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    if ground.units.is_empty() {
        return Vec::new();
    }
    // Not "at-once": with it, the app itself runs two syncs at a time, whatever the engine does.
    let how = stream.pick(&["queued", "alone", "direct", "discard"]);
    let whom = whom(focus, stream);
    let unit = stream.pick(&ground.units);
    vec![event(
        "",
        about(focus, stream),
        &format!("trigger = {{ {whom}unit = \"{unit}\", how = \"{how}\" }}"),
    )]
}

fn network(_: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let kind = stream.pick(&[
        "flap",
        "captive_portal",
        "session_loss",
        "half_open",
        "foreign_responses",
        "copied_requests",
        "caching_proxy",
    ]);
    let whom = whom(focus, stream);
    let length = length(stream);
    let what = match *kind {
        "session_loss" | "half_open" => format!("{kind} = {{ {} }}", whom.trim_end_matches(", ")),
        "flap" => format!("flap = {{ {whom}for = \"20s\", every = \"2s\" }}"),
        "foreign_responses" => format!("{kind} = {{ {whom}responses = 1, {length}, what = \"earlier\" }}"),
        "copied_requests" => {
            format!("{kind} = {{ {whom}requests = 1, {length}, after = \"{}\" }}", millis(moment(stream)))
        }
        "caching_proxy" => format!("{kind} = {{ {whom}ttl = \"20s\", {length} }}"),
        _ => format!("{kind} = {{ {whom}{length} }}"),
    };
    vec![event("", about(focus, stream), &what)]
}

fn servers(_: &Ground, focus: Focus, stream: &mut Stream) -> Vec<String> {
    let kind = stream.pick(&[
        "backend_down",
        "write_lock",
        "backend_link_outage",
        "gateway_kill",
        "gateway_replaced",
        "put_off",
        "refused_deletes",
    ]);
    let length = length(stream);
    let what = match *kind {
        "gateway_kill" | "gateway_replaced" => format!("{kind} = {{}}"),
        "put_off" => format!("put_off = {{ edits = 1, {length} }}"),
        "refused_deletes" => format!("refused_deletes = {{ deletes = 1, {length} }}"),
        _ => format!("{kind} = {{ {length} }}"),
    };
    vec![event("", about(focus, stream), &what)]
}

#[cfg(test)]
mod tests {
    use super::super::ground::ground;
    use super::*;
    use crate::base::Seed;
    use std::collections::BTreeSet;

    #[test]
    fn every_change_sets_keys_to_values_that_are_toml() {
        let ground = ground();
        let mut stream = Seed(1).stream("test", 0, 0);
        for mutator in MUTATORS {
            let drawn: Vec<Gene> = (0..40)
                .filter_map(|_| mutator.draw(&ground, ground.focus(Force::Any, &mut stream), &mut stream))
                .collect();
            assert!(!drawn.is_empty(), "{} draws nothing", mutator.name);
            for set in drawn.iter().flat_map(|gene| &gene.sets) {
                let (key, value) = set.split_once('=').expect("it sets something");
                assert!(!key.contains('@') && !value.contains('@'), "{set}");
                let is_table = value.starts_with('{');
                assert!(!is_table || format!("x = {value}").parse::<toml::Table>().is_ok(), "{set}");
            }
        }
    }

    #[test]
    fn no_two_mutators_have_one_name() {
        let names: BTreeSet<&str> = MUTATORS.iter().map(|mutator| mutator.name).collect();
        assert_eq!(names.len(), MUTATORS.len());
    }
}
