//! Conflicts that were called and are none, and conflicts that nobody called: by commits alone,
//! whatever a stack takes for one.

use std::collections::BTreeSet;

use super::checks::CommitCase;
use super::edit::Edit;
use super::history::Row;
use super::ledger::Ledger;
use super::overwritten;
use crate::base::{DeviceId, EditId};
use crate::contract::{Author, EditKind};

#[derive(Debug, Default)]
pub(super) struct Miscalled {
    decided: BTreeSet<EditId>,
    pub(super) falsely: u64,
    pub(super) missed: u64,
}

impl Miscalled {
    /// A rule of a device's decided about an edit, as in a conflict with the first `versions` of
    /// `row`.
    pub(super) fn decided(
        &mut self,
        device: DeviceId,
        (id, edit): (EditId, &Edit),
        (row, versions): (&Row, usize),
        own: bool,
        ledger: &Ledger,
    ) {
        let unsure = ledger.found.is_unsure(id);
        if self.decided.insert(id) && own && !unsure && !is_one(device, (id, edit), (row, versions), ledger) {
            self.falsely += 1;
        }
    }

    pub(super) fn figures(&self, conflicts: u64, overwritten: u64) -> [(&'static str, u64); 4] {
        [
            ("oracle.conflicts.count", conflicts),
            ("oracle.conflicts.false", self.falsely),
            ("oracle.conflicts.missed", self.missed),
            ("oracle.overwritten.columns", overwritten),
        ]
    }

    pub(super) fn committed(&mut self, case: &CommitCase<'_>) {
        self.missed += u64::from(overwritten::uncalled(case) > 0);
    }
}

/// Whether the versions of its own row that an edit met contest it: they changed what it sets to
/// something else, or the row that it deletes; one of them is gone.
fn is_one(
    device: DeviceId,
    (id, edit): (EditId, &Edit),
    (row, versions): (&Row, usize),
    ledger: &Ledger,
) -> bool {
    let met = row.versions.get(..versions).unwrap_or_default();
    if met.last().is_some_and(|version| version.gone) {
        return edit.kind != EditKind::Delete;
    }
    match edit.kind {
        EditKind::Update => ledger.found.is_contested(device, (id, edit.row), (row, versions)),
        EditKind::Delete => {
            let gone = |by: EditId| ledger.get(by).is_some_and(|edit| ledger.is_gone(by, edit));
            // What went with an older state of the device is nothing that its person knows.
            let own = |by: EditId| by.device == id.device && !gone(by);
            let foreign = |author: Author| !matches!(author, Author::Device(by) if own(by));
            met.get(edit.made_on..).unwrap_or_default().iter().any(|version| foreign(version.author))
        }
        EditKind::Create => edit.values.iter().any(|(column, ours)| {
            row.said(*column, versions).is_none_or(|theirs| !super::truth::alike(ours, theirs))
        }),
    }
}
