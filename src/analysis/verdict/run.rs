//! Rules of a run as a whole: a table of what must come out, a search, what stopped it.

use super::case::{Asks, Ruling, Trial};
use crate::record::{EndingKind, Exit, Judged, Reason};

/// Cells are as the table says. Where one did not come to its end nothing is said.
pub(super) fn as_the_table(trial: &Trial<'_>, judged: &[Judged]) -> Vec<Ruling> {
    let broke = |judged: &Judged| judged.cell.ending.kind == EndingKind::Broken;
    let table = trial.table.filter(|_| trial.is_whole(judged) && !judged.iter().any(broke));
    let wrong = table.map(|table| table(judged)).unwrap_or_default().into_iter();
    wrong.map(|(cell, text)| Ruling::FailsCell(cell, Reason::Unexpected { text })).collect()
}

/// A search leaves a setting in each place, and was not stopped by a cell that failed.
pub(super) fn has_an_answer(trial: &Trial<'_>, _: &[Judged]) -> Vec<Ruling> {
    let Asks::Search { tune, fail_fast } = trial.asks else { return Vec::new() };
    let without = tune.places.iter().any(|place| place.complete && place.best.is_none());
    let stopped = fail_fast && tune.places.iter().any(|place| !place.complete);
    (without || stopped).then_some(Ruling::FailsRun(Exit::Threshold)).into_iter().collect()
}

/// Nothing stopped it.
pub(super) fn notes(trial: &Trial<'_>, _: &[Judged]) -> Vec<Ruling> {
    trial.notes.iter().map(|note| Ruling::Stops(note.exit)).collect()
}
