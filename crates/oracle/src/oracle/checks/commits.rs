//! Checks on what the backend commits.

use crate::base::{EditId, EntityId, Key, Time, Value, Word};
use crate::contract::{Author, CommitKind, EditKind, Entity, Schema, ScopeRule};
use crate::oracle::check::{Harm, Matter, PLAIN, Rule};
use crate::oracle::hearing::Topic;
use crate::oracle::model::edit::Edit;
use crate::oracle::model::ledger::Ledger;
use crate::oracle::model::truth::{RowHash, Truth, alike};
use crate::oracle::model::versions::{History, Row, RowId, Version, bit};
use crate::oracle::words::phrases::{self, Labels};

pub(in crate::oracle) static DUPLICATE: Rule = Rule {
    name: "duplicate",
    metric: "oracle.duplicate.rows",
    harm: Harm::Doubled,
    matter: Matter::World,
    finds: "an edit was committed twice, or a row is there twice",
    implies: &["divergent", "unasked-commit", "old-over-new"],
    ..PLAIN
};

pub(in crate::oracle) static RESURRECTED: Rule = Rule {
    name: "resurrected",
    metric: "oracle.resurrected.rows",
    harm: Harm::Doubled,
    matter: Matter::World,
    finds: "a deleted row came back",
    needs: |can| can.sight.commits,
    hears: &[Topic::Decided],
    implies: &["divergent", "went-back", "own-write-vanished", "flicker"],
    ..PLAIN
};

pub(in crate::oracle) static MISFILED: Rule = Rule {
    name: "misfiled",
    metric: "oracle.misfiled.edits",
    harm: Harm::Lost,
    matter: Matter::Edits,
    finds: "an edit reached or changed a row in somebody else's scope",
    needs: |can| can.sight.commits && can.sight.authors,
    hears: &[Topic::Sent],
    ..PLAIN
};

pub(in crate::oracle) static OLD_OVER_NEW: Rule = Rule {
    name: "old-over-new",
    metric: "oracle.old_over_new.count",
    harm: Harm::Lost,
    matter: Matter::Edits,
    finds: "an edit was committed a second time and undid what somebody had written since",
    needs: |can| can.sight.commits && can.sight.authors,
    // It is a harmful duplicate, and nobody has seen the version that it replaces.
    implies: &["duplicate", "divergent", "silent-discard", "unasked-commit", "resurrected"],
    ..PLAIN
};

#[derive(Clone, Copy)]
pub(in crate::oracle) struct CommitCase<'a> {
    pub(in crate::oracle) words: &'a Labels,
    pub(in crate::oracle) at: Time,
    pub(in crate::oracle) row: &'a Row,
    pub(in crate::oracle) id: RowId,
    pub(in crate::oracle) kind: CommitKind,
    pub(in crate::oracle) values: &'a [Value],
    pub(in crate::oracle) author: Author,
    pub(in crate::oracle) edit: Option<(EditId, &'a Edit)>,
    pub(in crate::oracle) ledger: &'a Ledger,
    pub(in crate::oracle) history: &'a History,
    /// The values of a scope's columns in rows of the author's device, without windows of time.
    pub(in crate::oracle) place: Option<&'a [Value]>,
    pub(in crate::oracle) creates: bool,
    /// A rule created this row for the author, to keep both sides of a conflict.
    pub(in crate::oracle) split_off: bool,
}

impl CommitCase<'_> {
    pub(super) fn record(&self) -> String {
        self.words.record(self.row.entity, self.row.key.as_str())
    }
}

