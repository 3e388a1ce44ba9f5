//! What one transaction of pulled rows changes, and the rows with local edits that it meets.

use super::rules::Applied;
use crate::base::{EntityId, Key, Stamp};
use crate::protocol::WireRow;

/// What one transaction changed, kept until it is committed and can be told.
#[derive(Debug, Default, PartialEq)]
pub(super) struct TxChanges {
    pub(super) changes: Vec<(EntityId, Key, Stamp, bool)>,
    pub(super) cursors: Vec<EntityId>,
    pub(super) echoed: u32,
    /// Rows that could not be applied: dropped, or put on the list.
    pub(super) skipped: u32,
    pub(super) listed: u32,
    /// Rows of excerpts.
    pub(super) excerpts: u32,
}

/// The rows with local edits, in order.
pub(super) struct Dirty(pub(super) Vec<(EntityId, String)>);

impl Dirty {
    pub(super) fn has(&self, entity: EntityId, key: &str) -> bool {
        self.0.binary_search_by(|(of, other)| (*of, &**other).cmp(&(entity, key))).is_ok()
    }
}

impl TxChanges {
    /// A row was applied.
    pub(super) fn note(&mut self, entity: EntityId, row: WireRow<'_>, applied: Applied) {
        if applied != Applied::Kept {
            self.changes.push((entity, Key::new(row.key), row.stamp, applied == Applied::Removed));
        }
    }
}
