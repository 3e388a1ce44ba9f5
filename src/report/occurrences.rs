//! What had to occur with some of many seeds: situations, and of a swarm, in which a seed has only
//! a part of the trouble, the violations that are expected and the least that figures come to.
//!
//! It is a matter of the run: no cell is to blame, and the verdict and the exit code say so.

use std::collections::BTreeMap;

use super::exit::Exit;
use super::human;
use super::record::{CellRecord, OccurrenceRecord, RunRecord, SwarmRecord, Verdict};
use crate::base::Word;
use crate::metrics::{self, Situation};
use crate::scenario::{Bound, Drawn, Plan};

/// What a seed has, as a record holds it.
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

/// A figure that comes to `min` at least.
fn least(key: &str, min: u64, plan: &Plan, cells: &[&CellRecord]) -> OccurrenceRecord {
    let occurred = |cell: &&&CellRecord| cell.expected(key).is_some_and(|value| value >= min);
    let unit = metrics::find(key).map_or(metrics::Unit::Count, |metric| metric.unit);
    let scenario = of_variant(plan);
    let what = format!("{key} {}", human::bound(unit, Some(min), None));
    occurrence(scenario, what, plan, cells, occurred)
}

/// A violation that a cell has not to have.
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

/// Refuses one that is not as its figures say, in words.
pub(super) fn occurrences_agree(record: &RunRecord) -> Result<(), String> {
    let wrong =
        |one: &&OccurrenceRecord| one.pass != passes(one.cells, one.of, one.wanted_of) || one.cells > one.of;
    match record.occurrences.iter().find(wrong) {
        Some(one) => Err(format!("{} of {} is not as its numbers of cells say", one.what, one.scenario)),
        None => Ok(()),
    }
}

/// What had to occur and never did, a line each.
pub(super) fn missing(record: &RunRecord) -> Vec<String> {
    let missing = record.occurrences.iter().filter(|one| !one.pass);
    missing.map(|one| format!("{}: {}", one.scenario, never(one))).collect()
}

/// What has not occurred yet with too few seeds for that to fail, a line for each scenario.
pub(super) fn awaited(record: &RunRecord) -> Vec<String> {
    let mut scenarios: BTreeMap<(&str, u64, u64), Vec<&str>> = BTreeMap::new();
    for one in record.occurrences.iter().filter(|one| one.pass && one.cells == 0) {
        scenarios.entry((&one.scenario, one.of, one.wanted_of)).or_default().push(&one.what);
    }
    let line = |((scenario, of, wanted_of), what): (&(&str, u64, u64), &Vec<&str>)| {
        let cells = human::count(*of, "cell");
        let what = what.join(", ");
        format!("{scenario}: in {cells} did not occur, which fails from {wanted_of} on: {what}")
    };
    scenarios.iter().map(line).collect()
}

/// That it never occurred.
pub(super) fn never(one: &OccurrenceRecord) -> String {
    format!("{} occurred in none of {}", one.what, human::count(one.of, "cell"))
}

/// What had to occur, by scenario, rarest first.
pub(super) fn rarest_first(record: &RunRecord) -> Vec<&OccurrenceRecord> {
    let mut all: Vec<&OccurrenceRecord> = record.occurrences.iter().collect();
    all.sort_by_key(|one| (&one.scenario, one.cells));
    all
}

/// What is wrong with how often it occurred, in words; empty if nothing is.
pub(super) fn mark(one: &OccurrenceRecord) -> &'static str {
    match (one.pass, one.cells) {
        (false, _) => "FAIL",
        (true, 0) => "not yet",
        _ => "",
    }
}