/// A deleted row comes back only by a create, or by a rule that reported that an edit won.
pub(in crate::oracle) fn resurrected_on_backend(case: &CommitCase<'_>) -> Option<String> {
    if case.row.values.is_some() || case.kind == CommitKind::Delete {
        return None;
    }
    let was_deleted = case.row.versions.last().is_some_and(|v| v.gone);
    let comes_back = match (case.author, case.edit) {
        (Author::Office | Author::Import, _) => was_deleted && case.kind != CommitKind::Insert,
        (Author::Derived, _) => was_deleted,
        (Author::Device(edit), None) => was_deleted && !case.ledger.is_missed_create(edit),
        (Author::Backup, _) => false,
        (Author::Device(_), Some((id, edit))) => match edit.kind {
            EditKind::Create => was_deleted && edit.commits > 0,
            _ => !case.creates && !case.split_off && !case.ledger.ever_won(id),
        },
    };
    comes_back.then(|| {
        let (record, author, at) = (case.record(), phrases::author(case.author), case.words.time(case.at));
        format!("{record} was deleted and came back at {at} by {author}, which did not create it")
    })
}

/// An edit is committed once.
pub(in crate::oracle) fn committed_twice(case: &CommitCase<'_>) -> Option<String> {
    let (id, edit) = case.edit?;
    if edit.commits == 0 || resurrected_on_backend(case).is_some() {
        return None;
    }
    let (record, at, first) = (case.record(), case.words.time(case.at), edit.key.as_str());
    Some(format!("edit {id} ({} of {first}) was committed again at {at}, as {record}", edit.kind.word()))
}

/// An edit that is committed again does not undo later writes.
pub(in crate::oracle) fn old_over_new(case: &CommitCase<'_>) -> Option<String> {
    let (id, edit) = case.edit.filter(|(_, edit)| edit.row == case.id && edit.commits > 0)?;
    let before = case.row.values.as_deref()?;
    let own = |version: &Version| version.author == Author::Device(id);
    let first = case.row.versions.iter().position(own)?;
    let people = |version: &&Version| match version.author {
        Author::Device(by) => by != id,
        Author::Office | Author::Import => true,
        Author::Derived | Author::Backup => false,
    };
    let later = case.row.versions[first + 1..].iter().filter(|v| v.undone.is_none()).filter(people);
    let gone = case.kind == CommitKind::Delete;
    let takes_back = |version: &&Version| {
        let other =
            |column: &usize| gone || edit.sets(*column) && !alike(&before[*column], &case.values[*column]);
        (0..before.len()).filter(|column| version.changed & bit(*column) != 0).any(|column| other(&column))
    };
    let by = later.rev().find(takes_back)?;
    let (record, author, newer) = (case.record(), phrases::author(by.author), case.words.time(by.at));
    let (at, kind) = (case.words.time(case.at), edit.kind.word());
    let first = case.words.time(case.row.versions[first].at);
    Some(format!(
        "edit {id} ({kind} {record}), which was committed at {first}, was committed again at {at}, over what {author} committed at {newer}"
    ))
}

/// An edit replaces another person's write only if its device had seen it, or a rule decided so.
///
/// Writes that do not count: derived by the backend, restored from a backup, undone by a restore,
/// or held by the device as a copy.
pub(in crate::oracle) fn blind_overwrite(case: &CommitCase<'_>) -> Option<String> {
    let (id, edit) = case.edit.filter(|(_, edit)| edit.row == case.id)?;
    let before = case.row.values.as_deref()?;
    let (columns, by) = written_since(edit.seen, case.row, case.ledger, (id, edit));
    let gone = case.kind == CommitKind::Delete;
    // Its person may have known a value that somebody wrote again.
    let knew = |column: usize| case.ledger.found.knew((id, edit), case.row, (column, &before[column]));
    let other = |column: usize| (gone || !alike(&before[column], &case.values[column])) && !knew(column);
    let overwritten = (0..before.len()).any(|column| columns & bit(column) != 0 && other(column));
    let by = by.filter(|_| overwritten)?;
    let (record, author, at) = (case.record(), phrases::author(by.author), case.words.time(by.at));
    Some(format!(
        "edit {id} ({} {record}), made at {} without knowledge of the version that {author} committed at {at}, replaced it",
        edit.kind.word(),
        case.words.time(edit.made),
    ))
}

