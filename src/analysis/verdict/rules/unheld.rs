//! A remark on gates that applied to no cell.

use std::collections::BTreeMap;

use crate::analysis::verdict::case::{Ruling, Trial};
use crate::record::Judged;

/// A cell that expects a violation has no gates: if all cells do, no gate can fail. It is only a
/// remark, since other cells of the file may have been left out.
pub(in crate::analysis::verdict) fn no_cell(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let mut gated = BTreeMap::<&str, Vec<&str>>::new();
    for plan in trial.plans.iter().filter(|plan| !plan.judged.gates.is_empty()) {
        let names = plan.judged.gates.iter().map(|gate| gate.name.as_str());
        gated.insert(&plan.source.scenario, names.collect());
    }
    gated.retain(|scenario, _| {
        let mut ran = judged.iter().filter(|of| of.cell.scenario == *scenario && of.cell.verdict.was_run());
        let held = ran.clone().any(|of| !of.gates.is_empty());
        ran.next().is_some() && !held
    });
    let told = gated.iter().map(|(scenario, gates)| {
        let text = format!(
            "gate {} of {scenario} applied to no cell: each expects a violation, and such cells have no gates",
            gates.join(", ")
        );
        Ruling::Remark(text)
    });
    told.collect()
}
