//! Decides whether an edit conflicts with a backend version, and which side changed which columns.
//! The backend changed a column if its value differs from the value before the edit.

use super::seam::{Conflict, reads_alike, says_the_same};
use crate::base::{Value, word_enums};
use crate::contract::{EditKind, Refusal};

word_enums! {
    /// The condition under which an edit conflicts with a backend version that its device has not
    /// seen.
    pub enum Detect {
        /// The dates differ.
        Dates: "dates",
        /// Both the dates and the values differ.
        #[default]
        DatesThenValues: "dates-then-values",
        /// The versions differ.
        Version: "version",
        /// Both sides changed the same column of the version that the edit was made on.
        ThreeWay: "three-way",
        /// The device reads the backend's row before the upload, and that row differs from the row
        /// before the edit.
        ReadBefore: "read-before",
    }

    /// The date that an edit sends to name the version that it was made on.
    pub enum BaseDate {
        /// The date of that version, as last received from the server.
        #[default]
        LastReceivedStamp: "last-received-stamp",
        /// The time of the edit, by the device's clock.
        EditTime: "edit-time",
        /// The date of the last sync.
        LastSync: "last-sync",
    }
}

impl Detect {
    /// True if a conflict between equal values is ignored.
    pub fn compares_values(self) -> bool {
        matches!(self, Detect::DatesThenValues | Detect::ThreeWay)
    }
}

/// Whether the backend left the columns unchanged that the edit sets. Then the edit replaces those
/// columns in the backend's version, without a decision by a policy.
pub(crate) fn is_uncontested(detect: Detect, conflict: Conflict<'_>) -> bool {
    detect == Detect::ThreeWay
        && !says_the_same(conflict)
        && columns(conflict).is_some_and(|own| own.iter().all(|own| own.theirs != Theirs::Changed))
}

pub(super) struct Column {
    pub(super) number: usize,
    pub(super) theirs: Theirs,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Theirs {
    /// The backend has the value from before the edit.
    Left,
    Same,
    Changed,
}

/// The columns of an update that conflicts with another update. `None` for any other conflict, or
/// if the values before the edit are unknown.
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
