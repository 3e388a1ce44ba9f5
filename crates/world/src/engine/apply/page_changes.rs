//! The changes of one transaction of pulled rows, and the rows that have local edits.

use std::collections::BTreeSet;

use crate::base::{EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{AppliedChange, EngineEvent};
use crate::engine::flaws::Flaw;
use crate::engine::process::Process;
use crate::engine::rules::Applied;
use crate::protocol::WireRow;

/// A changed row, its new stamp, and whether the change is a deletion.
pub(crate) type Change = (EntityId, Key, Stamp, bool);

/// The changes of one transaction. They are reported after its commit.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct TxChanges {
    pub(crate) changes: Vec<Change>,
    pub(crate) cursors: Vec<EntityId>,
    pub(crate) echoed: u32,
    /// The number of rows that were skipped; `listed` is the number of deferred rows.
    pub(crate) skipped: u32,
    pub(crate) listed: u32,
    pub(crate) excerpts: u32,
}

pub(crate) struct Dirty(pub(in crate::engine) Vec<(EntityId, String)>);

impl Dirty {
    pub(crate) fn has(&self, entity: EntityId, key: &str) -> bool {
        self.0.binary_search_by(|(of, other)| (*of, &**other).cmp(&(entity, key))).is_ok()
    }
}

impl TxChanges {
    pub(crate) fn note(&mut self, entity: EntityId, row: WireRow<'_>, applied: Applied) {
        if applied != Applied::Kept {
            self.changes.push((entity, Key::new(row.key), row.stamp, applied == Applied::Removed));
        }
    }

    /// Drops the deletion of a row from the changes if a later page of the transaction has the row
    /// again.
    pub(crate) fn drop_what_came_back(&mut self) {
        let mut later = BTreeSet::new();
        let stays = |(entity, key, stamp, removed): &Change| {
            let row = (*entity, key.clone());
            if *removed {
                return *stamp != Stamp(0) || !later.contains(&row);
            }
            later.insert(row);
            true
        };
        self.changes.reverse();
        self.changes.retain(stays);
        self.changes.reverse();
    }
}

/// Reports the changed rows, if any.
pub(crate) fn tell_changes<'c>(
    process: &Process,
    unit: Option<UnitId>,
    changes: impl IntoIterator<Item = &'c Change>,
    echoed: u32,
    took: Span,
) {
    let changes = changes.into_iter();
    let changes: Vec<_> =
        changes.map(|(of, key, at, gone)| AppliedChange::of(*of, key, *at, *gone)).collect();
    if !changes.is_empty() && !process.rules.has(Flaw::NamesNoRows) {
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
