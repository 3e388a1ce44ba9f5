//! When an edit and a version conflict.

use super::columns::{Theirs, columns};
use super::seam::{Conflict, says_the_same};
use crate::base::word_enums;

word_enums! {
    /// When an edit conflicts with a version that its device had not seen.
    pub enum Detect {
        /// The dates differ.
        Dates: "dates",
        /// The dates differ, and the values too.
        #[default]
        DatesThenValues: "dates-then-values",
        /// The versions differ.
        Version: "version",
        /// Both sides changed a column, compared with the version that the edit was made on.
        ThreeWay: "three-way",
        /// The backend's row, read before the upload, differs from what the edit was made on.
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

/// Whether nobody else changed the columns that the edit sets. It then goes over the backend's
/// version and no policy is asked.
pub(in crate::engine) fn is_uncontested(detect: Detect, conflict: Conflict<'_>) -> bool {
    detect == Detect::ThreeWay
        && !says_the_same(conflict)
        && columns(conflict).is_some_and(|own| own.iter().all(|own| own.theirs != Theirs::Changed))
}
