//! What a cell comes to: its outcome, held against what had to come out.

use std::collections::BTreeMap;

use super::spread::spread;
use super::{occurrences, untested};
use crate::base::{DeviceId, EntityId, Key, Span};
use crate::contract::Schema;
use crate::metrics::{Figure, Figures, Unit, human};
use crate::oracle::{self, Eventful, Violation};
use crate::record::{
    CellRecord, EndingKind, EndingRecord, EventfulRecord, Exit, ExpectationRecord, FaultRecord, GateRecord,
    Judged, Phases, Reason, SeriesRecord, SlowRecord, Verdict, ViolationRecord, held as held_figures, named,
};
use crate::scenario::{Bound, Gate, Plan};
use crate::world::{Ending, Outcome};

/// Holds an outcome against its plan; `id` is the cell's name in the run. A cell that was
/// interrupted is incomplete, whatever it found so far: what is missing half-way through a run may
/// still come.
pub fn judge(plan: &Plan, id: &str, outcome: &Outcome) -> Judged {
    let mut cell = blank(plan, id);
    cell.digest = outcome.digest.clone();
    cell.figures_digest = outcome.figures_digest.clone();
    cell.virtual_ns = outcome.length().0;
    cell.metrics = held_figures(&outcome.figures);
    cell.violations = outcome.violations.iter().map(|v| violation(&plan.schema, v)).collect();
    cell.not_applicable = outcome.not_applicable.iter().map(|check| (*check).to_owned()).collect();
    cell.untried = outcome.untried.iter().map(|check| (*check).to_owned()).collect();
    cell.phases = Phases { script_ns: outcome.script.0, drain_ns: outcome.drained_in.0 };
    cell.events = outcome.events;
    cell.faults =
        outcome.faults.iter().map(|(at, text)| FaultRecord { at_ns: at.0, text: text.clone() }).collect();
    cell.unplaced = untested::unplaced(&outcome.placed);
    cell.missed = untested::missed(&outcome.missed);
    if plan.swarm.is_some() {
        cell.missed.extend(outcome.in_vain.iter().map(untested::in_vain));
    }
    cell.eventful = eventful(&plan.schema, &outcome.eventful);
    cell.ending = ending(&outcome.ending);
    cell.series = SeriesRecord::of(&outcome.series);
    if outcome.ending == Ending::Interrupted {
        cell.verdict = Verdict::Incomplete;
        // Rows that were on their way are no finding, and figures of half a run stand beside no
        // others.
        cell.violations.clear();
        cell.metrics.clear();
        cell.figures_digest.clear();
        cell.series = None;
        return Judged { cell, gates: Vec::new() };
    }
    cell.spread = spread(&outcome.distributions);
    let slow = |(device, took): &(DeviceId, Span)| SlowRecord { device: device.to_string(), sync_ns: took.0 };
    cell.slowest = outcome.slowest.iter().map(slow).collect();
    cell.expectations = expectations(plan, outcome);
    let gates = gates(plan, id, &outcome.figures);
    cell.reasons = reasons(plan, outcome, &cell.expectations, &gates);
    cell.verdict = if cell.reasons.is_empty() { Verdict::Pass } else { Verdict::Fail };
    Judged { cell, gates }
}

/// A cell without an outcome: its plan cannot be run, or a bug of ours ended it.
pub fn broken(plan: &Plan, id: &str, exit: Exit, why: &str) -> Judged {
    let mut cell = blank(plan, id);
    cell.ending = EndingRecord { kind: EndingKind::Broken, text: vec![why.to_owned()] };
    let mut judged = Judged { cell, gates: Vec::new() };
    judged.fail(exit, why.to_owned());
    judged
}

/// The names of the cells of a run. The same cell has the same name in every run, unless two cells
/// of one run would share one.
pub fn cell_ids(plans: &[Plan]) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let named = plans.iter().map(|plan| {
        let id = cell_id(plan);
        let times = seen.entry(id.clone()).or_default();
        *times += 1;
        if *times > 1 { format!("{id}.{times}") } else { id }
    });
    named.collect()
}

