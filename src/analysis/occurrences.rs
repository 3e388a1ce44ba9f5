//! What had to occur with some of many seeds: situations, and of a swarm, in which a seed has only
//! a part of the trouble, the violations that are expected and the least that figures come to.
//!
//! It is a matter of the run: no cell is to blame, and the verdict and the exit code say so.

use std::collections::BTreeMap;

use crate::base::Word;
use crate::metrics::{self, Situation, human};
use crate::record::{CellRecord, Exit, OccurrenceRecord, RunRecord, SwarmRecord, Verdict};
use crate::scenario::{Bound, Drawn, Plan};

pub(super) fn drawn(of: &Drawn) -> SwarmRecord {
    let sizes = of.sizes.iter().map(|(key, size)| ((*key).to_owned(), *size)).collect();
    SwarmRecord { on: of.on.clone(), off: of.off.clone(), sizes }
}

/// The bound that each cell is held to: of a swarm the least is for all seeds together.
pub(super) fn of_one_cell(plan: &Plan, bound: Bound) -> Bound {
    if plan.swarm.is_some() { Bound { min: None, ..bound } } else { bound }
}

/// Holds what had to occur against the cells of a record, and fails the run where it never did.
pub fn hold_occurrences(plans: &[Plan], record: &mut RunRecord) {
    let ended = |cell: &&CellRecord| !cell.metrics.is_empty();
    let mut groups: BTreeMap<(&str, &str), (&Plan, Vec<&CellRecord>)> = BTreeMap::new();
    let mut variants: BTreeMap<&str, (&Plan, Vec<&CellRecord>)> = BTreeMap::new();
    for plan in plans {
        groups.entry((&plan.path, &plan.scenario)).or_insert((plan, Vec::new()));
        variants.entry(&plan.digest).or_insert((plan, Vec::new()));
    }
    for cell in record.cells.iter().filter(ended) {
        if let Some((_, cells)) = groups.get_mut(&(cell.path.as_str(), cell.scenario.as_str())) {
            cells.push(cell);
        }
        if let Some((_, cells)) = variants.get_mut(cell.resolved.as_str()) {
            cells.push(cell);
        }
    }
    let mut found = Vec::new();
    for (plan, cells) in groups.values().filter(|(_, cells)| !cells.is_empty()) {
        let of = |situation: &Situation| situation_in(*situation, plan, cells);
        found.extend(plan.situations.occur.iter().map(of));
    }
    for (plan, cells) in variants.values().filter(|(plan, cells)| plan.swarm.is_some() && !cells.is_empty()) {
        let bounds = plan.expect.metrics.iter().filter_map(|(key, bound)| Some((key, bound.min?)));
        found.extend(bounds.filter(|(_, min)| *min > 0).map(|(key, min)| least(key, min, plan, cells)));
        found.extend(plan.expect.violations.iter().map(|check| violation(check, plan, cells)));
    }
    record.occurrences = found;
    if record.occurrences.iter().any(|one| !one.pass) {
        record.verdict = Verdict::Fail;
        let exit = Exit::from_code(record.exit_code).unwrap_or(Exit::Internal);
        record.exit_code = Exit::first([exit, Exit::Threshold]).code();
    }
}

fn situation_in(situation: Situation, plan: &Plan, cells: &[&CellRecord]) -> OccurrenceRecord {
    let occurred = |cell: &&&CellRecord| cell.expected(situation.metric()).is_some_and(|times| times > 0);
    let scenario = plan.scenario.clone();
    occurrence(scenario, format!("situation {}", situation.word()), plan, cells, occurred)
}

fn least(key: &str, min: u64, plan: &Plan, cells: &[&CellRecord]) -> OccurrenceRecord {
    let occurred = |cell: &&&CellRecord| cell.expected(key).is_some_and(|value| value >= min);
    let unit = metrics::find(key).map_or(metrics::Unit::Count, |metric| metric.unit);
    let scenario = of_variant(plan);
    let what = format!("{key} {}", human::bound(unit, Some(min), None));
    occurrence(scenario, what, plan, cells, occurred)
}

fn violation(check: &str, plan: &Plan, cells: &[&CellRecord]) -> OccurrenceRecord {
    let what = format!("violation {check}");
    let occurred = |cell: &&&CellRecord| cell.expectations.iter().any(|one| one.what == what && one.pass);
    occurrence(of_variant(plan), what.clone(), plan, cells, occurred)
}

fn of_variant(plan: &Plan) -> String {
    match &plan.variant {
        Some(variant) => format!("{} {variant}", plan.scenario),
        None => plan.scenario.clone(),
    }
}

fn occurrence(
    scenario: String,
    what: String,
    plan: &Plan,
    cells: &[&CellRecord],
    occurred: impl Fn(&&&CellRecord) -> bool,
) -> OccurrenceRecord {
    let of = cells.len() as u64;
    let cells = cells.iter().filter(occurred).count() as u64;
    let wanted_of = plan.situations.seeds;
    OccurrenceRecord { scenario, what, cells, of, wanted_of, pass: passes(cells, of, wanted_of) }
}

fn passes(cells: u64, of: u64, wanted_of: u64) -> bool {
    cells > 0 || of < wanted_of
}