/// What had to occur in some of the cells, with how many it did in, rarest first.
pub(super) fn shown(record: &RunRecord) -> String {
    let mut text = String::new();
    let mut under = "";
    for one in rarest_first(record) {
        if one.scenario != under {
            under = &one.scenario;
            text.push_str(&format!("{under}, of {}:\n", human::count(one.of, "cell")));
        }
        let line = format!("  {:>7} {}  {}", human::thousands(one.cells), one.what, mark(one));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if text.is_empty() { text } else { format!("occurred\n{text}\n") }
}

#[cfg(test)]
mod tests {
    use super::super::{assemble, fixture, judge};
    use super::*;
    use crate::metrics::{Figure, Unit};
    use crate::scenario::Situations;
    use crate::world::Outcome;

    fn outcome(hot: u64, kills: u64) -> Outcome {
        let mut outcome = fixture::outcome();
        let value = |value| Figure::Value { unit: Unit::Count, value };
        outcome.figures.insert(Situation::HotRow.metric().to_owned(), value(hot));
        outcome.figures.insert("device.kills.count".to_owned(), value(kills));
        outcome
    }

    fn record(outcomes: &[Outcome]) -> RunRecord {
        let plan = |seed| {
            let situations = Situations { occur: vec![Situation::HotRow], seeds: 3 };
            let swarm =
                crate::scenario::Swarm { on: crate::base::Ppm::ONE, always: Vec::new(), sizes: false };
            let mut plan = Plan { situations, swarm: Some(swarm.into()), ..fixture::plan(None, seed) };
            let bound = Bound { min: Some(1), max: None };
            plan.expect.metrics.insert("device.kills.count".to_owned(), bound);
            plan
        };
        let plans: Vec<Plan> = (1..=outcomes.len() as u64).map(plan).collect();
        let judged = plans
            .iter()
            .zip(outcomes)
            .map(|(plan, outcome)| judge(plan, &format!("c{}", plan.seed.0), outcome));
        let mut record = assemble("reports/x", &plans, judged.collect(), &[]);
        hold_occurrences(&plans, &mut record);
        record.sound().unwrap_or_else(|e| panic!("{e}"));
        record
    }

    #[test]
    fn what_occurred_with_one_of_many_seeds_is_enough() {
        let record = record(&[outcome(0, 0), outcome(2, 0), outcome(0, 4)]);
        assert_eq!(record.verdict, Verdict::Pass);
        assert!(record.cells.iter().all(|cell| cell.verdict == Verdict::Pass), "no cell is to blame");
        assert_eq!(record.occurrences.iter().map(|one| (one.cells, one.of)).collect::<Vec<_>>(), [(1, 3); 2]);
        assert_eq!(missing(&record), [""; 0]);
    }

    #[test]
    fn a_violation_that_some_seeds_of_a_swarm_have_is_enough() {
        for (found, seeds, pass) in [([true, false, false], 1, true), ([false; 3], 0, false)] {
            let swarm =
                crate::scenario::Swarm { on: crate::base::Ppm::ONE, always: Vec::new(), sizes: false };
            let plan = |seed| {
                let situations = Situations { occur: Vec::new(), seeds: 3 };
                let swarm = Some(swarm.clone().into());
                let mut plan = Plan { situations, swarm, ..fixture::plan(None, seed) };
                plan.expect.violations = vec!["lost".to_owned()];
                plan
            };
            let plans: Vec<Plan> = (1..=3).map(plan).collect();
            let outcomes = found.map(|lost| {
                let mut outcome = if lost { fixture::lost(1) } else { outcome(0, 0) };
                outcome.violations.retain(|violation| violation.check == "lost");
                outcome
            });
            let judged = plans
                .iter()
                .zip(&outcomes)
                .map(|(plan, outcome)| judge(plan, &format!("c{}", plan.seed.0), outcome));
            let mut record = assemble("reports/x", &plans, judged.collect(), &[]);
            hold_occurrences(&plans, &mut record);
            record.sound().unwrap_or_else(|e| panic!("{e}"));
            assert!(record.cells.iter().all(|cell| cell.verdict == Verdict::Pass), "no cell is to blame");
            let told: Vec<_> =
                record.occurrences.iter().map(|one| (&*one.what, one.cells, one.of, one.pass)).collect();
            assert_eq!(told, [("violation lost", seeds, 3, pass)]);
        }
    }

    #[test]
    fn what_never_occurred_fails_the_run_from_so_many_cells_on() {
        let few = record(&[outcome(0, 0), outcome(0, 0)]);
        assert_eq!((few.verdict, few.exit_code), (Verdict::Pass, 0));
        assert!(shown(&few).contains("0 situation hot-row  not yet"), "{}", shown(&few));
        let warned = super::super::story::warnings(&few, super::super::story::Paint(false));
        assert!(warned.contains(": in 2 cells did not occur, which fails from 3 on: "), "{warned}");
        assert!(warned.contains("situation hot-row"), "{warned}");
        let many = record(&[outcome(0, 1), outcome(0, 0), outcome(0, 0)]);
        assert_eq!((many.verdict, many.exit_code), (Verdict::Fail, Exit::Threshold.code()));
        assert_eq!(missing(&many), ["ties: situation hot-row occurred in none of 3 cells"]);
        let said = "situation hot-row occurred in none of 3 cells";
        let junit = super::super::junit::junit(&many);
        assert!(junit.contains("failures=\"1\"") && junit.contains(said), "{junit}");
        let page = super::super::html::page(&many);
        assert!(page.contains(said) && page.contains("What occurred"), "{page}");
        let summary = super::super::summary::summary(&many);
        assert!(summary.contains(&format!("- ties: {said}\n\n")), "{summary}");
        assert!(!super::super::junit::junit(&few).contains(said), "few cells are no failure");
    }
}