/// A cell's name: scenario, variant, swept keys, seed, in the letters of a file name.
fn cell_id(plan: &Plan) -> String {
    let mut parts = vec![plan.scenario.clone()];
    parts.extend(plan.variant.clone());
    parts.extend(plan.axes.iter().map(|(key, value)| {
        let last_two = key.rsplit('.').take(2).collect::<Vec<_>>();
        format!("{}={value}", last_two.into_iter().rev().collect::<Vec<_>>().join("."))
    }));
    parts.push(format!("s{}", plan.seed.0));
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._=-".contains(c) { c } else { '-' };
    parts.join(".").chars().map(plain).collect()
}

/// A record as people name it: `appointment/0f3c…`.
pub fn record_name(schema: &Schema, (entity, key): &(EntityId, Key)) -> String {
    match schema.entities.get(usize::from(entity.0)) {
        Some(entity) => format!("{}/{key}", entity.name),
        None => format!("entity {}/{key}", entity.0),
    }
}

/// Whether a violation is expected: it is named, or it follows from one that is.
fn expected(plan: &Plan, check: &str) -> bool {
    plan.expect.violations.iter().any(|named| named == check || oracle::implied(named).contains(&check))
}

/// What a cell is called and came from, before anything is known of its outcome.
fn blank(plan: &Plan, id: &str) -> CellRecord {
    CellRecord {
        id: id.to_owned(),
        variant: plan.variant.clone(),
        axes: plan.axes.iter().map(|(key, value)| (key.clone(), axis(value))).collect(),
        seed: plan.seed.0.to_string(),
        scenario: plan.scenario.clone(),
        path: plan.path.clone(),
        resolved: plan.digest.clone(),
        swarm: plan.drawn.as_deref().map(occurrences::drawn),
        devices: plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum(),
        ..CellRecord::default()
    }
}

/// A swept value: a number where it is a whole one.
fn axis(value: &str) -> serde_json::Value {
    value.parse::<i64>().map_or_else(|_| value.into(), Into::into)
}

fn violation(schema: &Schema, v: &Violation) -> ViolationRecord {
    ViolationRecord {
        check: v.check.to_owned(),
        device: v.device.map(|d| d.to_string()),
        record: v.record.as_ref().map(|record| record_name(schema, record)),
        beside: v.beside.as_ref().map(|record| record_name(schema, record)),
        text: v.text.clone(),
    }
}

fn eventful(schema: &Schema, eventful: &[Eventful]) -> Vec<EventfulRecord> {
    let of =
        |one: &Eventful| EventfulRecord { record: record_name(schema, &one.record), happened: one.happened };
    eventful.iter().map(of).collect()
}

fn ending(ending: &Ending) -> EndingRecord {
    let (kind, text) = match ending {
        Ending::Drained => (EndingKind::Drained, Vec::new()),
        Ending::Stuck(lines) => (EndingKind::Stuck, lines.clone()),
        Ending::Stalled(what) => (EndingKind::Stalled, vec![what.clone()]),
        Ending::Interrupted => (EndingKind::Interrupted, Vec::new()),
    };
    EndingRecord { kind, text }
}

/// Whether the outcome has a violation of this name. An engine that spins never comes to rest: it
/// is stuck, whether or not the oracle could still be asked.
fn occurred(outcome: &Outcome, check: &str) -> bool {
    let stuck = matches!(outcome.ending, Ending::Stuck(_) | Ending::Stalled(_));
    outcome.violations.iter().any(|v| v.check == check) || check == "stuck" && stuck
}

