//! Rules for a run as a whole: a search, stops, and remarks that fail nothing.

use std::collections::BTreeMap;

use crate::analysis::verdict::case::{Asks, Ruling, Trial};
use crate::metrics::human;
use crate::record::{Exit, Judged};

/// The rule "a search has a best setting in each place, and no failing cell stopped it".
pub(in crate::analysis::verdict) fn has_an_answer(trial: &Trial<'_>, _: &[Judged]) -> Vec<Ruling> {
    let Asks::Search { tune, fail_fast } = trial.asks else { return Vec::new() };
    let without = tune.places.iter().any(|place| place.complete && place.best.is_none());
    let stopped = fail_fast && tune.places.iter().any(|place| !place.complete);
    (without || stopped).then_some(Ruling::FailsRun(Exit::Threshold)).into_iter().collect()
}

/// The rule "nothing stopped the run".
pub(in crate::analysis::verdict) fn notes(trial: &Trial<'_>, _: &[Judged]) -> Vec<Ruling> {
    trial.notes.iter().map(|note| Ruling::Stops(note.exit)).collect()
}

/// Remarks that no gate can fail, as all cells expect a violation and so have no gates. Only a
/// remark, because other cells of the file may have been left out.
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
            "gate {} of {scenario} judges no cell: each cell expects a violation, and gates do not judge such cells",
            gates.join(", ")
        );
        Ruling::Remark(text)
    });
    told.collect()
}

/// Remarks that more than half of all requests got no response: then the figures describe the
/// network more than the app.
pub(in crate::analysis::verdict) fn unusable(_: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let without = |Judged { cell, .. }: &&Judged| {
        2 * cell.number("engine.requests.failed") > cell.number("engine.requests.count")
    };
    let cells = judged.iter().filter(without).count();
    let text = format!(
        "more than half of the requests got no response in {cells} of {}: figures there describe the network more than the app",
        human::count(judged.len() as u64, "cell")
    );
    (cells > 0).then_some(Ruling::Remark(text)).into_iter().collect()
}

/// Remarks that durations of a third-party stack cover only network and disk. It charges processor
/// time by its own rule, and nobody has compared this with published times.
pub(in crate::analysis::verdict) fn uncalibrated(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let works = judged.iter().any(|judged| judged.cell.number("device.cpu.busy") > 0);
    let own = trial.plans.iter().find(|plan| plan.is_third_party && works);
    let remark = |name: &str| {
        format!(
            "the processor time of `{name}` was not compared with real phones: trust only its times of network and disk"
        )
    };
    own.map(|plan| Ruling::Remark(remark(&plan.engine_name))).into_iter().collect()
}
