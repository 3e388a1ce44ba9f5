//! Checks each commit of the backend.

use crate::base::{EditId, EntityId, Key, Time, Value, Word};
use crate::contract::{Author, CommitKind, EditKind, LocalEdit, Merge, ScopeRule};
use crate::oracle::model::{
    Beside, Edit, History, Ledger, Row, RowHash, RowId, Truth, Version, alike, bit, is_written,
};
use crate::oracle::words::{Labels, phrases};
use crate::oracle::{Concerns, Harm, Matter, Rule, Topic};

pub(crate) static DUPLICATE: Rule = Rule {
    finds: "an edit was committed twice, or a row is there twice",
    implies: &["divergent", "unasked-commit", "old-over-new"],
    ..Rule::new("duplicate", "oracle.duplicate.rows", Harm::Doubled, Matter::World)
};

pub(crate) static RESURRECTED: Rule = Rule {
    finds: "a deleted row came back",
    needs: |can| can.sight.commits,
    hears: &[Topic::Decided],
    implies: &["divergent", "went-back", "own-write-vanished", "flicker"],
    ..Rule::new("resurrected", "oracle.resurrected.rows", Harm::Doubled, Matter::World)
};

pub(crate) static MISFILED: Rule = Rule {
    finds: "an edit reached or changed a row in somebody else's scope",
    needs: |can| can.sight.commits && can.sight.authors,
    hears: &[Topic::Sent],
    ..Rule::new("misfiled", "oracle.misfiled.edits", Harm::Lost, Matter::Edits)
};

pub(crate) static OLD_OVER_NEW: Rule = Rule {
    finds: "an edit was committed a second time and undid what somebody had written since",
    needs: |can| can.sight.commits && can.sight.authors,
    // It is a harmful kind of duplicate. The device has not seen the version that it replaces.
    implies: &["duplicate", "divergent", "silent-discard", "unasked-commit", "resurrected"],
    ..Rule::new("old-over-new", "oracle.old_over_new.count", Harm::Lost, Matter::Edits)
};

pub(crate) struct CommitCase<'a> {
    pub(crate) words: &'a Labels,
    pub(crate) at: Time,
    pub(crate) row: &'a Row,
    pub(crate) id: RowId,
    pub(crate) kind: CommitKind,
    pub(crate) values: &'a [Value],
    pub(crate) author: Author,
    pub(crate) edit: Option<&'a Edit>,
    pub(crate) ledger: &'a Ledger,
    pub(crate) history: &'a History,
    /// The scope of the author's device: the values of scope columns that its rows have. Time
    /// windows are left out.
    pub(crate) place: Option<&'a [Value]>,
    pub(crate) creates: bool,
    /// True if a conflict rule created this row for the author, to keep both sides.
    pub(crate) split_off: bool,
}

/// A commit of a device, with the person's edit.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) case: &'a CommitCase<'a>,
    pub(crate) meant: &'a LocalEdit,
    pub(crate) beside: &'a Beside,
    pub(crate) merge: Merge,
}

impl CommitCase<'_> {
    pub(crate) fn concerns(&self) -> Concerns<'_> {
        let device = if let Author::Device(edit) = self.author { Some(edit.device) } else { None };
        (device, Some((self.row.entity, self.row.key.as_str())))
    }
    pub(crate) fn record(&self) -> String {
        self.words.record(self.row.entity, &self.row.key)
    }
}

