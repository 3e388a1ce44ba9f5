//! What each update found in the columns that it sets: the base of a comparison of three.
//!
//! An edit finds what its device had been told of the row, with the edits of the device that waited
//! before it. One of those that comes to nothing takes what it said with it, and who was sent over
//! another version has found that.

use std::collections::{BTreeMap, BTreeSet};

use super::history::Row;
use super::ledger::Edit;
use super::truth::alike;
use crate::base::{EditId, Value};
use crate::contract::{Decision, EditKind};

/// What every update found.
#[derive(Debug, Default)]
pub(super) struct Found {
    columns: BTreeMap<EditId, Vec<Column>>,
    /// Edits that wait no more, though the backend committed none of them.
    over: BTreeSet<EditId>,
    /// Edits of devices that may have held more than they told.
    unsure: BTreeSet<EditId>,
}

/// What an edit found in a column.
#[derive(Clone, Debug)]
struct Column {
    number: usize,
    ours: Value,
    /// `None` where there was no row.
    found: Option<Value>,
    /// The edit of its device that had put it there and waited then.
    by: Option<EditId>,
}

impl Found {
    /// An edit was made on the first `versions` of its row, over those of its device that `waited`,
    /// oldest first. The device may have held more if it is not `sure`.
    pub(super) fn made<'e>(
        &mut self,
        (id, edit): (EditId, &Edit),
        (row, versions): (&Row, usize),
        waited: impl Iterator<Item = (EditId, &'e Edit)>,
        sure: bool,
    ) {
        if edit.kind != EditKind::Update {
            return;
        }
        if !sure {
            self.unsure.insert(id);
        }
        let waited: Vec<_> = waited.filter(|(other, _)| !self.over.contains(other)).collect();
        let column = |(number, ours): &(usize, Value)| {
            let set = |(other, by): &(EditId, &Edit)| {
                let (_, value) = by.values.iter().find(|(of, _)| of == number)?;
                Some((*other, value.clone()))
            };
            let (found, by) = match waited.iter().rev().find_map(set) {
                Some((by, value)) => (Some(value), Some(by)),
                None => (row.said(*number, versions).cloned(), None),
            };
            Column { number: *number, ours: ours.clone(), found, by }
        };
        self.columns.insert(id, edit.values.iter().map(column).collect());
    }

    /// A rule decided over the first `versions` of this row.
    pub(super) fn decided(&mut self, id: EditId, decision: Decision<'_>, row: &Row, versions: usize) {
        match decision {
            Decision::Remote => return self.given_up(id),
            Decision::Same => {
                self.over.insert(id);
                return;
            }
            Decision::Both { .. } | Decision::Parked => return,
            Decision::Local | Decision::Merged { .. } => {}
        }
        let Some(columns) = self.columns.get_mut(&id) else { return };
        if let Decision::Merged { columns: kept } = decision {
            columns.retain(|column| kept.contains(&column.number));
        }
        for column in columns {
            (column.found, column.by) = (row.said(column.number, versions).cloned(), None);
        }
    }

    /// The edit came to nothing: who found it found what it did.
    pub(super) fn given_up(&mut self, id: EditId) {
        self.over.insert(id);
        let own = self.columns.get(&id).cloned().unwrap_or_default();
        let last = EditId { number: u32::MAX, ..id };
        for (_, columns) in self.columns.range_mut(id..=last) {
            for column in columns.iter_mut().filter(|column| column.by == Some(id)) {
                let under = own.iter().find(|own| own.number == column.number);
                column.found = under.and_then(|own| own.found.clone());
                column.by = under.and_then(|own| own.by);
            }
        }
    }

    /// Whether the first `versions` of its row say something in a column of the edit that is
    /// neither what it found nor what it says.
    pub(super) fn is_contested(&self, id: EditId, row: &Row, versions: usize) -> bool {
        let Some(columns) = self.columns.get(&id) else { return true };
        columns.iter().any(|column| {
            let theirs = row.said(column.number, versions);
            theirs.is_none_or(|theirs| {
                let left = column.found.as_ref().is_some_and(|found| alike(found, theirs));
                !left && !alike(&column.ours, theirs)
            })
        })
    }

    /// What an edit found in a column of its row: what its person knew of that.
    pub(super) fn knew<'r>(
        &'r self,
        (id, edit): (EditId, &Edit),
        row: &'r Row,
        column: usize,
    ) -> Option<&'r Value> {
        let own = self.columns.get(&id).and_then(|own| own.iter().find(|own| own.number == column));
        own.map_or_else(|| row.said(column, edit.made_on), |own| own.found.as_ref())
    }

    /// Whether its device may have held more than it told when it was made.
    pub(super) fn is_unsure(&self, id: EditId) -> bool {
        self.unsure.contains(&id)
    }
}
