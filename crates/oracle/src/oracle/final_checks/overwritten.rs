//! Counts columns that one author replaced without having seen another author's write.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::base::{DeviceId, EditId, Value};
use crate::contract::{Author, CommitKind, Decision, EditKind};
use crate::oracle::checks::{CommitCase, written_since};
use crate::oracle::model::edit::Edit;
use crate::oracle::model::intent::GaveWay;
use crate::oracle::model::ledger::Ledger;
use crate::oracle::model::truth::alike;
use crate::oracle::model::versions::{Row, Version, bit};

/// By a decision: `met` versions of the row were read, and `upto` of `stays` with the natural key.
pub(in crate::oracle) fn by_rule(
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
        let knew = ledger.found.knew((id, edit), row, (*column, value));
        let sets = |(of, to): &(usize, Value)| of == column && !alike(to, value);
        kept(*column) && !knew && (edit.kind == EditKind::Delete || edit.values.iter().any(sets))
    });
    GaveWay { ours: ours.count() as u64, theirs: theirs.count() as u64 }
}

/// By a commit: columns of versions after those that its edit had `seen`.
pub(in crate::oracle) fn by_commit(case: &CommitCase<'_>, seen: impl Fn(&Edit) -> usize) -> u64 {
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

/// Columns that a commit of the whole row reverted to their values when the edit was made.
pub(in crate::oracle) fn untouched(case: &CommitCase<'_>) -> u64 {
    let Some((id, edit)) = case.edit.filter(|(_, edit)| edit.row == case.id) else { return 0 };
    let Some(before) = case.row.values.as_deref().filter(|_| case.kind != CommitKind::Delete) else {
        return 0;
    };
    let (unseen, _) = written_since(edit.seen, case.row, case.ledger, (id, edit));
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
        let alone = !case.ledger.combined.takes(edit.entity, *column);
        alone && !alike(before, after) && foreign && unseen & bit(*column) == 0 && found() && !meant(*column)
    };
    (0..before.len()).filter(taken_back).count() as u64
}

/// How many versions the edit's person had read; those met by an earlier edit do not count.
pub(in crate::oracle) fn read(edit: &Edit) -> usize {
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

/// Reported conflicts that are none, and conflicts that nobody reported, judged by commits alone.
#[derive(Debug, Default)]
pub(in crate::oracle) struct Miscalled {
    decided: BTreeSet<EditId>,
    pub(in crate::oracle) falsely: u64,
    pub(in crate::oracle) missed: u64,
}

impl Miscalled {
    /// A rule decided about an edit as in a conflict with the first `versions` of `row`.
    pub(in crate::oracle) fn decided(
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

    pub(in crate::oracle) fn committed(&mut self, case: &CommitCase<'_>) {
        // Counts versions that no rule of the device met, whatever the edit of the row.
        self.missed += u64::from(by_commit(case, |edit| edit.seen) > 0);
    }
}

/// Whether the versions that an edit met changed a column it sets, or the row that it deletes.
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
            let own = |by: EditId| by.device == id.device && !gone(by);
            let foreign = |author: Author| !matches!(author, Author::Device(by) if own(by));
            met.get(edit.made_on..).unwrap_or_default().iter().any(|version| foreign(version.author))
        }
        EditKind::Create => edit
            .values
            .iter()
            .any(|(column, ours)| row.said(*column, versions).is_none_or(|theirs| !alike(ours, theirs))),
    }
}
