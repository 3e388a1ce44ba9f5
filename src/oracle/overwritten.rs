//! What somebody wrote and another replaced without having seen it, column by column.

use std::ops::Range;

use super::checks::{CommitCase, written_unseen};
use super::history::{Row, bit};
use super::ledger::Edit;
use super::meant::GaveWay;
use super::truth::alike;
use crate::base::Value;
use crate::contract::{CommitKind, Decision, EditKind};

/// What gives way by a decision over an edit whose device has now read the first `met` versions of
/// `row`; `unseen` has a bit for each column that others wrote since the edit.
pub(super) fn by_rule(
    decision: Decision<'_>,
    edit: &Edit,
    (row, met): (&Row, usize),
    unseen: u64,
) -> GaveWay {
    let kept = |column: usize| match decision {
        Decision::Local => true,
        Decision::Merged { columns } => columns.contains(&column),
        Decision::Remote | Decision::Same | Decision::Both { .. } | Decision::Parked => false,
    };
    if matches!(decision, Decision::Same | Decision::Both { .. } | Decision::Parked) {
        return GaveWay::default();
    }
    let says = |column: usize, value: &Value| row.said(column, met).is_some_and(|v| alike(v, value));
    let ours = edit.values.iter().filter(|(column, value)| !kept(*column) && !says(*column, value));
    let theirs = changed(row, edit.seen..met, unseen).filter(|(column, value)| {
        // The device may have heard of others since, and its person not.
        let found = row.said(*column, edit.made_on);
        let sets = |(of, to): &(usize, Value)| of == column && !alike(to, value);
        let differs = found.is_none_or(|found| !alike(found, value));
        kept(*column) && differs && (edit.kind == EditKind::Delete || edit.values.iter().any(sets))
    });
    GaveWay { ours: ours.count() as u64, theirs: theirs.count() as u64 }
}

/// What gives way by a commit over what the edit behind it had not read.
pub(super) fn by_commit(case: &CommitCase<'_>) -> GaveWay {
    let none = GaveWay::default();
    let Some((id, edit)) = case.edit.filter(|(_, edit)| edit.row == case.id) else { return none };
    let (unseen, _) = written_unseen(case.row, case.ledger, id, edit);
    let gone = case.kind == CommitKind::Delete;
    let theirs = changed(case.row, edit.seen..case.row.versions.len(), unseen);
    let theirs = theirs.filter(|(column, value)| gone || !alike(value, &case.values[*column]));
    GaveWay { theirs: theirs.count() as u64, ..none }
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
