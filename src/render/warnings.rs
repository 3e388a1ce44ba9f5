//! Writes warnings about parts of a scenario that the run did not test. Each has one line.
//!
//! A cell is one simulation. A stack is a sync engine with its server.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::joined;
use super::occurrences;
use crate::analysis;
use crate::metrics::human::{count, thousands};
use crate::oracle::{metric_of, promises_of, subject_of};
use crate::record::{CellRecord, ExceptionRecord, HeldTo, MissedRecord, Reason, RunRecord, UnplacedRecord};
use crate::world::Placed;

const TOLD: usize = 4;

pub(super) fn unplaced(record: &RunRecord) -> Vec<String> {
    let mut actions: BTreeMap<(&str, bool, &str), UnplacedRecord> = BTreeMap::new();
    let told = of_cells(record, |cell| &cell.unplaced);
    // The failing cell already reports an action that did nothing.
    let fails = |cell: &CellRecord, of: &str| {
        cell.reasons
            .iter()
            .any(|reason| matches!(reason, Reason::ActionInVain { action, .. } if action == of))
    };
    for (cell, one) in told.filter(|(cell, one)| !fails(cell, &one.action)) {
        let sum = actions.entry((&cell.scenario, one.import, &one.action));
        let sum = sum.or_insert_with(|| UnplacedRecord { asked: 0, left_out: 0, astray: 0, ..one.clone() });
        sum.asked = sum.asked.saturating_add(one.asked);
        sum.left_out = sum.left_out.saturating_add(one.left_out);
        sum.astray = sum.astray.saturating_add(one.astray);
    }
    let lines = actions.iter().flat_map(|((scenario, _, action), sum)| {
        lines(action, sum).into_iter().map(move |line| whose(record, scenario) + &line)
    });
    let planned = not_fired(record).into_iter().chain(occurrences::awaited(record));
    // The settings of a search may have nothing to lose (for example, a first load has no edits).
    // This is not a fault of the scenario.
    let idle = [hollow, unobserved].into_iter().filter(|_| record.tune.is_none()).flat_map(|of| of(record));
    lines.chain(planned).chain(idle).collect()
}

/// All warnings about a run. Demands on the run are not part of them.
pub(super) fn told(record: &RunRecord) -> Vec<String> {
    [unplaced(record), thrown(record), not_applicable(record)].concat()
}

/// Exceptions of apps that ended syncs, and warnings of the bench to the authors of apps. They
/// cover all cells, and the most frequent come first.
pub(super) fn thrown(record: &RunRecord) -> Vec<String> {
    let mut all: BTreeMap<(&str, &str), (u64, &CellRecord, &ExceptionRecord)> = BTreeMap::new();
    for (cell, one) in of_cells(record, |cell| &cell.exceptions) {
        let first = one.stack.split(" at ").next().unwrap_or_default();
        let sum = all.entry((&one.what, first)).or_insert((0, cell, one));
        sum.0 = sum.0.saturating_add(one.count);
    }
    let mut all: Vec<_> = all.into_values().collect();
    all.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let left = all.len().saturating_sub(TOLD);
    let told = all.iter().take(TOLD).map(|(syncs, cell, one)| {
        let ExceptionRecord { what, stack, device, at, .. } = one;
        let places = stack.split(" at ").filter(|place| !place.is_empty()).take(TOLD);
        let places: String = places.map(|place| format!(" at {place}")).collect();
        let first = format!("(first {device} at {at}, seed {})", cell.seed);
        if one.warning {
            return format!("warned {}: {what} {first}", count(*syncs, "time"));
        }
        let syncs = count(*syncs, "sync");
        format!("{syncs} ended with an exception of the app: {what}{places} {first}")
    });
    let more = (left > 0).then(|| format!("{} more in run.json", count(left as u64, "such exception")));
    told.chain(more).collect()
}

/// The items of all cells, each with its cell.
fn of_cells<'r, T: 'r>(
    record: &'r RunRecord,
    items: fn(&CellRecord) -> &[T],
) -> impl Iterator<Item = (&'r CellRecord, &'r T)> {
    record.cells.iter().flat_map(move |cell| items(cell).iter().map(move |one| (cell, one)))
}

fn whose(record: &RunRecord, scenario: &str) -> String {
    let several = record.cells.iter().any(|cell| cell.scenario != record.cells[0].scenario);
    if several { format!("{scenario}: ") } else { String::new() }
}

pub fn unplaced_in(placed: &Placed) -> Vec<String> {
    analysis::unplaced(placed).iter().flat_map(|one| lines(&one.action, one)).collect()
}