fn expectations(plan: &Plan, outcome: &Outcome) -> Vec<ExpectationRecord> {
    let blank = |what: String| ExpectationRecord {
        what,
        min: None,
        max: None,
        value: None,
        pass: true,
        reason: None,
    };
    let violations = plan.expect.violations.iter().filter_map(|check| {
        let pass = occurred(outcome, check);
        let blind = outcome.not_applicable.contains(&check.as_str());
        let follows = || oracle::implied(check).iter().any(|check| occurred(outcome, check));
        if plan.swarm.is_some() && !pass && !blind && !follows() {
            return None;
        }
        let why =
            if blind { "not applicable: the stack does not do what it looks at" } else { "it did not occur" };
        let reason = (!pass).then(|| why.to_owned());
        Some(ExpectationRecord { pass, reason, ..blank(format!("violation {check}")) })
    });
    let metrics = plan.expect.metrics.iter().map(|(key, bound)| {
        let found = expected_figure(&outcome.figures, key);
        let bound @ Bound { min, max } = occurrences::of_one_cell(plan, *bound);
        let (value, reason) = held(found, bound);
        ExpectationRecord { min, max, value, pass: reason.is_none(), reason, ..blank(key.clone()) }
    });
    violations.chain(metrics).collect()
}

/// The figure that an expectation names.
fn expected_figure(figures: &Figures, key: &str) -> Result<(Unit, u64), String> {
    match named(key, |name| figures.contains_key(name)) {
        Some((name, stat)) => figure(figures, &name, stat),
        None => Err(no_metric(key)),
    }
}

fn figure(figures: &Figures, metric: &str, stat: &str) -> Result<(Unit, u64), String> {
    let figure = figures.get(metric).ok_or_else(|| no_metric(metric))?;
    match (figure.stat(stat), figure) {
        (Some(value), _) if stat == "count" => Ok((Unit::Count, value)),
        (Some(value), figure) => Ok((figure.unit(), value)),
        (None, Figure::Distribution { count: 0, .. }) => Err("nothing was observed".to_owned()),
        (None, Figure::Distribution { .. }) => {
            Err(format!("a distribution has no {stat}; it has count, min, p50, p95, p99, max"))
        }
        (None, _) => Err(format!("a single number has no {stat}")),
    }
}

fn no_metric(metric: &str) -> String {
    format!("the cell has no metric {metric}")
}

/// The value, and why it is not within the bounds. No value is never within bounds.
fn held(found: Result<(Unit, u64), String>, bound: Bound) -> (Option<u64>, Option<String>) {
    match found {
        Err(reason) => (None, Some(reason)),
        Ok((unit, value)) => {
            let inside = bound.min.is_none_or(|min| value >= min) && bound.max.is_none_or(|max| value <= max);
            let reason = (!inside).then(|| {
                let [is, want] = human::held(unit, value, bound.min, bound.max);
                format!("is {is}, must be {want}")
            });
            (Some(value), reason)
        }
    }
}

fn gates(plan: &Plan, cell: &str, figures: &Figures) -> Vec<GateRecord> {
    if !plan.expect.violations.is_empty() {
        return Vec::new();
    }
    plan.gates.iter().map(|gate| gated(gate, cell, figures)).collect()
}

fn gated(gate: &Gate, cell: &str, figures: &Figures) -> GateRecord {
    let metric = match &gate.start {
        Some(start) => format!("{}@{start}", gate.metric),
        None => gate.metric.clone(),
    };
    let (value, reason) = held(figure(figures, &metric, &gate.stat), gate.bound);
    GateRecord {
        cell: cell.to_owned(),
        name: gate.name.clone(),
        metric: gate.metric.clone(),
        stat: gate.stat.clone(),
        start: gate.start.clone(),
        min: gate.bound.min,
        max: gate.bound.max,
        value,
        pass: reason.is_none(),
        reason,
    }
}

