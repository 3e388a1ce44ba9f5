//! Rules for a whole run: a search, early stops, and remarks that do not fail the run.
//!
//! A cell is one simulation: one variant and one seed. A stack is a sync engine with its server
//! half.

use std::collections::BTreeMap;

use crate::analysis::verdict::case::{Asks, Ruling, Trial};
use crate::metrics::human;
use crate::record::{Exit, Judged};

/// The rule "a search has a best setting at each place, and no failing cell stopped it". A place is
/// a variant with one value for each key that is not searched.
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

/// Adds a remark if no gate (limit on a figure) applies, because all cells expect a violation. It
/// does not fail, because the user may have left out other cells of the file.
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

/// Adds a remark if more than half of all requests got no response. Then the figures describe the
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

/// Adds a remark that the durations of a third-party stack cover only network and disk. Its
/// processor time follows its own rule, which nobody has compared with published times.
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