fn lines(action: &str, of: &UnplacedRecord) -> Vec<String> {
    let UnplacedRecord { asked, left_out, astray, import, .. } = *of;
    let values = "give the columns in `unique` more possible values";
    let made = thousands(asked.saturating_sub(left_out));
    let all = |noun| count(asked, noun);
    if import {
        let why =
            format!("the script found no free natural key for the rest; {values}, or import fewer rows");
        return vec![format!("{made} of {} of {action} imported: {why}", all("row"))];
    }
    let of = format!("{} of action {action} made", all("edit"));
    let none_left = "the script found no row to edit, or no free natural key, for the rest";
    let next = format!("raise `rows`, lower `per_device`, or {values}");
    let fewer = (left_out > 0).then(|| format!("{made} of {of}: {none_left}; {next}"));
    let near = "no row was as near as `near` requires; widen `before` and `after` in `near`";
    let elsewhere = (astray > 0).then(|| format!("{} of {of} on any row: {near}", thousands(astray)));
    fewer.into_iter().chain(elsewhere).collect()
}

/// One line per event of a scenario that did not fire, over all cells. A fault without a fixed
/// target is listed if it hit nobody under any seed. A hook is listed if no variant called it.
fn not_fired(record: &RunRecord) -> Vec<String> {
    let every = |cell: &CellRecord, one: &MissedRecord| {
        let off = |kind: &String| *kind == one.event || kind.strip_prefix("event.") == Some(&*one.event);
        let is_off = |cell: &CellRecord| cell.swarm.as_ref().is_some_and(|swarm| swarm.off.iter().any(off));
        let has = |other: &&CellRecord| group(other, one) == group(cell, one) && !is_off(other);
        let misses = |other: &CellRecord| other.missed.iter().any(|missed| missed.event == one.event);
        record.cells.iter().filter(has).all(misses)
    };
    let mut events: BTreeMap<(&str, &str, &str), (Vec<&str>, MissedRecord)> = BTreeMap::new();
    // The failing cell already reports an event that did nothing.
    let fails = |cell: &CellRecord, of: &str| {
        cell.reasons.iter().any(|reason| matches!(reason, Reason::EventInVain { event } if event == of))
    };
    let told = |(cell, one): &(&CellRecord, &MissedRecord)| {
        one.of > 0 || every(cell, one) && !fails(cell, &one.event)
    };
    for (cell, one) in of_cells(record, |cell| &cell.missed).filter(told) {
        let blank = || (Vec::new(), MissedRecord { missed: 0, of: 0, ..one.clone() });
        let (cells, sum) = events.entry((&cell.scenario, &one.event, &one.why)).or_insert_with(blank);
        cells.push(cell.id.as_str());
        sum.missed = sum.missed.saturating_add(one.missed);
        sum.of = sum.of.saturating_add(one.of);
    }
    let alone = record.cells.len() == 1;
    let lines = events.iter().map(|((scenario, ..), (cells, sum))| {
        whose(record, scenario) + &line(if alone { &[] } else { cells }, sum)
    });
    lines.collect()
}

fn group<'c>(cell: &'c CellRecord, one: &MissedRecord) -> &'c str {
    if one.event.starts_with("hooks.") { &cell.scenario } else { &cell.resolved }
}

/// The line of a missed event. `cells` is empty if the run has only one cell.
fn line(cells: &[&str], of: &MissedRecord) -> String {
    let MissedRecord { event, why, missed, of, devices } = of;
    let in_cells = match cells {
        [] => String::new(),
        [cell] => format!(" in {cell}"),
        cells => format!(" in {}", count(cells.len() as u64, "cell")),
    };
    if *of == 0 {
        let is_of = |tables: &[&str]| tables.iter().any(|table| event.starts_with(table));
        let is_part = is_of(&["unit.", "entity.", "fleet."]);
        let is_key = is_part || is_of(&["chaos.", "hooks.", "backend.", "gateway.", "action.", "proxy"]);
        let what = if is_key { event.clone() } else { format!("event {event}") };
        let did = if is_part { "was not used" } else { "changed nothing" };
        return format!("{what} {did}{in_cells}: {why}");
    }
    let all = count(*of, "device");
    let place = if cells.len() > 1 {
        in_cells
    } else {
        let more = if *missed > TOLD as u64 { ", …" } else { "" };
        let first = devices.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
        format!(" ({first}{more}){in_cells}")
    };
    format!("event {event} did not fire on {} of {all}{place}: {why}", thousands(*missed))
}

