//! Decides whether an edit conflicts with a version, and which side changed which columns. A change
//! of the backend is a difference from the values that the edit was made on.

use super::seam::{Conflict, reads_alike, says_the_same};
use crate::base::{Value, word_enums};
use crate::contract::{EditKind, Refusal};

word_enums! {
    /// When an edit conflicts with a version that its device has not seen.
    pub enum Detect {
        /// The dates differ.
        Dates: "dates",
        /// The dates differ, and the values differ, too.
        #[default]
        DatesThenValues: "dates-then-values",
        /// The versions differ.
        Version: "version",
        /// Both sides changed a column, compared with the version that the edit was made on.
        ThreeWay: "three-way",
        /// The backend's row, read before the upload, differs from the row before the edit.
        ReadBefore: "read-before",
    }

    /// The date by which an edit names the version that it was made on.
    pub enum BaseDate {
        /// The date of that version, as it was last received.
        #[default]
        LastReceivedStamp: "last-received-stamp",
        /// The time of the edit, by the device's clock.
        EditTime: "edit-time",
        /// The date of the last sync.
        LastSync: "last-sync",
    }
}

impl Detect {
    /// Whether equal values count as no conflict.
    pub fn compares_values(self) -> bool {
        matches!(self, Detect::DatesThenValues | Detect::ThreeWay)
    }
}

/// Whether nobody else changed the columns that the edit sets. The edit then replaces their values
/// in the backend's version, and no policy is asked.
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
    /// The column has the value that the edit found.
    Left,
    Same,
    Changed,
}

/// The columns of an update that met another update. `None` for any other conflict, or if the
/// values that the edit was made on are unknown.
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
