//! The rules for a single cell (one simulation), and the records of its expectations and gates.
//!
//! A plan describes a cell before it runs.

use std::collections::BTreeSet;

use crate::analysis::cells::is_within;
use crate::analysis::verdict::case::Ended;
use crate::analysis::verdict::digests::Held;
use crate::oracle;
use crate::record::{Build, CellRecord, ExpectationRecord, GateRecord, Reason};
use crate::scenario::{Bound, Gate, Plan};
use crate::world::{Ending, Outcome};

/// True if the scenario expects the violation, or another violation that implies it.
fn expected(plan: &Plan, check: &str) -> bool {
    let named = &plan.judged.expect.violations;
    named.iter().any(|named| named == check || oracle::implied(named).contains(&check))
}

/// True if the outcome has this violation. An engine that loops or stalls counts as stuck.
fn occurred(outcome: &Outcome, check: &str) -> bool {
    let stuck = matches!(outcome.ending, Ending::Stuck(_) | Ending::Stalled(_));
    outcome.violations.iter().any(|v| v.check == check) || check == "stuck" && stuck
}

/// The expectations of the plan, each with the actual result.
pub(in crate::analysis::verdict) fn expectations(
    plan: &Plan,
    outcome: &Outcome,
    cell: &CellRecord,
) -> Vec<ExpectationRecord> {
    let violations = plan.judged.expect.violations.iter().filter_map(|check| {
        let pass = occurred(outcome, check);
        let blind = outcome.not_applicable.contains(&check.as_str());
        let follows = || oracle::implied(check).iter().any(|check| occurred(outcome, check));
        if plan.source.swarm.is_some() && !pass && !blind && !follows() {
            return None;
        }
        let what = format!("violation {check}");
        Some(ExpectationRecord { what, min: None, max: None, value: None, pass })
    });
    let metrics = plan.judged.expect.metrics.iter().map(|(key, bound)| {
        let value = cell.expected(key);
        // In a swarm (each seed draws its own parts), a minimum applies to all seeds together.
        let (min, max) = (bound.min.filter(|_| plan.source.swarm.is_none()), bound.max);
        ExpectationRecord { what: key.clone(), min, max, value, pass: is_within(value, Bound { min, max }) }
    });
    violations.chain(metrics).collect()
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

/// The gates (limits on figures) of a cell. A cell that expects a violation has none.
pub(in crate::analysis::verdict) fn gates(plan: &Plan, cell: &CellRecord) -> Vec<GateRecord> {
    let gates = plan.judged.gates.iter().filter(|_| plan.judged.expect.violations.is_empty());
    gates.map(|gate| gated(gate, cell)).collect()
}

/// The rule "the oracle found nothing unexpected". The oracle is the judge that knows all true
/// values.
pub(in crate::analysis::verdict) fn violations(ended: &Ended<'_>) -> Vec<Reason> {
    let found = ended.outcome.violations.iter().map(|v| v.check);
    let is_new = |check: &&str| *check != "stuck" && !expected(ended.plan, check);
    let found: BTreeSet<&str> = found.filter(is_new).collect();
    // A violation that only follows from others comes last.
    let (last, first): (Vec<&str>, Vec<&str>) = found.into_iter().partition(|check| *check == "divergent");
    let all = first.into_iter().chain(last);
    all.map(|check| Reason::Violation { check: check.to_owned() }).collect()
}

/// The rule "the cell came to rest".
pub(in crate::analysis::verdict) fn rest(ended: &Ended<'_>) -> Vec<Reason> {
    let is_stuck = occurred(ended.outcome, "stuck") && !expected(ended.plan, "stuck");
    is_stuck.then_some(Reason::Stuck {}).into_iter().collect()
}

/// The rule "no saved edit was destroyed by restoring a backup, or left on a phone at a logout".
pub(in crate::analysis::verdict) fn saved_edits(ended: &Ended<'_>) -> Vec<Reason> {
    let bound = |metric: &str| ended.plan.judged.expect.metrics.get(metric);
    let meant = |metric: &str| bound(metric).is_some_and(|bound| bound.max != Some(0));
    let taken_back = ended.outcome.taken_back.clone().filter(|_| !meant("oracle.taken_back.edits"));
    let shelved = ended.outcome.shelved.clone().filter(|_| !meant("oracle.shelved.edits"));
    let taken_back = taken_back.map(|first| Reason::TakenBack { first });
    taken_back.into_iter().chain(shelved.map(|first| Reason::Shelved { first })).collect()
}

pub(in crate::analysis::verdict) fn as_expected(ended: &Ended<'_>) -> Vec<Reason> {
    let missed = ended.cell.expectations.iter().filter(|one| !one.pass);
    missed.map(|one| Reason::Expectation { what: one.what.clone() }).collect()
}

pub(in crate::analysis::verdict) fn gates_met(ended: &Ended<'_>) -> Vec<Reason> {
    let missed = ended.gates.iter().filter(|gate| !gate.pass);
    missed.map(|gate| Reason::Gate { gate: gate.clone() }).collect()
}

/// The rule "a second run has the same digests". With another build, other figures are allowed. If
/// another build gives other events, nothing can be compared.
pub(in crate::analysis::verdict) fn same_again(ended: &Ended<'_>) -> Vec<Reason> {
    let Some(again) = ended.again else { return Vec::new() };
    let of_figures = match again.held() {
        Held::Other => false,
        Held::OtherFigures => true,
        Held::Nothing | Held::Same => return Vec::new(),
    };
    match &again.first.other_build {
        Some(_) if of_figures => Vec::new(),
        Some(build) => {
            let both = format!("the record is of {build}, this is {}", Build::this());
            vec![Reason::NoBaseline { text: format!("not comparable: {both}, and digests differ") }]
        }
        None => {
            let of = |digests: [&str; 2]| digests[usize::from(of_figures)].to_owned();
            let first = of([&again.first.digest, &again.first.figures_digest]);
            vec![Reason::NotDeterministic { of_figures, first, second: of(again.second) }]
        }
    }
}