/// Facts about the stack of a scenario or a variant.
#[derive(Default)]
struct OfStack<'r> {
    left_out: BTreeSet<&'r str>,
    held_to: Option<HeldTo>,
    unsupported: Option<&'r Reason>,
    observed: bool,
    /// True if the stack does not report which edits met a conflict.
    calls_none: bool,
}

/// The end of the line for a stack whose server merges by its own rules.
const CALLS_NONE: &str = "; engine.conflicts.found and the metrics compared with it are not \
    counted, because its server merges by its own rules and reports no conflict";

/// One line for each scenario or variant that has a third-party stack, or checks that do not apply.
pub(super) fn not_applicable(record: &RunRecord) -> Vec<String> {
    let mut stacks: BTreeMap<(&str, Option<&str>), OfStack<'_>> = BTreeMap::new();
    for cell in &record.cells {
        let of = stacks.entry((cell.scenario.as_str(), cell.variant.as_deref())).or_default();
        of.left_out.extend(cell.not_applicable.iter().map(String::as_str));
        of.held_to = of.held_to.or(cell.held_to);
        of.observed |= cell.observed.is_some();
        of.calls_none |= cell.held_to.is_some()
            && cell.stat("oracle.conflicts.count", "value").is_some()
            && cell.stat("engine.conflicts.found", "value").is_none();
        let is_unsupported = |reason: &&Reason| matches!(reason, Reason::Unsupported { .. });
        of.unsupported = of.unsupported.or(cell.reasons.iter().find(is_unsupported));
    }
    let lines = stacks.into_iter().filter_map(|((scenario, variant), of)| {
        let variant = variant.map_or_else(String::new, |variant| format!(".{variant}"));
        Some(format!("{scenario}{variant}: {}", of.line()?))
    });
    lines.collect()
}

impl OfStack<'_> {
    fn line(&self) -> Option<String> {
        let line = self.held()?;
        Some(if self.calls_none && self.unsupported.is_none() { line + CALLS_NONE } else { line })
    }
    fn held(&self) -> Option<String> {
        if let Some(Reason::Unsupported { stack, needs }) = self.unsupported {
            return Some(format!("not run: the stack `{stack}` does not support {}", needs.join(", ")));
        }
        let name = |check: &&str| match (self.held_to, promises_of(check).as_slice()) {
            (None, _) | (_, []) => (*check).to_owned(),
            (_, promises) => format!("{check} ({})", promises.join(", ")),
        };
        let checks = count(self.left_out.len() as u64, "check");
        let names = joined(self.left_out.iter().map(name), ", ");
        Some(match (self.held_to, names) {
            (_, Some(names)) if self.observed => {
                format!("{checks} not applicable, because a history does not contain what they need: {names}")
            }
            (None, names) => format!("{checks} not applicable to this engine and its options: {}", names?),
            (Some(HeldTo { checks, of }), None) => format!("held to {checks} of {of} checks"),
            (Some(HeldTo { checks, of }), Some(names)) => format!(
                "held to {checks} of {of} checks; not applicable to this engine and its options, \
                 which do not promise what each needs: {names}"
            ),
        })
    }
}

/// One line per figure with a bound whose check had nothing to check in any cell.
fn hollow(record: &RunRecord) -> Vec<String> {
    let mut tried: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut hollow: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for cell in &record.cells {
        for metric in asked(record, cell) {
            match cell.untried.iter().find(|check| metric_of(check) == Some(metric)) {
                Some(check) => _ = hollow.insert((&cell.scenario, metric, check)),
                None => _ = tried.insert((&cell.scenario, metric)),
            }
        }
    }
    let lines = hollow.into_iter().filter_map(|(scenario, metric, check)| {
        let why = subject_of(check).filter(|_| !tried.contains(&(scenario, metric)))?;
        let whose = whose(record, scenario);
        Some(format!("{whose}{metric} has a bound, but check {check} had nothing to check: {why}"))
    });
    lines.collect()
}

const NO_EDIT: (&str, &str) = ("workload.edits.made", "nobody saved an edit");
const NO_RUN: (&str, &str) = ("engine.session.count", "no unit ran");
const NO_REQUEST: (&str, &str) = ("engine.requests.count", "no request was sent");