fn reasons(
    plan: &Plan,
    outcome: &Outcome,
    expectations: &[ExpectationRecord],
    gates: &[GateRecord],
) -> Vec<Reason> {
    let reason = |exit: Exit, text: String| Reason { exit_code: exit.code(), text };
    let mut reasons = Vec::new();
    // What follows from another violation is told after it.
    let mut by_check: BTreeMap<(bool, &str), Vec<&Violation>> = BTreeMap::new();
    for v in outcome.violations.iter().filter(|v| v.check != "stuck" && !expected(plan, v.check)) {
        by_check.entry((v.check == "divergent", v.check)).or_default().push(v);
    }
    for ((_, check), found) in by_check {
        let count = counted(&outcome.figures, check).unwrap_or_else(|| human::thousands(found.len() as u64));
        reasons.push(reason(Exit::Correctness, format!("{check} ({count}): {}", found[0].text)));
    }
    if occurred(outcome, "stuck") && !expected(plan, "stuck") {
        reasons.push(reason(Exit::Stuck, stuck_text(outcome)));
    }
    let destroyed = (TAKEN_BACK, "destroyed by a return to a backup", "");
    let left = (
        SHELVED,
        "left on a phone by who has logged out, to go when they log in again",
        ", and with engine.on_logout = \"send-first\" nobody logs out before",
    );
    for (first, (metric, what, more)) in [(&outcome.taken_back, destroyed), (&outcome.shelved, left)] {
        let Some(first) = first.as_deref().filter(|_| !expects(plan, metric)) else { continue };
        let count = expected_figure(&outcome.figures, metric).map_or(0, |(_, count)| count);
        let edits = human::count(count, "saved edit");
        let text =
            format!("{edits} {what}: {first}; `expect` with \"{metric}\" says that this is meant{more}");
        reasons.push(reason(Exit::Correctness, text));
    }
    reasons.extend(untested::reasons(plan, outcome));
    for e in expectations.iter().filter(|e| !e.pass) {
        let why = e.reason.as_deref().unwrap_or("is not as expected");
        let named = if e.what == MISCOUNTED { outcome.miscounted.as_slice() } else { &[] };
        let named: String = named.iter().map(|edit| format!("; {edit}")).collect();
        reasons.push(reason(Exit::Threshold, format!("expected {}: {why}{named}", e.what)));
    }
    for g in gates.iter().filter(|g| !g.pass) {
        let why = g.reason.as_deref().unwrap_or("is not within bounds");
        let start = g.start.as_ref().map_or_else(String::new, |start| format!("@{start}"));
        let text = format!("gate {}: {}{start} {} {why}", g.name, g.metric, g.stat);
        reasons.push(reason(Exit::Threshold, text));
    }
    reasons
}

/// Whether the scenario says how many there are, and not that there are none.
fn expects(plan: &Plan, metric: &str) -> bool {
    plan.expect.metrics.get(metric).is_some_and(|bound| bound.max != Some(0))
}

/// The metric of saved edits that a return to a backup destroyed.
pub(super) const TAKEN_BACK: &str = "oracle.taken_back.edits";

/// The metric of edits that wait on a phone for who has logged out of it.
pub(super) const SHELVED: &str = "oracle.shelved.edits";

/// The metric of conflicts that engine and oracle count otherwise.
const MISCOUNTED: &str = "engine.conflicts.miscounted";

fn stuck_text(outcome: &Outcome) -> String {
    let text = match &outcome.ending {
        Ending::Stuck(lines) => lines.first().cloned(),
        Ending::Stalled(what) => Some(what.clone()),
        Ending::Drained | Ending::Interrupted => None,
    };
    let told = || outcome.violations.iter().find(|v| v.check == "stuck").map(|v| v.text.clone());
    format!("stuck: {}", text.or_else(told).unwrap_or_else(|| "no convergence by the deadline".to_owned()))
}

/// How much of a violation there is, from its own metric.
fn counted(figures: &Figures, check: &str) -> Option<String> {
    let names = [check.to_owned(), check.replace('-', "_")];
    let metrics = names.iter().flat_map(|name| {
        ["rows", "count", "edits", "devices"].into_iter().map(move |noun| format!("oracle.{name}.{noun}"))
    });
    metrics.filter_map(|metric| figures.get(&metric)).find_map(|figure| {
        let value = figure.stat("value").filter(|&value| value > 0)?;
        Some(human::figure(figure.unit(), value))
    })
}
