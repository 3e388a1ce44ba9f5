//! What a return to a backup undid.

use super::Stamp;

/// A stretch of stamps, both ends in it: a version with one of them may be of a history that the
/// backend has left. It is empty if nothing was committed after the backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undone {
    /// No version that came after the backup has an earlier one.
    pub from: Stamp,
    /// What came after the return was given a later one.
    pub until: Stamp,
}

impl Undone {
    /// Whether a version with this stamp may be of the history that was left.
    pub fn has(self, stamp: Stamp) -> bool {
        (self.from..=self.until).contains(&stamp)
    }
}