/// Prefixes of metrics. Such a metric counts a part of certain events (edits, runs or requests). If
/// no such event occurred, the metric is 0 with any engine.
const AMONG: [(&str, (&str, &str)); 13] = [
    ("engine.conflicts.", NO_EDIT),
    ("engine.edits.", NO_EDIT),
    ("engine.never_safe.", NO_EDIT),
    ("engine.page.", NO_EDIT),
    ("oracle.conflicts.", NO_EDIT),
    ("oracle.gave_way.", NO_EDIT),
    ("oracle.overwritten.", NO_EDIT),
    ("oracle.saved_edits.", NO_EDIT),
    ("oracle.shelved.", NO_EDIT),
    ("oracle.taken_back.", NO_EDIT),
    ("engine.session.", NO_RUN),
    ("engine.requests.", NO_REQUEST),
    ("engine.retries.", NO_REQUEST),
];

/// One line per upper bound that is met only because nothing was observed in any cell.
fn unobserved(record: &RunRecord) -> Vec<String> {
    let mut observed: BTreeSet<(&str, String)> = BTreeSet::new();
    let mut met: BTreeSet<(&str, String, &str)> = BTreeSet::new();
    for cell in &record.cells {
        for (metric, stat) in at_most(record, cell) {
            let figure = if stat == "value" { metric.clone() } else { format!("{metric} {stat}") };
            match why_nothing(cell, &metric, stat) {
                Some(why) => _ = met.insert((&cell.scenario, figure, why)),
                None => _ = observed.insert((&cell.scenario, figure)),
            }
        }
    }
    let lines = met.into_iter().filter_map(|(scenario, figure, why)| {
        let line = format!("{}{figure} = 0 is met without any observation: {why}", whose(record, scenario));
        (!observed.contains(&(scenario, figure))).then_some(line)
    });
    lines.collect()
}

/// The figures of a cell that meet an upper bound because they are 0.
fn at_most<'a>(record: &'a RunRecord, cell: &'a CellRecord) -> impl Iterator<Item = (String, &'a str)> {
    let is_met = |(min, max): (Option<u64>, Option<u64>), value: Option<u64>| {
        max.is_some() && min.is_none_or(|min| min == 0) && value == Some(0)
    };
    let expected = cell.expectations.iter().filter(move |one| is_met((one.min, one.max), one.value));
    let expected = expected.filter_map(|one| cell.named(&one.what));
    let gates = record.gates_of(&cell.id).filter(move |gate| is_met((gate.min, gate.max), gate.value));
    expected.chain(gates.map(|gate| (gate.figure(), gate.stat.as_str())))
}

/// The reason why nothing was observed; `None` if something was observed.
fn why_nothing(cell: &CellRecord, metric: &str, stat: &str) -> Option<&'static str> {
    let none = |metric: &str, stat: &str| cell.stat(metric, stat) == Some(0);
    if stat != "value" {
        return (none(metric, "count") && none(metric, "never")).then_some("nobody waited for it");
    }
    let (_, (among, why)) = AMONG.iter().find(|(of, _)| metric.starts_with(of))?;
    (metric != *among && none(among, "value")).then_some(*why)
}

