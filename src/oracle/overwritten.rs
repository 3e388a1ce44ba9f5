//! What somebody wrote and another replaced without having seen it, column by column.

use std::ops::Range;

use super::checks::{CommitCase, written_since, written_unseen};
use super::edit::Edit;
use super::history::{Row, Version, bit};
use super::ledger::Ledger;
use super::meant::GaveWay;
use super::truth::alike;
use crate::base::{EditId, Value};
use crate::contract::{Author, CommitKind, Decision, EditKind};

/// What gives way by a decision over an edit whose device has now read the first `met` versions of
/// `row`, and to the first `upto` versions of `stays`: another row, if that has the natural key.
pub(super) fn by_rule(
    decision: Decision<'_>,
    (id, edit): (EditId, &Edit),
    (row, met): (&Row, usize),
    (stays, upto): (&Row, usize),
    ledger: &Ledger,
) -> GaveWay {
    let seen = read(edit);
    let (unseen, _) = written_since(seen, row, ledger, (id, edit));
    let kept = |column: usize| match decision {
        Decision::Local => true,
        Decision::Merged { columns } => columns.contains(&column),
        Decision::Remote | Decision::Same | Decision::Both { .. } | Decision::Parked => false,
    };
    if matches!(decision, Decision::Same | Decision::Both { .. } | Decision::Parked) {
        return GaveWay::default();
    }
    let says = |column: usize, value: &Value| stays.said(column, upto).is_some_and(|v| alike(v, value));
    let ours = edit.values.iter().filter(|(column, value)| !kept(*column) && !says(*column, value));
    let theirs = changed(row, seen..met, unseen).filter(|(column, value)| {
        // The device may have heard of others since, and its person not.
        let knew = ledger.found.knew((id, edit), row, (*column, value));
        let sets = |(of, to): &(usize, Value)| of == column && !alike(to, value);
        kept(*column) && !knew && (edit.kind == EditKind::Delete || edit.values.iter().any(sets))
    });
    GaveWay { ours: ours.count() as u64, theirs: theirs.count() as u64 }
}

/// What gives way by a commit over what the edit behind it had not read.
pub(super) fn by_commit(case: &CommitCase<'_>) -> u64 {
    by_commit_since(case, read)
}

/// The same of what no rule of the device's met, about whatever edit of the row.
pub(super) fn uncalled(case: &CommitCase<'_>) -> u64 {
    by_commit_since(case, |edit| edit.seen)
}

fn by_commit_since(case: &CommitCase<'_>, seen: impl Fn(&Edit) -> usize) -> u64 {
    let Some((id, edit)) = case.edit.filter(|(_, edit)| edit.row == case.id) else { return 0 };
    let seen = seen(edit);
    let (unseen, _) = written_since(seen, case.row, case.ledger, (id, edit));
    let gone = case.kind == CommitKind::Delete;
    let theirs = changed(case.row, seen..case.row.versions.len(), unseen);
    let knew = |says| case.ledger.found.knew((id, edit), case.row, says);
    let theirs = theirs
        .filter(|(column, value)| (gone || !alike(value, &case.values[*column])) && !knew((*column, value)));
    theirs.count() as u64
}

/// Columns that a commit takes back to what they said when its edit was made, though nobody on its
/// device ever set them: they came with the whole row.
pub(super) fn untouched(case: &CommitCase<'_>) -> u64 {
    let Some((id, edit)) = case.edit.filter(|(_, edit)| edit.row == case.id) else { return 0 };
    let Some(before) = case.row.values.as_deref().filter(|_| case.kind != CommitKind::Delete) else {
        return 0;
    };
    let (unseen, _) = written_unseen(case.row, case.ledger, id, edit);
    let sets = |edit: &Edit, column: usize| edit.values.iter().any(|(of, _)| *of == column);
    let meant = |column: usize| case.ledger.of(id.device).any(|(_, e)| e.row == edit.row && sets(e, column));
    let taken_back = |column: &usize| {
        let (before, after) = (&before[*column], &case.values[*column]);
        let written = |version: &&Version| version.changed & bit(*column) != 0 && version.undone.is_none();
        let last = case.row.versions.iter().rfind(written);
        let foreign = last.is_some_and(|last| match last.author {
            Author::Device(by) => by.device != id.device,
            Author::Office | Author::Import => true,
            Author::Derived | Author::Backup => false,
        });
        let found = || case.row.said(*column, edit.made_on).is_some_and(|found| alike(found, after));
        !alike(before, after) && foreign && unseen & bit(*column) == 0 && found() && !meant(*column)
    };
    (0..before.len()).filter(taken_back).count() as u64
}

/// How many versions the person had read who stands behind an edit: what an earlier edit of the row
/// met, and was decided about, that person has not.
fn read(edit: &Edit) -> usize {
    if edit.won.is_some() { edit.seen } else { edit.made_on }
}

/// The columns of `unseen` that say something else after these versions of a row than before them,
/// and what they say.
fn changed(row: &Row, versions: Range<usize>, unseen: u64) -> impl Iterator<Item = (usize, &Value)> {
    let columns = (0..64).filter(move |column| unseen & bit(*column) != 0);
    columns.filter_map(move |column| {
        let now = row.said(column, versions.end)?;
        let before = row.said(column, versions.start);
        before.is_none_or(|before| !alike(before, now)).then_some((column, now))
    })
}
