//! Column by column: what one side alone changed stays, and where both changed a column the later
//! one does.
//!
//! What the backend's side changed is told by the values that the edit was made on. Where those
//! are not known, the whole edit is decided by dates, as by `last-write-wins`; so are deletes.

use std::rc::Rc;

use super::last_write_wins::LastWriteWins;
use crate::base::Value;
use crate::contract::{EditKind, LogKind, Refusal};
use crate::engine::conflict::policy::Policy;
use crate::engine::conflict::seam::{Conflict, Resolution, ResolveRule, reads_alike, says_the_same};

pub(super) const POLICY: Policy = Policy {
    name: "field-merge",
    about: "each column's only change, and the later one of two",
    rule: || Rc::new(FieldMerge),
    sends_newer_alone: false,
    asks_app: false,
    hears: true,
};

/// Each column is decided by itself.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine::conflict) struct FieldMerge;

impl ResolveRule for FieldMerge {
    fn resolve(&self, conflict: Conflict<'_>) -> Resolution {
        if says_the_same(conflict) {
            return Resolution::Same;
        }
        let later = LastWriteWins.resolve(conflict);
        let Some(columns) = columns(conflict) else { return later };
        let wins = matches!(later, Resolution::Local { .. });
        let kept = columns.iter().filter(|column| wins || column.theirs != Theirs::Changed);
        let kept: Vec<usize> = kept.map(|column| column.number).collect();
        if kept.is_empty() {
            return Resolution::Remote;
        }
        let contested = columns.iter().any(|column| column.theirs == Theirs::Changed);
        let line = if wins { LogKind::Overwrote } else { LogKind::Merged };
        Resolution::Merged { columns: kept, line: contested.then_some(line) }
    }
}

/// A column that the edit sets.
pub(in crate::engine::conflict) struct Column {
    pub(in crate::engine::conflict) number: usize,
    pub(in crate::engine::conflict) theirs: Theirs,
}

/// What the backend's side did to a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::engine::conflict) enum Theirs {
    /// It is as the edit found it.
    Left,
    /// It says what the edit says.
    Same,
    /// It says something else.
    Changed,
}

/// The columns of an update that met another update; `None` if it is none, or if what it was made
/// on is not known.
pub(in crate::engine::conflict) fn columns(conflict: Conflict<'_>) -> Option<Vec<Column>> {
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