/// The columns others wrote since this version, as bits without combined ones; the last such
/// version.
pub(in crate::oracle) fn written_since<'a>(
    seen: usize,
    row: &'a Row,
    ledger: &Ledger,
    (id, edit): (EditId, &Edit),
) -> (u64, Option<&'a Version>) {
    let foreign = |author: Author| match author {
        Author::Device(by) => by.device != id.device && !ledger.was_there(by, id.device, edit.life),
        Author::Office | Author::Import => true,
        Author::Derived | Author::Backup => false,
    };
    let unseen = row.versions.get(seen..).unwrap_or_default();
    let (mut columns, mut by) = (0, None);
    for version in unseen.iter().filter(|v| foreign(v.author) && v.undone.is_none()) {
        columns |= version.changed;
        by = Some(version);
    }
    (columns & !ledger.combined.bits(row.entity), by)
}

/// An edit leaves a row in its device's scope, or where that device's person moved it. It takes
/// over a row from outside the scope only if that person did so.
pub(in crate::oracle) fn misfiled(case: &CommitCase<'_>) -> Option<String> {
    let ((id, edit), place) = (case.edit?, case.place?);
    let entity = case.words.schema.entity(edit.entity);
    let columns = entity.scope.iter().filter_map(ScopeRule::attribute).map(|(column, _)| column);
    let says = |of: &Edit, column: usize| {
        of.values.iter().any(|(c, value)| *c == column && alike(&case.values[column], value))
    };
    let meant = |column: usize| {
        case.ledger.of(id.device).any(|(_, other)| other.row == edit.row && says(other, column))
    };
    let was = |column: usize| case.row.values.as_deref().map(|before| &before[column]);
    let takes = |column: usize, own: &Value| {
        was(column).is_some_and(|was| !alike(was, own) && !alike(was, &case.values[column]))
    };
    // A denormalized column of a deleted row is null, which is in nobody's scope.
    let copies = &case.words.schema.copies;
    let is_copy = |column: usize| copies.iter().any(|of| of.of == edit.entity && of.column == column);
    let orphaned = |column: usize| case.values[column] == Value::Null && is_copy(column);
    let foreign = |(column, own): &(usize, &Value)| {
        let elsewhere = !alike(&case.values[*column], own) || takes(*column, own);
        elsewhere && !orphaned(*column) && !meant(*column)
    };
    let (column, own) = columns.zip(place).find(foreign)?;
    let what = case.words.edit(id, edit);
    let (at, record, name) = (case.words.time(case.at), case.record(), &entity.columns[column].name);
    if let Some(was) = was(column).filter(|_| alike(&case.values[column], own)) {
        let device = id.device;
        return Some(format!(
            "{what} took {record} at {at}, whose {name} was {was}, and nobody of {device} asked for that"
        ));
    }
    Some(format!(
        "{what} ended at {at} in {record}, whose {name} is {}; {} has only rows of {own}",
        case.values[column], id.device
    ))
}

/// A natural key identifies one live row, except rows that were doubled before the start.
pub(in crate::oracle) fn natural_keys(
    schema: &Schema,
    id: EntityId,
    truth: &dyn Truth,
    history: &History,
) -> Vec<(Key, String)> {
    let entity: &Entity = schema.entity(id);
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
    let new =
        |key: &Key| history.find(id, key.as_str()).is_some_and(|row| !history.row(row).versions.is_empty());
    let mut doubled = Vec::new();
    for group in named.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        let (fresh, old): (Vec<&Key>, Vec<&Key>) = group.iter().map(|(_, key)| key).partition(|key| new(key));
        let first = old.first().or(fresh.first()).expect("a group is not empty");
        for key in fresh.iter().skip(usize::from(old.is_empty())) {
            let record = phrases::record(schema, id, key.as_str());
            doubled.push(((*key).clone(), format!("{record} has the natural key of {first}")));
        }
    }
    doubled
}
