//! Counts the columns of a write that another author replaced without having read them.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::base::{DeviceId, EditId, Value};
use crate::contract::{Author, CommitKind, Decision, EditKind};
use crate::oracle::checks::{CommitCase, written_since};
use crate::oracle::model::{Edit, GaveWay, Ledger, Row, Version, alike, bit, is_written};

/// Counts the columns of both sides that a conflict decision replaces. The device had read `met`
/// versions of `row`. `stays` is the row that remains, after `upto` versions.
pub(crate) fn by_rule(
    decision: Decision<'_>,
    edit: &Edit,
    (row, met): (&Row, usize),
    (stays, upto): (&Row, usize),
    ledger: &Ledger,
) -> GaveWay {
    let seen = read(edit);
    let (unseen, _) = written_since(seen, row, ledger, edit);
    let kept = |column: usize| match decision {
        Decision::Local => true,
        Decision::Merged { columns } => columns.contains(&column),
        Decision::Remote | Decision::Same | Decision::Both { .. } | Decision::Parked => false,
    };
    if matches!(decision, Decision::Same | Decision::Both { .. } | Decision::Parked) {
        return GaveWay::default();
    }
    let ours =
        edit.values.iter().filter(|(column, value)| !kept(*column) && !stays.says(*column, upto, value));
    let theirs = changed(row, seen..met, unseen).filter(|(column, value)| {
        let knew = ledger.found.knew(edit, row, (*column, value));
        let sets = edit.value(*column).is_some_and(|to| !alike(to, value));
        kept(*column) && !knew && (edit.kind == EditKind::Delete || sets)
    });
    GaveWay { ours: ours.count() as u64, theirs: theirs.count() as u64 }
}

/// Counts the columns that a commit overwrites. Only versions count that the edit's person had not
/// read: those after the first `seen`.
pub(crate) fn by_commit(case: &CommitCase<'_>, seen: impl Fn(&Edit) -> usize) -> u64 {
    let Some(edit) = case.edit.filter(|edit| edit.row == case.id) else { return 0 };
    let seen = seen(edit);
    let (unseen, _) = written_since(seen, case.row, case.ledger, edit);
    let gone = case.kind == CommitKind::Delete;
    let theirs = changed(case.row, seen..case.row.versions.len(), unseen);
    let knew = |says| case.ledger.found.knew(edit, case.row, says);
    let theirs = theirs
        .filter(|(column, value)| (gone || !alike(value, &case.values[*column])) && !knew((*column, value)));
    theirs.count() as u64
}

/// Counts columns that the edit does not set, but that its commit resets to their values at the
/// time of the edit.
pub(crate) fn untouched(case: &CommitCase<'_>) -> u64 {
    let Some(edit) = case.edit.filter(|edit| edit.row == case.id) else { return 0 };
    let Some(before) = case.row.values.as_deref().filter(|_| case.kind != CommitKind::Delete) else {
        return 0;
    };
    let (unseen, _) = written_since(edit.seen, case.row, case.ledger, edit);
    let device = edit.id.device;
    let meant = |column: usize| {
        case.ledger.of(device).any(|other| other.row == edit.row && other.value(column).is_some())
    };
    let taken_back = |column: &usize| {
        let (before, after) = (&before[*column], &case.values[*column]);
        let written = |version: &&Version| version.changed & bit(*column) != 0 && version.undone.is_none();
        let last = case.row.versions.iter().rfind(written);
        let foreign = last.is_some_and(|last| is_written(last.author, |by| by.device != device));
        let alone = !case.ledger.combined.takes(edit.entity, *column);
        alone
            && !alike(before, after)
            && foreign
            && unseen & bit(*column) == 0
            && case.row.says(*column, edit.made_on, after)
            && !meant(*column)
    };
    (0..before.len()).filter(taken_back).count() as u64
}

/// How many versions the person had read when the edit was made, or at a conflict that the edit or
/// another version won.
pub(crate) fn read(edit: &Edit) -> usize {
    if edit.won.is_some() { edit.seen } else { edit.made_on }
}

fn changed(row: &Row, versions: Range<usize>, unseen: u64) -> impl Iterator<Item = (usize, &Value)> {
    let columns = (0..64).filter(move |column| unseen & bit(*column) != 0);
    columns.filter_map(move |column| {
        let now = row.said(column, versions.end)?;
        let before = row.said(column, versions.start);
        before.is_none_or(|before| !alike(before, now)).then_some((column, now))
    })
}

/// Counts from the commits alone: reported conflicts that are none, and conflicts without a report.
#[derive(Debug, Default)]
pub(crate) struct MiscountedConflicts {
    decided: BTreeSet<EditId>,
    pub(crate) falsely: u64,
    pub(crate) missed: u64,
}

impl MiscountedConflicts {
    /// A conflict rule decided about an edit: the edit met the first `versions` of `row`.
    pub(crate) fn decided(
        &mut self,
        device: DeviceId,
        edit: &Edit,
        (row, versions): (&Row, usize),
        own: bool,
        ledger: &Ledger,
    ) {
        let unsure = ledger.found.is_unsure(edit.id);
        let is_false = self.decided.insert(edit.id) && own && !unsure;
        self.falsely += u64::from(is_false && !is_one(device, edit, (row, versions), ledger));
    }

    pub(crate) fn committed(&mut self, case: &CommitCase<'_>) {
        // Counts this commit if it overwrites columns that no conflict rule of the device had seen.
        self.missed += u64::from(by_commit(case, |edit| edit.seen) > 0);
    }
}

/// True if this was a real conflict: the edit and another author's version change one column
/// differently, or only one of them deletes the row.
fn is_one(device: DeviceId, edit: &Edit, (row, versions): (&Row, usize), ledger: &Ledger) -> bool {
    let met = row.versions.get(..versions).unwrap_or_default();
    if met.last().is_some_and(|version| version.gone) {
        return edit.kind != EditKind::Delete;
    }
    match edit.kind {
        EditKind::Update => ledger.found.is_contested(device, edit, row, versions),
        EditKind::Delete => {
            let gone = |by: EditId| ledger.get(by).is_some_and(|edit| ledger.is_gone(edit));
            let own = |by: EditId| by.device == edit.id.device && !gone(by);
            let foreign = |author: Author| !matches!(author, Author::Device(by) if own(by));
            met.get(edit.made_on..).unwrap_or_default().iter().any(|version| foreign(version.author))
        }
        EditKind::Create => edit
            .values
            .iter()
            .any(|(column, ours)| row.said(*column, versions).is_none_or(|theirs| !alike(ours, theirs))),
    }
}
