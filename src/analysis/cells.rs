//! The record of a cell, made from its outcome, and the ids of cells.
//!
//! A cell is one simulation: one variant and one seed. A plan describes the cell before it runs.
//! The outcome is the raw result of the simulation.

use std::collections::BTreeMap;

use super::spread::spread;
use super::{occurrences, untested};
use crate::base::{Digest, EntityId, Key, escape_control};
use crate::contract::Schema;
use crate::oracle::{Violation, check_names, metric_of};
use crate::record::{
    CellRecord, EndingKind, EndingRecord, ExceptionRecord, FaultRecord, HeldTo, Phases, SeriesRecord,
    SlowRecord, ViolationRecord, held as held_figures,
};
use crate::scenario::{Bound, Plan, in_id};
use crate::world::{Ending, Outcome, Threw};

fn exception(threw: &Threw) -> ExceptionRecord {
    let told = |text: &str| escape_control(text).into_owned();
    let (what, stack) = (told(&threw.what), told(&threw.stack));
    let (device, at) = (threw.device.clone(), threw.at.clone());
    ExceptionRecord { what, warning: threw.is_warning, stack, count: threw.count, device, at }
}

/// The record of a cell before it is judged. An interrupted cell has no findings: a missing row
/// could still arrive in the rest of the run.
pub(super) fn recorded(plan: &Plan, id: &str, outcome: &Outcome) -> CellRecord {
    let mut cell = blank(plan, id);
    cell.digest = outcome.digest.clone();
    cell.virtual_ns = outcome.length().0;
    cell.not_applicable = outcome.not_applicable.iter().map(|check| (*check).to_owned()).collect();
    cell.held_to = plan.is_third_party.then(|| held_to(outcome));
    cell.untried = outcome.untried.iter().map(|check| (*check).to_owned()).collect();
    cell.phases = Phases { script_ns: outcome.script.0, drain_ns: outcome.drained_in.0 };
    cell.events = outcome.events;
    cell.faults =
        outcome.faults.iter().map(|(at, text)| FaultRecord { at_ns: at.0, text: text.clone() }).collect();
    cell.exceptions = outcome.said.threw.iter().map(exception).collect();
    cell.unplaced = untested::unplaced(&outcome.placed);
    cell.missed = untested::missed(&outcome.missed);
    if plan.source.swarm.is_some() {
        cell.missed.extend(outcome.in_vain.iter().map(untested::in_vain));
    }
    cell.ending = ending(&outcome.ending);
    // In an interrupted cell, rows in transit are not lost, and figures cannot be compared.
    if outcome.ending != Ending::Interrupted {
        cell.figures_digest = outcome.figures_digest.clone();
        cell.metrics = held_figures(&outcome.figures);
        cell.violations = outcome.violations.iter().map(|v| violation(&plan.schema, v)).collect();
        cell.series = SeriesRecord::of(&outcome.series);
        cell.spread = spread(&outcome.distributions);
        let slowest = outcome.slowest.iter();
        cell.slowest =
            slowest.map(|(id, took)| SlowRecord { device: id.to_string(), sync_ns: took.0 }).collect();
    }
    cell
}

/// Counts the checks that had something to check, and how many of these apply to the stack.
fn held_to(outcome: &Outcome) -> HeldTo {
    let left_out = |check: &&str| outcome.not_applicable.contains(check);
    let counts = |check: &&str| metric_of(check).is_some_and(|metric| outcome.figures.contains_key(metric));
    let of = check_names().filter(|check| left_out(check) || counts(check)).count() as u64;
    HeldTo { checks: of - outcome.not_applicable.len() as u64, of }
}

/// The record of a cell without an outcome.
pub(super) fn blank(plan: &Plan, id: &str) -> CellRecord {
    CellRecord {
        id: id.to_owned(),
        variant: plan.source.variant.clone(),
        axes: plan.source.axes.iter().map(|(key, value)| (key.clone(), axis(value))).collect(),
        seed: plan.seed.0.to_string(),
        scenario: plan.source.scenario.clone(),
        path: plan.source.path.clone(),
        resolved: plan.source.digest.clone(),
        swarm: plan.source.drawn.as_deref().map(occurrences::drawn),
        devices: plan.fleets.iter().map(|fleet| u64::from(fleet.devices)).sum(),
        ..CellRecord::default()
    }
}

/// The ids of the cells of a run. They are the same in every run, unless two cells get the same id.
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

/// The longest name of a cell. Longer names are not valid file names on every system.
const LETTERS: usize = 160;

fn cell_id(plan: &Plan) -> String {
    let mut parts = vec![plan.source.scenario.clone()];
    parts.extend(plan.source.variant.clone());
    if plan.source.called.is_empty() {
        parts.extend(plan.source.axes.iter().map(|(key, value)| {
            let last_two = key.rsplit('.').take(2).collect::<Vec<_>>();
            format!("{}={value}", last_two.into_iter().rev().collect::<Vec<_>>().join("."))
        }));
    }
    parts.extend(plan.source.called.iter().cloned());
    let name = bounded(&in_id(&parts.join(".")));
    format!("{name}.s{}", plan.seed.0)
}

fn bounded(name: &str) -> String {
    match name.split_at_checked(LETTERS) {
        Some((kept, cut)) if !cut.is_empty() => {
            let mut digest = Digest::new();
            digest.text(cut);
            format!("{kept}-{}", &digest.hex()[..8])
        }
        _ => name.to_owned(),
    }
}

pub fn record_name(schema: &Schema, (entity, key): &(EntityId, Key)) -> String {
    match schema.entities.get(usize::from(entity.0)) {
        Some(entity) => format!("{}/{key}", entity.name),
        None => format!("entity {}/{key}", entity.0),
    }
}

/// A swept value: a JSON number if it is an integer, otherwise a string.
pub fn axis(value: &str) -> serde_json::Value {
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

/// True if the figure is within the bounds. A missing figure is never within them.
pub(super) fn is_within(value: Option<u64>, Bound { min, max }: Bound) -> bool {
    value.is_some_and(|value| min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max))
}
