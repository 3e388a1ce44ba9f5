//! What makes a conflict.

use super::columns::{Theirs, columns};
use super::seam::{Conflict, says_the_same};
use crate::base::in_words;

/// What makes a conflict of an edit and a version that its device had not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detect {
    /// That the dates differ.
    Dates,
    /// That the dates differ, and then the values, too.
    #[default]
    DatesThenValues,
    /// That the version is another.
    Version,
    /// That both sides changed a column, by what the edit was made on.
    ThreeWay,
    /// That the backend's row, read before the upload, does not read as the edit found it.
    ReadBefore,
}
in_words!(Detect {
    Dates: "dates",
    DatesThenValues: "dates-then-values",
    Version: "version",
    ThreeWay: "three-way",
    ReadBefore: "read-before"
});

/// The date by which an edit names the version that it was made on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BaseDate {
    /// That of the version, as it was last received.
    #[default]
    LastReceivedStamp,
    EditTime,
    LastSync,
}
in_words!(BaseDate {
    LastReceivedStamp: "last-received-stamp",
    EditTime: "edit-time",
    LastSync: "last-sync"
});

impl Detect {
    pub fn compares_values(self) -> bool {
        matches!(self, Detect::DatesThenValues | Detect::ThreeWay)
    }
}

/// Whether nobody else changed what the edit sets, so that it stands beside the backend's version
/// and no policy is asked.
pub(in crate::engine) fn is_uncontested(detect: Detect, conflict: Conflict<'_>) -> bool {
    detect == Detect::ThreeWay
        && !says_the_same(conflict)
        && columns(conflict).is_some_and(|own| own.iter().all(|own| own.theirs != Theirs::Changed))
}
