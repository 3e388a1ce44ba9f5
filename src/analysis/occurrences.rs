//! Judges what must occur under at least one of many seeds: situations that the scenario names. A
//! swarm (a scenario in which each seed draws its own parts) can also require violations and
//! minimum figures. If one of these did not occur, the run fails, but no single cell does.
//!
//! A cell is one simulation: one variant and one seed.

use std::collections::BTreeMap;

use super::verdict::{Asks, Ruling, Trial};
use crate::base::Word;
use crate::metrics::{self, human};
use crate::record::{CellRecord, Exit, Judged, OccurrenceRecord, SwarmRecord};
use crate::scenario::{Drawn, Plan};

pub(super) fn drawn(of: &Drawn) -> SwarmRecord {
    let sizes = of.sizes.iter().map(|(key, size)| ((*key).to_owned(), *size)).collect();
    let taken = of.taken.iter().map(|(path, value)| (path.join("."), value.clone())).collect();
    SwarmRecord { on: of.on.clone(), off: of.off.clone(), sizes, taken }
}

/// The rule for occurrences. A search has none, because its settings are not a sample of seeds.
pub(super) fn occurrences(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    if matches!(trial.asks, Asks::Search { .. }) {
        return Vec::new();
    }
    // If several plans are equal, the first one stands for all.
    let first = || trial.plans.iter().rev();
    let groups: BTreeMap<_, &Plan> =
        first().map(|plan| ((&plan.source.path, &plan.source.scenario), plan)).collect();
    let variants: BTreeMap<_, &Plan> = first().map(|plan| (&plan.source.digest, plan)).collect();
    let ended = |is_of: &dyn Fn(&CellRecord) -> bool| -> Option<Vec<&CellRecord>> {
        let cells = judged.iter().map(|judged| &judged.cell);
        let cells = cells.filter(|cell| !cell.metrics.is_empty() && is_of(cell));
        Some(cells.collect::<Vec<_>>()).filter(|cells| !cells.is_empty())
    };
    let mut found = Vec::new();
    for ((path, scenario), plan) in groups {
        let Some(cells) = ended(&|cell| cell.path == *path && cell.scenario == *scenario) else { continue };
        for situation in &plan.judged.situations.occur {
            let (scenario, what) = (plan.source.scenario.clone(), format!("situation {}", situation.word()));
            let occurred = |cell: &CellRecord| cell.expected(situation.metric()) >= Some(1);
            found.push(occurrence(scenario, what, plan, &cells, occurred));
        }
    }
    for (digest, plan) in variants.into_iter().filter(|(_, plan)| plan.source.swarm.is_some()) {
        let Some(cells) = ended(&|cell| cell.resolved == *digest) else { continue };
        let bounds =
            plan.judged.expect.metrics.iter().map(|(key, bound)| (key, bound.min.filter(|min| *min > 0)));
        for (key, least) in bounds.filter(|(_, least)| least.is_some()) {
            let unit = metrics::find(key).map_or(metrics::Unit::Count, |metric| metric.unit);
            let what = format!("{key} {}", human::bound(unit, least, None));
            let occurred = |cell: &CellRecord| cell.expected(key) >= least;
            found.push(occurrence(of_variant(plan), what, plan, &cells, occurred));
        }
        for check in &plan.judged.expect.violations {
            let what = format!("violation {check}");
            let passes = |cell: &CellRecord| cell.expectations.iter().any(|one| one.what == what && one.pass);
            found.push(occurrence(of_variant(plan), what.clone(), plan, &cells, passes));
        }
    }
    let fails = found.iter().any(|one| !one.pass).then_some(Ruling::FailsRun(Exit::Threshold));
    fails.into_iter().chain(found.into_iter().map(Ruling::Occurrence)).collect()
}

fn of_variant(plan: &Plan) -> String {
    let variant = plan.source.variant.as_ref().map_or_else(String::new, |variant| format!(" {variant}"));
    plan.source.scenario.clone() + &variant
}

fn occurrence(
    scenario: String,
    what: String,
    plan: &Plan,
    cells: &[&CellRecord],
    occurred: impl Fn(&CellRecord) -> bool,
) -> OccurrenceRecord {
    let (of, wanted_of) = (cells.len() as u64, plan.judged.situations.seeds);
    let cells = cells.iter().filter(|cell| occurred(cell)).count() as u64;
    OccurrenceRecord { scenario, what, cells, of, wanted_of, pass: cells > 0 || of < wanted_of }
}