/// A deleted row returns only by a create, or by a conflict rule that reported that an edit won.
pub(crate) fn resurrected_on_backend(case: &CommitCase<'_>) -> Option<String> {
    if case.row.values.is_some() || case.kind == CommitKind::Delete {
        return None;
    }
    let was_deleted = case.row.versions.last().is_some_and(|v| v.gone);
    let comes_back = match (case.author, case.edit) {
        (Author::Office | Author::Import, _) => was_deleted && case.kind != CommitKind::Insert,
        (Author::Derived, _) => was_deleted,
        (Author::Device(edit), None) => was_deleted && !case.ledger.is_missed_create(edit),
        (Author::Backup | Author::Upload(_), _) => false,
        (Author::Device(_), Some(edit)) => match edit.kind {
            EditKind::Create => was_deleted && edit.commits > 0,
            _ => !case.creates && !case.split_off && !case.ledger.ever_won(edit.id),
        },
    };
    comes_back.then(|| {
        let (record, author, at) = (case.record(), phrases::author(case.author), case.words.time(case.at));
        format!("{record} was deleted and came back at {at} by {author}, which did not create it")
    })
}

/// Each edit is committed only once.
pub(crate) fn committed_twice(case: &CommitCase<'_>) -> Option<String> {
    let edit = case.edit?;
    if edit.commits == 0 || resurrected_on_backend(case).is_some() {
        return None;
    }
    let (record, at, what) = (case.record(), case.words.time(case.at), edit.kind.word());
    Some(format!("edit {} ({what} of {}) was committed again at {at}, as {record}", edit.id, &*edit.key))
}

/// If an edit is committed again, it does not undo writes that came after its first commit.
pub(crate) fn old_over_new(case: &CommitCase<'_>) -> Option<String> {
    let edit = case.edit.filter(|edit| edit.row == case.id && edit.commits > 0)?;
    let id = edit.id;
    let before = case.row.values.as_deref()?;
    let own = |version: &Version| version.author == Author::Device(id);
    let first = case.row.versions.iter().position(own)?;
    let people = |version: &&Version| is_written(version.author, |by| by != id);
    let later = case.row.versions[first + 1..].iter().filter(|v| v.undone.is_none()).filter(people);
    let gone = case.kind == CommitKind::Delete;
    let takes_back = |version: &&Version| {
        let differs = |at: usize| gone || edit.sets(at) && !alike(&before[at], &case.values[at]);
        (0..before.len()).any(|column| version.changed & bit(column) != 0 && differs(column))
    };
    let by = later.rev().find(takes_back)?;
    let (record, author, newer) = (case.record(), phrases::author(by.author), case.words.time(by.at));
    let (at, kind) = (case.words.time(case.at), edit.kind.word());
    let first = case.words.time(case.row.versions[first].at);
    Some(format!(
        "edit {id} ({kind} {record}), which was committed at {first}, was committed again at {at}, over what {author} committed at {newer}"
    ))
}

/// An edit replaces another person's write only if its device had seen that write, or if a conflict
/// rule decided.
///
/// Some replaced writes do not count. The backend may have derived the write, restored it from a
/// backup, or undone it by a restore. Or the device has the write because it is a copy.
pub(crate) fn blind_overwrite(case: &CommitCase<'_>) -> Option<String> {
    let edit = case.edit.filter(|edit| edit.row == case.id)?;
    let before = case.row.values.as_deref()?;
    let (columns, by) = written_since(edit.seen, case.row, case.ledger, edit);
    let gone = case.kind == CommitKind::Delete;
    // Somebody may have written a value again that the person already knew.
    let knew = |column: usize| case.ledger.found.knew(edit, case.row, (column, &before[column]));
    let other = |column: usize| (gone || !alike(&before[column], &case.values[column])) && !knew(column);
    let overwritten = (0..before.len()).any(|column| columns & bit(column) != 0 && other(column));
    let by = by.filter(|_| overwritten)?;
    let (record, author, at) = (case.record(), phrases::author(by.author), case.words.time(by.at));
    Some(format!(
        "edit {} ({} {record}), made at {} without knowledge of the version that {author} committed at {at}, replaced it",
        edit.id,
        edit.kind.word(),
        case.words.time(edit.made),
    ))
}

