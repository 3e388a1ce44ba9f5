//! When an edit and a version conflict.

use super::columns::{Theirs, columns};
use super::seam::{Conflict, says_the_same};
use crate::base::word_enums;

word_enums! {
    /// What makes a conflict of an edit and a version that its device had not seen.
    pub enum Detect {
        /// That the dates differ.
        Dates: "dates",
        /// That the dates differ, and then the values, too.
        #[default]
        DatesThenValues: "dates-then-values",
        /// That the version is another.
        Version: "version",
        /// That both sides changed a column, by what the edit was made on.
        ThreeWay: "three-way",
        /// That the backend's row, read before the upload, does not read as the edit found it.
        ReadBefore: "read-before",
    }

    /// The date by which an edit names the version that it was made on.
    pub enum BaseDate {
        /// That of the version, as it was last received.
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

/// Whether nobody else changed the columns that the edit sets. It then goes over the backend's
/// version and no policy is asked.
pub(in crate::engine) fn is_uncontested(detect: Detect, conflict: Conflict<'_>) -> bool {
    detect == Detect::ThreeWay
        && !says_the_same(conflict)
        && columns(conflict).is_some_and(|own| own.iter().all(|own| own.theirs != Theirs::Changed))
}
