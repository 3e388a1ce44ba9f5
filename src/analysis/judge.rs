//! What a cell comes to: its outcome, held against what had to come out.

use std::collections::{BTreeMap, BTreeSet};

use super::spread::spread;
use super::{occurrences, untested};
use crate::base::{DeviceId, EntityId, Key, Span};
use crate::contract::Schema;
use crate::oracle::{self, Violation};
use crate::record::{
    CellRecord, EndingKind, EndingRecord, EventfulRecord, Exit, ExpectationRecord, FaultRecord, GateRecord,
    Judged, Phases, Reason, SeriesRecord, SlowRecord, Verdict, ViolationRecord, held as held_figures,
};
use crate::scenario::{Bound, Gate, Plan, in_id};
use crate::world::{Ending, Outcome};

/// Holds an outcome against its plan; `id` is the cell's name in the run. One that was interrupted
/// is incomplete, whatever it found so far: what is missing half-way through a run may still come.
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
    let eventful = outcome
        .eventful
        .iter()
        .map(|one| EventfulRecord { record: record_name(&plan.schema, &one.record), happened: one.happened });
    cell.eventful = eventful.collect();
    cell.ending = ending(&outcome.ending);
    cell.series = SeriesRecord::of(&outcome.series);
    if outcome.ending == Ending::Interrupted {
        cell.verdict = Verdict::Incomplete;
        // Rows on their way are no finding, and figures of half a run stand beside no others.
        cell.violations.clear();
        cell.metrics.clear();
        cell.figures_digest.clear();
        cell.series = None;
        return Judged { cell, ..Judged::default() };
    }
    cell.spread = spread(&outcome.distributions);
    let slow = |(device, took): &(DeviceId, Span)| SlowRecord { device: device.to_string(), sync_ns: took.0 };
    cell.slowest = outcome.slowest.iter().map(slow).collect();
    cell.expectations = expectations(plan, outcome, &cell);
    let gates = plan.gates.iter().filter(|_| plan.expect.violations.is_empty());
    let gates: Vec<GateRecord> = gates.map(|gate| gated(gate, &cell)).collect();
    cell.reasons = reasons(plan, outcome, &cell, &gates);
    cell.verdict = if cell.reasons.is_empty() { Verdict::Pass } else { Verdict::Fail };
    Judged { cell, gates, tails: outcome.tails.clone() }
}

/// A cell without an outcome: its plan cannot be run, or a bug of ours ended it.
pub fn broken(plan: &Plan, id: &str, exit: Exit, why: &str) -> Judged {
    let mut cell = blank(plan, id);
    cell.ending = EndingRecord { kind: EndingKind::Broken, text: vec![why.to_owned()] };
    let mut judged = Judged { cell, ..Judged::default() };
    judged.fail(Reason::Broken { exit_code: exit.code(), text: why.to_owned() });
    judged
}

/// The names of the cells of a run, the same in every run unless two of one run would share one.
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

fn cell_id(plan: &Plan) -> String {
    let mut parts = vec![plan.scenario.clone()];
    parts.extend(plan.variant.clone());
    parts.extend(plan.axes.iter().map(|(key, value)| {
        let last_two = key.rsplit('.').take(2).collect::<Vec<_>>();
        format!("{}={value}", last_two.into_iter().rev().collect::<Vec<_>>().join("."))
    }));
    parts.push(format!("s{}", plan.seed.0));
    in_id(&parts.join("."))
}

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

fn ending(ending: &Ending) -> EndingRecord {
    let (kind, text) = match ending {
        Ending::Drained => (EndingKind::Drained, Vec::new()),
        Ending::Stuck(lines) => (EndingKind::Stuck, lines.clone()),
        Ending::Stalled(what) => (EndingKind::Stalled, vec![what.clone()]),
        Ending::Interrupted => (EndingKind::Interrupted, Vec::new()),
    };
    EndingRecord { kind, text }
}

/// Whether it has a violation of this name. An engine that spins never comes to rest: it is stuck.
fn occurred(outcome: &Outcome, check: &str) -> bool {
    let stuck = matches!(outcome.ending, Ending::Stuck(_) | Ending::Stalled(_));
    outcome.violations.iter().any(|v| v.check == check) || check == "stuck" && stuck
}

fn expectations(plan: &Plan, outcome: &Outcome, cell: &CellRecord) -> Vec<ExpectationRecord> {
    let violations = plan.expect.violations.iter().filter_map(|check| {
        let pass = occurred(outcome, check);
        let blind = outcome.not_applicable.contains(&check.as_str());
        let follows = || oracle::implied(check).iter().any(|check| occurred(outcome, check));
        if plan.swarm.is_some() && !pass && !blind && !follows() {
            return None;
        }
        let what = format!("violation {check}");
        Some(ExpectationRecord { what, min: None, max: None, value: None, pass })
    });
    let metrics = plan.expect.metrics.iter().map(|(key, bound)| {
        let value = cell.expected(key);
        // Of a swarm the least is for all seeds together.
        let (min, max) = (bound.min.filter(|_| plan.swarm.is_none()), bound.max);
        ExpectationRecord { what: key.clone(), min, max, value, pass: is_within(value, Bound { min, max }) }
    });
    violations.chain(metrics).collect()
}

/// Whether a figure is within the bounds; no figure never is.
pub(super) fn is_within(value: Option<u64>, Bound { min, max }: Bound) -> bool {
    value.is_some_and(|value| min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max))
}

fn gated(gate: &Gate, cell: &CellRecord) -> GateRecord {
    let mut record = GateRecord {
        cell: cell.id.clone(),
        name: gate.name.clone(),
        metric: gate.metric.clone(),
        stat: gate.stat.clone(),
        start: gate.start.clone(),
        min: gate.bound.min,
        max: gate.bound.max,
        ..GateRecord::default()
    };
    record.value = cell.stat(&record.figure(), &gate.stat);
    record.pass = is_within(record.value, gate.bound);
    record
}

fn reasons(plan: &Plan, outcome: &Outcome, cell: &CellRecord, gates: &[GateRecord]) -> Vec<Reason> {
    let found = outcome.violations.iter().map(|v| v.check);
    let found: BTreeSet<&str> = found.filter(|check| *check != "stuck" && !expected(plan, check)).collect();
    let violation = |check: &&str| Reason::Violation { check: (*check).to_owned() };
    // What follows from another violation is told after it.
    let (last, first): (Vec<&str>, Vec<&str>) = found.into_iter().partition(|check| *check == "divergent");
    let mut reasons: Vec<Reason> = first.iter().chain(&last).map(violation).collect();
    if occurred(outcome, "stuck") && !expected(plan, "stuck") {
        reasons.push(Reason::Stuck {});
    }
    let meant = |metric: &str| plan.expect.metrics.get(metric).is_some_and(|bound| bound.max != Some(0));
    if let Some(first) = outcome.taken_back.clone().filter(|_| !meant("oracle.taken_back.edits")) {
        reasons.push(Reason::TakenBack { first });
    }
    if let Some(first) = outcome.shelved.clone().filter(|_| !meant("oracle.shelved.edits")) {
        reasons.push(Reason::Shelved { first });
    }
    reasons.extend(untested::reasons(plan, outcome));
    let missed = cell.expectations.iter().filter(|one| !one.pass);
    reasons.extend(missed.map(|one| Reason::Expectation { what: one.what.clone() }));
    let missed = gates.iter().filter(|gate| !gate.pass);
    reasons.extend(missed.map(|gate| Reason::Gate { gate: gate.clone() }));
    reasons
}