/// The columns that others wrote after the first `seen` versions, as bits, without combined
/// columns. Also returns the last of these versions.
pub(crate) fn written_since<'a>(
    seen: usize,
    row: &'a Row,
    ledger: &Ledger,
    edit: &Edit,
) -> (u64, Option<&'a Version>) {
    let device = edit.id.device;
    let foreign = |by: EditId| by.device != device && !ledger.was_there(by, device, edit.life);
    let unseen = row.versions.get(seen..).unwrap_or_default();
    let (mut columns, mut by) = (0, None);
    for version in unseen.iter().filter(|v| is_written(v.author, foreign) && v.undone.is_none()) {
        columns |= version.changed;
        by = Some(version);
    }
    (columns & !ledger.combined.bits(row.entity), by)
}

/// An edit keeps a row in the scope of its device, unless the person moved the row. It moves a row
/// from outside into the scope only if the person did so.
pub(crate) fn misfiled(case: &CommitCase<'_>) -> Option<String> {
    let (edit, place) = (case.edit?, case.place?);
    let device = edit.id.device;
    let entity = case.words.schema.entity(edit.entity);
    let columns = entity.scope.iter().filter_map(ScopeRule::attribute).map(|(column, _)| column);
    let says = |of: &Edit, column: usize| of.value(column).is_some_and(|v| alike(&case.values[column], v));
    let meant = |column: usize| case.ledger.of(device).any(|it| it.row == edit.row && says(it, column));
    let was = |column: usize| case.row.values.as_deref().map(|before| &before[column]);
    let takes = |column: usize, own: &Value| {
        was(column).is_some_and(|was| !alike(was, own) && !alike(was, &case.values[column]))
    };
    // A denormalized column of a deleted row is null, and null is in nobody's scope.
    let copies = &case.words.schema.copies;
    let is_copy = |column: usize| copies.iter().any(|of| of.of == edit.entity && of.column == column);
    let orphaned = |column: usize| case.values[column] == Value::Null && is_copy(column);
    let foreign = |(column, own): &(usize, &Value)| {
        let elsewhere = !alike(&case.values[*column], own) || takes(*column, own);
        elsewhere && !orphaned(*column) && !meant(*column)
    };
    let (column, own) = columns.zip(place).find(foreign)?;
    let what = case.words.edit(edit);
    let (at, record, name) = (case.words.time(case.at), case.record(), &entity.columns[column].name);
    if let Some(was) = was(column).filter(|_| alike(&case.values[column], own)) {
        return Some(format!(
            "{what} took {record} at {at}, whose {name} was {was}, and nobody of {device} asked for that"
        ));
    }
    Some(format!(
        "{what} ended at {at} in {record}, whose {name} is {}; {} has only rows of {own}",
        case.values[column], device
    ))
}

/// Only one live row has a given natural key. Rows that had the same key before the start are not
/// reported.
pub(crate) fn natural_keys(id: EntityId, truth: &dyn Truth, history: &History) -> Vec<(Key, String)> {
    let schema = &*history.schema;
    let entity = schema.entity(id);
    if entity.unique.is_empty() {
        return Vec::new();
    }
    let mut hash = RowHash::default();
    let mut named: Vec<(u64, Key)> = Vec::new();
    truth.for_each(id, &mut |key, _, values| {
        // Null is not a key: any number of rows may have null.
        if entity.unique.iter().any(|&column| values[column] == Value::Null) {
            return;
        }
        let unique = hash.own(entity.unique.iter().map(|&column| &values[column]));
        named.push((unique, key.clone()));
    });
    named.sort();
    let new = |key: &Key| history.find(id, key).is_some_and(|row| !history.row(row).versions.is_empty());
    let mut doubled = Vec::new();
    for group in named.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        let (fresh, old): (Vec<&Key>, Vec<&Key>) = group.iter().map(|(_, key)| key).partition(|key| new(key));
        let first = old.first().or(fresh.first()).expect("a group is not empty");
        for key in fresh.iter().skip(usize::from(old.is_empty())) {
            let record = phrases::record(schema, id, key);
            doubled.push(((*key).clone(), format!("{record} has the natural key of {first}")));
        }
    }
    doubled
}
