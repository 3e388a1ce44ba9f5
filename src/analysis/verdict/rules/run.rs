//! Rules for a run as a whole: a search, and stops.

use crate::analysis::verdict::case::{Asks, Ruling, Trial};
use crate::record::{Exit, Judged};

/// A search has a best setting in each place, and no failing cell stopped it.
pub(in crate::analysis::verdict) fn has_an_answer(trial: &Trial<'_>, _: &[Judged]) -> Vec<Ruling> {
    let Asks::Search { tune, fail_fast } = trial.asks else { return Vec::new() };
    let without = tune.places.iter().any(|place| place.complete && place.best.is_none());
    let stopped = fail_fast && tune.places.iter().any(|place| !place.complete);
    (without || stopped).then_some(Ruling::FailsRun(Exit::Threshold)).into_iter().collect()
}

/// Nothing stopped the run.
pub(in crate::analysis::verdict) fn notes(trial: &Trial<'_>, _: &[Judged]) -> Vec<Ruling> {
    trial.notes.iter().map(|note| Ruling::Stops(note.exit)).collect()
}