fn asked<'a>(record: &'a RunRecord, cell: &'a CellRecord) -> impl Iterator<Item = &'a str> {
    let expected = cell.expectations.iter().map(|expected| expected.what.as_str());
    expected.chain(record.gates_of(&cell.id).map(|gate| gate.metric.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{assemble, judge};
    use crate::base::DeviceId;
    use crate::contract::StackDescription;
    use crate::metrics::{Figure, Unit};
    use crate::record::{Exit, fixture};
    use crate::scenario::{Bound, Document, Request};
    use crate::world::{Missed, Outcome, ShortImport};

    fn cell(scenario: &str, unplaced: &[(&str, u64, u64, u64)]) -> CellRecord {
        let mut cell = judge(&fixture::plan(None, 1), "c", &fixture::outcome()).cell;
        scenario.clone_into(&mut cell.scenario);
        let record = |&(action, asked, left_out, astray): &(&str, u64, u64, u64)| UnplacedRecord {
            action: action.to_owned(),
            asked,
            left_out,
            astray,
            import: false,
        };
        cell.unplaced = unplaced.iter().map(record).collect();
        cell
    }

    #[test]
    fn edits_that_could_not_be_made_are_told_once_for_each_action() {
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        assert!(unplaced(&record).is_empty());
        record.cells =
            vec![cell("few", &[("ren", 20, 20, 0)]), cell("few", &[("ren", 20, 15, 5), ("due", 9, 0, 9)])];
        let mut lines = unplaced(&record);
        record.cells.push(cell("many", &[]));
        lines.extend(unplaced(&record));
        let short = ShortImport { entity: "task".to_owned(), asked: 9_000, made: 435 };
        lines.extend(unplaced_in(&Placed { actions: Vec::new(), short: vec![short] }));
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn an_event_of_whose_edits_none_was_made_fails_its_cell() {
        let edits = "[action.fix]\nentity = \"appointment\"\nkind = \"update\"\ncolumns = [\"status\"]\nper_device = 1\n\
            [event.zzz]\nat = \"+1m\"\nedits = { action = \"fix\", row = \"zzz\" }\n";
        let stacks = [StackDescription::builtin("builtin")];
        let why = "none of its edits was made".to_owned();
        let missed = vec![Missed { event: "zzz".to_owned(), why, devices: Vec::new(), of: 0 }];
        let outcome = Outcome { missed, ..fixture::outcome() };
        for (more, code) in [("", Some(Exit::Threshold)), ("optional = true\n", None)] {
            let action = format!("[action.fix]\n{more}");
            let text = format!("{}{}", fixture::TIES, edits.replace("[action.fix]\n", &action));
            let document = Document::parse("scenarios/ties.toml", &text).unwrap();
            let plan =
                document.plans(&Request::default(), &stacks).unwrap_or_else(|e| panic!("{e}")).remove(0);
            let cell = judge(&plan, "c", &outcome).cell;
            assert_eq!(cell.reasons.first().map(Reason::exit), code, "{:?}", cell.reasons);
            let mut record = assemble("reports/x", &[], Vec::new(), &[]);
            record.cells.push(cell);
            assert_eq!(not_fired(&record).len(), usize::from(code.is_none()), "it is told once");
        }
    }

    #[test]
    fn what_did_not_happen_is_told_once_with_its_devices() {
        let missed = |event: &str, devices: std::ops::Range<u32>, of| Missed {
            event: event.to_owned(),
            why: "nothing passed fetch.applied".to_owned(),
            devices: devices.map(DeviceId).collect(),
            of,
        };
        let cell = |missed: Vec<Missed>| {
            judge(&fixture::plan(None, 1), "c", &Outcome { missed, ..fixture::outcome() }).cell
        };
        let (kill, lunch) = (|| missed("k", 3..9, 1_000), || missed("lunch", 0..0, 0));
        assert_eq!(cell(vec![kill()]).missed[0].devices.len(), 6);
        // A fault that hit somebody under one seed is not reported.
        let runs = [vec![], vec![kill()], vec![kill(), kill()], vec![lunch()], vec![lunch(), lunch()]];
        let mut told = String::new();
        for run in runs {
            let mut record = assemble("reports/x", &[], Vec::new(), &[]);
            record.cells = run.into_iter().map(|missed| cell(vec![missed])).collect();
            told += &super::super::notes(&record, super::super::Paint(false));
            record.cells.push(cell(Vec::new()));
            assert!(not_fired(&record).iter().all(|line| !line.contains("lunch")), "{record:?}");
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn a_bound_that_nothing_could_break_is_told() {
        let mut plan = fixture::plan(None, 1);
        for what in ["engine.conflicts.found", "engine.session.failed", "oracle.lost.rows"] {
            plan.judged_mut().expect.metrics.insert(what.to_owned(), Bound { min: None, max: Some(0) });
        }
        let outcome = |edits| {
            let mut outcome = fixture::outcome();
            for (metric, value) in [
                ("engine.conflicts.found", 0),
                ("workload.edits.made", edits),
                ("engine.session.failed", 0),
                ("engine.session.count", 1),
                ("oracle.lost.rows", 0),
            ] {
                outcome.figures.insert(metric.to_owned(), Figure::number(Unit::Count, value));
            }
            outcome
        };
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        record.cells = vec![judge(&plan, "a", &outcome(0)).cell];
        let line = "engine.conflicts.found = 0 is met without any observation: nobody saved an edit";
        assert_eq!(unobserved(&record), [line]);
        record.cells.push(judge(&plan, "b", &outcome(1)).cell);
        assert_eq!(unobserved(&record), [""; 0], "another cell had");
    }

    #[test]
    fn a_figure_that_is_asked_for_and_had_nothing_to_look_at_is_told() {
        let mut plan = fixture::plan(None, 1);
        plan.judged_mut()
            .expect
            .metrics
            .insert("oracle.lost_edit.count".to_owned(), Bound { min: None, max: Some(0) });
        let untried = Outcome { untried: vec!["lost-edit", "misfiled"], ..fixture::outcome() };
        let mut record = assemble("reports/x", &[], Vec::new(), &[]);
        record.cells = vec![judge(&plan, "a", &untried).cell];
        insta::assert_snapshot!(hollow(&record).join("\n"));
        record.cells.push(judge(&plan, "b", &fixture::outcome()).cell);
        assert_eq!(hollow(&record), [""; 0], "another cell had");
    }
}
