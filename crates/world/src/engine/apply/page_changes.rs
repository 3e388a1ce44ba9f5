//! What one transaction of pulled rows changes, and the rows that have local edits.

use std::collections::BTreeSet;

use crate::base::{EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{AppliedChange, EngineEvent};
use crate::engine::process::Process;
use crate::engine::rules::Applied;
use crate::protocol::WireRow;

/// A row's version, and whether the row is gone with it.
pub(in crate::engine) type Change = (EntityId, Key, Stamp, bool);

/// What one transaction changed, kept until it is committed and can be reported.
#[derive(Debug, Default, PartialEq)]
pub(in crate::engine) struct TxChanges {
    pub(in crate::engine) changes: Vec<Change>,
    pub(in crate::engine) cursors: Vec<EntityId>,
    pub(in crate::engine) echoed: u32,
    /// Rows that could not be applied: skipped, or deferred.
    pub(in crate::engine) skipped: u32,
    pub(in crate::engine) listed: u32,
    pub(in crate::engine) excerpts: u32,
}

pub(in crate::engine) struct Dirty(pub(in crate::engine) Vec<(EntityId, String)>);

impl Dirty {
    pub(in crate::engine) fn has(&self, entity: EntityId, key: &str) -> bool {
        self.0.binary_search_by(|(of, other)| (*of, &**other).cmp(&(entity, key))).is_ok()
    }
}

impl TxChanges {
    pub(in crate::engine) fn note(&mut self, entity: EntityId, row: WireRow<'_>, applied: Applied) {
        if applied != Applied::Kept {
            self.changes.push((entity, Key::new(row.key), row.stamp, applied == Applied::Removed));
        }
    }

    /// Drops deletions by the end of a load if a later page of the transaction brings the row
    /// again.
    pub(in crate::engine) fn drop_what_came_back(&mut self) {
        let is_swept = |(.., stamp, removed): &Change| *removed && *stamp == Stamp(0);
        if !self.changes.iter().any(is_swept) {
            return;
        }
        let mut later = BTreeSet::new();
        let mut changes = Vec::with_capacity(self.changes.len());
        for change in self.changes.drain(..).rev() {
            let of = (change.0, change.1.clone());
            if is_swept(&change) && later.contains(&of) {
                continue;
            }
            if !change.3 {
                later.insert(of);
            }
            changes.push(change);
        }
        changes.reverse();
        self.changes = changes;
    }
}

/// Reports rows that changed, if any did.
pub(in crate::engine) fn tell_changes<'c>(
    process: &Process,
    unit: Option<UnitId>,
    changes: impl IntoIterator<Item = &'c Change>,
    echoed: u32,
    took: Span,
) {
    let changes = changes.into_iter();
    let changes: Vec<_> =
        changes.map(|(of, key, at, gone)| AppliedChange::of(*of, key, *at, *gone)).collect();
    if !changes.is_empty() && process.rules.apply.names_rows() {
        process.emit(EngineEvent::ChunkApplied { unit, changes: &changes, echoed, took });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_load_takes_away_and_a_later_page_brings_is_not_gone() {
        let change = |key: &str, stamp, removed| (EntityId(0), Key::new(key), Stamp(stamp), removed);
        let (swept, brought) = (change("a", 0, true), change("a", 7, false));
        let (gone, stays) = (change("b", 0, true), change("a", 8, true));
        let mut told = TxChanges {
            changes: vec![swept, gone.clone(), brought.clone(), stays.clone()],
            ..TxChanges::default()
        };
        told.drop_what_came_back();
        assert_eq!(told.changes, [gone, brought, stays]);
    }
}
