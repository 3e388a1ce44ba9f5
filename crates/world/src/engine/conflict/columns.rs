//! What both sides did to the columns of an edit. The backend's changes show against the values
//! that the edit was made on.

use super::seam::{Conflict, reads_alike};
use crate::base::Value;
use crate::contract::{EditKind, Refusal};

pub(super) struct Column {
    pub(super) number: usize,
    pub(super) theirs: Theirs,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Theirs {
    /// It is as the edit found it.
    Left,
    Same,
    Changed,
}

/// The columns of an update that met another update. `None` for any other conflict, or if the
/// values that it was made on are unknown.
pub(super) fn columns(conflict: Conflict<'_>) -> Option<Vec<Column>> {
    let Conflict { entry, entity, why: Refusal::Stale, current: Some(current), .. } = conflict else {
        return None;
    };
    let (EditKind::Update, Some(made_on), Some(current)) = (entry.kind, &entry.made_on, &current.values)
    else {
        return None;
    };
    let theirs = |(number, ours): &(usize, Value)| {
        let theirs = &current[entity.projection.binary_search(number).ok()?];
        let (_, found) = made_on.iter().find(|(column, _)| column == number)?;
        let theirs = match () {
            () if reads_alike(ours, theirs) => Theirs::Same,
            () if reads_alike(found, theirs) => Theirs::Left,
            () => Theirs::Changed,
        };
        Some(Column { number: *number, theirs })
    };
    entry.values.iter().map(theirs).collect()
}
